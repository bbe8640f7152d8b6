"""A site whose state lives in a branch: every run begins with an empty home."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.app.once import Pass, make_pass
from syndicate.model import Reason, State
from tests.networks.fake import Fake, Reply, Request
from tests.networks.fake_oauth import GIVEN, FakeTumblr

KEY = "0123456789abcdef0123456789abcdef"
CONFIG = """
[site]
title = "Notes"
url = "{pages}"
author = "Ada"
allow_private = true
[cards]
fetch = false
[schedule]
old_after = "3650d"
[storage]
state = "git:state"
[accounts.foxes]
network = "tumblr"
api = "{tumblr}"
blog = "foxes"
media = "none"
"""
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class SlowPages(Fake):
    """Pages that a deploy brings up later."""

    is_live = False

    def __init__(self) -> None:
        super().__init__()
        self.route("GET", "/blog/{slug}/", self.show)

    def show(self, request: Request) -> Reply:
        return Reply(200, f"<h1>{request.args['slug']}</h1>") if self.is_live else Reply(404, "not yet")


class Place:
    """A bare repository, a blog, and the servers around it."""

    def __init__(self, root: Path, closing: ExitStack) -> None:
        self.root, self.site = root, root / "site"
        self.pages, self.tumblr = closing.enter_context(SlowPages()), closing.enter_context(FakeTumblr())
        for words in (("init", "--quiet", "--bare", "origin.git"), ("init", "--quiet", "site")):
            subprocess.run(["git", *words], cwd=root, check=True)
        subprocess.run(["git", "remote", "add", "origin", "../origin.git"], cwd=self.site, check=True)
        (self.site / "content" / "posts").mkdir(parents=True)
        config = CONFIG.format(pages=self.pages.url, tumblr=self.tumblr.url)
        (self.site / "syndicate.toml").write_text(config)
        self.now = self.tumblr.now = NOW
        self.slept: list[float] = []

    def write(self, slug: str) -> None:
        text = f'---\ntitle: "{slug}"\ndate: "2026-01-05T09:00:00Z"\nsocialShare: "Read {slug}."\n---\n\nText.\n'
        (self.site / "content" / "posts" / f"{slug}.md").write_text(text)

    def run(self, wait: timedelta = timedelta(0)) -> Pass:
        """One pass on a machine that remembers nothing."""
        for rest in (".syndicate", "feeds"):
            shutil.rmtree(self.site / rest, ignore_errors=True)
        with App(self.site / "syndicate.toml", lambda: self.now) as app:
            return make_pass(app, wait, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.tumblr.now = self.now
        self.pages.is_live = len(self.slept) > 1

    def show(self, name: str) -> str:
        words = ["git", "--git-dir=origin.git", "show", f"state:{name}"]
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"SYNDICATE_FOXES_{name.upper()}", value)
    monkeypatch.delenv("SYNDICATE_STATE_KEY", raising=False)
    with ExitStack() as closing:
        yield Place(tmp_path, closing)


@pytest.mark.slow
def test_a_renewed_token_travels_sealed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh token that works once is spent once: the next run, which remembers nothing, has its successor. The
    pass stays for the page; a machine without the key asks nothing of such an account."""
    monkeypatch.setenv("SYNDICATE_STATE_KEY", KEY)
    place.write("old")
    place.run()
    place.write("one")
    made = place.run(timedelta(minutes=10))
    assert [(one.slug, one.state) for one in made.touched] == [("one", State.SENT)]
    assert len(place.slept) > 1  # the page was not there yet, and then it was
    assert place.tumblr.turns == 1
    assert '"name":"foxes/' in place.show("secrets.jsonl")
    place.now += timedelta(days=1)  # the access token is dead by now
    place.tumblr.now = place.now
    place.write("two")
    assert [(one.slug, one.state) for one in place.run().touched] == [("two", State.SENT)]
    assert place.tumblr.turns == 2
    branch = subprocess.run(
        ["git", "--git-dir=origin.git", "log", "-p", "state"],
        cwd=place.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "oauth-" not in branch
    monkeypatch.delenv("SYNDICATE_STATE_KEY")
    place.write("three")
    made = place.run()
    assert [(one.slug, one.state, one.reason) for one in made.touched] == [("three", State.DUE, Reason.ACCOUNT_BLOCKED)]
    assert any("SYNDICATE_STATE_KEY" in line for line in made.status.unready)
    assert place.tumblr.turns == 2
    monkeypatch.setenv("SYNDICATE_STATE_KEY", KEY)
    place.now += timedelta(hours=1)
    assert [(one.slug, one.state) for one in place.run().touched] == [("three", State.SENT)]
    assert len(place.tumblr.published) == 3
