"""Telling hubs that a feed changed: WebSub pings (W3C Recommendation, section 7) and IndexNow.

A ping is a courtesy: it never blocks publishing, and a hub that is down is asked again later.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.containment import contain
from syndicate.errors import SyndicateError
from syndicate.http import Client

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
