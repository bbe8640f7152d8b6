"""Timestamp identifiers against the vectors of the specification and a real record."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.networks.bluesky.record import make_tid, parse_tid, tid_of

SYNTAX = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 7_000_000_000_000_000).map(lambda number: EPOCH + timedelta(microseconds=number))


@pytest.mark.parametrize(
    ("microseconds", "clock", "tid"),
    [
        (0, 0, "2222222222222"),
        (1700000000000000, 7, "3ke6kg3wk222b"),
        (1764000000000000, 0, "3m6f72q6k2222"),
        (1764000000123456, 1023, "3m6f72qccm2zz"),
        (1738119835506865, 1, "3lgtybpyq7l23"),
    ],
)
def test_vectors(microseconds: int, clock: int, tid: str) -> None:
    """Known moments give known identifiers, and back."""
    assert make_tid(microseconds, clock) == tid
    assert parse_tid(tid) == (microseconds, clock)


@pytest.mark.parametrize(
    "text", ["", "3lgtybpyq7l2", "3lgtybpyq7l234", "zzzzzzzzzzzzz", "3lgtybpyq7l21", "3LGTYBPYQ7L23"]
)
def test_other_texts_are_refused(text: str) -> None:
    """Length, alphabet and the top bit are checked."""
    with pytest.raises(ValueError, match="not a TID"):
        parse_tid(text)


@given(MOMENTS, st.text(max_size=20))
def test_one_message_has_one_identifier(moment: datetime, key: str) -> None:
    """Valid, the same every time, and it carries the moment to the microsecond."""
    tid = tid_of(moment, key)
    assert SYNTAX.fullmatch(tid)
    assert tid == tid_of(moment, key)
    assert EPOCH + timedelta(microseconds=parse_tid(tid)[0]) == moment


@given(MOMENTS, MOMENTS, st.text(max_size=9))
def test_later_sorts_later(one: datetime, other: datetime, key: str) -> None:
    """The order of identifiers is the order of moments."""
    assert (one < other) == (tid_of(one, key) < tid_of(other, key))


def test_keys_part_messages_of_one_moment() -> None:
    """Two messages intended in the same microsecond stay two records."""
    moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert tid_of(moment, "one") != tid_of(moment, "two")
