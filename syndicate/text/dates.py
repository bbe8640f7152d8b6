"""Reads the dates that people and generators write into front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[Tt\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"(?:\s+\1)?\s*(?:UTC(?=[+-]))?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}|(?(4)[+-]\d(?::\d{2})?|(?!)))?$"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)()()()()()$")
_LEAST_SECONDS = 100_000_000
_MAX_LENGTH = 80
_NUMBER = re.compile(r"\d{9,13}$")
_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s+)??(?:(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?)"
    r"\.?,?\s+(\d{4})(?:,?\s+(?:at\s+)?(\d{1,2}):(\d{2})(?::\d{2})?)?$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(value: object, zone: tzinfo) -> datetime:
    """An instant in UTC. A date without a zone is in `zone`, a date without a time is its midnight there.

    Takes ISO 8601 and its looser relatives ("2025-3-1 9:00 +0200"), RFC 5322 mail dates, English words
    ("March 18, 2025"), seconds or milliseconds since 1970, and what TOML parses. Raises ValueError.
    """
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, date):
        return _in_utc(datetime.combine(value, time.min), zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        compact = _COMPACT.match(str(value))
        return _in_utc(_from_parts(compact), zone) if compact else _from_number(float(value))
    if isinstance(value, str):
        return _in_utc(_from_text(value.strip()), zone)
    if isinstance(value, Mapping) and "created" in value:  # Material for MkDocs
        return parse_date(value["created"], zone)
    raise ValueError("not a date")


def find_zone(value: object) -> tzinfo | None:
    """The zone that a date was written with, None where it names none."""
    if isinstance(value, datetime):
        return value.tzinfo
    found = _ISO.match(value.strip()) if isinstance(value, str) else None
    return _zone(found[8]) if found and found[8] else None


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    """Feeds want years of four digits, and whoever reckons with a date needs room on both sides of it."""
    if not 1000 <= moment.year <= 9000:
        raise ValueError("not a date: its year is not between 1000 and 9000")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _from_number(number: float) -> datetime:
    """Seconds, or milliseconds where seconds would lie beyond the year 2286; never a lone year."""
    if number < _LEAST_SECONDS:
        raise ValueError("the number is not a time since 1970")
    try:
        return datetime.fromtimestamp(number / 1000 if number >= 1e10 else number, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("the number is not a time since 1970") from error


def _from_text(text: str) -> datetime:
    if len(text) > _MAX_LENGTH:
        raise ValueError("not a date")
    found = _ISO.match(text) or _COMPACT.match(text)
    if found:
        return _from_parts(found)
    if _NUMBER.match(text):
        return _from_number(float(text))
    words = _WORDS.match(text)
    if words and (words[2] or words[3])[:3].lower() in _MONTHS:
        return _from_words(words)
    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError, ValueError) as error:
        raise ValueError("not a date") from error


def _from_parts(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    naive = datetime(  # noqa: DTZ001 - the offset or the caller adds the zone
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), micro
    )
    return naive.replace(tzinfo=_zone(offset)) if offset else naive


def _from_words(found: re.Match[str]) -> datetime:
    """ "March 18, 2025", "18 Mar 2025 09:30": English month names, whatever the locale."""
    month = _MONTHS.index((found[2] or found[3])[:3].lower()) + 1
    day, hour, minute = int(found[1] or found[4]), int(found[6] or 0), int(found[7] or 0)
    return datetime(int(found[5]), month, day, hour, minute)  # noqa: DTZ001 - the caller adds the zone


@lru_cache(maxsize=100)
def _zone(offset: str) -> tzinfo:
    if offset in {"Z", "z", "UTC", "GMT"}:
        return UTC
    hours, _, minutes = offset[1:].partition(":")
    digits = f"{hours[:2]:0>2}{minutes or hours[2:]:0>2}"
    found = datetime.strptime(f"{offset[0]}{digits}", "%z").tzinfo
    return found or UTC
