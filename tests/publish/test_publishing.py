"""Publications one after another, beside one another, and around a message; nothing is announced by them twice."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from syndicate.app.publish import ask, publish_edits
from syndicate.content.folder import ContentFolder
from syndicate.content.reading import MANY
from syndicate.content.records import Memory
from syndicate.model import Settings
from syndicate.publish.publish import publish
from tests.content.golden import make_settings
from tests.journeys.blog import CONFIG
from tests.publish.house import NOW, Counting, House, make_picture
from tests.publish.test_unchanged import OURS

pytestmark = pytest.mark.slow


def looks(blog: House) -> dict[str, tuple[int, int]]:
    """Each published file with what shows that somebody wrote it."""
    found = {path: path.stat() for path in blog.feeds.rglob("*") if path.is_file()}
    return {str(path): (one.st_ino, one.st_ctime_ns) for path, one in found.items()}


def edit_template(blog: House, name: str, old: str, new: str) -> None:
    place = blog.root / "templates" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    text = (place if place.exists() else OURS / name).read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")


def list_rows(blog: House) -> list[tuple[str, str, str]]:
    return sorted((row["slug"], row["account"], row["state"]) for row in blog.run("--json", "queue", "--all").json)


@pytest.mark.parametrize("loss", ["nothing", "the last publication", "the cache", "the manifest"])
def test_the_same_again_touches_no_file(tmp_path, loss):
    """A second publication leaves every file and packed form as it is, also where it must look at everything."""
    blog = House(tmp_path)
    blog.write("first", featured=True, category="Garden")
    blog.write("second", title="Zwei Äpfel")
    blog.run("publish")
    before = looks(blog)
    with blog.wired() as site:
        if loss == "the last publication":
            site.forget_publication()
    if loss == "the cache":
        blog.lose_cache()
    if loss == "the manifest":
        blog.lose_manifest()
    published = blog.run("--json", "publish").json
    assert (published["written"], published["removed"]) == ([], [])
    assert looks(blog) == before


def test_two_processes_at_once(tmp_path):
    """Four commands at the same time give what one gives: each post once, every file whole, and no problem."""
    blog = House(tmp_path)
    for number in range(6):
        blog.write(f"post-{number}", featured=number < 2)

    def run(_number: int) -> subprocess.CompletedProcess[str]:
        words = blog.command("publish")
        return subprocess.run(words, env=blog.environment(), capture_output=True, text=True, timeout=120, check=False)

    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(run, range(4)))
    assert [one.returncode for one in ran] == [0, 0, 0, 0], [one.stderr for one in ran]
    assert sum("6 new posts" in one.stdout for one in ran) == 1
    assert len(list_rows(blog)) == 8
    alone = House(tmp_path / "alone")
    shutil.copytree(blog.posts, alone.posts, dirs_exist_ok=True)
    alone.run("publish")
    assert {path: data for path, data in blog.files().items() if path != "timeline.html"} == {
        path: data for path, data in alone.files().items() if path != "timeline.html"
    }


def test_two_threads_of_one_app(tmp_path):
    """The daemon's round and the dashboard's wish at once: one publishes, the other finds nothing to do."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.open_all()
        with ThreadPoolExecutor(4) as pool:
            published = list(pool.map(lambda _: app.publish(), range(4)))
    assert sorted(len(one.written) > 0 for one in published) == [False, False, False, True]
    assert sorted(one.new_posts for one in published) == [0, 0, 0, 1]


def test_a_change_while_it_publishes_is_seen_by_the_next(tmp_path):
    """A post saved after the folder was read is not taken for published."""
    blog = House(tmp_path)
    blog.write("first")
    late = []

    def save(_some: object) -> None:
        if not late:
            late.append(blog.write("second"))

    with blog.wired() as site:
        site.output = Counting(blog.feeds, save)
        publish(site, site.accounts.facts, ask(site, "", blog.now))
    assert set(blog.entries()) == {"First"}
    with blog.open() as app:
        assert app.publish().new_posts == 1
    assert set(blog.entries()) == {"First", "Second"}


@pytest.mark.parametrize("name", ["first", "new"])
def test_what_goes_while_it_publishes_comes_back_with_the_next(tmp_path, name):
    """A generator that clears its folder as a post is edited, or a new one comes, takes nothing away for long."""
    blog = House(tmp_path)
    text = "A river runs behind the house where we planted garlic and wrote letters about stones. " * 3
    blog.write("first", body=text)
    blog.write("other", body=text)
    with blog.open() as app:
        app.publish()
    before = {path.relative_to(blog.feeds) for path in blog.feeds.rglob("*")}
    blog.write(name, body=f"{text} And more.")
    clear = cache(lambda: shutil.rmtree(blog.feeds))
    with blog.wired() as site:
        site.output, asked = Counting(blog.feeds, lambda _some: clear()), ask(site, "", blog.now)
        assert (publish_edits(site, asked) is None) == (name == "new")
        if name == "new":
            publish(site, site.accounts.facts, asked)
    with blog.open() as app:
        app.publish()
    assert before <= {path.relative_to(blog.feeds) for path in blog.feeds.rglob("*")}


