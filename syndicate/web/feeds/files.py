"""The published files with their validators.

The ETag of a file is the digest of its bytes, so it is the same on every machine and after every restart. It is
computed once per build of the file, never per request: a build is told by inode, size and change time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from syndicate.errors import UsageError
from syndicate.output.base import check_path
from syndicate.output.compress import ENDINGS

Build = tuple[int, int, int]


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
    """The files below a folder."""

    root: Path
    _tags: dict[str, tuple[Build, str]] = field(default_factory=dict)

    def find(self, path: str) -> Shelved | None:
        """The file published under a path, None where there is none or it may not be shown."""
        try:
            place = self.root / check_path(path)
            facts = place.stat()
            is_inside = place.resolve().is_relative_to(self.root.resolve())
            if not is_inside or not S_ISREG(facts.st_mode):
                return None
            tag = self._find_tag(path, place, _build(facts))
        except (UsageError, OSError, ValueError):
            return None
        modified_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
        return Shelved(path, place, _build(facts), tag, modified_at, _list_siblings(place, facts))

    def _find_tag(self, path: str, place: Path, build: Build) -> str:
        known = self._tags.get(path)
        if known is None or known[0] != build:
            known = self._tags[path] = (build, sha256(place.read_bytes()).hexdigest()[:32])
        return known[1]


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
