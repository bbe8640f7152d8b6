"""Claims, leases, intents and records, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import update

from syndicate.errors import LostLease, Overtaken, StateError, UsageError
from syndicate.model import FEATURED, Action, Delivery, Occasion, Plan, PlannedChange, Reason, Receipt, State
from syndicate.planning.deliveries import say_why
from syndicate.store import open_store
from syndicate.store.schema import deliveries
from syndicate.store.store import Store
from tests.store.conftest import Opener
from tests.store.rows import LEASE, MESSAGE, NOW, RECEIPT, add, bring_to, claim, decision, planned

LATER = NOW + timedelta(hours=1)
SECOND = timedelta(seconds=1)


def test_planning_the_same_delivery_twice_adds_one_row(store: Store) -> None:
    """(site, post, account, occasion, part) is unique; the second insert is ignored and the first row stays."""
    first = add(store)[0]
    store.apply(Plan(now=NOW, deliveries=(planned(reason=Reason.APPROVAL, state=State.HELD),)), NOW)
    assert store.list_deliveries() == (first,)


def test_a_key_is_the_same_for_ever_and_different_for_every_row(store: Store) -> None:
    """The idempotency key follows from the row's identity alone, so a lost database makes the same keys."""
    variants = (planned(), planned(post="p2"), planned(account="x"), planned(occasion=FEATURED), planned(part=2))
    keys = [row.key for row in add(store, *variants)]
    assert len(set(keys)) == 5
    assert all(len(key) == 32 for key in keys)
    store.apply(Plan(now=NOW, deliveries=variants), NOW)
    assert sorted(keys) == sorted(row.key for row in store.list_deliveries())


def test_a_delivery_survives_the_way_to_the_disk_whole(opener: Opener) -> None:
    """Message, receipt, instants to the microsecond and text come back as they were; image bytes are not stored."""
    store = opener()
    sent = bring_to(store, State.SENT)
    found = opener().get_delivery(sent.id)
    assert found == sent
    assert found.message == MESSAGE
    assert found.message is not None
    assert found.message.image is not None
    assert found.message.image.data == b""
    assert found.receipt == RECEIPT


def test_a_message_kept_by_another_version_is_read_without_what_we_do_not_know(store: Store) -> None:
    """Fields that came or went between versions are no reason to lose a delivery."""
    row = bring_to(store, State.SENT)
    with store._database.writing() as connection:
        values = {"message": '{"text": "old", "smell": "rose"}', "receipt": '{"remote_id": "1", "url": "u", "x": 1}'}
        connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    found = store.get_delivery(row.id)
    assert found.message is not None
    assert (found.message.text, found.receipt) == ("old", Receipt("1", "u"))


def test_only_what_is_due_is_claimed_and_the_earliest_first(store: Store) -> None:
    """A future delivery is not taken; of two that are due the earlier goes first."""
    add(store, planned("p1", due_at=NOW), planned("p2", due_at=NOW - SECOND), planned("p3", due_at=NOW + SECOND))
    order = []
    while (row := store.claim("me", NOW, LEASE)) is not None:
        order.append(row.post_id)
        store.record(row, "send", decision(State.HELD), NOW)
    assert order == ["p2", "p1"]


def test_a_fresh_post_goes_before_a_recycled_one(store: Store) -> None:
    """At the same instant the evergreen delivery waits for the new one."""
    add(store, planned("old", occasion=Occasion.of_month("2026-03")), planned("new"))
    assert claim(store).post_id == "new"


def test_one_account_is_in_one_pair_of_hands(store: Store) -> None:
    """While a worker holds a delivery, no other delivery of its account is given out, but other accounts' are."""
    add(store, planned("p1"), planned("p2"), planned("p1", account="bluesky"))
    first = claim(store, "one")
    assert claim(store, "two").account != first.account
    assert store.claim("three", NOW, LEASE) is None
    assert store.list_due_accounts(NOW) == ()


