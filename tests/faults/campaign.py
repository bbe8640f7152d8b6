"""Many schedules on all cores, added up."""

from __future__ import annotations

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.audience import SECRETS, Town, secrets_at_hand
from tests.faults.judge import count_by
from tests.faults.life import Ending, Life
from tests.faults.schedule import Outcome, Schedule, open_ground

CHUNK, FEW = 50, 5


@dataclass(slots=True)
class Result:
    """What many schedules came to. `broken` holds the outcomes in which a promise was broken."""

    schedules: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.schedules += 1
        self.tally += outcome.tally
        self.received += outcome.received
        self.held += outcome.held
        if outcome.faults:
            self.broken.append(outcome)

    @property
    def promises_broken(self) -> Counter[str]:
        return count_by([fault for outcome in self.broken for fault in outcome.faults])


@dataclass(slots=True)
class LifeResult:
    """What many lives came to. `broken` holds the endings in which a promise was broken."""

    lives: int = 0
    events: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    held: Counter[str] = field(default_factory=Counter)
    broken: list[Ending] = field(default_factory=list)

    def add(self, ending: Ending) -> None:
        self.lives += 1
        self.events += ending.events
        self.copies += ending.copies
        self.held += ending.held
        if ending.faults:
            self.broken.append(ending)

    @property
    def promises_broken(self) -> Counter[str]:
        return count_by([fault for ending in self.broken for fault in ending.faults])


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one: the campaign is about order, not about disks."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def run_some(seeds: Iterable[int]) -> list[Outcome]:
    """Schedules one after the other in this process; the stories of good ones are not worth keeping."""
    logging.disable()
    with scratch() as folder:
        ground = open_ground(folder)
        outcomes = [Schedule(seed, ground).live() for seed in seeds]
        ground.close()
    logging.disable(logging.NOTSET)
    for outcome in outcomes:
        if not outcome.faults:
            outcome.story.clear()
    return outcomes


def run_lives(first: int, lives: int, processes: int) -> Iterator[LifeResult]:
    """The result so far, after every few lives."""
    result = LifeResult()
    chunks = [range(at, min(at + FEW, first + lives)) for at in range(first, first + lives, FEW)]
    with get_context("spawn").Pool(processes, maxtasksperchild=20) as pool:
        for endings in pool.imap_unordered(live_some, chunks):
            for ending in endings:
                result.add(ending)
            yield result


def live_some(seeds: Iterable[int]) -> list[Ending]:
    """Lives one after the other in this process; the stories of good ones are not worth keeping."""
    logging.disable()
    endings = []
    with scratch() as folder, secrets_at_hand(SECRETS), Town() as town:
        for seed in seeds:
            ending = Life(seed, folder / str(seed), town).live()
            shutil.rmtree(folder / str(seed))
            endings.append(ending)
    logging.disable(logging.NOTSET)
    return endings


def replay(seed: int) -> Outcome:
    """One schedule with its story."""
    logging.disable()
    with scratch() as folder:
        ground = open_ground(folder)
        outcome = Schedule(seed, ground).live()
        ground.close()
    logging.disable(logging.NOTSET)
    return outcome


def run_all(first: int, schedules: int, processes: int) -> Iterator[Result]:
    """The result so far, after every chunk."""
    result = Result()
    chunks = [range(at, min(at + CHUNK, first + schedules)) for at in range(first, first + schedules, CHUNK)]
    with get_context("spawn").Pool(processes, maxtasksperchild=20) as pool:
        for outcomes in pool.imap_unordered(run_some, chunks):
            for outcome in outcomes:
                result.add(outcome)
            yield result
