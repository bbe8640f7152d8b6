"""SIGTERM with a backlog, and a server that has taken a message and says nothing: the daemon, one of many workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.neighbours import PATIENCE, Healthy, Neighbours, Silent, ask_to_stop
from tests.networks.fake import Handler, Reply, Request
from tests.networks.fake_mastodon import FakeMastodon
from tests.store.conftest import postgres as postgres  # noqa: PLC0414 - a fixture of the store's tests

LONGEST = 30
"""Seconds in which a process that was asked to stop must be gone."""
DUE = 60
POST = "POST /api/v1/statuses"
TOOT = """
[accounts.toot]
network = "mastodon"
instance = "{url}"
media = "none"
"""


class Stuck:
    """Has done the work, and keeps its answer until the test ends."""

    def __init__(self) -> None:
        self.has_come = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        self.has_come.set()
        self.may_answer.wait(10 * PATIENCE)
        return reply


@pytest.fixture(params=["run", "worker"])
def process(request: pytest.FixtureRequest) -> str:
    """The command that delivers."""
    return str(request.param)


@pytest.fixture
def toot() -> Iterator[FakeMastodon]:
    with FakeMastodon("gotosocial") as toot:
        toot.now = datetime.now(UTC)
        yield toot


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path, process: str, toot: FakeMastodon) -> Iterator[Neighbours]:
    """An account that reads back, alone; its state on SQLite, for workers on PostgreSQL."""
    more = TOOT.format(url=toot.url)
    if process == "worker":
        more += f'[storage]\ndatabase = "{request.getfixturevalue("postgres")}"\n'
    with ExitStack() as stack:
        healthy, silent = stack.enter_context(Healthy()), stack.enter_context(Silent())
        yield Neighbours(tmp_path / "site", healthy, silent, 0, more)


def count_states(site: Neighbours) -> Counter[str]:
    rows = json.loads(site.run("--json", "queue", "--all").stdout)
    return Counter(row["state"] for row in rows if row["account"] == "toot" and row["slug"] != "old")


def test_a_backlog_behind_a_stuck_call_stops_in_time_and_goes_on_later(
    site: Neighbours, toot: FakeMastodon, process: str
) -> None:
    """Gone within 30 s, nothing new begun; the next start finds the copy of the open call and sends the rest."""
    stuck = Stuck()
    toot.fail(stuck, on=POST)
    for number in range(DUE):
        site.write(f"p{number}")
    site.run("publish")
    with site.start(process) as first:
        site.wait_for(stuck.has_come.is_set)
        assert ask_to_stop(first) < LONGEST
        assert first.returncode == 0
    assert len(toot.sent(POST)) == 1
    assert count_states(site) == {"uncertain": 1, "planned": DUE - 1}
    stuck.may_answer.set()
    with site.start(process) as second:
        site.wait_for(lambda: len(toot.published) == DUE, patience=5 * PATIENCE)
        site.wait_for(lambda: count_states(site) == {"sent": DUE})
        assert ask_to_stop(second) < LONGEST
    copies = Counter(one["content"] for one in toot.published)
    assert (len(copies), max(copies.values())) == (DUE, 1)


@pytest.mark.slow
def test_a_daemon_that_cannot_end_is_ended_by_the_system() -> None:
    """Without memory Python may wait for a new thread for ever; SIGTERM ends that, too."""
    stuck = """
import os, signal, threading
import syndicate.daemon as daemon
daemon.LAST = 1
with daemon._signals(threading.Event(), print):
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()
"""
    done = subprocess.run([sys.executable, "-c", stuck], check=False, timeout=DUE)
    assert done.returncode == -signal.SIGALRM
