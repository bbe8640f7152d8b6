"""What a publication of edits alone asks of a state that is an SQLite file, by itself and without SQLAlchemy.

A few rows of ten thousand are read and written; loading SQLAlchemy would take longer than all of that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from syndicate.model import KnownPost, PublishedFile, Reason, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_POST = tuple(one.name for one in fields(KnownPost))
_FILE = PublishedFile._fields
_AT_ONCE = 500
_PATIENCE = 10.0
_KEEP_RECORD = (
    "INSERT INTO publications (site, turn, record) VALUES (?, '', ?)"
    " ON CONFLICT (site) DO UPDATE SET record = excluded.record"
)


class EditedState:
    """The rows of one site, each question and each change by itself. Raises sqlite3.Error, and ValueError or TypeError
    for a row that nobody can read: then the whole store says what is the matter."""

    def __init__(self, path: Path, site: str) -> None:
        self._site = site
        self._connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        self._connection.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        self._connection.close()

    def read_schema(self) -> str:
        """The last step that the tables have seen."""
        return str(self._connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])

    def list_posts(self, ids: Collection[str]) -> dict[str, KnownPost]:
        """By id."""
        rows = self._select(_POST, "posts", "id", ids)
        return {row[0]: KnownPost(**dict(zip(_POST, _read_moments(_POST, row), strict=True))) for row in rows}

    def list_messages(self, ids: Collection[str]) -> list[tuple[State, Reason]]:
        """How all messages of these posts stand, and why."""
        rows = self._select(("state", "reason"), "deliveries", "post_id", ids)
        return [(State(state), Reason(reason)) for state, reason in rows]

    def list_published(self) -> dict[str, PublishedFile]:
        """Every line of the manifest, by path."""
        query = f"SELECT {', '.join(_FILE)} FROM published_files WHERE site = ?"  # noqa: S608 - our own names
        return _parse_files(self._connection.execute(query, (self._site,)))

    def find_cards(self, post_id: str) -> dict[str, PublishedFile]:
        return self.list_cards((post_id,))

    def list_cards(self, ids: Collection[str]) -> dict[str, PublishedFile]:
        """The cards of these posts, by path."""
        return self._list_files("post_id", [one for one in ids if one])

    def find_published(self, paths: Sequence[str]) -> dict[str, PublishedFile]:
        """Those of the paths that are known."""
        return self._list_files("path", paths)

    def keep_published(self, files: Iterable[PublishedFile]) -> None:
        """Store or replace."""
        rows = [(self._site, *one[:-1], _to_number(one.unneeded_since)) for one in files]
        marks = ", ".join("?" * (len(_FILE) + 1))
        changes = ", ".join(f"{name} = excluded.{name}" for name in _FILE)
        query = (
            f"INSERT INTO published_files (site, {', '.join(_FILE)}) VALUES ({marks})"  # noqa: S608 - our own names
            f" ON CONFLICT (site, path) DO UPDATE SET {changes}"
        )
        if rows:
            with self._writing():
                self._connection.executemany(query, rows)

    def forget_published(self, paths: Collection[str]) -> None:
        with self._writing():
            own = [(self._site, path) for path in paths]
            self._connection.executemany("DELETE FROM published_files WHERE site = ? AND path = ?", own)

    def keep_edits(self, edited: Iterable[KnownPost], record: str) -> None:
        """The posts as they are now, and how the publication ended, together."""
        changes = ", ".join(f"{name} = ?" for name in _POST)
        query = f"UPDATE posts SET {changes} WHERE site = ? AND id = ?"  # noqa: S608 - our own names
        rows = [[_to_number(getattr(one, name)) for name in _POST] + [self._site, one.id] for one in edited]
        with self._writing():
            self._connection.executemany(query, rows)
            self._connection.execute(_KEEP_RECORD, (self._site, record))

    def _list_files(self, column: str, wanted: Collection[str]) -> dict[str, PublishedFile]:
        return _parse_files(self._select(_FILE, "published_files", column, wanted))

    def _select(self, names: Sequence[str], table: str, column: str, wanted: Collection[str]) -> Iterator[Any]:
        rest = iter(wanted)
        while some := tuple(islice(rest, _AT_ONCE)):
            where = f"site = ? AND {column} IN ({', '.join('?' * len(some))})"
            query = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"  # noqa: S608 - our own names
            yield from self._connection.execute(query, (self._site, *some)).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _parse_files(rows: Iterable[Sequence[Any]]) -> dict[str, PublishedFile]:
    return {row[0]: PublishedFile(*_read_moments(_FILE, row)) for row in rows}


def _read_moments(names: Sequence[str], row: Sequence[Any]) -> Iterator[Any]:
    for name, value in zip(names, row, strict=True):
        is_moment = name.endswith(("_at", "_since")) and value is not None
        yield _EPOCH + timedelta(microseconds=value) if is_moment else value


def _to_number(value: Any) -> Any:
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value
