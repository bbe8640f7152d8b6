"""Real readers over a blog's life: publish, edit, add, restart, archive. Nothing is seen as new but what is new."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from syndicate.formats import list_documents
from syndicate.model import Identified
from syndicate.output.folder import FolderOutput
from syndicate.planning.feeds import plan_feeds
from syndicate.web import make_app
from tests.formats.samples import NOW, post, posts, settings
from tests.web.serving import everything, serving

SITE = settings(items=10, archive_items=4, by=(), flags=())
FORMS = pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])


class Blog:
    """A blog that publishes into a folder, and whose server can be restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, some: Sequence[Identified]) -> None:
        documents = list_documents(plan_feeds(some, SITE, {}, NOW))
        FolderOutput(self.folder).write([document.make(None) for document in documents])


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    return Blog(tmp_path / "feeds")


class Feedparser:
    """A reader built on feedparser: it keeps validators and ids as its documentation advises."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.etag: str | None = None
        self.modified: str | None = None

    def poll(self, url: str) -> tuple[int, set[str]]:
        """The status, and the titles that are new to this reader."""
        found: Any = feedparser.parse(url, etag=self.etag, modified=self.modified)
        self.etag, self.modified = found.get("etag", self.etag), found.get("modified", self.modified)
        fresh = {entry.title for entry in found.entries if entry.id not in self.known}
        self.known |= {entry.id for entry in found.entries}
        return found.status, fresh


@FORMS
def test_feedparser_sees_only_what_is_new(blog: Blog, file: str) -> None:
    """Unchanged is 304; an edit brings no new entry; a new post is the only new entry; a restart changes nothing."""
    reader, some = Feedparser(), posts(range(8))
    blog.publish(some)
    with serving(make_app(str(blog.folder), SITE, is_published=everything)) as address:
        url = f"{address}/feeds/{file}"
        assert reader.poll(url) == (200, {f"Post {number}" for number in range(8)})
        assert reader.poll(url) == (304, set())
        blog.publish(some)
        assert reader.poll(url) == (304, set())
        some[3] = post(3, title="Post 3, mended", permalink="https://blog.example/moved/", updated=NOW)
        blog.publish(some)
        assert reader.poll(url) == (200, set())
        some.append(post(8))
        blog.publish(some)
        assert reader.poll(url) == (200, {"Post 8"})
    with serving(make_app(str(blog.folder), SITE, is_published=everything)) as address:
        assert reader.poll(f"{address}/feeds/{file}") == (304, set())
        blog.publish(some[:-1])
        assert reader.poll(f"{address}/feeds/{file}") == (200, set())


@FORMS
def test_a_moved_domain_floods_nobody(blog: Blog, file: str) -> None:
    """New permalinks for every post (a new domain) bring no new entry: ids do not follow addresses."""
    reader, some = Feedparser(), posts(range(8))
    blog.publish(some)
    with serving(make_app(str(blog.folder), SITE, is_published=everything)) as address:
        reader.poll(f"{address}/feeds/{file}")
        moved = [replace(one, post=replace(one.post, permalink=f"https://new.example/{one.post.slug}")) for one in some]
        blog.publish(moved)
        assert reader.poll(f"{address}/feeds/{file}") == (200, set())


def run(command: Sequence[str | Path], **more: Any) -> str:
    assert shutil.which(str(command[0])), f"{command[0]} is not installed"
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, **more).stdout


def make_newsboat(folder: Path, url: str) -> Callable[[], int]:
    """Polls with newsboat and tells how many articles are unread; then everything is marked as read."""
    (folder / "urls").write_text(url)
    (folder / "config").write_text("cleanup-on-quit no\n")
    given = ["newsboat", "-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "config"]
    environment = os.environ | {"HOME": str(folder)}

    def poll() -> int:
        run([*given, "-x", "reload"], env=environment)
        unread = int(run([*given, "-x", "print-unread"], env=environment).split()[0])
        with closing(sqlite3.connect(folder / "cache.db")) as database, database:
            database.execute("update rss_item set unread = 0")
        return unread

    return poll


def make_sfeed(folder: Path, url: str) -> Callable[[], int]:
    """Polls with sfeed_update and tells how many items are new in its file."""
    (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/out"\nfeeds() {{ feed "blog" "{url}"; }}\n')
    seen: set[str] = set()

    def poll() -> int:
        run(["sfeed_update", folder / "sfeedrc"], env=os.environ | {"HOME": str(folder)})
        ids = {line.split("\t")[5] for line in (folder / "out" / "blog").read_text().splitlines()}
        fresh = len(ids - seen)
        seen.update(ids)
        return fresh

    return poll


@pytest.fixture(params=[make_newsboat, make_sfeed], ids=["newsboat", "sfeed"])
def make_reader(request: pytest.FixtureRequest) -> Callable[[Path, str], Callable[[], int]]:
    return request.param


@pytest.mark.e2e
@FORMS
def test_terminal_readers_see_only_what_is_new(
    blog: Blog, tmp_path: Path, file: str, make_reader: Callable[[Path, str], Callable[[], int]]
) -> None:
    """newsboat and sfeed count 8 new, none, none after an edit, one for a new post, none after a restart."""
    some = posts(range(8))
    blog.publish(some)
    with serving(make_app(str(blog.folder), SITE, is_published=everything)) as address:
        poll = make_reader(tmp_path, f"{address}/feeds/{file}")
        assert poll() == 8
        assert poll() == 0
        some[3] = post(3, title="Post 3, mended", permalink="https://blog.example/moved/", updated=NOW)
        blog.publish(some)
        assert poll() == 0
        some.append(post(8))
        blog.publish(some)
        assert poll() == 1
        assert poll() == 0


def test_a_json_reader_walks_the_archives(blog: Blog) -> None:
    """next_url leads from the current feed to the first post, over HTTP, each post found."""
    blog.publish(posts(range(25)))
    with serving(make_app(str(blog.folder), SITE, is_published=everything)) as address:
        url, found = "https://blog.example/feeds/feed.json", set()
        while url:
            data = json.loads(httpx.get(url.replace("https://blog.example", address)).content)
            found |= {item["title"] for item in data["items"]}
            url = data.get("next_url", "")
    assert found == {f"Post {number}" for number in range(25)}
