"""One connection pool, two kinds of transaction, and every database error in words for a person."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Engine,
    RowMapping,
    Select,
    Table,
    Update,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from syndicate.errors import HINTS, ConfigError, StateError
from syndicate.folders import open_private
from syndicate.store.glance import refuse_damage
from syndicate.store.schema import deliveries

PATIENCE_MS = 10_000
MOST_CONNECTIONS = 15
"""Opened when they are needed, and then kept: opening one costs PostgreSQL more than a delivery does."""
_PAUSE = 0.02
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_CLAIM = text(  # with the plan of this connection's first claim: making one costs more than a claim does
    "SELECT set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),"
    " pg_advisory_xact_lock_shared(hashtextextended(:name, 0)),"
    " pg_try_advisory_xact_lock(hashtextextended(:name || ' ' || :part, 0)) AS is_mine,"
    " clock_timestamp() AS at"
)
_CLOCK = text("SELECT clock_timestamp()")


class Clock(FunctionElement[Any]):
    """PostgreSQL's time in a query, see `read_clock`; NULL on SQLite, which has none of its own."""

    inherit_cache = True


@compiles(Clock)
def _say_clock(_clock: Clock, compiler: SQLCompiler, **_: object) -> str:
    return "clock_timestamp()" if compiler.dialect.name == "postgresql" else "NULL"


_IDLE = 1.0
"""A server that was restarted has closed our connections: who used one longer ago, in seconds, asks before."""
# The intent must be on the disk, not on its way there, before a message leaves (WAL syncs each commit only so).
_ON_DISK, _SOON_ON_DISK = "PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL"

# SQLite's result codes (sqlite.org/rescode.html), by their first part, and what a person can do about them.
_SQLITE_WORDS = {
    "SQLITE_BUSY": ("another program holds the state database", "wait until it is done, or end it"),
    "SQLITE_LOCKED": ("another program holds the state database", "wait until it is done, or end it"),
    "SQLITE_FULL": ("the disk is full: nothing was changed", "make room and run again"),
    "SQLITE_READONLY": ("the state database may not be written", "check who owns the file and its folder"),
    "SQLITE_PERM": ("the state database may not be opened", "check who owns the file and its folder"),
    "SQLITE_CANTOPEN": ("the state database cannot be opened", "check the folder and who may write there"),
    "SQLITE_CORRUPT": ("the state database is damaged", "put a backup in its place: `syndicate restore FILE`"),
    "SQLITE_NOTADB": ("this file is not a state database", "check [storage] database"),
    "SQLITE_IOERR": ("the disk failed while the state database was used: nothing was changed", "is it full?"),
}


