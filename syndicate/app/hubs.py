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
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import groupby
from urllib.parse import quote, urlsplit

import httpx
import orjson

from syndicate.app.site import OpenSite
from syndicate.errors import SyndicateError, contain
from syndicate.http import Client
from syndicate.model import FEED_FILES, Cache, KnownPost, Ledger
from syndicate.pages import check_page

# --- one hub, one feed: which pings are due, and the calls. A ping blocks no publication, and is tried again later ---

QUIET = timedelta(minutes=1)
"""A feed is announced only after it has been quiet for so long: a save often comes with a second one."""
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
LOOKS_AT_MOST = timedelta(hours=3)
"""The longest wait between two looks at an address that does not show what was published."""
ROUND = timedelta(seconds=20)
"""For one hub in one round: what it had no time for is due again in the next one."""
INDEXNOW = "https://api.indexnow.org/indexnow"
MOST_PAGES = 10_000
"""Addresses that IndexNow takes in one call."""


@dataclass(frozen=True, slots=True)
class PingState:
    """What is remembered of one address at one hub. `digest` is of the bytes that were announced last."""

    digest: str = ""
    tried_at: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A feed document as it stands now: its public URL, the digest of its bytes, and since when it is so."""

    feed_url: str
    digest: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping to send now."""

    hub: str
    feed_url: str
    digest: str


def choose_pings(
    hubs: Sequence[str],
    changes: Sequence[Change],
    visible: Collection[str],
    last: Mapping[tuple[str, str], PingState],
    now: datetime,
) -> tuple[Ping, ...]:
    """The pings due now: bytes that this hub does not know, seen from outside, quiet for a while, not just refused.

    `visible` holds the URLs that already answer with the new bytes; `last` is by (hub, feed URL).
    """
    return tuple(
        Ping(hub, change.feed_url, change.digest)
        for hub in hubs
        for change in changes
        if change.feed_url in visible and _is_due(change, last.get((hub, change.feed_url), PingState()), now)
    )


def _is_due(change: Change, state: PingState, now: datetime) -> bool:
    if change.digest == state.digest or now - change.changed_at < QUIET:
        return False
    if state.tried_at is None or not state.failures or state.tried_at > now:  # a clock that was ahead
        return True
    wait = RETRIES[min(state.failures, len(RETRIES)) - 1]
    return now - state.tried_at >= wait


def is_look_due(change: Change, state: PingState, now: datetime) -> bool:
    """Whether to look if the address shows the new bytes; each wait is half as long as all before it.

    So a site that is published minutes or days after its feeds is noticed at most half as late again.
    """
    if change.digest == state.digest or now - change.changed_at < QUIET:
        return False
    if state.tried_at is None or not change.changed_at <= state.tried_at <= now:
        return True
    return now - state.tried_at >= min((state.tried_at - change.changed_at) / 2, LOOKS_AT_MOST)


def settle_ping(ping: Ping, state: PingState, now: datetime, *, is_accepted: bool) -> PingState:
    """What to remember after a ping: the digest where the hub took it, else one more failure."""
    if is_accepted:
        return PingState(ping.digest, now, 0)
    return PingState(state.digest, now, state.failures + 1)


def tell_hub(client: Client, pings: Sequence[Ping], *, patience: timedelta = ROUND) -> Mapping[Ping, str]:
    """Tell one hub, feed by feed; what went wrong, "" where it took the word. Never raises.

    A hub that cannot be reached is not asked again in this round, and a slow one has so much patience: what it had
    no time for is not in the answer.
    """
    ends, told = time.monotonic() + patience.total_seconds(), dict[Ping, str]()

    def give_up(error: Exception) -> None:
        told.update({left: _tell(error) for left in pings if left not in told})

    for one in pings:
        if one in told or (told and time.monotonic() >= ends):
            break
        with contain(give_up):
            told[one] = ping(client, one.hub, one.feed_url)
    return told


def _tell(error: Exception) -> str:
    return error.message if isinstance(error, SyndicateError) else f"unexpected {type(error).__name__}"


def ping(client: Client, hub: str, feed_url: str) -> str:
    """Tell a hub that a feed has new bytes; "" where it took the word, else its answer. Raises Unavailable."""
    form = {"hub.mode": "publish", "hub.url": feed_url, "hub.topic": feed_url}
    answer = client.call("POST", hub, form=form, where=hub)
    return "" if answer.is_success else f"it answered {answer.status}"