def test_a_publication_that_fails_keeps_the_sent_message(tmp_path):
    """The message stands, with its receipt, though the cards cannot be drawn; syndication.json shows it."""
    blog = House(tmp_path)
    blog.write("first")
    blog.run("publish")
    with blog.open() as app:
        planned = app.plan_post("first", to=(), at="", text="", again=False)
        edit_template(blog, "cards/type.toml", "[", "[[[")
        (sent,) = app.post(planned)
        assert sent.state == "sent"
    assert blog.run("publish", code=1).err.count("type.toml") == 1
    assert len(blog.timeline()) == 1
    (blog.root / "templates" / "cards" / "type.toml").unlink()
    blog.run("publish")
    copies = json.loads(blog.files()["syndication.json"])["first"]["copies"]
    assert [copy["url"] for copy in copies] == [blog.timeline()[0]["url"]]
    assert ("first", "timeline", "sent") in list_rows(blog)


def test_a_moved_domain_announces_nothing(tmp_path):
    """Another site.url changes links and pictures' addresses; ids stay, no post is new, no message is planned."""
    blog = House(tmp_path)
    blog.write("first", featured=True)
    blog.write("second")
    blog.run("publish")
    ids, rows, cards = blog.entries(), list_rows(blog), [path for path in blog.files() if path.startswith("cards/")]
    (tmp_path / "syndicate.toml").write_text(CONFIG.replace("notes.example", "moved.example"), encoding="utf-8")
    published = blog.run("--json", "publish").json
    assert blog.entries() == ids
    assert (published["new_posts"], published["new_deliveries"], published["problems"]) == (0, 0, [])
    assert list_rows(blog) == rows
    feed = json.loads(blog.files()["feed.json"])
    assert all(item["url"].startswith("https://moved.example/") for item in feed["items"])
    assert all(item["banner_image"].startswith("https://moved.example/feeds/cards/") for item in feed["items"])
    assert set(cards) <= blog.files().keys()
    assert blog.run("--json", "plan").json["waiting"] == []


def test_an_edited_layout_redraws_the_cards(tmp_path):
    """Those it shapes, under new names; the old ones stay for the networks that know them; feeds name the new."""
    blog = House(tmp_path)
    blog.write("first")
    blog.write("second")
    blog.run("publish")
    before = blog.files()
    edit_template(blog, "cards/type.toml", "padding", "# a remark\npadding")
    published = blog.run("--json", "publish").json
    assert published["drawn"] == 2
    assert [path for path in published["written"] if path.startswith("cards/")] == []
    (blog.root / "templates" / "cards" / "type.toml").unlink()
    (tmp_path / "syndicate.toml").write_text(CONFIG.replace("[cards]", '[cards]\naccent = "#aa0033"'), encoding="utf-8")
    published = blog.run("--json", "publish").json
    after = blog.files()
    named = [path for path in published["written"] if path.startswith("cards/")]
    assert published["drawn"] == 2
    assert len(named) == 4
    assert {path for path in before if path.startswith("cards/")} <= after.keys()
    fresh = next(path for path in named if path.startswith("cards/first.") and path.count(".") == 2)
    assert fresh.encode() in after["rss.xml"]
    assert after["cards/first.png"] == after[fresh]


def test_a_broken_page_template_stops_its_own_page(tmp_path):
    """index.html stays as it was, with file and line; feeds and cards go on, with exit code 1 until it is mended."""
    blog = House(tmp_path)
    blog.write("first")
    blog.run("publish")
    before = blog.files()["index.html"]
    edit_template(blog, "pages/index.html", "{% endfor %}", "{% endfo %}")
    edit_template(blog, "pages/timeline.html", "{% endfor %}", "{% endfo %}")
    blog.write("second")
    for _ in range(2):
        err = blog.run("publish", code=1).err
        assert "pages/index.html" in err
        assert "pages/timeline.html" in err
    assert blog.files()["index.html"] == before
    assert "Second" in blog.entries()
    for name in ("index", "timeline"):
        (blog.root / "templates" / "pages" / f"{name}.html").unlink()
    blog.run("publish")
    assert b"Second" in blog.files()["index.html"]


def test_a_broken_layout_stops_the_cards_and_nothing_else(tmp_path):
    """Feeds and messages go on with the cards that are there, and a problem names the file until it is mended."""
    blog = House(tmp_path)
    blog.write("first")
    blog.run("publish")
    folder = blog.root / "templates" / "cards"
    folder.mkdir(parents=True)
    for name in ("cover", "quote", "split", "type"):
        (folder / f"{name}.toml").write_text("broken [", encoding="utf-8")
    before = {path for path in blog.files() if path.startswith("cards/")}
    blog.write("second")
    for _ in range(2):
        assert "templates/cards/cover.toml: not TOML" in blog.run("publish", code=1).err
    assert {path for path in blog.files() if path.startswith("cards/")} == before
    assert set(blog.entries()) == {"First", "Second"}
    shutil.rmtree(folder)
    blog.run("publish")
    assert {path.split(".")[0] for path in blog.files() if path.startswith("cards/")} == {"cards/first", "cards/second"}


