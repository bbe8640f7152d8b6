"""What others answered to sent messages: counted politely, shown with how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.app.login import keep_spending, require_money
from syndicate.app.site import OpenSite
from syndicate.errors import Blocked, NetworkError, Rejected, UsageError
from syndicate.model import Account, Counted, Delivery, State
from syndicate.networks import find_other_place
from syndicate.networks.base import Counts, Spends

# --- How often others' answers to a message are counted ---
# Hourly at first, then daily, then weekly, then never.

_PACE = (
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=30), timedelta(days=7)),
)
COUNTED_FOR = _PACE[-1][0]
"""After so long nobody is asked any more."""


def is_count_due(sent_at: datetime, looked_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to look again. A look in the future (the clock was set back since) counts for nothing."""
    last = looked_at if looked_at is not None and sent_at <= looked_at <= now else sent_at
    pace = next((pace for age, pace in _PACE if last - sent_at < age), None)
    return pace is not None and last + pace <= now <= sent_at + COUNTED_FOR


_MOST_IN_A_ROUND = 40
"""Messages of one account that are looked at in one round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMessage:
    """A sent message with what was counted of it, the oldest first."""

    delivery: Delivery
    counts: tuple[Counted, ...]


def count_reactions(site: OpenSite, account: Account, now: datetime) -> None:
    """Look at those messages of an account whose time it is, where that costs nothing or the person wants it.

    What a network refuses to show is asked for as seldom as what it shows; one that fails is left alone this time.
    """
    due = _list_due(site, account, now)
    if not due or account.counts is False or not _is_working(site, account, now):
        return
    network = site.accounts.open(account)
    if not isinstance(network, Counts) or (isinstance(network, Spends) and not account.counts):
        return
    try:
        for one in due:
            _count(site, account, network, one, now)
    except (NetworkError, UsageError):  # the next round asks again; `max_cost` has no room
        return
    finally:
        keep_spending(site, account, network)


def _list_due(site: OpenSite, account: Account, now: datetime) -> list[Delivery]:
    rows = site.store.list_countable(account.name, now - COUNTED_FOR)
    due = [
        one
        for one, looked_at in rows
        if one.receipt and one.receipt.remote_id and one.sent_at and is_count_due(one.sent_at, looked_at, now)
        if not find_other_place(one.receipt, account)
    ]
    return due[:_MOST_IN_A_ROUND]


def _is_working(site: OpenSite, account: Account, now: datetime) -> bool:
    known = next((one for one in site.store.list_accounts() if one.name == account.name), None)
    return known is None or (known.paused_at is None and not known.is_resting(now))


def _count(site: OpenSite, account: Account, network: Counts, one: Delivery, now: datetime) -> None:
    assert one.receipt is not None
    if isinstance(network, Spends):
        require_money(site, account, network.cost_of_check, now)
    try:
        counted = network.count(one.receipt)
    except (Rejected, Blocked):  # a right that only counting needs pauses no account
        counted = None
    site.store.record_count(one.id, counted, now)


def list_counted(site: OpenSite, now: datetime, *, account: str, newest: int) -> tuple[CountedMessage, ...]:
    """So many of the messages that were sent last, those of which something is known."""
    return list_counts(site, site.store.list_messages(now, states=(State.SENT,), account=account, newest=newest))


def list_counts(site: OpenSite, rows: Sequence[Delivery]) -> tuple[CountedMessage, ...]:
    """The same of some messages."""
    counts = site.store.list_counts([one.id for one in rows])
    return tuple(CountedMessage(delivery=one, counts=counts[one.id]) for one in rows if one.id in counts)


def sort_counted(found: Iterable[CountedMessage], by: str, titles: Mapping[str, str]) -> Sequence[CountedMessage]:
    """By one of the numbers, the highest first; by title or account; else as they are, the newest first."""
    if by in {"likes", "boosts", "replies", "quotes", "total"}:
        return sorted(found, key=lambda one: getattr(one.counts[-1].reactions, by) or 0, reverse=True)
    if by == "account":
        return sorted(found, key=lambda one: one.delivery.account)
    if by == "title":
        return sorted(found, key=lambda one: titles.get(one.delivery.post_id, one.delivery.slug).casefold())
    return tuple(found)
