"""What is to be seen of the outbox: why each message waits, one look at the whole, and the story of one post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from syndicate.app.publish import count_posts, read_plan
from syndicate.app.site import OpenSite
from syndicate.app.state_place import look_at_disk
from syndicate.errors import ConfigError, contain, tell_for_log
from syndicate.model import (
    COMING,
    WAITING,
    Attempt,
    Delivery,
    KnownPost,
    Plan,
    PlannedDelivery,
    Reason,
    State,
    needs_person,
)
from syndicate.planning.deliveries import ASKED_TOGETHER, explain, say_reason, say_why, tell_gone
from syndicate.planning.deliveries.bursts import list_first_parts, list_questions, say_remark
from syndicate.planning.schedule import BEHIND, Calendar
from syndicate.planning.schedule import tell_clock as say_clock
from syndicate.planning.schedule.gates import list_dying_tokens

if TYPE_CHECKING:
    from syndicate.app.accounts import AccountRow
    from syndicate.store.mapping import AccountState
    from syndicate.store.store import Store

# The heavy rooms are imported where they are needed: who only looks at the outbox needs no network.
# ruff: noqa: PLC0415

T = TypeVar("T")

_MOST_COMING = 3

OPEN = (State.PLANNED, State.DUE, State.SENDING, State.HELD, State.UNCERTAIN, State.MISSED, State.FAILED)
"""What is not at its end."""


def list_warnings(site: OpenSite, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[str, ...]:
    """Accounts whose token dies before their messages are due, and such as are one and the same.

    `coming` are the messages that are not in the outbox yet.
    """
    from syndicate.app.accounts import list_twins

    facts = {name: facts for name, facts in site.accounts.facts.items() if name in site.accounts.enabled}
    waiting: list[Delivery | PlannedDelivery] = [*site.store.list_deliveries(states=WAITING), *coming]
    return (*list_dying_tokens(waiting, facts, now, site.settings.site.timezone), *list_twins(site))


def _find_held_up(site: OpenSite, row: Delivery) -> Delivery | None:
    """The part of the thread for which this one waits beyond its own time, None where there is none."""
    if row.part == 1 or row.state not in COMING:
        return None
    rows = site.store.list_deliveries(states=OPEN, account=row.account, post_id=row.post_id, occasion=row.occasion.name)
    first = min(rows, key=lambda one: one.part, default=row)
    return first if first.part < row.part and (first.state not in COMING or first.due_at > row.due_at) else None


def explain_waits(site: OpenSite, rows: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """The rows, where those that wait and have no reason of their own say for what they wait, and until when."""
    accounts = {account.name: account for account in site.store.list_accounts()}
    leased = {row.account: row for row in site.store.list_leased(now)}
    rows = tell_gone(rows, site.settings.accounts)
    blocked = find_blocked(site, now) if any(row.state in COMING for row in rows) else {}
    quiet, zone = _find_quiet(site), ZoneInfo(site.settings.site.timezone)

    def explain(row: Delivery) -> Delivery:
        is_due = row.state in COMING and row.due_at <= now
        busy, account = leased.get(row.account), accounts.get(row.account)
        if busy and busy.lease_until and (is_due or busy.id == row.id):
            what, until = "it" if busy.id == row.id else f"delivery {busy.id}", busy.lease_until.astimezone(zone)
            detail = f"{busy.lease_owner.rpartition(':')[0]} works on {what}\n{until:%H:%M:%S}"
            return replace(row, reason=Reason.LEASE_WAIT, detail=detail)
        if (told := tell_block(row, blocked)) is not row:
            return told
        if first := _find_held_up(site, row):
            return replace(row, reason=Reason.BEHIND_PART, detail=str(first.part))
        if is_due and account and account.is_resting(now):
            return replace(row, reason=Reason.ACCOUNT_RESTING, detail="\n".join(_tell_rest(account, zone)))
        if _is_after_quiet(row, quiet.get(row.account)):
            return replace(row, reason=Reason.QUIET_HOURS, detail=quiet[row.account].rules.quiet)
        return row

    return tuple(map(explain, rows))


class Block(NamedTuple):
    """Why an account cannot send, and until when; None where somebody must act first."""

    why: str
    until: datetime | None = None


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NOT_THERE = Block("the account is not in syndicate.toml, or off there")
Row = TypeVar("Row", Delivery, PlannedDelivery)


def find_blocked(site: OpenSite, now: datetime) -> Mapping[str, Block | None]:
    """The accounts that are on, by name, each with what keeps it from sending; None where nothing does."""
    ends = {state.name: state.paused_until for state in site.store.list_accounts()}
    return {row.name: _find_block(row, ends.get(row.name)) for row in _list_accounts(site, now) if row.state != "off"}


def _find_block(row: AccountRow, ends_at: datetime | None) -> Block | None:
    if row.state == "ready":
        return None
    is_paused = row.state == "paused"
    return Block(f"{'the account is paused' if is_paused else row.state}: {row.note}", ends_at if is_paused else None)


def find_free(site: OpenSite, now: datetime) -> Mapping[str, datetime]:
    """The accounts that send by themselves, and after what pause or rest they do."""
    rests = {one.name: one.rest_until for one in site.store.list_accounts() if one.is_resting(now)}
    return {
        name: (block and block.until) or rests.get(name) or _LONG_AGO
        for name, block in find_blocked(site, now).items()
        if block is None or block.until
    }


def _list_accounts(site: OpenSite, now: datetime) -> tuple[AccountRow, ...]:
    from syndicate.app.accounts import describe_accounts, look

    states = {state.name: state for state in site.store.list_accounts()}
    return describe_accounts(site, states, partial(look, site), now)


def tell_block(row: Row, blocked: Mapping[str, Block | None]) -> Row:
    """The row, which says so where it is to go out and its account cannot send then."""
    block = blocked.get(row.account, _NOT_THERE)
    if block is None or row.state not in COMING or (block.until and block.until <= row.due_at):
        return row
    return replace(row, reason=Reason.ACCOUNT_BLOCKED, detail=block.why)


def _find_quiet(site: OpenSite) -> Mapping[str, Calendar]:
    """Calendars of the accounts that speak as soon as they may, and not in the quiet hours."""
    accounts = site.accounts.enabled.items()
    return {name: Calendar(one.schedule) for name, one in accounts if one.schedule.quiet and not one.schedule.slots}


def _is_after_quiet(row: Delivery, quiet: Calendar | None) -> bool:
    """Whether it goes out as soon as the quiet hours are over, and nobody chose that."""
    waits = row.state is State.PLANNED and not row.reason and not row.chosen
    return waits and quiet is not None and quiet.is_quiet(row.due_at - timedelta(seconds=1))


def _tell_rest(account: AccountState, zone: ZoneInfo) -> tuple[str, str]:
    """Until when it rests; since when it fails, and why."""
    assert account.rest_since is not None
    assert account.rest_until is not None
    since, until = account.rest_since.astimezone(zone), account.rest_until.astimezone(zone)
    return f"{until:%H:%M:%S}", f"{since:%Y-%m-%d %H:%M}: {account.rest_reason}"


def list_resting(site: OpenSite, now: datetime) -> Mapping[str, str]:
    """Why and until when accounts are left alone, by name."""
    zone, names = ZoneInfo(site.settings.site.timezone), {account.name for account in site.settings.accounts}
    return {
        account.name: say_reason(Reason.ACCOUNT_RESTING, "\n".join(_tell_rest(account, zone)))
        for account in site.store.list_accounts()
        if account.name in names and account.is_resting(now)
    }


def list_accounts_now(site: OpenSite, *, online: bool, now: datetime) -> tuple[AccountRow, ...]:
    """The accounts; one that could send and rests says so."""
    from syndicate.app.accounts import AccountCondition
    from syndicate.app.login import list_accounts

    resting = list_resting(site, now)
    return tuple(
        replace(row, state=AccountCondition.RESTING, note=resting[row.name])
        if row.state is AccountCondition.READY and row.name in resting
        else row
        for row in list_accounts(site, online=online, now=now)
    )


def list_these(site: OpenSite, ids: Iterable[int], now: datetime) -> tuple[Delivery, ...]:
    """Some deliveries by their numbers, as they are now."""
    return explain_waits(site, map(site.store.get_delivery, ids), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One look at the whole."""

    posts: int
    problems: int
    counts: Mapping[str, int] = field(default_factory=dict)
    """Deliveries by state."""
    next_at: datetime | None = None
    coming: tuple[Delivery, ...] = ()
    """The few messages that go out next."""
    daemon: bool = False
    disk: str = ""
    """Why the state cannot be written, "" where it can."""
    paused: tuple[str, ...] = ()
    resting: tuple[str, ...] = ()
    """Accounts whose servers fail, since when, and when they are tried again."""
    unready: tuple[str, ...] = ()
    """Accounts that cannot send before somebody logs in."""
    dying: tuple[str, ...] = ()
    """Accounts whose token dies before a message that waits is due."""
    doubts: tuple[str, ...] = ()
    """What the settings leave open, though everything works."""
    needs_you: tuple[Delivery, ...] = ()
    leased: tuple[str, ...] = ()
    """Accounts with messages that wait for a lease: for whose, on what, and until when."""
    questions: tuple[str, ...] = ()
    """What a person is asked about many rows at once, or about a post that may be renamed."""
    amendments: tuple[str, ...] = ()
    """Edits and removals of published messages that a person must decide, a line for each reason."""
    contradiction: str = ""
    """Why nothing is sent and what to do, where the state does not know everything."""
    damaged: tuple[str, ...] = ()
    """What of the state cannot be read, and what could not be looked at."""

    @property
    def needs_person(self) -> bool:
        asked = (self.questions, self.needs_you, self.amendments, self.dying)
        return any((self.contradiction, self.disk, self.damaged, self.paused, self.unready, *asked))


