"""One daemon per state: a lock that the operating system or PostgreSQL itself lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from syndicate.errors import AlreadyRunning
from syndicate.store.database import Database


def lock_daemon(database: Database, site: str) -> Iterator[None]:
    if database.path is not None:
        return _lock_file(database.path.with_name(database.path.name + ".lock"))
    return _lock_row(database, site)


def _lock_file(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, path)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)  # closing is what lets go


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace") or "unknown"
        raise _refusal(f"process {holder}", str(path)) from error


def _lock_row(database: Database, site: str) -> Iterator[None]:
    with database.engine.connect() as connection:
        query = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
        if not connection.execute(query, {"name": f"syndicate daemon {site}"}).scalar():
            raise _refusal("another machine or process", database.where)
        connection.commit()  # the lock belongs to the session, not to a transaction left open for days
        yield
        connection.execute(text("SELECT pg_advisory_unlock_all()"))


def _refusal(holder: str, where: str) -> AlreadyRunning:
    return AlreadyRunning(f"a daemon already runs on this state ({holder})", where=where, hint="stop it first")
