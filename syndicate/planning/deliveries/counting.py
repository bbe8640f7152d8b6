"""How often others' answers to a message are counted: hourly at first, then daily, then weekly, then never."""

from __future__ import annotations

from datetime import datetime, timedelta

_PACE = (
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=30), timedelta(days=7)),
)
COUNTED_FOR = _PACE[-1][0]
"""After so long nobody is asked any more."""


def is_count_due(sent_at: datetime, looked_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to look again. A look in the future (the clock was set back since) counts for nothing."""
    last = looked_at if looked_at is not None and sent_at <= looked_at <= now else sent_at
    pace = next((pace for age, pace in _PACE if last - sent_at < age), None)
    return pace is not None and last + pace <= now <= sent_at + COUNTED_FOR
