"""The outbox at work: what is due goes out, what is uncertain is settled, what cannot go says why.

    claim ─→ missed? room? ─→ compose ─→ page live? ─→ prepare … prepare ─→ intend and freeze ─→ send ─→ record
                                            (each step on disk before the next)             (once)
    claim an uncertain one ─→ find … find … find ─→ record        (or send again under the key the network keeps)

Everything from outside comes in through `Tools`. A crash at any arrow leaves a row that says where it stood: before
`intend` it is simply taken up again, after it the outcome is unknown and is looked for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from threading import get_ident

from syndicate.deliver.account_worker import AccountRound, Stopping, Tools
from syndicate.deliver.sending import advance, settle
from syndicate.errors import LostLease, contain, survive, tell_for_log
from syndicate.model import Account, Delivery, State

__all__ = ["AccountThreads", "Tools", "deliver_due", "list_accounts_with_work", "work_account"]

# --- accounts at work, each in a thread of its own: nobody waits for one that hangs ---

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


def list_accounts_with_work(tools: Tools) -> tuple[Account, ...]:
    """Accounts with something to do now. Calls whose worker vanished are work, too: their outcome is looked for."""
    tools.store.mark_abandoned(tools.clock())
    _retry_paused(tools)
    waiting = tools.store.list_due_accounts(tools.clock())
    return tuple(tools.accounts[name] for name in waiting if name in tools.accounts)


def _retry_paused(tools: Tools) -> None:
    """Who waits for a person goes on by itself once its secrets are others than all with which it failed."""
    for state in tools.store.list_accounts():
        account = tools.accounts.get(state.name)
        if state.paused_at is None or not state.paused_with or account is None:
            continue
        secrets = tools.digest_secrets(account)
        if secrets and secrets not in state.paused_with.split() and tools.store.retry_account(state.name):
            logger.info("%s has other secrets now: it is tried again", state.name)


def deliver_due(tools: Tools, *, only: Collection[int] = (), threads: int = 2) -> tuple[Delivery, ...]:
    """Deliver everything that is due now, accounts side by side, one account's messages one after the other; returns
    what was touched as it stands now, in the order of events of each account.

    `only` limits the work to some deliveries (`syndicate post`). With `threads=1` all happens in the caller's thread.
    Raises StateError where the database fails; what was going out by then is settled by looking at the next run.
    """
    accounts = list_accounts_with_work(tools)
    if threads == 1 or len(accounts) < 2:
        results = [work_account(tools, account, only) for account in accounts]
    else:
        results = _work_side_by_side(tools, accounts, only)
    return tuple(delivery for one in results for delivery in one)


def _work_side_by_side(
    tools: Tools, accounts: Collection[Account], only: Collection[int]
) -> list[tuple[Delivery, ...]]:
    results: list[tuple[Delivery, ...]] = []
    failures: list[Exception] = []

    def work(account: Account) -> None:
        with survive(failures.append):
            results.append(work_account(tools, account, only))

    threads = AccountThreads()
    for account in accounts:
        threads.start(account.name, partial(work, account))
    threads.wait()
    if failures:
        raise failures[0]
    return results
