"""What nobody asks for and everybody expects: tokens renewed, limits read, hubs told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson

from syndicate.app.wiring import Wiring
from syndicate.errors import SyndicateError
from syndicate.hubs import Change, PingState, choose_pings, fetch_visible, ping, settle_ping, submit_indexnow
from syndicate.model import Account
from syndicate.networks.base import Network, ReadsLimits, Renews
from syndicate.notices import Notice, send_notice

RENEW_BEFORE = timedelta(days=10)
WARN_BEFORE = timedelta(days=14)
LIMITS_LAST = timedelta(days=1)
_FEEDS = ("rss.xml", "atom.xml", "feed.json")


def look_after(wiring: Wiring, now: datetime) -> tuple[str, ...]:
    """One round; each account's trouble is a line of its own and stops nobody else."""
    lines = [line for account in wiring.accounts.enabled.values() for line in _tend(wiring, account, now)]
    return (*lines, *ping_hubs(wiring, now))


def _tend(wiring: Wiring, account: Account, now: datetime) -> Iterator[str]:
    try:
        network = wiring.accounts.open(account)
        yield from _renew(wiring, account, network, now)
        _read_limits(wiring, account, network, now)
    except SyndicateError as error:
        yield f"{account.name}: {error}"


def _renew(wiring: Wiring, account: Account, network: Network, now: datetime) -> Iterator[str]:
    """Early, so that a refusal leaves days to act; where a network cannot renew, the person hears in time."""
    if not isinstance(network, Renews):
        return
    ends = network.expires_at()
    if ends is None or ends - now > WARN_BEFORE:
        return
    if ends - now <= RENEW_BEFORE:
        with wiring.accounts.vault(account).lock():
            ends = network.renew() or ends
    if ends - now > RENEW_BEFORE:
        yield f"{account.name}: the token was renewed and lives until {ends:%Y-%m-%d}"
    else:
        yield from _warn(wiring, account, ends, now)


def _warn(wiring: Wiring, account: Account, ends: datetime, now: datetime) -> Iterator[str]:
    """Once for each of the last days that count."""
    days = max((ends - now).days, 0)
    key = f"token {account.name} {ends:%Y-%m-%d} {next(mark for mark in (1, 3, 7, 14, days) if days <= mark)}"
    if wiring.cache.get("notice", key):
        return
    text = f"The token of {account.name} ends in {days} days. Log in again: syndicate login {account.name}"
    notice = Notice(kind="account", account=account.name, subject=f"{account.name}: token ends soon", text=text, at=now)
    send_notice(notice, wiring.settings.notices, wiring.http)
    wiring.cache.put_many("notice", {key: b"told"})
    yield text


def _read_limits(wiring: Wiring, account: Account, network: Network, now: datetime) -> None:
    known = {state.name: state for state in wiring.store.list_accounts()}.get(account.name)
    is_fresh = known is not None and known.limits_read_at is not None and now - known.limits_read_at < LIMITS_LAST
    if isinstance(network, ReadsLimits) and not is_fresh:
        wiring.store.save_limits(account.name, network.read_limits(), now)


def ping_hubs(wiring: Wiring, now: datetime) -> tuple[str, ...]:
    """Tell hubs about feeds whose bytes changed and are visible outside. Never raises for a hub."""
    rules, site = wiring.settings.feeds, wiring.settings.site
    if not rules.hubs and not rules.indexnow_key:
        return ()
    changes = _find_changes(wiring, now)
    fresh = [change for change in changes if _is_news(wiring, change)]
    visible = {
        change.feed_url for change in fresh if _digest(fetch_visible(wiring.http, change.feed_url)) == change.digest
    }
    last = {(hub, change.feed_url): _recall(wiring, hub, change.feed_url) for hub in rules.hubs for change in changes}
    lines = []
    for due in choose_pings(rules.hubs, changes, visible, last, now):
        accepted = ping(wiring.http, due.hub, due.feed_url)
        _remember(
            wiring, due.hub, due.feed_url, settle_ping(due, last[due.hub, due.feed_url], now, is_accepted=accepted)
        )
        lines.append(f"{due.hub} {'was told about' if accepted else 'did not answer about'} {due.feed_url}")
    if rules.indexnow_key and visible:
        submit_indexnow(wiring.http, urlsplit(site.url).netloc, rules.indexnow_key, [site.url])
    return tuple(lines)


def _find_changes(wiring: Wiring, now: datetime) -> tuple[Change, ...]:
    """Every feed document with the digest of its bytes, and since when it has them."""
    changes = []
    for path in sorted(wiring.output.list_paths()):
        if path.rpartition("/")[2] not in _FEEDS:
            continue
        digest = _digest(wiring.output.read(path))
        known = wiring.cache.get("feed", path)
        before = orjson.loads(known) if known else {}
        if before.get("digest") != digest:
            before = {"digest": digest, "at": now.isoformat()}
            wiring.cache.put_many("feed", {path: orjson.dumps(before)})
        url = f"{wiring.settings.site.feeds_url}/{path}"
        changes.append(Change(url, digest, datetime.fromisoformat(before["at"])))
    return tuple(changes)


def _is_news(wiring: Wiring, change: Change) -> bool:
    return any(_recall(wiring, hub, change.feed_url).digest != change.digest for hub in wiring.settings.feeds.hubs)


def _is_visible(wiring: Wiring, change: Change) -> bool:
    return _digest(fetch_visible(wiring.http, change.feed_url)) == change.digest


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def _recall(wiring: Wiring, hub: str, feed_url: str) -> PingState:
    data = wiring.cache.get("ping", f"{hub} {feed_url}")
    if data is None:
        return PingState()
    raw = orjson.loads(data)
    tried = raw["tried_at"]
    return PingState(raw["digest"], datetime.fromisoformat(tried) if tried else None, raw["failures"])


def _remember(wiring: Wiring, hub: str, feed_url: str, state: PingState) -> None:
    with suppress(SyndicateError):
        wiring.cache.put_many("ping", {f"{hub} {feed_url}": orjson.dumps(asdict(state))})
