"""The short version of the kills of commands; `make faults` runs the whole. The judge sees what it must see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndicate.model import NEW, Delivery, State
from tests.faults.commands import COMMANDS
from tests.faults.kill_cli import Blow, Ground, choose_blows
from tests.faults.whole import judge_feeds, judge_messages, judge_silence, judge_state


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with Ground(tmp_path) as ground:
        yield ground


@pytest.mark.slow
@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("again", [True, False])
def test_a_post_killed_in_its_call_is_out_once(ground: Ground, commits: bool, again: bool) -> None:
    """Carried out or not, typed again or left to the daemon: once on both accounts, and the webhook's is asked for."""
    for account in ("toot", "chat"):
        blow = Blow("post, unpublished", account=account, commits=commits, types_again=again)
        ending = ground.strike(blow)
        assert ending.step
        assert ending.faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_killed_half_way_costs_nothing(ground: Ground, command: str) -> None:
    """Each command dies in the middle of its steps; others go on, and everything is there once and whole."""
    ending = ground.strike(Blow(command, ground.count_steps(command) // 2))
    assert ending.step
    assert ending.faults == ()


@pytest.mark.slow
def test_damage_is_seen(ground: Ground) -> None:
    """A feed that lacks the post, differs or was left half written, and a broken state: each has its word."""
    site = ground.place("post, published")
    feeds = site.root / "feeds"
    assert list(judge_feeds(site, "fresh")) == []
    whole = (feeds / "rss.xml").read_bytes()
    (feeds / "rss.xml").write_bytes(whole[:500])
    (feeds / ".syndicate-1-2").write_bytes(b"half")
    found = "\n".join(judge_feeds(site, "fresh"))
    assert "rss.xml lacks fresh" in found
    assert "rss.xml differs" in found
    assert ".syndicate-1-2 was left behind" in found
    assert list(judge_state(site.root / ".syndicate" / "state.db")) == []
    assert list(judge_state(feeds / "rss.xml")) != []


def test_steps_are_spread_over_all_commands() -> None:
    """A few kills go evenly through all steps; enough kills take every step of every command once."""
    steps = dict.fromkeys(COMMANDS, 50)
    assert {blow.command for blow in choose_blows(steps, 100)} == set(COMMANDS)
    every = [blow for blow in choose_blows(steps, 10_000) if not blow.account]
    assert sorted((blow.command, blow.at) for blow in every) == sorted(
        (name, at) for name in COMMANDS for at in range(50)
    )


def _row(account: str, state: State) -> Delivery:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    names = {"post_id": "p", "slug": "s", "account": account, "network": "n", "occasion": NEW, "part": 1, "key": "k"}
    return Delivery(id=1, state=state, due_at=now, started_at=now, reason="", **names)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("copies", "states", "asked", "expected"),
    [
        (1, [State.SENT], [], set()),
        (1, [State.SENT, State.SKIPPED], ["chat"], set()),
        (2, [State.SENT], [], {"duplicate"}),
        (1, [State.SENT, State.PLANNED], [], {"untrue"}),
        (0, [State.SENT], [], {"lost"}),
        (0, [], [], {"lost", "untrue"}),
        (1, [State.UNCERTAIN], [], {"untrue"}),
        (1, [State.SENT], ["toot"], {"asked"}),
    ],
)
def test_broken_promises_are_seen(copies: int, states: list[State], asked: list[str], expected: set[str]) -> None:
    """Two copies, none, an untrue row, a question that the network could have answered: each has its word."""
    rows = [_row("toot", state) for state in states]
    found = judge_messages({"toot": copies}, rows, asked)
    assert {fault.partition(":")[0] for fault in found} == expected


def test_a_flood_is_seen() -> None:
    """What was there before the beginning neither goes out nor waits."""
    assert list(judge_silence({"toot": 0}, [_row("toot", State.SKIPPED)])) == []
    assert list(judge_silence({"toot": 1}, [_row("toot", State.SKIPPED)])) != []
    assert list(judge_silence({"toot": 0}, [_row("toot", State.PLANNED)])) != []
