"""How rooms are joined: each is opened when the first use case needs it, and closed with the hall."""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import content
from syndicate.errors import SyndicateError
from syndicate.model import Account, NetworkFacts, Settings, Snapshot, SyndicationLink
from syndicate.output import Output, open_output
from syndicate.publish.stamp import Stamp
from syndicate.store.cache import FileCache, open_cache
from syndicate.templates import list_templates, read_template

if TYPE_CHECKING:
    from syndicate.app.accounts import Accounts
    from syndicate.http import Client
    from syndicate.publish.corridor import Rooms
    from syndicate.publish.drawing import Drawer
    from syndicate.publish.rendering import Renderer
    from syndicate.publish.studio import Studio
    from syndicate.store.door import Store

# The heavy rooms are imported where they are opened: a publication that finds nothing changed needs none of them.
# ruff: noqa: PLC0415


class Wiring:
    """The rooms of one site."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closing = ExitStack()
        self._reading = threading.Lock()

    def close(self) -> None:
        self._closing.close()

    def keep_store(self, before: Wiring) -> None:
        """Go on with the open state database (and the daemon's lock on it) where it is still the same."""
        own, other = self.settings, before.settings
        if (own.storage.database, own.site.name) == (other.storage.database, other.site.name):
            self.store = before.store

    @cached_property
    def state_folder(self) -> Path:
        """Where state, cache and vault live; made on first use, for its owner only."""
        folder = Path(self.settings.storage.cache).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @cached_property
    def cache(self) -> FileCache:
        return self._closing.enter_context(open_cache(str(self.state_folder / "cache.db")))

    @cached_property
    def output(self) -> Output:
        return open_output(self.settings.storage.publish_to)

    @cached_property
    def store(self) -> Store:
        from syndicate.store import open_store

        self.state_folder  # noqa: B018 - SQLite needs the folder
        return open_store(self.settings.storage.database, self.settings.site.name)

    @cached_property
    def http(self) -> Client:
        from syndicate.http import Client

        return self._closing.enter_context(Client(allow_private=self.settings.allow_private))

    @cached_property
    def accounts(self) -> Accounts:
        from syndicate.app.accounts import Accounts

        return Accounts(self.settings, self.state_folder, self.http)

    @cached_property
    def stamp(self) -> Stamp:
        return Stamp(self.cache, sources=self._list_sources, is_complete=self._is_published)

    @cached_property
    def studio(self) -> Studio:
        from syndicate.publish.studio import Studio

        return Studio(self.settings, lambda name: read_template(self.settings.root, name))

    @cached_property
    def drawer(self) -> Drawer:
        from syndicate.publish.drawing import Drawer

        return Drawer(
            self.settings,
            self.cache,
            self.studio,
            http=self.http if self.settings.cards.fetch else None,
            list_paths=self.output.list_paths,
        )

    @cached_property
    def renderer(self) -> Renderer:
        from syndicate.publish.rendering import Renderer

        return Renderer(
            self.settings,
            self.cache,
            read_template=lambda name: read_template(self.settings.root, name),
            list_copies=self.list_copies,
        )

    @cached_property
    def rooms(self) -> Rooms:
        """What the publish corridor needs."""
        from syndicate.publish.corridor import Rooms
        from syndicate.publish.sweeping import Sweeper

        return Rooms(
            settings=self.settings,
            store=self.store,
            output=self.output,
            drawer=self.drawer,
            renderer=self.renderer,
            sweeper=Sweeper(self.output, self.cache, self.settings.cards.keep),
            stamp=self.stamp,
            read_snapshot=self.read_snapshot,
            facts=self.accounts.facts,
            messages=self.read_messages(),
        )

    @cached_property
    def owner(self) -> str:
        """Unique to this process and start: the lease holder's name."""
        return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def jitter(self) -> float:
        return random.random()  # noqa: S311 - spreads retries, guards nothing

    def facts_with_limits(self) -> Mapping[str, NetworkFacts]:
        """Facts by account, with the limits its server stated last."""
        stated = {state.name: state.limits for state in self.store.list_accounts()}
        facts = self.accounts.facts
        return {name: replace(one, limits=stated.get(name) or one.limits) for name, one in facts.items()}

    @cached_property
    def folder(self) -> content.ContentFolder:
        """The posts; an unchanged one is not built again while the hall is open."""
        return content.ContentFolder(self.settings, self.cache)

    def read_snapshot(self) -> Snapshot:
        with self._reading:
            return self.folder.read_whole()

    def read_messages(self) -> Mapping[str, str]:
        """Message templates by account: its own, else its network's, else the default."""
        found = {account.name: self._read_message(account) for account in self.settings.accounts}
        return {name: text for name, text in found.items() if text is not None}

    def _read_message(self, account: Account) -> str | None:
        names = (account.template,) if account.template else (account.network, "default")
        for name in names:
            try:
                return read_template(self.settings.root, f"messages/{name}.txt")
            except SyndicateError:
                continue
        return None

    def list_copies(self) -> Mapping[str, Sequence[SyndicationLink]]:
        """The sent copies of each post, by post id."""
        return {
            post_id: [SyndicationLink(copy.account, copy.network, copy.receipt.url) for copy in copies]
            for post_id, copies in self.store.list_syndication().items()
        }

    def _list_sources(self) -> tuple[str, ...]:
        """Everything a publication is made of, as digests: posts, settings, templates of the site."""
        own = Path(self.settings.root, "templates")
        names = [
            name for folder in ("cards", "messages", "pages") for name in list_templates(self.settings.root, folder)
        ]
        stats = [(name, (own / name).stat()) for name in names if (own / name).is_file()]
        return (
            content.stamp(self.settings),
            self.settings.digest,
            *(f"{name} {stat.st_mtime_ns} {stat.st_size}" for name, stat in stats),
        )

    def _is_published(self) -> bool:
        """Whether the last publication still stands: somebody may have emptied the folder."""
        names = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}
        needed = ["index.html", "syndication.json", *(names[form] for form in self.settings.feeds.formats)]
        return all(self.output.read(name) is not None for name in needed)
