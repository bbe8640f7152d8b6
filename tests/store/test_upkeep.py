"""Figures, and trails cut short, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from syndicate.errors import StateError
from syndicate.model import State
from syndicate.store.schema import HEAD
from syndicate.store.store import Store
from tests.store.rows import LEASE, MESSAGE, NOW, add, bring_to, claim, decision, planned

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
