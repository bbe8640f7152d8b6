"""Publishing into a local folder: readers see the old file or the new one, never half of either.

Beside a text stand its compressed siblings (rss.xml.gz, .br, .zst), which static servers hand out as they are. They
belong to the file: written and removed with it, never listed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from syndicate.errors import UsageError
from syndicate.model import Artefact
from syndicate.output import FileStat, check_path
from syndicate.output.files import (
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
        return read_bytes(place) != artefact.data


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
