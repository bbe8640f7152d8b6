"""A person acts while a message is on its way: nothing is said of it that is not true, and it goes out once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syndicate.app.app import App
from syndicate.cli.root import call
from syndicate.model import Delivery, State
from tests.faults.site import PUBLISHES, Site
from tests.networks.fake import Fake

PATIENCE = 30
ACTIONS = (
    ("queue", "hold"),
    ("queue", "release"),
    ("queue", "cancel"),
    ("queue", "retry"),
    ("queue", "move", "--to", "tomorrow 09:00"),
    ("queue", "edit", "--text", "Other words."),
    ("settle", "--not-sent"),
    ("settle", "--sent", "https://seen.example/1"),
)


class Slow:
    """A fault: the server takes its time, until it is told to go on."""

    def __init__(self) -> None:
        self.has_come = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, request: Any, handle: Any) -> Any:
        self.has_come.set()
        self.may_answer.wait(PATIENCE)
        return handle(request)


@contextmanager
def _in_flight(site: Site, row: Delivery, fake: Fake, on: str) -> Iterator[None]:
    """A process that delivers one row and hangs in one call; it has ended after the block."""
    slow = Slow()
    fake.fail(slow, on=on)

    def deliver() -> None:
        with site.open() as app:
            app.deliver_due(only=(row.id,))

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        assert slow.has_come.wait(PATIENCE)
        yield
    finally:
        slow.may_answer.set()
        thread.join(PATIENCE)


def _find(site: Site, account: str) -> Delivery:
    (row,) = (row for row in site.list_rows("fresh") if row.account == account)
    return row


def _type(site: Site, *words: str) -> int:
    return call(["--config", str(site.config), *words])


@pytest.mark.parametrize("account", PUBLISHES)
def test_a_message_on_its_way_is_nobodys(site: Site, account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """While its call runs, no command, second round or second post touches it; the call's outcome stands."""
    row = _find(site, account)
    with _in_flight(site, row, site.town.accounts[account], PUBLISHES[account]):
        for action in ACTIONS:
            assert _type(site, *action, str(row.id)) == 2, action
            assert "is being sent this moment" in capsys.readouterr().err
        assert _type(site, "post", "fresh", "--to", account) == 2
        with site.open() as app:
            assert app.deliver_due(only=(row.id,)) == ()
        assert _find(site, account).state is State.SENDING
    assert _find(site, account).state is State.SENT
    assert site.go_on("fresh") == []
    assert site.town.count(account, "fresh") == 1


@pytest.mark.parametrize("action", ["hold", "cancel"])
@pytest.mark.parametrize("step", ["GET /blog/", "POST /api/v2/media"])
def test_before_its_call_the_person_wins(site: Site, action: str, step: str) -> None:
    """Held or cancelled while its page is looked at or its picture goes up, it is not sent; released, it is, once."""
    row = _find(site, "toot")
    fake = site.town.pages if step.startswith("GET") else site.town.toot
    with _in_flight(site, row, fake, step):
        assert _type(site, "queue", action, str(row.id)) == 0
    assert site.town.count("toot", "fresh") == 0
    assert _find(site, "toot").state is (State.HELD if action == "hold" else State.CANCELLED)
    assert _type(site, "queue", "release", str(row.id)) == 0
    site.go_on("fresh")
    assert site.town.count("toot", "fresh") == 1
    assert _find(site, "toot").state is State.SENT


@pytest.mark.parametrize("account", PUBLISHES)
def test_a_call_given_up_that_ends_after_all_keeps_its_receipt(site: Site, account: str) -> None:
    """Another process finds the lease over and asks or looks; then the call ends well: sent, with its own receipt."""
    later = datetime.now(UTC) + timedelta(minutes=6)
    with _in_flight(site, _find(site, account), site.town.accounts[account], PUBLISHES[account]):
        with App(site.config, lambda: later) as app:
            app.deliver_due()
        assert _find(site, account).state is State.UNCERTAIN
    row = _find(site, account)
    assert row.state is State.SENT
    assert row.receipt
    assert site.town.count(account, "fresh") == 1
    assert site.go_on("fresh") == []
    assert site.town.count(account, "fresh") == 1
