"""An account whose server fails rests; its messages wait as they are, and take turns afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from syndicate.deliver import AccountThreads, list_accounts_with_work, work_account
from syndicate.errors import FetchError, NotReady, RateLimited, Rejected, Spoiled, Unavailable, Uncertain
from syndicate.model import Account, Message, Reason, Receipt, ScheduleRules, State
from syndicate.planning.deliveries.retry import decide_rest
from tests.deliver.bench import NOW, Bench, Finding, Preparing, Scripted

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def sent_texts(network: Scripted) -> list[str]:
    return [message.text for message, _ in network.calls]


@pytest.mark.slow
@pytest.mark.parametrize("error", [Unavailable("down"), Uncertain("it fell silent")], ids=["down", "silent"])
def test_one_failure_lets_the_account_rest_and_its_other_messages_wait(bench: Bench, error: Exception) -> None:
    """Of sixty due messages one is tried; the others stay due, neither failed nor uncertain."""
    bench.networks = {"a": (network := Scripted([error]))}
    first, *others = [bench.add(post=f"p{number}") for number in range(60)]
    bench.run()
    assert len(network.calls) == 1
    assert {bench.get(row).state for row in others} == {State.PLANNED}
    (account,) = bench.store.list_accounts()
    assert (account.rest_since, account.rest_reason) == (NOW, str(error))
    assert bench.run_after(29 * SECOND).results == ()
    assert len(bench.run_after(SECOND).sent) >= 59
    assert bench.store.find_rest("a") == (None, None)
    assert bench.get(first).state in {State.SENT, State.UNCERTAIN, State.DUE}


@pytest.mark.slow
def test_rests_grow_with_the_trouble_and_keep_its_beginning(bench: Bench) -> None:
    """A server that is down for hours is asked less and less often, an hour apart at most."""
    bench.networks = {"a": (network := Scripted([Unavailable("down")] * 99))}
    for number in range(9):
        bench.add(post=f"p{number}")
    bench.run()
    tries = []
    while bench.now < NOW + 6 * HOUR:
        before = len(network.calls)
        bench.run_after(MINUTE / 2)
        tries += [bench.now] if len(network.calls) > before else []
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == HOUR
    assert bench.store.find_rest("a")[0] == NOW


@pytest.mark.slow
def test_a_message_that_always_fails_does_so_alone(bench: Bench) -> None:
    """The server refuses one message with 500 for ever: all others are out after a rest, and it gives up by itself."""

    class Picky(Scripted):
        def send(self, message: Message, *, key: str) -> Receipt:
            if "bad" in message.text:
                raise Unavailable("500")
            return super().send(message, key=key)

    bench.networks = {"a": Picky()}
    bad = bench.add(post="bad", due_at=NOW - SECOND)
    others = [bench.add(post=f"p{number}") for number in range(5)]
    bench.run()
    bench.run_after(MINUTE / 2)
    assert {bench.get(row).state for row in others} == {State.SENT}
    for _ in range(60):
        bench.run_after(HOUR)
    assert bench.get(bad).state is State.FAILED
    assert bench.get(bad).reason is Reason.GAVE_UP


def test_a_look_in_vain_lets_the_next_message_go_first(bench: Bench) -> None:
    """A network that cannot be searched, but posts, is not stopped by one message whose answer was lost."""
    network = Finding([Uncertain("lost")], sights=[Unavailable("no search today")] * 99)
    bench.networks = {"a": network}
    lost, other = bench.add(post="lost", due_at=NOW - SECOND), bench.add(post="other")
    bench.run()
    bench.run_after(10 * SECOND)
    assert len(network.looks) == 1
    assert bench.get(other).state is State.PLANNED
    bench.run_after(MINUTE)
    assert bench.get(other).state is State.SENT
    assert bench.get(lost).state is State.UNCERTAIN


def test_trouble_before_the_call_lets_it_rest_too(bench: Bench) -> None:
    """An upload that finds no server: the next message does not try its luck."""
    bench.networks = {"a": (network := Preparing(trouble=[Unavailable("cannot be reached")]))}
    bench.add(post="one", due_at=NOW - SECOND)
    other = bench.add(post="two")
    bench.run()
    assert network.steps.count("upload") == 1
    assert bench.get(other).state is State.PLANNED


@pytest.mark.slow
@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_jumps_by_days_lets_nobody_rest_for_days(bench: Bench, days: int) -> None:
    """What was decided by a wrong clock is not believed by the right one."""
    bench.networks = {"a": Scripted([Unavailable("down"), Uncertain("silent")])}
    rows = [bench.add(post=f"p{number}", due_at=NOW - timedelta(hours=80)) for number in range(3)]
    wrong, right = NOW + timedelta(days=days), NOW
    for bench.now in (wrong, wrong + MINUTE / 2, right):
        bench.run()
    bench.run_after(HOUR)
    assert State.DUE not in {bench.get(row).state for row in rows}
    assert bench.get(rows[2]).state is State.SENT


@pytest.mark.parametrize(
    ("error", "rests"),
    [
        (Unavailable("x"), 30 * SECOND),
        (Uncertain("x"), 30 * SECOND),
        (FetchError("x"), 30 * SECOND),
        (RateLimited("x", retry_at=NOW + HOUR), HOUR),
        (RateLimited("x", retry_at=NOW + timedelta(days=9)), timedelta(days=1)),
        (NotReady("x"), None),
        (Spoiled("x", prepared={}), None),
        (Rejected("x"), None),
        (KeyError("x"), None),
    ],
)
def test_only_the_servers_own_trouble_lets_an_account_rest(error: Exception, rests: timedelta | None) -> None:
    """A refusal is an answer; a server that names a time is left alone until then."""
    assert decide_rest(error, NOW, now=NOW, jitter=0.5) == (rests and NOW + rests)


@pytest.mark.slow
def test_what_keeps_failing_is_told_once_however_it_waits_in_between(bench: Bench) -> None:
    """Quiet hours after the notice do not make it news again; a person's retry does."""
    bench.accounts["a"] = Account(name="a", network="n", schedule=ScheduleRules(quiet="14:00-15:00", timezone="UTC"))
    bench.networks = {"a": Scripted([Unavailable("down")] * 99)}
    row = bench.add()
    seen = set()
    while bench.now < NOW + 9 * HOUR:
        bench.run_after(10 * MINUTE)
        seen.add(bench.get(row).reason)
    assert {Reason.STILL_FAILING, Reason.QUIET_HOURS} <= seen
    assert len(bench.notices) == 1
    bench.store.retry(row.id, bench.now)
    bench.store.wake_account("a", bench.now)
    for _ in range(30):
        bench.run_after(10 * MINUTE)
    assert len(bench.notices) == 2


