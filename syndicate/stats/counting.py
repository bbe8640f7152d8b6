"""From hits to numbers.

A service that announces its subscribers counts as many as it last announced, for each copy of a feed that it keeps.
Any other program counts as one person per address, when it calls itself a reader or came back for the same feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.stats.hits import FeedStats, Hit, Stats, is_feed, parse_line
from syndicate.stats.politeness import Trail, Validators, judge

# --- what a user agent tells: its name, and how many people it fetches for ---

# As Feedly says it: "…; 42 subscribers; like FeedFetcher-Google".
_COUNT = re.compile(r"\b(\d{1,9}) (?:subscriber|reader|follower|user)s?\b", re.IGNORECASE)
_FEED_ID = re.compile(r"feed-?id[=:\s]+([\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][\w.!+-]*(?: [A-Za-z][\w.!+-]*(?=[ /;(]|$))*")
_HIDDEN = re.compile(r"compatible; ([A-Za-z][\w .-]*)")
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|monitor|uptime|preview|scan|facebookexternal|curl|wget", re.IGNORECASE)
_READER = re.compile(
    r"feed|rss|news|read(?:er|kit|wise)|miniflux|reeder|liferea|akregator|thunderbird|podcast", re.IGNORECASE
)


def parse_name(agent: str) -> str:
    """The program's own name without its version: "Feedly", "NetNewsWire"; browsers are "a browser"."""
    hidden = _HIDDEN.search(agent)
    if hidden:
        return hidden[1].strip()
    found = _NAME.match(agent.strip())
    name = found[0].strip() if found else ""
    if name.startswith("Mozilla"):
        return "a browser"
    return name or "(no name)"


def parse_subscribers(agent: str) -> int | None:
    """How many people a service says it fetches for, None where it does not say."""
    found = _COUNT.search(agent)
    return int(found[1]) if found else None


def parse_feed_id(agent: str) -> str:
    """Services that keep several copies of one feed number them: their counts add up."""
    found = _FEED_ID.search(agent)
    return found[1] if found else ""


def is_robot(agent: str) -> bool:
    """Whether an agent looks at feeds for other reasons than a reader's."""
    return bool(_ROBOT.search(agent)) and not _READER.search(agent)


def is_reader(agent: str) -> bool:
    """Whether an agent calls itself something that reads feeds."""
    return bool(_READER.search(agent))


@dataclass(slots=True)
class _Feed:
    requests: int = 0
    bytes: int = 0
    announced: dict[tuple[str, str], int] = field(default_factory=dict)
    single: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class _Tally:
    lines: int = 0
    unreadable: int = 0
    since: datetime | None = None
    until: datetime | None = None
    feeds: dict[str, _Feed] = field(default_factory=dict)
    trails: dict[tuple[str, str, str], Trail] = field(default_factory=dict)
    days: Counter[str] = field(default_factory=Counter)
    sent: Validators = field(default_factory=Validators)


def count_readers(lines: Iterable[str]) -> Stats:
    """Everything an access log (oldest line first) says about the feeds. Unreadable lines are counted and left out."""
    tally = _Tally()
    for line in lines:
        if line.strip():
            _count(tally, parse_line(line))
    return Stats(
        since=tally.since,
        until=tally.until,
        lines=tally.lines,
        unreadable=tally.unreadable,
        feeds=tuple(
            sorted((_sum_up(*item) for item in tally.feeds.items()), key=lambda feed: (-feed.subscribers, feed.path))
        ),
        clients=judge(tally.trails, tally.sent),
        days=tuple(sorted(tally.days.items())),
    )


def _count(tally: _Tally, hit: Hit | None) -> None:
    tally.lines += 1
    if hit is None:
        tally.unreadable += 1
        return
    tally.since, tally.until = tally.since or hit.at, hit.at
    if hit.status not in {200, 304} or not is_feed(hit.path):
        return
    tally.days[hit.at.date().isoformat()] += 1
    tally.sent.note(hit)
    tally.trails.setdefault((parse_name(hit.agent), hit.address, hit.path), Trail()).follow(hit)
    _note_reader(tally.feeds.setdefault(hit.path, _Feed()), hit)


def _note_reader(feed: _Feed, hit: Hit) -> None:
    feed.requests += 1
    feed.bytes += hit.size
    announced = parse_subscribers(hit.agent)
    if announced is not None:
        feed.announced[parse_name(hit.agent), parse_feed_id(hit.agent)] = announced
    elif not is_robot(hit.agent):
        # A program that says what it is counts at once, another when it comes back.
        feed.single[hit.address, hit.agent] += 2 if is_reader(hit.agent) else 1


def _sum_up(path: str, feed: _Feed) -> FeedStats:
    services: Counter[str] = Counter()
    for (name, _), count in feed.announced.items():
        services[name] += count
    readers = sum(1 for seen in feed.single.values() if seen > 1)
    return FeedStats(
        path=path,
        subscribers=services.total() + readers,
        announced=tuple(sorted(services.items(), key=lambda item: (-item[1], item[0]))),
        readers=readers,
        requests=feed.requests,
        bytes=feed.bytes,
    )
