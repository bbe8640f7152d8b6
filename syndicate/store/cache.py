"""The disposable cache: bytes by kind and key in an SQLite file of its own, which may be deleted at any time.

It speaks to `sqlite3` directly: a run where nothing changed must not pay for SQLAlchemy. A damaged, foreign or older
file is thrown away and an empty one begun; where the disk is full, read-only or busy, reading finds nothing and
storing stores nothing. Losing it costs time, never data.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import TypeVar

from syndicate.folders import open_private

_VERSION = 2
# With row ids: in a table without, SQLite reads every large row whole that it passes on its way to another.
_TABLE = "CREATE TABLE items (kind TEXT, key TEXT, data BLOB NOT NULL, PRIMARY KEY (kind, key))"
_PRAGMAS = (
    "PRAGMA page_size=16384",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=OFF",
)
_CHUNK = 500
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Result = TypeVar("Result")


class _OtherFile(sqlite3.DatabaseError):
    """A sound SQLite file that is not a cache, or one of another version."""


def open_cache(path: str, *, patience_ms: int = 5000) -> FileCache:
    """The cache in this file, created where it is missing. Never raises because of the file.

    `patience_ms` is how long to wait for another process that writes, in milliseconds.
    """
    return FileCache(Path(path), patience_ms)


class FileCache:
    """A `model.Cache`. Threads may share it; close it, or use it as a context manager."""

    def __init__(self, path: Path, patience_ms: int) -> None:
        self._path = path
        self._patience_ms = patience_ms
        self._turn = RLock()
        self._connection = self._open()

    def __enter__(self) -> FileCache:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, kind: str, key: str) -> bytes | None:
        """The stored bytes, None where there are none."""
        return self.get_many(kind, (key,)).get(key)

    def get_many(self, kind: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Those of the keys that are stored."""
        found: dict[str, bytes] = {}
        for some in _chunks(keys):
            marks = ",".join("?" * len(some))
            query = f"SELECT key, data FROM items WHERE kind=? AND key IN ({marks})"  # noqa: S608 - only marks
            found |= self._read(query, (kind, *some))
        return found

    def get_all(self, kind: str) -> Mapping[str, bytes]:
        """Everything of one kind."""
        return self._read("SELECT key, data FROM items WHERE kind=?", (kind,))

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Store or replace, in one transaction."""
        rows = [(kind, key, data) for key, data in items.items()]
        self._write("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget some keys."""
        self._write("DELETE FROM items WHERE kind=? AND key=?", [(kind, key) for key in keys])

    def _read(self, query: str, values: Sequence[str]) -> dict[str, bytes]:
        return self._try(lambda connection: dict(connection.execute(query, values)), {})

    def _write(self, query: str, rows: Sequence[Sequence[str | bytes]]) -> None:
        if rows:
            self._try(lambda connection: _write_rows(connection, query, rows), None)

    def _try(self, use: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Use the file; begin a new one where it turns out damaged, do without where it cannot be used now."""
        with self._turn:
            try:
                return use(self._connection)
            except sqlite3.Error as error:
                if _is_broken(error):
                    self._connection.close()
                    _remove(self._path)
                    self._connection = self._open()
                return otherwise

    def _open(self) -> sqlite3.Connection:
        """The file; a fresh one where it is of no use; memory where no file can be had now."""
        try:
            return _connect(self._path, self._patience_ms)
        except sqlite3.Error as error:
            if _is_broken(error):
                _remove(self._path)
                return self._open_fresh()
        except OSError:
            pass
        return _open_memory()

    def _open_fresh(self) -> sqlite3.Connection:
        with suppress(sqlite3.Error, OSError):
            return _connect(self._path, self._patience_ms)
        return _open_memory()


def _open_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.execute(_TABLE)
    return connection


def _connect(path: Path, patience_ms: int) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():  # opening and closing one that is in use here would cost us our locks on it
        os.close(open_private(path))
    connection = sqlite3.connect(path, timeout=patience_ms / 1000, check_same_thread=False, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the table in an empty file; raises _OtherFile for a file of another making."""
    if _version(connection) == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have been quicker; and an SQLite file with tables of its own is not a cache.
    has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    if _version(connection) == _VERSION:
        connection.execute("ROLLBACK")
    elif has_tables:
        raise _OtherFile("not a cache of this version")
    else:
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version={_VERSION}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _write_rows(connection: sqlite3.Connection, query: str, rows: Sequence[Sequence[str | bytes]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(query, rows)
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_broken(error: sqlite3.Error) -> bool:
    # The low byte of an extended result code is the primary one (sqlite.org/rescode.html).
    code: int = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, _OtherFile) or code & 0xFF in _BROKEN


def _chunks(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(keys)
    while some := tuple(islice(rest, _CHUNK)):
        yield some


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
