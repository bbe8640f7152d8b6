"""How often a message is looked at for what others answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syndicate.app.maintenance import is_count_due

SENT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_looks_grow_rare_with_age_and_end() -> None:
    """Hourly on the first day, daily for a week, weekly for a month, then never: 34 looks by a tick every half hour."""
    looks: list[datetime] = []
    for tick in range(2 * 24 * 60):
        now = SENT + tick * HOUR / 2
        if is_count_due(SENT, looks[-1] if looks else None, now):
            looks.append(now)
    ages = [look - SENT for look in looks]
    assert ages[:24] == [n * HOUR for n in range(1, 25)]
    assert ages[24:30] == [n * DAY for n in range(2, 8)]
    assert ages[30:] == [n * DAY for n in (14, 21, 28)]


def test_a_clock_that_jumped_and_a_long_pause_end_well() -> None:
    """A look in the future counts for nothing; what slept through its month is left alone."""
    assert is_count_due(SENT, SENT + 365 * DAY, SENT + 2 * HOUR)
    assert is_count_due(SENT, SENT - DAY, SENT + HOUR)
    assert not is_count_due(SENT, None, SENT + HOUR - MINUTE)
    assert is_count_due(SENT, None, SENT + 29 * DAY)
    assert not is_count_due(SENT, None, SENT + 31 * DAY)
