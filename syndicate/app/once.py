"""One whole pass for cron and CI: publish, deliver, settle, wait for what comes soon, and say what is left."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syndicate.app.edits import amend, take_amendments, tell_waiting
from syndicate.app.hubs import ping_hubs
from syndicate.app.status import Status, explain_waits, list_these, read_status
from syndicate.containment import contain
from syndicate.errors import StateMoved, tell_for_log
from syndicate.model import Delivery, Post, Reason, State
from syndicate.planning.deliveries.edits import choose_automatic
from syndicate.planning.schedule import say_time
from syndicate.publish import Published
from syndicate.store.mapping import AccountState

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.site import OpenSite

log = logging.getLogger("syndicate")

WAITING = (State.PLANNED, State.DUE, State.UNCERTAIN)
Result = TypeVar("Result")
TRIES = 4
SHORTEST_PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass came to."""

    published: Published
    fresh: int
    """New messages that were to go out."""
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
    fresh = sum(_is_fresh(one, began_at) for one in app.list_deliveries()) if published.new_deliveries else 0
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
            lines += _ping(app)  # else every feed would be news to a run that remembers none
    with app.using() as site:
        status, touched_now = read_status(site, app.now()), list_these(site, touched, app.now())
    return Pass(
        published=published,
        fresh=fresh,
        touched=touched_now,
        lines=tuple(line for text in lines for line in text.splitlines()),
        waiting=tuple(one for one in app.list_deliveries() if one.state in WAITING and not _waits_for_person(one)),
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


def _ping(app: App) -> tuple[str, ...]:
    with app.using() as site:
        return ping_hubs(site, app.now())


def _find_next_at(app: App) -> datetime | None:
    with app.using() as site:
        return find_next_at(site, app.now())


def _insist(work: Callable[[], Result]) -> Result:
    """Do it on the state of now, where another run changed it meanwhile."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except StateMoved as error:
            log.warning("%s: beginning again", error.message)
    return work()


def find_next_at(site: OpenSite, now: datetime) -> datetime | None:
    """The next moment at which there is something to do: a message or a look comes due, or a post comes of age."""
    rows = explain_waits(site, site.store.list_deliveries(states=WAITING), now)
    accounts = {account.name: account for account in site.store.list_accounts()}
    mine = [row for row in rows if row.account in site.accounts.enabled]
    coming = [*_list_due(mine, accounts), *_list_dates(site.read_snapshot().posts)]
    return min((at for at in coming if at > now), default=None)


def _list_due(rows: Iterable[Delivery], accounts: Mapping[str, AccountState]) -> Iterator[datetime]:
    for row in rows:
        account = accounts.get(row.account)
        at = row.look_at if row.state is State.UNCERTAIN else row.due_at
        if at is None or (account and account.paused_at and account.paused_until is None):
            continue
        later = [at, row.lease_until, account and account.paused_until, account and account.rest_until]
        yield max(one for one in later if one)


def _list_dates(posts: Iterable[Post]) -> Iterator[datetime]:
    yield from (post.published_at for post in posts if post.published_at and not post.is_draft)


def _is_fresh(row: Delivery, since: datetime) -> bool:
    return row.state in WAITING and row.created_at is not None and row.created_at >= since


def _waits_for_person(row: Delivery) -> bool:
    is_unsettled = row.state is State.UNCERTAIN and row.look_at is None
    return is_unsettled or row.reason is Reason.ACCOUNT_BLOCKED
