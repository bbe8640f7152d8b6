"""Slots as people write them: cron expressions, or words such as "mon-fri 09:00"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from syndicate.errors import ConfigError

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
_HINT = 'write "mon-fri 09:00", "sat 11:00", "every day 08:30", or a cron expression such as "0 9 * * 1-5"'
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_NOON, _HOURS = 12, 24


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule of wall-clock times, matched by APScheduler's cron fields."""

    text: str
    _cron: Any = field(repr=False, compare=False)

    def walls(self, since: datetime) -> Iterator[datetime]:
        """Naive wall-clock times from `since` on, in order."""
        at = since.replace(tzinfo=UTC)
        while fire := self._cron.get_next_fire_time(None, at):
            yield fire.replace(tzinfo=None)
            at = fire + timedelta(seconds=1)


def parse_slot(text: str) -> tuple[Trigger, ...]:
    """The triggers of one slot; several where it names several times. Raises ConfigError."""
    words = " ".join(text.lower().split())
    if not words:
        raise ConfigError("a slot is empty", where="slots", hint=_HINT)
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


def _make(text: str, **fields: object) -> Trigger:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - 60 ms that a plan without slots need not pay

    try:
        trigger = Trigger(text, CronTrigger(second=0, timezone=UTC, **fields))
        if next(trigger.walls(datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)), None) is None:
            raise ConfigError("this slot never happens", where=f'slot "{text}"', hint=_HINT)
    except (ValueError, TypeError, LookupError) as error:
        raise _not_understood(text) from error
    return trigger


def _not_understood(text: str) -> ConfigError:
    return ConfigError(f'"{text}" is not a valid slot', where="slots", hint=_HINT)
