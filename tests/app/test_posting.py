"""A message by hand: the post is published first, and whatever happens it is said once."""

from __future__ import annotations

import fcntl
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from syndicate.app.app import App
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import State
from tests.journeys.blog import CONFIG
from tests.publish.house import House

pytestmark = pytest.mark.slow

DEADLINE = 60
"""Seconds after which another thread counts as stuck."""
SLOTTED = CONFIG + 'slots = ["mon-fri 09:00"]\n'


def post(app: App, slug: str, *, to: tuple[str, ...] = (), at: str = "", text: str = "", again: bool = False):
    return app.post(app.plan_post(slug, to=to, at=at, text=text, again=again))


def said(blog: House) -> list[str]:
    return [item["content_text"].split("\n")[0] for item in blog.timeline()]


@contextmanager
def a_call_that_lasts(blog: House) -> Iterator[None]:
    """While this is held, the local network waits inside its call."""
    blog.feeds.mkdir(exist_ok=True)
    with (blog.feeds / ".timeline.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for(app: App, number: int, state: State) -> None:
    end = time.monotonic() + DEADLINE
    while next(one for one in app.list_deliveries(everything=True) if one.id == number).state is not state:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_unpublished_post_is_published_first(tmp_path):
    """Before its message goes out it is in the feeds with its card; afterwards they show the copy. It is said once."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("old")
    blog.run("publish")
    blog.write("fresh")
    (sent,) = blog.run("--json", "post", "fresh").json
    assert sent["state"] == "sent"
    assert set(blog.entries()) == {"Old", "Fresh"}
    (item,) = json.loads((blog.feeds / "timeline.json").read_text())["items"]
    assert (blog.feeds / item["_syndicate"]["picture"]["path"]).is_file()
    assert json.loads(blog.files()["syndication.json"])["fresh"]["copies"]
    for _ in range(2):
        blog.run("publish")
        with blog.open() as app:
            app.deliver_due()
    assert said(blog) == ["Read fresh."]
    assert "already" in blog.run("post", "fresh", code=2).err


def test_the_waiting_message_is_moved_not_doubled(tmp_path):
    """A post that waits for its slot and is posted by hand goes out now, and its slot passes in silence."""
    blog = House(tmp_path, SLOTTED, datetime.now(UTC))
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("fresh")
        app.publish()
        (waiting,) = app.list_deliveries(slug="fresh")
        (sent,) = post(app, "fresh")
        assert (sent.id, sent.state) == (waiting.id, State.SENT)
        blog.wait(days=2)
        assert app.deliver_due() == ()
    assert said(blog) == ["Read fresh."]


def test_a_baseline_post_can_be_said_by_hand(tmp_path):
    """What was skipped because it was old goes out when a person asks, and a second time only on demand."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("old")
    with blog.open() as app:
        app.publish()
        assert [one.state for one in post(app, "old")] == [State.SENT]
        with pytest.raises(UsageError, match="already"):
            post(app, "old")
        assert [one.state for one in post(app, "old", again=True, text="Once more.")] == [State.SENT]
    assert said(blog) == ["Once more.", "Read old."]


def test_a_time_in_the_future_waits(tmp_path):
    """Nothing is sent before it, whoever publishes meanwhile; then once."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        assert [one.state for one in post(app, "old", at="tomorrow 09:00")] == [State.PLANNED]
        app.publish()
        assert app.deliver_due() == ()
        blog.wait(days=1)
        assert [one.state for one in app.deliver_due()] == [State.SENT]
        assert app.deliver_due() == ()
    assert said(blog) == ["Read old."]


@pytest.mark.parametrize("hours", [0, 70])
def test_a_post_that_becomes_public_waits_for_its_card(tmp_path, hours):
    """Due before its publication began, also after days in which nobody ran; it goes with its card, seconds later."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("ahead", date="2026-03-03T09:00:00Z")
        app.publish()
        blog.wait(days=1, hours=hours)
        (waits,) = app.deliver_due()
        assert (waits.state, waits.detail) == (State.DUE, "its share card is not drawn yet")
        app.publish()
        blog.wait(seconds=5)
        assert [one.state for one in app.deliver_due()] == [State.SENT]
    assert (blog.feeds / blog.timeline()[0]["_syndicate"]["picture"]["path"]).is_file()


def test_a_card_that_does_not_come_is_not_waited_for(tmp_path):
    """Five minutes later the message goes without: what cannot be published must not make it late."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("ahead", date="2026-03-03T09:00:00Z")
        app.publish()
        blog.wait(days=1)
        assert [one.state for one in app.deliver_due()] == [State.DUE]
        blog.wait(minutes=5)
        assert [one.state for one in app.deliver_due()] == [State.SENT]


@pytest.mark.parametrize("action", ["release", "hold", "cancel", "retry", "move", "edit"])
def test_nothing_is_changed_during_a_call(tmp_path, action):
    """While its call runs a delivery belongs to the call: the person is told to wait, and it is said once."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("old")
    blog.run("publish")
    blog.write("fresh")
    with blog.open() as app:
        app.open_all()
        app.publish()
        (row,) = app.list_deliveries(slug="fresh")
        with a_call_that_lasts(blog):
            sending = threading.Thread(target=app.deliver_due)
            sending.start()
            wait_for(app, row.id, State.SENDING)
            with pytest.raises(SyndicateError, match="being sent"):
                app.change_deliveries(action, (row.id,), {"move": "tomorrow 09:00", "edit": "Other."}.get(action, ""))
        sending.join(DEADLINE)
        wait_for(app, row.id, State.SENT)
        app.deliver_due()
    assert said(blog) == ["Read fresh."]


def test_a_second_round_during_a_call_leaves_it_alone(tmp_path):
    """Another process delivers, publishes and posts by hand meanwhile: the message is out once."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("old")
    blog.run("publish")
    blog.write("fresh")
    with blog.open() as app, blog.open() as other:
        for one in (app, other):
            one.open_all()
        app.publish()
        (row,) = app.list_deliveries(slug="fresh")
        with a_call_that_lasts(blog):
            sending = threading.Thread(target=app.deliver_due)
            sending.start()
            wait_for(app, row.id, State.SENDING)
            assert other.deliver_due() == ()
            other.publish()
            with pytest.raises(UsageError, match="may be on"):
                post(other, "fresh")
        sending.join(DEADLINE)
        wait_for(app, row.id, State.SENT)
        other.deliver_due()
    assert said(blog) == ["Read fresh."]
