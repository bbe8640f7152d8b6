"""What publishing remembers: identities, baselines, copies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import UsageError
from syndicate.model import NEW, Action, Limits, PlannedChange, Reason, Receipt, State
from syndicate.store.ledger import Applied
from syndicate.store.store import Store
from syndicate.store.syndication_links import Found
from syndicate.text.counting import Counter
from tests.store.conftest import Opener
from tests.store.rows import LEASE, MESSAGE, NOW, RECEIPT, add, bring_to, decision, identified, known, plan, planned

LATER = NOW + timedelta(hours=1)


def test_a_plan_is_remembered_and_applying_it_again_changes_nothing(opener: Opener) -> None:
    """Posts, deliveries and baselines are there after reopening; the second time adds no row."""
    store = opener()
    whole = plan(
        identified=(identified(known("p1")), identified(known("p2"))),
        deliveries=(planned("p1"), planned("p2", state=State.SKIPPED, reason=Reason.BASELINE)),
        baselined=frozenset({"mastodon"}),
    )
    first = store.apply(whole, NOW)
    ledger = opener().read_ledger()
    assert first == Applied(new_posts=2, new_deliveries=2)
    assert ledger.posts == (known("p1"), known("p2"))
    assert [(row.post_id, row.state, row.reason) for row in ledger.deliveries] == [
        ("p1", State.PLANNED, Reason.OWN_WORDS),
        ("p2", State.SKIPPED, Reason.BASELINE),
    ]
    assert ledger.baselined == {"mastodon"}
    assert store.apply(whole, LATER).new_deliveries == 0
    assert store.read_ledger() == ledger


def test_an_empty_plan_does_not_touch_the_database(store: Store) -> None:
    """A run where nothing changed writes nothing."""
    assert store.apply(plan(identified=(identified(known(), is_new=False),)), NOW) == Applied(changed_posts=1)
    unchanged = plan(gone=(known("gone", gone_at=NOW),))
    assert store.apply(unchanged, NOW) == Applied()


@pytest.mark.slow
def test_a_post_that_is_a_draft_now_is_kept_as_it_is_now(store: Store) -> None:
    """Its row follows the draft, and stays one of a post that is gone."""
    store.apply(plan(identified=(identified(known()),)), NOW)
    store.apply(plan(gone=(known(),)), LATER)
    draft = known(slug="new", title="New", declared_id="urn:x", dated_at=LATER, gone_at=LATER)
    store.apply(plan(gone=(draft,), hidden=(draft,)), LATER + timedelta(hours=1))
    assert store.read_ledger().posts == (draft,)


def test_what_is_fixed_at_first_sight_stays_fixed(store: Store) -> None:
    """A changed post gets its new slug, title, digest and date; its first sight stays."""
    store.apply(plan(identified=(identified(known()),), deliveries=(planned(),)), NOW)
    edited = known(slug="new", title="New", digest="d2", updated_at=LATER, published_at=LATER, first_seen_at=LATER)
    store.apply(plan(identified=(identified(edited, is_new=False),)), LATER + timedelta(days=2))
    changed = known(slug="new", title="New", digest="d2", updated_at=LATER, published_at=LATER)
    assert store.read_ledger().posts == (changed,)
    assert store.list_deliveries()[0].slug == "new"


def test_the_slug_of_what_went_out_stays_as_it_was(store: Store) -> None:
    """Renaming a post does not rewrite the past."""
    sent = bring_to(store, State.SENT)
    store.apply(plan(identified=(identified(known(slug="new"), is_new=False),)), LATER)
    assert store.get_delivery(sent.id).slug == sent.slug


def test_a_vanished_post_keeps_its_identity_and_may_come_back(store: Store) -> None:
    """`gone_at` is set once and cleared when the file returns."""
    store.apply(plan(identified=(identified(known()),)), NOW)
    store.apply(plan(gone=(known(),)), LATER)
    assert store.read_ledger().posts == (known(gone_at=LATER),)
    store.apply(plan(identified=(identified(known(), is_new=False),)), LATER)
    assert store.read_ledger().posts == (known(),)


def test_an_account_that_was_removed_is_a_new_one_when_it_returns(store: Store) -> None:
    """A forgotten baseline is set again, at the later moment."""
    store.apply(plan(baselined=frozenset({"x"})), NOW)
    store.apply(plan(baselined=frozenset({"x"})), LATER)
    assert store.list_accounts()[0].baselined_at == NOW
    store.apply(plan(forgotten=frozenset({"x"})), LATER)
    assert store.read_ledger().baselined == frozenset()
    store.apply(plan(baselined=frozenset({"x"})), LATER)
    assert store.list_accounts()[0].baselined_at == LATER


def test_a_planned_change_brings_own_text_along(store: Store) -> None:
    """`post --text` on a row that waits: the text is stored and the composed message thrown away."""
    row = bring_to(store, State.DUE)
    change = PlannedChange(delivery_id=row.id, state=State.PLANNED, due_at=LATER, chosen=Action.POST, text="Mine")
    assert store.apply(plan(changes=(change,)), NOW).changed_deliveries == 1
    changed = store.get_delivery(row.id)
    assert (changed.state, changed.text, changed.message, changed.chosen) == (State.PLANNED, "Mine", None, Action.POST)


def test_a_plan_is_applied_whole_or_not_at_all(store: Store) -> None:
    """A change of a delivery that does not exist undoes the posts and rows of the same plan."""
    broken = PlannedChange(delivery_id=999, state=State.HELD, due_at=NOW)
    whole = plan(identified=(identified(known()),), deliveries=(planned(),), changes=(broken,))
    with pytest.raises(Exception, match="999"):
        store.apply(whole, NOW)
    assert store.read_ledger().posts == ()
    assert store.list_deliveries() == ()


def test_limits_are_part_of_the_ledger(store: Store) -> None:
    """What a server stated is kept as data."""
    limits = Limits(characters=5000, counter=Counter.GRAPHEMES, per_link=23, image_types=("image/webp",))
    store.save_limits("mastodon", Limits(characters=500), NOW)
    store.save_limits("mastodon", limits, LATER)
    ledger = store.read_ledger()
    assert ledger.limits == (("mastodon", limits),)
    assert store.find_limits("mastodon") == limits
    assert store.find_limits("x") is None
    state = store.list_accounts()[0]
    assert (state.limits, state.limits_read_at) == (limits, LATER)


def test_copies_are_listed_by_post_without_further_parts(store: Store) -> None:
    """What `syndication.json` is written from."""
    bring_to(store, State.SENT)
    add(store, planned(part=2), planned("p2"))
    copies = store.list_syndication()
    assert set(copies) == {"p1"}
    assert [(one.account, one.network, one.receipt, one.sent_at) for one in copies["p1"]] == [
        ("mastodon", "fake", RECEIPT, NOW)
    ]
    assert store.read_ledger().deliveries[0].url == RECEIPT.url


@pytest.mark.parametrize("before", [state for state in State if state not in {State.SENDING, State.SENT}])
def test_a_copy_found_on_the_network_is_adopted(store: Store, before: State) -> None:
    """`adopt` records what is already there, whatever the row waits for; only a person's no stays a no."""
    row = bring_to(store, before)
    found = Found("p1", "slug-p1", RECEIPT, LATER)
    is_news = before is not State.CANCELLED
    assert store.adopt("mastodon", "fake", [found], LATER) == is_news
    adopted = store.get_delivery(row.id)
    assert adopted.state is (State.SENT if is_news else before)
    assert adopted.sent_at == (LATER if is_news else None)
    assert store.adopt("mastodon", "fake", [found], LATER) == 0


