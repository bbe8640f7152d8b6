"""Sites on disk for the real command line, between two networks that count what they get, and the author's pages.

`toot` shows its statuses and keeps no keys, so that a second call is a second copy; `chat` is a webhook that shows
nothing. Time is moved on where it stands: in the rows, as if the clock had gone on while nobody ran.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from syndicate.app.app import App, open_app
from syndicate.app.rounds import Rounds
from syndicate.model import Delivery, State
from tests.faults.trapped import Orders, run_trapped
from tests.networks.fake import Fake, Reply
from tests.networks.fake_discord import HOOK_ID, HOOK_TOKEN, FakeDiscord
from tests.networks.fake_mastodon import TOKEN, FakeMastodon

SECRETS: Mapping[str, str] = {
    "SYNDICATE_TOOT_ACCESS_TOKEN": TOKEN,
    "SYNDICATE_CHAT_WEBHOOK_URL": f"https://discord.com/api/webhooks/{HOOK_ID}/{HOOK_TOKEN}",
}
PUBLISHES: Mapping[str, str] = {"toot": "POST /api/v1/statuses", "chat": "POST /webhooks/"}
"""The irreversible call of each account."""
BLIND = "chat"
"""The account that shows nothing."""
CONFIG = """
[site]
title = "Notes"
url = "{pages}"
timezone = "Europe/Berlin"
author = "Ada"
allow_private = true
[cards]
fetch = false
[schedule]
old_after = "3650d"
most_at_once = 0
{slots}
[accounts.toot]
network = "mastodon"
instance = "{toot}"
media = "image"
[accounts.chat]
network = "discord"
api = "{chat}"
"""
_LONG_AGO = 1
_WAITS = (State.PLANNED, State.DUE, State.SENDING, State.UNCERTAIN)


class Pages(Fake):
    """The author's site: every page is live."""

    def __init__(self) -> None:
        super().__init__()
        self.route("GET", "/blog/{slug}/", lambda request: Reply(200, f"<h1>{request.args['slug']}</h1>"))


class Town:
    """The servers around the sites. They outlive a site; `empty` makes them forget it."""

    def __init__(self) -> None:
        self.pages, self.toot, self.chat = Pages(), FakeMastodon("gotosocial"), FakeDiscord()
        self.toot.now = self.chat.now = datetime.now(UTC)
        self.accounts: Mapping[str, Fake] = {"toot": self.toot, "chat": self.chat}
        self._closing = ExitStack()

    def __enter__(self) -> Town:
        for fake in (self.pages, self.toot, self.chat):
            self._closing.enter_context(fake)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.close()

    @property
    def urls(self) -> Mapping[str, str]:
        return {"pages": self.pages.url, "toot": self.toot.url, "chat": self.chat.url}

    def empty(self) -> None:
        for fake in self.accounts.values():
            fake.heal()
            fake.published.clear()

    def wait_for_silence(self) -> None:
        """Whatever a killed process had sent is dealt with."""
        for fake in self.accounts.values():
            fake.wait_for_silence()

    def count(self, account: str, slug: str) -> int:
        """Copies of the post that the account's readers see."""
        return sum(f"Read {slug}." in str(copy) for copy in self.accounts[account].published)


def forget_place(state: Path) -> None:
    """Let a copied folder be one of its own: the program refuses a copy beside the folder that it was made of."""
    if not state.exists():  # nothing was ever published there
        return
    with closing(sqlite3.connect(state)) as database, database:
        database.execute("UPDATE states SET config = ''")


class Site:
    """One folder with its syndicate.toml, its state, and what is published."""

    def __init__(self, root: Path, town: Town) -> None:
        self.root = root
        self.town = town

    @property
    def config(self) -> Path:
        return self.root / "syndicate.toml"

    def found(self, *, has_slots: bool) -> None:
        """A site with one post that is old, so that nothing of it goes out."""
        (self.root / "content" / "posts").mkdir(parents=True)
        slots = _far_slots() if has_slots else ""
        self.config.write_text(CONFIG.format(slots=slots, **self.town.urls), encoding="utf-8")
        self.write("old")
        with self.open() as app:
            app.publish()

    def copy(self, root: Path) -> Site:
        """The same site at another place."""
        copied = Site(shutil.copytree(self.root, root), self.town)
        forget_place(copied.root / ".syndicate" / "state.db")
        return copied

    def open(self) -> App:
        return open_app(self.config)

    def write(self, slug: str) -> None:
        text = f'---\ntitle: "{slug}"\ndate: "2026-01-05T09:00:00Z"\nsocialShare: "Read {slug}."\n---\n\nText.\n'
        (self.root / "content" / "posts" / f"{slug}.md").write_text(text, encoding="utf-8")

    def start(self, *words: str, die_at: int = -1) -> BaseProcess:
        """`syndicate WORDS` as a process of its own, with its trap."""
        orders = Orders(
            words=("--config", str(self.config), *words),
            environment={**SECRETS, "HOME": str(self.root), "NO_COLOR": "1"},
            steps=self.root / "steps",
            said=self.root / "said",
            die_at=die_at,
        )
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.faults.preload"])
        process = context.Process(target=run_trapped, args=(orders,))
        process.start()
        return process

    def read_said(self) -> str:
        """What the commands have printed so far."""
        return (self.root / "said").read_text(encoding="utf-8")

    def list_steps(self) -> list[str]:
        """What the commands have done so far."""
        path = self.root / "steps"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def list_rows(self, slug: str) -> list[Delivery]:
        with self.open() as app:
            return list(app.list_deliveries(slug=slug, everything=True))

    def let_time_pass(self) -> None:
        let_time_pass(self.root)

    def go_on(self, slug: str, rounds: int = 12) -> list[str]:
        """The daemon's own rounds until nothing waits; the accounts for which a person had to look."""
        asked: list[str] = []
        for _ in range(rounds):
            self.let_time_pass()
            with self.open() as app:
                daemon = Rounds(app)
                daemon.publish_round()
                app.deliver_due()
                asked += self._settle(app, slug)
                daemon.publish_round()
                if not any(row.state in _WAITS for row in app.list_deliveries(slug=slug)):
                    break
        return asked

    def _settle(self, app: App, slug: str) -> list[str]:
        """The person looks at the page where nothing else can."""
        asked = [one for one in app.list_deliveries(slug=slug) if one.state is State.UNCERTAIN and one.look_at is None]
        for row in asked:
            is_there = self.town.count(row.account, slug) > 0
            action = "settle_sent" if is_there else "settle_not_sent"
            app.change_deliveries(action, (row.id,), f"https://seen.example/{row.id}" if is_there else "")
        return [row.account for row in asked]


def let_time_pass(root: Path) -> None:
    """Leases, rests and back-off end, slots have come, half-written files grow old. No process may run there."""
    for rest in (root / "feeds").rglob(".*"):
        os.utime(rest, (_LONG_AGO, _LONG_AGO))
    now = (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    path = root / ".syndicate" / "state.db"
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as database, database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone():
            return
        database.execute("UPDATE deliveries SET lease_until = ? WHERE lease_until IS NOT NULL", (_LONG_AGO,))
        database.execute("UPDATE deliveries SET look_at = ? WHERE look_at IS NOT NULL", (now,))
        database.execute("UPDATE deliveries SET due_at = min(due_at, ?) WHERE state IN ('planned', 'due')", (now,))
        database.execute("UPDATE accounts SET rest_until = ? WHERE rest_until IS NOT NULL", (_LONG_AGO,))


def _far_slots() -> str:
    day = datetime.now(UTC) + timedelta(days=3)
    return f'slots = ["{("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]} 03:00"]'
