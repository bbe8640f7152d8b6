"""The state's SQLite file from outside, without SQLAlchemy: whether it is whole, and a glance at what it says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from syndicate.errors import StateError

_MAGIC = b"SQLite format 3\x00"
_PAGE_SIZE, _PAGES = slice(16, 18), slice(28, 32)
"""Where the header keeps them, big-endian (sqlite.org/fileformat.html)."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a publication without news needs to know of the state."""

    identity: str
    counter: int
    is_contradicted: bool
    rows: int
    """Grows with every post and message: a smaller one is an older state."""


def find_damage(path: Path) -> str:
    """Why this file is not a whole SQLite database, "" where it looks like one. An empty file is a new one."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not head:
        return ""
    if not head.startswith(_MAGIC):
        return "this file is not a state database"
    # Pages may stand in the journal for now; without one the file itself must hold them all.
    is_alone = not _size_of(path.with_name(f"{path.name}-wal"))
    page = int.from_bytes(head[_PAGE_SIZE], "big")
    expected = (65_536 if page == 1 else page) * int.from_bytes(head[_PAGES], "big")
    return "the state database is cut off" if is_alone and size < expected else ""


def refuse_damage(path: Path) -> None:
    """Raises StateError where the file is there and is not a state database, or not a whole one."""
    if path.exists() and (damage := find_damage(path)):
        hint = "put a backup in its place (`syndicate restore FILE`), or check [storage] database"
        raise StateError(damage, where=str(path), hint=hint)


def glance(path: Path, site: str) -> Glance | None:
    """The site's state as this file has it; None where only opening it properly can tell what is the matter."""
    if not path.exists() or find_damage(path):
        return None
    rows = "(SELECT coalesce(max(id), 0) FROM deliveries) + (SELECT count(*) FROM posts WHERE site = states.site)"
    query = f"SELECT identity, counter, contradiction, {rows} FROM states WHERE site = ?"  # noqa: S608 - our own words
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            row = connection.execute(query, (site,)).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else Glance(row[0], row[1], bool(row[2]), row[3])


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
