"""The life of a blog with a real daemon: the author works on its files while it runs, and kill -9 or SIGTERM ends it.

Then the daemon is started again, and later looks after the rest by itself: readers must have heard of every post once.
Time is moved on where it stands, in the rows, as if the clock had gone on while nobody ran.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep

from syndicate.app.app import App
from syndicate.errors import SyndicateError
from syndicate.model import State
from tests.faults.audience import SECRETS, Town
from tests.faults.author import Author
from tests.faults.life import count_unsent
from tests.faults.site import let_time_pass
from tests.faults.trapped import Orders, run_trapped
from tests.faults.wishes import judge_copies, judge_waiting

STEPS = 160
"""A blow falls at one of the daemon's first steps, or not at all: then SIGTERM ends it."""
AT_WORK = 3.0
"""Seconds that a daemon has for what the author did."""
PATIENCE = 30
"""Seconds in which a daemon must be gone after SIGTERM."""
ROUNDS = 12


@dataclass(slots=True)
class LifeToll:
    """What all blows came to."""

    lives: int = 0
    kills: int = 0
    stops: int = 0
    events: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    held: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: LifeToll) -> None:
        self.lives += other.lives
        self.kills += other.kills
        self.stops += other.stops
        self.events += other.events
        self.copies += other.copies
        self.held += other.held
        self.faults += other.faults


def run_life_kills(lives: int, folder: Path, processes: int) -> Iterator[LifeToll]:
    """The toll so far, after every life."""
    toll = LifeToll()
    with ProcessPoolExecutor(processes, get_context("spawn"), _settle_in, (folder,)) as pool:
        for running in as_completed([pool.submit(_live, seed) for seed in range(lives)]):
            toll.add(running.result())
            yield toll


class RealLife:
    """A blog whose daemon is another process."""

    def __init__(self, seed: int, root: Path, town: Town) -> None:
        town.empty()
        self.root, self.town = root, town
        self.rng = random.Random(seed)
        self.author = Author(self.rng, root, town, datetime.now(UTC))
        self.toll = LifeToll()
        self.author.found()
        self._look_after(1)

    def live(self) -> LifeToll:
        for _ in range(2):
            self._meet_daemon(die_at=self.rng.randrange(STEPS))
            if self.author.put_back:
                self.author.restore()
        self._meet_daemon(die_at=-1)
        self.author.rest()
        self._look_after(ROUNDS)
        self.toll.lives = 1
        self.toll.events = self.author.events
        self.toll.copies = sum(len(account.told) for account in self.town.accounts.values())
        return self.toll

    def _meet_daemon(self, *, die_at: int) -> None:
        """The author works while the daemon runs, and again when it is gone."""
        daemon = self._start(die_at)
        self.author.now = datetime.now(UTC)
        self.author.act()
        self.author.deploy()
        ends = monotonic() + AT_WORK
        while daemon.is_alive() and monotonic() < ends:
            sleep(0.05)
        self._end(daemon)
        for account in self.town.accounts.values():
            account.wait_for_silence()
        self._blame(judge_copies(self.author))

    def _start(self, die_at: int) -> BaseProcess:
        orders = Orders(
            words=("--config", str(self.root / "syndicate.toml"), "run"),
            environment={**SECRETS, "HOME": str(self.root), "NO_COLOR": "1"},
            steps=self.root / "steps",
            said=self.root / "said",
            die_at=die_at,
        )
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.faults.preload"])
        process = context.Process(target=run_trapped, args=(orders,))
        process.start()
        return process

    def _end(self, daemon: BaseProcess) -> None:
        if daemon.is_alive():
            daemon.terminate()
        daemon.join(PATIENCE)
        if daemon.exitcode == -signal.SIGKILL:
            self.toll.kills += 1
        elif daemon.exitcode == 0:
            self.toll.stops += 1
        else:
            said = (self.root / "said").read_text(encoding="utf-8")
            self._blame([f"crash: the daemon ended with {daemon.exitcode}: {said}"])
            daemon.kill()
            daemon.join()
        daemon.close()

    def _look_after(self, rounds: int) -> None:
        """Calm days: everything that was put off comes to its end, and the person mends the state where asked."""
        self.town.slow.heal()
        for _ in range(rounds):
            let_time_pass(self.root)
            with App(self.root / "syndicate.toml") as app:
                self._mend_state(app)
                for act in (app.publish, app.deliver_due, app.look_after):
                    try:
                        act()
                    except SyndicateError as error:
                        self.author.tell(f"  {act.__name__}: {error}")
                self._settle(app)
                rows = app.list_deliveries(everything=True)
            self._blame(judge_copies(self.author))
        if rounds > 1:
            self._blame(judge_waiting(self.author, rows, self.town.accounts))
            self.toll.held = count_unsent(rows)

    def _mend_state(self, app: App) -> None:
        for account in self.town.accounts if app.find_contradiction() else ():
            try:
                app.adopt(account)
            except SyndicateError:
                app.adopt(account, accept=True)

    def _settle(self, app: App) -> None:
        """The person looks at the page of the account that shows nothing to programs."""
        for row in app.list_deliveries():
            if row.state is State.UNCERTAIN and row.look_at is None and row.message:
                is_there = row.message.text in "".join(self.town.accounts[row.account].told)
                action = "settle_sent" if is_there else "settle_not_sent"
                app.change_deliveries(action, (row.id,), f"https://seen.example/{row.id}" if is_there else "")

    def _blame(self, faults: list[str]) -> None:
        self.toll.faults += [f"{fault} ({'; '.join(self.author.story)})" for fault in faults]


_TOWNS: list[tuple[Path, Town]] = []
"""This worker's own, for as long as it lives."""


def _settle_in(folder: Path) -> None:
    logging.disable()
    os.environ.update(SECRETS)
    root = folder / f"lives-{os.getpid()}"
    root.mkdir()
    _TOWNS.append((root, Town().__enter__()))


def _live(seed: int) -> LifeToll:
    root, town = _TOWNS[0]
    toll = RealLife(seed, root / str(seed), town).live()
    shutil.rmtree(root / str(seed))
    return toll
