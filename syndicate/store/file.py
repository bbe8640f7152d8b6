"""The state as a file: locks that the system or PostgreSQL lets go when their holder dies, and backups.

One daemon per state and site; one publication at a time; and a file for each process that delivers, so that others can
tell whether it lives. A backup is a whole copy while others write, and it takes the file's place under the locks.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import HINTS, AlreadyRunning, StateError, UsageError
from syndicate.folders import open_private
from syndicate.store.glance import find_damage, refuse_damage

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from syndicate.store.database import Database


log = logging.getLogger("syndicate")

WAITS = 20
"""Tries, a second, until a wait is told."""
TRIES, PAUSE = 10, 0.05
"""Who only asks if a daemon runs holds the lock for an instant: a daemon that starts right then tries again."""


def lock_daemon(database: Database, site: str) -> Iterator[None]:
    if database.path is not None:
        return _lock_file(_name_lock(database.path, site), site)
    return _lock_row(database, site)


def is_locked(database: Database, site: str) -> bool:
    """Whether some process holds `lock_daemon`."""
    if database.path is not None:
        return is_daemon_running(database.path, site)
    return _is_row_locked(database, site)


@contextmanager
def lock_states(database: Path) -> Iterator[None]:
    """Held while the file is swapped; raises AlreadyRunning where a daemon of any of its sites runs."""
    with ExitStack() as held:
        for path in {_name_lock(database, "default"), *database.parent.glob(f"{database.name}*.lock")}:
            site = path.name.removeprefix(database.name).removesuffix(".lock").lstrip(".") or "default"
            held.enter_context(contextmanager(_lock_file)(path, site))
        yield


@contextmanager
def take_turn(path: Path) -> Iterator[None]:
    """Held by one publication at a time on this machine: a daemon's, a person's, cron's.

    Who waits longer than a moment is told, since one of many cards takes minutes. Raises StateError where the file
    cannot be had.
    """
    handle = _open(path)
    try:
        if not _keep_trying(lambda: _take(handle), WAITS):
            log.warning("another syndicate is publishing here: waiting until it is done")
            while not _take(handle):  # in short steps: who does nothing at all counts as hung (`processes.STILL`)
                time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)  # closing is what lets go


def is_daemon_running(database: Path, site: str) -> bool:
    """Whether a process holds the daemon's lock beside this file.

    All who ask share the lock: none of them takes another one for a daemon.
    """
    handle = _open(_name_lock(database, site))
    try:
        return not _take(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _name_lock(database: Path, site: str) -> Path:
    """Beside the database, which several sites may share."""
    own = "" if site == "default" else f".{site}"
    return database.with_name(f"{database.name}{own}.lock")


def _lock_file(path: Path, site: str) -> Iterator[None]:
    handle = _open(path)
    try:
        if not _keep_trying(lambda: _take(handle), TRIES):
            holder = os.pread(handle, 20, 0).decode("ascii", "replace") or "unknown"
            raise _refusal(site, f"process {holder}", str(path))
        _sign(handle)
        yield
    finally:
        os.close(handle)  # closing is what lets go


def _open(path: Path) -> int:
    try:
        return open_private(path)
    except OSError as error:
        hint = HINTS.get(error.errno or 0, "check the folder and who may write there")
        raise StateError(f"cannot be opened: {error.strerror}", where=str(path), hint=hint) from error


def _sign(handle: int) -> None:
    """Our number, for whoever is refused; a full disk, which takes none, is no reason not to run."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())