def read_status(site: OpenSite, now: datetime, known: tuple[int, int] | None = None) -> Status:
    """One look at posts, outbox, accounts and daemon; what cannot be looked at is named, and the rest is told.

    `known` are the numbers of posts and problems, where somebody has counted them.
    """
    from syndicate.app.accounts import AccountRow, tell_unready

    troubles: list[str] = []

    def tell(error: Exception) -> None:
        if isinstance(error, ConfigError):
            raise error  # said once, with its place, as every command says it
        troubles.append(f"this cannot be told: {tell_for_log(error)}")

    def look(ask: Callable[[], T], otherwise: T) -> T:
        found = [otherwise]
        with contain(tell):
            found.append(ask())
        return found[-1]

    site.show_dead()
    store, none = site.store, tuple[Delivery, ...]()
    posts, problems = look(lambda: known or count_posts(site, now), (0, 0))
    counts = look(lambda: _count_states(store), Counter[State]())
    waiting = look(lambda: store.list_deliveries(states=OPEN), none)
    explained = look(lambda: explain_waits(site, waiting, now), waiting)
    accounts = look(lambda: _list_accounts(site, now), tuple[AccountRow, ...]())
    times = look(lambda: _list_times(site, waiting, now), list[_Time]())
    coming = (row for _, _, row in times if row.state is not State.UNCERTAIN and row.part == 1)
    return Status(
        contradiction=site.check_state(),
        disk=look_at_disk(site.state_folder),
        posts=posts,
        problems=problems,
        counts={state.value: counts[state] for state in State if counts[state]},
        next_at=times[0][0] if times else None,
        coming=look(lambda: explain_waits(site, islice(coming, _MOST_COMING), now), none),
        daemon=store.is_daemon_running(),
        paused=tuple(f"{row.name} is paused: {row.note}" for row in accounts if row.state == "paused"),
        unready=tell_unready(accounts),
        leased=look(lambda: _list_leased(explained), ()),
        resting=look(lambda: tuple(f"{name}: {why}" for name, why in list_resting(site, now).items()), ()),
        needs_you=tuple(one for one in explained if needs_person(one) and one.reason not in ASKED_TOGETHER),
        questions=look(lambda: tuple(say_remark(one) for one in list_questions(waiting)), ()),
        dying=look(lambda: list_warnings(site, (), now), ()),
        doubts=(*site.settings.site.list_doubts(), *filter(None, [look(lambda: tell_clock(site, now), "")])),
        amendments=look(lambda: tell_amendments(site, now), ()),
        damaged=(*tell_damage(store), *troubles),
    )


