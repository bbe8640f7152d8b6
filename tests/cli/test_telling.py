"""What commands tell a person: what will go out, what will not, what was mended, where to look next."""

import pytest

from syndicate.app.doctor import describe_change
from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake import Fake, Reply


@pytest.fixture
def blog(tmp_path):
    blog = Blog(tmp_path)
    blog.write("old")
    return blog


def test_publish_says_what_goes_out_and_what_does_not(blog, monkeypatch):
    """The first run records, a later post goes out, and without news there is one short line."""
    monkeypatch.chdir(blog.root)
    first = blog.run("publish").out.splitlines()
    assert first[0].endswith(" in feeds/.")
    assert first[1:] == [
        "1 new post.",
        "1 message will not go out (posts from before, or a rule): `syndicate queue --all` says why.",
    ]
    blog.write("fresh")
    assert blog.run("publish").out.splitlines()[1:] == [
        "1 new post.",
        "1 message will go out: `syndicate plan` shows when.",
    ]
    assert blog.run("publish").out == "No file changed.\n"
    (blog.posts / "fresh.md").unlink()
    assert "1 vanished post." in blog.run("publish").out


def test_doctor_counts_posts_without_a_date(blog):
    """They stand at the top of the feeds, as if they were new."""
    (blog.posts / "bare.md").write_text("---\ntitle: Bare\n---\nText\n", encoding="utf-8")
    assert "! 1 post has no date" in blog.run("doctor").out


def test_plan_shows_the_message_and_counts_what_stays(blog):
    """The exact text behind a bar, its length against the limit, and each reason once with its number."""
    blog.run("publish")
    blog.write("fresh", keywords=["New things"])
    shown = blog.run("plan").out
    assert "fresh → timeline (local), new\n  planned at once · length " in shown
    assert "  │ Read fresh.\n  │\n  │ https://notes.example/blog/fresh/\n  │\n  │ #NewThings\n" in shown
    blog.run("publish")
    assert blog.run("plan").out.startswith("In the outbox:\n\nfresh → timeline (local), new\n")
    other = Blog(blog.root / "other")
    other.write("one")
    other.write("two")
    assert "2 messages would only be recorded, not sent: baseline" in other.run("plan").out


def test_a_dry_run_shows_a_message_that_waits_already(blog):
    """It would be moved and reworded, not doubled; and nothing changes yet."""
    blog.run("publish")
    blog.write("fresh")
    blog.run("publish")
    blog.run("queue", "move", "2", "--to", "in 3 days")
    before = blog.run("--json", "queue").out
    shown = blog.run("post", "fresh", "--dry-run", "--text", "Now!").out
    assert " · asked for by hand\n  │ Now!\n  │\n  │ https://notes.example/blog/fresh/\n" in shown
    assert blog.run("--json", "queue").out == before


def test_a_post_that_went_out_by_hand_is_not_announced_once_more(blog):
    """Whoever releases what was set aside at the first run is told; other messages of it are asked for with --again."""
    blog.write("old")
    blog.run("publish")
    blog.run("post", "old")
    refused = blog.run("queue", "release", "1", code=2)
    assert '"old" is on timeline already (delivery ' in refused.err
    assert len(blog.timeline()) == 1


def test_post_says_when_a_message_is_not_out_yet(blog):
    """A planned time is no failure, and the next step is named."""
    blog.run("publish")
    ran = blog.run("post", "old", "--at", "tomorrow 09:00")
    assert ran.out.split("\t")[1] == "planned"
    assert ran.err.startswith("Not out yet: `syndicate run` or `once` sends it at its time;")


def test_what_a_person_holds_is_not_said_to_be_nothing(blog):
    """`--all` leaves it as it is, and says how it goes; an empty outbox names no command that was just typed."""
    assert blog.run("queue", "--all").out == "No message yet.\n"
    blog.run("publish")
    blog.run("queue", "release", "1")
    nothing = "Nothing of that kind waits for you."
    assert blog.run("queue", "release", "--all").out == f"{nothing}\n"
    blog.run("queue", "hold", "1")
    own = f"{nothing} What you hold yourself, or may be a renamed post, goes by number or --slug.\n"
    assert blog.run("queue", "release", "--all").out == own


def test_quiet_says_only_what_went_wrong(blog):
    """Nothing for a publication and a message that went well, the problem of a broken post."""
    blog.run("-q", "publish")
    ran = blog.run("-q", "post", "old")
    assert (ran.out, ran.err) == ("", "")
    (blog.posts / "broken.md").write_text('---\ntitle: "Broken\n---\n')
    ran = blog.run("-q", "doctor", code=1)
    told = [line for line in ran.out.splitlines() if "nobody's site" not in line]
    assert told[0].startswith("✗ broken.md:2: ")
    assert len(told) == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cafÃ©", "café", '"cafÃ©" → "café"'),
        ("Excerpt: It rained.", "", '"Excerpt: It rained." left out'),
        ("a" * 90 + " â€“ end", "a" * 90 + " – end", f'"…{"a" * 29} â€“ end" → "…{"a" * 29} – end"'),
        ("Excerpt: " + "b" * 90, "b" * 90, f'"Excerpt: {"b" * 51}…" → "{"b" * 60}…"'),
    ],
)
def test_a_repair_is_shown_where_it_happened(before, after, said):
    """Long texts are cut around the place where they begin to differ."""
    assert describe_change(before, after) == said


class Website(Fake):
    """Serves the front page for every address, as many hosts do."""

    def __init__(self):
        super().__init__()
        self.title = "Welcome"
        self.route("GET", "/blog/{slug}/", lambda _request: Reply(200, f"<h1>{self.title}</h1>"))


def test_doctor_finds_a_wrong_permalink_online(tmp_path):
    """A friendly answer with another page is no page of ours; once the title is there, all is well."""
    with Website() as site:
        config = CONFIG.replace("https://notes.example", site.url).replace("[cards]", "allow_private = true\n[cards]")
        blog = Blog(tmp_path, config)
        blog.write("old", title="Old days")
        wrong = blog.run("doctor", "--online", code=1).out
        assert f"! {site.url}/blog/old/: the page answers, but does not hold the post's title (is [site] url" in wrong
        site.title = "Old days"
        assert f"✓ {site.url}/blog/old/: the page is live" in blog.run("doctor", "--online", code=1).out


def test_an_edited_text_that_is_too_long_is_refused_with_its_length(blog):
    """Count and limit as the network counts, nothing is stored; what fits is taken, and "" goes back to composing."""
    blog.run("publish")
    blog.write("fresh")
    blog.run("publish")
    (row,) = blog.run("--json", "queue").json
    assert row["title"] == blog.run("--json", "status").json["coming"][0]["title"] != ""
    number = str(row["id"])
    most = 500
    said = blog.run("queue", "edit", number, "--text", "x" * (most + 7), code=2).err
    assert said == "syndicate: the text is too long for timeline: 507 of 500 characters (nothing was changed)\n"
    assert blog.run("--json", "queue").json == [row]
    assert blog.run("--json", "queue", "edit", number, "--text", "x" * most).json[0]["text"] == "x" * most
    assert blog.run("--json", "queue", "edit", number, "--text", "").json[0]["text"] == ""
