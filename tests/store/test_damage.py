"""A value that cannot be read costs its own row: whatever stands in whichever column, every question is answered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Column

from syndicate.model import PublishedFile, Reactions, Reason, State
from syndicate.store.identity import Contradiction
from syndicate.store.schema import Words, metadata
from syndicate.store.store import Store
from tests.store.rows import LEASE, NOW, RECEIPT, add, bring_to, claim, identified, known, plan, planned

FLAWS = (b"\xff\xfe",)
"""No column may hold these."""
RUBBISH = (*FLAWS, "garbage", 9e300, -(2**62), 2**62, "CAST(x'fffe' AS TEXT)")
TABLES = ("posts", "deliveries", "attempts", "accounts", "spendings", "reactions", "states", "published_files")


def fill(store: Store) -> tuple[int, int]:
    """Something in every table; the numbers of two deliveries that are due."""
    store.apply(plan(identified=(identified(known("p1")), identified(known("p2")))), NOW)
    sent = bring_to(store, State.SENT)
    store.record_count(sent.id, Reactions(likes=1), NOW)
    first, second = add(store, planned("p2"), planned("p3"))
    store.record_spending("mastodon", 0.5, NOW)
    store.pause_account("bluesky", "no token", NOW)
    store.keep_published([PublishedFile("rss.xml", "digest")])
    return first.id, second.id


def list_columns(table: str) -> list[Column[Any]]:
    keys = {column.name for column in metadata.tables[table].primary_key.columns}
    return [column for column in metadata.tables[table].columns if column.name not in keys | {"site", "delivery_id"}]


def spoil(path: str, table: str, column: str, value: object, number: int) -> None:
    """In the row of this number."""
    stands = value if str(value).startswith("CAST(") else "?"
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous=OFF")
        values = (value, number) if stands == "?" else (number,)
        raw.execute(f"UPDATE {table} SET {column} = {stands} WHERE rowid = ?", values)


def ask_everything(store: Store) -> None:
    """Every question of the store that reads rows."""
    store.read_ledger()
    store.read_state()
    store.list_accounts()
    store.list_due_accounts(NOW)
    store.read_usage("mastodon", NOW)
    store.find_next_at()
    store.find_last_step_at()
    store.list_syndication()
    store.count_sent()
    store.list_messages(NOW)
    store.list_events(most=100)
    store.list_occasions()
    store.count_by_account()
    store.count_states(["p1", "p2", "p3"])
    store.list_titles(["p1", "p2"])
    store.read_version()
    store.count()
    list(store.list_published())
    store.list_countable("mastodon", NOW.replace(year=2000))
    store.list_counts([row.id for row in store.list_deliveries()])
    for row in store.list_deliveries():
        store.list_attempts(row.id)


def test_every_question_is_answered_where_hardly_a_value_can_be_read(sqlite_store: Store) -> None:
    """Each kind of rubbish in every column of every table at once."""
    fill(sqlite_store)
    for value in RUBBISH:
        for table in TABLES:
            for column in list_columns(table):
                spoil(sqlite_store.where, table, column.name, value, 1)
        ask_everything(sqlite_store)
        assert len(sqlite_store.list_damaged()) == len(TABLES)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_every_question_is_answered_beside_a_value_that_cannot_be_read(sqlite_store: Store, table: str) -> None:
    """Whatever stands in whichever column of one row; and `list_damaged` names the row and the column."""
    fill(sqlite_store)
    for column in list_columns(table):
        with closing(sqlite3.connect(sqlite_store.where)) as raw:
            number, before = raw.execute(f"SELECT rowid, {column.name} FROM {table} LIMIT 1").fetchone()
        for value in RUBBISH:
            spoil(sqlite_store.where, table, column.name, value, number)
            ask_everything(sqlite_store)
            if value in FLAWS or not isinstance(column.type, Words):  # any text is a text
                (line,) = sqlite_store.list_damaged()
                assert (line.partition(" ")[0].strip(":"), line.rpartition(": ")[2]) == (table, column.name)
        spoil(sqlite_store.where, table, column.name, before, number)
    assert sqlite_store.list_damaged() == ()


def test_a_row_with_a_value_that_cannot_be_read_is_never_claimed(sqlite_store: Store) -> None:
    """Whichever value it is, and however due; the row behind it is. A person can still cancel it."""
    first, second = fill(sqlite_store)
    for column in list_columns("deliveries"):
        with closing(sqlite3.connect(sqlite_store.where)) as raw:
            before = raw.execute(f"SELECT {column.name} FROM deliveries WHERE id = ?", (first,)).fetchone()[0]
        for value in (*FLAWS, -(2**62)):
            spoil(sqlite_store.where, "deliveries", column.name, value, first)
            if value in FLAWS or not isinstance(column.type, Words):
                taken = claim(sqlite_store)
                assert (taken.id, sqlite_store.claim("other", NOW, LEASE)) == (second, None), (column.name, value)
                sqlite_store.give_back(taken)
        spoil(sqlite_store.where, "deliveries", column.name, before, first)
    spoil(sqlite_store.where, "deliveries", "due_at", "garbage", first)
    assert sqlite_store.get_delivery(first).reason is Reason.DAMAGED
    assert sqlite_store.cancel(first, NOW).state is State.CANCELLED


def test_a_delivery_whose_state_cannot_be_read_is_one_that_may_be_out(sqlite_store: Store) -> None:
    """It is shown as uncertain, nobody looks for it by itself, and the person's word settles it."""
    first, _ = fill(sqlite_store)
    known = sqlite_store.count_sent()
    spoil(sqlite_store.where, "deliveries", "state", "bogus", 1)  # the one that is out: its copy stays a known one
    assert sqlite_store.count_sent() == known
    spoil(sqlite_store.where, "deliveries", "state", "bogus", first)
    assert sqlite_store.get_delivery(first).state is State.UNCERTAIN
    assert sqlite_store.settle_sent(first, replace(RECEIPT, url="https://social.example/2"), NOW).state is State.SENT
    assert sqlite_store.get_delivery(first).state is State.SENT


def test_a_switch_that_cannot_be_read_stays_closed(sqlite_store: Store) -> None:
    """Nothing goes out where nobody can tell what contradicted the state."""
    fill(sqlite_store)
    spoil(sqlite_store.where, "states", "contradiction", "bogus", 1)
    assert sqlite_store.read_state().contradiction is Contradiction.UNKNOWN_COPIES
    assert sqlite_store.claim("me", NOW, LEASE) is None
