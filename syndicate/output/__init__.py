"""Where published files go, a local folder or an object store: what each can do, and which paths it will touch."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from syndicate.errors import ConfigError, UsageError
from syndicate.model import Artefact

_BAD = re.compile(r"[\x00-\x1f\x7f\\]")
_MAX_NAME = 255
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/)*[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
"""What nearly all paths look like: nothing in them needs a closer look."""


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
    from syndicate.output.disk import FolderOutput  # noqa: PLC0415 - it needs this module

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
