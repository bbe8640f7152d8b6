"""Where published files go, a local folder or an object store: what each can do, and which paths it will touch."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from syndicate.errors import ConfigError, UsageError
from syndicate.model import Artefact
from syndicate.output.files import (
    FileStat,
    Fresh,
    choose_levels,
    choose_mtime,
    compress,
    find_mtime,
    is_blocked,
    is_compressible,
    is_sibling,
    list_siblings,
    may_have_siblings,
    prune,
    read_bytes,
    remove_siblings,
    replace_files,
    stat_file,
    telling,
    walk,
    walk_rests,
)

_BAD = re.compile(r"[\x00-\x1f\x7f\\]")
_MAX_NAME = 255
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/)*[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
"""What nearly all paths look like: nothing in them needs a closer look."""


class Output(Protocol):
    """A place for artefacts, addressed by POSIX paths below its root."""

    def read(self, path: str) -> bytes | None:
        """The bytes there, None where there are none."""

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of those that are there."""

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        """Put the files there whose bytes differ, each atomically; the paths that changed, in order."""

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Take files away; the paths that were there."""

    def list_files(self) -> Mapping[str, FileStat]:
        """Every published file with what a listing tells of it."""

    def stat_files(self, paths: Iterable[str]) -> Mapping[str, FileStat]:
        """The same of these files, where they are there."""

    def may_hold(self, path: str, listed: Collection[str]) -> bool:
        """Whether a file may be there, given a listing of a moment ago: where looking is cheap, always."""

    def find_blocked(self, paths: Iterable[str]) -> Collection[str]:
        """Those in whose place, or on the way to it, something is that is not a file: a folder, a link."""

    def fingerprint(self, places: Iterable[str]) -> str:
        """Changes when a file among these places changes, or a file in a folder among them comes or goes.

        "" where looking would cost a request each time.
        """

    def clear_rests(self, before: datetime) -> None:
        """Take away what a process that was killed before this moment left half written."""


def open_output(publish_to: str) -> Output:
    """The output behind `publish_to`: an absolute folder, or an address such as "s3://bucket/prefix".

    Raises ConfigError for an unknown scheme or a missing extra.
    """
    if "://" not in publish_to:
        return FolderOutput(publish_to)
    try:
        from syndicate.output.bucket import open_bucket  # noqa: PLC0415  # obstore is an extra
    except ImportError as error:
        raise ConfigError(
            "an object store needs obstore", where="storage.publish_to", hint='pip install "syndicate-feeds[s3]"'
        ) from error
    return open_bucket(publish_to)


def check_path(path: str) -> str:
    """The path itself where it surely stays below the root; raises UsageError otherwise.

    No absolute path, no "..", no hidden or temporary name, no control character or backslash.
    """
    if _PLAIN.fullmatch(path):
        return path
    parts = path.split("/")
    fits = all(
        part and not part.startswith(".") and len(part.encode("utf-8", "replace")) <= _MAX_NAME for part in parts
    )
    if not fits or _BAD.search(path) or not _is_unicode(path):
        raise UsageError("is not a path below the publish folder", where=repr(path))
    return path


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- how long whoever fetches a published file may keep it ---

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
# archive/12.atom is closed; cards/hello.3fa9c1.jpg names its own bytes.
_CLOSED = re.compile(r"archive/\d+\.\w+|cards/.+\.[0-9a-f]{6,64}\.\w+")


def choose_cache_control(path: str) -> str:
    """The Cache-Control of a published path (RFC 9111, RFC 8246, RFC 5861)."""
    return IMMUTABLE if _CLOSED.fullmatch(path) else FRESH


# --- publishing into a local folder: readers see the old file or the new one, never half of either ---


class FolderOutput:
    """Files below `root`. The modification time of a file is its artefact's, so static servers tell it truly."""

    def __init__(self, root: str | Path) -> None:
        self.root = os.path.abspath(root)

    def read(self, path: str) -> bytes | None:
        return self.read_many([path]).get(path)

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        guard = _Guard(self.root)
        places = {path: guard.place(path) for path in paths}
        return {path: data for path, place in places.items() if (data := _read_one(place)) is not None}

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        changed = self.write_plain(artefacts)
        self.write_siblings(artefacts)
        return changed

    def write_plain(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        """The files without their siblings; siblings of changed files are taken away, so that none is ever stale."""
        guard = _Guard(self.root)
        changed = [(one, place) for one in artefacts if _differs(place := guard.place(one.path), one)]
        for folder in {os.path.dirname(place) for _, place in changed}:
            with telling(folder):
                os.makedirs(folder, exist_ok=True)
        replace_files([_date(place, one) for one, place in changed])
        return tuple(one.path for one, _ in changed)

    def write_siblings(self, artefacts: Sequence[Artefact]) -> None:
        """The missing siblings of files just written. Compressing lets go of the interpreter: threads pay."""
        guard = _Guard(self.root)
        texts = [one for one in artefacts if is_compressible(one.path, one.media_type, len(one.data))]
        if texts:
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                packed = pool.map(lambda one: _pack_one(guard.place(one.path), one), texts)
                replace_files([sibling for siblings in packed for sibling in siblings])

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        guard = _Guard(self.root)
        return tuple(path for path in paths if _remove_one(guard.place(path), self.root))

    def list_files(self) -> Mapping[str, FileStat]:
        found = {path: stat for path, entry in walk(self.root) if (stat := stat_file(entry))}
        for path in [path for path in found if is_sibling(path, found)]:
            del found[path]
        return found

    def stat_files(self, paths: Iterable[str]) -> Mapping[str, FileStat]:
        guard = _Guard(self.root)
        found = {path: stat_file(guard.place(path)) for path in paths}
        return {path: stat for path, stat in found.items() if stat}

    def may_hold(self, path: str, listed: Collection[str]) -> bool:  # noqa: ARG002 - "Index.html" may be "index.html"
        return True

    def find_blocked(self, paths: Iterable[str]) -> Collection[str]:
        guard = _Guard(self.root)
        return frozenset(path for path in paths if not guard.is_inside(path) or is_blocked(guard.place(path)))

    def fingerprint(self, places: Iterable[str]) -> str:
        return "\n".join(f"{place} {_find_change(f'{self.root}/{place}')}" for place in places)

    def clear_rests(self, before: datetime) -> None:
        for rest in walk_rests(self.root):
            with suppress(OSError):
                if os.lstat(rest).st_mtime < before.timestamp():
                    os.unlink(rest)


class _Guard:
    """Where paths lie, for one call: a folder that turns out to be a link out of the root is refused, each once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._inside: set[str] = set()

    def place(self, path: str) -> str:
        if not self.is_inside(path):
            raise UsageError("leads out of the publish folder through a link", where=path)
        return f"{self._root}/{path}"

    def is_inside(self, path: str) -> bool:
        """Raises UsageError for a path that no folder may have."""
        folder = check_path(path).rpartition("/")[0]
        if folder not in self._inside:
            real = os.path.realpath(f"{self._root}/{folder}")
            if f"{real}/".startswith(f"{self._real.rstrip('/')}/"):
                self._inside.add(folder)
        return folder in self._inside


def _read_one(place: str) -> bytes | None:
    with telling(place):
        return read_bytes(place)


def _differs(place: str, artefact: Artefact) -> bool:
    with telling(place):
        stat = stat_file(place)
        return stat is None or stat.size != len(artefact.data) or read_bytes(place) != artefact.data


def _date(place: str, artefact: Artefact) -> Fresh:
    with telling(place):
        has_siblings = may_have_siblings(artefact.path, artefact.media_type)
        return Fresh(place, artefact.data, choose_mtime(place, artefact.modified_at), has_siblings=has_siblings)


def _pack_one(place: str, artefact: Artefact) -> list[Fresh]:
    levels = choose_levels(artefact.path)
    siblings = {ending: one for ending, one in list_siblings(place, levels).items() if not os.path.isdir(one)}
    with telling(place):
        modified = os.stat(place).st_mtime
        if all(find_mtime(sibling) == modified for sibling in siblings.values()):
            return []
    packed = compress(artefact.data, {ending: levels[ending] for ending in siblings})
    return [Fresh(siblings[ending], data, modified, has_siblings=False) for ending, data in packed.items()]


def _remove_one(place: str, root: str) -> bool:
    with telling(place):
        remove_siblings(place)
        try:
            os.unlink(place)
        except (FileNotFoundError, NotADirectoryError):
            return False
        prune(os.path.dirname(place), root)
    return True


def _find_change(place: str) -> int | None:
    try:
        return os.lstat(place).st_ctime_ns
    except OSError:
        return None
