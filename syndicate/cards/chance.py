"""Chance that is the same every time: numbers drawn from SHA-256 of a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """An endless row of numbers; equal seeds give equal rows on every machine."""

    def __init__(self, seed: str) -> None:
        self._bytes = _draw(seed)

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1, for limits up to 65,536."""
        return (next(self._bytes) * 256 + next(self._bytes)) % limit

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.below(4096) / 4095


def _draw(seed: str) -> Iterator[int]:
    block = hashlib.sha256(seed.encode()).digest()
    while True:
        yield from block
        block = hashlib.sha256(block).digest()
