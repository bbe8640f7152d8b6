"""How the time of a function grows with its input: the exponent of hostile texts, fitted over four sizes.

1 is linear, 2 quadratic; above 1.3 is a finding. CPU time, so that a busy machine changes little; of
the thread, because a timer makes that of the process coarse.
`python -m tests.fuzz.growth [PART OF A NAME]…` prints the slowest growth of each function.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import log
from random import Random

from syndicate.errors import ContentError
from tests.fuzz.functions import FUNCTIONS
from tests.fuzz.units import UNITS, Unit

WORST = 1.3
_SIZES = (16_000, 32_000, 64_000, 128_000)
"""Below some thousand characters, what is cut or split is cheap: one piece, and no address is longer."""
_GLANCE = (4_000, 64_000)
"""Two sizes tell most linear functions from all others."""
_NOISE = 0.015
"""CPU seconds below which nobody can tell a growth."""
_LONGEST = 6
"""Seconds for one call: what takes longer is a finding whatever its growth."""

_LEAST = 5
"""Units for each function, however little time there is."""

Function = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Growth:
    """What one unit, repeated, did to one function. `seconds` is CPU for `size` characters."""

    name: str
    unit: Unit
    exponent: float
    seconds: float
    size: int

    def __str__(self) -> str:
        figures = f"{self.exponent:5.2f}  {self.seconds * 1000:8.1f} ms for {self.size:>9,} characters"
        return f"{figures}  {self.name}  {self.unit}"


class TooSlow(Exception):
    """One call took longer than any text may take."""


def measure(name: str, function: Function, unit: Unit) -> Growth:
    """The exponent over four sizes, or that of a glance where it shows a function to be linear or fast enough."""
    found = _measure(name, function, unit, _GLANCE, 1)
    if found.exponent <= WORST or found.seconds < _NOISE:
        return found
    again = _measure(name, function, unit, _SIZES, 3)
    return again if again.seconds >= _NOISE else found


def _measure(name: str, function: Function, unit: Unit, sizes: Sequence[int], tries: int) -> Growth:
    points: list[tuple[int, float]] = []
    try:
        for size in sizes:
            text = unit.repeat(size)
            points.append((len(text), _time(function, text, tries)))
    except TooSlow:
        return Growth(name, unit, 9.99, _LONGEST, size)
    return Growth(name, unit, _fit(points), points[-1][1], points[-1][0])


def _time(function: Function, text: str, tries: int) -> float:
    """The least CPU time of a few calls; a text that is refused (also for half surrogates) costs what that took."""
    best = float("inf")
    for _ in range(tries):
        with _alarm(), suppress(ContentError, UnicodeEncodeError):
            start = time.thread_time()
            try:
                function(text)
            finally:
                best = min(best, time.thread_time() - start)
    return best


def _fit(points: Sequence[tuple[int, float]]) -> float:
    """The slope of the line through the logarithms, by least squares."""
    pairs = [(log(size), log(max(seconds, 1e-6))) for size, seconds in points]
    x, y = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    return sum((a - x) * (b - y) for a, b in pairs) / sum((a - x) ** 2 for a, _ in pairs)


@contextmanager
def _alarm() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _LONGEST)
    gc.disable()  # its rounds fall where they like
    try:
        yield
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def measure_all(wanted: Callable[[str], bool] = lambda name: True) -> Iterator[tuple[str, list[Growth]]]:
    """The growth of each function under every unit, the slowest first. What looks bad is measured a second time."""
    for name, function in FUNCTIONS.items():
        if wanted(name):
            found = [_surely(name, function, unit) for unit in UNITS]
            yield name, sorted(found, key=lambda one: -one.exponent)


def measure_within(seconds: float, seed: int) -> Iterator[tuple[str, list[Growth]]]:
    """The same for as many units as there is time for, five at least, in an order that the seed decides."""
    chance = Random(seed)
    for name, function in FUNCTIONS.items():
        ends, found = time.monotonic() + seconds / len(FUNCTIONS), list[Growth]()
        for unit in chance.sample(UNITS, len(UNITS)):
            found.append(_surely(name, function, unit))
            if len(found) >= _LEAST and time.monotonic() >= ends:
                break
        yield name, sorted(found, key=lambda one: -one.exponent)


def _surely(name: str, function: Function, unit: Unit) -> Growth:
    """A neighbour on the processor may spoil one measurement, hardly two."""
    found = measure(name, function, unit)
    if found.exponent > WORST:
        found = min(found, measure(name, function, unit), key=lambda one: one.exponent)
    return found if found.seconds >= _NOISE else replace(found, exponent=min(found.exponent, 1.0))


def main(words: Sequence[str]) -> int:
    """Print the slowest growth of each function; 1 where one is above the limit."""
    findings = 0
    for _, found in measure_all(lambda name: not words or any(word in name for word in words)):
        bad = [one for one in found if one.exponent > WORST]
        findings += len(bad)
        for one in bad or found[:1]:
            print("SLOW" if one in bad else "    ", one, flush=True)
    print(f"{findings} above {WORST}")
    return min(findings, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
