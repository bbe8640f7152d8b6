"""The same troubles for a state without a disk: every round is a run that begins with nothing but the remote state.

Runs die at any step of git, of the bucket and of the delivery, several are at work at once, each with a clock of its
own, and a person works on the same state from a laptop. What counts in the end is what the remote state says.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

from obstore.store import MemoryStore, ObjectStore, S3Store

from syndicate.deliver import deliver_due
from syndicate.errors import StateError
from syndicate.model import Delivery
from syndicate.store import open_store
from syndicate.store.database import Database
from syndicate.store.remote import Copy, RemoteState, Sealer
from syndicate.store.remote.git import GitState
from syndicate.store.remote.object_store import BucketState
from syndicate.store.remote.sync import StateSync
from syndicate.store.store import Store
from tests.faults.campaign import scratch
from tests.faults.doors import guard
from tests.faults.judge import judge
from tests.faults.schedule import Outcome, Schedule
from tests.faults.world import Crash, World
from tests.seaweed import BUCKET, WRITER

EVERY_KIND = (0, 3, 5)
"""Seeds whose accounts are, together, on every kind of network."""
MOST_STEPS = 90
"""More than a pass has."""
KEY = "a key for tests of the whole state"
Opener = Callable[[Path, World], RemoteState]
"""Opens the remote state as a machine would that has only this folder."""


@dataclass(slots=True)
class Door:
    """A remote state that may be away, may not say that it wrote, and at which a run may die before and after."""

    inner: RemoteState
    world: World

    @property
    def where(self) -> str:
        return self.inner.where

    def head(self) -> str:
        with self._step("head"):
            return self.inner.head()

    def read(self) -> Copy | None:
        with self._step("read"):
            return self.inner.read()

    def write(self, files: Mapping[str, bytes], expected: str, note: str) -> str:
        with self._step("write"):
            version = self.inner.write(files, expected, note)
        if self.world.happens(0.01):
            self.world.count("push without an answer")
            raise StateError("no answer")
        return version

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.world.step(f"before {name}")
        if self.world.happens(0.01):
            self.world.count("remote away")
            raise StateError("cannot be reached")
        yield
        self.world.step(f"after {name}")


@dataclass(slots=True)
class Mortal(World):
    """A world in which nothing happens but one death."""

    die_at: int | str = ""
    """The number or the name of the step."""
    steps: int = 0
    died_at: str = ""

    def step(self, name: str, *, may_stall: bool = True) -> None:
        World.step(self, name, may_stall=may_stall)
        self.steps += 1
        if self.die_at in {self.steps, name}:
            self.died_at = name
            raise Crash(name)


class PassSchedule(Schedule):
    """A site whose rounds are passes on machines of their own. `passes` counts them."""

    def __init__(self, seed: int, opener: Opener, folder: Path, world: World | None = None) -> None:
        self._opener, self._folder = opener, folder
        self._blank = folder / "blank.db"
        if not self._blank.exists():
            open_store(f"sqlite:///{self._blank}", f"site-{seed}").close()
        self._machines = count()
        self.passes = 0
        super().__init__(seed, Database(f"sqlite:///{self._copy_blank()}"), world)
        self._laptop = self._make_sync(self.store, self.world.clock, self._folder / "laptop")

    def die_at(self, step: int | str) -> tuple[str, list[str]]:
        """A pass that dies at this step, in a world without other troubles, and what its successors make of it.

        Returns the step's name, "" where the pass has fewer.
        """
        world = self.world
        assert isinstance(world, Mortal)
        world.is_calm = True
        super()._fill()
        with self._laptop.changing():
            pass
        world.die_at = world.steps + step if isinstance(step, int) else step
        self._pass("run", timedelta(0))
        world.die_at = ""
        self._calm_down()
        return world.died_at, [*self.faults, *judge(self.store, self.servers, is_over=True)]

    def _fill(self) -> None:
        with self._no_part_of_it(), self._laptop.changing():
            super()._fill()

    def _round(self) -> None:
        self._pass("run", timedelta(0))
        with self._no_part_of_it():
            self._laptop.refresh()
        self._judge_now()

    @contextmanager
    def _no_part_of_it(self) -> Iterator[None]:
        """What only prepares or judges the story."""
        calm, self.world.is_calm = self.world.is_calm, True
        yield
        self.world.is_calm = calm

    def _run_rival(self) -> None:
        self.world.tell("a rival works")
        skew = (
            timedelta(minutes=self.world.rng.choice((0, 0, 3, 50, -50))) if self.world.clock_may_jump else timedelta(0)
        )
        if not self._pass("rival", skew) and self.world.happens(0.5):
            raise Crash("both at once")
        self.world.tell("the rival is done")

    def _act_as_person(self) -> None:
        try:
            with self._laptop.changing():
                super()._act_as_person()
        except StateError as error:
            self.world.tell(f"the person is told: {error}")

    def _mend(self, seen: Delivery) -> None:
        with self._laptop.changing():
            super()._mend(seen)

    def _pass(self, name: str, skew: timedelta) -> bool:
        """One run on a machine of its own; returns False where it died."""
        self.passes += 1
        database = Database(f"sqlite:///{self._copy_blank()}")
        store = Store(database, f"site-{self.world.seed}")
        folder = self._folder / f"machine-{next(self._machines)}"

        def clock() -> datetime:
            return self.world.clock() + skew

        try:
            sync = self._make_sync(store, clock, folder)
            with sync.changing():
                tools = replace(self._tools(name), store=guard(store, self.world), durable=sync, clock=clock)
                deliver_due(tools, threads=1)
        except Crash:
            return False
        except StateError as error:
            self.world.tell(f"the pass ended: {error}")
        finally:
            database.close()
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _make_sync(self, store: Store, clock: Callable[[], datetime], folder: Path) -> StateSync:
        folder.mkdir()
        return StateSync(
            Door(self._opener(folder, self.world), self.world),
            store,
            Sealer(KEY),
            lock=folder / "state.lock",
            name=folder.name,
            clock=clock,
            glance=timedelta(0),
            sleep=lambda seconds: self.world.pass_by(timedelta(seconds=seconds)),
        )

    def _copy_blank(self) -> Path:
        return Path(shutil.copy(self._blank, self._folder / f"{next(self._machines)}.db"))


class Bucket:
    """An object store at which a run may die before and after every request."""

    def __init__(self, inner: Any, world: World) -> None:
        self._inner = inner
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*values: Any, **named: Any) -> Any:
            what = f"{name} {values[0].partition('.')[0] if values else ''}".rstrip()
            self._world.step(f"before {what}")
            answer = getattr(self._inner, name)(*values, **named)
            self._world.step(f"after {what}")
            return answer

        return ask


# --- many of them -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PassResult:
    """What many passes came to. `broken` tells the promises that were not kept."""

    passes: Counter[str] = field(default_factory=Counter)
    """By the kind of place."""
    tally: Counter[str] = field(default_factory=Counter)
    received: int = 0
    held: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    """By the step at which a pass died that went undisturbed until then."""
    broken: list[str] = field(default_factory=list)


def run_deaths(stride: int, processes: int, address: str) -> Iterator[PassResult]:
    """A death at every step, or at each `stride`th, of passes to all kinds of networks."""
    result = PassResult()
    steps = [(seed, 1 + step, address) for step in range(0, MOST_STEPS, stride) for seed in EVERY_KIND]
    with get_context("spawn").Pool(processes, maxtasksperchild=20) as pool:
        for kind, passes, name, faults in pool.imap_unordered(die_elsewhere, steps):
            result.passes[kind] += passes
            result.kills += Counter([name] if name else [])
            result.broken += [f"{kind}, died {name}: {fault}" for fault in faults]
            yield result


def die_elsewhere(asked: tuple[int, int | str, str]) -> tuple[str, int, str, list[str]]:
    seed, step, address = asked
    kind = "branch" if isinstance(step, int) and (seed + step) % 2 == 0 else "bucket"
    logging.disable()
    with scratch() as folder:
        opener = _open_bucket(seed, address) if kind == "bucket" else _open_branch(folder)
        schedule = PassSchedule(seed, opener, folder, Mortal(seed))
        name, faults = schedule.die_at(step)
        schedule.database.close()
    logging.disable(logging.NOTSET)
    return kind, schedule.passes, name, faults


def run_passes(
    wanted: int, first: int, processes: int, address: str, result: PassResult | None = None
) -> Iterator[PassResult]:
    """The result so far, after every schedule; `address` is an S3 server's, "" for one in memory."""
    result = result or PassResult()
    seeds = count(first)
    with get_context("spawn").Pool(processes, maxtasksperchild=20) as pool:
        while result.passes.total() < wanted:
            chunk = [(next(seeds), address) for _ in range(processes * 2)]
            for kind, passes, outcome in pool.imap_unordered(live_elsewhere, chunk):
                result.passes[kind] += passes
                result.tally += outcome.tally
                result.received += outcome.received.total()
                result.held += outcome.held.total()
                result.broken += [f"{kind}, seed {outcome.seed}: {fault}" for fault in outcome.faults]
                yield result