def test_an_unused_lease_runs_out_and_the_row_is_taken_again(sqlite_store: Store) -> None:
    """A worker that died before its intent costs nothing but the length of the lease."""
    store = sqlite_store
    add(store)
    lost = claim(store, "dead")
    assert store.claim("me", NOW + LEASE - SECOND, LEASE) is None
    assert claim(store, "me", NOW + LEASE).id == lost.id
    with pytest.raises(LostLease):
        store.keep_message(lost, MESSAGE, NOW, LEASE)
    with pytest.raises(LostLease):
        store.intend(lost, NOW, LEASE)


def test_no_intent_is_taken_after_the_lease_even_if_nobody_came(sqlite_store: Store) -> None:
    """Ownership is checked against the clock just before the call: late is too late."""
    add(sqlite_store)
    row = claim(sqlite_store)
    with pytest.raises(LostLease):
        sqlite_store.intend(row, NOW + LEASE, LEASE)
    assert sqlite_store.get_delivery(row.id).state is State.DUE


@pytest.mark.slow
@pytest.mark.parametrize("days", [-3, 3])
def test_leases_on_postgresql_follow_its_own_clock(postgres: str, numbers: Iterator[int], days: int) -> None:
    """A running lease keeps others out, whatever the clocks of both machines say."""
    with open_store(postgres, f"leases-{next(numbers)}") as store:
        add(store, planned(due_at=NOW - timedelta(days=9)))
        running = claim(store, "one", NOW + timedelta(days=days))
        assert store.claim("two", NOW, LEASE) is None
        assert store.confirm(running, NOW + timedelta(days=99))


def test_a_call_of_a_clock_that_was_ahead_is_looked_for_at_once(sqlite_store: Store) -> None:
    """The crash of a process three days ahead of time stops nothing for three days."""
    add(sqlite_store, planned(), planned("p2"))
    ahead = NOW + timedelta(days=3)
    row = sqlite_store.keep_message(claim(sqlite_store, "ahead", ahead), MESSAGE, ahead, LEASE)
    sqlite_store.intend(row, ahead, LEASE)
    assert sqlite_store.mark_abandoned(NOW) == 1
    assert claim(sqlite_store, "me").state is State.UNCERTAIN


def test_what_a_dead_process_had_in_hand_is_free_at_once(store: Store) -> None:
    """Its call is unknown, what it had only claimed is as before; other processes keep theirs."""
    add(store, planned(), planned(account="b"), planned(account="c"))
    calling = store.claim("host-1:7", NOW, LEASE, account="mastodon")
    assert calling is not None
    calling = store.intend(store.keep_message(calling, MESSAGE, NOW, LEASE), NOW, LEASE)
    claimed, other = (
        store.claim(owner, NOW, LEASE, account=name) for owner, name in (("host-1:8", "b"), ("host-10:7", "c"))
    )
    assert store.release_dead("host-1", NOW) == 2
    assert store.get_delivery(calling.id).state is State.UNCERTAIN
    assert store.get_delivery(claimed.id).lease_owner == ""
    assert store.get_delivery(other.id).lease_owner == "host-10:7"
    again = store.claim("me", NOW, LEASE, account="mastodon")
    assert again is not None
    assert again.id == calling.id


def test_an_interrupted_call_becomes_uncertain_and_is_looked_for(sqlite_store: Store) -> None:
    """A row left in `sending` is never sent again blindly: it is due for a look as soon as its lease is over."""
    store = sqlite_store
    row = bring_to(store, State.SENDING)
    assert store.mark_abandoned(NOW + LEASE - SECOND) == 0
    assert store.mark_abandoned(NOW + LEASE) == 1
    assert store.mark_abandoned(NOW + LEASE) == 0
    found = claim(store, "other", NOW + LEASE)
    assert (found.id, found.state, found.intent_at) == (row.id, State.UNCERTAIN, NOW)


