"""The state's identity and switch, and copies taken over by a state that does not know everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicate.errors import Contradicted
from syndicate.model import Occasion, Receipt, State
from syndicate.store.identity import LEAP, Contradiction
from syndicate.store.store import Store
from syndicate.store.syndication_links import Found
from tests.store.conftest import Opener
from tests.store.rows import LEASE, MESSAGE, NOW, planned

FEATURED = Occasion.of_flag("featured")


def found(number: int, post: str = "p1") -> Found:
    receipt = Receipt(f"r{number}", f"https://social.example/{number}")
    return Found(post, f"slug-{post}", receipt, NOW + timedelta(minutes=number))


def states(store: Store, post: str) -> dict[tuple[str, int], State]:
    return {(one.occasion.name, one.part): one.state for one in store.list_deliveries(post_id=post)}


@pytest.mark.slow
def test_a_state_keeps_its_identity(opener: Opener) -> None:
    """It is the same for everybody who opens the state, and every intent raises its counter."""
    store = opener()
    before = store.read_state()
    assert opener().read_state() == before
    store.add_deliveries([planned()], NOW)
    row = store.claim("me", NOW, LEASE)
    assert row is not None
    store.intend(store.keep_message(row, MESSAGE, NOW, LEASE), NOW, LEASE)
    assert store.read_state().counter == before.counter + 1
    assert store.raise_counter().counter == before.counter + 2


def test_the_switch_opens_when_every_account_is_adopted(sqlite_store: Store) -> None:
    """Not before; then the counter is beyond all that was seen, and the other identity is known."""
    store = sqlite_store
    assert store.contradict(Contradiction.OLDER, NOW)
    assert not store.contradict(Contradiction.LOST, NOW)
    with pytest.raises(Contradicted):
        store.raise_counter()
    store.keep_adopted("one")
    assert store.solve_contradiction(("one", "two"), 7, {"other"}).contradiction is Contradiction.OLDER
    store.keep_adopted("two")
    solved = store.solve_contradiction(("one", "two"), 7, {"other"})
    assert (solved.contradiction, solved.counter, solved.replaces) == (None, 7 + LEAP, {"other"})
    assert store.contradict(Contradiction.OLDER, NOW)
    assert store.read_state().adopted == frozenset()


def test_each_unknown_copy_settles_one_message_of_its_post(sqlite_store: Store) -> None:
    """The second copy of a post is the featured one; later parts of a thread that began are held."""
    store = sqlite_store
    later = NOW + timedelta(hours=1)
    rows = [planned(), planned(part=2), planned(occasion=FEATURED, due_at=later), planned("p2")]
    store.add_deliveries(rows, NOW)
    assert store.take_over("mastodon", "fake", [found(2), found(1)], NOW) == 2
    assert states(store, "p1") == {("new", 1): State.SENT, ("new", 2): State.HELD, ("featured", 1): State.SENT}
    assert states(store, "p2") == {("new", 1): State.PLANNED}
    kinds = {(one.post_id, one.occasion.name): one.receipt for one in store.list_deliveries(states=(State.SENT,))}
    assert {key: receipt and receipt.remote_id for key, receipt in kinds.items()} == {
        ("p1", "new"): "r1",
        ("p1", "featured"): "r2",
    }
    assert store.take_over("mastodon", "fake", [found(2), found(1)], NOW) == 0
    assert store.hold_waiting("mastodon", NOW) == 1