class Database:
    """The engine behind a store. `where` names it without a password.

    `patience_ms` is how long SQLite waits for another program that writes, in milliseconds.
    """

    def __init__(self, url: str, *, patience_ms: int = PATIENCE_MS) -> None:
        parsed = _parse_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = Path((parsed.database or "").removeprefix("file:")) if self.is_sqlite else None
        self.where = str(self.path) if self.is_sqlite else parsed.render_as_string(hide_password=True)
        if self.path is not None:
            refuse_damage(self.path)
            _make_private(self.path)
            parsed = _only_open(parsed, self.path)
        # SQLite lets one write at a time, and who finds it busy sleeps: our own threads queue up before it.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()
        self.engine = _make_engine(parsed, {"timeout": patience_ms / 1000} if self.is_sqlite else {})
        # PostgreSQL looks at each statement's own moment anyway: what only reads needs no words around it.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._driver_error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        self._observer: sqlite3.Connection | None = None

    def close(self) -> None:
        self.engine.dispose()
        if self._observer:
            self._observer.close()

    def read_mark(self) -> int | None:
        """Another number after every change, whoever made it, for a hundredth of the price of a look; None on
        PostgreSQL. One thread asks."""
        if self.path is None:
            return None
        with self.mapped():
            if self._observer is None:
                address = f"{self.path.absolute().as_uri()}?mode=rw"
                self._observer = sqlite3.connect(address, uri=True, check_same_thread=False)
            return int(self._observer.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Changes nothing; on SQLite it sees one moment of the database."""
        with self.mapped(), self._begin(("BEGIN",), self._reader) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is all or nothing; on SQLite it takes the one write lock at once, not at a later step."""
        with self._turn, self.mapped(), self._begin((_ON_DISK, "BEGIN IMMEDIATE"), self.engine) as connection:
            yield connection

    def writing_once(self) -> AbstractContextManager[Connection]:
        """The same for one statement that changes rows: it is all or nothing by itself."""
        return self.writing() if self.is_sqlite else self.reading()

    @contextmanager
    def claiming(self, name: str, part: str, now: datetime) -> Iterator[tuple[Connection, datetime | None]]:
        """The same for a claim, with the time by which leases are measured; None where another one of this part is made
        at this moment.

        A claim may be lost with the power, and then was not made: it is on the disk with the next `writing`.
        """
        with self._turn, self.mapped(), self._begin((_SOON_ON_DISK, "BEGIN IMMEDIATE"), self.engine) as connection:
            if self.is_sqlite:
                yield connection, now
            else:
                row = connection.execute(_CLAIM, {"name": name, "part": part}).one()
                yield connection, row.at.astimezone(UTC) if row.is_mine else None

    @contextmanager
    def _begin(self, words: tuple[str, ...], engine: Engine) -> Iterator[Connection]:
        """SQLite's own words go straight to the driver: they are said before every transaction."""
        with engine.begin() as connection:
            if self.is_sqlite:
                driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
                for one in words:
                    driver.execute(one)
            yield connection

    def take_turn(self, connection: Connection, name: str) -> None:
        """Let writers of one name go one after the other, and no claim of it beside them.

        SQLite's write lock does more than that already.
        """
        if not self.is_sqlite:
            connection.execute(_TURN, {"name": name})

    def read_clock(self, connection: Connection, now: datetime) -> datetime:
        """The time by which leases are measured: machines that share a PostgreSQL share its clock, too."""
        if self.is_sqlite:
            return now
        at: datetime = connection.execute(_CLOCK).scalar_one()
        return at.astimezone(UTC)

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Trouble with the database in a person's words."""
        try:
            yield
        except (SQLAlchemyError, self._driver_error) as error:
            raise _describe(error, self.where) from error


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("not a database URL", where="[storage] database", hint='"sqlite:///state.db"') from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        hint = "sqlite:///state.db or postgresql://user@host/name"
        raise ConfigError("only an SQLite file or PostgreSQL can hold the state", where="[storage] database", hint=hint)
    return parsed


def _make_private(path: Path) -> None:
    """Have the file for its owner alone; SQLite gives its journal files the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():  # opening and closing one that is in use here would cost us our locks on it
            os.close(open_private(path))
        if path.stat().st_mode & 0o077:
            with suppress(PermissionError):  # somebody else's, who lets us use it
                path.chmod(0o600)
    except OSError as error:
        hint = HINTS.get(error.errno or 0, "check the folder and who may write there")
        raise StateError(
            f"the state database cannot be opened: {error.strerror}", where=str(path), hint=hint
        ) from error


def _only_open(url: URL, path: Path) -> URL:
    """Connections take the file that is there: an empty one in place of one that went away is never the state."""
    return url.set(database=path.absolute().as_uri(), query={"mode": "rw", **url.query, "uri": "true"})


def _make_engine(url: URL, connecting: dict[str, float]) -> Engine:
    try:
        engine = create_engine(url, connect_args=connecting, pool_size=MOST_CONNECTIONS, max_overflow=0)
    except (ImportError, NoSuchModuleError) as error:
        hint = 'pip install "syndicate-feeds[postgres]"'
        raise ConfigError(
            "PostgreSQL needs a driver that is not installed", where="[storage] database", hint=hint
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, patience=connecting["timeout"]))
    else:
        event.listen(engine, "checkout", partial(_ask_idle, engine.dialect))
        event.listen(engine, "checkin", _note_use)
    return engine


def _ask_idle(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """The pool takes another connection where this one turns out dead."""
    used_at = record.info.get("used_at")
    if used_at is None or time.monotonic() - used_at < _IDLE:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _set_up_sqlite(connection: Any, _record: object, *, patience: float) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would say it too late
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")  # a damaged byte spoils nothing else
    _write_ahead(connection, patience)
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Readers beside a writer. For this one step SQLite does not wait: two that make a new file would fail."""
    ends = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > ends:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _describe(error: Exception, where: str) -> StateError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorname", "")
    words = _SQLITE_WORDS.get("_".join(code.split("_")[:2]))
    if words is not None:
        return StateError(words[0], where=where, hint=words[1])
    first_line = str(cause).strip().partition("\n")[0]
    return StateError(f"the state database refused: {first_line}", where=where)


# --- what the parts of the store share ---


def insert_of(connection: Connection) -> Any:
    """The dialect's own INSERT, the one that knows ON CONFLICT (both speak it alike)."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to load, and few need it

    return postgresql.insert


def put(connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]) -> None:
    """A row with these values: a new one, or the one that is there under this key."""
    query = insert_of(connection)(table).on_conflict_do_update(index_elements=list(key), set_=values)
    connection.execute(query, {**key, **values})


class Part:
    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self._site = site

    def _mine(self, query: Select[Any]) -> Select[Any]:
        return query.where(deliveries.c.site == self._site)

    def _fetch(self, query: Select[Any]) -> Sequence[RowMapping]:
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()

    def _change(self, query: Update | Delete) -> int:
        """How many rows it changed."""
        with self._database.writing() as connection:
            return connection.execute(query).rowcount

    def _put(self, table: Table, key: Mapping[str, object], values: Mapping[str, object]) -> None:
        """A row of ours with these values: a new one, or the one that is there under this key."""
        with self._database.writing() as connection:
            put(connection, table, {"site": self._site, **key}, values)
