"""A year in the life of a blog, driven through the real command line."""

import feedparser
import pytest

from syndicate.cli.root import call
from tests.journeys.blog import CONFIG, Blog


def test_a_blog_lives_and_nothing_is_said_twice(tmp_path):
    """Edits, renames, new flags, deletions and additions keep every id and announce only what is news."""
    blog = Blog(tmp_path)
    blog.write("first", title="First")
    blog.write("second", title="Second", date="2026-01-06T09:00:00Z")

    # The first run remembers what is there and says nothing.
    blog.run("publish")
    ids = blog.entries()
    assert set(ids) == {"First", "Second"}
    queue = blog.run("--json", "queue", "--all").json
    assert {row["state"] for row in queue} == {"skipped"}
    assert all(row["reason"] == "baseline" for row in queue)

    # A second run writes no file.
    assert blog.run("--json", "publish").json["written"] == []

    # Edit one, rename the other, give the first a flag, add a third.
    blog.write("first", title="First", body="Better text.", featured=True)
    (blog.posts / "second.md").rename(blog.posts / "second-renamed.md")
    blog.write("third", title="Third", date="2026-01-07T09:00:00Z")
    published = blog.run("--json", "publish").json
    assert published["new_posts"] == 1
    assert blog.entries() == ids | {"Third": blog.entries()["Third"]}

    # Only the news goes out: the new post, and the newly featured one.
    plan = blog.run("--json", "plan").json
    assert {(row["slug"], row["occasion"]) for row in plan["waiting"]} == {("first", "featured"), ("third", "new")}
    sent = blog.run("--json", "post", "third").json
    assert [row["state"] for row in sent] == ["sent"]
    assert [item["content_text"].splitlines()[0] for item in blog.timeline()] == ["Read third."]

    # A second time is refused, and says where it is.
    refused = blog.run("post", "third", code=2)
    assert "already" in refused.err
    assert "timeline.html#" in refused.err

    # A deleted post leaves the feeds, and comes back under its old id.
    kept = (blog.posts / "third.md").read_text(encoding="utf-8")
    (blog.posts / "third.md").unlink()
    blog.run("publish")
    assert set(blog.entries()) == {"First", "Second"}
    (blog.posts / "third.md").write_text(kept, encoding="utf-8")
    blog.run("publish")
    assert blog.entries()["Third"].endswith(":third")
    assert len(blog.timeline()) == 1

    # All three formats agree on the ids.
    rss = feedparser.parse((blog.feeds / "rss.xml").read_bytes())
    atom = feedparser.parse((blog.feeds / "atom.xml").read_bytes())
    assert {entry.id for entry in rss.entries} == {entry.id for entry in atom.entries} == set(blog.entries().values())


