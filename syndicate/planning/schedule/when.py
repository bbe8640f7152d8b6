"""Times as people write them: slots ("mon-fri 09:00", cron expressions), and WHEN ("tomorrow 09:00", "in 2 hours")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from syndicate.errors import ConfigError, UsageError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS = {
    "every day": "mon-sun",
    "everyday": "mon-sun",
    "daily": "mon-sun",
    "each day": "mon-sun",
    "weekdays": "mon-fri",
    "weekday": "mon-fri",
    "every weekday": "mon-fri",
    "workdays": "mon-fri",
    "weekends": "sat,sun",
    "weekend": "sat,sun",
}
_SLOT_HINT = 'write "mon-fri 09:00", "sat 11:00", "every day 08:30", or a cron expression such as "0 9 * * 1-5"'
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_NOON, _HOURS = 12, 24
_LEAP_YEAR = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule of wall-clock times, read by APScheduler's cron fields."""

    text: str
    clocks: tuple[time, ...]
    """When it happens on each of its days, in order."""
    months: frozenset[int]
    weekdays: frozenset[int]
    _days_of_month: Any = field(repr=False, compare=False)
    """None where every one is meant."""

    def is_on(self, day: date) -> bool:
        """Whether it happens on this local day."""
        is_named = self._days_of_month is None or _matches(self._days_of_month, day)
        return is_named and day.month in self.months and day.weekday() in self.weekdays


@lru_cache(maxsize=1000)
def parse_slot(text: str) -> tuple[Trigger, ...]:
    """The triggers of one slot; several where it names several times. Raises ConfigError."""
    words = " ".join(text.lower().split())
    if not words:
        raise ConfigError("a slot is empty", where="slots", hint=_SLOT_HINT)
    if len(words.split(" ")) == 5 and re.fullmatch(r"[\d*]\S*", words.split(" ")[0]):
        return _parse_cron(text, words)
    return _parse_words(text, words)


def parse_clock(text: str) -> time | None:
    """ "09:00", "9", "9am", "9:30 pm", "noon" or "midnight" as a clock time, None where it is none."""
    words = text.strip().lower()
    if words in {"noon", "midday"}:
        return time(_NOON)
    if words == "midnight":
        return time(0)
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if half := match["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    return time(hour, minute) if hour < _HOURS and minute < 60 else None


def _parse_words(text: str, words: str) -> tuple[Trigger, ...]:
    days, clocks = _split_days(words)
    times = [parse_clock(part) for part in re.split(r",|\band\b", clocks)]
    if not days or None in times:
        raise _not_understood(text)
    return tuple(_make(text, minute=at.minute, hour=at.hour, day_of_week=days) for at in times if at)


def _split_days(words: str) -> tuple[str, str]:
    """Days for cron and the rest of the words: "mon-fri 09:00" → ("mon-fri", "09:00"). No days means every day."""
    for group, days in sorted(_GROUPS.items(), key=lambda item: -len(item[0])):
        if words.startswith(group):
            return days, re.sub(r"^\s*at\b", "", words[len(group) :])
    name = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
    span = rf"{name}(?:\s*(?:-|\u2013|to)\s*{name})?"
    match = re.match(rf"(?:every\s+)?(?P<days>{span}(?:\s*(?:,|\band\b|&)\s*{span})*)\b\s*(?:at\b)?", words)
    if match is None:
        return "mon-sun", re.sub(r"^at\b", "", words)
    return _to_cron_days(match["days"]), words[match.end() :]


def _to_cron_days(words: str) -> str:
    spans = re.split(r"\s*(?:,|\band\b|&)\s*", words)
    ranges = [[part.strip()[:3] for part in re.split(r"-|\u2013|\bto\b", span)] for span in spans]
    return ",".join(_unroll(names[0], names[-1]) for names in ranges)


def _unroll(first: str, last: str) -> str:
    """A range that may run over the end of the week: "sat-mon" → "sat,sun,mon"."""
    begin, end = DAYS.index(first), DAYS.index(last)
    return ",".join(DAYS[number % 7] for number in range(begin, (end if end >= begin else end + 7) + 1))


def _parse_cron(text: str, words: str) -> tuple[Trigger, ...]:
    """A crontab line. Sunday is 0 and 7, and days of month and of week add up when both are named, as in cron(5)."""
    minute, hour, day, month, weekday = words.split(" ")
    base = {"minute": minute, "hour": hour, "month": month}
    names = _name_weekdays(text, weekday)
    if day.startswith("*") or weekday.startswith("*"):
        return (_make(text, **base, day=day, day_of_week=names),)
    return _make(text, **base, day=day), _make(text, **base, day_of_week=names)


def _name_weekdays(text: str, field_text: str) -> str:
    """Numbers as names, since APScheduler counts from Monday and cron from Sunday."""

    def one(part: str) -> str:
        span, slash, step = part.partition("/")
        if not re.fullmatch(r"\d(-\d)?", span):
            return part
        first, last = int(span[0]), int(span[-1])
        if max(first, last) > 7 or (slash and not re.fullmatch("[1-9]", step)):
            raise _not_understood(text)
        numbers = range(first, last + 1, int(step or 1))
        return ",".join(DAYS[(number - 1) % 7] for number in numbers)

    return ",".join(one(part) for part in field_text.split(","))


def _make(text: str, **given: object) -> Trigger:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - 60 ms that a plan without slots need not pay

    try:
        fields = {one.name: one for one in CronTrigger(timezone=UTC, **given).fields}
    except (ValueError, TypeError, LookupError) as error:
        raise _not_understood(text) from error
    clocks = product(
        (hour for hour in range(_HOURS) if _matches(fields["hour"], time(hour))),
        (minute for minute in range(60) if _matches(fields["minute"], time(0, minute))),
    )
    days = [_LEAP_YEAR + timedelta(days=number) for number in range(366)]
    trigger = Trigger(
        text,
        tuple(time(hour, minute) for hour, minute in clocks),
        frozenset(day.month for day in days if _matches(fields["month"], day)),
        frozenset(day.weekday() for day in days[:7] if _matches(fields["day_of_week"], day)),
        None if str(fields["day"]) == "*" else fields["day"],
    )
    if not any(day.month in trigger.months and _matches(fields["day"], day) for day in days):
        raise ConfigError("this slot never happens", where=f'slot "{text}"', hint=_SLOT_HINT)
    return trigger


def _matches(field: Any, moment: date | time) -> bool:
    return bool(field.get_next_value(moment) == field.get_value(moment))


def _not_understood(text: str) -> ConfigError:
    return ConfigError(f'"{text}" is not a valid slot', where="slots", hint=_SLOT_HINT)


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time, by RFC 5545 where the clock jumps."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


# --- one moment: ISO 8601, "tomorrow 09:00", "in 2 hours", "next monday 9am" ---

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