def _take(handle: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _keep_trying(take: Callable[[], bool], tries: int) -> bool:
    for _ in range(tries - 1):
        if take():
            return True
        time.sleep(PAUSE)
    return take()


class ProcessLock:
    """A file that is locked as long as this process lives: whoever can lock it, too, knows that the process is gone.

    `name` is unique, and stands in the leases. Where the file cannot be had (a full disk, a network file system without
    locks) nobody can tell, and a lease ends by its time.
    """

    def __init__(self, folder: Path, host: str = "") -> None:
        self._folder = folder
        self.name = f"{host or socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._handle: int | None = None
        with suppress(OSError):
            self._make()

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        fresh = self._folder / f"{self.name}.new"
        self._handle = open_private(fresh)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        fresh.rename(self._folder / f"{self.name}.lock")  # seen only when it is locked

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def clear_dead(folder: Path, release: Callable[[str], object]) -> None:
    """Call `release` with the name of each process that is gone, and forget it then."""
    for path in sorted(folder.glob("*.lock")):
        with suppress(OSError):  # somebody else was quicker, or the file cannot be locked: then nobody knows
            _clear(path, release)


def _clear(path: Path, release: Callable[[str], object]) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        if _take(handle):
            release(path.stem)
            path.unlink()
    finally:
        os.close(handle)


def _lock_row(database: Database, site: str) -> Iterator[None]:
    with database.mapped(), database.engine.connect() as connection:
        connection.detach()  # from the pool, which would keep it open with its lock: closing is what lets go here, too
        if not _keep_trying(lambda: _try_row(connection, "pg_try_advisory_lock", site), TRIES):
            raise _refusal(site, "another machine or process", database.where)
        connection.commit()  # the lock belongs to the session, not to a transaction left open for days
        yield


def _is_row_locked(database: Database, site: str) -> bool:
    with database.reading() as connection:  # shared, as that of a file, and let go at the end of the transaction
        return not _try_row(connection, "pg_try_advisory_xact_lock_shared", site)


def _try_row(connection: Connection, function: str, site: str) -> bool:
    from sqlalchemy import text  # noqa: PLC0415 - a lock that is a file needs none of it

    query = text(f"SELECT {function}(hashtextextended(:name, 0))")
    return bool(connection.execute(query, {"name": f"syndicate daemon {site}"}).scalar())


def _refusal(site: str, holder: str, where: str) -> AlreadyRunning:
    hint = "stop it first; another site on this state needs a [site] name of its own"
    return AlreadyRunning(
        f'a daemon already runs on this state for the site "{site}" ({holder})', where=where, hint=hint
    )


# --- backups of the state: a whole copy while others write, and the way back ---

_TABLES_OF_SITES = ("states", "deliveries", "posts", "accounts")


def back_up(database: Path, target: Path) -> None:
    """Write a copy of one moment of the database, in one step: SQLite lets others go on writing meanwhile."""
    if not database.exists():
        raise UsageError("there is no state yet", where=str(database))
    refuse_damage(database)
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError("name a file in a folder that is there", where=str(target))
    if target.exists() and (target.samefile(database) or not _list_tables(target)):
        raise UsageError("is there already and is not a backup", where=str(target), hint="name another file")
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _copy(database, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def prepare_restore(database: Path, source: Path, site: str) -> Iterator[Path]:
    """A copy of the backup beside the database, to be checked and then put in place.

    Raises UsageError where the file is not a whole state database with this site in it.
    """
    _check_backup(source, site)
    fresh = database.with_name(f".{database.name}.restoring.{os.getpid()}")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _copy(source, fresh)
        yield fresh
    finally:
        for rest in database.parent.glob(f"{fresh.name}*"):
            rest.unlink(missing_ok=True)


def put_in_place(fresh: Path, database: Path, now: datetime) -> Path | None:
    """Swap the database; returns where the replaced one is kept. Raises StateError where somebody uses it."""
    kept = database.with_name(f"{database.name}.replaced-{now:%Y%m%d-%H%M%S}")
    with ExitStack() as held:
        held.enter_context(lock_states(database))
        _close_journal(fresh)
        if not database.exists():
            _move_journals(database, kept)
            fresh.replace(database)
            return None
        if not find_damage(database):
            _close_journal(database)
        _move_journals(database, kept)
        os.link(database, kept)
        fresh.replace(database)
        return kept


def _check_backup(source: Path, site: str) -> None:
    if not source.is_file():
        raise UsageError("is not a file", where=str(source))
    if damage := find_damage(source):
        raise UsageError(damage, where=str(source), hint="name a file that `syndicate backup` wrote")
    sites = _list_sites(source)
    if site not in sites:
        known = f"it holds {', '.join(sorted(sites))}" if sites else "name a file that `syndicate backup` wrote"
        raise UsageError(f'holds no state of the site "{site}"', where=str(source), hint=known)


def _list_sites(path: Path) -> frozenset[str]:
    """The sites that have rows in this file. Raises UsageError where it is damaged."""
    tables = _list_tables(path)
    try:
        with closing(_read_only(path)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise UsageError("the state database in it is damaged", where=str(path), hint=verdict)
            foreign = "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE '%VIRTUAL%'"
            if connection.execute(foreign).fetchone():
                hint = "it holds triggers or views, which would act by themselves: `syndicate backup` writes none"
                raise UsageError("is not a backup of a state", where=str(path), hint=hint)
            versions = connection.execute("SELECT version_num FROM alembic_version").fetchall() if tables else []
            if any(not isinstance(version, str) for (version,) in versions):
                hint = "its version cannot be read: name a file that `syndicate backup` wrote"
                raise UsageError("is not a backup of a state", where=str(path), hint=hint)
            queries = [f"SELECT site FROM {table}" for table in _TABLES_OF_SITES if table in tables]  # noqa: S608
            return frozenset(row[0] for query in queries for row in connection.execute(query))
    except sqlite3.Error as error:
        raise UsageError("the state database in it is damaged", where=str(path), hint=str(error)) from error


def _list_tables(path: Path) -> frozenset[str]:
    """The tables of a state database, none where the file is anything else."""
    try:
        with closing(_read_only(path)) as connection:
            found = frozenset(row[0] for row in connection.execute("SELECT name FROM sqlite_master"))
    except sqlite3.Error:
        return frozenset()
    return found if {"alembic_version", "deliveries"} <= found else frozenset()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)


def _copy(source: Path, target: Path) -> None:
    """A whole copy in one file, for its owner alone, on the disk when this returns."""
    os.close(open_private(target))
    try:
        with closing(_read_only(source)) as before, closing(sqlite3.connect(target)) as after:
            before.backup(after)
            after.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StateError(f"cannot be copied: {error}", where=str(source)) from error
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _close_journal(path: Path) -> None:
    """Let the file hold everything by itself, which it only can while nobody else has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        hint = "stop every syndicate that uses this state, and try again"
        raise StateError("another program has the state database open", where=str(path), hint=hint) from error


def _move_journals(database: Path, kept: Path) -> None:
    """A journal that stayed behind must never be taken for one of the new file."""
    for ending in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            database.with_name(f"{database.name}{ending}").rename(kept.with_name(f"{kept.name}{ending}"))
