"""One account's round: claim, advance or settle, until nothing of it is due."""

from __future__ import annotations

import logging
from collections.abc import Collection
from threading import get_ident

from syndicate.deliver.account_worker import Desk
from syndicate.deliver.dependencies import Tools
from syndicate.deliver.sending import advance
from syndicate.deliver.settling import settle
from syndicate.errors import LostLease
from syndicate.model import Account, Delivery, State

logger = logging.getLogger(__name__)

MOST_IN_A_ROUND = 1000
"""A bound on one round, so that a clock that stands still cannot keep a worker for ever."""


def work_account(tools: Tools, account: Account, only: Collection[int]) -> tuple[Delivery, ...]:
    """Everything of one account that is due; returns what became of each."""
    desk = Desk(tools, account)
    owner = f"{tools.owner}:{get_ident()}"
    results = []
    for _ in range(MOST_IN_A_ROUND):
        delivery = tools.store.claim(owner, tools.clock(), tools.lease, account=account.name, only=only)
        if delivery is None:
            break
        results += _work(desk, delivery)
    return tuple(results)


def _work(desk: Desk, delivery: Delivery) -> list[Delivery]:
    try:
        return [settle(desk, delivery) if delivery.state is State.UNCERTAIN else advance(desk, delivery)]
    except LostLease as lost:
        logger.info("delivery %s is left alone: %s", delivery.id, lost)
        return []
