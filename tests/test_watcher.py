"""The watcher: what it hears, and whether it would hear of everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from syndicate.watcher import Watcher, tells_all

DISK = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
BLOG = Path("/srv/my blog/content")


@pytest.mark.parametrize(
    ("more", "is_told"),
    [
        ("", True),
        ("40 22 0:44 / /srv/my\\040blog rw - nfs4 nas:/blog rw", False),
        (
            "40 22 0:44 / /srv/my\\040blog rw - nfs4 nas:/blog rw\n41 22 8:2 / /srv/my\\040blog rw - xfs /dev/sdb rw",
            True,
        ),
        ("40 22 0:44 / /srv rw master:2 - fuse.sshfs there: rw", False),
        ("40 22 0:44 / /srv/my\\040blog/content rw - overlay overlay rw", False),
        ("40 22 0:44 / /srv/my\\040blog/content/2026 rw - ext4 /dev/sdc rw", False),
        ("40 22 0:44 / /srv/my\\040blog/contents rw - nfs4 nas:/other rw", True),
        ("40 22 0:44 / /srv/m rw - nfs4 nas:/other rw", True),
    ],
)
def test_only_a_disk_of_this_machine_tells_of_every_change(more: str, is_told: bool) -> None:
    """Whatever others may write to, and whatever may be taken off below, is looked at again and again."""
    assert tells_all(BLOG, f"{DISK}\n{more}") is is_told


def test_an_unknown_place_tells_nothing() -> None:
    """Where the system lists no mounts, nobody knows."""
    assert not tells_all(BLOG, "")


class Watched:
    """A watcher at work, and what it heard: each time what it could tell then."""

    def __init__(self, root: Path, mounts: str) -> None:
        self.root = root
        self.heard = Queue[object]()
        (root / "mounts").write_text(mounts)
        self.stop = threading.Event()
        self.watcher = Watcher(
            lambda: [root / "posts"],
            lambda path: path.suffix == ".md",
            lambda: self.heard.put(self.watcher.tell()),
            beat=lambda: None,
            stop=self.stop,
            pause=0.01,
            mounts=root / "mounts",
        )

    def wait_for_news(self, before: object) -> object:
        """What is told once it is something else than before, and something."""
        while (told := self.heard.get(timeout=60)) is None or told is before:
            pass
        return told


@contextmanager
def watching(root: Path, mounts: str = DISK) -> Iterator[Watched]:
    watched = Watched(root, mounts)
    thread = threading.Thread(target=watched.watcher.run)
    thread.start()
    try:
        yield watched
    finally:
        watched.stop.set()
        thread.join(60)


@pytest.mark.slow
def test_what_is_told_changes_with_every_change(tmp_path: Path) -> None:
    """A post, one in a new folder, another folder in the place of the watched one; without a change it stays."""
    posts = tmp_path / "posts"
    posts.mkdir()
    with watching(tmp_path) as watched:
        first = watched.wait_for_news(None)
        assert watched.watcher.tell() is first
        (posts / "a.md").write_text("one")
        second = watched.wait_for_news(first)
        (posts / "site-packages").mkdir()
        (posts / "site-packages" / "b.md").write_text("two")
        third = watched.wait_for_news(second)
        (tmp_path / "new").mkdir()
        posts.rename(tmp_path / "old")
        (tmp_path / "new").rename(posts)
        assert watched.watcher.tell() is None
        fourth = watched.wait_for_news(third)
        (posts / "c.md").write_text("three")
        fifth = watched.wait_for_news(fourth)
        watched.watcher.doubt()
        assert watched.watcher.tell() not in (None, fifth)


@pytest.mark.slow
def test_nothing_is_told_where_others_write_too(tmp_path: Path) -> None:
    """What this machine does is heard there as well."""
    (tmp_path / "posts").mkdir()
    with watching(tmp_path, DISK.replace("ext4", "nfs4")) as watched:
        assert watched.heard.get(timeout=60) is None
        (tmp_path / "posts" / "a.md").write_text("one")
        assert watched.heard.get(timeout=60) is None