def test_a_card_that_cannot_be_drawn_stops_no_other(tmp_path):
    """A picture that lies about itself gives a card without it, and a word; the other posts get theirs."""
    blog = House(tmp_path)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "good.png").write_bytes(make_picture())
    (tmp_path / "static" / "bad.png").write_bytes(make_picture()[:300])
    blog.write("good", image="/good.png")
    blog.write("bad", image="/bad.png")
    ran = blog.run("publish")
    assert "bad.md" in ran.err
    assert {path.split(".")[0] for path in blog.files() if path.startswith("cards/")} == {"cards/good", "cards/bad"}


def test_parts_by_themselves(tmp_path: Path):
    """`--only cards` writes cards alone and `--only feeds` draws none; the whole then has the rest to do."""
    blog = House(tmp_path)
    blog.write("first")
    assert all(path.startswith("cards/") for path in blog.run("--json", "publish", "--only", "cards").json["written"])
    assert set(blog.files()) == {path for path in blog.files() if path.startswith("cards/")}
    blog.write("second")
    blog.run("publish", "--only", "feeds")
    assert set(blog.entries()) == {"First", "Second"}
    assert not any("second" in path for path in blog.files() if path.startswith("cards/"))
    blog.run("publish")
    assert any("cards/second." in path for path in blog.files())
    assert blog.run("publish").out == "No file changed.\n"


COUNT = MANY + 60
ODD = {
    0: "draft: true",
    1: f'date: "{NOW + timedelta(days=1)}"',
    2: "date: never",
    3: "title: [broken",
    4: f'publishDate: "{NOW - timedelta(days=900)}"',
}
"""What keeps some of the last posts from being the newest: a draft, a date to come, a broken one, one of long ago."""


def write_posts(folder: Path, count: int = COUNT) -> None:
    """The higher the number, the newer, but for the odd ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        at = NOW - timedelta(hours=count - number)
        lines = ODD.get(count - 1 - number, f'date: "{at}"')
        text = f"---\ntitle: Post {number}\n{lines}\n---\nText {number}.\n"
        (folder / f"post-{number:05}.md").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "posts"
    write_posts(folder)
    return folder


@pytest.fixture
def site(posts: Path) -> Settings:
    return make_settings(posts.parent)


def test_the_newest_are_told_by_heads_of_files(site):
    """As a whole reading has them, and read once: what is only dated, a draft or broken is none of them."""
    cache = Memory()
    folder = ContentFolder(site, cache)
    newest = folder.read_newest(50, NOW)
    assert newest is not None
    dated = sorted((post for post in newest.posts if post.published_at), key=lambda post: post.published_at)
    assert [post.title for post in dated] == [f"Post {number}" for number in range(COUNT - 55, COUNT - 5)]
    assert newest.problems == ()
    assert cache.get_all("post default") == {}  # the rest follows at once, and is kept with them


class Killed(BaseException):
    """Nothing catches it."""


class Dying(Memory):
    """A process that is killed when it has kept so many rows of posts."""

    most = 500

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        if kind.startswith("post"):
            self.most -= len(items)
            if self.most < 0:
                raise Killed
        super().put_many(kind, items)


def test_a_killed_reading_goes_on_where_it_was(tmp_path):
    """What was kept before is not parsed again, and its bodies are there."""
    write_posts(tmp_path / "posts", 600)
    site, killed = make_settings(tmp_path), Dying()
    with pytest.raises(Killed):
        ContentFolder(site, killed).read()
    kept = len(killed.get_all("post default"))
    assert 400 <= kept <= 500
    after = Dying()
    after._items, after.most = dict(killed._items), 600 - kept
    folder = ContentFolder(site, after)
    assert len(folder.fill(folder.read().posts)) == 598


@pytest.mark.slow
def test_the_newest_feeds_are_there_before_the_rest(tmp_path, posts):
    """They are written first, hold the same entries as at the end, and no post is known until everything is there."""
    blog = House(tmp_path)
    shutil.copytree(posts, blog.posts, dirs_exist_ok=True)
    seen: list[list[str]] = []
    early: list[list[Mapping[str, str]]] = []

    def look(some):
        seen.append([one.path for one in some])
        if len(seen) == 2:
            early.append(json.loads((blog.feeds / "feed.json").read_text(encoding="utf-8"))["items"])
            assert site.store.read_ledger().posts == ()

    with blog.wired() as site:
        site.output = Counting(blog.feeds, look)
        published = publish(site, site.accounts.facts, ask(site, "feeds", blog.now))
    assert seen[0] == ["rss.xml", "atom.xml", "feed.json"]
    assert early[0] == json.loads((blog.feeds / "feed.json").read_text(encoding="utf-8"))["items"]
    assert published.new_posts == COUNT - 3
    assert len(published.written) == len(set(published.written))
