"""From uncertain to known: by looking, by the key that the network keeps, or by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from syndicate.errors import Duplicate, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.model import FEATURED, Delivery, Reason, Receipt, State
from syndicate.planning.deliveries import say_why
from tests.deliver.bench import NOW, Bench, Finding, Keeping, Scripted

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SEEN = Receipt("seen", "https://social.example/seen")
LOST = Uncertain("the answer was lost")


def lose_answer(bench: Bench, network: Scripted) -> Delivery:
    """A delivery whose call ended unclear."""
    network.script = [LOST]
    bench.networks["a"] = network
    row = bench.add()
    bench.run()
    assert bench.get(row).state is State.UNCERTAIN
    return row


def test_a_lost_answer_is_found_by_looking(bench: Bench) -> None:
    """Ten seconds later the network shows the copy: it is adopted, and nothing is sent again."""
    row = lose_answer(bench, network := Finding(sights=[SEEN]))
    assert bench.run_after(9 * SECOND).results == ()
    bench.run_after(SECOND)
    assert (bench.get(row).state, bench.get(row).receipt) == (State.SENT, SEEN)
    assert len(network.calls) == 1
    assert bench.trail(row) == [("send", "intent"), ("send", "unknown"), ("find", "found")]
    ((key, since),) = network.looks
    assert (key, since) == (row.key, NOW - timedelta(days=1))


def test_what_three_looks_do_not_find_is_sent_again_with_the_same_key(bench: Bench) -> None:
    """After 10 s, 60 s and 5 min without a sight the call is made again, and only then."""
    row = lose_answer(bench, network := Finding())
    for wait, calls in ((10 * SECOND, 1), (60 * SECOND, 1), (5 * MINUTE, 2)):
        assert len(network.calls) < 2
        bench.run_after(wait)
        assert len(network.calls) == calls
    assert bench.get(row).state is State.SENT
    assert {key for _, key in network.calls} == {row.key}


def test_what_costs_money_is_not_called_again_before_a_person_says_so(bench: Bench) -> None:
    """Three looks see nothing: the person hears of it once, and only their word buys a second try."""
    network = bench.networks["a"] = Finding(script=[LOST])
    row = bench.add(cost=0.2)
    bench.run()
    for wait in (10 * SECOND, 60 * SECOND, 5 * MINUTE, timedelta(days=1)):
        bench.run_after(wait)
    assert (len(network.calls), len(network.looks), len(bench.notices)) == (1, 3, 1)
    assert (bench.get(row).state, bench.get(row).look_at) == (State.UNCERTAIN, None)
    bench.store.settle_not_sent(row.id, bench.now)
    bench.run()
    assert (len(network.calls), bench.get(row).state) == (2, State.SENT)


def test_a_network_without_read_back_is_settled_by_the_person(bench: Bench) -> None:
    """Days pass and nothing is sent again; the person is told once, looks, and says what is so."""
    row = lose_answer(bench, network := Scripted())
    for _ in range(3):
        bench.run_after(timedelta(days=1))
    assert len(network.calls) == 1
    assert "syndicate settle" in say_why(bench.get(row))
    assert [notice.delivery_id for notice in bench.notices] == [row.id]
    bench.store.settle_not_sent(row.id, bench.now)
    bench.run()
    assert len(network.calls) == 2
    assert bench.get(row).state is State.SENT


def test_the_person_may_say_that_it_was_sent(bench: Bench) -> None:
    """With the address of the copy the delivery is done."""
    row = lose_answer(bench, network := Scripted())
    bench.store.settle_sent(row.id, SEEN, bench.now)
    bench.run_after(timedelta(days=1))
    assert len(network.calls) == 1
    assert bench.get(row).receipt == SEEN


def test_a_kept_key_allows_the_same_call_again(bench: Bench) -> None:
    """Inside the window the same key is sent again: it cannot publish twice."""
    row = lose_answer(bench, network := Keeping())
    bench.run_after(10 * SECOND)
    assert bench.get(row).state is State.SENT
    assert [key for _, key in network.calls] == [row.key, row.key]
    assert network.calls[0] == network.calls[1]


def test_a_kept_key_is_not_used_after_its_window(bench: Bench) -> None:
    """The machine slept past the window: now only a person can say."""
    row = lose_answer(bench, network := Keeping())
    bench.run_after(timedelta(hours=2))
    assert len(network.calls) == 1
    assert (bench.get(row).state, bench.get(row).look_at) == (State.UNCERTAIN, None)


def test_a_clock_set_back_makes_no_key_young_again(bench: Bench) -> None:
    """Where the clock stands before the intent nobody knows the key's age."""
    row = lose_answer(bench, network := Keeping())
    bench.now -= timedelta(hours=5)
    bench.store.pause_account("a", "to bring the look forward", bench.now)
    bench.store.resume_account("a")
    bench.run_after(timedelta(hours=5, seconds=9))
    assert len(network.calls) == 1
    assert bench.get(row).state is State.UNCERTAIN


