"""Where published files go, a local folder or an object store: what each can do, and what holds in both of them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import NamedTuple, Protocol

import brotli

from syndicate.errors import ConfigError, UsageError
from syndicate.formats.assembly import pack
from syndicate.model import FEED_FORMATS, Artefact


class FileStat(NamedTuple):
    """A published file as a listing shows it."""

    size: int
    version: str
    """Another one whenever somebody replaced the file: its time of change, or the object store's own tag."""


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
        from syndicate.output.folder import FolderOutput  # noqa: PLC0415 - it is made of this

        return FolderOutput(publish_to)
    try:
        from syndicate.output.bucket import open_bucket  # noqa: PLC0415  # obstore is an extra
    except ImportError as error:
        raise ConfigError(
            "an object store needs obstore", where="storage.publish_to", hint='pip install "syndicate-feeds[s3]"'
        ) from error
    return open_bucket(publish_to)


# --- which paths there may be ---

_BAD = re.compile(r"[\x00-\x1f\x7f\\]")
_MAX_NAME = 255
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/)*[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
"""What nearly all paths look like: nothing in them needs a closer look."""


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
