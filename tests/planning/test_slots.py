"""Slots and times in people's words."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import ConfigError, UsageError
from syndicate.model import ScheduleRules
from syndicate.planning.schedule import Calendar
from syndicate.planning.schedule.when import parse_clock, parse_moment, parse_slot, parse_when

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 13, 30, tzinfo=UTC)  # a Friday, 14:30 in Berlin


def first(text: str, number: int) -> list[str]:
    """The first times of a slot from a Monday on."""
    slots = Calendar(ScheduleRules(slots=(text,))).list_slots(MONDAY, datetime.max.replace(tzinfo=UTC))
    return [f"{at:%a %H:%M}".lower() for at in islice(slots, number)]


WEEK = ["mon 09:00", "tue 09:00", "wed 09:00", "thu 09:00", "fri 09:00", "mon 09:00"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri 09:00", WEEK),
        ("Mon-Fri at 9", WEEK),
        ("weekdays at 9", WEEK),
        ("weekdays 9am", WEEK),
        ("monday to friday 9:00", WEEK),
        ("mon–fri 9.00", WEEK),
        ("0 9 * * 1-5", WEEK),
        ("0 9 * * mon-fri", WEEK),
        ("every day 08:30", ["mon 08:30", "tue 08:30"]),
        ("daily 8:30 am", ["mon 08:30", "tue 08:30"]),
        ("08:30", ["mon 08:30", "tue 08:30"]),
        ("at 8:30", ["mon 08:30", "tue 08:30"]),
        ("30 8 * * *", ["mon 08:30", "tue 08:30"]),
        ("sat 11:00", ["sat 11:00", "sat 11:00"]),
        ("every saturday at 11", ["sat 11:00", "sat 11:00"]),
        ("weekends at noon", ["sat 12:00", "sun 12:00"]),
        ("sat,sun 12:00", ["sat 12:00", "sun 12:00"]),
        ("sat & sun 12pm", ["sat 12:00", "sun 12:00"]),
        ("0 12 * * 6,0", ["sat 12:00", "sun 12:00"]),
        ("0 12 * * 6-7", ["sat 12:00", "sun 12:00"]),
        ("sat-mon 10:00", ["mon 10:00", "sat 10:00", "sun 10:00", "mon 10:00"]),
        ("mon, wed and fri 7pm", ["mon 19:00", "wed 19:00", "fri 19:00"]),
        ("tue 09:00, 17:00", ["tue 09:00", "tue 17:00"]),
        ("tue 09:00 and 17:00", ["tue 09:00", "tue 17:00"]),
        ("*/30 9 * * *", ["mon 09:00", "mon 09:30", "tue 09:00"]),
        ("0 0 * * 0", ["sun 00:00"]),
        ("0 0 * * 7", ["sun 00:00"]),
        ("0 0 * * */2", ["mon 00:00"]),
        ("0 9 25 * 2", ["tue 09:00", "wed 09:00"]),
    ],
)
def test_slots_are_read_as_meant(text: str, expected: list[str]) -> None:
    """Words and cron lines; Sunday is 0 and 7, and days of month and week add up, as in cron."""
    assert first(text, len(expected)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "someday 09:00", "mon-fri", "mon-fri 25:00", "mon-fri 9:75", "0 9 * *", "0 9 * * 8", "99 9 * * *",
     "0 9 31 2 *", "mon-fri 13pm", "every 09:00 moon", "* * * * * *", "0 9 * * 1-9", "0 9 * * x"],
)  # fmt: skip
def test_slots_that_cannot_be_read(text: str) -> None:
    """The error names the slot and shows how to write one."""
    with pytest.raises(ConfigError) as caught:
        parse_slot(text)
    assert "mon-fri 09:00" in caught.value.hint


@given(st.text(max_size=25) | st.from_regex(r"[0-9*/,-]{1,5}( [0-9*/,-]{1,4}){4}", fullmatch=True))
def test_any_text_is_a_slot_or_an_error(text: str) -> None:
    """Nothing typed into the file ends in anything but an answer or a clear error."""
    with suppress(ConfigError):
        assert first(text, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", time(9)), ("09:05", time(9, 5)), ("9.05", time(9, 5)), ("9h05", time(9, 5)), ("9am", time(9)),
        ("12am", time(0)), ("12 pm", time(12)), ("9:30 p.m.", time(21, 30)), ("noon", time(12)), ("midnight", time(0)),
        ("24:00", None), ("9:60", None), ("13pm", None), ("0am", None), ("9:5", None), ("", None), ("nine", None),
    ],
)  # fmt: skip
def test_clock_times(text: str, expected: time | None) -> None:
    """Twenty-four hours, halves of the day, and words."""
    assert parse_clock(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "11-27 14:30"),
        ("in 2 hours", "11-27 16:30"),
        ("in 90 minutes", "11-27 16:00"),
        ("in an hour", "11-27 15:30"),
        ("in half an hour", "11-27 15:00"),
        ("in 3 days", "11-30 14:30"),
        ("in a week", "12-04 14:30"),
        ("IN 2H", "11-27 16:30"),
        ("tomorrow 09:00", "11-28 09:00"),
        ("tomorrow at 9am", "11-28 09:00"),
        ("Tomorrow", "11-28 09:00"),
        ("today 17:00", "11-27 17:00"),
        ("tonight", "11-27 20:00"),
        ("tonight 22:15", "11-27 22:15"),
        ("next monday 9am", "11-30 09:00"),
        ("monday", "11-30 09:00"),
        ("friday 15:00", "11-27 15:00"),
        ("next friday 15:00", "12-04 15:00"),
        ("friday 10:00", "12-04 10:00"),
        ("on sun at 8", "11-29 08:00"),
        ("15:00", "11-27 15:00"),
        ("at 9am", "11-28 09:00"),
        ("noon", "11-28 12:00"),
        ("2026-11-30", "11-30 09:00"),
        ("2026-11-30 10:15", "11-30 10:15"),
        ("2026-11-30T10:15:00", "11-30 10:15"),
        ("2026-11-30T10:15Z", "11-30 11:15"),
        ("2026-11-30t10:15z", "11-30 11:15"),
        ("2026-11-30T10:15+05:30", "11-30 05:45"),
    ],
)
def test_when_is_read_in_the_zone_of_the_site(text: str, expected: str) -> None:
    """What people type for a time, from a Friday afternoon in Berlin."""
    assert f"{parse_when(text, NOW, BERLIN).astimezone(BERLIN):%m-%d %H:%M}" == expected


def test_this_minute_is_now() -> None:
    """A field for a time knows no seconds."""
    now = NOW.replace(second=59)
    assert parse_when("2026-11-27T14:30", now, BERLIN) == now


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("soon", "not a time"), ("", "not a time"), ("tomorrow morning", "not a time"), ("2026-13-01", "not a time"),
            ("9", "not a time"),
        ("in two hours", "not a time"), ("monkey 9:00", "not a time"), ("today 09:00", "past"), ("2020-01-01", "past"),
        ("2026-11-27T14:29", "past"), ("in 100000 weeks", "not a time"),
    ],
)  # fmt: skip
def test_when_that_cannot_be_used(text: str, word: str) -> None:
    """Neither nonsense nor the past: the error says which, and how to write it."""
    with pytest.raises(UsageError, match=word) as caught:
        parse_when(text, NOW, BERLIN)
    assert "tomorrow 09:00" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-03-29 02:30", "01:30"), ("2026-10-25 02:30", "00:30"), ("2026-03-29 03:30", "01:30")],
)
def test_when_over_clock_changes(text: str, expected: str) -> None:
    """A time that does not exist is an hour later, one that exists twice is the first."""
    found = parse_moment(text, BERLIN)
    assert found is not None
    assert f"{found:%H:%M}" == expected


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_an_error(text: str) -> None:
    """Nothing typed ends in anything but an instant that is not over, or a clear error."""
    try:
        assert parse_when(text, NOW, BERLIN) >= NOW
    except UsageError:
        return