def test_an_intent_that_surely_came_to_nothing_is_forgotten(store: Store) -> None:
    """After "surely not published" the next call starts a new intent; while unknown the old one stays."""
    row = bring_to(store, State.SENDING)
    due = store.record(row, "send", decision(State.DUE, due_at=NOW), NOW)
    assert due.intent_at is None
    again = store.intend(claim(store, "me", LATER), LATER, LEASE)
    assert (again.intent_at, again.attempts) == (LATER, 2)
    unknown = store.record(again, "send", decision(State.UNCERTAIN, look_at=LATER), LATER)
    resent = store.intend(claim(store, "me", LATER), LATER + SECOND, LEASE)
    assert (unknown.intent_at, resent.intent_at, resent.state) == (LATER, LATER, State.SENDING)


def test_a_paused_account_waits_and_loses_nothing(store: Store) -> None:
    """Nothing of a paused account is claimed until it is resumed, or its pause ends by itself."""
    add(store, planned(), planned(account="bluesky"))
    assert store.pause_account("mastodon", "the token is dead", NOW)
    assert store.list_due_accounts(NOW) == ("bluesky",)
    assert not store.pause_account("mastodon", "still dead", NOW, LATER)
    assert store.list_due_accounts(LATER) == ("bluesky", "mastodon")
    assert store.resume_account("mastodon")
    assert not store.resume_account("mastodon")
    assert store.list_due_accounts(NOW) == ("bluesky", "mastodon")


def test_a_part_of_a_thread_waits_for_the_one_before(store: Store) -> None:
    """Part 2 is given out only when part 1 has its receipt, and finds it there."""
    first, second = add(store, planned(part=1), planned(part=2))
    row = claim(store)
    assert row.id == first.id
    sent = store.record(store.intend(row, NOW, LEASE), "send", decision(State.SENT), NOW)
    row = claim(store)
    assert row.id == second.id
    assert store.find_part_before(row) == sent
    assert store.find_part_before(first) is None


@pytest.mark.parametrize("before", [State.FAILED, State.UNCERTAIN, State.HELD, State.CANCELLED])
def test_a_part_of_a_thread_waits_for_ever_behind_one_that_is_not_sent(store: Store, before: State) -> None:
    """No reply goes out under a message that is not surely there."""
    row = bring_to(store, before)
    add(store, planned(part=2))
    other = store.claim("me", NOW, LEASE)
    assert other is None or other.id == row.id


def test_a_person_wins_over_a_worker_that_has_not_called_yet(store: Store) -> None:
    """Cancelling while the worker prepares takes the delivery out of its hands."""
    add(store)
    row = claim(store)
    store.cancel(row.id, NOW)
    with pytest.raises(LostLease):
        store.intend(row, NOW, LEASE)
    assert store.get_delivery(row.id).state is State.CANCELLED


def test_own_words_replace_the_frozen_message(store: Store) -> None:
    """A person's text throws away what was composed, so that the next try says it."""
    row = store.set_text(bring_to(store, State.DUE).id, "My own words", NOW)
    assert (row.text, row.message) == ("My own words", None)
    assert store.get_delivery(row.id) == row


def test_a_failed_message_is_composed_anew_when_tried_again(store: Store) -> None:
    """Whoever mends a post or a template after a refusal does not want the refused words again."""
    row = bring_to(store, State.FAILED)
    assert row.message is not None
    assert store.retry(row.id, LATER).message is None
    assert claim(store, "me", LATER).message is None


def test_releasing_keeps_a_future_time_and_replaces_a_past_one(store: Store) -> None:
    """An approved delivery still waits for its slot; one whose time has passed goes now and is not missed again."""
    early, late = add(store, planned("p1", state=State.HELD, due_at=LATER), planned("p2", state=State.HELD))
    assert store.release(early.id, NOW + SECOND).due_at == LATER
    released = store.release(late.id, LATER)
    assert (released.state, released.due_at) == (State.DUE, LATER)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (State.PLANNED, "hold", State.HELD),
        (State.PLANNED, "cancel", State.CANCELLED),
        (State.SKIPPED, "release", State.DUE),
        (State.MISSED, "retry", State.DUE),
    ],
)
def test_a_thread_is_acted_on_from_a_part_to_its_end(store: Store, state: State, action: str, after: State) -> None:
    """What a person does to part 2 happens to part 3 as well, not to part 1 or to another thread."""
    rows = add(
        store,
        *(planned(part=part, state=state) for part in (1, 2, 3)),
        planned(occasion=Occasion.of_flag("x"), state=state),
    )
    getattr(store, action)(rows[1].id, NOW)
    assert [store.get_delivery(row.id).state for row in rows] == [state, after, after, state]


