"""`doctor` says what would flood subscribers, before it does."""

from tests.journeys.blog import Blog


def test_a_changed_id_is_told_before_it_floods(tmp_path):
    """An id declared for a post that readers already know would show it as new: doctor warns, until it is undone."""
    blog = Blog(tmp_path)
    path = blog.write("first", title="First")
    blog.run("publish")
    before = path.read_text()
    assert "warning" not in {row["level"] for row in blog.run("--json", "doctor").json}
    path.write_text(before.replace("title:", "id: urn:example:another\ntitle:"))
    warnings = [row["text"] for row in blog.run("--json", "doctor").json if row["level"] == "warning"]
    assert any("new" in warning for warning in warnings)
    path.write_text(before)
    assert "warning" not in {row["level"] for row in blog.run("--json", "doctor").json}
