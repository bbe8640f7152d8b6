"""What the dashboard asks of the state, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from syndicate.errors import StateError
from syndicate.model import FEATURED, Occasion, Reason, State
from syndicate.store.schema import HEAD
from syndicate.store.store import Store
from tests.store.conftest import Opener
from tests.store.rows import LEASE, MESSAGE, NOW, add, bring_to, claim, decision, identified, known, plan, planned

HOUR = timedelta(hours=1)


def test_messages_are_listed_by_their_moment(opener: Opener) -> None:
    """Sent at, else due; what is overdue and goes by itself is due now, what waits for a person stays where it was."""
    store = opener()
    sent = bring_to(store, State.SENT)
    late, held, later = add(
        store,
        planned("p2", due_at=NOW - 5 * HOUR),
        planned("p3", due_at=NOW - 5 * HOUR, state=State.HELD),
        planned("p4", due_at=NOW + 5 * HOUR),
    )
    now = NOW + HOUR
    ids = [one.id for one in store.list_messages(now)]
    assert ids == [held.id, sent.id, late.id, later.id]
    assert [one.id for one in store.list_messages(now, since=NOW, until=now + HOUR)] == [sent.id, late.id]
    assert [one.id for one in store.list_messages(now, newest=2)] == [later.id, late.id]
    assert [one.id for one in store.list_messages(now, states=(State.HELD,))] == [held.id]


def test_messages_are_found_by_account_and_occasion(opener: Opener) -> None:
    """An occasion by its name, those by hand and of every year by their kind."""
    store = opener()
    add(
        store,
        planned("p1"),
        planned("p1", "x", occasion=FEATURED),
        planned("p1", "x", occasion=Occasion.by_hand(2)),
        planned("p1", "x", occasion=Occasion.of_month("2026-03")),
    )
    assert store.list_occasions() == ("evergreen", "featured", "manual", "new")
    for word in store.list_occasions():
        (one,) = store.list_messages(NOW, occasion=word)
        assert one.occasion.name.startswith(word)
    assert len(store.list_messages(NOW, account="x")) == 3
    assert store.count_by_account()["x"] == {State.PLANNED: 3}
    assert store.count_states(["p1", "p9"]) == {"p1": {State.PLANNED: 4}}
    assert store.list_messages(NOW, occasion="' OR 1=1") == ()


def test_titles_and_events_belong_to_their_messages(opener: Opener) -> None:
    """Titles for more posts than a database takes values; the trail newest first, by account, reason and page."""
    store = opener()
    rows = [known(f"p{number}") for number in range(3)]
    store.apply(plan(identified=tuple(identified(row) for row in rows)), NOW)
    titles = store.list_titles([f"p{number}" for number in range(1200)])
    assert titles == {row.id: row.title for row in rows}
    delivery = bring_to(store, State.SENDING)
    store.record(delivery, "send", decision(State.FAILED, reason=Reason.REFUSED, detail="403"), NOW)
    other = bring_to_second(store)
    events = store.list_events(most=10)
    assert [one.number for one in events] == sorted((one.number for one in events), reverse=True)
    assert {one.account for one in events} == {"mastodon", "x"}
    (refused,) = store.list_events(account="mastodon", reasons={Reason.REFUSED}, most=10)
    assert (refused.slug, refused.attempt.state, refused.attempt.detail) == (delivery.slug, State.FAILED, "403")
    assert [one.attempt.delivery_id for one in store.list_events(account="x", most=1)] == [other]
    assert all(one.number < events[0].number for one in store.list_events(before=events[0].number, most=10))


def bring_to_second(store: object) -> int:
    (row,) = add(store, planned("p2", "x"))  # type: ignore[arg-type]
    store.hold(row.id, NOW)  # type: ignore[attr-defined]
    return row.id


def test_the_version_changes_with_whatever_a_page_shows(opener: Opener) -> None:
    """A message that comes, moves or is held, a pause, a rest, a post; and with nothing else."""
    store = opener()
    seen = [store.read_version()]

    def note() -> None:
        seen.append(store.read_version())

    (row,) = add(store)
    note()
    store.move(row.id, NOW + HOUR, NOW)
    note()
    store.hold(row.id, NOW)
    note()
    store.pause_account("mastodon", "why", NOW)
    note()
    store.rest_account("mastodon", "send", "down", NOW, NOW + HOUR, since=NOW)
    note()
    store.apply(plan(identified=(identified(known("p9")),)), NOW)
    note()
    assert len(set(seen)) == len(seen)
    assert store.read_version() == seen[-1]


LATER = NOW + timedelta(days=400)


def test_only_what_ended_loses_its_old_steps_and_never_the_last(store: Store) -> None:
    """Who looks at a sent message still sees how it ended; what waits keeps everything."""
    ended = bring_to(store, State.SENT)
    add(store, planned("p2", "other"))
    intended = store.intend(store.keep_message(claim(store), MESSAGE, NOW, LEASE), NOW, LEASE)
    waiting = store.record(intended, "send", decision(State.UNCERTAIN), NOW)
    kept, last = store.list_attempts(waiting.id), store.list_attempts(ended.id)[-1]
    forgotten = store.prune_trails(LATER)
    assert forgotten > 0
    assert store.list_attempts(ended.id) == (last,)
    assert store.list_attempts(waiting.id) == kept
    assert store.prune_trails(LATER) == 0


def test_nothing_young_is_forgotten(store: Store) -> None:
    """A step at the given moment is not from before it."""
    row = bring_to(store, State.SENT)
    trail = store.list_attempts(row.id)
    assert store.prune_trails(min(step.at for step in trail)) == 0
    assert store.list_attempts(row.id) == trail


def test_the_figures_count_rows_and_waits_by_account(store: Store) -> None:
    """What is due and what is unknown, each with its oldest."""
    add(store, planned("p2", "bluesky", due_at=LATER))
    unknown = bring_to(store, State.UNCERTAIN)
    figures = store.count()
    assert figures.deliveries[unknown.account, State.UNCERTAIN] == 1
    assert figures.deliveries["bluesky", State.PLANNED] == 1
    assert figures.oldest_unsettled_at[unknown.account] == unknown.intent_at
    assert sum(number for (name, _), number in figures.steps.items() if name == unknown.account) >= 1


def test_a_database_that_a_newer_version_changed_is_refused(store: Store) -> None:
    """In a rolling upgrade the machines of before do nothing until they are updated, too."""
    store.refuse_newer_schema()
    with store._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(StateError, match="a newer syndicate"):
            store.refuse_newer_schema()
    finally:
        with store._database.writing() as connection:  # the PostgreSQL is everybody's
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