def test_a_part_that_is_out_already_stays(store: Store) -> None:
    """Cancelling a thread leaves what the action does not fit."""
    first, second = add(store, planned(part=1), planned(part=2, state=State.SKIPPED))
    store.cancel(first.id, NOW)
    assert store.get_delivery(second.id).state is State.SKIPPED


def test_a_part_that_was_cancelled_by_itself_stays(store: Store) -> None:
    """Holding and releasing the thread does not bring it back; releasing what was cancelled as a whole does."""
    first, second = add(store, planned(part=1), planned(part=2))
    store.cancel(second.id, NOW)
    store.hold(first.id, NOW)
    store.release(first.id, NOW)
    assert store.get_delivery(second.id).state is State.CANCELLED
    store.cancel(first.id, NOW)
    store.release(first.id, NOW)
    assert store.get_delivery(second.id).state is State.DUE


@pytest.mark.parametrize("decided", ["cancel", "skip"])
def test_what_was_decided_against_meanwhile_is_not_let_go(store: Store, decided: str) -> None:
    """Who releases what their page shows as held overrules nobody; who sees that it is cancelled may."""
    (row,) = add(store, planned(state=State.HELD))
    after = getattr(store, decided)(row.id, NOW).state
    with pytest.raises(UsageError, match=f"was {after} meanwhile"):
        store.release(row.id, NOW, seen=State.HELD)
    assert store.get_delivery(row.id).state is after
    assert store.release(row.id, NOW, seen=after).state is State.DUE


def test_what_a_person_asks_for_is_stored_whole_or_not_at_all(store: Store) -> None:
    """Where somebody wrote at the same moment, or a message has gone on, it is said and nothing is kept."""
    row = bring_to(store, State.SENDING)
    change = PlannedChange(delivery_id=row.id, state=State.PLANNED, due_at=LATER, text="Mine")
    for rows, changes in (((planned(),), ()), ((planned("p2"),), (change,))):
        with pytest.raises(Overtaken):
            store.add_deliveries(rows, NOW, changes)
    assert store.list_deliveries() == (row,)


def test_giving_back_leaves_the_row_for_the_next(store: Store) -> None:
    """A worker that stops in time leaves no lease behind."""
    add(store)
    store.give_back(claim(store, "one"))
    assert claim(store, "two").lease_owner == "two"


def test_the_trail_tells_what_happened_in_order(store: Store) -> None:
    """Every decision is on the trail with its time and its words."""
    row = bring_to(store, State.SENDING)
    store.record(row, "send", decision(State.FAILED, detail="too long"), LATER)
    trail = [(one.action, one.outcome, one.state, one.at, one.detail) for one in store.list_attempts(row.id)]
    assert trail == [
        ("send", "intent", State.SENDING, NOW, ""),
        ("send", "test", State.FAILED, LATER, "too long"),
    ]


def test_sites_in_one_database_do_not_see_each_other(opener: Opener) -> None:
    """Every query carries the site: same posts and accounts, two rows, no common view."""
    store = opener()
    row = add(store)[0]
    other = Store(store._database, "another site")
    assert other.list_deliveries() == ()
    assert other.claim("me", NOW, LEASE) is None
    assert other.mark_abandoned(LATER) == 0
    with pytest.raises(UsageError):
        other.get_delivery(row.id)
    assert add(other)[0].key != row.key


def test_deliveries_are_listed_by_what_is_asked(store: Store) -> None:
    """Filters by state, account, post, slug, occasion and number."""
    add(store, planned("p1"), planned("p2", account="x", due_at=LATER), planned("p2", occasion=FEATURED))
    assert [row.post_id for row in store.list_deliveries(account="x")] == ["p2"]
    assert [row.account for row in store.list_deliveries(post_id="p2")] == ["mastodon", "x"]
    assert len(store.list_deliveries(slug="slug-p2", occasion="featured")) == 1
    assert len(store.list_deliveries(states=[State.SENT])) == 0
    assert len(store.list_deliveries(limit=2)) == 2
    assert store.find_next_at() == NOW


