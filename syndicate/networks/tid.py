"""Timestamp identifiers of the AT Protocol: 13 sortable characters (atproto.com/specs/tid). Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_IDS = 1024


def make_tid(microseconds: int, clock_id: int) -> str:
    """The identifier of a moment (since 1970, at most 53 bits) on one of 1024 clocks."""
    number = (microseconds & (1 << 53) - 1) << 10 | clock_id % _CLOCK_IDS
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def parse_tid(tid: str) -> tuple[int, int]:
    """Microseconds and clock id of a well-formed identifier; raises ValueError."""
    if len(tid) != LENGTH or tid[0] not in ALPHABET[:16] or not set(tid) <= set(ALPHABET):
        raise ValueError(f"not a TID: {tid[:40]!r}")
    number = sum(ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(tid)))
    return number >> 10, number % _CLOCK_IDS


def is_tid(text: str) -> bool:
    """Whether a text is a well-formed identifier."""
    try:
        parse_tid(text)
    except ValueError:
        return False
    return True


def tid_of(moment: datetime, key: str) -> str:
    """The one identifier of a message: its moment of intent, and a clock id drawn from its key."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    clock_id = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big")
    return make_tid(microseconds, clock_id)
