"""Hubs told about feeds that changed: a courtesy that stops nothing.

    published files → changes → those that the world sees → each hub, beside the others → what is remembered

What is remembered lies in the cache, one entry for each address at each hub, so a restart forgets nothing. On many
machines each remembers for itself: a hub may hear of a change once from each, and answers that with one look.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import quote

import httpx
import orjson

from syndicate.app.wiring import Wiring
from syndicate.http import Client
from syndicate.hubs import (
    INDEXNOW,
    ROUND,
    Change,
    Ping,
    PingState,
    choose_pings,
    fetch_visible,
    is_look_due,
    settle_ping,
    tell_hub,
)
from syndicate.model import Cache

_FEEDS = ("rss.xml", "atom.xml", "feed.json")
_TIMEOUT, _PATIENCE = httpx.Timeout(10), timedelta(seconds=20)
"""Shorter than elsewhere: nobody loses anything by a ping that is sent again."""
_HIDDEN = 10
"""After so many looks in vain, most of an hour, a person hears that hubs are not told."""


def ping_hubs(wiring: Wiring, now: datetime, *, endpoint: str = INDEXNOW) -> tuple[str, ...]:
    """Tell those who are configured what changed and is visible outside; returns lines for the log."""
    from syndicate.app.indexing import tell_search_engines  # noqa: PLC0415 - it needs what stands here

    changes = _find_changes(wiring, now)
    with Client(allow_private=wiring.settings.allow_private, timeout=_TIMEOUT, patience=_PATIENCE) as http:
        visible, lines = _look(wiring.cache, http, changes, now)
        lines += _tell_hubs(wiring, http, [one for one in changes if one.feed_url in visible], now)
        if len(visible) == len(changes):
            lines += tell_search_engines(wiring, http, changes, now, endpoint=endpoint)
    return tuple(lines)


def _find_changes(wiring: Wiring, now: datetime) -> list[Change]:
    """Every feed document with the digest of its bytes, and since when it has them.

    A document is read only where its listing says that somebody replaced it.
    """
    listed = {path: facts for path, facts in wiring.output.list_facts().items() if path.rpartition("/")[2] in _FEEDS}
    known = recall(wiring.cache, "feed")
    found: dict[str, PingState] = {}
    for path, facts in sorted(listed.items()):
        mark = f"{facts.size} {facts.mark} "
        state = known.get(path, PingState())
        if not state.digest.startswith(mark) or _is_ahead(state, now):
            digest = digest_of(wiring.output.read(path))
            is_same = state.digest.endswith(f" {digest}") and not _is_ahead(state, now)
            state = PingState(mark + digest, state.tried_at if is_same else now)
        found[path] = state
    remember(wiring.cache, "feed", {path: state for path, state in found.items() if state != known.get(path)})
    base = wiring.settings.site.feeds_url
    return [
        Change(f"{base}/{quote(path)}", state.digest.rpartition(" ")[2], state.tried_at or now)
        for path, state in found.items()
    ]


def _is_ahead(state: PingState, now: datetime) -> bool:
    """A clock that was ahead and went back would keep everybody waiting."""
    return state.tried_at is not None and state.tried_at > now


def _look(cache: Cache, http: Client, changes: Sequence[Change], now: datetime) -> tuple[set[str], list[str]]:
    """The addresses that show the published bytes, and a word about those that do not for long."""
    seen, ends = recall(cache, "seen"), time.monotonic() + ROUND.total_seconds()
    found: dict[str, PingState] = {}
    for one in changes:
        state = seen.get(one.feed_url, PingState())
        if time.monotonic() < ends and is_look_due(one, state, now):
            looked = Ping("", one.feed_url, one.digest)
            is_there = digest_of(fetch_visible(http, one.feed_url)) == one.digest
            found[one.feed_url] = settle_ping(looked, state, now, is_accepted=is_there)
    remember(cache, "seen", found)
    seen |= found
    visible = {one.feed_url for one in changes if seen.get(one.feed_url, PingState()).digest == one.digest}
    hidden = [url for url, state in found.items() if state.failures == _HIDDEN]
    return visible, [f"{url} does not show what was published, so hubs are not told yet" for url in hidden]


def _tell_hubs(wiring: Wiring, http: Client, changes: Sequence[Change], now: datetime) -> Iterator[str]:
    """Each hub in a thread of its own: one that is dead or slow keeps no other waiting."""
    hubs, last = dict.fromkeys(wiring.settings.feeds.hubs), recall(wiring.cache, "ping")
    states = {(hub, one.feed_url): last.get(f"{hub} {one.feed_url}", PingState()) for hub in hubs for one in changes}
    due = choose_pings(tuple(hubs), changes, {change.feed_url for change in changes}, states, now)
    rows = [tuple(pings) for _, pings in groupby(due, key=lambda one: one.hub)]
    if not rows:
        return
    with ThreadPoolExecutor(len(rows)) as threads:
        answers = tuple(threads.map(lambda pings: tell_hub(http, pings), rows))
    told = {one: trouble for answer in answers for one, trouble in answer.items()}
    settled = {
        f"{one.hub} {one.feed_url}": settle_ping(one, states[one.hub, one.feed_url], now, is_accepted=not trouble)
        for one, trouble in told.items()
    }
    remember(wiring.cache, "ping", settled)
    for one, trouble in told.items():
        yield f"{one.hub} was {'not ' if trouble else ''}told about {one.feed_url}{trouble and f': {trouble}'}"


def digest_of(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def recall(cache: Cache, kind: str) -> dict[str, PingState]:
    """What the cache keeps of one kind; without what cannot be read."""
    states = {key: _parse(data) for key, data in cache.get_all(kind).items()}
    return {key: state for key, state in states.items() if state}


def _parse(data: bytes) -> PingState | None:
    try:
        raw = orjson.loads(data)
        tried = raw["tried_at"]
        return PingState(raw["digest"], datetime.fromisoformat(tried) if tried else None, raw["failures"])
    except (ValueError, TypeError, KeyError):
        return None


def remember(cache: Cache, kind: str, states: Mapping[str, PingState]) -> None:
    if states:
        cache.put_many(kind, {key: orjson.dumps(asdict(state)) for key, state in states.items()})
