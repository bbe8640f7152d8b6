"""What the daemon does again and again, one method per kind of round with lines for the log, and all of it once."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syndicate.app.deliver import make_tools
from syndicate.app.edits import amend, amend_account, group_by_account, take_amendments, tell_waiting
from syndicate.app.hubs import ping_hubs
from syndicate.app.maintenance import maintain_account
from syndicate.app.status import Status, explain_waits, find_free, list_these, read_status
from syndicate.deliver import AccountThreads, list_accounts_with_work, work_account
from syndicate.errors import ConfigError, StateMoved, Unavailable, contain, tell_for_log
from syndicate.model import COMING, Account, Delivery, State, needs_person
from syndicate.planning.deliveries import say_why
from syndicate.planning.deliveries.bursts import say_remark
from syndicate.planning.deliveries.edits import Amendment, choose_automatic
from syndicate.planning.schedule import say_time
from syndicate.processes import give_memory_back
from syndicate.publish import Published

if TYPE_CHECKING:
    from syndicate.app.app import App

CALM = 60.0
"""Seconds after which the outbox is looked at in any case: not all that it waits for stands in the state."""


@dataclass(frozen=True, slots=True)
class Calm:
    """An outbox in which nothing is to be done before a moment, unless somebody changes the state."""

    mark: tuple[object, int | None]
    """The open store, whose numbers only itself can compare, and its number."""
    next_at: datetime | None
    ends: float

    def lasts(self, mark: tuple[object, int | None], now: datetime) -> bool:
        is_early = self.next_at is None or now < self.next_at
        return mark[1] is not None and mark == self.mark and is_early and time.monotonic() < self.ends


SETTINGS = "syndicate.toml"


class Rounds:
    """The daemon's work on one site. What its threads share is open before they start."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._told: dict[str, frozenset[str]] = {}
        self._threads = AccountThreads()
        self._calm: Calm | None = None
        app.open_all()

    def publish_round(self, *, is_quiet: bool = False) -> str:
        """`is_quiet` where the posts' files are surely as they were in the round before."""
        with self._app.using() as site:
            if site.let_go_of_posts():
                gc.collect()
                give_memory_back()
        reloaded = self._reload()
        began = time.perf_counter()
        published = self._app.publish(is_quiet=is_quiet)
        self._app.metrics.note(published.drawn, time.perf_counter() - began)
        counts = (
            ("wrote ", len(published.written), "file"),
            ("removed ", len(published.removed), "file"),
            ("", published.new_posts, "new post"),
        )
        parts = [f"{done}{number} {what}{'' if number == 1 else 's'}" for done, number, what in counts if number]
        self._warn("problems", map(str, published.problems))
        if published.warnings:
            self._warn("warnings", published.warnings)
        if published.contradiction:
            self._warn("state", [published.contradiction])
        remarks = (say_remark(one) for one in published.remarks if not one.is_question)  # told already, as a warning
        return "\n".join(filter(None, ["; ".join([*reloaded, *parts]), *remarks]))

    def _warn(self, kind: str, lines: Iterable[str]) -> None:
        for line in self._choose_news(kind, lines):
            log.warning("%s", line)

    def _reload(self) -> list[str]:
        """A broken syndicate.toml is said once; until it is mended everything goes on with the one of before."""
        is_new = take_up_settings(self._app)
        if trouble := self._app.troubles[SETTINGS]:
            self._warn("settings", trouble)
            return []
        self._told.pop("settings", None)  # broken the same way once more is news again
        return ["took up the changed syndicate.toml"] if is_new else []

    def _choose_news(self, kind: str, lines: Iterable[str]) -> list[str]:
        """The lines that were not there the last time."""
        found, before = frozenset(lines), self._told.get(kind, frozenset())
        self._told[kind] = found
        return sorted(found - before)

    def deliver_round(self, done: Callable[[str], None]) -> None:
        """Start a thread for each account with work; `done` hears of each when it has finished."""
        app = self._app
        with app.using() as site:
            mark = (site.store, site.store.read_mark())
            if self._calm and self._calm.lasts(mark, site.clock()):
                return
            self._calm = None
            site.require_address()
            site.require_state()
            site.release_dead()
            site.check_state()
            tools = replace(make_tools(site), is_stopping=self._threads.is_stopping)

            def work(account: Account) -> None:
                with app.following_up(site) as results:
                    results.extend(work_account(tools, account))
                done(_describe(results))

            accounts, now = list_accounts_with_work(tools), site.clock()
            for account in accounts:
                app.start(self._threads, account.name, site, partial(work, account))
            if not accounts and not site.store.list_leased(now):
                self._calm = Calm(mark, site.store.find_next_at(), time.monotonic() + CALM)

    def stop(self, seconds: float) -> tuple[str, ...]:
        """Let no delivery begin, and wait so long for the calls that are open; returns whose are open then."""
        return self._threads.stop(seconds)

    def ping_round(self) -> str:
        with self._app.using() as site:
            return "\n".join(ping_hubs(site, self._app.now()))

    def amend_round(self, tell: Callable[[str], None]) -> str:
        """Start a thread for each account whose messages follow their posts; returns what waits for a person."""
        return "\n".join(self._choose_news("amendments", self._start_amending(tell)))

    def _start_amending(self, tell: Callable[[str], None]) -> tuple[str, ...]:
        """Only where posts have been read anew since the last time."""
        app = self._app
        if not app.is_read_anew:
            return ()
        with app.using() as site:
            if site.check_state():
                return ()
            app.is_read_anew = False
            try:
                amendments = take_amendments(site, app.now())
            except BaseException:
                app.is_read_anew = True
                raise

            def work(name: str, wanted: Sequence[Amendment]) -> None:
                amended = amend_account(site, wanted, app.now(), self._threads.is_stopping)
                app.show_amended(site, amended)
                in_vain = self._choose_news(f"amendments {name}", [one.line for one in amended if not one.is_done])
                tell("\n".join([*(one.line for one in amended if one.is_done), *in_vain]))

            for name, wanted in group_by_account(choose_automatic(amendments)).items():
                if not app.start(self._threads, f"{name} (edits)", site, partial(work, name, wanted)):
                    app.is_read_anew = True  # planned again when that one is done
            return tell_waiting(amendments)

    def look_after_round(self, tell: Callable[[str], None]) -> None:
        """Start a thread for each account; a server that hangs keeps its own."""
        app = self._app
        with app.using() as site:
            app.is_read_anew = True  # a removal comes due without any change

            def work(account: Account) -> None:
                tell("\n".join(maintain_account(site, account, app.now())))

            for account in site.accounts.enabled.values():
                app.start(self._threads, f"{account.name} (token and limits)", site, partial(work, account))

    def is_news(self, path: Path) -> bool:
        return self._app.is_news(path)

    def heartbeat_round(self) -> str:
        """Fetch the address of `[notices] heartbeat`. Raises where that is in vain."""
        with self._app.using() as site:
            address = site.settings.notices.heartbeat
            if address and not site.http.call("GET", address, where="[notices] heartbeat").is_success:
                raise Unavailable("the monitor does not take the heartbeat", where="[notices] heartbeat")
        return ""

    def list_watched(self) -> tuple[Path, ...]:
        """The posts, the site's own templates, and syndicate.toml; pictures are looked at by the minute."""
        settings = self._app.settings
        root = Path(settings.root)
        return (root / settings.site.content, root / "templates", self._app.config)


