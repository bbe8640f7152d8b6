"""What a site is made of: each part is opened when the first use case needs it, and closed with the app."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from syndicate.app.state_place import StatePlace
from syndicate.content import look_at_files
from syndicate.errors import ConfigError, ContentError, StateError, SyndicateError
from syndicate.model import Account, KnownPost, NetworkFacts, Picture, Post, Settings, Snapshot, SyndicationLink
from syndicate.output import Output, open_output
from syndicate.store.cache import FileCache, open_cache
from syndicate.store.file import take_turn
from syndicate.templates import read_template

if TYPE_CHECKING:
    from syndicate.app.accounts import Accounts
    from syndicate.app.elsewhere import Elsewhere
    from syndicate.app.glance import Standing
    from syndicate.content import SeenFiles
    from syndicate.content.folder import ContentFolder
    from syndicate.http import Client
    from syndicate.store.file import ProcessLock
    from syndicate.store.store import Store


# The heavy rooms are imported where they are opened: a publication that finds nothing changed needs none of them.
# ruff: noqa: PLC0415


log = logging.getLogger("syndicate")

Clock = Callable[[], datetime]
P = ParamSpec("P")
T = TypeVar("T")
MANY = 1_000
"""Posts from which on what lives long lets another process publish and read them: its start costs half a second."""


def read_clock() -> datetime:
    return datetime.now(UTC)


class OpenSite:
    """The rooms of one site.

    What stays open is opened once: by the first who needs it, or by `open_all` before threads share it. Everything
    that belongs to one publication or one round is made for it, so that it sees templates and fonts as they are then.
    """

    def __init__(self, settings: Settings, clock: Clock = read_clock) -> None:
        self.settings = settings
        self.clock = clock
        self._closing = ExitStack()
        self._reading = threading.Lock()
        self._state = ""
        self._is_opening = False
        self.seen_files: SeenFiles | None = None
        """The posts' files at the last publication."""
        self.state_place = StatePlace(self)
        self.elsewhere: Elsewhere | None = None
        """Where we live long: the process that reads posts for us."""
        self.many = MANY

    # --- what stays open --------------------------------------------------------------------------------------

    def open_all(self, config: Path) -> None:
        """Open whatever threads will share. Raises ConfigError or StateError where one of them cannot be had."""
        for room in (self.store, self.accounts, self.cache, self.output, self.folder, self.process):
            assert room is not None
        self._closing.enter_context(self.http)
        if not self.state_place.is_elsewhere:  # only this process has that in hand
            from syndicate.app.elsewhere import Elsewhere

            self.elsewhere = self._closing.enter_context(closing(Elsewhere(config, self.settings, "reads posts")))

    def close(self) -> None:
        """Close everything but the state database, which a changed syndicate.toml goes on with."""
        self._closing.close()

    def close_store(self) -> None:
        if "store" in vars(self):
            self.store.close()
        if "process" in vars(self):
            self.process.close()

    def keep_store(self, before: OpenSite) -> None:
        """Go on with the open state database, and the daemon's lock on it."""
        self.store, self._state, self.process = before.store, before._state, before.process
        self.state_place.take_over(before.state_place)

    @cached_property
    def state_folder(self) -> Path:
        """Where state, cache and vault live; made on first use, for its owner only."""
        folder = Path(self.settings.storage.cache).parent
        if not folder.exists() or {path.name for path in folder.iterdir()} <= {".gitignore"}:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / ".gitignore").touch(mode=0o600)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")  # no repository wants state or secrets
        if folder.stat().st_mode & 0o077:  # made by hand, by a tool, by an unpacked archive
            with suppress(PermissionError):  # somebody else's: `doctor` says so
                folder.chmod(0o700)
        return folder

    @cached_property
    def cache(self) -> FileCache:
        return self._closing.enter_context(open_cache(str(self.own_file("cache", ".db"))))

    @cached_property
    def output(self) -> Output:
        return open_output(self.settings.storage.publish_to)

    @cached_property
    def store(self) -> Store:
        """The state database. A new one (the first ever, or in place of a lost one) wants a whole publication."""
        from syndicate.app.state import check_site, check_state
        from syndicate.store import open_store

        self.state_folder  # noqa: B018 - SQLite needs the folder
        database = self.settings.storage.database
        store = open_store(database, self.settings.site.name)
        self._is_opening = True
        try:
            self._state = identify(database)
            self.state_place.read(store)
            check_site(self, store)
            check_state(self, store)
        except BaseException:
            store.close()
            raise
        finally:
            self._is_opening = False
        return store

    def require_state(self) -> None:
        """Have a state database there. Raises StateError where it vanished or was replaced while it is open here.

        What is written to it then is nowhere afterwards, and two states would announce a post twice.
        """
        database = self.settings.storage.database
        if "store" in vars(self) and self._state != identify(database):
            hint = "stop every syndicate here, put the file back if you have it, and start again"
            raise StateError("was deleted or replaced while it was in use", where=self.store.where, hint=hint)
        if (file := self.settings.storage.file) and not Path(file).exists():
            self.store  # noqa: B018 - made anew
        if "store" in vars(self):
            self.store.refuse_newer_schema()

    def require_address(self) -> None:
        """Have the pages' own address before anything goes to a network. Raises ConfigError where it is an example.

        Where private addresses are allowed the site is a trial; the network `local` shows everything only here.
        """
        doubts = () if self.settings.allow_private else self.settings.site.list_doubts()
        networks = sorted({one.network for one in self.settings.accounts if one.enabled} - {"local"})
        if doubts and networks:
            self.accounts  # noqa: B018 - what is wrong with them is told first
            hint = f"write where your pages live: messages to {', '.join(networks)} would link to nobody's site"
            raise ConfigError(f"{self.settings.site.url} is an example", where="[site] url", hint=hint)

    def check_state(self) -> str:
        """What contradicts the state and what to do about it, "" where nothing does. Then nothing may be sent."""
        from syndicate.app.state import check_state, describe, list_enabled

        return describe(check_state(self, self.store), list_enabled(self.settings))

    @cached_property
    def http(self) -> Client:
        from syndicate.http import Client

        client = Client(allow_private=self.settings.allow_private, clock=self.clock)
        self._closing.callback(client.close)
        return client

    @cached_property
    def accounts(self) -> Accounts:
        from syndicate.app.accounts import Accounts

        return Accounts(self.settings, self.state_folder, self.http, self.state_place.open_box())

    @cached_property
    def folder(self) -> ContentFolder:
        """The posts; an unchanged one is not built again while the app is open."""
        from syndicate.content.folder import ContentFolder

        return ContentFolder(self.settings, self.cache, self._list_known)

    def _list_known(self) -> tuple[KnownPost, ...]:
        """The posts the state remembers; none while it is being opened, or where it cannot be."""
        if self._is_opening:
            return ()
        with suppress(StateError):
            return self.store.list_posts()
        return ()

    @cached_property
    def process(self) -> ProcessLock:
        """Shows others that this process lives; its name stands in its leases."""
        from syndicate.store.file import ProcessLock

        host = "run" if self.state_place.is_elsewhere else ""  # others may read who worked
        return ProcessLock(self.own_file("processes", ""), host)

    def release_dead(self) -> None:
        """What a process had in hand that was killed is free again; its call is looked for at once."""
        from syndicate.store.file import clear_dead

        clear_dead(self.own_file("processes", ""), lambda owner: self.store.release_dead(owner, self.clock()))

    def show_dead(self) -> None:
        """The same for who looks at the outbox; who may only read sees it as it was."""
        with suppress(StateError):
            self.release_dead()

    @property
    def server_file(self) -> Path:
        """Where a running server of this site says where it is."""
        return self.own_file("serve", ".lock")

    # --- what is made for one use -----------------------------------------------------------------------------

    def take_turn(self) -> AbstractContextManager[None]:
        """Held while files are published; others on this machine wait."""
        return take_turn(self.own_file("publish", ".lock"))

    def forget_publication(self) -> None:
        """Something that is published changed otherwise: the next publication looks at everything, also where one
        that runs now ends after this call."""
        with suppress(StateError):  # then nothing can be published either
            self.store.begin_turn()

    def jitter(self) -> float:
        return random.random()  # noqa: S311 - spreads retries, guards nothing

    def facts_with_limits(self) -> Mapping[str, NetworkFacts]:
        """Facts by account, with the limits its server stated last."""
        limits = {state.name: state.limits for state in self.store.list_accounts()}
        facts = self.accounts.facts
        return {name: replace(one, limits=limits.get(name) or one.limits) for name, one in facts.items()}

    def read_snapshot(self, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Snapshot:
        """Every post without its body; `tell` hears how many files were read, of how many that changed."""
        with self._reading:
            return self.folder.read(tell)

    def leaves_posts(self) -> bool:
        """Whether another process reads them: of the memory that many take we would give back a third."""
        return self.elsewhere is not None and len((self.seen_files or look_at_files(self.settings)).marks) >= self.many

    def ask(self, work: Callable[Concatenate[OpenSite, P], T], *given: P.args, **named: P.kwargs) -> T:
        """What `work(site, …)` says, a function of a module that reads all posts. Raises as `Elsewhere.look` does."""
        if self.elsewhere and self.leaves_posts():
            return self.elsewhere.look(self, partial(work, **named), *given)
        return work(self, *given, **named)

    def look_back(self) -> Standing | None:
        """Single posts, None where only reading all of them tells what each is now."""
        from syndicate.app.glance import look_back

        return look_back(self)

    def let_go_of_posts(self) -> bool:
        """Forget posts that nobody asked for lately: a daemon idles for weeks. Whether there were any here."""
        if self.elsewhere:
            self.elsewhere.let_go()
        with self._reading:
            return self.folder.let_go()

    def read_newest(self, count: int, now: datetime) -> Snapshot | None:
        """The newest posts without bodies; None where reading all takes no time."""
        with self._reading:
            return self.folder.read_newest(count, now)

    def fill(self, posts: Sequence[Post]) -> Sequence[Post]:
        """The posts with their bodies. Raises ContentError where a file vanished since the posts were read."""
        filled = self.folder.fill(posts)
        if len(filled) != len(posts):
            lost = {post.source for post in posts} - {post.source for post in filled}
            raise ContentError("the file vanished while it was published", where=min(lost), hint="publish again")
        return filled

    def list_pictures(self, post: Post) -> Mapping[str, Picture]:
        """The post's own pictures as `Delivery.media` names them. Raises ContentError where its file vanished."""
        from syndicate.content.picture import list_pictures

        return list_pictures(self.fill((post,))[0], self.settings)

    def read_messages(self) -> Mapping[str, str]:
        """Message templates by account: its own, else its network's, else the default."""
        found = {account.name: self._read_message(account) for account in self.settings.accounts}
        return {name: text for name, text in found.items() if text is not None}

    def _read_message(self, account: Account) -> str | None:
        names = (account.template,) if account.template else (account.network, "default")
        for name in names:
            try:
                return self.read_template(f"messages/{name}.txt")
            except SyndicateError:
                continue
        return None

    def list_copies(self) -> Mapping[str, Sequence[SyndicationLink]]:
        """The sent copies of each post, by post id; while the state is contradicted, also those it does not know."""
        from syndicate.app.state import list_unknown, read_published

        found = {
            post_id: [SyndicationLink(copy.account, copy.network, copy.receipt.url) for copy in copies]
            for post_id, copies in self.store.list_syndication().items()
        }
        if self.store.read_state().contradiction is not None:
            for copy in list_unknown(read_published(self)[1], self.store):
                found.setdefault(copy.post_id, []).append(SyndicationLink(copy.account, copy.network, copy.url))
        return found

    def read_template(self, name: str) -> str:
        return read_template(self.settings.root, name)

    def open_http(self) -> Client | None:
        return self.http if self.settings.cards.fetch else None

    def own_file(self, name: str, ending: str) -> Path:
        """A file of this site in the state folder, which several sites may share."""
        site = self.settings.site.name
        return self.state_folder / (f"{name}{ending}" if site == "default" else f"{name}-{site}{ending}")


def identify(database: str) -> str:
    """Tells a replaced state database from the one that a publication was made with."""
    path = os.path.realpath(database.removeprefix("sqlite:///"))
    try:
        return f"sqlite:///{path} {Path(path).stat().st_ino}"
    except OSError:
        return database


def name_state(settings: Settings) -> tuple[str, str, str]:
    """Equal where the state is the same: folders of two releases may be linked to one."""
    rules = settings.storage
    return os.path.realpath(rules.file) if rules.file else rules.database, rules.state, settings.site.name


# --- The site of now, lent to the threads of one process ---


class Shared:
    """Lends the site to use cases: each keeps the one it began with to its end.

    A site that was replaced (syndicate.toml changed) is closed by whoever gives it back last, so that nobody's
    cache or connection is closed under their hands.
    """

    def __init__(self, site: OpenSite) -> None:
        self.current = site
        self._users: Counter[OpenSite] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self) -> Iterator[OpenSite]:
        with self._lock:
            site = self.current
            self._users[site] += 1
        try:
            yield site
        finally:
            self.give_back(site)

    def keep(self, site: OpenSite) -> None:
        """Borrow it once more, for work that ends in another thread; that gives it back."""
        with self._lock:
            self._users[site] += 1

    def replace(self, fresh: OpenSite) -> None:
        with self._lock:
            old, self.current = self.current, fresh
            is_idle = old not in self._users
        if is_idle:
            old.close()

    def give_back(self, site: OpenSite) -> None:
        with self._lock:
            self._users[site] -= 1
            if self._users[site]:
                return
            del self._users[site]  # with it go its settings and posts, once it is replaced
            is_replaced = site is not self.current
        if is_replaced:
            site.close()
