"""The state's SQLite file from outside, without SQLAlchemy: whether it is whole, and a glance at what it says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from syndicate.errors import StateError

_DAMAGES = {"NOTADB": "this file is not a state database", "CORRUPT": "the state database is cut off"}
"""By SQLite's result code."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a publication without news needs to know of the state."""

    identity: str
    counter: int
    is_contradicted: bool
    rows: int
    """Grows with every post and message: a smaller one is an older state."""
    publication: tuple[str, str]
    """As `store.read_publication` gives it."""


def find_damage(path: Path) -> str:
    """Why this file is not a whole SQLite database, "" where it looks like one. An empty file is a new one.

    SQLite itself looks at it: a process that opens and closes the file by other means loses its locks on it, and other
    processes then throw the journal away while it is written to (sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        is_new = not path.stat().st_size
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if path.is_dir():
        return "is a directory"
    if is_new:
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
    except sqlite3.Error as error:  # any other trouble is told when it is opened
        return _DAMAGES.get(error.sqlite_errorname.removeprefix("SQLITE_"), "")
    # Pages may stand in the journal for now; without one the file itself must hold them all.
    is_alone = not _size_of(path.with_name(f"{path.name}-wal"))
    return _DAMAGES["CORRUPT"] if is_alone and _size_of(path) < page * pages else ""


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
    query = (
        f"SELECT identity, counter, contradiction, {rows}, coalesce(turn, ''), coalesce(record, '') "  # noqa: S608 - ours
        "FROM states LEFT JOIN publications USING (site) WHERE site = ?"
    )
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            row = connection.execute(query, (site,)).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else Glance(row[0], row[1], bool(row[2]), row[3], (row[4], row[5]))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
