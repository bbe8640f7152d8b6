"""WHEN as people type it: ISO 8601, "tomorrow 09:00", "in 2 hours", "next monday 9am"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syndicate.errors import UsageError
from syndicate.planning.schedule.calendar import to_instant
from syndicate.planning.schedule.slots import DAYS, parse_clock

_HINT = 'write "2026-11-30 09:00", "tomorrow 09:00", "in 2 hours" or "next monday 9am"'
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(
    r"in\s+(?P<number>\d{1,5}|an?|half an)\s*(?P<unit>m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)",
    re.IGNORECASE,
)
_DAY = re.compile(
    rf"(?P<next>next\s+|this\s+|on\s+)?(?P<day>today|tonight|tomorrow|(?:{'|'.join(DAYS)})[a-z]*)(?:\s+(?:at\s+)?(?P<clock>.+))?",
    re.IGNORECASE,
)
_MORNING, _EVENING = time(9), time(20)
_FARTHEST = timedelta(days=366_000)
"""A thousand years: what is reckoned with such a time must stay within the calendar."""


def parse_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant (aware UTC) that the words mean in the zone. Raises UsageError.

    A day without a time means nine in the morning; a time without a day its next coming. What lies in the past is
    refused, since nothing can be sent then; this minute is now.
    """
    words = " ".join(text.split())
    at = _parse(words, now, zone)
    if at is None:
        raise UsageError(f'"{text}" is not a time', hint=_HINT)
    if at < now.replace(second=0, microsecond=0):
        local = f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
        raise UsageError(f'"{text}" is {local} and lies in the past', hint=_HINT)
    if at > now + _FARTHEST:
        raise UsageError(f'"{text}" is too far away', hint=_HINT)
    return max(at, now)


def _parse(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    if words.lower() in {"now", "at once", "immediately"}:
        return now
    if match := _SPAN.fullmatch(words):
        return _after(match, now)
    if match := _DAY.fullmatch(words):
        return _on_day(match, now, zone)
    if (clock := parse_clock(re.sub(r"^at\s+", "", words, flags=re.IGNORECASE))) and not words.isdigit():
        return _next_clock(clock, now, zone)
    return parse_moment(words, zone)


def _after(match: re.Match[str], now: datetime) -> datetime:
    number, unit = match["number"].lower(), _UNITS[match["unit"][0].lower()]
    amount = 0.5 if number.startswith("half") else 1 if number.startswith("a") else int(number)
    return now + timedelta(**{unit: amount})


def _on_day(match: re.Match[str], now: datetime, zone: ZoneInfo) -> datetime | None:
    word = match["day"].lower()
    clock = parse_clock(match["clock"]) if match["clock"] else (_EVENING if word == "tonight" else _MORNING)
    if clock is None:
        return None
    today = now.astimezone(zone).date()
    if word in {"today", "tonight"}:
        return _instant(today, clock, zone)
    if word == "tomorrow":
        return _instant(today + timedelta(days=1), clock, zone)
    if not _is_weekday(word):
        return None
    ahead = (DAYS.index(word[:3]) - today.weekday()) % 7
    at = _instant(today + timedelta(days=ahead), clock, zone)
    is_over = at < now or (ahead == 0 and (match["next"] or "").lower().startswith("next"))
    return _instant(today + timedelta(days=ahead + 7), clock, zone) if is_over else at


def _is_weekday(word: str) -> bool:
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return any(name.startswith(word) for name in full)


def _next_clock(clock: time, now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    at = _instant(today, clock, zone)
    return at if at >= now else _instant(today + timedelta(days=1), clock, zone)


def parse_moment(words: str, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, read in the zone where it names no offset; a day alone means nine in the morning. None otherwise."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
            return _instant(date.fromisoformat(words), _MORNING, zone)
        moment = datetime.fromisoformat(words.upper().replace(" Z", "Z") if words[-1:] in {"Z", "z"} else words)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else to_instant(moment, zone)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return to_instant(datetime.combine(day, clock), zone)
