"""`Store`: everything that is known of one site, in one class put together from its parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syndicate.errors import AlreadyRunning
from syndicate.store.accounts import AccountBook
from syndicate.store.database import Database
from syndicate.store.file import TRIES, lock_daemon
from syndicate.store.identity import StateIdentity
from syndicate.store.ledger import LedgerPart
from syndicate.store.migrations import upgrade
from syndicate.store.outbox import Outbox
from syndicate.store.overview import Overview, Upkeep
from syndicate.store.passes import Passes
from syndicate.store.published import PublishedFiles
from syndicate.store.remote.lines import Lines
from syndicate.store.syndication_links import Aftercare, Copies, ReactionBook
from syndicate.store.transitions import Actions


class Store(
    LedgerPart,
    Outbox,
    Overview,
    Actions,
    AccountBook,
    Copies,
    Aftercare,
    StateIdentity,
    Passes,
    PublishedFiles,
    ReactionBook,
    Lines,
    Upkeep,
):
    """One site's state. Threads may share it; close it, or use it as a context manager.

    Every method is one transaction and raises StateError, with nothing changed, where the database is locked, full,
    read-only, damaged or gone.
    """

    @classmethod
    def open(cls, url: str, site: str) -> Store:
        """See `syndicate.store.open_store`."""
        database = Database(url)
        try:
            upgrade(database)
            store = cls(database, site)
            store.begin_state()
        except BaseException:
            database.close()
            raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def where(self) -> str:
        """The database in words, without a password."""
        return self._database.where

    @contextmanager
    def lock_daemon(self, *, tries: int = TRIES) -> Iterator[None]:
        """Held while a daemon runs; raises AlreadyRunning where another one holds it. Ends with the process."""
        yield from lock_daemon(self._database, self._site, tries)

    def is_daemon_running(self) -> bool:
        """Whether some process holds `lock_daemon`."""
        try:
            with self.lock_daemon(tries=1):
                return False
        except AlreadyRunning:
            return True
