"""One small world: its chance, its time, and the moments at which something may go wrong.

True time passes for the networks; our own clock may be set wrong by hours and set right again. Everything comes from
one seed, so that a world can be lived through again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 28, 12, tzinfo=UTC)


class Crash(BaseException):
    """The process is gone at this very line."""


@dataclass(slots=True)
class World:
    """`step(name)` is called before and after everything that happens, and may bring trouble."""

    seed: int
    rng: random.Random = field(init=False)
    now: datetime = START
    offset: timedelta = timedelta(0)
    is_calm: bool = False
    clock_may_jump: bool = False
    calls_may_linger: bool = False
    tally: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    troubles: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What the schedule adds to the troubles of a step: rivals, persons."""
    depth: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        # A clock that lies and a call that lingers together would outwit any program: each world has one of them.
        self.clock_may_jump = self.rng.random() < 0.5
        self.calls_may_linger = not self.clock_may_jump

    def clock(self) -> datetime:
        """Our clock, right or wrong."""
        return self.now + self.offset

    def pass_by(self, time: timedelta) -> None:
        self.now += time

    def tell(self, line: str) -> None:
        self.story.append(f"{self.clock():%d %H:%M:%S} {'  ' * self.depth}{line}")

    def count(self, what: str) -> None:
        self.tally[what] += 1

    def happens(self, chance: float) -> bool:
        return not self.is_calm and self.rng.random() < chance

    def step(self, name: str, *, may_stall: bool = True) -> None:
        """A line of the program. Inside a call (`may_stall=False`) the process may die but not sleep for minutes."""
        self.pass_by(timedelta(milliseconds=self.rng.randint(1, 300)))
        if self.is_calm:
            return
        if self.happens(0.012):
            self.count("crash")
            self.tell(f"crash at {name}")
            raise Crash(name)
        if self.clock_may_jump and self.happens(0.01):
            self._jump()
        if may_stall and self.happens(0.006):
            self._stall(name)
        for trouble, strike in self.troubles.items():
            if self.depth == 0 and self.happens(0.012):
                self._strike(trouble, strike)

    def _jump(self) -> None:
        self.count("clock jump")
        self.offset = timedelta(seconds=self.rng.randint(-12 * 3600, 12 * 3600)) * self.rng.choice((0, 1))
        self.tell(f"the clock is {self.offset} wrong now")

    def _stall(self, name: str) -> None:
        self.count("stall")
        self.pass_by(timedelta(minutes=self.rng.choice((1, 6, 30))))
        self.tell(f"the machine slept at {name}")
        if self.depth == 0 and "rival" in self.troubles:
            self._strike("rival", self.troubles["rival"])

    def _strike(self, trouble: str, strike: Callable[[], None]) -> None:
        self.count(trouble)
        self.depth += 1
        try:
            strike()
        finally:
            self.depth -= 1
