"""kill -9 of a real process that talks real HTTP, at every named step, and what its successor makes of it.

Each trial has an outbox with one delivery for a network that keeps keys (Mastodon), one that knows its records by our
key (Bluesky) and one that shows nothing to us (a Discord webhook). The victim delivers and is killed at its n-th
step, or while its call is at the server, or at a random instant; then other processes go on until all is settled.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from syndicate.deliver import deliver_due
from syndicate.model import NEW, Delivery, PlannedDelivery, Reason, Receipt, State
from syndicate.store import open_store
from syndicate.store.store import Store
from tests.faults.victim import CASES, START, Orders, run_victim, wired
from tests.networks.fake import CUT, Fake, Fault

DELIVERIES = 2
"""On each account."""
ROUNDS = 12
PATIENCE = 20
"""Seconds that a victim may take before something is wrong with the campaign itself."""
IN_FLIGHT = "while the call is at the server"
ANYWHERE = "at a random instant"


@dataclass(slots=True)
class Toll:
    """What the kills came to: how often each step was hit, and every broken promise."""

    kills: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run_kills(kills: int, folder: Path, *, first: int = 0) -> Iterator[Toll]:
    """The toll so far, after every kill."""
    get_context("forkserver").set_forkserver_preload(["tests.faults.victim"])
    rng = random.Random(first)
    blank = folder / "blank.db"
    open_store(f"sqlite:///{blank}", "default").close()
    toll = Toll()
    steps = _list_steps(folder, blank)
    for number in range(first, first + kills):
        with _Trial(folder, blank, number) as trial:
            trial.kill(*_choose(number, steps, rng))
            trial.recover()
            trial.judge(toll)
        yield toll


def _choose(number: int, steps: list[str], rng: random.Random) -> tuple[str, int, float]:
    """Two of three kills go through all steps in turn; the others hit a running call or any instant."""
    if number % 6 == 4:
        return IN_FLIGHT, number, 0.0
    if number % 6 == 5:
        return ANYWHERE, 0, rng.random() * 0.25
    at = (number - number // 6 * 2) % len(steps)
    return steps[at], at, 0.0


def _list_steps(folder: Path, blank: Path) -> list[str]:
    """The steps of a round that nobody disturbs, in order."""
    seen: list[str] = []
    with (
        _Trial(folder, blank, -1) as trial,
        trial.open() as store,
        wired(store, trial.urls, timedelta(0), seen.append) as tools,
    ):
        deliver_due(tools, threads=1)
    return seen


class _Trial:
    """One state file and one set of fake servers."""

    def __init__(self, folder: Path, blank: Path, number: int) -> None:
        self.number = number
        self.path = Path(shutil.copy(blank, folder / f"kill-{number}.db"))
        self.fakes: dict[str, Fake] = {}
        self.step = ""
        self.held: Counter[str] = Counter()
        self._closing = ExitStack()

    def __enter__(self) -> _Trial:
        for name, case in CASES.items():
            self.fakes[name] = self._closing.enter_context(case.fake())
        with self.open() as store:
            store.add_deliveries(list(_rows()), START)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @property
    def urls(self) -> Mapping[str, str]:
        return {name: fake.url for name, fake in self.fakes.items()}

    def open(self) -> Store:
        return open_store(f"sqlite:///{self.path}", "default")

    def kill(self, step: str, at: int, delay: float) -> None:
        """Start the victim and see it die; one that is through before its instant came has merely finished."""
        self.step = step
        orders = Orders(str(self.path), self.urls, at if step not in {IN_FLIGHT, ANYWHERE} else -1)
        victim = get_context("forkserver").Process(target=run_victim, args=(orders,))
        if step == IN_FLIGHT:
            self._arm(at, victim)
        victim.start()
        victim.join(delay if step == ANYWHERE else PATIENCE)
        if victim.exitcode is None:
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            victim.join(PATIENCE)
        if step != ANYWHERE and victim.exitcode != -signal.SIGKILL:
            raise AssertionError(f"the victim of “{step}” ended with {victim.exitcode}")
        victim.close()

    def _arm(self, at: int, victim: BaseProcess) -> None:
        """The server that got the call does its work, or not, and then shoots the caller."""
        name = list(CASES)[at % len(CASES)]
        commits = at // len(CASES) % 2 == 0

        def shoot(request: Any, handle: Any) -> Any:
            if commits:
                handle(request)
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            return CUT

        fault: Fault = shoot
        self.fakes[name].fail(fault, on=CASES[name].publish)

    def recover(self) -> None:
        """Other processes go on, minutes later; a person settles what only a person can."""
        with self.open() as store:
            for number in range(1, ROUNDS):
                later = timedelta(minutes=6 * number)
                with wired(store, self.urls, later, lambda step: None) as tools:
                    deliver_due(tools, threads=1)
                rows = store.list_deliveries()
                for row in rows:
                    if row.state is State.UNCERTAIN and row.look_at is None:
                        self._settle(store, row, later)
                if all(row.state is State.SENT for row in rows):
                    return

    def _settle(self, store: Store, row: Delivery, later: timedelta) -> None:
        """The person looks at the page; each delivery says words of its own."""
        self.held[row.account] += 1
        if self._count(row):
            store.settle_sent(row.id, Receipt(f"seen-{row.id}", "https://seen.example/"), START + later)
        else:
            store.settle_not_sent(row.id, START + later)

    def _count(self, row: Delivery) -> int:
        words = f"Post {row.post_id} "
        return sum(words in str(published) for published in self.fakes[row.account].published)

    def judge(self, toll: Toll) -> None:
        toll.kills[self.step] += 1
        toll.held += self.held
        with self.open() as store:
            rows = store.list_deliveries()
        for row in rows:
            copies = self._count(row)
            toll.published[row.account] += copies
            if copies != 1 or row.state is not State.SENT:
                what = "duplicate" if copies > 1 else "lost"
                where = f"kill {self.number} ({self.step}): {row.account} is {row.state}"
                toll.faults.append(f"{what}: {where}, {copies} copies")


def _rows() -> Iterator[PlannedDelivery]:
    for number in range(DELIVERIES):
        for name, case in CASES.items():
            yield PlannedDelivery(
                post_id=f"p{number}",
                slug=f"post-{number}",
                account=name,
                network=case.network,
                occasion=NEW,
                part=1,
                state=State.PLANNED,
                due_at=START,
                reason=Reason.OWN_WORDS,
                detail="its slot",
            )
