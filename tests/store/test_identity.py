"""The state's identity and switch, and copies taken over by a state that does not know everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, update

from syndicate.errors import Contradicted
from syndicate.model import Occasion, Receipt, State
from syndicate.store import open_store
from syndicate.store.cache import open_cache
from syndicate.store.file import back_up
from syndicate.store.glance import Moment, glance, keep_seen, read_seen
from syndicate.store.identity import LEAP, Contradiction, raise_counter
from syndicate.store.schema import states as site_states
from syndicate.store.store import Store
from syndicate.store.syndication_links import Found
from tests.store.conftest import Opener
from tests.store.rows import LEASE, MESSAGE, NOW, SITE, add, planned

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
    assert (before.moment.calls, store.read_state().moment.calls) == ({}, {"mastodon": 1})
    assert store.raise_counter("mastodon").moment.calls == {"mastodon": 2}
    assert store.raise_counter("other").moment.calls == {"other": 1}
    assert store.read_state().moment.calls == {"mastodon": 2, "other": 1}


@pytest.mark.slow
def test_no_intent_waits_for_another_account(postgres: str) -> None:
    """While one worker's intent is on its way to the disk, a second worker's one for another account gets there."""
    site = "two workers"
    impatient = make_url(postgres).update_query_dict({"options": "-c lock_timeout=3s"})
    with (
        open_store(postgres, site) as first,
        open_store(impatient.render_as_string(hide_password=False), site) as second,
    ):
        row = second.get_delivery(add(second, planned(account="two"))[0].id)
        taken = second.claim("me", datetime.now(UTC), LEASE, account="two")
        assert taken is not None
        with first._database.writing() as connection:
            raise_counter(connection, site, "one")
            second.intend(taken, NOW, LEASE)
            assert second.read_state().moment.calls == {"two": 1}
        assert second.get_delivery(row.id).state is State.SENDING
        assert second.read_state().moment.calls == {"one": 1, "two": 1}


@pytest.mark.slow
def test_an_older_copy_is_known_by_each_call(sqlite_store: Store, tmp_path: Path) -> None:
    """Whichever account made the call that the copy lacks, and however many calls of others the copy counts since."""
    for number, account in enumerate(("one", "two", "one")):
        older = tmp_path / f"{number}.db"
        back_up(Path(sqlite_store.where), older)
        with open_cache(str(tmp_path / f"{number}.cache")) as cache, open_store(f"sqlite:///{older}", SITE) as copy:
            keep_seen(cache, sqlite_store.raise_counter(account).moment)
            seen = read_seen(cache)
            assert seen is not None
            assert not seen.is_ahead_of(sqlite_store.read_state().moment)
            for other in {"one", "two", "three"} - {account}:
                copy.raise_counter(other)
            assert seen.is_ahead_of(copy.read_state().moment)
            found = glance(older, SITE)
            assert found is not None
            assert found.moment == copy.read_state().moment


def test_an_older_copy_is_known_after_an_update(tmp_path: Path, path: Path) -> None:
    """What a cache has seen before accounts counted for themselves counts on; so does what an older program adds."""
    with open_cache(str(tmp_path / "cache.db")) as cache, open_store(f"sqlite:///{path}", SITE) as store:
        begin = store.read_state().moment
        cache.put_many("state", {"seen": f"{begin.identity} 5".encode()})
        seen = read_seen(cache)
        assert seen is not None
        assert seen.is_ahead_of(begin)
        with store._database.writing() as connection:
            connection.execute(update(site_states).values(counter=5))
        assert not seen.is_ahead_of(store.read_state().moment)
        keep_seen(cache, store.raise_counter("one").moment)
        assert read_seen(cache) == Moment(begin.identity, 5, {"one": 6})


def test_the_switch_opens_when_every_account_is_adopted(sqlite_store: Store) -> None:
    """Not before; then the counter is beyond all that was seen, and the other identity is known."""
    store = sqlite_store
    assert store.contradict(Contradiction.OLDER, NOW)
    assert not store.contradict(Contradiction.LOST, NOW)
    with pytest.raises(Contradicted):
        store.raise_counter("one")
    store.keep_adopted("one")
    assert store.solve_contradiction(("one", "two"), 7, {"other"}).contradiction is Contradiction.OLDER
    store.keep_adopted("two")
    solved = store.solve_contradiction(("one", "two"), 7, {"other"})
    assert (solved.contradiction, solved.moment.start, solved.replaces) == (None, 7 + LEAP, {"other"})
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
