"""One open site: one short method per use case."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndicate.app.site import Clock, OpenSite, Shared, read_clock
from syndicate.config import find_config, read_settings
from syndicate.containment import survive
from syndicate.errors import ConfigError, Contradicted, StateError, SyndicateError, Unavailable, tell_for_log
from syndicate.model import State
from syndicate.publish.unchanged import Published

if TYPE_CHECKING:
    from syndicate.app.edits import Amended
    from syndicate.app.metrics import Metrics
    from syndicate.app.once import Pass
    from syndicate.app.reports import AccountRow, Finding, Joined, Status, Story
    from syndicate.config import Mistake
    from syndicate.deliver import AccountThreads, Tools
    from syndicate.model import Account, Delivery, Plan, PlannedDelivery, Settings
    from syndicate.networks.base import LogsIn
    from syndicate.planning.deliveries.edits import Amendment
    from syndicate.planning.deliveries.foresight import Budget
    from syndicate.planning.deliveries.manual import ManualPlan

# Use cases import the rooms they need: `publish` with nothing to do must not pay for the networks.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")


def _judge(account: Account) -> Iterable[Mistake]:
    from syndicate.app.accounts import find_mistakes

    return find_mistakes(account)


def open_app(config: Path | None = None) -> App:
    """The site of the nearest syndicate.toml, or of the given one."""
    return App(config or find_config(Path.cwd()))


class App:
    """Use cases of one site. Threads may share it after `open_all`; close it, or use it as a context manager."""

    def __init__(self, config: Path, clock: Clock = read_clock) -> None:
        self.config = config
        self._shared = Shared(OpenSite(read_settings(config, _judge), clock))
        self._own_writes: dict[Path, int] = {}
        self._showing = threading.Lock()
        self._is_read_anew = True

    def __enter__(self) -> App:
        return self

    def __exit__(self, *exc: object) -> None:
        self._site.close()
        self._site.close_store()

    @property
    def _site(self) -> OpenSite:
        return self._shared.current

    @property
    def settings(self) -> Settings:
        return self._site.settings

    def now(self) -> datetime:
        return self._site.clock()

    @contextmanager
    def borrow(self) -> Iterator[OpenSite]:
        """The rooms of the site as they are now, for a use case of the dashboard."""
        with self._shared.borrow() as site:
            site.state_place.refresh()
            yield site

    @contextmanager
    def changing(self) -> Iterator[OpenSite]:
        """Borrow the rooms to change the state, wherever that lives."""
        with self._shared.borrow() as site, site.state_place.changing():
            yield site

    # --- for whoever watches over the program -----------------------------------------------------------------

    @cached_property
    def metrics(self) -> Metrics:
        from syndicate.app.metrics import Metrics

        return Metrics()

    def render_metrics(self) -> tuple[bytes, str]:
        """The site in figures, as Prometheus reads them, and their media type."""
        with self._shared.borrow() as site:
            return self.metrics.render(site, self.now())

    def list_state_troubles(self) -> tuple[str, ...]:
        """A sentence where the state database cannot be read, or was changed by a newer version."""
        try:
            with self._shared.borrow() as site:
                site.store.refuse_newer_schema()
        except StateError as error:
            return (str(error),)
        return ()

    def send_heartbeat(self) -> None:
        """Fetch the address of `[notices] heartbeat`. Raises where that is in vain."""
        with self._shared.borrow() as site:
            address = site.settings.notices.heartbeat
            if address and not site.http.call("GET", address, where="[notices] heartbeat").is_success:
                raise Unavailable("the monitor does not take the heartbeat", where="[notices] heartbeat")

    def prune(self, before: datetime) -> int:
        """Forget the trail from before that moment of what ended; returns how many steps."""
        with self.changing() as site:
            return site.store.prune_trails(before)

    # --- publishing -------------------------------------------------------------------------------------------

    def publish(self, *, only: str = "", progress: Callable[[int, int], None] = lambda _done, _all: None) -> Published:
        """Write what changed. `only` is "feeds", "cards" or "" for everything."""
        from syndicate.app.publish import find_current, open_last, publish

        place = self.settings.storage.publish_to
        if self._site.state_place.only_looks and "://" in place:
            log.warning("nothing is published to %s from a pull request", place)
            return Published(where=place)
        with self.changing() as site, site.take_turn():
            site.require_state()  # before the fingerprint, which tells one from another
            now, made_of = self.now(), open_last(site).take_fingerprint()
            if current := find_current(site, only, made_of, now):
                return current
            self._is_read_anew = True
            return publish(site, only, made_of, now, progress)

    def make_plan(self) -> Plan:
        """What would happen now; changes nothing."""
        from syndicate.app.publish import read_plan

        with self._shared.borrow() as site:
            return read_plan(site, self.now())

    def preview_waiting(self) -> tuple[PlannedDelivery, ...]:
        """What waits in the outbox, with its text as it would be sent now."""
        from syndicate.app.queue import preview_waiting

        with self._shared.borrow() as site:
            return preview_waiting(site)

    def forecast_costs(self, plan: Plan) -> tuple[Budget, ...]:
        """What the messages of each account will cost, those of the plan included, and what its money limit holds."""
        from syndicate.app.queue import list_budgets

        with self._shared.borrow() as site:
            return list_budgets(site, plan.deliveries, self.now())

    def list_dying_tokens(self, plan: Plan) -> tuple[str, ...]:
        """A sentence for each account whose token dies before a message of its own is due."""
        from syndicate.app.queue import list_warnings

        with self._shared.borrow() as site:
            return list_warnings(site, plan.deliveries, self.now())

    # --- delivering -------------------------------------------------------------------------------------------

    def deliver_due(self, *, only: tuple[int, ...] = ()) -> tuple[Delivery, ...]:
        """Send what is due now, settle what is uncertain; returns everything that was touched."""
        from syndicate.app.sending import make_tools
        from syndicate.deliver import deliver_due

        with self.changing() as site:
            site.require_state()
            site.release_dead()
            site.check_state()
            with self._following_up(site) as results:
                results.extend(deliver_due(make_tools(site), only=only).results)
            return tuple(results)

    def start_deliveries(self, threads: AccountThreads, tell: Callable[[tuple[Delivery, ...]], None]) -> None:
        """Start a thread for each account that has work and none at it; each tells what it touched when it is done."""
        from syndicate.app.sending import make_tools
        from syndicate.deliver import list_accounts_with_work

        with self._shared.borrow() as site:
            site.require_state()
            site.release_dead()
            site.check_state()
            tools = replace(make_tools(site), is_stopping=threads.is_stopping)
            for account in list_accounts_with_work(tools):
                self._start(threads, account.name, site, partial(self._deliver_account, site, tools, account, tell))

    def _deliver_account(
        self, site: OpenSite, tools: Tools, account: Account, tell: Callable[[tuple[Delivery, ...]], None]
    ) -> None:
        from syndicate.deliver import work_account

        with self._following_up(site) as results:
            results.extend(work_account(tools, account))
        tell(tuple(results))

    def _start(self, threads: AccountThreads, name: str, site: OpenSite, work: Callable[[], None]) -> bool:
        """Work in a thread of its own; returns False where one of this name is at it already."""

        def run() -> None:
            try:
                with survive(lambda error: log.error("%s: %s", name, tell_for_log(error))):  # no secret in it
                    work()
            finally:
                self._shared.give_back(site)

        self._shared.keep(site)
        if threads.start(name, run):
            return True
        self._shared.give_back(site)
        return False

    @contextmanager
    def _following_up(self, site: OpenSite) -> Iterator[list[Delivery]]:
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

    def name_post(self, word: str) -> str:
        """The name of the post that a slug, a path or an address means, the word itself where it means none.

        Raises UsageError with the candidates where it means several.
        """
        from syndicate.app.post import find_name

        with self._shared.borrow() as site:
            posts, rows = site.read_snapshot().posts, site.store.list_posts()
            return find_name(posts, rows, word, site.settings.site.content)

    def plan_post(self, slug: str, *, to: tuple[str, ...], at: str, text: str, again: bool) -> ManualPlan:
        """A message by hand, planned. Raises UsageError for an unknown slug, account or time, or a second time."""
        from syndicate.app.post import plan_post

        with self._shared.borrow() as site:
            return plan_post(site, slug, to=to, at=at, text=text, again=again, now=self.now())

    def post(self, planned: ManualPlan) -> tuple[Delivery, ...]:
        """Put the planned message into the outbox and send what is due now; returns the deliveries."""
        from syndicate.app.post import put_into_outbox
        from syndicate.app.queue import explain_waits

        with self.changing() as site:
            if contradiction := site.check_state():
                raise Contradicted(contradiction)
            ids = put_into_outbox(site, planned, self.now())
            _wake_accounts(site, ids, self.now())
            self.deliver_due(only=ids)
            try:
                self.publish()
            except SyndicateError as error:
                log.warning("the message is not shown beside the feeds yet: %s", error)
            return explain_waits(site, map(site.store.get_delivery, ids), self.now())

    def list_deliveries(self, *, account: str = "", slug: str = "", everything: bool = False) -> tuple[Delivery, ...]:
        """The outbox by time: what waits, or everything."""
        from syndicate.app.queue import OPEN, explain_waits

        with self._shared.borrow() as site:
            _release_dead(site)
            states = () if everything else OPEN
            rows = site.store.list_deliveries(account=account, slug=slug, states=states)
            return explain_waits(site, rows, self.now())

    def list_these(self, ids: Iterable[int]) -> tuple[Delivery, ...]:
        """Some deliveries by their numbers, as they are now."""
        from syndicate.app.queue import explain_waits

        with self._shared.borrow() as site:
            return explain_waits(site, map(site.store.get_delivery, ids), self.now())

    def only_look(self) -> None:
        """Show what can be shown, also where the state may not be read. Nothing is sent, and nothing kept."""
        self._site.state_place.only_looks = True

    def never_wait(self) -> None:
        """Refuse a change while another run holds the state. To be said before anything else."""
        self._site.state_place.waits = False

    def forget_sealed(self) -> None:
        """Give up what a lost key has sealed. To be said before anything else."""
        self._site.state_place.forgets_sealed = True

    @property
    def has_memory(self) -> bool:
        """Whether an earlier run has left its cache here."""
        return Path(self.settings.storage.cache).exists()

    def make_pass(self, wait: timedelta) -> Pass:
        """One whole pass for cron and CI, which stays for what comes due or live within `wait`."""
        from syndicate.app.once import make_pass

        return make_pass(self, wait)

    def find_next_at(self) -> datetime | None:
        """When there will be something to do, None where only a change or a person brings that."""
        from syndicate.app.once import find_next_at

        with self._shared.borrow() as site:
            return find_next_at(site, self.now())

    def list_titles(self, deliveries: Iterable[Delivery]) -> Mapping[str, str]:
        """The titles of their posts, by post id."""
        with self._shared.borrow() as site:
            return site.store.list_titles(sorted({one.post_id for one in deliveries}))

    def choose_all(self, *, account: str, slug: str, reason: str) -> tuple[int, ...]:
        """What waits for a person, by account, post and reason."""
        from syndicate.app.queue import choose_all

        with self._shared.borrow() as site:
            return choose_all(site, account=account, slug=slug, reason=reason)

    def join_posts(self, old: str = "", new: str = "") -> list[Joined]:
        """A new post becomes an earlier one that was renamed; slugs or ids. Raises UsageError where they are not.

        Without names every post of which a person is asked that.
        """
        from syndicate.app.queue import join_all, join_posts

        with self.changing() as site:
            with site.take_turn():
                site.require_state()
                joined = [join_posts(site, old, new, self.now())] if old else join_all(site, self.now())
                site.forget_publication()
            self.publish()
            return joined

    def check_text(self, ids: tuple[int, ...], text: str) -> None:
        """Raises UsageError where a network would refuse this text for one of these deliveries."""
        from syndicate.app.queue import check_text

        with self._shared.borrow() as site:
            check_text(site, ids, text)

    def change_deliveries(self, action: str, ids: tuple[int, ...], value: str = "") -> tuple[Delivery, ...]:
        """A person's action on deliveries, one of `model.Action`."""
        from syndicate.app.queue import change_delivery
        from syndicate.model import Action

        with self.changing() as site:
            site.release_dead()
            if action == "retry":
                _wake_accounts(site, ids, self.now())
            changed = tuple(change_delivery(site, Action(action), number, value, self.now()) for number in ids)
            if action == "settle_sent":
                site.forget_publication()
            return changed

    def read_status(self) -> Status:
        from syndicate.app.queue import read_status

        with self._shared.borrow() as site:
            _release_dead(site)
            return read_status(site, self.now())

    def explain(self, slug: str) -> tuple[str, ...]:
        """The whole story of a post in sentences. Raises UsageError where nothing is known of it."""
        return self.tell_story(slug).lines

    def tell_story(self, slug: str) -> Story:
        """The same with what it is told from."""
        from syndicate.app.queue import explain_waits
        from syndicate.app.reports import Story
        from syndicate.planning.deliveries.reasons import explain

        with self._shared.borrow() as site:
            _release_dead(site)
            store = site.store
            known = next((row for row in store.list_posts() if row.slug == slug), None)
            deliveries = store.list_deliveries(post_id=known.id) if known else ()
            deliveries = explain_waits(site, deliveries, self.now())
            trails = {one.id: store.list_attempts(one.id) for one in deliveries}
            zone = ZoneInfo(site.settings.site.timezone)
            lines = explain(slug, self.make_plan(), known, deliveries, trails, zone=zone)
            stopped = site.check_state()
            return Story(
                slug=slug, lines=lines, post=known, deliveries=deliveries, attempts=trails, contradiction=stopped
            )

    def back_up(self, target: Path) -> None:
        """Write a whole copy of the state database, while others may work on it. Raises UsageError on PostgreSQL."""
        from syndicate.app.state import path_of_state
        from syndicate.store.backup import back_up

        with self._shared.borrow() as site:
            if site.state_place.is_elsewhere:
                assert site.store  # read anew
            back_up(path_of_state(site), target)

    def restore(self, source: Path) -> Path | None:
        """Put a backup in the state database's place; returns where the replaced one is kept."""
        from syndicate.app.state import restore_state

        with self._shared.borrow() as site, site.take_turn():
            return restore_state(site, source)

    def find_contradiction(self) -> str:
        """Why nothing is sent and what to do about it, "" where the state is in order."""
        with self._shared.borrow() as site:
            return site.check_state()

    # --- looking after ----------------------------------------------------------------------------------------

    def examine(self, *, online: bool, ask_generator: bool = False) -> tuple[Finding, ...]:
        from syndicate.app.doctor import examine

        with self._shared.borrow() as site:
            return examine(site, self.make_plan(), online=online, ask_generator=ask_generator)

    def list_accounts(self, *, online: bool) -> tuple[AccountRow, ...]:
        from syndicate.app.login import list_accounts
        from syndicate.app.queue import list_resting
        from syndicate.app.reports import AccountCondition

        with self._shared.borrow() as site:
            rows = list_accounts(site, online=online, now=self.now())
            resting = list_resting(site, self.now())
            return tuple(
                replace(row, state=AccountCondition.RESTING, note=resting[row.name])
                if row.state is AccountCondition.READY and row.name in resting
                else row
                for row in rows
            )

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
            self._is_read_anew = True  # a removal comes due without any change
            return look_after(site, self.now())

    def start_looking_after(self, threads: AccountThreads, tell: Callable[[tuple[str, ...]], None]) -> None:
        """The same with a thread for each account, which tells its lines when it is done."""
        from syndicate.app.maintenance import tend

        with self._shared.borrow() as site:
            self._is_read_anew = True

            def work(account: Account) -> None:
                tell(tend(site, account, self.now()))

            for account in site.accounts.enabled.values():
                self._start(threads, f"{account.name} (token and limits)", site, partial(work, account))

    def start_following_posts(
        self, threads: AccountThreads, tell: Callable[[str, tuple[Amended, ...]], None]
    ) -> tuple[str, ...]:
        """Edit and remove by policy, where a publication has read the posts anew, a thread for each account.

        Each tells its name and what it did when it is done; returns what waits for a person.
        """
        from syndicate.app.edits import amend_account, group_by_account, take_amendments, tell_waiting
        from syndicate.planning.deliveries.edits import choose_automatic

        if not self._is_read_anew:
            return ()
        with self._shared.borrow() as site:
            if site.check_state():
                return ()
            self._is_read_anew = False
            amendments = take_amendments(site, self.now())

            def work(name: str, wanted: Sequence[Amendment]) -> None:
                amended = amend_account(site, wanted, self.now(), threads.is_stopping)
                self._show_amended(site, amended)
                tell(name, amended)

            for name, wanted in group_by_account(choose_automatic(amendments)).items():
                if not self._start(threads, f"{name} (edits)", site, partial(work, name, wanted)):
                    self._is_read_anew = True  # planned again when that one is done
            return tell_waiting(amendments)

    def ping_hubs(self) -> tuple[str, ...]:
        """Tell hubs and search engines about feeds that changed; returns lines for the log."""
        if not self.settings.feeds.hubs and not self.settings.feeds.indexnow_key:
            return ()
        from syndicate.app.hubs import ping_hubs

        with self._shared.borrow() as site:
            return ping_hubs(site, self.now())

    def list_amendments(self) -> tuple[Amendment, ...]:
        """Edits and removals of published messages that the accounts' policies ask for."""
        from syndicate.app.edits import list_amendments

        with self._shared.borrow() as site:
            return list_amendments(site, self.now())

    def follow_posts(self) -> tuple[str, ...]:
        """Edit and remove by policy, as the daemon does by itself; returns a line for each and for what waits."""
        from syndicate.app.edits import amend, take_amendments, tell_waiting
        from syndicate.planning.deliveries.edits import choose_automatic

        with self.changing() as site:
            if site.check_state():
                return ()
            amendments = take_amendments(site, self.now())
            amended = amend(site, choose_automatic(amendments), self.now())
            self._show_amended(site, amended)
            return (*(one.line for one in amended), *tell_waiting(amendments))

    def amend(self, amendments: tuple[Amendment, ...]) -> tuple[str, ...]:
        """Carry out edits and removals; returns a line for each."""
        from syndicate.app.edits import amend

        with self.changing() as site:
            if amendments and (contradiction := site.check_state()):
                raise Contradicted(contradiction)
            amended = amend(site, amendments, self.now())
            self._show_amended(site, amended)
            return tuple(one.line for one in amended)

    def _show_amended(self, site: OpenSite, amended: tuple[Amended, ...]) -> None:
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

    def draw_cards(self, slugs: tuple[str, ...]) -> tuple[Finding, ...]:
        from syndicate.app.cards import draw_cards

        with self._shared.borrow() as site, site.take_turn():
            return draw_cards(site, slugs, self.now())

    def check_cards(self, slugs: tuple[str, ...]) -> tuple[Finding, ...]:
        from syndicate.app.cards import check_cards

        with self._shared.borrow() as site:
            return check_cards(site, slugs, self.now())

    def write_card_sheet(self, slugs: tuple[str, ...], path: Path) -> None:
        from syndicate.app.cards import write_sheet

        with self._shared.borrow() as site:
            write_sheet(site, slugs, path, self.now())

    # --- running ----------------------------------------------------------------------------------------------

    def lock_daemon(self) -> AbstractContextManager[None]:
        """Held while a daemon works on this state; raises AlreadyRunning where another one does.

        Raises ConfigError where the state has no disk that lasts as long as a daemon.
        """
        if self.settings.storage.state:
            hint = "run `syndicate once` by cron or in a CI, or take the key away and let the state live here"
            raise ConfigError("is for passes, not for a daemon", where="[storage] state", hint=hint)
        return self._site.store.lock_daemon()

    def open_all(self) -> None:
        """Open whatever threads will share, so that none of them opens it a second time.

        The first publication looks at everything: nobody knows how the process before this one ended.
        """
        self._site.open_all()
        self._site.forget_publication()

    def is_published(self, path: str, data: bytes) -> bool:
        """Whether a file in the published folder is ours."""
        from syndicate.app.publish import is_published

        with self._shared.borrow() as site:
            return is_published(site, path, data)

    @property
    def server_file(self) -> Path:
        """Where a running server of this site says where it is."""
        return self._site.own_file("serve", ".lock")

    def open_for_threads(self) -> None:
        """Open whatever the threads of a server share."""
        self._site.open_all()

    def reload(self) -> bool:
        """Take up a changed syndicate.toml; returns whether it changed.

        Raises ConfigError for one that is broken or asks for another state: then everything stays as it is.
        """
        settings, before = read_settings(self.config, _judge), self._site
        if settings.digest == before.settings.digest:
            return False
        if _state_of(settings) != _state_of(before.settings):
            raise ConfigError(
                "another database or site name needs a new start",
                where=f"{self.config}: [storage] database, [site] name",
                hint="stop this process and start it again",
            )
        fresh = OpenSite(settings, before.clock)
        fresh.keep_store(before)
        try:
            fresh.open_all()
        except BaseException:
            fresh.close()
            raise
        self._shared.replace(fresh)
        return True


def _release_dead(site: OpenSite) -> None:
    """What a killed process had in hand is shown as it is now; who may only read shows it as it was."""
    with suppress(StateError):
        site.release_dead()


def _wake_accounts(site: OpenSite, ids: Iterable[int], now: datetime) -> None:
    """Who asks for a message by hand wants it tried now, also where the account is paused or rests."""
    for name in {site.store.get_delivery(number).account for number in ids}:
        site.store.resume_account(name)
        site.store.wake_account(name, now)


def _state_of(settings: Settings) -> tuple[str, str, str]:
    return settings.storage.database, settings.storage.state, settings.site.name
