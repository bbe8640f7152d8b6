"""The state table, pair by pair, against what the store's doors do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from syndicate.errors import LostLease, StateError, SyndicateError
from syndicate.model import TRANSITIONS, Delivery, PlannedChange, Reason, State
from syndicate.store.store import Store
from syndicate.store.transitions import Step, move
from tests.store.rows import NOW, RECEIPT, bring_to, decision, plan

LATER = NOW + timedelta(hours=1)
ACTIONS: dict[str, Callable[[Store, Delivery], object]] = {
    "hold": lambda store, row: store.hold(row.id, LATER),
    "release": lambda store, row: store.release(row.id, LATER),
    "cancel": lambda store, row: store.cancel(row.id, LATER),
    "move": lambda store, row: store.move(row.id, LATER, NOW),
    "retry": lambda store, row: store.retry(row.id, LATER),
    "edit": lambda store, row: store.set_text(row.id, "My own words", LATER),
    "settle sent": lambda store, row: store.settle_sent(row.id, RECEIPT, LATER),
    "settle not sent": lambda store, row: store.settle_not_sent(row.id, LATER),
}
# What each action makes of each state; a state that is not named refuses.
RESULTS: dict[str, dict[State, State]] = {
    "hold": dict.fromkeys((State.PLANNED, State.DUE, State.HELD), State.HELD),
    "release": dict.fromkeys((State.HELD, State.SKIPPED, State.MISSED, State.CANCELLED), State.DUE),
    "cancel": dict.fromkeys(
        (State.PLANNED, State.DUE, State.HELD, State.MISSED, State.FAILED, State.CANCELLED), State.CANCELLED
    ),
    "move": dict.fromkeys((State.PLANNED, State.DUE, State.MISSED), State.PLANNED) | {State.HELD: State.HELD},
    "retry": dict.fromkeys((State.PLANNED, State.DUE, State.MISSED, State.FAILED), State.DUE),
    "edit": {state: state for state in State if state not in {State.SENDING, State.SENT, State.UNCERTAIN}},
    "settle sent": dict.fromkeys((State.UNCERTAIN, State.FAILED, State.SKIPPED), State.SENT),
    "settle not sent": {State.UNCERTAIN: State.DUE},
}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_every_pair_of_states_moves_exactly_as_the_table_says(sqlite_store: Store, before: State, after: State) -> None:
    """All 100 pairs: a move in the table happens and is on the trail, any other is refused and changes nothing."""
    row = bring_to(sqlite_store, before)
    step = Step("test", "walked", LATER)
    trail = len(sqlite_store.list_attempts(row.id))
    if after is before or after in TRANSITIONS[before]:
        with sqlite_store._database.writing() as connection:
            move(connection, row, after, step)
    else:
        with pytest.raises(StateError), sqlite_store._database.writing() as connection:
            move(connection, row, after, step)
        after = before
    assert sqlite_store.get_delivery(row.id).state is after
    moved = sqlite_store.list_attempts(row.id)[trail:]
    assert [one.state for one in moved] == ([after] if moved else [])


@pytest.mark.parametrize(("action", "before"), list(product(ACTIONS, State)))
def test_every_action_of_a_person_on_every_state(sqlite_store: Store, action: str, before: State) -> None:
    """A person's action works exactly from the states where it makes sense, and refuses in words elsewhere."""
    row = bring_to(sqlite_store, before)
    expected = RESULTS[action].get(before)
    if expected is None:
        with pytest.raises(SyndicateError, match=str(row.id)):
            ACTIONS[action](sqlite_store, row)
    else:
        ACTIONS[action](sqlite_store, row)
    assert sqlite_store.get_delivery(row.id).state is (expected or before)


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_plan_moves_only_what_waits(sqlite_store: Store, before: State, after: State) -> None:
    """Content may move a waiting row along the table, never one that is sent, sending, uncertain or failed."""
    row = bring_to(sqlite_store, before)
    change = PlannedChange(delivery_id=row.id, state=after, due_at=LATER, reason=Reason.REDATED)
    applied = sqlite_store.apply(plan(changes=(change,)), NOW)
    is_waiting = before not in {State.SENT, State.SENDING, State.UNCERTAIN, State.FAILED}
    may = is_waiting and (after is before or after in TRANSITIONS[before])
    now = sqlite_store.get_delivery(row.id)
    assert (now.state, now.due_at) == ((after, LATER) if may else (row.state, row.due_at))
    assert applied.changed_deliveries == may


@pytest.mark.parametrize("before", [state for state in State if state is not State.SENT])
def test_a_receipt_that_comes_late_reaches_its_row_from_every_state(sqlite_store: Store, before: State) -> None:
    """A worker that lost its lease during the call still stores the receipt: it proves the publication."""
    late = bring_to(sqlite_store, State.SENDING)
    with sqlite_store._database.writing() as connection:
        table_free = {"lease_owner": "", "lease_until": None}
        row = move(connection, late, State.UNCERTAIN, Step("recover", "interrupted", NOW), **table_free)
    for state in _path_to(before):
        with sqlite_store._database.writing() as connection:
            row = move(connection, row, state, Step("test", "walked", NOW))
    assert sqlite_store.record(late, "send", decision(State.SENT), LATER).receipt == RECEIPT
    assert sqlite_store.get_delivery(late.id).state is State.SENT


@pytest.mark.parametrize("late", [State.DUE, State.FAILED, State.UNCERTAIN])
def test_any_other_late_outcome_is_refused(sqlite_store: Store, late: State) -> None:
    """Without a receipt, a worker that lost its lease has no say any more."""
    row = bring_to(sqlite_store, State.SENDING)
    assert sqlite_store.mark_abandoned(LATER) == 1
    with pytest.raises(LostLease):
        sqlite_store.record(row, "send", decision(late), LATER)
    assert sqlite_store.get_delivery(row.id).state is State.UNCERTAIN


def _path_to(state: State) -> list[State]:
    paths = {
        State.UNCERTAIN: [],
        State.PLANNED: [State.DUE, State.PLANNED],
        State.CANCELLED: [State.DUE, State.CANCELLED],
    }
    return paths.get(state, [State.DUE, state] if state is not State.DUE else [State.DUE])


def test_the_fixture_reaches_every_state(sqlite_store: Store) -> None:
    """The tables above start where they say they start."""
    for number, state in enumerate(State):
        assert bring_to(sqlite_store, state).state is state, number
        with sqlite_store._database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM attempts")
            connection.exec_driver_sql("DELETE FROM deliveries")
