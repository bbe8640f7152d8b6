"""The first publication of many posts: the newest feeds come first, and what is done stays done after a kill."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.app.publish import gather
from syndicate.content.folder import ContentFolder
from syndicate.content.reading import MANY
from syndicate.content.records import Memory
from syndicate.model import Settings
from syndicate.publish.publish import publish_feeds
from tests.content.golden import make_settings
from tests.publish.house import NOW, Counting, House

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
        published = publish_feeds(gather(site), blog.now, made_of="")
    assert seen[0] == ["rss.xml", "atom.xml", "feed.json"]
    assert early[0] == json.loads((blog.feeds / "feed.json").read_text(encoding="utf-8"))["items"]
    assert published.new_posts == COUNT - 3
    assert len(published.written) == len(set(published.written))