def test_a_copy_without_a_row_gets_one_and_is_never_sent(store: Store) -> None:
    """After a lost database, adopting fills the outbox: planning the same post again adds nothing."""
    assert store.adopt("mastodon", "fake", [Found("p9", "slug-p9", Receipt("r9", "u9"), NOW)], LATER) == 1
    store.apply(plan(deliveries=(planned("p9"),)), NOW)
    assert [row.state for row in store.list_deliveries()] == [State.SENT]
    assert store.claim("me", LATER, timedelta(minutes=5)) is None
    assert store.find_by_receipt("mastodon", "r9") is not None


def test_a_running_call_is_not_adopted(store: Store) -> None:
    """What a worker sends this moment gets its receipt from the worker."""
    row = bring_to(store, State.SENDING)
    assert store.adopt("mastodon", "fake", [Found("p1", "slug-p1", RECEIPT, NOW)], NOW) == 0
    assert store.get_delivery(row.id) == row


@pytest.mark.slow
@pytest.mark.parametrize("newer", [State.SENT, State.UNCERTAIN])
@pytest.mark.parametrize("older", [State.SENT, State.UNCERTAIN, State.SKIPPED, None])
def test_what_is_out_survives_a_join(store: Store, newer: State, older: State | None) -> None:
    """The newer post's message, or perhaps message, belongs to the post, beside the one that is out, for another."""
    store.apply(plan(identified=(identified(known("old")), identified(known("new")))), NOW)
    before = _bring_post_to(store, "old", older) if older else None
    after = _bring_post_to(store, "new", newer)
    add(store, planned("new", account="bluesky"))
    store.join_posts(replace(known("new"), id="old"), known("new"), LATER)
    rows = {row.id: row for row in store.list_deliveries(post_id="old")}
    is_beside = older in {State.SENT, State.UNCERTAIN}
    assert [row.id for row in store.list_deliveries()] == [*([before] if is_beside else []), after]
    assert (rows[after].state, rows[after].occasion == NEW) == (newer, not is_beside)
    assert rows[after].receipt == (RECEIPT if newer is State.SENT else None)
    assert store.list_attempts(after)[-1].action == "same"
    if newer is State.UNCERTAIN:
        store.settle_sent(after, RECEIPT, LATER)
        assert store.get_delivery(after).state is State.SENT


def test_a_join_waits_for_what_is_being_sent(store: Store) -> None:
    """Nothing is changed then."""
    store.apply(plan(identified=(identified(known("old")), identified(known("new")))), NOW)
    _bring_post_to(store, "new", State.SENDING)
    with pytest.raises(UsageError, match="is being sent this moment"):
        store.join_posts(replace(known("new"), id="old"), known("new"), LATER)
    assert {row.id for row in store.read_ledger().posts} == {"old", "new"}


def test_a_join_is_remembered_by_the_name_of_before(store: Store) -> None:
    """Also where nothing of either post was ever sent."""
    store.apply(plan(identified=(identified(known("old")), identified(known("new")))), NOW)
    add(store, planned("old", state=State.SKIPPED))
    assert not store.was_joined("old", "slug-new")
    store.join_posts(replace(known("new"), id="old"), known("new"), LATER)
    assert store.was_joined("old", "slug-old")
    assert not store.was_joined("old", "another")


def _bring_post_to(store: Store, post: str, state: State) -> int:
    """A message of the post in this state."""
    (row,) = add(store, planned(post, state=state if state is State.SKIPPED else State.PLANNED))
    if state is State.SKIPPED:
        return row.id
    taken = store.claim("me", NOW, LEASE, only=(row.id,))
    assert taken is not None
    sending = store.intend(store.keep_message(taken, MESSAGE, NOW, LEASE), NOW, LEASE)
    return row.id if state is State.SENDING else store.record(sending, "send", decision(state), NOW).id
