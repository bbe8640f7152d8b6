"""One open site: lends its rooms, and has one short method for each use case that several floors call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.app.site import Clock, OpenSite, Shared, name_state, read_clock
from syndicate.app.state_place import StatePlace
from syndicate.config import find_config, recall_settings
from syndicate.errors import ConfigError, Contradicted, SyndicateError, survive, tell_for_log
from syndicate.model import State
from syndicate.publish import Progress, Published, keep_silent
from syndicate.store.glance import keep_sound

if TYPE_CHECKING:
    from syndicate.app.accounts import AccountRow
    from syndicate.app.edits import Amended
    from syndicate.app.metrics import Metrics
    from syndicate.app.status import Story
    from syndicate.deliver import AccountThreads
    from syndicate.model import Delivery, Plan, Settings
    from syndicate.networks.base import LogsIn
    from syndicate.planning.deliveries.edits import Amendment
    from syndicate.planning.deliveries.manual import ManualPlan

# Use cases import the rooms they need: `publish` with nothing to do must not pay for the networks.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")


def _read_settings(config: Path) -> Settings:
    from syndicate.app.accounts import find_mistakes
    from syndicate.config.read import read_settings

    return read_settings(config, find_mistakes)


def open_app(config: Path | None = None) -> App:
    """The site of the nearest syndicate.toml, or of the given one."""
    return App(config or find_config(Path.cwd()))


class App:
    """Use cases of one site. Threads may share it after `open_all`; close it, or use it as a context manager."""

    def __init__(self, config: Path, clock: Clock = read_clock, settings: Settings | None = None) -> None:
        self.config = config
        self._shared = Shared(OpenSite(settings or recall_settings(config) or _read_settings(config), clock))
        self._own_writes: dict[Path, int] = {}
        self._showing, self.troubles = threading.Lock(), dict[str, list[str]]()
        self.list_failed: Callable[[], tuple[str, ...]] = tuple  # of the daemon's rounds, where it runs here
        self.is_read_anew = True
        """Whether posts were read, or a removal may have come due, since the messages last followed their posts."""
        self.is_sound = False
        """Whether all rows of the state were looked at and could be read: a glance need not look again."""

    def __enter__(self) -> App:
        return self

    def __exit__(self, *exc: object) -> None:
        site = self._site
        site.close_store()
        if self.is_sound:
            keep_sound(site.cache, site.settings.storage.file)
        site.close()

    @property
    def _site(self) -> OpenSite:
        return self._shared.current

    @property
    def settings(self) -> Settings:
        return self._site.settings

    @property
    def state_place(self) -> StatePlace:
        """How the state is read and kept, to be told before anything else is asked."""
        return self._site.state_place

    def now(self) -> datetime:
        return self._site.clock()

    @contextmanager
    def borrow(self) -> Iterator[OpenSite]:
        """The rooms of the site as they are now, for a use case."""
        with self._shared.borrow() as site:
            site.state_place.refresh()
            yield site

    @contextmanager
    def using(self) -> Iterator[OpenSite]:
        """The same with the state as it was read last, for who only looks once."""
        with self._shared.borrow() as site:
            yield site

    @contextmanager
    def changing(self) -> Iterator[OpenSite]:
        """Borrow the rooms to change the state, wherever that lives."""
        with self._shared.borrow() as site, site.state_place.changing():
            yield site

    @cached_property
    def metrics(self) -> Metrics:
        from syndicate.app.metrics import Metrics

        return Metrics()

    # --- publishing -------------------------------------------------------------------------------------------

    def publish(self, *, only: str = "", progress: Progress = keep_silent, is_quiet: bool = False) -> Published:
        """Write what changed. `only` is "feeds", "cards" or "" for everything; `is_quiet` where no post's file did."""
        from syndicate.app.publish import ask, find_current, publish, publish_edits
        from syndicate.config import keep_settings

        place = self.settings.storage.publish_to
        if self.state_place.only_looks and "://" in place:
            log.warning("nothing is published to %s from a pull request", place)
            return Published(where=place)
        with self.changing() as site:
            with site.take_turn():
                site.require_address()
                site.require_state()  # before the fingerprint, which tells one from another
                keep_settings(site.settings)  # for a glance the next time
                site.seen_files = site.seen_files if is_quiet else None
                asked = ask(site, only, self.now())
                if current := find_current(site, asked):
                    return current
                self.is_read_anew = True
                if (edited := publish_edits(site, asked, progress)) or not site.leaves_posts():
                    return edited or publish(site, asked, progress)
            from syndicate.app.elsewhere import publish_elsewhere

            return publish_elsewhere(self.config, site, only)

    def look_for_damage(self) -> None:
        """Note whether an open state is sound, for the next `status`."""
        with self.using() as site:
            self.is_sound = "store" in vars(site) and not site.store.list_damaged()

    def make_plan(self) -> Plan:
        """What would happen now; changes nothing."""
        from syndicate.app.publish import read_plan

        with self.using() as site:
            return read_plan(site, self.now())

    # --- delivering -------------------------------------------------------------------------------------------

    def deliver_due(self, *, only: tuple[int, ...] = ()) -> tuple[Delivery, ...]:
        """Send what is due now, settle what is uncertain; returns everything that was touched."""
        from syndicate.app.deliver import make_tools
        from syndicate.deliver import deliver_due

        with self.changing() as site:
            site.require_address()
            site.require_state()
            site.release_dead()
            site.check_state()
            with self.following_up(site) as results:
                results.extend(deliver_due(make_tools(site), only=only))
            return tuple(results)

    def start(self, threads: AccountThreads, name: str, site: OpenSite, work: Callable[[], None]) -> bool:
        """Work in a thread of its own; False where one of this name is at it. A failure that lasts is said once."""

        def run() -> None:
            troubles = list[str]()
            try:
                with survive(lambda error: troubles.append(tell_for_log(error))):  # no secret in it
                    work()
            finally:
                self._shared.give_back(site)
            if troubles and troubles != self.troubles.get(name):
                log.error("%s: %s", name, troubles[0])
            self.troubles[name] = troubles

        self._shared.keep(site)
        if threads.start(name, run):
            return True
        self._shared.give_back(site)
        return False

    @contextmanager
    def following_up(self, site: OpenSite) -> Iterator[list[Delivery]]:
        """What was sent stands in the state database; that the copies are shown elsewhere, too, comes after it."""
        from syndicate.app.post import write_back
        from syndicate.app.publish import show_timeline

        results: list[Delivery] = []
        try:
            yield results
        except BaseException:
            site.forget_publication()  # some may have gone out before
            raise
        sent = tuple(one for one in results if one.state is State.SENT)
        if not sent:
            return
        with self._showing:  # one account at a time: the copies of all stand in the same files
            site.forget_publication()
            if site.settings.write_back:
                self._own_writes |= write_back(site, sent)
            show_timeline(site)

    def is_news(self, path: Path) -> bool:
        """Whether a changed file was changed by somebody else than us."""
        written = self._own_writes.get(path)
        try:
            return written is None or path.stat().st_mtime_ns != written
        except OSError:
            return True

    def plan_post(self, slug: str, *, to: tuple[str, ...], at: str, text: str, again: bool) -> ManualPlan:
        """A message by hand, planned. Raises UsageError for an unknown slug, account or time, or a second time."""
        from syndicate.app.post import MessageRequest, plan_post

        with self.using() as site:
            asked = MessageRequest(post=slug, to=to, at=at, text=text, again=again)
            return site.ask(plan_post, asked, self.now())

    def post(self, planned: ManualPlan) -> tuple[Delivery, ...]:
        """Put the planned message into the outbox and send what is due now; returns the deliveries."""
        from syndicate.app.post import put_into_outbox, send_now
        from syndicate.app.status import list_these

        with self.changing() as site:
            site.require_address()
            if contradiction := site.check_state():
                raise Contradicted(contradiction)
            ids = send_now(self, site, put_into_outbox(site, planned, self.now()))
            try:
                self.publish()
            except SyndicateError as error:
                log.warning("the message is not shown beside the feeds yet: %s", error)
            return list_these(site, ids, self.now())

    def list_deliveries(self, *, account: str = "", slug: str = "", everything: bool = False) -> tuple[Delivery, ...]:
        """The outbox by time: what waits, or everything."""
        from syndicate.app.status import OPEN, explain_waits

        with self.using() as site:
            site.show_dead()
            rows = site.store.list_deliveries(account=account, slug=slug, states=() if everything else OPEN)
            return explain_waits(site, rows, self.now())

    def change_deliveries(self, action: str, ids: tuple[int, ...], value: str = "") -> tuple[Delivery, ...]:
        """A person's action on deliveries, one of `model.Action`."""
        from syndicate.app.queue import change_delivery, wake_accounts
        from syndicate.model import Action

        with self.changing() as site:
            site.release_dead()
            if action == "retry":
                wake_accounts(site, ids, self.now())
            changed = tuple(change_delivery(site, Action(action), number, value, self.now()) for number in ids)
            if action == "settle_sent":
                site.forget_publication()
            return changed

    def tell_story(self, slug: str) -> Story:
        """The whole story of a post, in sentences and in rows. Raises UsageError where nothing is known of it."""
        from syndicate.app.status import tell_story

        with self.using() as site:
            return site.ask(tell_story, slug, self.now())

    def find_contradiction(self) -> str:
        """Why nothing is sent and what to do about it, "" where the state is in order."""
        with self.using() as site:
            return site.check_state()

    # --- looking after ----------------------------------------------------------------------------------------

    def list_accounts(self, *, online: bool) -> tuple[AccountRow, ...]:
        from syndicate.app.status import list_accounts_now

        with self.using() as site:
            return list_accounts_now(site, online=online, now=self.now())

    def resume_account(self, name: str) -> None:
        with self.changing() as site:
            site.store.resume_account(site.accounts.get(name).name)
            site.store.wake_account(name, self.now())

    def open_login(self, account: str) -> LogsIn:
        return self._site.accounts.open_for_login(self._site.accounts.get(account))

    def store_login(self, account: str, secrets: Mapping[str, str]) -> str:
        from syndicate.app.login import store_login

        with self.changing() as site:
            return store_login(site, account, secrets)

    def look_after(self) -> tuple[str, ...]:
        """Renew tokens, read limits; returns lines for the log."""
        from syndicate.app.maintenance import look_after

        with self.changing() as site:
            self.is_read_anew = True  # a removal comes due without any change
            return look_after(site, self.now())

    def list_amendments(self) -> tuple[Amendment, ...]:
        """Edits and removals of published messages that the accounts' policies ask for."""
        from syndicate.app.edits import list_amendments

        with self.using() as site:
            return list_amendments(site, self.now())

    def amend(self, amendments: tuple[Amendment, ...]) -> tuple[str, ...]:
        """Carry out edits and removals; returns a line for each."""
        from syndicate.app.edits import amend

        with self.changing() as site:
            if amendments and (contradiction := site.check_state()):
                raise Contradicted(contradiction)
            amended = amend(site, amendments, self.now())
            self.show_amended(site, amended)
            return tuple(one.line for one in amended)

    def show_amended(self, site: OpenSite, amended: tuple[Amended, ...]) -> None:
        from syndicate.app.publish import show_timeline

        if any(one.is_done for one in amended):
            site.forget_publication()
            with self._showing:
                show_timeline(site)

    def adopt(self, account: str, *, accept: bool = False) -> tuple[tuple[str, str], ...]:
        """Copies found on the account itself, recorded as sent: (slug, URL).

        `accept`: the account cannot show them, and a person says that it is in order all the same.
        """
        from syndicate.app.login import accept_account, adopt

        with self.changing() as site:
            site.check_state()
            adopted = (accept_account if accept else adopt)(site, account, self.now())
            site.forget_publication()
            return adopted

    # --- running ----------------------------------------------------------------------------------------------

    def lock_daemon(self) -> AbstractContextManager[None]:
        """Held while a daemon works on this state; raises AlreadyRunning where another one does.

        Raises ConfigError where the state has no disk that lasts as long as a daemon.
        """
        if self.settings.storage.state:
            hint = "run `syndicate once` by cron or in a CI, or take the key away and let the state live here"
            raise ConfigError("is for passes, not for a daemon", where="[storage] state", hint=hint)
        self._site.require_address()
        return self._site.store.lock_daemon()

    def open_all(self) -> None:
        """Open whatever threads will share, so that none of them opens it a second time.

        The first publication looks at everything: nobody knows how the process before this one ended.
        """
        self.open_for_threads()
        self._site.forget_publication()

    def is_published(self, path: str, data: bytes) -> bool:
        """Whether a file in the published folder is ours."""
        from syndicate.app.publish import is_published

        with self.using() as site:
            return is_published(site, path, data)

    def open_for_threads(self) -> None:
        """Open whatever the threads of a server share."""
        self._site.open_all(self.config)

    def reload(self) -> bool:
        """Take up a changed syndicate.toml; returns whether it changed.

        Raises ConfigError for one that is broken or asks for another state: then everything stays as it is.
        """
        settings, before = _read_settings(self.config), self._site
        if (settings.root, settings.digest) == (before.settings.root, before.settings.digest):  # links lead elsewhere
            return False
        if name_state(settings) != name_state(before.settings):
            where, hint = f"{self.config}: [storage] database, [site] name", "stop this process and start it again"
            raise ConfigError("another database or site name needs a restart", where=where, hint=hint)
        fresh = OpenSite(settings, before.clock)
        fresh.keep_store(before)
        try:
            fresh.open_all(self.config)
        except BaseException:
            fresh.close()
            raise
        self._shared.replace(fresh)
        return True