def tell_clock(site: OpenSite, now: datetime) -> str:
    """That the clock is behind, "" where it is not known to be."""
    from syndicate.content import look_at_files

    seen = site.store.find_last_at()
    if seen is None or seen <= now + BEHIND:  # no need to look at thousands of files
        return ""
    marks = (site.seen_files or look_at_files(site.settings)).marks.values()
    newest = max((int(mark.partition(" ")[0]) for mark in marks), default=0)
    with suppress(ValueError, OverflowError):  # a file may claim any second
        return say_clock(now, seen, datetime.fromtimestamp(newest // 10**9, UTC))
    return ""


def tell_damage(store: Store) -> tuple[str, ...]:
    """A line for each row of the state with a value that cannot be read."""
    hint = "look whether it is published, then `syndicate queue cancel` or `settle` it"
    return tuple(
        f"the state cannot be read here: {row}; {hint if row.startswith('deliveries') else 'a backup may have it'}"
        for row in store.list_damaged()
    )


def _count_states(store: Store) -> Counter[State]:
    counts = Counter[State]()
    for states in store.count_by_account().values():
        counts.update(states)
    return counts


_Time = tuple[datetime, int, Delivery]


def _list_times(site: OpenSite, rows: Iterable[Delivery], now: datetime) -> list[_Time]:
    """What goes out by itself, or is looked for, by time."""
    free = find_free(site, now)
    times = [
        (max(at, free[row.account]), row.id, row)
        for row in list_first_parts(rows)
        if (at := row.look_at if row.state is State.UNCERTAIN else row.due_at)
        if row.state in (*COMING, State.UNCERTAIN) and row.account in free
    ]
    return sorted(times, key=lambda one: one[:2])


def _list_leased(rows: Iterable[Delivery]) -> tuple[str, ...]:
    """A line for each account whose messages wait for whoever works on it."""
    waiting = [row for row in rows if row.reason is Reason.LEASE_WAIT and row.state in COMING]
    counts, whys = Counter(row.account for row in waiting), {row.account: say_why(row) for row in waiting}
    return tuple(f"{name}: {number} due wait for {whys[name]}" for name, number in sorted(counts.items()))


def tell_amendments(site: OpenSite, now: datetime) -> tuple[str, ...]:
    if not any(account.follows_posts for account in site.accounts.enabled.values()):
        return ()
    from syndicate.app.edits import list_amendments, tell_waiting

    return tuple(tell_waiting(list_amendments(site, now)))


# --- `why`: one post's story ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All about one post: in sentences, and as the state database has it."""

    slug: str
    lines: tuple[str, ...]
    post: KnownPost | None = None
    deliveries: tuple[Delivery, ...] = ()
    attempts: Mapping[int, tuple[Attempt, ...]] = field(default_factory=dict)
    """By delivery."""
    contradiction: str = ""
    """As in `Status`."""


def tell_story(site: OpenSite, slug: str, now: datetime) -> Story:
    """Everything that is known and planned about a post. Raises UsageError where nothing is."""
    site.show_dead()
    store = site.store
    plan = read_plan(site, now)
    named = _list_named(site, plan, slug)
    of_them = (store.list_deliveries(post_id=one.id) for one in named)
    deliveries = explain_waits(site, tuple(chain.from_iterable(of_them)), now)
    known = named[0] if named else None
    trails = {one.id: store.list_attempts(one.id) for one in deliveries}
    zone = ZoneInfo(site.settings.site.timezone)
    lines = explain(
        slug, plan, known, deliveries, trails, zone=zone, earlier=named[1:], posts=site.read_snapshot().posts
    )
    return Story(
        slug=slug,
        lines=(*lines, *filter(None, [tell_clock(site, now)])),
        post=known,
        deliveries=deliveries,
        attempts=trails,
        contradiction=site.check_state(),
    )


def _list_named(site: OpenSite, plan: Plan, slug: str) -> list[KnownPost]:
    """The posts that have or had the name: the one that has it now comes first, then the latest to go."""
    now_called = {one.id for one in plan.identified if one.post.slug == slug}
    spoke = {row.post_id for row in site.store.list_deliveries(slug=slug)}
    named = [row for row in site.store.list_posts() if row.slug == slug or row.id in spoke]
    latest_first = sorted(named, key=lambda row: row.gone_at or row.first_seen_at, reverse=True)
    return sorted(latest_first, key=lambda row: (row.id not in now_called, row.gone_at is not None))