def submit_indexnow(client: Client, host: str, key: str, urls: Sequence[str], *, endpoint: str = INDEXNOW) -> str:
    """Tell search engines about new or changed pages (indexnow.org); what went wrong, "" where they took the word."""
    body = {"host": host, "key": key, "urlList": list(urls)[:MOST_PAGES]}
    said: list[str] = []
    with contain(lambda error: said.append(_tell(error))):
        answer = client.call("POST", endpoint, json=body, where=endpoint)
        said.append("" if answer.is_success else f"they answered {answer.status}")
    return said[0]


def fetch_visible(client: Client, feed_url: str) -> bytes | None:
    """A published document as readers see it now, past every cache; None where it does not answer with 200."""
    with contain(lambda _error: None):
        answer = client.fetch(feed_url, headers={"Cache-Control": "no-cache"})
        return answer.body if answer.status == 200 else None
    return None


# --- what hubs and search engines were told, in the cache: a restart tells nobody twice ---

_MARK = "-"
"""No address."""


def recall(cache: Cache, kind: str) -> dict[str, PingState]:
    """What the cache keeps of one kind, by key; without what cannot be read."""
    states = {key: _parse(data) for key, data in cache.get_all(kind).items()}
    return {key: state for key, state in states.items() if state}


def remember(cache: Cache, kind: str, states: Mapping[str, PingState]) -> None:
    if states:
        cache.put_many(kind, {key: orjson.dumps(asdict(state)) for key, state in states.items()})


def is_kept(cache: Cache, kind: str, now: datetime) -> bool:
    """Whether the cache stores anything now: where the disk is full, everybody would be told again every minute."""
    mark = {_MARK: PingState("kept", now)}
    remember(cache, kind, mark)
    return recall(cache, kind).get(_MARK) == mark[_MARK]


def _parse(data: bytes) -> PingState | None:
    try:
        raw = orjson.loads(data)
        tried = raw["tried_at"]
        return PingState(raw["digest"], datetime.fromisoformat(tried) if tried else None, raw["failures"])
    except (ValueError, TypeError, KeyError):
        return None


_TIMEOUT, _PATIENCE = httpx.Timeout(10), timedelta(seconds=20)
"""Shorter than elsewhere: nobody loses anything by a ping that is sent again."""
_HIDDEN = 10
"""After so many looks in vain, most of an hour, a person hears that hubs are not told."""


def ping_hubs(site: OpenSite, now: datetime, *, endpoint: str = INDEXNOW) -> tuple[str, ...]:
    """Tell those who are configured what changed and is visible outside; returns lines for the log."""
    if not site.settings.feeds.hubs and not site.settings.feeds.indexnow_key:
        return ()
    # First the posts, for feeds are published before the state: it never knows more than they show.
    ledger = site.store.read_ledger() if site.settings.feeds.indexnow_key else Ledger()
    changes = _find_changes(site, now)
    with _late_client(allow_private=site.settings.allow_private) as open_http:
        visible, lines = _look(site.cache, open_http, changes, now)
        lines += _tell_hubs(site, open_http, [one for one in changes if one.feed_url in visible], now)
        if _is_live(changes, visible):
            lines += tell_search_engines(site, open_http, ledger, changes, now, endpoint=endpoint)
    return tuple(lines)


@contextmanager
def _late_client(*, allow_private: bool) -> Iterator[Callable[[], Client]]:
    """One client for a round, opened by the first who needs it: most rounds have nothing to do."""
    with ExitStack() as closing:
        make = partial(Client, allow_private=allow_private, timeout=_TIMEOUT, patience=_PATIENCE)
        yield cache(lambda: closing.enter_context(make()))


def _find_changes(site: OpenSite, now: datetime) -> list[Change]:
    """Every feed document with the digest of its bytes, and since when it has them.

    A document is read only where its listing says that somebody replaced it.
    """
    files = site.output.list_files()
    listed = {path: stat for path, stat in files.items() if path.rpartition("/")[2] in FEED_FILES}
    known = recall(site.cache, "feed")
    found: dict[str, PingState] = {}
    for path, stat in sorted(listed.items()):
        mark, state = f"{stat.size} {stat.version} ", known.get(path, PingState())
        if state.digest.startswith(mark) and not _is_ahead(state, now):
            found[path] = state
        elif (data := site.output.read(path)) is not None:
            is_same = state.digest.endswith(f" {_digest_of(data)}") and not _is_ahead(state, now)
            found[path] = PingState(mark + _digest_of(data), state.tried_at if is_same else now)
    remember(site.cache, "feed", {path: state for path, state in found.items() if state != known.get(path)})
    base = site.settings.site.feeds_url
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
    site: OpenSite, open_http: Callable[[], Client], changes: Sequence[Change], now: datetime
) -> Iterator[str]:
    """Each hub in a thread of its own: one that is dead or slow keeps no other waiting."""
    hubs, last = dict.fromkeys(site.settings.feeds.hubs), recall(site.cache, "ping")
    states = {(hub, one.feed_url): last.get(f"{hub} {one.feed_url}", PingState()) for hub in hubs for one in changes}
    due = choose_pings(tuple(hubs), changes, {change.feed_url for change in changes}, states, now)
    rows = [tuple(pings) for _, pings in groupby(due, key=lambda one: one.hub)]
    if not rows or not is_kept(site.cache, "ping", now):
        return
    http = open_http()
    with ThreadPoolExecutor(len(rows)) as threads:
        answers = tuple(threads.map(lambda pings: tell_hub(http, pings), rows))
    told = {one: trouble for answer in answers for one, trouble in answer.items()}
    settled = {
        f"{one.hub} {one.feed_url}": settle_ping(one, states[one.hub, one.feed_url], now, is_accepted=not trouble)
        for one, trouble in told.items()
    }
    remember(site.cache, "ping", settled)
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