def take_up_settings(app: App) -> bool:
    """Take up a changed syndicate.toml, or keep in `troubles` what is wrong with it; returns whether it changed."""
    app.troubles.setdefault(SETTINGS, [])
    try:
        is_new, app.troubles[SETTINGS] = app.reload(), []
    except ConfigError as error:
        is_new, app.troubles[SETTINGS] = False, [f"keeping the previous settings: {error}"]
    return is_new


def _describe(touched: Iterable[Delivery]) -> str:
    def describe(one: Delivery) -> str:
        why = say_why(one).removeprefix(f"{one.account}: ").removeprefix(f"{one.state.value} ")
        return f"{one.slug} → {one.account}: {one.state.value} {one.receipt.url if one.receipt else why}".rstrip()

    return "\n".join(map(describe, touched))


# --- Whether loops that should never end are still going round, and do what they should ---
# What `/healthz` and the heartbeat ask.


class Pulse:
    """Loops by name, each with the most seconds that may pass between two signs of life. Threads may share it."""

    def __init__(self, patience: Mapping[str, float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = dict.fromkeys(patience, clock())
        self._failed = dict[str, str]()

    def beat(self, name: str) -> None:
        """The loop is there; one that nobody expects is ignored."""
        with self._lock:
            if name in self._seen:
                self._seen[name] = self._clock()

    def note(self, name: str, trouble: str) -> None:
        """Why the last round of the loop failed, "" where it did not."""
        with self._lock:
            self._failed[name] = trouble

    def list_still(self) -> tuple[str, ...]:
        """A sentence for each loop that stands still."""
        now = self._clock()
        with self._lock:
            silent = {name: now - seen for name, seen in self._seen.items()}
        return tuple(
            f"{name} has stood still for {seconds:.0f} s"
            for name, seconds in silent.items()
            if seconds > self._patience[name]
        )

    def list_failed(self) -> tuple[str, ...]:
        """A sentence for each loop whose last round failed. Strangers may read it: what failed stands in the log."""
        with self._lock:
            return tuple(f"{name} fails: the log says why" for name in self._seen if self._failed.get(name))

    def list_reasons(self) -> tuple[str, ...]:
        """For those who may read the log: why rounds fail, and which loops stand still."""
        still = (f"the daemon stands still: {line}" for line in self.list_still())
        with self._lock:
            return (*still, *(f"{name} fails: {why}" for name, why in self._failed.items() if why))


# --- one whole pass for cron and CI: publish, deliver, settle, wait for what comes soon, and say what is left ---

log = logging.getLogger("syndicate")

_BY_ITSELF = (*COMING, State.UNCERTAIN)
Result = TypeVar("Result")
TRIES = 4
SHORTEST_PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass came to."""

    published: Published
    fresh: tuple[Delivery, ...]
    """New messages that were to go out, or that a person is asked about, as they stand at the end."""
    touched: tuple[Delivery, ...]
    """Every message that was worked on, as it stands at the end."""
    lines: tuple[str, ...]
    """What became of tokens, hubs, edits and removals."""
    waiting: tuple[Delivery, ...]
    """What goes out by itself later."""
    next_at: datetime | None
    """When another pass would find something to do; None where only a change or a person brings that."""
    status: Status


def make_pass(app: App, wait: timedelta, sleep: Callable[[float], None] = time.sleep) -> Pass:
    """Whatever a daemon would do by now, and until `wait` is over what it would do by then."""
    began_at, lines, touched = app.now(), list[str](), dict[int, Delivery]()
    ends_at, has_memory = began_at + wait, Path(app.settings.storage.cache).exists()
    published = _insist(app.publish)
    rows = app.list_deliveries() if published.new_deliveries else ()
    fresh = [one.id for one in rows if one.created_at is not None and one.created_at >= began_at]
    lines += _insist(app.look_after)
    while True:
        touched |= {one.id: one for one in _insist(app.deliver_due)}
        next_at, now = _find_next_at(app), app.now()
        if next_at is None or next_at > ends_at or now > ends_at:
            break
        log.info("waiting until %s", say_time(next_at, app.settings.site.timezone))
        sleep(max(next_at - now, SHORTEST_PAUSE).total_seconds())
        _insist(app.publish)  # a post may have come of age meanwhile
    with contain(lambda error: lines.append(f"edits and hubs: {tell_for_log(error)}")):
        lines += _insist(lambda: _follow_posts(app))
        _insist(app.publish)  # the feeds show the links of the copies
        if has_memory or published.new_posts or published.changed_posts or published.gone_posts:
            with app.using() as site:  # else every feed would be news to a run that remembers none
                lines += ping_hubs(site, app.now())
    with app.using() as site:
        status, touched_now = read_status(site, app.now()), list_these(site, touched, app.now())
        fresh_now = list_these(site, fresh, app.now())
        free = find_free(site, app.now())
    return Pass(
        published=published,
        fresh=fresh_now,
        touched=touched_now,
        lines=tuple(line for text in lines for line in text.splitlines()),
        waiting=tuple(
            one
            for one in app.list_deliveries()
            if one.state in _BY_ITSELF and not needs_person(one) and one.account in free
        ),
        next_at=_find_next_at(app),
        status=status,
    )


def _follow_posts(app: App) -> tuple[str, ...]:
    """Edit and remove by policy, as the daemon does by itself; returns a line for each and for what waits."""
    with app.changing() as site:
        if site.check_state():
            return ()
        amendments = take_amendments(site, app.now())
        amended = amend(site, choose_automatic(amendments), app.now())
        app.show_amended(site, amended)
        return (*(one.line for one in amended), *tell_waiting(amendments))


def _insist(work: Callable[[], Result]) -> Result:
    """Do it on the state of now, where another run changed it meanwhile."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except StateMoved as error:
            log.warning("%s: beginning again", error.message)
    return work()


def _find_next_at(app: App) -> datetime | None:
    """The next moment at which there is something to do: a message or a look comes due, or a post comes of age."""
    now = app.now()
    with app.using() as site:
        rows = explain_waits(site, site.store.list_deliveries(states=_BY_ITSELF), now)
        free, posts = find_free(site, now), site.read_snapshot().posts
    dates = (post.published_at for post in posts if post.published_at and not post.is_draft)
    return min((at for at in (*_list_due(rows, free), *dates) if at > now), default=None)


def _list_due(rows: Iterable[Delivery], free: Mapping[str, datetime]) -> Iterator[datetime]:
    for row in rows:
        at = row.look_at if row.state is State.UNCERTAIN else row.due_at
        if at is not None and row.account in free:
            yield max(at, row.lease_until or at, free[row.account])
