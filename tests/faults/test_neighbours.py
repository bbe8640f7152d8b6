"""Accounts beside one that never answers, and processes that are stopped or killed in the middle: real processes."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.neighbours import PATIENCE, Neighbours, ask_to_stop, neighbours
from tests.networks.fake import Handler, Reply, Request

LONGEST = 30
"""Seconds in which a process that was asked to stop must be gone."""
AHEAD = """
import sys; from datetime import UTC, datetime, timedelta; from pathlib import Path; from syndicate.app.app import App
with App(Path(sys.argv[1]), lambda: datetime.now(UTC) + timedelta(days=3)) as app:
    app.publish()
    app.deliver_due()
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Neighbours]:
    with neighbours(tmp_path / "site", 1) as site:
        yield site


def states(site: Neighbours, slug: str) -> dict[str, str]:
    """The state of the post's message by account."""
    rows = json.loads(site.run("--json", "queue", "--all", "--slug", slug).stdout)
    return {row["account"]: row["state"] for row in rows}


def test_a_silent_account_is_named_and_its_other_messages_stay_due(site: Neighbours) -> None:
    """The healthy one is served at once; the silent one keeps one message unknown, rests, and says since when."""
    with site.start("run"):
        site.wait_for(lambda: "watching" in site.read_log())
        site.write("first")
        site.wait_for(site.silent.has_come.is_set)
        site.write("second")
        site.wait_for(lambda: "second" in site.healthy.accepted_at)
        assert "works on it, until" in site.run("queue", "--slug", "first").stdout
        assert "works on delivery" in site.run("queue", "--slug", "second").stdout
        assert "silent0: 1 due wait for process" in " ".join(site.run("status").stderr.split())
        site.wait_for(lambda: "silent0 has been failing since" in site.read_log())
        status, why = site.run("status"), site.run("why", "second").stdout
        assert "silent0: the account rests until" in status.stderr
        assert "it has been failing since" in why
        assert "silent0\twebhook\tresting" in site.run("accounts").stdout
    assert states(site, "second")["silent0"] == "planned"
    assert states(site, "first")["silent0"] == "uncertain"


def test_a_daemon_with_an_open_call_is_gone_in_time(site: Neighbours) -> None:
    """It ends well within the time a service manager gives it; the call is unknown at once, for whoever comes next."""
    with site.start("run") as daemon:
        site.wait_for(lambda: "watching" in site.read_log())
        site.write("fresh")
        site.wait_for(site.silent.has_come.is_set)
        assert ask_to_stop(daemon) < LONGEST
        assert daemon.returncode == 0
    assert "silent0: not done in time" in site.read_log()
    assert states(site, "fresh")["silent0"] == "uncertain"


def test_nothing_begins_after_sigterm(site: Neighbours) -> None:
    """Five messages are due and one call is open: it ends and counts, and the other four stay."""
    has_come, may_answer = threading.Event(), threading.Event()

    def wait(request: Request, handle: Handler) -> Reply:
        has_come.set()
        may_answer.wait(PATIENCE)
        return handle(request)

    site.healthy.fail(wait, on="POST /hook")
    for number in range(5):
        site.write(f"p{number}")
    with site.start("run") as daemon:
        site.wait_for(has_come.is_set)
        daemon.send_signal(signal.SIGTERM)
        site.wait_for(lambda: "nothing new begins" in site.read_log())
        may_answer.set()
        daemon.wait(PATIENCE)
    assert len(site.healthy.published) == 1
    found = [states(site, f"p{number}")["healthy"] for number in range(5)]
    assert sorted(found) == [*["planned"] * 4, "sent"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_after_a_post_that_was_killed_the_next_command_goes_on(site: Neighbours, number: signal.Signals) -> None:
    """Nobody waits for the lease of a process that is gone; its call is unknown, and sent by nobody unasked."""
    site.write("fresh")
    site.write("other")
    with site.start("post", "fresh", "--to", "silent0") as post:
        site.wait_for(site.silent.has_come.is_set)
        began = time.monotonic()
        post.send_signal(number)
        post.wait(PATIENCE)
        assert time.monotonic() - began < LONGEST
    site.silent.has_come.clear()
    with site.start("post", "other", "--to", "silent0"):
        site.wait_for(site.silent.has_come.is_set)
    assert states(site, "fresh")["silent0"] == "uncertain"


def test_a_crash_with_the_clock_three_days_ahead_stops_nothing(site: Neighbours) -> None:
    """Once the clock is right the call counts as unknown at once, and the account's next message is tried."""
    site.write("fresh")
    words = [sys.executable, "-c", AHEAD, str(site.root / "syndicate.toml")]
    with subprocess.Popen(words, env=site.environment()) as ahead:
        site.wait_for(site.silent.has_come.is_set)
        ahead.kill()
    site.silent.has_come.clear()
    assert states(site, "fresh")["silent0"] == "uncertain"
    with site.start("run"):
        site.write("later")
        site.wait_for(site.silent.has_come.is_set)
        site.wait_for(lambda: "later" in site.healthy.accepted_at)


def test_who_waits_for_another_publisher_says_so_and_goes_on(site: Neighbours) -> None:
    """`post` tells within two seconds that it waits, and sends its message as soon as the other one is done."""
    site.write("fresh")
    with (site.root / ".syndicate" / "publish.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with site.start("post", "fresh", "--to", "healthy") as post:
            site.wait_for(lambda: "another syndicate is publishing here" in site.read_log())
            assert site.healthy.published == []
            fcntl.flock(other, fcntl.LOCK_UN)
            assert post.wait(PATIENCE) == 0
    assert site.healthy.published == ["fresh"]
