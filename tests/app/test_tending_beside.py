"""Accounts looked after side by side: one whose server is silent delays no edit and no token of another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from syndicate.app.app import App, open_app
from syndicate.app.rounds import Rounds
from tests.networks.fake import CUT, Fault
from tests.networks.fake_linkedin import CLIENT_SECRET, FakeLinkedIn
from tests.networks.fake_linkedin import TOKEN as LINKEDIN_TOKEN
from tests.networks.fake_mastodon import TOKEN, FakeMastodon

PATIENCE = 60
"""Seconds after which something counts as never happening."""


class Silence:
    """Servers that take every request and answer none until the test ends."""

    def __init__(self) -> None:
        self.has_come = threading.Event()
        self.may_end = threading.Event()

    def fault(self) -> Fault:
        def hang(*_: object) -> object:
            self.has_come.set()
            self.may_end.wait(PATIENCE)
            return CUT

        return hang  # type: ignore[return-value]


class Place:
    """A site with "mute" and "toot" on Mastodon and "work" on LinkedIn; "old" was sent to both on Mastodon."""

    def __init__(self, root: Path, mute: FakeMastodon, toot: FakeMastodon, work: FakeLinkedIn) -> None:
        self.posts = root / "content" / "posts"
        self.posts.mkdir(parents=True)
        self.mute, self.toot, self.work, self.silence = mute, toot, work, Silence()
        self.lines: queue.Queue[str] = queue.Queue()
        (root / "syndicate.toml").write_text(
            '[site]\ntitle = "Notes"\nurl = "http://127.0.0.1:9"\nallow_private = true\n[cards]\nfetch = false\n'
            f'[accounts.mute]\nnetwork = "mastodon"\ninstance = "{mute.url}"\non_edit = "edit"\nlink = "none"\n'
            f'[accounts.toot]\nnetwork = "mastodon"\ninstance = "{toot.url}"\non_edit = "edit"\nlink = "none"\n'
            f'[accounts.work]\nnetwork = "linkedin"\napi = "{work.url}"\noauth = "{work.url}"\n'
        )
        self.write("Read it.")
        self.app: App = open_app(root / "syndicate.toml")
        self.app.publish()
        for name in ("mute", "toot"):
            self.app.store_login(name, {"access_token": TOKEN})
        self.app.post(self.app.plan_post("old", to=("mute", "toot"), at="", text="", again=False))
        self.rounds = Rounds(self.app)

    def write(self, words: str) -> None:
        (self.posts / "old.md").write_text(f"---\ntitle: Old\ndate: 2026-01-01\nsocialShare: {words}\n---\n\nText.\n")

    def let_token_end_soon(self) -> None:
        ends = datetime.now(UTC) + timedelta(days=5)
        partner = {"refresh_token": "linkedin-refresh-1", "client_id": "c", "client_secret": CLIENT_SECRET}
        self.app.store_login("work", {"access_token": LINKEDIN_TOKEN, "expires_at": ends.isoformat(), **partner})

    def tick(self, work: Callable[[Callable[[str], None]], object]) -> str:
        """Let this round begin again and again, as the daemon does, until an account says something."""
        ends = monotonic() + PATIENCE
        while monotonic() < ends:
            work(self.lines.put)
            with suppress(queue.Empty):
                while line := self.lines.get(timeout=0.05):
                    return line
        return "nothing"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        fakes = [stack.enter_context(fake) for fake in (FakeMastodon(), FakeMastodon(), FakeLinkedIn())]
        place = Place(tmp_path, *fakes)
        stack.enter_context(place.app)
        yield place
        place.silence.may_end.set()
        place.rounds.stop(PATIENCE)


@pytest.mark.slow
def test_a_silent_server_delays_no_other_accounts_edits(place: Place) -> None:
    """Its own edit hangs, through this round and the next; the other account follows its post both times."""
    place.mute.fail(place.silence.fault(), on="PUT /api/v1/statuses/", times=9)
    for words in ("Read it again.", "Read it once more."):
        place.write(words)
        place.rounds.publish_round()
        assert place.tick(place.rounds.amend_round) == "old on toot: edited"
    assert place.silence.has_come.wait(PATIENCE)
    assert len(place.mute.sent("PUT /api/v1/statuses/")) == 1
    assert [edit["status"] for edit in place.toot.published[0]["edits"]] == ["Read it again.", "Read it once more."]


@pytest.mark.slow
def test_what_hung_is_planned_again(place: Place) -> None:
    """Whoever changed the post while an edit of it hung finds it edited once the server answers again."""
    place.mute.fail(place.silence.fault(), on="PUT /api/v1/statuses/")
    for words in ("Read it again.", "Read it once more."):
        place.write(words)
        place.rounds.publish_round()
        assert place.tick(place.rounds.amend_round) == "old on toot: edited"
    assert place.silence.has_come.wait(PATIENCE)
    place.silence.may_end.set()
    assert place.tick(place.rounds.amend_round).startswith("old on mute: ")
    assert place.tick(place.rounds.amend_round) == "old on mute: edited"
    assert place.mute.published[0]["edits"][-1]["status"] == "Read it once more."


@pytest.mark.slow
def test_a_silent_server_delays_no_other_accounts_token(place: Place) -> None:
    """Its limits are asked for in vain; the token of the account after it is renewed all the same."""
    place.mute.fail(place.silence.fault(), times=99)
    place.let_token_end_soon()
    assert place.tick(place.rounds.look_after_round).startswith("work: the token was renewed")
    assert place.silence.has_come.wait(PATIENCE)
    assert not place.silence.may_end.is_set()


@pytest.mark.slow
def test_who_is_asked_to_end_edits_nothing_more(place: Place) -> None:
    """An edit that hangs is named; nothing begins after it."""
    place.mute.fail(place.silence.fault(), on="PUT /api/v1/statuses/")
    place.write("Read it again.")
    place.rounds.publish_round()
    assert place.tick(place.rounds.amend_round) == "old on toot: edited"
    assert place.silence.has_come.wait(PATIENCE)
    assert place.rounds.stop(0) == ("mute (edits)",)
    place.write("Read it once more.")
    place.rounds.publish_round()
    place.rounds.amend_round(place.lines.put)
    assert len(place.toot.sent("PUT /api/v1/statuses/")) == 1
