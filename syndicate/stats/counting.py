"""From hits to numbers.

A service that announces its subscribers counts as many as it last announced, for each copy of a feed that it keeps.
Any other program counts as one person per address, when it calls itself a reader or came back for the same feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.stats.agents import is_reader, is_robot, parse_feed_id, parse_name, parse_subscribers
from syndicate.stats.hits import is_feed, parse_line
from syndicate.stats.politeness import Trail, Validators, judge
from syndicate.stats.values import FeedStats, Hit, Stats


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
