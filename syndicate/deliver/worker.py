"""Accounts at work, each in a thread of its own: one that hangs keeps its thread, and nobody else waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from threading import get_ident

from syndicate.containment import contain
from syndicate.deliver.account_worker import AccountRound, Stopping, Tools
from syndicate.deliver.sending import advance
from syndicate.deliver.settling import settle
from syndicate.errors import LostLease, tell_for_log
from syndicate.model import Account, Delivery, State

logger = logging.getLogger(__name__)

MOST_IN_A_ROUND = 1000
"""A bound on one round, so that a clock that stands still cannot keep a worker for ever."""


class AccountThreads:
    """One thread for each account that has work. They end with the process, whatever they wait for."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._running: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def is_stopping(self) -> bool:
        """Whether nothing new may begin."""
        return self._stopping.is_set()

    def start(self, account: str, work: Callable[[], object], done: Callable[[], None] = lambda: None) -> bool:
        """Work in a new thread, then say that it is done; returns False where the account is at work already."""

        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    del self._running[account]
                done()

        with self._lock:
            if account in self._running or self.is_stopping():
                return False
            thread = threading.Thread(target=run, name=f"deliver-{account}", daemon=True)
            thread.start()
            self._running[account] = thread
            return True

    def wait(self, seconds: float | None = None) -> tuple[str, ...]:
        """Wait until all have ended, or so long; returns the accounts that are still at work."""
        ends = None if seconds is None else time.monotonic() + seconds
        for thread in self._list_threads():
            thread.join(None if ends is None else max(0.0, ends - time.monotonic()))
        with self._lock:
            return tuple(sorted(self._running))

    def stop(self, seconds: float) -> tuple[str, ...]:
        """Let nothing new begin, and wait for what runs; returns the accounts that are still at work then."""
        self._stopping.set()
        return self.wait(seconds)

    def _list_threads(self) -> tuple[threading.Thread, ...]:
        with self._lock:
            return tuple(self._running.values())


def work_account(tools: Tools, account: Account, only: Collection[int] = ()) -> tuple[Delivery, ...]:
    """Everything of one account that is due; returns what became of each."""
    current = AccountRound(tools, account)
    owner = f"{tools.owner}:{get_ident()}"
    results = []
    for _ in range(MOST_IN_A_ROUND):
        if tools.is_stopping():
            break
        delivery = tools.store.claim(owner, tools.clock(), tools.lease, account=account.name, only=only)
        if delivery is None:
            break
        results += _work(current, delivery)
    return tuple(results)


def _work(current: AccountRound, delivery: Delivery) -> list[Delivery]:
    """What becomes of one delivery; after what nobody foresaw it keeps its lease, and the others go on."""
    done: list[Delivery] = []
    try:
        with contain(lambda error: logger.error("delivery %s waits: %s", delivery.id, tell_for_log(error))):
            done.append(settle(current, delivery) if delivery.state is State.UNCERTAIN else advance(current, delivery))
    except LostLease as lost:
        logger.info("delivery %s is left alone: %s", delivery.id, lost)
    except Stopping:
        current.tools.store.give_back(delivery)
    return done
