"""The published files with their validators.

The ETag of a file is the digest of its bytes, so it is the same on every machine and after every restart. It is
computed once per build of the file, never per request: a build is told by inode, size and change time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from syndicate.errors import UsageError
from syndicate.output.base import check_path
from syndicate.output.compress import ENDINGS

Build = tuple[int, int, int]
_MOST_BYTES = 100_000_000
"""No file of ours is larger; a strange one need not be read to tell."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """One build of a published file. `siblings` maps a content coding to the place of those bytes."""

    path: str
    place: Path
    build: Build
    tag: str
    modified_at: datetime
    siblings: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The published files below a folder. Whatever else lies there is nobody's business."""

    root: Path
    is_published: Callable[[str, bytes], bool]
    """Whether these bytes under this path are part of what was published."""
    _tags: dict[str, tuple[Build, str]] = field(default_factory=dict)

    def find(self, path: str) -> Shelved | None:
        """The file published under a path, None where there is none or it may not be shown."""
        try:
            place = self.root / check_path(path)
            facts = place.stat()
            is_inside = place.resolve().is_relative_to(self.root.resolve())
            if not is_inside or not S_ISREG(facts.st_mode):
                return None
            tag = self._find_tag(path, place, facts)
        except (UsageError, OSError, ValueError):
            return None
        if not tag:
            return None
        modified_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
        return Shelved(path, place, _build(facts), tag, modified_at, _list_siblings(place, facts))

    def _find_tag(self, path: str, place: Path, facts: os.stat_result) -> str:
        """The tag of a published file, "" for another one: asked each time, as it may be taken over later."""
        known = self._tags.get(path)
        if known is not None and known[0] == _build(facts):
            return known[1]
        data = place.read_bytes() if facts.st_size <= _MOST_BYTES else b""
        if not self.is_published(path, data):
            return ""
        self._tags[path] = (_build(facts), sha256(data).hexdigest()[:32])
        return self._tags[path][1]


def read_build(found: Shelved, coding: str) -> bytes | None:
    """The bytes in a coding, "" for plain; None where a publication replaced them meanwhile."""
    try:
        data = (found.siblings[coding] if coding else found.place).read_bytes()
        return data if _build(found.place.stat()) == found.build else None
    except OSError:
        return None


def _build(facts: os.stat_result) -> Build:
    return facts.st_ino, facts.st_size, facts.st_ctime_ns


def _list_siblings(place: Path, facts: os.stat_result) -> dict[str, Path]:
    """Compressed forms of this very build: they carry its time."""
    found = {coding: place.with_name(place.name + ending) for coding, ending in ENDINGS.items()}
    return {coding: sibling for coding, sibling in found.items() if _find_time(sibling) == facts.st_mtime_ns}


def _find_time(place: Path) -> int | None:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return None
