"""The outbox at work: what is due goes out, what is uncertain is settled, what cannot go says why.

    claim ─→ missed? room? ─→ compose ─→ page live? ─→ freeze ─→ prepare … prepare ─→ intend ─→ send ─→ record
                                                      (each step on disk before the next)      (once)
    claim an uncertain one ─→ find … find … find ─→ record        (or send again under the key the network keeps)

Everything from outside comes in through `Tools`. A crash at any arrow leaves a row that says where it stood: before
`intend` it is simply taken up again, after it the outcome is unknown and is looked for.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from syndicate.deliver.dependencies import Tools
from syndicate.deliver.report import DeliveryReport
from syndicate.deliver.worker import work_account

__all__ = ["DeliveryReport", "Tools", "deliver_due"]


def deliver_due(tools: Tools, *, only: Collection[int] = (), threads: int = 4) -> DeliveryReport:
    """Deliver everything that is due now, accounts side by side, one account's messages one after the other.

    `only` limits the work to some deliveries (`syndicate post`). With `threads=1` all happens in the caller's thread.
    Raises StateError where the database fails; what was going out by then is settled by looking at the next run.
    """
    tools.store.mark_abandoned(tools.clock())
    waiting = tools.store.list_due_accounts(tools.clock())
    accounts = [tools.accounts[name] for name in waiting if name in tools.accounts]
    if threads == 1 or len(accounts) < 2:
        results = [work_account(tools, account, only) for account in accounts]
    else:
        with ThreadPoolExecutor(threads, thread_name_prefix="deliver") as pool:
            results = list(pool.map(lambda account: work_account(tools, account, only), accounts))
    return DeliveryReport(tuple(delivery for one in results for delivery in one))
