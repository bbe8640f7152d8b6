"""What nobody asks for and everybody expects: tokens renewed, limits read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from syndicate.app.wiring import Wiring
from syndicate.errors import SyndicateError
from syndicate.model import Account
from syndicate.networks.base import ReadsLimits, Renews
from syndicate.notices import Notice, send_notice

ENDS_SOON = timedelta(days=14)
LOOK_AGAIN = timedelta(days=1)
"""How long an account that was found in order is left alone."""
_KIND = "tended"


def look_after(wiring: Wiring, now: datetime) -> tuple[str, ...]:
    """One round; each account's trouble is a line of its own and stops nobody else."""
    return tuple(line for account in wiring.accounts.enabled.values() for line in _tend(wiring, account, now))


def _tend(wiring: Wiring, account: Account, now: datetime) -> Iterator[str]:
    if _is_in_order(wiring, account, now):
        return
    try:
        network = wiring.accounts.open(account)
        if isinstance(network, Renews):
            yield from _renew(wiring, account, network, now)
        if isinstance(network, ReadsLimits):
            wiring.store.save_limits(account.name, network.read_limits(), now)
        if not isinstance(network, Renews) or not _ends_soon(network.expires_at(), now):
            wiring.cache.put_many(_KIND, {account.name: now.isoformat().encode()})
    except SyndicateError as error:
        yield f"{account.name}: {error}"


def _is_in_order(wiring: Wiring, account: Account, now: datetime) -> bool:
    """Whether it was lately; a network is not opened every half hour for nothing."""
    try:
        found_at = datetime.fromisoformat((wiring.cache.get(_KIND, account.name) or b"").decode())
    except ValueError:
        return False
    return found_at <= now < found_at + LOOK_AGAIN


def _ends_soon(ends: datetime | None, now: datetime) -> bool:
    return ends is not None and ends - now <= ENDS_SOON


def _renew(wiring: Wiring, account: Account, network: Renews, now: datetime) -> Iterator[str]:
    """Early, so that a refusal leaves days to act; where a network cannot renew, the person hears in time."""
    ends = network.expires_at()
    if ends is None or not _ends_soon(ends, now):
        return
    try:
        with wiring.accounts.vault(account).lock():
            ends = network.renew() or ends
    except SyndicateError as error:
        yield f"{account.name}: the token could not be renewed: {error}"
    if _ends_soon(ends, now):
        yield from _warn(wiring, account, ends, now)
    else:
        yield f"{account.name}: the token was renewed and lives until {ends:%Y-%m-%d}"


def _warn(wiring: Wiring, account: Account, ends: datetime, now: datetime) -> Iterator[str]:
    """Once for each of the last days that count."""
    days = max((ends - now).days, 0)
    key = f"token {account.name} {ends:%Y-%m-%d} {next(mark for mark in (1, 3, 7, 14, days) if days <= mark)}"
    if wiring.cache.get("notice", key):
        return
    text = f"The token of {account.name} ends in {days} days. Log in again: syndicate login {account.name}"
    notice = Notice(kind="account", account=account.name, subject=f"{account.name}: token ends soon", text=text, at=now)
    troubles = send_notice(notice, wiring.settings.notices, wiring.http)
    wiring.cache.put_many("notice", {key: b"told"})
    yield from (text, *troubles)
