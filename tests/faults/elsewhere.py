"""The same troubles for a state without a disk: every round is a run that begins with nothing but the remote state.

Runs die at any step of git, of the bucket and of the delivery, several are at work at once, each with a clock of its
own, and a person works on the same state from a laptop. What counts in the end is what the remote state says.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from syndicate.deliver import deliver_due
from syndicate.errors import StateError
from syndicate.model import Delivery
from syndicate.store import open_store
from syndicate.store.database import Database
from syndicate.store.remote.base import Copy, RemoteState
from syndicate.store.remote.lines import Sealer
from syndicate.store.remote.sync import StateSync
from syndicate.store.store import Store
from tests.faults.doors import guard
from tests.faults.schedule import Schedule
from tests.faults.world import Crash, World

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


class PassSchedule(Schedule):
    """A site whose rounds are passes on machines of their own. `passes` counts them."""

    def __init__(self, seed: int, opener: Opener, folder: Path) -> None:
        self._opener, self._folder = opener, folder
        self._blank = folder / "blank.db"
        if not self._blank.exists():
            open_store(f"sqlite:///{self._blank}", f"site-{seed}").close()
        self._machines = count()
        self.passes = 0
        super().__init__(seed, Database(f"sqlite:///{self._copy_blank()}"))
        self._laptop = self._make_sync(self.store, self.world.clock, self._folder / "laptop")

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
            self._world.step(f"before {name} {values[0] if values else ''}")
            answer = getattr(self._inner, name)(*values, **named)
            self._world.step(f"after {name} {values[0] if values else ''}")
            return answer

        return ask
