"""Hubs and search engines told about feeds and pages that changed: a courtesy that stops nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit

import orjson

from syndicate.app.wiring import Wiring
from syndicate.hubs import QUIET, Change, Ping, PingState, choose_pings, fetch_visible, ping, settle_ping
from syndicate.hubs import submit_indexnow as submit

_FEEDS = ("rss.xml", "atom.xml", "feed.json")


def ping_hubs(wiring: Wiring, now: datetime) -> tuple[str, ...]:
    """Tell those who are configured what changed and is visible outside; returns lines for the log."""
    changes = _find_changes(wiring, now)
    return (*_tell_hubs(wiring, changes, now), *_tell_search_engines(wiring, changes, now))


def _find_changes(wiring: Wiring, now: datetime) -> tuple[Change, ...]:
    """Every feed document with the digest of its bytes, and since when it has them."""
    changes = []
    for path in sorted(wiring.output.list_paths()):
        if path.rpartition("/")[2] not in _FEEDS:
            continue
        digest, before = _digest(wiring.output.read(path)), _recall(wiring, "feed", path)
        if before.digest != digest:
            before = PingState(digest, now)
            _remember(wiring, "feed", path, before)
        url = f"{wiring.settings.site.feeds_url}/{path}"
        changes.append(Change(url, digest, before.tried_at or now))
    return tuple(changes)


def _tell_hubs(wiring: Wiring, changes: tuple[Change, ...], now: datetime) -> Iterator[str]:
    """A feed that is not visible yet counts as a refusal: it is looked at again later, and then less often."""
    hubs = wiring.settings.feeds.hubs
    last = {(hub, one.feed_url): _recall(wiring, "ping", f"{hub} {one.feed_url}") for hub in hubs for one in changes}
    due = choose_pings(hubs, changes, {change.feed_url for change in changes}, last, now)
    visible = {url: _is_visible(wiring, url, changes) for url in {one.feed_url for one in due}}
    for one in due:
        is_told = visible[one.feed_url] and ping(wiring.http, one.hub, one.feed_url)
        state = settle_ping(one, last[one.hub, one.feed_url], now, is_accepted=is_told)
        _remember(wiring, "ping", f"{one.hub} {one.feed_url}", state)
        if visible[one.feed_url]:
            yield f"{one.hub} {'was told about' if is_told else 'did not answer about'} {one.feed_url}"


def _is_visible(wiring: Wiring, url: str, changes: tuple[Change, ...]) -> bool:
    """Whether the world sees the bytes that were published."""
    wanted = next(change.digest for change in changes if change.feed_url == url)
    return _digest(fetch_visible(wiring.http, url)) == wanted


def _tell_search_engines(wiring: Wiring, changes: tuple[Change, ...], now: datetime) -> Iterator[str]:
    """IndexNow: the pages that are new or changed since the last time. The first time there is nothing to tell."""
    key, site = wiring.settings.feeds.indexnow_key, wiring.settings.site
    everything = _digest("".join(change.digest for change in changes).encode())
    last = _recall(wiring, "ping", "indexnow")
    all_changed_at = max((change.changed_at for change in changes), default=now)
    whole = Change("indexnow", everything, all_changed_at)
    if not key or not choose_pings(("",), (whole,), {"indexnow"}, {("", "indexnow"): last}, now):
        return
    since = _recall(wiring, "ping", "indexnow told").tried_at
    pages = _list_pages(wiring, since, now) if since else []
    is_told = not pages or submit(wiring.http, urlsplit(site.url).netloc, key, pages)
    _remember(wiring, "ping", "indexnow", settle_ping(Ping("", "indexnow", everything), last, now, is_accepted=is_told))
    if is_told:
        _remember(wiring, "ping", "indexnow told", PingState(tried_at=now - QUIET))
    if pages:
        yield f"search engines {'were told about' if is_told else 'did not answer about'} {len(pages)} pages"


def _list_pages(wiring: Wiring, since: datetime, now: datetime) -> list[str]:
    """Public pages that are new or changed since then, the newest first."""
    rows = [row for row in wiring.store.read_ledger().posts if row.gone_at is None and row.published_at <= now]
    changed = {row.permalink: max(row.updated_at, row.published_at, row.first_seen_at) for row in rows}
    return sorted((page for page, at in changed.items() if at > since), key=lambda page: changed[page], reverse=True)


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def _recall(wiring: Wiring, kind: str, key: str) -> PingState:
    """What the cache keeps; nothing where it cannot be read."""
    data = wiring.cache.get(kind, key)
    try:
        raw = orjson.loads(data or b"{}")
        tried = raw["tried_at"]
        return PingState(raw["digest"], datetime.fromisoformat(tried) if tried else None, raw["failures"])
    except (ValueError, TypeError, KeyError):
        return PingState()


def _remember(wiring: Wiring, kind: str, key: str, state: PingState) -> None:
    wiring.cache.put_many(kind, {key: orjson.dumps(asdict(state))})
