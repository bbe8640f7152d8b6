"""Locks that the operating system or PostgreSQL itself lets go when their holder dies.

One daemon per state and site; one publication at a time; and a file for each process that delivers, so that others can
tell whether it lives.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import AlreadyRunning, StateError

if TYPE_CHECKING:
    from syndicate.store.database import Database

log = logging.getLogger("syndicate")

WAITS = 20
"""Tries, a second, until a wait is told."""
TRIES, PAUSE = 10, 0.05
"""Who only asks if a daemon runs holds the lock for an instant: a daemon that starts right then tries again."""


def lock_daemon(database: Database, site: str, tries: int) -> Iterator[None]:
    if database.path is not None:
        return _lock_file(_name_lock(database.path, site), site, tries)
    return _lock_row(database, site, tries)


@contextmanager
def lock_states(database: Path) -> Iterator[None]:
    """Held while the file is swapped; raises AlreadyRunning where a daemon of any of its sites runs."""
    with ExitStack() as held:
        for path in {_name_lock(database, "default"), *database.parent.glob(f"{database.name}*.lock")}:
            site = path.name.removeprefix(database.name).removesuffix(".lock").lstrip(".") or "default"
            held.enter_context(contextmanager(_lock_file)(path, site, TRIES))
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
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # closing is what lets go


def is_daemon_running(database: Path, site: str) -> bool:
    """Whether a process holds the daemon's lock beside this file."""
    try:
        with contextmanager(_lock_file)(_name_lock(database, site), site, 1):
            return False
    except AlreadyRunning:
        return True


def _name_lock(database: Path, site: str) -> Path:
    """Beside the database, which several sites may share."""
    own = "" if site == "default" else f".{site}"
    return database.with_name(f"{database.name}{own}.lock")


def _lock_file(path: Path, site: str, tries: int) -> Iterator[None]:
    handle = _open(path)
    try:
        if not _keep_trying(lambda: _take(handle), tries):
            holder = os.pread(handle, 20, 0).decode("ascii", "replace") or "unknown"
            raise _refusal(site, f"process {holder}", str(path))
        _sign(handle)
        yield
    finally:
        os.close(handle)  # closing is what lets go


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        hint = "free space, or check who owns the folder"
        raise StateError(f"cannot be opened: {error.strerror}", where=str(path), hint=hint) from error


def _sign(handle: int) -> None:
    """Our number, for whoever is refused; a full disk, which takes none, is no reason not to run."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        self._handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
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


def _lock_row(database: Database, site: str, tries: int) -> Iterator[None]:
    from sqlalchemy import text  # noqa: PLC0415 - a lock that is a file needs none of it

    with database.mapped(), database.engine.connect() as connection:
        connection.detach()  # from the pool, which would keep it open with its lock: closing is what lets go here, too
        query, name = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), f"syndicate daemon {site}"
        if not _keep_trying(lambda: bool(connection.execute(query, {"name": name}).scalar()), tries):
            raise _refusal(site, "another machine or process", database.where)
        connection.commit()  # the lock belongs to the session, not to a transaction left open for days
        yield


def _refusal(site: str, holder: str, where: str) -> AlreadyRunning:
    hint = "stop it first; another site on this state needs a [site] name of its own"
    return AlreadyRunning(
        f'a daemon already runs on this state for the site "{site}" ({holder})', where=where, hint=hint
    )