def live_elsewhere(asked: tuple[int, str]) -> tuple[str, int, Outcome]:
    """One schedule: even seeds keep the state in a branch, odd ones in a bucket."""
    seed, address = asked
    logging.disable()
    with scratch() as folder:
        schedule = PassSchedule(seed, _open_bucket(seed, address) if seed % 2 else _open_branch(folder), folder)
        outcome = schedule.live()
        schedule.database.close()
    logging.disable(logging.NOTSET)
    return "bucket" if seed % 2 else "branch", schedule.passes, outcome


def _open_branch(folder: Path) -> Opener:
    """A bare repository, and the checkout of a blog that pushes to it."""
    for words in (
        ("init", "--quiet", "--bare", "origin.git"),
        ("init", "--quiet", "site"),
        ("-C", "site", "remote", "add", "origin", "../origin.git"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return lambda machine, _world: GitState(folder / "site", "state", machine / "state.git")


def _open_bucket(seed: int, address: str) -> Opener:
    prefix = f"{seed}-{secrets.token_hex(4)}"
    memory = None if address else MemoryStore()

    def open_one(_machine: Path, world: World) -> RemoteState:
        store = memory or S3Store(
            BUCKET,
            prefix=prefix,
            endpoint=address,
            access_key_id=WRITER[0],
            secret_access_key=WRITER[1],
            region="us-east-1",
            client_options={"allow_http": True},
        )
        return BucketState(cast(ObjectStore, Bucket(store, world)), f"s3://{BUCKET}/{prefix}")

    return open_one
