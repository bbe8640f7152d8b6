"""One schedule: a world is made, lived through in trouble, then in calm, and judged at every round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from syndicate.deliver import Tools, deliver_due
from syndicate.errors import ConfigError, ContentError, StateError, UsageError
from syndicate.model import (
    FEATURED,
    NEW,
    Account,
    Attachment,
    Delivery,
    Message,
    Occasion,
    PlannedDelivery,
    Reason,
    ScheduleRules,
    State,
    needs_person,
)
from syndicate.networks.base import Network
from syndicate.notices import Notice
from syndicate.planning.deliveries import say_why
from syndicate.store import open_store
from syndicate.store.database import Database
from syndicate.store.store import Store
from tests.faults.doors import guard
from tests.faults.judge import judge, judge_trail
from tests.faults.servers import KINDS, OPEN, READS_BACK, Server
from tests.faults.world import Crash, World

ROUNDS = 8
CALM_ROUNDS = 60
LEASE = timedelta(minutes=5)


@dataclass(slots=True)
class Outcome:
    """What one schedule came to. `faults` is empty where every promise was kept."""

    seed: int
    faults: list[str]
    tally: Counter[str]
    received: Counter[str]
    """Copies that each kind of network received."""
    held: Counter[str]
    """Unknown outcomes that were held for a person, by kind."""
    story: list[str] = field(repr=False, default_factory=list)


class Schedule:
    """A site in a state file, some accounts, and everything that `deliver_due` needs of the world."""

    def __init__(self, seed: int, database: Database, world: World | None = None) -> None:
        self.world = world or World(seed)
        self.database = database
        kinds = self.world.rng.sample(KINDS, 2)
        self.servers = {f"{kind}-{n}": Server(f"{kind}-{n}", kind, self.world) for n, kind in enumerate(kinds)}
        self.held: Counter[str] = Counter()
        self.faults: list[str] = []
        self._starts = count(1)
        self.store = Store(database, f"site-{seed}")
        self.store.begin_state()
        self.world.troubles = {"rival": self._run_rival, "person": self._act_as_person}

    def live(self) -> Outcome:
        """Trouble first, then calm; everything must be sent at the end, once."""
        self._fill()
        for _ in range(ROUNDS):
            self._round()
            self.world.pass_by(timedelta(seconds=self.world.rng.choice((1, 20, 120, 900, 7200))))
        self.world.is_calm = True
        self.world.offset = timedelta(0)
        self._calm_down()
        self.faults += judge(self.store, self.servers, is_over=True)
        for row in self.store.list_deliveries():
            if self.servers[row.account].kind not in READS_BACK:
                self.faults += judge_trail(row, self.store.list_attempts(row.id))
        received = Counter({server.kind: len(server.copies) for server in self.servers.values()})
        return Outcome(self.world.seed, self.faults, self.world.tally, received, self.held, self.world.story)

    def _fill(self) -> None:
        """A thread, a post, and the same words again for another occasion."""
        rows = []
        for name, server in self.servers.items():
            rows += [self._row(name, server, NEW, 1), self._row(name, server, FEATURED, 1)]
            if self.world.rng.random() < 0.4:
                rows.append(self._row(name, server, NEW, 2))
        self.store.add_deliveries(rows, self.world.clock())

    def _row(self, account: str, server: Server, occasion: Occasion, part: int) -> PlannedDelivery:
        delay = timedelta(minutes=self.world.rng.choice((0, 0, 5, 60)))
        state = State.HELD if self.world.rng.random() < 0.1 else State.PLANNED
        return PlannedDelivery(
            post_id="post",
            slug="a-post",
            account=account,
            network=server.kind,
            occasion=occasion,
            part=part,
            state=state,
            due_at=self.world.clock() + delay,
            reason=Reason.OWN_WORDS,
            detail="its slot",
        )

    def _round(self) -> None:
        """One tick of the daemon; a crash ends it, and the next tick is another process."""
        try:
            deliver_due(self._tools("daemon"), threads=1)
        except Crash:
            self.database.close()  # no connection outlives the process: the next one opens the file anew
        except StateError as error:
            self.world.tell(f"the round ended: {error}")
        self._judge_now()

    def _judge_now(self) -> None:
        self.faults += judge(self.store, self.servers, is_over=False)

    def _run_rival(self) -> None:
        """A second daemon at work at this very moment."""
        self.world.tell("a rival works")
        try:
            deliver_due(self._tools("rival"), threads=1)
        except (Crash, StateError) as end:
            if isinstance(end, Crash) and self.world.happens(0.5):
                raise
        finally:
            self.world.tell("the rival is done")

    def _tools(self, name: str) -> Tools:
        return Tools(
            store=guard(self.store, self.world),
            accounts={name: self._account(name) for name in self.servers},
            open_network=self._open_network,
            compose=self._compose,
            load_attachment=self._load,
            check_ready=self._check_ready,
            next_slot=_next_hour,
            notify=self._notify,
            clock=self.world.clock,
            jitter=self.world.rng.random,
            owner=f"{name}-{next(self._starts)}",
            lease=LEASE,
        )

    def _account(self, name: str) -> Account:
        rules = ScheduleRules(slots=("09:00",), grace=timedelta(hours=3), ready_within=timedelta(hours=1))
        return Account(name=name, network=self.servers[name].kind, schedule=rules)

    def _open_network(self, account: Account) -> Network:
        if self.world.happens(0.03):
            raise ConfigError("no token")
        server = self.servers[account.name]
        return OPEN[server.kind](server)

    def _compose(self, delivery: Delivery) -> Message:
        if self.world.happens(0.03):
            raise self.world.rng.choice([ContentError("the post is gone"), ZeroDivisionError()])
        image = Attachment(path="a.jpg", media_type="image/jpeg", alt="", width=1, height=1)
        return Message(text=f"A post, part {delivery.part}", link="https://blog.example/a-post/", image=image)

    def _load(self, attachment: Attachment) -> bytes:
        if self.world.happens(0.02):
            raise OSError("no file")
        return b"jpeg"

    def _check_ready(self, account: Account, message: Message) -> str:
        return "it answers 404" if self.world.happens(0.1) else ""

    def _notify(self, notice: Notice) -> None:
        self.world.count("notice")
        if self.world.happens(0.1):
            raise RuntimeError("no mail today")

    def _act_as_person(self) -> None:
        """Somebody at the keyboard does something, at the worst moment."""
        store, now = self.store, self.world.clock()
        row = self.world.rng.choice(store.list_deliveries())
        actions: list[Callable[[], object]] = [
            lambda: store.hold(row.id, now),
            lambda: store.release(row.id, now),
            lambda: store.retry(row.id, now),
            lambda: store.move(row.id, now + timedelta(minutes=3), now),
            lambda: store.resume_account(row.account),
            lambda: store.pause_account(row.account, "by hand", now),
        ]
        action = self.world.rng.randrange(len(actions))
        try:
            actions[action]()
            self.world.tell(f"a person does {action} to {row.id}")
        except UsageError:
            self.world.tell(f"a person may not do {action} to {row.id}, which is {row.state}")

    def _calm_down(self) -> None:
        """No more trouble; a person mends what waits for one, by looking at the network's own page."""
        for _ in range(CALM_ROUNDS):
            self._round()
            open_rows = [row for row in self.store.list_deliveries() if row.state is not State.SENT]
            if not open_rows:
                return
            self._wait()
            for row in open_rows:
                self._mend(row)
        states = [(row.id, row.account, row.state, say_why(row)) for row in open_rows]
        self.faults.append(f"not settled after {CALM_ROUNDS} calm rounds: {states}")

    def _wait(self) -> None:
        """Until the next thing is due and no lease runs: a clock that was wrong may have put that far away."""
        rows = self.store.list_deliveries()
        moments = [moment for row in rows for moment in (row.due_at, row.look_at, row.lease_until)]
        ahead = max((moment - self.world.clock() for moment in moments if moment), default=timedelta(0))
        self.world.pass_by(max(ahead, timedelta(minutes=6)))

    def _mend(self, seen: Delivery) -> None:
        row, now = self.store.get_delivery(seen.id), self.world.clock()
        self.store.resume_account(row.account)
        if row.state is State.UNCERTAIN and needs_person(row):
            self._settle(row, now)
        elif row.state in {State.HELD, State.MISSED, State.SKIPPED, State.CANCELLED}:
            self.store.release(row.id, now)
        elif row.state is State.FAILED:
            self.store.retry(row.id, now)

    def _settle(self, row: Delivery, now: datetime) -> None:
        server = self.servers[row.account]
        self.held[server.kind] += 1
        copy = next((one for one in server.visible() if one.key == row.key), None)
        if copy is None:
            self.store.settle_not_sent(row.id, now)
        else:
            self.store.settle_sent(row.id, copy.receipt, now)


def _next_hour(account: Account, at: datetime) -> datetime:
    return at + timedelta(hours=1)


def open_ground(folder: Path) -> Database:
    """A migrated state file in which every schedule has a site of its own."""
    url = f"sqlite:///{folder / 'state.db'}"
    open_store(url, "first").close()
    return Database(url)
