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


@dataclass(frozen=True, slots=True)
class Shelved:
    """One published file. `siblings` maps a content coding to the place of those bytes."""

    path: str
    place: Path
    tag: str
    modified_at: datetime
    size: int
    siblings: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The files below a folder."""

    root: Path
    _known: dict[str, tuple[tuple[int, ...], Shelved]] = field(default_factory=dict)

    def find(self, path: str) -> Shelved | None:
        """The file published under a path, None where there is none or it may not be shown."""
        try:
            place = self.root / check_path(path)
            facts = place.stat()
            inside = place.resolve().is_relative_to(self.root.resolve())
        except (UsageError, OSError, ValueError):
            return None
        if not inside or not S_ISREG(facts.st_mode):
            return None
        build = (facts.st_ino, facts.st_size, facts.st_ctime_ns)
        known = self._known.get(path)
        if known is None or known[0] != build:
            known = self._known[path] = (build, _describe(path, place, facts))
        return known[1]


def _describe(path: str, place: Path, facts: os.stat_result) -> Shelved:
    digest = sha256(place.read_bytes()).hexdigest()[:32]
    modified_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
    return Shelved(path, place, digest, modified_at, facts.st_size, _list_siblings(place, facts.st_mtime))


def _list_siblings(place: Path, modified: float) -> dict[str, Path]:
    """Compressed forms of this very build: they carry its time."""
    found = {coding: place.with_name(place.name + ending) for coding, ending in ENDINGS.items()}
    return {coding: sibling for coding, sibling in found.items() if _has_time(sibling, modified)}


def _has_time(place: Path, modified: float) -> bool:
    try:
        return place.stat().st_mtime == modified
    except OSError:
        return False
