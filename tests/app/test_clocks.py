"""The clock goes back a day, or forward a month: nothing is posted twice, and what was missed says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.app.status import read_status
from syndicate.model import Delivery, Reason, State
from tests.journeys.blog import CONFIG
from tests.publish.house import House

pytestmark = pytest.mark.slow

SLOTTED = CONFIG + 'slots = ["mon-fri 09:00"]\n'


class Blog(House):
    """Monday, 10:00 in Berlin; the day's slot is over, the second post waits for Tuesday's."""

    def __init__(self, root: Path, config: str = SLOTTED) -> None:
        super().__init__(root, config)
        self.write("first")
        self.round()
        self.write("second", date="2026-03-02T08:00:00Z")
        self.round()

    def round(self) -> None:
        """What a process does that is started anew: it publishes, delivers, and publishes."""
        with self.open() as app:
            app.publish()
            app.deliver_due()
            app.publish()

    def find(self, slug: str = "second") -> Delivery:
        with self.open() as app:
            (row,) = app.list_deliveries(slug=slug, everything=True)
            return row

    def said(self) -> list[str]:
        return [item["content_text"].split("\n")[0] for item in self.timeline()]


def test_a_message_waits_for_its_slot(tmp_path):
    """The world as it should be: Tuesday 09:00 in Berlin, once."""
    blog = Blog(tmp_path)
    assert blog.find().state is State.PLANNED
    assert blog.said() == []
    blog.wait(hours=23)
    blog.round()
    assert blog.said() == ["Read second."]
    blog.wait(days=7)
    blog.round()
    assert blog.said() == ["Read second."]


@pytest.mark.parametrize("days", [-1, -30, -400])
def test_a_clock_that_goes_back_sends_nothing_twice(tmp_path, days):
    """What was sent stays sent, what waits waits, ids stay, and nothing is planned a second time."""
    blog = Blog(tmp_path)
    blog.wait(hours=23)
    blog.round()
    ids = blog.entries()
    blog.wait(days=days)
    blog.write("first", title="First", featured=False, body="Edited.")
    blog.round()
    blog.wait(days=-days)
    for _ in range(3):
        blog.round()
        blog.wait(days=1)
    assert blog.said() == ["Read second."]
    assert blog.entries() == ids
    with blog.open() as app:
        assert len(app.list_deliveries(everything=True)) == 2


@pytest.mark.parametrize(("days", "told"), [(0, 0), (-30, 1)])
def test_whoever_looks_while_the_clock_is_behind_is_told(tmp_path, days, told):
    """By the whole and by each post's story, in one line; not while it is right."""
    blog = Blog(tmp_path)
    blog.wait(days=days)
    with blog.open() as app:
        with app.using() as site:
            whole = read_status(site, app.now())
        story = app.tell_story("second")
    lines = [line for line in (*whole.doubts, *story.lines) if line.startswith("the clock is behind: ")]
    assert len(lines) == 2 * told


def test_a_clock_that_goes_back_before_the_slot_only_delays(tmp_path):
    """The message goes out when the clock comes to its slot again."""
    blog = Blog(tmp_path)
    due_at = blog.find().due_at
    blog.wait(days=-1)
    blog.round()
    assert (blog.find().state, blog.find().due_at) == (State.PLANNED, due_at)
    blog.wait(days=1, hours=23)
    blog.round()
    assert blog.said() == ["Read second."]


def test_a_post_of_the_future_is_announced_once(tmp_path):
    """A month ahead for one round, it is public and its message missed; later it goes out at its own time, once."""
    blog = Blog(tmp_path)
    blog.write("later", date="2026-03-20T08:00:00Z")
    blog.round()
    assert "Later" not in blog.entries()
    blog.wait(days=30)
    blog.round()
    assert "Later" in blog.entries()
    assert blog.find("later").state is State.MISSED
    blog.wait(days=-30)
    blog.round()
    assert (blog.find("later").state, blog.said()) == (State.PLANNED, [])
    blog.wait(days=18)
    for _ in range(3):
        blog.round()
        blog.wait(days=-1)
    assert blog.said() == ["Read later."]


@pytest.mark.parametrize(
    ("policy", "state"), [("hold", State.MISSED), ("skip", State.SKIPPED), ("next", State.PLANNED)]
)
def test_a_month_in_between_follows_the_policy(tmp_path, policy, state):
    """A slot that nobody served is told by the row, and what follows is what the site asked for."""
    blog = Blog(tmp_path, SLOTTED + f'missed = "{policy}"\n')
    blog.wait(days=30)
    blog.round()
    row = blog.find()
    assert row.state is state
    assert row.reason is (Reason.MISSED_MOVED if policy == "next" else Reason.MISSED)
    assert blog.said() == []
    if policy == "next":
        assert row.due_at > blog.now
        blog.now = row.due_at + timedelta(minutes=1)
        blog.round()
        assert blog.said() == ["Read second."]
    else:
        with blog.open() as app:
            assert any("missed" in line for line in app.tell_story("second").lines)
        with blog.open() as app:
            (released,) = app.change_deliveries("release", (row.id,))
        assert released.state is State.DUE
        blog.round()
        assert blog.said() == ["Read second."]


def test_a_jump_and_back_gives_a_missed_message_its_time_back(tmp_path):
    """A month ahead for one round, the message is missed; afterwards it goes out when it should have, once."""
    blog = Blog(tmp_path)
    due_at = blog.find().due_at
    blog.wait(days=30)
    blog.round()
    assert blog.find().state is State.MISSED
    blog.wait(days=-30)
    blog.round()
    assert (blog.find().state, blog.find().due_at, blog.said()) == (State.PLANNED, due_at, [])
    for _ in range(4):
        blog.wait(hours=23)
        blog.round()
    assert blog.said() == ["Read second."]
