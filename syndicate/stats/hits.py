"""Hits: lines of an access log as values. Apache's "combined" format, ours (with validators), and Caddy's JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote, urlsplit

import orjson

from syndicate.errors import contain
from syndicate.model import FEED_FILES

# --- what an access log says, as values ---


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


_INSIDE = r'(?:[^"\\]|\\.){0,8192}+'
_QUOTED = rf'"({_INSIDE})"'
# Found anywhere in the line: journals and container logs put a date of their own before it. Each word is a start, each
# piece is read once and is bounded, so that a line of a stranger's quotes or digits costs linear time.
_COMBINED = re.compile(
    rf'(?<!\S)(?P<address>\S++) \S++ \S++ \[(?P<time>\d{{1,2}}/\w{{3}}/[^\]]{{1,40}})\] "(?P<request>{_INSIDE})" '
    rf'(?P<status>\d{{3}}) (?P<size>\d{{1,18}}+|-)(?: {_QUOTED} "(?P<agent>{_INSIDE})")?(?P<rest>(?: {_QUOTED})*+)\s*+$'
)
_TIME = re.compile(r"(\d{1,2})/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_line(line: str) -> Hit | None:
    """The request in a line, None where the line cannot be read. A path without query, percent-decoded."""
    line = line.strip()
    with contain(lambda _: None):  # strangers fill these lines, also with numbers beyond all bounds
        return _parse_json(line) if line.startswith("{") else _parse_combined(line)
    return None


def is_feed(path: str) -> bool:
    """Whether a path is one that people subscribe to: archives are fetched by those who subscribed already."""
    return path.rpartition("/")[2] in FEED_FILES


def _parse_combined(line: str) -> Hit | None:
    """`… "GET /feeds/rss.xml HTTP/1.1" 304 0 "-" "agent"`, then perhaps our four quoted validators."""
    found = _COMBINED.search(line)
    at = _parse_time(found["time"]) if found else None
    words = found["request"].split(" ") if found else []
    if found is None or at is None or len(words) < 2:
        return None
    asked = _parse_rest(found["rest"])
    size = 0 if found["size"] == "-" else int(found["size"])
    return Hit(
        found["address"], _unquote(found["agent"] or ""), _clean(words[1]), at, int(found["status"]), size, *asked
    )


def _parse_rest(rest: str) -> tuple[str | None, ...]:
    """If-None-Match, If-Modified-Since, ETag, Last-Modified where all four are there; "-" is an absent header."""
    values = [_unquote(value) for value in re.findall(_QUOTED, rest)]
    if len(values) < 4:
        return (None, None, None, None)
    return tuple("" if value == "-" else value for value in values[:4])


def _parse_json(line: str) -> Hit:
    """Caddy's structured log (`log { format json }`)."""
    entry = orjson.loads(line)
    request = entry["request"]
    asked, sent = _lower(request.get("headers") or {}), _lower(entry.get("resp_headers") or {})
    return Hit(
        str(request.get("client_ip") or request.get("remote_ip") or ""),
        asked.get("user-agent", ""),
        _clean(str(request["uri"])),
        datetime.fromtimestamp(float(entry["ts"]), UTC),
        int(entry["status"]),
        int(entry.get("size") or 0),
        asked.get("if-none-match", ""),
        asked.get("if-modified-since", ""),
        sent.get("etag", ""),
        sent.get("last-modified", ""),
    )


def _lower(headers: Mapping[str, list[str]]) -> dict[str, str]:
    return {name.lower(): ", ".join(map(str, values)) for name, values in headers.items()}


def _parse_time(text: str) -> datetime | None:
    """`10/Oct/2025:13:55:36 -0700`, read without the locale's month names."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    away = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == "-" else 1)
    day, hour, minute, second = (int(found[at]) for at in (1, 4, 5, 6))
    local = datetime(int(found[3]), _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=timezone(away))
    return local.astimezone(UTC)


def _clean(target: str) -> str:
    """The path of a request, "" for one that could play tricks on a terminal."""
    try:
        path = unquote(urlsplit(target).path)
    except ValueError:
        return ""
    return path if path.isprintable() else ""


def _unquote(text: str) -> str:
    """Servers write a quote inside a quoted field as \\" or \\x22."""
    return text.replace('\\"', '"').replace("\\x22", '"')