@pytest.mark.parametrize("outcome", [Unavailable("down"), Unauthorised("dead"), KeyError("id"), LOST])
def test_calling_again_without_success_leaves_it_unknown(bench: Bench, outcome: Exception) -> None:
    """The second call's "surely not published" says nothing about the first."""
    row = lose_answer(bench, network := Keeping())
    network.script = [outcome]
    bench.run_after(10 * SECOND)
    assert bench.get(row).state is State.UNCERTAIN
    assert bench.get(row).intent_at == NOW


def test_a_key_that_is_refused_the_second_time_goes_to_the_person(bench: Bench) -> None:
    """ "Seen before" does not say published."""
    row = lose_answer(bench, network := Keeping())
    network.script = [Rejected("duplicate key")]
    bench.run_after(10 * SECOND)
    assert (bench.get(row).state, bench.get(row).look_at) == (State.UNCERTAIN, None)


def test_looking_goes_on_through_an_outage(bench: Bench) -> None:
    """A network that is down while we look is asked again, and no look is counted."""
    row = lose_answer(bench, Finding(sights=[Unavailable("down"), KeyError("data"), SEEN]))
    for _ in range(3):
        bench.run_after(timedelta(hours=1))
    assert bench.get(row).receipt == SEEN


def test_a_token_that_dies_while_looking_pauses_and_settles_later(bench: Bench) -> None:
    """The unknown outcome stays unknown until the account is mended."""
    row = lose_answer(bench, Finding(sights=[Unauthorised("dead"), SEEN]))
    bench.run_after(10 * SECOND)
    assert [notice.kind for notice in bench.notices] == ["account"]
    assert bench.run_after(timedelta(hours=1)).results == ()
    bench.store.resume_account("a")
    bench.run()
    assert bench.get(row).receipt == SEEN


def test_another_messages_copy_is_not_taken_for_ours(bench: Bench) -> None:
    """Two occasions with the same words: what belongs to one is never the proof of the other."""
    network = bench.networks["a"] = Finding()
    first = bench.add()
    bench.run()
    other = bench.get(first).receipt
    assert other is not None
    network.script, network.sights = [LOST], [other] * 3
    second = bench.add(occasion=FEATURED)
    for wait in (0 * SECOND, 10 * SECOND, 60 * SECOND, 5 * MINUTE, 5 * MINUTE):
        bench.run_after(wait)
    assert (bench.get(second).state, bench.get(second).look_at) == (State.UNCERTAIN, None)
    assert len(network.calls) == 2


def test_a_second_message_about_a_post_waits_until_the_first_is_settled(bench: Bench) -> None:
    """Featuring a post whose first message is unknown sends nothing yet, and says what it waits for."""
    first = lose_answer(bench, network := Scripted())
    second = bench.add(occasion=FEATURED)
    bench.run_after(MINUTE)
    assert (bench.get(second).reason, bench.get(second).detail) == (Reason.BEHIND_TWIN, str(first.id))
    assert len(network.calls) == 1
    bench.store.settle_sent(first.id, SEEN, bench.now)
    bench.run_after(2 * MINUTE)
    assert bench.get(second).state is State.SENT


def test_an_unknown_message_does_not_stop_other_posts(bench: Bench) -> None:
    """Only messages about the same post wait, once the account has rested."""
    lose_answer(bench, Scripted())
    other = bench.add(post="other")
    bench.run_after(MINUTE)
    assert bench.get(other).state is State.SENT


def test_a_copy_that_the_network_names_must_be_ours(bench: Bench) -> None:
    """A duplicate refusal that names the copy of another occasion proves nothing: the person looks."""
    network = bench.networks["a"] = Finding()
    first = bench.add()
    bench.run()
    copy = bench.get(first).receipt
    assert copy is not None
    network.script = [LOST, Duplicate("said before", remote_id=copy.remote_id, url=copy.url)]
    second = bench.add(occasion=FEATURED)
    for wait in (0 * SECOND, 10 * SECOND, 60 * SECOND, 5 * MINUTE):
        bench.run_after(wait)
    assert (bench.get(second).state, bench.get(second).look_at) == (State.UNCERTAIN, None)


def test_a_copy_that_the_network_names_is_ours_after_looking(bench: Bench) -> None:
    """What no look showed is named by the refusal of the second call: it was published."""
    row = lose_answer(bench, network := Finding())
    network.script = [Duplicate("said before", remote_id="urn:1", url="https://social.example/urn")]
    for wait in (10 * SECOND, 60 * SECOND, 5 * MINUTE):
        bench.run_after(wait)
    assert bench.get(row).receipt == Receipt("urn:1", "https://social.example/urn")


@dataclass
class Paid(Finding):
    """Looking costs half a cent for each post read."""

    cost_of_list = cost_of_delete = cost_of_check = 0.005

    def take_spent(self) -> float:
        return 0.005


def test_looking_that_costs_money_counts(bench: Bench) -> None:
    """What a look spent stands beside what messages cost, also where it failed."""
    bench.networks["a"] = Paid(
        script=[Uncertain("cut")], sights=[Unavailable("down"), Receipt("r", "https://x.example")]
    )
    row = bench.add(cost=0.2)
    bench.run()
    bench.run_after(timedelta(minutes=1))
    bench.run_after(timedelta(hours=2))
    assert bench.get(row).state is State.SENT
    assert [cost for _, cost in bench.store.read_usage("a", bench.now).costs] == [0.2, 0.005, 0.005]
