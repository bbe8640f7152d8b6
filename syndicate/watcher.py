"""The watcher: hears of changes below some paths, and knows whether it would hear of each.

On Linux every folder is watched by itself: the system's own way to watch a tree follows links, to the whole disk and to
what is not a post at all. Where nothing can be watched, whoever asks looks for himself.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from syndicate.errors import survive
from syndicate.folders import walk

log = logging.getLogger("syndicate")

DEBOUNCE_MS = 1_600
"""Longest wait while a file keeps changing; editors and `git pull` write in bursts."""
QUIET_MS = 250
"""A file counts as written when nothing changed for this long."""
LOOK_MS = 2_000
"""How often it is looked for whether the folders are still the same ones."""
BURST = 1_000
"""Changes at once of which the system may have left some out."""
MOUNTS = Path("/proc/self/mountinfo")
TELLING = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "tmpfs", "xfs", "zfs"})
"""File systems on which nothing changes without this machine's doing, so that it hears of it. On others (NFS, SMB, what
virtual machines share) somebody else may write."""
_IS_RECURSIVE = sys.platform in {"darwin", "win32"}
Place = tuple[Path, int, int]
"""A path, and the device and number of what stood there when it was looked at."""


class Watcher:
    """Calls `hear` after each burst of changes with news, from the thread that runs it."""

    def __init__(
        self,
        list_paths: Callable[[], Iterable[Path]],
        is_news: Callable[[Path], bool],
        hear: Callable[[], None],
        *,
        beat: Callable[[], None],
        stop: threading.Event,
        pause: float,
        mounts: Path = MOUNTS,
    ) -> None:
        """`beat` is a sign of life; `pause` are the seconds after which folders that went away are looked for."""
        self._list_paths = list_paths
        self._is_news = is_news
        self._hear = hear
        self._beat = beat
        self._stop = stop
        self._pause = pause
        self._mounts = mounts
        self._watched: list[Place] = []
        self._mark = object()

    def tell(self) -> object | None:
        """Stays the same thing while nothing changes; None where something could change unheard."""
        mark, watched = self._mark, self._watched
        if not watched or watched != self._list_present():
            return None
        with suppress(OSError, UnicodeError):
            mounts = self._mounts.read_text(encoding="utf-8")
            return mark if all(tells_all(path, mounts) for path, _, _ in watched) else None
        return None

    def doubt(self) -> None:
        """Something may have changed."""
        self._mark = object()

    def run(self) -> None:
        """Watch for ever; a folder that is gone (unmounted, renamed) is waited for, and publishing goes on.

        Where the system cannot watch (no inotify watches left), that is said once, and the ticks see every change.
        """
        told = ""
        while not self._stop.is_set():
            self._beat()
            troubles: list[Exception] = []
            with survive(troubles.append):
                self._watch_while_the_same(self._list_present())
            trouble = "".join(map(str, troubles))
            if trouble and trouble != told:
                log.warning("cannot watch, so changes are looked for every minute: %s", trouble)
            told = trouble
            self._stop.wait(self._pause)

    def _list_present(self) -> list[Place]:
        """What is there to be watched. A dead mount (ESTALE, EIO) is not there; `Path.exists` would raise."""
        found = []
        for path in self._list_paths():
            with suppress(OSError, ValueError):
                stat = os.stat(path)  # noqa: PTH116 - as above
                found.append((path, stat.st_dev, stat.st_ino))
        return found

    def _watch_while_the_same(self, places: list[Place]) -> None:
        """Until other things stand at these paths than those that are watched."""
        while places and self._list_present() == places and not self._stop.is_set():
            try:
                self._watch(places)
            finally:
                self._watched = []
            self._hear()

    def _watch(self, places: list[Place]) -> None:
        """The same until there is a folder more or less."""
        folders = _list_all_folders(places)
        for changes in watch(
            *folders,
            recursive=_IS_RECURSIVE,
            watch_filter=_NAMES,
            debounce=DEBOUNCE_MS,
            step=QUIET_MS,
            stop_event=self._stop,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            self._beat()
            if changes or not self._watched:
                self.doubt()
            if not self._watched:  # what changed while nobody watched yet is looked for once
                if _list_all_folders(places) != folders:
                    return
                self._watched = places
                self._hear()
            if any(self._is_news(Path(path)) for _, path in changes):
                log.debug("changed: %s", ", ".join(sorted(path for _, path in changes)))
                self._hear()
            may_miss = len(changes) > BURST or any(_is_new_folder(*change) for change in changes)
            if may_miss or self._list_present() != places:
                return


def _list_all_folders(places: Iterable[Place]) -> list[Path]:
    return list(list_folders(path for path, _, _ in places))


class _Names(DefaultFilter):
    """What editors write beside a file is no change of it; a folder may have any name."""

    ignore_dirs = ()


_NAMES = _Names()


def list_folders(paths: Iterable[Path]) -> Iterator[Path]:
    """What to watch for these files and trees: each folder below them in which posts may lie, none behind a link."""
    for path in paths:
        yield path
        for entry in walk(path, _is_watched) if not _IS_RECURSIVE else ():
            if _is_watched(entry.name) and entry.is_dir(follow_symlinks=False):
                yield Path(entry)


def _is_watched(name: str) -> bool:
    return not name.startswith(".") and name != "node_modules"


def _is_new_folder(change: Change, path: str) -> bool:
    return change is Change.added and not _IS_RECURSIVE and os.path.isdir(path)  # noqa: PTH112


def tells_all(path: Path, mounts: str) -> bool:
    """Whether the system tells of every change at this path and below. `mounts` is what proc_pid_mountinfo(5) says.

    What is mounted below may come and go, and hide folders that are watched.
    """
    place = f"{os.path.realpath(path).rstrip('/')}/"
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        about, _, kind = line.partition(" - ")
        kinds[f"{_unescape(about.split(' ')[4]).rstrip('/')}/"] = kind.partition(" ")[0]
    around = max((mount for mount in kinds if place.startswith(mount)), key=len, default="")
    return kinds.get(around) in TELLING and not any(mount.startswith(place) for mount in kinds if mount != around)


def _unescape(name: str) -> str:
    for escaped, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        name = name.replace(escaped, character)
    return name
