"""Single files on disk: looked at, dated, listed, taken away."""

from __future__ import annotations

import os
import zlib
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from stat import S_ISREG

import brotli

from syndicate.formats.assembly import pack
from syndicate.model import FEED_FORMATS, ON_DISK
from syndicate.output.base import FileStat

# --- the same file three times smaller, made once and not at every request ---

ENDINGS: Mapping[str, str] = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}
"""Content coding (RFC 9110 section 8.4.1) → file name ending."""
_WORTH = 600
_TEXT = ("text/", "application/json", *(one.media_type for one in FEED_FORMATS.values()))


def is_compressible(path: str, media_type: str, size: int) -> bool:
    """Text above one packet that readers fetch: pictures are compressed already, meta/ is for site generators."""
    is_text = media_type.startswith(_TEXT) or media_type.partition(";")[0].endswith("+xml")
    return is_text and size >= _WORTH and not path.startswith("meta/")


def compress(data: bytes, *, is_archive: bool = False) -> dict[str, bytes]:
    """The compressed forms by file name ending. Deterministic: no time, no file name in the headers.

    Levels lie before the steep part: gzip 6 takes four times as long as 4 for a tenth less, and a person waits for a
    publish. An archive is one of hundreds, and a reader fetches it once: a tenth more bytes for half of the time.
    """
    gzip, brotli_quality = (2, 1) if is_archive else (4, 5)
    return {".gz": _gzip(data, gzip), ".br": _brotli(data, brotli_quality), ".zst": pack(data, 3)}


def _gzip(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _brotli(data: bytes, quality: int) -> bytes:
    packed: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=quality)
    return packed


TEMPORARY = ".syndicate-"
"""How the names of files begin that are not in place yet."""


def read_bytes(place: Path) -> bytes | None:
    """The bytes of a file, None where there is no file."""
    try:
        return place.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def list_siblings(place: Path) -> dict[str, Path]:
    """Where the compressed forms of a file lie, by file name ending."""
    return {ending: place.with_name(place.name + ending) for ending in ENDINGS.values()}


def is_blocked(place: Path) -> bool:
    """Whether something is there, or on the way there, that is no file."""
    try:
        return not S_ISREG(place.lstat().st_mode)
    except NotADirectoryError:
        return True
    except OSError:
        return False


def remove_siblings(place: Path) -> None:
    """Take away the compressed forms of a file."""
    for ending in ENDINGS.values():
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(f"{place}{ending}")  # noqa: PTH108 - plain strings: asked for ten thousand files


def find_mtime(place: Path) -> float | None:
    """The modification time in seconds, None where there is no file."""
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return None


def choose_mtime(place: Path, modified_at: datetime | None) -> float | None:
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


def prune(folder: Path, root: Path) -> None:
    """Remove folders that became empty, never the root."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def walk(folder: str | Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file below a folder but hidden ones and links, each path behind the prefix."""
    for entry in _scan(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield prefix + entry.name, entry


def walk_rests(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder that was begun and never put in place."""
    for entry in _scan(folder):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from walk_rests(entry.path)
        elif entry.name.startswith(TEMPORARY) and entry.is_file(follow_symlinks=False):
            yield entry


def _scan(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def stat_file(place: os.DirEntry[str] | Path) -> FileStat | None:
    """What a listing tells of a file, None where it vanished meanwhile."""
    try:
        found = place.stat(follow_symlinks=False)
    except OSError:
        return None
    return FileStat(found.st_size, f"{ON_DISK}{found.st_ctime_ns}") if S_ISREG(found.st_mode) else None
