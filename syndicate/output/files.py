"""Single files on disk: looked at, dated, listed, compressed, swapped for new ones, taken away."""

from __future__ import annotations

import ctypes
import errno
import os
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from stat import S_ISREG
from threading import get_ident
from types import ModuleType
from typing import NamedTuple

import brotli

from syndicate import folders
from syndicate.errors import HINTS, StateError
from syndicate.formats.assembly import pack
from syndicate.model import FEED_FORMATS, ON_DISK

# --- the same file three times smaller, made once and not at every request ---

ENDINGS: Mapping[str, str] = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}
"""Content coding (RFC 9110 section 8.4.1) → file name ending."""
_WORTH = 600
_TEXT = ("text/", "application/json", *(one.media_type for one in FEED_FORMATS.values()))


def may_have_siblings(path: str, media_type: str) -> bool:
    """Text that readers fetch: pictures are compressed already, meta/ is for site generators."""
    is_text = media_type.startswith(_TEXT) or media_type.partition(";")[0].endswith("+xml")
    return is_text and not path.startswith("meta/")


def is_compressible(path: str, media_type: str, size: int) -> bool:
    """Such text above one packet, and nothing that is for site generators alone."""
    return size >= _WORTH and may_have_siblings(path, media_type) and path != "syndication.json"


def choose_levels(path: str) -> Mapping[str, int]:
    """How well a file is compressed, by file name ending.

    Levels lie before the steep part: gzip 6 takes four times as long as 4 for a tenth less, and a person waits for a
    publish. An archive is one of hundreds, and a reader fetches it once: what every client takes, as fast as it goes.
    The feeds of categories are many, too, and their readers few: gzip is quick there.
    """
    if path.startswith("archive/"):
        return {".gz": 1}
    return {".gz": 1 if "/" in path else 4, ".br": 5, ".zst": 3}


def compress(data: bytes, levels: Mapping[str, int]) -> dict[str, bytes]:
    """The compressed forms by file name ending. Deterministic: no time, no file name in the headers."""
    packers = {".gz": _gzip, ".br": _brotli, ".zst": pack}
    return {ending: packers[ending](data, level) for ending, level in levels.items()}


def _gzip(data: bytes, level: int) -> bytes:
    packer = _choose_deflate(level).compressobj(level, zlib.DEFLATED, 31)
    packed: bytes = packer.compress(data) + packer.flush()
    return packed


@cache
def _choose_deflate(level: int) -> ModuleType:
    """At its fastest level ISA-L takes a fifth of the time for a tenth less; it is there where it has wheels."""
    with suppress(ImportError):
        if level == 1:
            from isal import isal_zlib  # noqa: PLC0415 - one edit mostly needs none

            return isal_zlib
    return zlib


def _brotli(data: bytes, quality: int) -> bytes:
    packed: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=quality)
    return packed


class FileStat(NamedTuple):
    """A published file as a listing shows it."""

    size: int
    version: str
    """Another one whenever somebody replaced the file: its time of change, or the object store's own tag."""


TEMPORARY = ".syndicate-"
"""How the names of files begin that are not in place yet."""


def read_bytes(place: str) -> bytes | None:
    """The bytes of a file, None where there is no file."""
    try:
        with folders.open_file(place) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, folders.NotAFile):
        return None


def list_siblings(place: str, endings: Iterable[str]) -> dict[str, str]:
    """Where the compressed forms of a file lie, by file name ending."""
    return {ending: place + ending for ending in endings}


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


def walk(folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file below a folder but hidden ones and links, by its path there."""
    for entry in folders.walk(folder, _is_shown):
        if _is_shown(entry.name) and entry.is_file(follow_symlinks=False):
            yield entry.path.removeprefix(f"{folder}/"), entry


def walk_rests(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder that was begun and never put in place."""
    for entry in folders.walk(folder, _is_shown):
        if entry.name.startswith(TEMPORARY) and entry.is_file(follow_symlinks=False):
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
