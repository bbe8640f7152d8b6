"""The outbox at work: what is due goes out, what is uncertain is settled, what cannot go says why.

    claim ─→ missed? room? ─→ compose ─→ page live? ─→ prepare … prepare ─→ intend and freeze ─→ send ─→ record
                                            (each step on disk before the next)             (once)
    claim an uncertain one ─→ find … find … find ─→ record        (or send again under the key the network keeps)

Everything from outside comes in through `Tools`. A crash at any arrow leaves a row that says where it stood: before
`intend` it is simply taken up again, after it the outcome is unknown and is looked for.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from functools import partial

from syndicate.containment import survive
from syndicate.deliver.account_worker import DeliveryReport, Tools
from syndicate.deliver.worker import AccountThreads, work_account
from syndicate.model import Account, Delivery

__all__ = ["AccountThreads", "DeliveryReport", "Tools", "deliver_due", "list_accounts_with_work", "work_account"]

logger = logging.getLogger(__name__)


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


def deliver_due(tools: Tools, *, only: Collection[int] = (), threads: int = 2) -> DeliveryReport:
    """Deliver everything that is due now, accounts side by side, one account's messages one after the other.

    `only` limits the work to some deliveries (`syndicate post`). With `threads=1` all happens in the caller's thread.
    Raises StateError where the database fails; what was going out by then is settled by looking at the next run.
    """
    accounts = list_accounts_with_work(tools)
    if threads == 1 or len(accounts) < 2:
        results = [work_account(tools, account, only) for account in accounts]
    else:
        results = _work_side_by_side(tools, accounts, only)
    return DeliveryReport(tuple(delivery for one in results for delivery in one))


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