# --- search engines told about pages that are new or changed (IndexNow), each once ---

_KIND = "indexnow"
_BEGUN = ""
"""No address: says that the pages that were there at the beginning are noted."""
_MOST = 50
"""Pages of one round: each is looked at first, and a changed domain changes all of them."""


def tell_search_engines(
    site: OpenSite,
    open_http: Callable[[], Client],
    ledger: Ledger,
    feeds: Sequence[Change],
    now: datetime,
    *,
    endpoint: str,
) -> Iterator[str]:
    """Pages whose digest they do not know, once they are live. The first time everything counts as known.

    The world sees the newest of `feeds`: what stands beside it is taken to be published, too.
    """
    key, host = site.settings.feeds.indexnow_key, urlsplit(site.settings.site.url).netloc
    if not (ledger.posts or ledger.baselined):  # feeds stand before the state does: what is in them is not new
        return
    told, rows = recall(site.cache, _KIND), _list_rows(ledger, host, now)
    if _BEGUN not in told:
        known = {url: PingState(row.digest, now) for url, row in rows.items()}
        remember(site.cache, _KIND, {_BEGUN: PingState("begun", now)} | known)
    elif (due := _choose_due(rows, told, feeds, now)) and is_kept(site.cache, _KIND, now):
        http = open_http()
        live = _choose_live(http, due, rows)
        pages = [one.feed_url for one, is_live in live.items() if is_live]
        trouble = submit_indexnow(http, host, key, pages, endpoint=endpoint) if pages else ""
        remember(site.cache, _KIND, _settle(live, told, now, is_told=not trouble))
        if pages:
            number = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
            yield f"search engines were {'not ' if trouble else ''}told about {number}{trouble and f': {trouble}'}"


def _choose_due(
    rows: Mapping[str, KnownPost], told: Mapping[str, PingState], feeds: Sequence[Change], now: datetime
) -> tuple[Ping, ...]:
    """Pages that are not known as they are now. They are quiet as long as the feeds are."""
    changed_at = max((one.changed_at for one in feeds), default=now)
    changes = [Change(url, row.digest, changed_at) for url, row in rows.items()]
    last = {("", url): told.get(url, PingState()) for url in rows}
    return choose_pings(("",), changes, rows.keys(), last, now)[:_MOST]


def _settle(
    live: Mapping[Ping, bool], told: Mapping[str, PingState], now: datetime, *, is_told: bool
) -> dict[str, PingState]:
    return {
        one.feed_url: settle_ping(one, told.get(one.feed_url, PingState()), now, is_accepted=is_live and is_told)
        for one, is_live in live.items()
    }


def _list_rows(ledger: Ledger, host: str, now: datetime) -> dict[str, KnownPost]:
    """Public posts by address, the latest change first. IndexNow takes the pages of one host."""
    rows = [row for row in ledger.posts if row.gone_at is None and row.published_at <= now]
    rows.sort(key=lambda row: (row.updated_at, row.permalink), reverse=True)
    return {row.permalink: row for row in rows if urlsplit(row.permalink).netloc == host}


def _choose_live(http: Client, due: Sequence[Ping], rows: dict[str, KnownPost]) -> dict[Ping, bool]:
    """Whether each page is there, for as long as a round may take."""
    ends, live = time.monotonic() + ROUND.total_seconds(), dict[Ping, bool]()
    for one in due:
        if time.monotonic() > ends:
            break
        live[one] = not check_page(http, one.feed_url, rows[one.feed_url].title)
    return live
