"""One life of a blog in this process: its author works on the files, the daemon makes its rounds, the clock runs fast.

Everything comes from one seed, so that a life can be lived again.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from syndicate.app.app import App
from syndicate.errors import SyndicateError
from syndicate.model import Delivery, State
from syndicate.store import open_store
from tests.faults.audience import BARE, Town
from tests.faults.author import Author
from tests.faults.wishes import judge_copies, judge_waiting

START = datetime(2026, 3, 28, 12, tzinfo=UTC)
EVENTS = 7
CALM_ROUNDS = 14
DRAWS_ONE_IN = 10
"""So many lives have one with cards and every feed; what goes out and what waits does not depend on them."""
HEALTHY = ("toot", "chat")
"""The accounts that have no reason to wait for anybody."""


@dataclass(slots=True)
class Ending:
    """What one life came to. `faults` is empty where every promise was kept."""

    seed: int
    faults: list[str]
    events: Counter[str]
    copies: int
    held: Counter[str]
    story: list[str] = field(repr=False, default_factory=list)


class Life:
    """A blog in a folder of its own."""

    def __init__(self, seed: int, root: Path, town: Town) -> None:
        town.empty()
        self.seed, self.town = seed, town
        self.rng = random.Random(seed)
        self.author = Author(self.rng, root, town, START, BARE if seed % DRAWS_ONE_IN else "")
        self.faults: list[str] = []
        self.author.found()
        if self.author.look:
            _lend_state(root)
        self.app = self._start()

    def live(self) -> Ending:
        self._round()
        for _ in range(self.rng.randint(3, EVENTS)):
            self.author.act()
            self._rounds()
        self.author.rest()
        self._mend_state()
        for _ in range(CALM_ROUNDS):
            self._round()
            self._pass_by(timedelta(minutes=30))
        rows = self.app.list_deliveries(everything=True)
        self._blame(judge_waiting(self.author, rows, self.town.accounts))
        self.app.__exit__()
        return Ending(
            seed=self.seed,
            faults=self.faults,
            events=self.author.events,
            copies=sum(len(account.told) for account in self.town.accounts.values()),
            held=count_unsent(rows),
            story=self.author.story,
        )

    def _start(self) -> App:
        return App(self.author.root / "syndicate.toml", lambda: self.author.now)

    def _rounds(self) -> None:
        """Before the site is deployed, and after."""
        if self.author.put_back:
            self.app.__exit__()
            self.author.restore()
            self.app = self._start()
        for wait in (timedelta(seconds=20), timedelta(minutes=self.rng.choice((2, 40, 70)))):
            self._round()
            self._pass_by(wait)
        self.author.deploy()
        self._round()
        if self.author.away is None and not self.app.find_contradiction():
            rows = self.app.list_deliveries(everything=True)
            self._blame(judge_waiting(self.author, rows, HEALTHY, "kept waiting"))
        self._pass_by(timedelta(minutes=self.rng.choice((1, 61, 600))))

    def _pass_by(self, time: timedelta) -> None:
        self.author.now += time

    def _round(self) -> None:
        self.town.toot.now = self.town.slow.now = self.town.chat.now = self.author.now
        for act in (self.app.publish, self.app.deliver_due, self.app.look_after):
            try:
                act()
            except SyndicateError as error:
                self.author.tell(f"  {act.__name__}: {error}")
        self._blame(judge_copies(self.author))

    def _mend_state(self) -> None:
        """The person does what `status` says about a state that is older than what was sent."""
        if not self.app.find_contradiction():
            return
        for account in self.town.accounts:
            try:
                self.app.adopt(account)
            except SyndicateError:
                self.app.adopt(account, accept=True)
        if contradiction := self.app.find_contradiction():
            self._blame([f"stuck: {contradiction}"])

    def _blame(self, faults: list[str]) -> None:
        for fault in faults:
            if fault not in self.faults:
                self.faults.append(fault)
                self.author.tell(f"  !! {fault}")


def _lend_state(root: Path) -> None:
    """An empty database of the present schema: bringing each to it would cost a tenth of a life."""
    folder = root / ".syndicate"
    folder.mkdir(mode=0o700)
    (folder / "state.db").write_bytes(_make_state())


@cache
def _make_state() -> bytes:
    with TemporaryDirectory() as folder:
        open_store(f"sqlite:///{folder}/state.db", "default").close()
        return Path(folder, "state.db").read_bytes()


def count_unsent(rows: tuple[Delivery, ...]) -> Counter[str]:
    """What did not go out, by state and reason."""
    return Counter(f"{row.state.value}: {row.reason.value}" for row in rows if row.state is not State.SENT)
