"""Taking values out of answers whose shape nobody promised: a wrong shape is None, "" or [], never an exception."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from syndicate.http import Response
from syndicate.networks.answers import LONGEST_WAIT
from syndicate.text.cleaning import drop_controls


def pick(value: object, *path: str | int) -> object:
    """The value at a path of keys and indexes, None where an answer has another shape than expected."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def pick_text(value: object, *path: str | int) -> str:
    """The text or whole number at a path as text without control characters, "" where there is none."""
    found = pick(value, *path)
    return drop_controls(str(found)) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def pick_list(value: object, *path: str | int) -> list[object]:
    """The list at a path, empty where there is none."""
    found = pick(value, *path)
    return found if isinstance(found, list) else []


def pick_instant(value: object, *path: str | int) -> datetime | None:
    """The instant at a path, from ISO 8601 or Unix seconds; aware UTC, None where there is none."""
    found = pick_text(value, *path)
    try:
        if found.isdecimal():
            return datetime.fromtimestamp(int(found), UTC)
        moment = datetime.fromisoformat(found)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def pick_wait(response: Response, *path: str | int) -> datetime | None:
    """The instant that a number of seconds in the body stands for, None where there is no sensible number."""
    seconds = pick(response.json(), *path)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds < 0:
        return None
    return response.received_at + timedelta(seconds=min(float(seconds), LONGEST_WAIT.total_seconds()))