def test_usage_counts_threads_once_and_forgets_after_a_month(store: Store) -> None:
    """What gaps, daily caps and money limits are reckoned from."""
    for at, part, cost in ((NOW, 1, 0.2), (NOW, 2, 0.2), (NOW + timedelta(days=2), 1, 0.01)):
        add(store, planned(f"p{at:%d}", part=part, cost=cost, due_at=at))
        row = store.intend(claim(store, "me", at), at, LEASE)
        store.record(row, "send", decision(State.SENT), at)
    usage = store.read_usage("mastodon", NOW + timedelta(days=2, hours=1))
    assert usage.sent_at == (NOW + timedelta(days=2),)
    assert sum(cost for _, cost in usage.costs) == pytest.approx(0.41)
    assert store.read_usage("mastodon", NOW + timedelta(days=31)).last_sent_at == NOW + timedelta(days=2)
    assert store.read_usage("x", NOW).last_sent_at is None


def test_a_copy_is_known_by_its_remote_id(store: Store) -> None:
    """A copy that was found can be told to belong to another delivery."""
    sent = bring_to(store, State.SENT)
    assert store.find_by_receipt("mastodon", RECEIPT.remote_id) == sent
    assert store.find_by_receipt("x", RECEIPT.remote_id) is None
    assert store.find_by_receipt("mastodon", "unknown") is None


def test_the_address_of_another_post_settles_nothing(store: Store) -> None:
    """A wrong line pasted into `settle --sent` would later remove or edit that other message."""
    sent = bring_to(store, State.SENT)
    assert sent.receipt is not None
    (row,) = add(store, planned("p2"))
    unknown = store.record(
        store.intend(claim(store), NOW, LEASE), "send", decision(State.UNCERTAIN, look_at=LATER), NOW
    )
    with pytest.raises(UsageError, match=str(sent.id)):
        store.settle_sent(unknown.id, Receipt(sent.receipt.url, sent.receipt.url), NOW)
    assert store.get_delivery(row.id).state is State.UNCERTAIN


def test_a_move_that_the_table_forbids_is_refused_whole(store: Store) -> None:
    """A wrong decision changes neither the row nor the trail."""
    row = bring_to(store, State.SENDING)
    with pytest.raises(StateError):
        store.record(row, "send", decision(State.HELD), NOW)
    assert store.get_delivery(row.id) == row


@pytest.mark.slow
def test_workers_that_race_send_each_delivery_once(opener: Opener) -> None:
    """Six workers with connections of their own share 40 deliveries on 4 accounts: each is intended exactly once."""
    add(opener(), *(planned(f"p{n}", account=f"a{n % 4}") for n in range(40)))
    stores = [opener() for _ in range(6)]

    def work(number: int) -> list[int]:
        done = []
        while stores[number].list_due_accounts(NOW):
            row = stores[number].claim(f"worker-{number}", NOW, LEASE)
            if row is not None:
                sent = stores[number].intend(row, NOW, LEASE)
                receipt = Receipt(f"remote-{row.id}", "")
                done.append(stores[number].record(sent, "send", decision(State.SENT, receipt=receipt), NOW).id)
        return done

    with ThreadPoolExecutor(6) as pool:
        done = [one for some in pool.map(work, range(6)) for one in some]
    _finish(stores[0], done)
    assert len(done) == len(set(done)) == 40
    assert all(row.attempts == 1 for row in stores[0].list_deliveries(states=[State.SENT]))


def _finish(store: Store, done: list[int]) -> None:
    """A worker may leave while another still holds the last row of an account: take what is left."""
    while (row := store.claim("last", NOW, LEASE)) is not None:
        done.append(store.record(store.intend(row, NOW, LEASE), "send", decision(State.SENT), NOW).id)


