"""The servers around a blog whose files are in trouble: the author's deployed pages, and networks that never forget.

`toot` and `slow` show their statuses, `chat` shows nothing; `slow` may be out of order.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.networks.fake import Fake, Reply, Request
from tests.networks.fake_discord import HOOK_ID, HOOK_TOKEN, FakeDiscord
from tests.networks.fake_mastodon import TOKEN, FakeMastodon

SECRETS: Mapping[str, str] = {
    "SYNDICATE_TOOT_ACCESS_TOKEN": TOKEN,
    "SYNDICATE_SLOW_ACCESS_TOKEN": TOKEN,
    "SYNDICATE_CHAT_WEBHOOK_URL": f"https://discord.com/api/webhooks/{HOOK_ID}/{HOOK_TOKEN}",
}
CONFIG = """
[site]
title = "Notes"
url = "{pages}"
timezone = "Europe/Berlin"
author = "Ada"
allow_private = true
[cards]
fetch = false
sizes = ["600x315"]
{look}[accounts.toot]
network = "mastodon"
instance = "{toot}"
media = "none"
on_delete = "delete"
[accounts.chat]
network = "discord"
api = "{chat}"
media = "none"
[accounts.slow]
network = "mastodon"
instance = "{slow}"
media = "none"
"""


BARE = """layout = "none"
[feeds]
formats = ["json"]
by = []
"""
"""Drawing cards and rendering feeds takes half a life: with a layout that does not exist nothing is drawn."""


class Pages(Fake):
    """The deployed site: a page is there while its post was public at the last deploy."""

    def __init__(self) -> None:
        super().__init__()
        self.deployed: frozenset[str] = frozenset()
        self.route("GET", "/blog/{slug}/", self.show)

    def show(self, request: Request) -> Reply:
        if request.args["slug"] not in self.deployed:
            return Reply(404, "<h1>Not found</h1>")
        return Reply(200, f'<link rel="canonical" href="{self.url}{request.path}"><h1>A post</h1>')


class Toots(FakeMastodon):
    """Remembers what it published, also what was removed since."""

    def __init__(self) -> None:
        super().__init__("gotosocial")
        self.told: list[str] = []

    def _store(self, body: dict[str, Any]) -> dict[str, Any]:
        self.told.append(body["status"])
        return super()._store(body)


class Chat(FakeDiscord):
    """Remembers what it published, also what was removed since."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def _keep(self, body: dict[str, Any], author: str, channel: str, request: Request) -> dict[str, Any]:
        self.told.append(json.dumps(body))
        return super()._keep(body, author, channel, request)


class Town:
    """The servers around the blogs; they outlive one."""

    def __init__(self) -> None:
        self.pages, self.toot, self.chat, self.slow = Pages(), Toots(), Chat(), Toots()
        self.accounts: Mapping[str, Toots | Chat] = {"toot": self.toot, "chat": self.chat, "slow": self.slow}
        self._all = (self.pages, self.toot, self.chat, self.slow)
        for fake in self._all:
            fake.glance = 0.1  # a town is closed once, and looking costs what lives should have

    def __enter__(self) -> Town:
        for fake in self._all:
            fake.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        for fake in self._all:
            fake.__exit__(*exc)

    def empty(self) -> None:
        for fake in self._all:
            fake.heal()
            fake.published.clear()
        for account in self.accounts.values():
            account.told.clear()

    def count(self, account: str, mark: str) -> int:
        """How often the account was told, removed copies included."""
        return sum(f"Read {mark}." in text for text in self.accounts[account].told)

    def render_config(self, look: str) -> str:
        accounts = {name: fake.url for name, fake in self.accounts.items()}
        return CONFIG.format(pages=self.pages.url, look=look, **accounts)


@contextmanager
def secrets_at_hand(secrets: Mapping[str, str]) -> Iterator[None]:
    """The accounts' secrets in the environment, as a service has them."""
    before = {name: os.environ.get(name) for name in secrets}
    os.environ.update(secrets)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
