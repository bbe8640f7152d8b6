"""Accounts side by side: one that hangs keeps its own thread, and a process that is asked to end begins nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from syndicate.deliver import AccountThreads, list_accounts_with_work, work_account
from syndicate.model import Message, Receipt, State
from tests.deliver.bench import Bench, Preparing, Scripted

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
    rows = [bench.add(post=f"p{number}") for number in range(60)]
    bench.changes = {"is_stopping": threads.is_stopping}
    with started(bench, threads):
        assert network.has_come.wait(PATIENCE)
        assert threads.stop(0) == ("a",)
    assert len(network.calls) == 1
    found = [bench.get(row) for row in rows]
    assert sorted(row.state for row in found) == [*[State.PLANNED] * 59, State.SENT]
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
