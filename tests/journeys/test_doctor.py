"""`doctor` says what would flood subscribers, before it does."""

from tests.journeys.blog import CONFIG, Blog


def list_warnings(blog: Blog) -> list[str]:
    """But for the one that example addresses have."""
    warnings = [row["text"] for row in blog.run("--json", "doctor").json if row["level"] == "warning"]
    return [one for one in warnings if "nobody's site" not in one]


def test_a_changed_id_is_told_before_it_floods(tmp_path):
    """An id declared for a post that readers already know would show it as new: doctor warns, until it is undone."""
    blog = Blog(tmp_path)
    path = blog.write("first", title="First")
    blog.run("publish")
    before = path.read_text()
    assert list_warnings(blog) == []
    path.write_text(before.replace("title:", "id: urn:example:another\ntitle:"))
    warnings = list_warnings(blog)
    assert any("new" in warning for warning in warnings)
    path.write_text(before)
    assert list_warnings(blog) == []


def test_a_picture_that_no_card_can_show_is_told_and_described_to_nobody(tmp_path):
    """A web page saved as a picture: doctor names it as long as it is there, the card's alt text leaves it out."""
    blog = Blog(tmp_path)
    blog.write("hills", title="Hills", image="/hills.jpg", imageAlt="Blue hills")
    (tmp_path / "static").mkdir()
    (tmp_path / "static/hills.jpg").write_text("<!doctype html><h1>404</h1>")
    blog.run("publish")
    (warning,) = list_warnings(blog)
    assert "a web page came instead of a picture" in warning
    assert "Blue hills" not in (blog.feeds / "meta/hills.html").read_text()


def test_a_field_that_is_none_of_ours_is_told(tmp_path):
    """A misspelt name in `[fields]` reads nothing; names of flags are fine."""
    blog = Blog(tmp_path, CONFIG + '[fields]\nexcrpt = "words"\nfeatured = "top"\n')
    blog.write("first")
    (warning,) = list_warnings(blog)
    assert '"excrpt", which is no field of ours; did you mean excerpt?' in warning
