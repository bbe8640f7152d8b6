"""How well clients behave: do they ask conditionally, leave time between requests, and send what they were given?

The score: 50 points for asking conditionally, 30 for half an hour between requests, 20 for true validators.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from syndicate.stats.hits import ClientStats, Hit

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