@pytest.mark.slow
def test_a_claim_waits_for_no_other_one_of_its_account(postgres: str) -> None:
    """While one is under way on PostgreSQL another worker goes on with the next account; afterwards it gets its row."""
    with open_store(postgres, "turns") as store, psycopg.connect(postgres) as other:
        here, there = add(store, planned("p1", account="a"), planned("p2", account="b"))
        other.execute("SELECT pg_advisory_lock(hashtextextended('syndicate claim turns a', 0))")
        taken = store.claim("me", NOW, LEASE)
        assert (taken and taken.id, store.claim("me", NOW, LEASE)) == (there.id, None)
        other.execute("SELECT pg_advisory_unlock_all()")
        taken = store.claim("me", NOW, LEASE)
        assert taken
        assert taken.id == here.id


@pytest.mark.slow
def test_a_server_that_was_restarted_costs_one_transaction(postgres: str) -> None:
    """Its connections are gone: who is at it fails in words, and the next one goes as always."""
    url = f"{postgres}{'&' if '?' in postgres else '?'}application_name=restarted"
    with open_store(url, "restarted") as store, psycopg.connect(postgres, autocommit=True) as other:
        add(store)
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'restarted'")
        with suppress(StateError):
            store.claim("me", NOW, LEASE)
        assert store.claim("me", NOW, LEASE) is not None


def test_two_workers_never_own_the_same_row(opener: Opener) -> None:
    """Eight workers reach for one row at the same moment: one gets it."""
    add(opener())
    stores = [opener() for _ in range(8)]

    def reach(number: int) -> Delivery | None:
        return stores[number].claim(f"worker-{number}", NOW, LEASE)

    with ThreadPoolExecutor(8) as pool:
        claimed = [row for row in pool.map(reach, range(8)) if row is not None]
    assert len(claimed) == 1
    assert claimed[0] == stores[0].get_delivery(claimed[0].id)


def test_no_wait_takes_away_what_a_person_chose(store: Store) -> None:
    """Moved by hand, then kept waiting by a gap: the time stays a person's, and both are told."""
    row = store.move(add(store)[0].id, LATER, NOW)
    store.record(claim(store, at=LATER), "wait", decision(State.DUE, reason=Reason.GAP, detail="", due_at=LATER), LATER)
    after = store.get_delivery(row.id)
    assert (after.chosen, after.chosen_due_at, after.reason) == (Action.MOVE, LATER, Reason.GAP)
    assert say_why(after) == "waits for the gap after the previous message (moved by you)"


def test_a_release_remembers_what_it_overruled(store: Store) -> None:
    """So that planning does not stop the message again; a text of one's own changes nothing of it."""
    (row,) = add(store, planned(state=State.SKIPPED, reason=Reason.BASELINE, detail=""))
    released = store.set_text(store.release(row.id, NOW).id, "Mine", NOW)
    assert (released.chosen, released.overruled, released.reason) == (Action.RELEASE, Reason.BASELINE, Reason.NONE)


@pytest.mark.slow
@pytest.mark.parametrize("column", ["message", "receipt"])
@pytest.mark.parametrize("text", ["{", "[]", '{"text": 1, "card": 3}', "null", '"' + "\\u0000" * 9])
def test_a_row_that_cannot_be_read_costs_itself(sqlite_store: Store, column: str, text: str) -> None:
    """It is held with its reason, never claimed, and the rows behind it are."""
    first, second = add(sqlite_store, planned("p1"), planned("p2"))
    with sqlite3.connect(sqlite_store.where) as raw:
        raw.execute(f"UPDATE deliveries SET {column} = ? WHERE id = ?", (text, first.id))
    raw.close()
    assert claim(sqlite_store).id == second.id
    assert sqlite_store.claim("other", NOW, LEASE) is None
    shown = {row.id: row for row in sqlite_store.list_deliveries()}
    assert (shown[first.id].reason, shown[first.id].state) == (Reason.DAMAGED, State.HELD)
    assert len(sqlite_store.read_ledger().deliveries) == 2
