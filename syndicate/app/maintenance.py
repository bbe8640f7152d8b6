"""Maintenance of accounts: tokens are renewed, limits read, reactions counted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import chain

from syndicate.app.login import learn_limits
from syndicate.app.reactions import count_reactions
from syndicate.app.site import OpenSite
from syndicate.containment import contain
from syndicate.errors import SyndicateError
from syndicate.model import Account
from syndicate.networks.base import Renews
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
    with contain(troubles.append):  # the person must hear of the end all the same
        fresh = _get_fresh_end(site, account, network, now)
    for trouble in troubles:
        yield f"{account.name}: the token could not be renewed: {_describe(trouble, account)}"
    if ends is None and fresh is None:
        return
    if fresh and _ends_soon(fresh, now):
        yield from _warn(site, account, fresh, now)
    else:
        yield f"{account.name}: the token was renewed{f' and lives until {fresh:%Y-%m-%d}' if fresh else ''}"


def _get_fresh_end(site: OpenSite, account: Account, network: Renews, now: datetime) -> datetime | None:
    """Whoever waited for the lock may find that somebody was quicker."""
    with site.accounts.vault(account).lock():
        ends = network.expires_at()
        return network.renew() if _is_due(ends, now) else ends


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