def test_a_server_that_is_down_for_hours_is_told_once_however_many_messages_take_turns(bench: Bench) -> None:
    """Each rest another of the thirty is tried, none of them for hours; the person hears of the account in three."""
    bench.networks = {"a": Scripted([Unavailable("down")] * 99)}
    for number in range(30):
        bench.add(post=f"p{number}")
    while bench.now < NOW + 9 * HOUR:
        bench.run_after(10 * MINUTE)
    assert [(one.kind, one.subject) for one in bench.notices] == [("account", "a keeps failing")]
    assert bench.notices[0].at <= NOW + 3 * HOUR


PATIENCE = 60
"""Seconds after which something counts as never happening."""


@dataclass
class Hanging(Scripted):
    """Accepts every call and answers none before the test ends."""

    has_come: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def send(self, message: Message, *, key: str) -> Receipt:
        self.has_come.set()
        assert self.may_answer.wait(PATIENCE)
        return super().send(message, key=key)


@contextmanager
def started(bench: Bench, threads: AccountThreads) -> Iterator[Mapping[str, threading.Event]]:
    """A tick of the daemon, and for each account whether it is done; hanging calls are answered after the block."""
    tools = bench.tools()
    done = {account.name: threading.Event() for account in list_accounts_with_work(tools)}
    for name, event in done.items():
        threads.start(name, partial(work_account, tools, tools.accounts[name]), event.set)
    try:
        yield done
    finally:
        for network in bench.networks.values():
            if isinstance(network, Hanging):
                network.may_answer.set()
        threads.wait(PATIENCE)


@pytest.mark.slow
def test_accounts_that_hang_keep_nobody_waiting(bench: Bench) -> None:
    """Beside twenty calls without an answer the message of another account goes out, in this tick and in the next."""
    hanging = [Hanging() for _ in range(20)]
    bench.networks = {f"a{number}": network for number, network in enumerate(hanging)} | {"z": Scripted()}
    for name in bench.networks:
        bench.add(name)
    threads = AccountThreads()
    with started(bench, threads) as first:
        assert all(network.has_come.wait(PATIENCE) for network in hanging)
        assert first["z"].wait(PATIENCE)
        assert len(bench.networks["z"].calls) == 1
        bench.add("z", post="later")
        with started(bench, threads) as second:
            assert list(second) == ["z"]
            assert second["z"].wait(PATIENCE)
            assert len(bench.networks["z"].calls) == 2
            assert not any(first[name].is_set() for name in first if name != "z")


def test_an_account_at_work_gets_no_second_thread() -> None:
    """It is asked for again at the next tick."""
    threads, may_end = AccountThreads(), threading.Event()
    assert threads.start("a", may_end.wait)
    assert not threads.start("a", may_end.wait)
    assert threads.start("b", lambda: None)
    may_end.set()
    assert threads.wait(PATIENCE) == ()
    assert threads.start("a", lambda: None)


def test_who_is_asked_to_end_begins_nothing(bench: Bench) -> None:
    """The call that is open ends and counts; the other messages wait as they are, in nobody's hands."""
    threads, network = AccountThreads(), Hanging()
    bench.networks = {"a": network}
    rows = [bench.add(post=f"p{number}") for number in range(12)]
    bench.changes = {"is_stopping": threads.is_stopping}
    with started(bench, threads):
        assert network.has_come.wait(PATIENCE)
        assert threads.stop(0) == ("a",)
    assert len(network.calls) == 1
    found = [bench.get(row) for row in rows]
    assert sorted(row.state for row in found) == [*[State.PLANNED] * 11, State.SENT]
    assert all(row.lease_owner == "" for row in found)
    assert not threads.start("b", lambda: None)


def test_what_is_only_prepared_is_given_back(bench: Bench) -> None:
    """Asked to end between an upload and the call: the next process goes on behind the upload."""
    asked = threading.Event()

    class Asking(Preparing):
        def prepare(self, message: Message, *, key: str) -> Message:
            if self.steps:
                asked.set()
            return super().prepare(message, key=key)

    network = Asking()
    bench.networks = {"a": network}
    row = bench.add()
    bench.changes = {"is_stopping": asked.is_set}
    bench.run()
    left = bench.get(row)
    assert (left.state, left.lease_owner, network.calls) == (State.DUE, "", [])
    bench.changes = {}
    assert len(bench.run().sent) == 1
    assert network.steps == ["upload", "container"]