def test_a_broken_post_stops_nobody(tmp_path):
    """Broken YAML is told with file and line and exit code 1; the other posts are published."""
    blog = Blog(tmp_path)
    blog.write("good", title="Good")
    (blog.posts / "bad.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    ran = blog.run("publish", code=1)
    assert "bad.md:2:" in ran.err
    assert set(blog.entries()) == {"Good"}


@pytest.mark.slow
def test_the_sample_site_is_published_whole(tmp_path):
    """init, publish, post on the sample site give feeds, a card for every public post, and the message."""
    blog = Blog(tmp_path)
    (tmp_path / "syndicate.toml").unlink()
    blog.posts.rmdir()
    (tmp_path / "content").rmdir()
    assert call(["init", str(tmp_path)]) == 0
    blog.run("publish", code=1)  # one sample post is broken on purpose
    ids = blog.entries()
    assert len(ids) == 9
    assert "Small Language Models – The Quiet Revolution on Your Own Desk" in ids
    cards = {path.name.split(".")[0] for path in (blog.feeds / "cards").iterdir()}
    assert len(cards) == len(ids)
    blog.run("post", "a-garden-that-waters-itself")
    (message,) = blog.timeline()
    assert message["content_text"].endswith("#SlowGardening #Water #ClayPots")
    assert "a-garden-that-waters-itself" in (blog.feeds / "timeline.html").read_text(encoding="utf-8")
    copies = blog.run("--json", "why", "a-garden-that-waters-itself").json
    assert any("is sent" in line for line in copies["lines"])
    assert ("sent", "timeline") in [(one["state"], one["account"]) for one in copies["deliveries"]]
    assert copies["post"]["slug"] == copies["slug"] == "a-garden-that-waters-itself"


def test_usage_errors_name_what_to_do(tmp_path):
    """A wrong slug, account, time or key ends with exit code 2 and the nearest right word."""
    blog = Blog(tmp_path)
    blog.write("first", title="First")
    blog.run("publish")
    assert 'did you mean "first"?' in blog.run("post", "frist", code=2).err
    assert "did you mean timeline?" in blog.run("post", "first", "--to", "timelin", code=2).err
    assert "is not a time" in blog.run("post", "first", "--at", "someday", code=2).err
    (tmp_path / "syndicate.toml").write_text('[site]\ntitel = "x"\n', encoding="utf-8")
    assert "did you mean title?" in blog.run("publish", code=2).err


@pytest.mark.slow
def test_a_message_follows_its_post_where_asked(tmp_path):
    """With on_edit = "edit", `amend` shows and makes the edit, once, and the link stays."""
    blog = Blog(tmp_path, CONFIG + 'on_edit = "edit"\n')
    path = blog.write("first", title="First")
    blog.run("publish")
    blog.run("post", "first")
    (before,) = blog.timeline()
    path.write_text(path.read_text().replace("Read first.", "Read the first one.").replace("Text.", "New."))
    blog.run("publish")
    assert "+ Read the first one." in blog.run("amend", "--dry-run").out
    assert blog.run("amend").out == "first on timeline: edited\n"
    (after,) = blog.timeline()
    assert after["content_text"].startswith("Read the first one.")
    assert after["url"] == before["url"]
    assert "Nothing to amend." in blog.run("amend").out


@pytest.mark.slow
def test_links_are_written_back_where_asked(tmp_path):
    """With write_back = true the copy's address appears in the post's front matter, and nothing is announced anew."""
    blog = Blog(tmp_path, CONFIG + "\n[content]\nwrite_back = true\n")
    path = blog.write("first", title="First")
    blog.run("publish")
    blog.run("post", "first")
    (message,) = blog.timeline()
    assert f'syndication:\n  - "{message["url"]}"\n---' in path.read_text()
    assert blog.run("--json", "publish").json["new_deliveries"] == 0


@pytest.mark.slow
def test_a_typing_error_is_no_deletion(tmp_path):
    """While a post is broken its waiting message stays planned, and goes on when the post is mended."""
    blog = Blog(tmp_path, CONFIG + 'slots = ["sun 03:00"]\n')
    blog.write("first", title="First")
    blog.run("publish")
    path = blog.write("second", title="Second")
    blog.run("publish")
    good = path.read_text()
    path.write_text(good.replace('title: "Second"', 'title: "Second'))
    blog.run("publish", code=1)
    (row,) = blog.run("--json", "queue", "--slug", "second").json
    assert row["state"] == "planned"
    path.write_text(good)
    blog.run("publish")
    (row,) = blog.run("--json", "queue", "--slug", "second").json
    assert row["state"] == "planned"


@pytest.mark.slow
def test_a_lost_state_database_is_made_anew_at_once(tmp_path):
    """After one publication and a deleted state.db, the next brings back rows and ids and announces nothing."""
    blog = Blog(tmp_path)
    blog.write("first", title="First")
    blog.write("undated", title="Undated", date="")
    blog.run("publish")
    ids, state = blog.entries(), tmp_path / ".syndicate" / "state.db"
    for _ in range(2):
        state.unlink()
        assert "is lost" in blog.run("publish", code=1).err
        assert blog.entries() == ids
        blog.run("adopt", "timeline")
        rows = blog.run("--json", "queue", "--all").json
        assert {(row["slug"], row["state"]) for row in rows} == {("first", "skipped"), ("undated", "skipped")}
        assert blog.run("publish").out == "No file changed.\n"
        assert blog.run("publish").out == "No file changed.\n"
    assert blog.run("--json", "plan").json["waiting"] == []
    assert blog.timeline() == []
