"""Hubs told about feeds that changed: a courtesy that stops nothing.

    published files → changes → those that the world sees → each hub, beside the others → what is remembered

On many machines each remembers for itself: a hub may hear of a change once from each, and answers that with a look.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import groupby
from urllib.parse import quote

import httpx

from syndicate.app.indexnow import read_pages, tell_search_engines
from syndicate.app.remembering import is_kept, recall, remember
from syndicate.app.site import Wiring
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
    ledger = read_pages(wiring)  # first, for feeds are published before the state: it never knows more than they show
    changes = _find_changes(wiring, now)
    with _late_client(allow_private=wiring.settings.allow_private) as open_http:
        visible, lines = _look(wiring.cache, open_http, changes, now)
        lines += _tell_hubs(wiring, open_http, [one for one in changes if one.feed_url in visible], now)
        if _is_live(changes, visible):
            lines += tell_search_engines(wiring, open_http, ledger, changes, now, endpoint=endpoint)
    return tuple(lines)


@contextmanager
def _late_client(*, allow_private: bool) -> Iterator[Callable[[], Client]]:
    """One client for a round, opened by the first who needs it: most rounds have nothing to do."""
    with ExitStack() as closing:
        make = partial(Client, allow_private=allow_private, timeout=_TIMEOUT, patience=_PATIENCE)
        yield cache(lambda: closing.enter_context(make()))


def _find_changes(wiring: Wiring, now: datetime) -> list[Change]:
    """Every feed document with the digest of its bytes, and since when it has them.

    A document is read only where its listing says that somebody replaced it.
    """
    listed = {path: facts for path, facts in wiring.output.list_facts().items() if path.rpartition("/")[2] in _FEEDS}
    known = recall(wiring.cache, "feed")
    found: dict[str, PingState] = {}
    for path, facts in sorted(listed.items()):
        mark, state = f"{facts.size} {facts.mark} ", known.get(path, PingState())
        if state.digest.startswith(mark) and not _is_ahead(state, now):
            found[path] = state
        elif (data := wiring.output.read(path)) is not None:
            is_same = state.digest.endswith(f" {_digest_of(data)}") and not _is_ahead(state, now)
            found[path] = PingState(mark + _digest_of(data), state.tried_at if is_same else now)
    remember(wiring.cache, "feed", {path: state for path, state in found.items() if state != known.get(path)})
    base = wiring.settings.site.feeds_url
    return [
        Change(f"{base}/{quote(path)}", state.digest.rpartition(" ")[2], state.tried_at or now)
        for path, state in found.items()
    ]


def _is_ahead(state: PingState, now: datetime) -> bool:
    """A clock that was ahead and went back would keep everybody waiting."""
    return state.tried_at is not None and state.tried_at > now


def _look(
    memory: Cache, open_http: Callable[[], Client], changes: Sequence[Change], now: datetime
) -> tuple[set[str], list[str]]:
    """The addresses that show the published bytes, and a word about those that do not for long."""
    seen, ends = recall(memory, "seen"), time.monotonic() + ROUND.total_seconds()
    found: dict[str, PingState] = {}
    for one in changes:
        state = seen.get(one.feed_url, PingState())
        if time.monotonic() < ends and is_look_due(one, state, now):
            looked = Ping("", one.feed_url, one.digest)
            is_there = _digest_of(fetch_visible(open_http(), one.feed_url)) == one.digest
            found[one.feed_url] = settle_ping(looked, state, now, is_accepted=is_there)
    remember(memory, "seen", found)
    seen |= found
    visible = {one.feed_url for one in changes if seen.get(one.feed_url, PingState()).digest == one.digest}
    hidden = [url for url, state in found.items() if state.failures == _HIDDEN]
    return visible, [f"{url} does not show what was published, so hubs are not told yet" for url in hidden]


def _tell_hubs(
    wiring: Wiring, open_http: Callable[[], Client], changes: Sequence[Change], now: datetime
) -> Iterator[str]:
    """Each hub in a thread of its own: one that is dead or slow keeps no other waiting."""
    hubs, last = dict.fromkeys(wiring.settings.feeds.hubs), recall(wiring.cache, "ping")
    states = {(hub, one.feed_url): last.get(f"{hub} {one.feed_url}", PingState()) for hub in hubs for one in changes}
    due = choose_pings(tuple(hubs), changes, {change.feed_url for change in changes}, states, now)
    rows = [tuple(pings) for _, pings in groupby(due, key=lambda one: one.hub)]
    if not rows or not is_kept(wiring.cache, "ping", now):
        return
    http = open_http()
    with ThreadPoolExecutor(len(rows)) as threads:
        answers = tuple(threads.map(lambda pings: tell_hub(http, pings), rows))
    told = {one: trouble for answer in answers for one, trouble in answer.items()}
    settled = {
        f"{one.hub} {one.feed_url}": settle_ping(one, states[one.hub, one.feed_url], now, is_accepted=not trouble)
        for one, trouble in told.items()
    }
    remember(wiring.cache, "ping", settled)
    yield from _say(told)


def _say(told: Mapping[Ping, str]) -> Iterator[str]:
    """A line for each hub and each way that its pings ended."""
    ends: dict[tuple[str, str], list[str]] = {}
    for one, trouble in told.items():
        ends.setdefault((one.hub, trouble), []).append(one.feed_url)
    for (hub, trouble), urls in ends.items():
        what = urls[0] if len(urls) == 1 else f"{len(urls)} feeds"
        yield f"{hub} was {'not ' if trouble else ''}told about {what}{trouble and f': {trouble}'}"


def _is_live(changes: Sequence[Change], visible: Collection[str]) -> bool:
    """Whether the world sees one of the feeds that changed last: what stands beside it is out there, too.

    One is enough, since a cache in front of the site may write another one in its own way for ever.
    """
    last = max((one.changed_at for one in changes), default=None)
    return any(one.feed_url in visible for one in changes if one.changed_at == last)


def _digest_of(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""
