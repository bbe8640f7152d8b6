"""The judge of the campaign sees what it must see: a campaign that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicate.model import NEW, Attempt, Message, PlannedDelivery, Reason, Receipt, State
from syndicate.store import open_store
from syndicate.store.store import Store
from tests.faults.judge import count_by, judge, judge_trail
from tests.faults.servers import Server
from tests.faults.world import START, World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'state.db'}", "default") as store:
        yield store


def _row(state: State) -> PlannedDelivery:
    names = {"post_id": "p", "slug": "s", "account": "a", "network": "listing", "occasion": NEW, "part": 1}
    return PlannedDelivery(**names, state=state, due_at=START, reason=Reason.OWN_WORDS, detail="its slot")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "copies", "receipt", "expected"),
    [
        (State.SENT, 1, "a-1", set()),
        (State.SENT, 2, "a-1", {"duplicate", "lost"}),
        (State.SENT, 0, "a-1", {"lost"}),
        (State.SENT, 1, "b-9", {"lost"}),
        (State.FAILED, 1, "", {"untrue", "lost"}),
        (State.HELD, 1, "", {"untrue", "lost"}),
        (State.HELD, 0, "", {"lost"}),
    ],
)
def test_broken_promises_are_seen(store: Store, state: State, copies: int, receipt: str, expected: set[str]) -> None:
    """Two copies, a receipt without its copy, a copy behind "not sent", a message left behind: each has its word."""
    world = World(1)
    server = Server("a", "listing", world)
    added = store.add_deliveries([_row(State.SKIPPED if state is State.SENT else state)], START)[0]
    if state is State.SENT:
        store.settle_sent(added.id, Receipt(receipt, ""), START)
    for _ in range(copies):
        server.publish(Message(text="words"), added.key)
    assert set(count_by(judge(store, {"a": server}, is_over=True))) == expected


def test_a_copy_that_nobody_sent_is_seen(store: Store) -> None:
    """The network shows a key that the outbox does not know."""
    server = Server("a", "listing", World(1))
    server.publish(Message(text="words"), "stray")
    assert judge(store, {"a": server}, is_over=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcomes", "is_broken"),
    [
        (["intent", "unavailable", "intent", "sent"], False),
        (["intent", "unknown", "intent"], True),
        (["intent", "interrupted", "unknown", "by hand", "intent"], False),
        (["intent", "unknown", "by hand", "intent", "unknown", "intent"], True),
    ],
)
def test_a_blind_second_call_is_seen(store: Store, outcomes: list[str], is_broken: bool) -> None:
    """Only a person's word stands between an unknown outcome and another call."""
    row = store.add_deliveries([_row(State.PLANNED)], START)[0]
    action = {"by hand": "settle"}
    states = {"unknown": State.UNCERTAIN, "interrupted": State.UNCERTAIN}
    trail = tuple(Attempt(row.id, START, action.get(one, "send"), one, states.get(one, State.DUE)) for one in outcomes)
    assert bool(judge_trail(row, trail)) == is_broken
