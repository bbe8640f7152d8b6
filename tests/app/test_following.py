"""Published messages follow their posts: the whole way from a changed file to the network, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from syndicate.app.app import App
from syndicate.app.rounds import Rounds
from syndicate.app.status import read_status
from syndicate.networks import mastodon  # noqa: F401 - opened before the clock stands
from tests.app.late import wait_for_accounts
from tests.networks.fake import Fake, Reply, Request, status
from tests.networks.fake_mastodon import TOKEN, FakeMastodon

pytestmark = pytest.mark.slow
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Website(Fake):
    """The author's site: whatever is asked for is there, but for what was taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()
        self.route("GET", "/blog/{slug}/", self.page)

    def page(self, request: Request) -> Reply:
        slug = request.args["slug"]
        return Reply(410, "gone") if slug in self.gone else Reply(200, f"<h1>{slug.title()}</h1>")


class Blog:
    """Ten posts, of which some are sent, and a clock that a test moves."""

    def __init__(self, root: Path, website: Website, fake: FakeMastodon) -> None:
        self.now = NOW
        self.posts = root / "content" / "posts"
        self.posts.mkdir(parents=True)
        self.template = root / "templates" / "messages" / "mastodon.txt"
        config = root / "syndicate.toml"
        config.write_text(
            f'[site]\ntitle = "Notes"\nurl = "{website.url}"\nallow_private = true\n[cards]\nfetch = false\n'
            f'[accounts.toot]\nnetwork = "mastodon"\ninstance = "{fake.url}"\nmedia = "image"\n'
            'on_edit = "edit"\non_delete = "delete"\n'
        )
        for number in range(10):
            self.write(f"post{number}")
        self.app = App(config, clock=lambda: self.now)
        self.app.publish()

    def write(self, slug: str, *, words: str = "", folder: str = "", **more: str) -> None:
        lines = [f"title: {slug.title()}", "date: 2026-01-01", f"socialShare: {words or f'Read {slug}.'}"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        path = self.posts / folder / f"{slug}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("---\n" + "\n".join(lines) + "\n---\n\nA body.\n")

    def send(self, *slugs: str) -> None:
        for slug in slugs:
            self.app.post(self.app.plan_post(slug, to=(), at="", text="", again=False))

    def follow(self, after: timedelta = MINUTE) -> tuple[str, ...]:
        """What a publication and the round after it say."""
        self.now += after
        self.app.publish()
        self.app.look_after()
        told: list[str] = []
        waiting = Rounds(self.app).amend_round(told.append)
        wait_for_accounts()
        return tuple(line for text in (*told, waiting) for line in text.splitlines())


@pytest.fixture
def fake() -> Iterator[FakeMastodon]:
    with FakeMastodon() as fake:
        yield fake


@pytest.fixture
def website() -> Iterator[Website]:
    with Website() as website:
        yield website


@pytest.fixture
def blog(tmp_path: Path, website: Website, fake: FakeMastodon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blog]:
    monkeypatch.setenv("SYNDICATE_TOOT_ACCESS_TOKEN", TOKEN)
    blog = Blog(tmp_path, website, fake)
    with blog.app:
        yield blog


def edits(fake: FakeMastodon) -> list[str]:
    return [body["status"].partition("\n")[0] for status in fake.published for body in status.get("edits", [])]


def test_changed_words_for_networks_are_an_edit(blog: Blog, fake: FakeMastodon) -> None:
    """No reader of the blog sees `socialShare` and `social:`, and the message follows them all the same."""
    blog.send("post1")
    blog.write("post1", words="Read it twice.")
    assert blog.follow() == ("post1 on toot: edited",)
    blog.write("post1", words="Read it twice.", social="{mastodon: {text: Only here.}}")
    assert blog.follow() == ("post1 on toot: edited",)
    assert edits(fake) == ["Read it twice.", "Only here."]
    assert blog.follow() == ()


def test_a_new_template_edits_nothing(blog: Blog, fake: FakeMastodon) -> None:
    """Not even where the post was changed before, in what its message does not show."""
    blog.send("post1", "post2")
    blog.write("post1", keywords="[one]", hashtags="0")
    blog.follow()
    before = len(edits(fake))
    blog.template.parent.mkdir(parents=True)
    blog.template.write_text("NEW: {{ text }} {{ link }}")
    assert blog.follow() == ()
    assert len(edits(fake)) == before


def test_a_corrected_alt_text_reaches_the_picture(blog: Blog, fake: FakeMastodon) -> None:
    """The card's alt text is what the post says of it; the words stay."""
    pictures = blog.posts.parents[1] / "static"
    pictures.mkdir()
    Image.linear_gradient("L").save(pictures / "fox.png")
    blog.write("post1", image="/fox.png", imageAlt="A fx in snow")
    blog.follow()
    blog.send("post1")
    blog.write("post1", image="/fox.png", imageAlt="A fox in snow")
    assert blog.follow() == ("post1 on toot: edited",)
    (media,) = fake.media.values()
    assert "A fox in snow" in media["alt"]
    assert blog.follow() == ()


def test_another_picture_does_not_reach_the_one_that_was_sent(blog: Blog, fake: FakeMastodon) -> None:
    """Mastodon keeps the picture, which is described by its own alt text still, also where the words are edited."""
    pictures = blog.posts.parents[1] / "static"
    pictures.mkdir()
    for name, image in (("fox.png", Image.linear_gradient("L")), ("sea.png", Image.radial_gradient("L"))):
        image.resize((1200, 800)).save(pictures / name)
    blog.write("post1", image="/fox.png", imageAlt="A fox in snow")
    blog.follow()
    blog.send("post1")
    blog.write("post1", image="/sea.png", imageAlt="The sea")
    assert blog.follow() == ()
    blog.write("post1", words="Read it twice.", image="/sea.png", imageAlt="The blue sea")
    assert blog.follow() == ("post1 on toot: edited",)
    (media,) = fake.media.values()
    assert media["alt"].endswith("A fox in snow")


def test_a_message_deleted_by_hand_is_told_once(blog: Blog, fake: FakeMastodon) -> None:
    """No further call is made for this edit; the next edit asks once more."""
    blog.send("post1")
    fake.published.clear()
    blog.write("post1", words="Read it twice.")
    assert blog.follow() == ("post1 on toot: it is not there any more",)
    before = len(fake.sent("PUT"))
    assert blog.follow(after=HOUR) == ()
    assert len(fake.sent("PUT")) == before
    blog.write("post1", words="Read it again.")
    assert blog.follow() == ("post1 on toot: it is not there any more",)


def test_an_edit_that_fails_backs_off_and_is_given_up(blog: Blog, fake: FakeMastodon) -> None:
    """Tried less and less often, at last never by itself; status says why, and a person may try once more."""
    blog.send("post1")
    fake.fail(status(503, "down"), on="PUT", times=1000)
    blog.write("post1", words="Read it twice.")
    assert len(blog.follow()) == 1
    for _ in range(60):
        blog.follow(after=timedelta(seconds=20))
    assert 3 <= len(fake.sent("PUT")) <= 10
    for _ in range(50):
        blog.follow(after=HOUR)
    tried = len(fake.sent("PUT"))
    blog.follow(after=HOUR)
    assert len(fake.sent("PUT")) == tried
    with blog.app.using() as site:
        (line,) = read_status(site, blog.now).amendments
    assert line.startswith("the edit of post1 on toot was given up: ")
    assert "503" in line
    fake.heal()
    assert blog.app.amend(blog.app.list_amendments()) == ("post1 on toot: edited",)


def test_an_edit_planned_twice_is_made_once(blog: Blog, fake: FakeMastodon) -> None:
    """A round may plan while another one still edits; what was done by then is not asked again."""
    blog.send("post1")
    blog.write("post1", words="Read it twice.")
    blog.app.publish()
    twice = blog.app.list_amendments(), blog.app.list_amendments()
    assert [blog.app.amend(planned) for planned in twice] == [("post1 on toot: edited",), ()]
    assert len(fake.sent("PUT")) == 1


def test_an_account_on_another_server_asks_nothing_about_the_old_one(
    blog: Blog, fake: FakeMastodon, website: Website
) -> None:
    """Another message has the same number there: it is neither edited nor removed, and the person is told once."""
    blog.send("post1", "post2")
    with FakeMastodon() as other:
        for _ in fake.published:
            other._store({"status": "Of somebody else."})
        assert {one["id"] for one in other.published} == {one["id"] for one in fake.published}
        config = blog.posts.parents[1] / "syndicate.toml"
        config.write_text(config.read_text().replace(fake.url, other.url))
        blog.app.reload()
        blog.write("post1", words="Read it twice.")
        (blog.posts / "post2.md").unlink()
        website.gone.add("post2")
        lines = (*blog.follow(), *blog.follow(after=HOUR))
        place = f"it is on {fake.url[7:]}, and the account on {other.url[7:]} now: change it there by hand"
        assert lines == (f"post1 on toot: {place}", f"post2 on toot: {place}")
        assert blog.follow() == ()
        assert [one for one in other.requests if one.method in {"PUT", "DELETE"}] == []


def test_many_edits_wait_for_a_person(blog: Blog, fake: FakeMastodon) -> None:
    """Six posts changed at once are told, and edited when a person says so."""
    slugs = [f"post{number}" for number in range(6)]
    blog.send(*slugs)
    for slug in slugs:
        blog.write(slug, words=f"Better {slug}.")
    (line,) = blog.follow()
    assert line.startswith("6 edits of published messages wait for you: 6 posts were edited at once")
    assert edits(fake) == []
    with blog.app.using() as site:
        assert read_status(site, blog.now).amendments == (line,)
    assert len(blog.app.amend(blog.app.list_amendments())) == 6
    assert len(edits(fake)) == 6


def test_a_removal_needs_the_page_to_be_gone(blog: Blog, website: Website, fake: FakeMastodon) -> None:
    """An hour after the file went, and only once the page's own address says so."""
    blog.send("post1")
    (blog.posts / "post1.md").unlink()
    assert blog.follow() == ()
    assert blog.follow(after=HOUR) == ("post1 on toot: not removed: its page still answers 200",)
    assert len(fake.published) == 1
    website.gone.add("post1")
    assert blog.follow() == ("post1 on toot: removed",)
    assert fake.published == []
    assert blog.follow() == ()


def test_a_checkout_removes_nothing(blog: Blog, website: Website, fake: FakeMastodon) -> None:
    """Neither an emptied folder nor two posts of ten, though their pages are gone; what comes back is published."""
    website.gone |= {f"post{number}" for number in range(10)}
    blog.send("post1")
    website.gone.clear()
    blog.send("post1", "post2")
    website.gone |= {f"post{number}" for number in range(10)}
    for number in (1, 2):
        (blog.posts / f"post{number}.md").unlink()
    blog.follow()
    (line,) = blog.follow(after=HOUR)
    assert line.startswith("2 removals of published messages wait for you: 2 of 10 posts went at once")
    for path in blog.posts.glob("*.md"):
        path.unlink()
    (blog.posts / ".gitkeep").touch()
    blog.follow()
    assert blog.follow(after=2 * HOUR) == ()
    assert len(fake.published) == 2
    for number in range(10):
        blog.write(f"post{number}")
    assert blog.follow(after=2 * HOUR) == ()
    assert blog.app.list_amendments() == ()
    assert len(fake.published) == 2


def test_the_first_message_counts_as_the_server_does(blog: Blog, fake: FakeMastodon) -> None:
    """Nobody logged in here, the token is in the environment: preview and message know the server's own limit."""
    fake.max_characters = 60
    blog.write("post9", words="A " + "long " * 50 + "text.")
    blog.app.publish()
    planned = blog.app.plan_post("post9", to=(), at="", text="", again=False)
    assert [(row.limit, row.count <= 60) for row in planned.deliveries] == [(60, True)]
    (sent,) = blog.app.post(planned)
    assert sent.state.value == "sent"
