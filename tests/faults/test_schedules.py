"""The short version of the campaign; `make faults` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import Result, replay, run_some
from tests.faults.elsewhere import die_elsewhere, run_passes
from tests.faults.kill import run_kills
from tests.faults.servers import FAULTS, KINDS


@pytest.fixture(scope="module")
def result() -> Result:
    result = Result()
    for outcome in run_some(range(10, 50)):
        result.add(outcome)
    return result


def test_a_few_schedules_keep_every_promise() -> None:
    """Two schedules with crashes, a rival and a cut call among them: every delivery arrives exactly once."""
    outcomes = run_some(range(1, 3))
    assert [(outcome.seed, outcome.faults) for outcome in outcomes if outcome.faults] == []
    assert sum(outcome.tally["crash"] for outcome in outcomes) > 0
    assert sum(outcome.received.total() for outcome in outcomes) > 0


@pytest.mark.slow
def test_nothing_goes_out_twice_and_nothing_is_lost(result: Result) -> None:
    """Crashes, timeouts after commit, rate limits, clock jumps and rivals: every delivery arrives exactly once."""
    assert [(outcome.seed, outcome.faults) for outcome in result.broken] == []


@pytest.mark.slow
def test_the_schedules_are_as_bad_as_they_claim(result: Result) -> None:
    """Every kind of network took part, and every kind of trouble struck."""
    assert set(result.received) == set(KINDS)
    assert {"crash", "rival", "person", "stall", "clock jump", "disk full"} <= set(result.tally)
    struck = {name.removeprefix("send: ") for name in result.tally if name.startswith("send: ")}
    assert len(struck & set(FAULTS)) >= len(FAULTS) - 3


@pytest.mark.slow
def test_a_state_without_a_disk_keeps_every_promise() -> None:
    """A run dies while its call is at the network, another takes over: every delivery arrives exactly once."""
    assert die_elsewhere((3, "answer", "")) == ("bucket", 3, "answer", [])


@pytest.mark.slow
def test_many_passes_over_a_branch_and_a_bucket_keep_every_promise() -> None:
    """The same over a real repository and in memory; all of these troubles struck."""
    *_, result = run_passes(120, 40, 2, "")
    assert result.broken == []
    assert {"crash", "rival", "person", "stall"} <= set(result.tally)
    assert min(result.passes["branch"], result.passes["bucket"]) > 20


@pytest.mark.slow
def test_a_schedule_can_be_lived_through_again() -> None:
    """The same seed gives the same story, word for word."""
    first = replay(7)
    assert first.story
    assert replay(7) == first


@pytest.mark.slow
def test_a_killed_process_costs_nothing(tmp_path: Path) -> None:
    """kill -9 during a call, at a random instant and at a step, over real HTTP: everything is sent once after it."""
    *_, toll = run_kills(3, tmp_path, first=40)
    assert toll.faults == []
    assert toll.kills.total() == 3
