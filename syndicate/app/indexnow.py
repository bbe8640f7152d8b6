"""Search engines told about pages that are new or changed (IndexNow), each once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from syndicate.app.remembering import is_kept, recall, remember
from syndicate.app.site import Wiring
from syndicate.http import Client
from syndicate.hubs import ROUND, Change, Ping, PingState, choose_pings, settle_ping, submit_indexnow
from syndicate.model import KnownPost, Ledger
from syndicate.pages import check_page

_KIND = "indexnow"
_BEGUN = ""
"""No address: says that the pages that were there at the beginning are noted."""
_MOST = 50
"""Pages of one round: each is looked at first, and a changed domain changes all of them."""


def read_pages(wiring: Wiring) -> Ledger:
    """The posts as they stand in the state; none where nobody wants to tell search engines."""
    return wiring.store.read_ledger() if wiring.settings.feeds.indexnow_key else Ledger()


def tell_search_engines(
    wiring: Wiring,
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
    key, host = wiring.settings.feeds.indexnow_key, urlsplit(wiring.settings.site.url).netloc
    if not (ledger.posts or ledger.baselined):  # feeds stand before the state does: what is in them is not new
        return
    told, rows = recall(wiring.cache, _KIND), _list_rows(ledger, host, now)
    if _BEGUN not in told:
        known = {url: PingState(row.digest, now) for url, row in rows.items()}
        remember(wiring.cache, _KIND, {_BEGUN: PingState("begun", now)} | known)
    elif (due := _choose_due(rows, told, feeds, now)) and is_kept(wiring.cache, _KIND, now):
        http = open_http()
        live = _choose_live(http, due, rows)
        pages = [one.feed_url for one, is_live in live.items() if is_live]
        trouble = submit_indexnow(http, host, key, pages, endpoint=endpoint) if pages else ""
        remember(wiring.cache, _KIND, _settle(live, told, now, is_told=not trouble))
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
