"""Backups of the state: a whole copy while others write, and the way back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from syndicate.errors import StateError, UsageError
from syndicate.store.glance import find_damage, refuse_damage
from syndicate.store.locks import lock_states

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
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
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
