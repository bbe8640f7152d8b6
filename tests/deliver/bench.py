"""A small bench for the delivery: a real store, a scripted network, and tools that a test can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from syndicate.deliver import Tools, deliver_due
from syndicate.model import (
    NEW,
    Account,
    Attachment,
    Delivery,
    Limits,
    Message,
    PlannedDelivery,
    Reason,
    Receipt,
    State,
    needs_person,
)
from syndicate.notices import Notice
from syndicate.store.store import Store

NOW = datetime(2026, 3, 29, 9, 0, tzinfo=UTC)
LINK = "https://blog.example/a/"


@dataclass
class Scripted:
    """Answers each call with the next line of its script; without one it publishes."""

    script: list[Receipt | Exception | None] = field(default_factory=list)
    calls: list[tuple[Message, str]] = field(default_factory=list)
    limits: Limits = field(default_factory=lambda: Limits(characters=500))

    def send(self, message: Message, *, key: str) -> Receipt:
        self.calls.append((message, key))
        return self._next() or Receipt(f"r{len(self.calls)}", f"https://social.example/{len(self.calls)}")

    def _next(self) -> Receipt | None:
        outcome = self.script.pop(0) if self.script else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Finding(Scripted):
    """Can be asked; `sights` are the answers."""

    sights: list[Receipt | Exception | None] = field(default_factory=list)
    looks: list[tuple[str, datetime]] = field(default_factory=list)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        self.looks.append((key, since))
        sight = self.sights.pop(0) if self.sights else None
        if isinstance(sight, Exception):
            raise sight
        return sight


@dataclass
class Keeping(Scripted):
    """Keeps keys for a while."""

    window: timedelta = timedelta(hours=1)

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + self.window


@dataclass
class Preparing(Scripted):
    """Takes two steps before the call; `trouble` meets the second one."""

    trouble: list[Exception] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def prepare(self, message: Message, *, key: str) -> Message:
        for step in ("upload", "container"):
            if step not in message.prepared:
                self.steps.append(step)
                if step == "container" and self.trouble:
                    raise self.trouble.pop(0)
                return replace(message, prepared={**message.prepared, step: f"{step}-1"})
        return message


@dataclass(frozen=True)
class Report:
    """What a round touched."""

    results: tuple[Delivery, ...]

    @property
    def sent(self) -> tuple[Delivery, ...]:
        return tuple(one for one in self.results if one.state is State.SENT)

    @property
    def needs_person(self) -> tuple[Delivery, ...]:
        return tuple(one for one in self.results if needs_person(one))


class Bench:
    """`bench.networks["a"]` is the network of account "a"; `bench.run()` is one round."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW
        self.networks: dict[str, Any] = {"a": Scripted()}
        self.notices: list[Notice] = []
        self.changes: dict[str, Any] = {}
        self.accounts: dict[str, Account] = {}
        self.rounds = 0

    def tools(self) -> Tools:
        self.rounds += 1
        accounts = {name: self.accounts.get(name, Account(name=name, network="n")) for name in self.networks}
        tools = Tools(
            store=self.store,
            accounts=accounts,
            open_network=lambda account: self.networks[account.name],
            compose=compose,
            load_attachment=lambda attachment: b"jpeg",
            check_ready=lambda account, message: "",
            next_slot=lambda account, at: at + timedelta(hours=9),
            notify=self.notices.append,
            clock=lambda: self.now,
            jitter=lambda: 0.5,
            owner=f"test-{self.rounds}",
        )
        return replace(tools, **self.changes)

    def run(self, **wishes: Any) -> Report:
        return Report(deliver_due(self.tools(), **{"threads": 1, **wishes}))

    def run_after(self, time: timedelta) -> Report:
        self.now += time
        return self.run()

    def add(self, account: str = "a", post: str = "p", **values: Any) -> Delivery:
        plain: dict[str, Any] = {
            "post_id": post,
            "slug": f"slug-{post}",
            "account": account,
            "network": "n",
            "occasion": NEW,
            "part": 1,
            "state": State.PLANNED,
            "due_at": NOW,
            "reason": Reason.OWN_WORDS,
            "detail": "its slot",
        }
        return self.store.add_deliveries([PlannedDelivery(**plain | values)], NOW)[0]

    def get(self, delivery: Delivery) -> Delivery:
        return self.store.get_delivery(delivery.id)

    def trail(self, delivery: Delivery) -> list[tuple[str, str]]:
        return [(one.action, one.outcome) for one in self.store.list_attempts(delivery.id)]


def compose(delivery: Delivery) -> Message:
    image = Attachment(path="a.jpg", media_type="image/jpeg", alt="A card", width=1, height=1)
    return Message(text=delivery.text or f"Part {delivery.part} of {delivery.post_id}", link=LINK, image=image)


def raising(error: Exception) -> Callable[..., Any]:
    """A collaborator that fails."""

    def fail(*values: Any) -> Any:
        raise error

    return fail
