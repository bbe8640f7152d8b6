"""Who reads the feeds, and how well they behave: an access log's lines in, numbers and a table out. Pure.

A service that announces its subscribers counts as many as it last announced, for each copy of a feed that it keeps.
Any other program counts as one person per address, when it calls itself a reader or came back for the same feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from syndicate.stats.hits import ClientStats, FeedStats, Hit, Stats, is_feed, parse_line

# --- how well clients behave ---

POLITE = timedelta(minutes=30)
_TAG = re.compile(r'"([^"]*)"')
_CODING = re.compile(r"-(?:gzip|br|zstd|df)$")


@dataclass(slots=True)
class Validators:
    """Every ETag and date that the server gave out in this log."""

    tags: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)

    def note(self, hit: Hit) -> None:
        self.tags.update(_bare(hit.etag_sent or ""))
        if hit.date_sent:
            self.dates.add(hit.date_sent)


@dataclass(slots=True)
class Trail:
    """The requests of one program at one address for one feed."""

    requests: int = 0
    repeats: int = 0
    conditional: int = 0
    gaps: list[float] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    _last: tuple[datetime, int] | None = None

    def follow(self, hit: Hit) -> None:
        """Take in the next request."""
        self.requests += 1
        if hit.etag_asked or hit.date_asked:
            self.asked.append((hit.etag_asked or "", hit.date_asked or ""))
        if self._last is not None:
            self.gaps.append((hit.at - self._last[0]).total_seconds())
            self._judge_repeat(hit, self._last[1])
        self._last = (hit.at, hit.size if hit.status == 200 else self._last[1] if self._last else 0)

    def _judge_repeat(self, hit: Hit, size_before: int) -> None:
        """Whether a repeated request was conditional. A log without validators shows it by the answer: 304 was; the
        same bytes again were not; other bytes are news to everybody and tell nothing."""
        is_told = hit.etag_asked is not None or hit.date_asked is not None
        was_conditional = bool(hit.etag_asked or hit.date_asked) if is_told else hit.status == 304
        if was_conditional or is_told or hit.size == size_before:
            self.repeats += 1
            self.conditional += was_conditional


def judge(trails: Mapping[tuple[str, str, str], Trail], sent: Validators) -> tuple[ClientStats, ...]:
    """One line per program, those with most requests first. `trails` is by (program, address, feed)."""
    by_name: dict[str, list[Trail]] = {}
    addresses: dict[str, set[str]] = {}
    for (name, address, _), trail in trails.items():
        by_name.setdefault(name, []).append(trail)
        addresses.setdefault(name, set()).add(address)
    judged = [_judge_one(name, len(addresses[name]), by_name[name], sent) for name in by_name]
    return tuple(sorted(judged, key=lambda client: (-client.requests, client.name)))


def _judge_one(name: str, addresses: int, trails: list[Trail], sent: Validators) -> ClientStats:
    repeats = sum(trail.repeats for trail in trails)
    conditional = sum(trail.conditional for trail in trails) / repeats if repeats else None
    gaps = [gap for trail in trails for gap in trail.gaps]
    asked = [pair for trail in trails for pair in trail.asked]
    invented = sum(1 for tag, date in asked if _is_invented(tag, date, sent))
    between = median(gaps) if gaps else None
    score = _score(conditional, between, invented / len(asked) if asked else 0.0)
    return ClientStats(
        name=name,
        addresses=addresses,
        requests=sum(trail.requests for trail in trails),
        conditional=conditional,
        minutes_between=between / 60 if between is not None else None,
        invented=invented,
        score=score,
        remark=_remark(conditional, between, invented),
    )


def _is_invented(tag: str, date: str, sent: Validators) -> bool:
    """Whether a request carries a tag or date that no answer did. A log that begins late makes the first ones look so:
    where nothing was given out yet, nobody is blamed."""
    wrong_tag = bool(tag) and bool(sent.tags) and tag != "*" and not sent.tags & set(_bare(tag))
    wrong_date = bool(date) and bool(sent.dates) and date not in sent.dates
    return wrong_tag or (not tag and wrong_date)


def _bare(header: str) -> Iterable[str]:
    return [_CODING.sub("", tag) for tag in _TAG.findall(header)]


def _score(conditional: float | None, between: float | None, invented: float) -> int | None:
    if between is None:
        return None
    spacing = min(1.0, between / POLITE.total_seconds())
    return round(50 * (1.0 if conditional is None else conditional) + 30 * spacing + 20 * (1 - invented))


def _remark(conditional: float | None, between: float | None, invented: int) -> str:
    words = []
    if conditional is not None and conditional < 0.5:
        words.append("fetches everything each time")
    if between is not None and between < POLITE.total_seconds() / 3:
        words.append("asks too often")
    if invented:
        words.append("sends validators it was never given")
    return ", ".join(words)


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


# --- The numbers for a person: two tables and a chart, at most 100 columns wide ---

_BAR = 30
_SPARKS = "▁▂▃▄▅▆▇█"
_MAX_DAYS = 60
_MAX_ROWS = 25


def render_stats(stats: Stats) -> str:
    """Everything as text, without a trailing line end."""
    if not stats.feeds:
        return f"No request for a feed in {stats.lines} lines ({stats.unreadable} of them unreadable)."
    parts = [_render_head(stats), _render_feeds(stats.feeds), _render_clients(stats.clients), _render_days(stats.days)]
    return "\n\n".join(part for part in parts if part)


def _render_head(stats: Stats) -> str:
    days = [f"{day:%Y-%m-%d}" for day in (stats.since, stats.until) if day]
    span = " to ".join(dict.fromkeys(days))
    unreadable = f", {stats.unreadable} unreadable" if stats.unreadable else ""
    return f"{span}: {sum(feed.requests for feed in stats.feeds)} requests for feeds in {stats.lines} lines{unreadable}"


def _render_feeds(feeds: Sequence[FeedStats]) -> str:
    most = max(feed.subscribers for feed in feeds) or 1
    rows = [("SUBSCRIBERS", "", "FEED", "FROM")]
    for feed in feeds[:_MAX_ROWS]:
        bar = "█" * round(_BAR * feed.subscribers / most)
        own = [("readers of their own", feed.readers)] if feed.readers else []
        sources = ", ".join(f"{name} {count}" for name, count in [*feed.announced[:3], *own])
        rows.append((str(feed.subscribers), bar, feed.path, sources))
    return _align(rows, right=(0,))


def _render_clients(clients: Sequence[ClientStats]) -> str:
    head = ("SCORE", "CLIENT", "REQUESTS", "CONDITIONAL", "EVERY", "REMARK")
    return _align([head, *map(_make_row, clients[:_MAX_ROWS])], right=(0, 2, 3, 4))


def _make_row(client: ClientStats) -> tuple[str, ...]:
    return (
        "-" if client.score is None else str(client.score),
        client.name if client.addresses == 1 else f"{client.name} ({client.addresses} addresses)",
        str(client.requests),
        "-" if client.conditional is None else f"{client.conditional:.0%}",
        _say_minutes(client.minutes_between),
        client.remark,
    )


def _render_days(days: Sequence[tuple[str, int]]) -> str:
    """One block per day, as high as its requests."""
    shown = days[-_MAX_DAYS:]
    if len(shown) < 2:
        return ""
    most = max(count for _, count in shown)
    blocks = "".join(_SPARKS[(len(_SPARKS) - 1) * count // most] for _, count in shown)
    return f"requests a day, {shown[0][0]} to {shown[-1][0]}, most {most}\n{blocks}"


def _say_minutes(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _align(rows: Sequence[tuple[str, ...]], right: tuple[int, ...]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(widths[at]) if at in right else cell.ljust(widths[at]) for at, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
