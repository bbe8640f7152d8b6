"""Whatever an author does to the files: no message twice, none of old posts, none lost, none taken away by mistake."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.faults.audience import Town
from tests.faults.author import Author
from tests.faults.campaign import live_some, scratch
from tests.faults.kill_life import run_life_kills
from tests.faults.life import START
from tests.faults.wishes import judge_copies, judge_waiting


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 40))])
def test_a_life_keeps_every_promise(seed: int) -> None:
    """One author, seven mornings of accidents, and the daemon's rounds between them."""
    (ending,) = live_some([seed])
    assert not ending.faults, "\n".join(ending.story)


@pytest.mark.slow
def test_a_killed_daemon_keeps_every_promise() -> None:
    """The same with a real daemon that dies twice by kill -9 or SIGTERM while its author works."""
    with scratch() as folder:
        *_, toll = run_life_kills(3, folder, 1)
    assert not toll.faults
    assert toll.kills + toll.stops == 9


def test_a_life_that_floods_is_seen() -> None:
    """The judge sees a copy too many, and an old post that went out."""
    with Town() as town:
        author = Author(Random(1), Path("nowhere"), town, START)
        post = author.make(date=START)
        author.unwanted.add(post.mark)
        town.chat.told += [f"Read {post.mark}."] * 2
        assert [fault.partition(":")[0] for fault in judge_copies(author)] == ["duplicate", "flood"]


def test_a_post_nobody_heard_of_is_seen() -> None:
    """The judge asks for every post that is news, on every account."""
    with Town() as town:
        author = Author(Random(1), Path("nowhere"), town, START)
        author.wanted.add(author.make(date=START).mark)
        assert len(judge_waiting(author, (), town.accounts)) == 3
