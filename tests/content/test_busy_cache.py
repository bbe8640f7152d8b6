"""What the cache of posts may not do when it could not store: give what was for what is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syndicate.content.folder import ContentFolder
from syndicate.content.records import Memory
from syndicate.model import Settings
from tests.content.golden import make_settings


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """An empty content folder."""
    (tmp_path / "posts").mkdir()
    return make_settings(tmp_path)


def _write(site: Settings, source: str, title: str) -> None:
    text = f"---\ntitle: {title}\n---\nBody of {title}.\n"
    Path(site.root, "posts", source).write_text(text, encoding="utf-8")


class _Busy(Memory):
    """A cache that stores nothing for a while: its disk is full, or another program holds it."""

    is_busy = False

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        if not self.is_busy:
            super().put_many(kind, items)


def test_a_body_that_could_not_be_kept_is_read_from_its_file(site: Settings) -> None:
    """The cache still has the one of before, which must not stand below the new title."""
    _write(site, "a.md", "Old")
    cache = _Busy()
    folder = ContentFolder(site, cache)
    folder.read()
    cache.is_busy = True
    _write(site, "a.md", "New")
    (post,) = folder.fill(folder.read().posts)
    assert (post.title, post.markdown) == ("New", "Body of New.")


def test_a_post_that_could_not_be_kept_is_kept_with_the_next_one(site: Settings) -> None:
    """Else the next process would take what the cache has of it for what the file says now."""
    _write(site, "a.md", "Old")
    _write(site, "b.md", "B")
    cache = _Busy()
    folder = ContentFolder(site, cache)
    folder.read()
    cache.is_busy = True
    _write(site, "a.md", "New")
    folder.read()
    cache.is_busy = False
    _write(site, "b.md", "Other")
    folder.read()
    assert [post.title for post in ContentFolder(site, cache).read().posts] == ["New", "Other"]


def test_a_body_of_a_read_that_was_killed_is_not_taken_for_the_one_before(site: Settings) -> None:
    """Bodies are kept before the index: after a kill in between, and an author who goes back, they do not fit."""
    _write(site, "a.md", "Old")
    cache = Memory()
    ContentFolder(site, cache).read()
    killed = _Forgetting(cache)
    _write(site, "a.md", "New")
    ContentFolder(site, killed).read()
    _write(site, "a.md", "Old")
    folder = ContentFolder(site, cache)
    (post,) = folder.fill(folder.read().posts)
    assert (post.title, post.markdown) == ("Old", "Body of Old.")


class _Forgetting(Memory):
    """Stores the bodies in another cache, and dies before the rest."""

    def __init__(self, other: Memory) -> None:
        super().__init__()
        self._items = dict(other._items)
        self._other = other

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        if kind.startswith("body"):
            self._other.put_many(kind, items)
