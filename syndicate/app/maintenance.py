"""Maintenance of accounts: tokens are renewed, limits read, and counted what others answered to sent messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from syndicate.app.login import keep_spending, learn_limits, require_money
from syndicate.app.site import OpenSite
from syndicate.errors import Blocked, NetworkError, Rejected, SyndicateError, UsageError, contain
from syndicate.model import Account, Counted, Delivery, State
from syndicate.networks import find_other_place
from syndicate.networks.base import Counts, Renews, Spends
from syndicate.notices import Notice, NoticeKind, list_ways, send_notice
from syndicate.store.passes import NOTICE

ENDS_SOON = timedelta(days=14)
LOOK_AGAIN = timedelta(days=1)
"""How long an account that was found in order is left alone."""
_KIND = "tended"
_MARKS = (1, 3, 7, 14)
"""Days before the end on which the person hears of it."""


def look_after(site: OpenSite, now: datetime) -> tuple[str, ...]:
    """One round, accounts side by side; returns when the last one has answered."""
    accounts = tuple(site.accounts.enabled.values())
    if not accounts:
        return ()
    with ThreadPoolExecutor(len(accounts), thread_name_prefix="maintain_account") as pool:
        return tuple(chain.from_iterable(pool.map(lambda account: maintain_account(site, account, now), accounts)))


def maintain_account(site: OpenSite, account: Account, now: datetime) -> tuple[str, ...]:
    """One account; its trouble is a line of its own and stops nobody else."""
    lines: list[str] = []
    if not _is_in_order(site, account, now):
        with contain(lambda error: lines.append(f"{account.name}: {_describe(error, account)}")):
            lines.extend(_look_at(site, account, now))
    with contain(lambda error: lines.append(f"{account.name}: {_describe(error, account)}")):
        count_reactions(site, account, now)
    return tuple(lines)


def _look_at(site: OpenSite, account: Account, now: datetime) -> Iterator[str]:
    network = site.accounts.open(account)
    if isinstance(network, Renews):
        yield from _renew(site, account, network, now)
    if not _are_limits_fresh(site, account, now):
        learn_limits(site, account, network)
    if not isinstance(network, Renews) or not _ends_soon(network.expires_at(), now):
        site.cache.put_many(_KIND, {account.name: now.isoformat().encode()})


def _are_limits_fresh(site: OpenSite, account: Account, now: datetime) -> bool:
    """The state knows that, too, where every run begins with an empty cache."""
    if not site.settings.storage.state:
        return False
    read_at = next((one.limits_read_at for one in site.store.list_accounts() if one.name == account.name), None)
    return read_at is not None and read_at <= now < read_at + LOOK_AGAIN


def _describe(error: Exception, account: Account) -> str:
    """What went wrong; the account stands before it. The texts of others may repeat a secret."""
    if not isinstance(error, SyndicateError):
        return f"unexpected {type(error).__name__}"
    return str(error).removeprefix(f"{account.name}: ")


def _is_in_order(site: OpenSite, account: Account, now: datetime) -> bool:
    """Whether it was lately; a network is not opened every half hour for nothing."""
    try:
        found_at = datetime.fromisoformat((site.cache.get(_KIND, account.name) or b"").decode())
    except ValueError:
        return False
    return found_at <= now < found_at + LOOK_AGAIN


def _ends_soon(ends: datetime | None, now: datetime) -> bool:
    return ends is not None and ends - now <= ENDS_SOON


def _renew(site: OpenSite, account: Account, network: Renews, now: datetime) -> Iterator[str]:
    """Early, so that a refusal leaves days to act; where a network cannot renew, the person hears in time.

    A token from the environment has no known end until it is renewed once.
    """
    ends = network.expires_at()
    if not _is_due(ends, now):
        return
    fresh, troubles = ends, list[Exception]()
    with contain(troubles.append), site.accounts.vault(account).lock():  # the person must hear of the end all the same
        there = network.expires_at()  # whoever waited for the lock may find that somebody was quicker
        fresh = network.renew() if _is_due(there, now) else there
    for trouble in troubles:
        yield f"{account.name}: the token could not be renewed: {_describe(trouble, account)}"
    if ends is None and fresh is None:
        return
    if fresh and _ends_soon(fresh, now):
        yield from _warn(site, account, fresh, now)
    else:
        yield f"{account.name}: the token was renewed{f' and lives until {fresh:%Y-%m-%d}' if fresh else ''}"


def _is_due(ends: datetime | None, now: datetime) -> bool:
    return ends is None or _ends_soon(ends, now)


def _warn(site: OpenSite, account: Account, ends: datetime, now: datetime) -> Iterator[str]:
    """Once for each of the last days that count; again where no configured way has brought it to the person."""
    left = max((ends - now).days, 0)
    key = f"token {account.name} {ends:%Y-%m-%d} {next(mark for mark in _MARKS if left <= mark)}"
    if site.store.has_pass(NOTICE, key, now):
        return
    text = f"The token of {account.name} {_spell_end(ends, now)}. Log in again: syndicate login {account.name}"
    notice = Notice(
        kind=NoticeKind.ACCOUNT, account=account.name, subject=f"{account.name}: token ends soon", text=text, at=now
    )
    ways = site.settings.notices
    troubles = send_notice(notice, ways, site.http)
    if not troubles or len(troubles) < len(list_ways(ways)):
        site.store.keep_pass(NOTICE, key, max(ends, now) + ENDS_SOON, now)
    yield from (text, *troubles)


def _spell_end(ends: datetime, now: datetime) -> str:
    if ends <= now:
        return "has ended"
    days = (ends - now).days
    return f"ends in {days} days" if days > 1 else f"ends in {(ends - now) // timedelta(hours=1)} hours"


# --- what others answered to sent messages: counted politely, shown with how it came about ---

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
    return known is None or not (known.is_paused(now) or known.is_resting(now))


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
