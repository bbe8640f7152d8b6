"""Whatever an author does to the files: no message twice, none of old posts, none lost, none taken away by mistake."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from syndicate.app.glance import SeenSite, foresee, open_remembered, tell_story
from syndicate.app.queue import Outlook, look_ahead
from syndicate.app.site import OpenSite
from syndicate.errors import SyndicateError
from syndicate.planning.identity import match_identities
from tests.faults.audience import SECRETS, Town, secrets_at_hand
from tests.faults.author import Author
from tests.faults.campaign import live_some, scratch
from tests.faults.kill_life import run_life_kills
from tests.faults.life import START, Life
from tests.faults.wishes import judge_copies, judge_waiting

T = TypeVar("T")


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


# --- what a glance tells -----------------------------------------------------------------------------------------


OTHERWISE = "a glance tells something else"


class Watched(Life):
    """A life in which a person acts, and somebody asks all the time what would happen."""

    def __init__(self, seed: int, root: Path, town: Town) -> None:
        super().__init__(seed, root, town)
        self.hand = Random(seed)
        self.glances = self.recalled = 0

    def _round(self) -> None:
        super()._round()
        for act in (self._change_something, self.app.publish):
            with suppress(SyndicateError):  # a folder that is away, a message that has gone on
                act()
            with suppress(SyndicateError):
                self._compare()

    def _change_something(self) -> None:
        rows = self.app.list_deliveries(everything=True)
        action = self.hand.choice(("hold", "release", "skip", "cancel", "retry", "move", "edit"))
        value = {"move": "in 2 hours", "edit": "Own words."}.get(action, "")
        if rows and self.hand.random() < 0.5:
            self.app.change_deliveries(action, (self.hand.choice(rows[-6:]).id,), value)

    def _compare(self) -> None:
        """What `plan` and `why` say at a glance, beside what they say when everything is planned."""
        with self.app.using() as site:
            whole = look_ahead(site, self.app.now())
            slug = self.hand.choice([one.post.slug for one in whole.plan.identified] or ["none"])
            self._look_back(site)
        self._judge(foresee, lambda found: _tell(found) == _tell(whole))
        self._judge(lambda site: tell_story(site, slug), lambda found: found == self.app.tell_story(slug))

    def _look_back(self, site: OpenSite) -> None:
        """Each post as the last publication left it, beside what reading and matching all of them makes of it."""
        standing, snapshot, rows = site.look_back(), site.read_snapshot(), site.store.list_posts()
        own, now = site.settings.site, self.app.now()
        identified, _ = match_identities(snapshot.posts, rows, site=own, now=now, unreadable=snapshot.is_unreadable)
        whole = {one.id: (one.post, one.known) for one in identified}
        for row in rows if standing else ():
            if standing and (found := standing.find(row.id)):
                self.recalled += 1
                self._blame([] if found == whole.get(row.id) else [OTHERWISE])

    def _judge(self, look: Callable[[SeenSite], T | None], is_true: Callable[[T], bool]) -> None:
        seen = open_remembered(self.app.config)
        assert seen
        seen.clock = lambda: self.author.now
        with closing(seen):
            found = look(seen)
        if found is not None:
            self.glances += 1
            self._blame([] if is_true(found) else [OTHERWISE])


def _tell(found: Outlook) -> tuple[object, ...]:
    """Everything that is shown."""
    plan = found.plan
    shown = (plan.deliveries, plan.changes, plan.problems, plan.remarks, plan.warnings)
    return (*shown, found.waiting, found.budgets, found.dying, found.amendments, found.contradiction)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(10, 90, 10))])
def test_a_glance_tells_what_everybody_plans(seed: int, tmp_path: Path) -> None:
    """Whatever its author, a person, networks and time did: the same messages, changes, texts, and reasons."""
    with secrets_at_hand(SECRETS), Town() as town:
        life = Watched(seed, tmp_path, town)
        ending = life.live()
    assert OTHERWISE not in ending.faults, "\n".join(ending.story)  # what a person held is not sent
    assert life.glances
    assert life.recalled
