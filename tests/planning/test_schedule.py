"""When messages go out: clock changes, quiet hours, gaps and caps, as tables and as promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import ConfigError
from syndicate.model import NEW, KnownDelivery, Occasion, ScheduleRules, State
from syndicate.planning.schedule import Calendar, Taken, get_zone, list_taken, next_slot, parse_quiet, parse_slots

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    """A wall-clock time of the zone as an instant; "!" at the end means the second of two."""
    wall = datetime.fromisoformat(text.rstrip("!"))
    return wall.replace(tzinfo=ZoneInfo(zone), fold=int(text.endswith("!"))).astimezone(UTC)


def rules(*slots: str, zone: str = "Europe/Berlin", **fields: Any) -> ScheduleRules:
    """Rules of an account."""
    return ScheduleRules(slots=slots, timezone=zone, **fields)


def fill(some: ScheduleRules, after: datetime, number: int) -> list[datetime]:
    """The next slots, each taken before the next is asked for."""
    taken: list[datetime] = []
    for _ in range(number):
        taken.append(next_slot(some, after, taken, after))
    return taken


@pytest.mark.parametrize(
    ("slots", "after", "expected"),
    [
        (["mon-fri 09:00", "sat 11:00"], "2026-11-26 10:00", ["11-27 09:00", "11-28 11:00", "11-30 09:00"]),
        (["mon-fri 09:00"], "2026-11-27 09:00", ["11-27 09:00", "11-30 09:00", "12-01 09:00"]),
        (["0 9 * * 1-5"], "2026-11-28 00:00", ["11-30 09:00", "12-01 09:00", "12-02 09:00"]),
        (["every day 12:00", "every day 08:00"], "2026-11-28 09:00", ["11-28 12:00", "11-29 08:00", "11-29 12:00"]),
        (["every day 12:00", "daily at noon"], "2026-11-28 09:00", ["11-28 12:00", "11-29 12:00", "11-30 12:00"]),
        (["0 0 29 2 *"], "2026-11-28 00:00", ["02-29 00:00", "02-29 00:00", "02-29 00:00"]),
    ],
)
def test_slots_come_in_order_and_serve_one_message_each(slots: list[str], after: str, expected: list[str]) -> None:
    """The first slot at or after the instant, then the next, however they are written."""
    found = fill(rules(*slots), local(after), 3)
    assert [f"{at.astimezone(BERLIN):%m-%d %H:%M}" for at in found] == expected
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("zone", "slot", "after", "expected"),
    [
        # Spring: 02:00 becomes 03:00. What does not exist is read with the offset before the jump.
        ("Europe/Berlin", "every day 02:30", "2026-03-28 12:00", ["2026-03-29 03:30", "2026-03-30 02:30"]),
        ("Europe/Berlin", "every day 02:00", "2026-03-28 12:00", ["2026-03-29 03:00", "2026-03-30 02:00"]),
        ("Europe/Berlin", "every day 02:30", "2026-03-29 03:10", ["2026-03-29 03:30", "2026-03-30 02:30"]),
        ("Europe/Berlin", "every day 02:30", "2026-03-29 03:31", ["2026-03-30 02:30", "2026-03-31 02:30"]),
        ("Europe/Berlin", "every day 09:00", "2026-03-28 12:00", ["2026-03-29 09:00", "2026-03-30 09:00"]),
        ("Europe/Berlin", "*/30 1-3 * * *", "2026-03-29 01:30", ["2026-03-29 01:30", "2026-03-29 03:00"]),
        ("America/New_York", "0 2 * * *", "2026-03-07 12:00", ["2026-03-08 03:00", "2026-03-09 02:00"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00", ["2026-10-04 02:45", "2026-10-05 02:15"]),
        # Autumn: 03:00 becomes 02:00. What exists twice means the first.
        ("Europe/Berlin", "every day 02:30", "2026-10-24 12:00", ["2026-10-25 02:30", "2026-10-26 02:30"]),
        ("Europe/Berlin", "every day 02:30", "2026-10-25 02:31", ["2026-10-26 02:30", "2026-10-27 02:30"]),
        ("Europe/Berlin", "every day 02:30", "2026-10-25 02:10!", ["2026-10-26 02:30", "2026-10-27 02:30"]),
        ("Europe/Berlin", "every day 03:00", "2026-10-25 02:30", ["2026-10-25 03:00", "2026-10-26 03:00"]),
        ("America/New_York", "30 1 * * *", "2026-10-31 12:00", ["2026-11-01 01:30", "2026-11-02 01:30"]),
        ("Asia/Kolkata", "every day 02:30", "2026-03-28 12:00", ["2026-03-29 02:30", "2026-03-30 02:30"]),
    ],
)  # fmt: skip
def test_clock_changes(zone: str, slot: str, after: str, expected: list[str]) -> None:
    """A slot in the lost hour happens once, an hour later; one in the repeated hour happens once, the first time."""
    found = fill(rules(slot, zone=zone), local(after, zone), len(expected))
    assert found == [local(text, zone) for text in expected]


@pytest.mark.parametrize(
    ("fields", "after", "taken", "expected"),
    [
        ({}, "11-24 12:34", [], "11-24 12:34"),
        ({"quiet": "22:00-07:00"}, "11-24 21:59", [], "11-24 21:59"),
        ({"quiet": "22:00-07:00"}, "11-24 22:00", [], "11-25 07:00"),
        ({"quiet": "22:00-07:00"}, "11-25 03:00", [], "11-25 07:00"),
        ({"quiet": "22:00-07:00"}, "11-25 07:00", [], "11-25 07:00"),
        ({"quiet": "12:00-14:00"}, "11-24 12:34", [], "11-24 14:00"),
        ({"gap": timedelta(hours=2)}, "11-24 12:00", ["11-24 11:00"], "11-24 13:00"),
        ({"gap": timedelta(hours=2)}, "11-24 12:00", ["11-24 10:00"], "11-24 12:00"),
        ({"gap": timedelta(hours=2)}, "11-24 12:00", ["11-24 13:00"], "11-24 15:00"),
        ({"gap": timedelta(hours=2)}, "11-24 12:00", ["11-24 11:00", "11-24 14:30"], "11-24 16:30"),
        ({"gap": timedelta(hours=2), "quiet": "22:00-07:00"}, "11-24 21:00", ["11-24 20:30"], "11-25 07:00"),
        ({"gap": timedelta(hours=2), "quiet": "22:00-07:00"}, "11-24 23:00", ["11-25 06:00"], "11-25 08:00"),
        ({"per_day": 1}, "11-24 12:00", ["11-24 08:00"], "11-25 00:00"),
        ({"per_day": 2}, "11-24 12:00", ["11-24 08:00"], "11-24 12:00"),
        ({"per_day": 1, "quiet": "22:00-07:00"}, "11-24 12:00", ["11-24 08:00", "11-25 09:00"], "11-26 07:00"),
    ],
)
def test_without_slots_as_soon_as_it_may(fields: dict[str, Any], after: str, taken: list[str], expected: str) -> None:
    """Quiet hours end, gaps on both sides and the daily cap are kept."""
    at = local(f"2026-{after}")
    found = next_slot(rules(**fields), at, [local(f"2026-{text}") for text in taken], at)
    assert found == local(f"2026-{expected}")


@pytest.mark.parametrize(
    ("fields", "taken", "expected"),
    [
        ({}, ["11-25 09:00"], "11-25 12:00"),
        ({"gap": timedelta(hours=4)}, ["11-25 08:00"], "11-25 12:00"),
        ({"quiet": "08:00-10:00"}, [], "11-25 12:00"),
        ({"per_day": 1}, ["11-25 08:00"], "11-26 09:00"),
        ({"per_day": 1, "quiet": "08:00-10:00"}, ["11-25 20:00"], "11-26 12:00"),
    ],
)
def test_with_slots_the_first_that_is_free(fields: dict[str, Any], taken: list[str], expected: str) -> None:
    """A slot that is taken, quiet, too near a message or on a full day is passed over."""
    at = local("2026-11-25 00:00")
    found = next_slot(
        rules("every day 09:00", "every day 12:00", **fields), at, [local(f"2026-{t}") for t in taken], at
    )
    assert found == local(f"2026-{expected}")


@pytest.mark.slow
def test_a_queue_of_many_years_is_no_error() -> None:
    """A slot a week and 600 posts: the last waits for eleven years, and gets its slot."""
    some = rules("mon 09:00")
    calendar, taken = Calendar(some), Taken([])
    begin = local("2026-11-25 00:00")
    for _ in range(600):
        taken.add(calendar.next_slot(begin, taken), calendar.zone)
    assert len(set(taken.instants)) == 600
    assert taken.instants[-1] - begin > timedelta(weeks=599)


def test_never_before_now() -> None:
    """A post of long ago goes out at the next slot from now, not at one that is over."""
    now = local("2026-11-25 10:00")
    assert next_slot(rules("every day 09:00"), local("2020-01-01 00:00"), [], now) == local("2026-11-26 09:00")
    assert next_slot(rules(), local("2020-01-01 00:00"), [], now) == now


@pytest.mark.parametrize(
    ("after", "ends"),
    [
        ("2026-10-25 01:30", "2026-10-25 02:45"),
        ("2026-10-25 02:30", "2026-10-25 02:45"),
        ("2026-10-25 02:30!", "2026-10-25 02:45!"),
    ],
)
def test_quiet_hours_that_end_in_the_repeated_hour(after: str, ends: str) -> None:
    """Quiet until 02:45 ends each time the clock says so, and never a day later."""
    assert next_slot(rules(quiet="22:00-02:45"), local(after), [], local(after)) == local(ends)


@given(
    after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - a wall-clock time, made aware below
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham"]),
    slots=st.lists(
        st.sampled_from(["every day 02:30", "mon-fri 09:00", "*/20 1-3 * * *", "sat,sun 11:15"]), max_size=3
    ),
    quiet=st.sampled_from(["", "22:00-02:00", "12:00-14:00"]),
    gap=st.sampled_from([timedelta(), timedelta(minutes=30), timedelta(hours=5)]),
    per_day=st.sampled_from([0, 1, 3]),
)
def test_promises(after: datetime, zone: str, slots: Sequence[str], quiet: str, gap: timedelta, per_day: int) -> None:
    """Whatever the rules: never early, never quiet, never too near, never too many, and the same when asked again."""
    some = rules(*slots, zone=zone, quiet=quiet, gap=gap or timedelta(minutes=1), per_day=per_day)
    at = after.replace(tzinfo=UTC)
    found = fill(some, at, 5)
    assert found == fill(some, at, 5)
    assert all(one >= at and not Calendar(some).is_quiet(one) for one in found)
    ordered = sorted(found)
    assert all(later - earlier >= some.gap for earlier, later in pairwise(ordered))
    days = [one.astimezone(ZoneInfo(zone)).date() for one in found]
    assert not per_day or max(days.count(day) for day in days) <= per_day


@given(st.lists(st.integers(0, 20_000), max_size=12), st.integers(0, 20_000))
def test_a_calendar_asked_often_answers_as_one_asked_once(taken: list[int], minutes: int) -> None:
    """Remembering slots changes no answer."""
    begin = local("2026-03-20 00:00")
    some = rules("every day 02:30", "mon-fri 09:00", gap=timedelta(hours=3))
    calendar, instants = Calendar(some), sorted(begin + timedelta(minutes=m) for m in taken)
    for offset in (minutes, 0, 500, minutes):
        at = begin + timedelta(minutes=offset)
        assert calendar.next_slot(at, Taken(list(instants))) == next_slot(some, at, instants, at)


@pytest.mark.parametrize(
    "some",
    [
        rules("every day 09:00", quiet="08:00-10:00"),
        pytest.param(rules("every day 09:00", "30 9 * * *", quiet="09:00-09:31"), marks=pytest.mark.slow),
    ],
)
def test_rules_that_leave_no_slot_say_so(some: ScheduleRules) -> None:
    """Slots inside the quiet hours never come: an error instead of a search without end."""
    with pytest.raises(ConfigError, match="no slot is ever free"):
        next_slot(some, local("2026-11-25 00:00"), [], local("2026-11-25 00:00"))


@pytest.mark.parametrize("text", ["22:00", "22-7-8", "ten to eleven", "09:00-09:00", "25:00-07:00", "-"])
def test_quiet_hours_that_cannot_be_read(text: str) -> None:
    """The error names the key and shows how to write them."""
    with pytest.raises(ConfigError, match=r"schedule\.quiet") as caught:
        parse_quiet(text)
    assert "22:00-07:00" in caught.value.hint


def test_a_zone_that_does_not_exist() -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match="Mars/Olympus"):
        get_zone("Mars/Olympus")


def test_no_slots_are_fine() -> None:
    """An empty list means at once."""
    assert parse_slots(()) == ()


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({"state": State.PLANNED}, True),
        ({"state": State.HELD}, True),
        ({"state": State.UNCERTAIN}, True),
        ({"state": State.SENT, "sent_at": SLOT}, True),
        ({"state": State.MISSED}, False),
        ({"state": State.CANCELLED}, False),
        ({"part": 2}, False),
        ({"occasion": Occasion.of_month("2026-11")}, False),
        ({"occasion": Occasion.of_month("2026-11"), "chosen_due_at": SLOT}, True),
    ],
)
def test_which_slots_are_taken(changes: dict[str, Any], is_taken: bool) -> None:
    """What was said, and what waits; a recycled post gives way unless a person gave it its time."""
    row = KnownDelivery(1, "p", "a", NEW, 1, State.PLANNED, SLOT)
    assert list(list_taken([replace(row, **changes)])) == [SLOT] * is_taken
