"""Publishing into a local folder: readers see the old file or the new one, never half of either."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from threading import get_ident

from syndicate import folders
from syndicate.errors import HINTS, StateError, UsageError
from syndicate.model import ON_DISK, Artefact
from syndicate.output import (
    ENDINGS,
    FileStat,
    check_path,
    choose_levels,
    compress,
    is_compressible,
    may_have_siblings,
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
        return {path: data for path, place in places.items() if (data := read_bytes(place)) is not None}

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
                _make_folder(folder)
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
        entries = walk(self.root, _is_shown)
        found = {one.path.removeprefix(f"{self.root}/"): stat for one in entries if (stat := stat_file(one))}
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
        for rest in walk(self.root, lambda name: name.startswith(TEMPORARY)):
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
    siblings = {ending: place + ending for ending in levels if not os.path.isdir(place + ending)}
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


# --- single files: looked at, dated, listed, taken away ---

TEMPORARY = ".syndicate-"
"""How the names of files begin that are not in place yet."""


def read_bytes(place: str) -> bytes | None:
    """The bytes of a file, None where there is no file."""
    with (
        telling(place),
        suppress(FileNotFoundError, NotADirectoryError, folders.NotAFile),
        folders.open_file(place) as file,
    ):
        return file.read()
    return None


def is_blocked(place: str) -> bool:
    """Whether something is there, or on the way there, that is not a file."""
    try:
        return not S_ISREG(os.lstat(place).st_mode)
    except NotADirectoryError:
        return True
    except OSError:
        return False


def remove_siblings(place: str) -> None:
    """Take away the compressed forms of a file."""
    for ending in ENDINGS.values():
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(place + ending)


def find_mtime(place: str) -> float | None:
    """The modification time in seconds, None where there is no file."""
    try:
        return os.stat(place).st_mtime
    except FileNotFoundError:
        return None


def choose_mtime(place: str, modified_at: datetime | None) -> float | None:
    """The artefact's own moment, but always later than the bytes it replaces.

    So If-Modified-Since and servers that make an ETag of time and size (nginx) notice every change, also one that
    takes the newest post away.
    """
    if modified_at is None:
        return None
    wanted, before = float(int(modified_at.timestamp())), find_mtime(place)
    return wanted if before is None or wanted > before else float(int(before) + 1)


def is_sibling(path: str, found: Container[str]) -> bool:
    """Whether a path is a compressed form of another that was found."""
    base, _, ending = path.rpartition(".")
    return f".{ending}" in ENDINGS.values() and base in found


def prune(folder: str, root: str) -> None:
    """Remove folders that became empty, never the root."""
    while folder != root:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


def walk(folder: str, fits: Callable[[str], bool]) -> Iterator[os.DirEntry[str]]:
    """Every file with such a name, in the folder or below it, but in no hidden folder; links are not files."""
    for entry in folders.walk(folder, _is_shown):
        if fits(entry.name) and entry.is_file(follow_symlinks=False):
            yield entry


def _is_shown(name: str) -> bool:
    return not name.startswith(".")


def stat_file(place: os.DirEntry[str] | str) -> FileStat | None:
    """What a listing tells of a file, None where it vanished meanwhile."""
    try:
        found = os.lstat(place)
    except OSError:
        return None
    return FileStat(found.st_size, f"{ON_DISK}{found.st_ctime_ns}") if S_ISREG(found.st_mode) else None


# --- Files put in place: written beside, flushed to the disk together, then swapped one by one ---

# --- written files reach the disk: one by one, or all of a file system together ---

MANY = 64
"""From here on one flush for all is much cheaper. Below it would make an edit wait for what other programs write."""
_AT_ONCE = 4
"""Files flushed at the same time: the disk serves several as fast as one."""


def flush(places: Sequence[str]) -> None:
    """Returns when the bytes of these files are safe from a power cut."""
    if len(places) >= MANY and _flush_together(places):
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="flush") as pool:
        list(pool.map(lambda place: _with_handle(place, os.fsync), places))


def _flush_together(places: Sequence[str]) -> bool:
    """Whether the system can do that: Linux has a call for it that Python does not offer."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    disks = {os.stat(place).st_dev: place for place in {os.path.dirname(place): place for place in places}.values()}
    return all(_with_handle(place, syncfs) == 0 for place in disks.values())


def _with_handle(place: str, action: Callable[[int], object]) -> object:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        return action(handle)
    finally:
        os.close(handle)


_HINTS = {
    **HINTS,
    errno.EROFS: "mount it so that it may be written, or name another folder in [storage] publish_to",
    errno.EEXIST: "take away what is there, or name another folder in [storage] publish_to",
}


@dataclass(frozen=True, slots=True)
class Fresh:
    """Bytes for a place, and the modification time they shall carry."""

    place: str
    data: bytes
    modified: float | None
    has_siblings: bool
    """Whether compressed forms may stand beside it, which the new bytes make stale."""


def replace_files(files: Sequence[Fresh]) -> None:
    """Put all of them there. Raises StateError where one cannot be written; those before it may be in place then."""
    waiting: list[str] = []
    try:
        for one in files:
            waiting.append(_beside(one.place, len(waiting)))
            with telling(one.place):
                _write(waiting[-1], one)
        if files:
            with telling(files[0].place):
                flush(waiting)
        for one, beside in zip(files, waiting, strict=True):
            with telling(one.place):
                _swap(beside, one)
    except BaseException:
        for beside in waiting:
            with suppress(OSError):  # where nothing may be written, nothing may be taken away
                os.unlink(beside)
        raise


@contextmanager
def telling(place: str) -> Iterator[None]:
    """Trouble with the disk in a person's words."""
    try:
        yield
    except OSError as error:
        what = error.strerror or type(error).__name__
        hint = _HINTS.get(error.errno or 0, "")
        raise StateError(f"cannot be read or written: {what}", where=place, hint=hint) from error


def _make_folder(folder: str) -> None:
    """For a web server to read, as its files are, whatever the umask says."""
    if os.path.isdir(folder):
        return
    _make_folder(os.path.dirname(folder))
    os.makedirs(folder, exist_ok=True)  # another process may have been quicker
    os.chmod(folder, os.stat(folder).st_mode | 0o055)  # noqa: S103 - what is published is for everybody


def _beside(place: str, number: int) -> str:
    """A hidden name of this thread's own, so that its next write takes a rest away."""
    return f"{os.path.dirname(place)}/{TEMPORARY}{os.getpid()}-{get_ident()}-{number}"


def _write(beside: str, one: Fresh) -> None:
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)  # through nobody's link
    try:
        rest = memoryview(one.data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fchmod(handle, 0o644)
    finally:
        os.close(handle)


def _swap(beside: str, one: Fresh) -> None:
    """It gets its time only now: one from years ago would look like a rest to another process that clears them."""
    if one.modified is not None:
        os.utime(beside, (one.modified, one.modified))
    if one.has_siblings:
        remove_siblings(one.place)
    os.replace(beside, one.place)
