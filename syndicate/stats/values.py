"""What an access log says, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for a feed document. Validators are None where the log does not tell them."""

    address: str
    agent: str
    path: str
    at: datetime
    status: int
    size: int
    """Bytes of the answer, 0 where unknown."""
    etag_asked: str | None = None
    date_asked: str | None = None
    etag_sent: str | None = None
    date_sent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStats:
    """One feed: who subscribes to it."""

    path: str
    subscribers: int
    """Announced ones and single readers together."""
    announced: tuple[tuple[str, int], ...]
    """(service, subscribers) as services tell in their user agents, most first."""
    readers: int
    """Programs that fetch for one person each."""
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStats:
    """One kind of program, all its addresses together."""

    name: str
    addresses: int
    requests: int
    conditional: float | None
    """Share of repeated requests that asked conditionally (0 to 1), None where there was none to judge."""
    minutes_between: float | None
    """Median minutes between two requests of one address for one feed."""
    invented: int
    """Requests with a validator that the server never gave out."""
    score: int | None
    """0 to 100, None for a client seen once."""
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Everything that `syndicate stats` shows."""

    since: datetime | None
    until: datetime | None
    lines: int
    unreadable: int
    feeds: tuple[FeedStats, ...]
    clients: tuple[ClientStats, ...]
    days: tuple[tuple[str, int], ...]
    """(date, requests for feeds)."""
