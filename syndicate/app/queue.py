"""The outbox under a person's hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from shutil import disk_usage
from zoneinfo import ZoneInfo

from syndicate.app.deliver import Composer
from syndicate.app.edits import list_amendments, tell_waiting
from syndicate.app.login import list_accounts
from syndicate.app.publish import list_problems
from syndicate.app.reports import AccountCondition, AccountRow, Status
from syndicate.app.site import OpenSite
from syndicate.containment import contain
from syndicate.deliver.account_worker import needs_person
from syndicate.errors import UsageError, tell_for_log
from syndicate.model import Action, Delivery, NetworkFacts, PlannedDelivery, Post, Reason, Receipt, State
from syndicate.planning.deliveries.bursts import list_questions, say_remark
from syndicate.planning.deliveries.foresight import (
    Budget,
    find_token_end,
    forecast_costs,
    list_dying_tokens,
    tell_token_end,
)
from syndicate.planning.deliveries.reasons import ASKED_TOGETHER, find_own_reason, say_pause, say_reason, say_why
from syndicate.planning.deliveries.retry import describe
from syndicate.planning.messages.compose import Composed
from syndicate.planning.messages.template import find_override
from syndicate.planning.schedule.calendar import Calendar
from syndicate.planning.schedule.gates import policy_of
from syndicate.planning.schedule.when import parse_when
from syndicate.store.accounts import AccountState
from syndicate.store.store import Store

# --- deliveries on their way, composed as they would be now ---

WAITING = (State.PLANNED, State.DUE, State.HELD)


def preview_waiting(site: OpenSite) -> tuple[PlannedDelivery, ...]:
    """Everything that waits on a configured account."""
    waiting = site.store.list_deliveries(states=WAITING)
    return preview(site, (one for one in waiting if one.account in site.accounts.facts))


def list_warnings(site: OpenSite, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[str, ...]:
    """Accounts whose token dies before their messages are due; `coming` are those that are not in the outbox yet."""
    facts = {name: facts for name, facts in site.accounts.facts.items() if name in site.accounts.enabled}
    return list_dying_tokens(
        [*site.store.list_deliveries(states=WAITING), *coming], facts, now, site.settings.site.timezone
    )


def list_budgets(site: OpenSite, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[Budget, ...]:
    """What the messages of each account will cost, and what its `max_cost` will hold."""
    waiting, coming = site.store.list_deliveries(states=WAITING), tuple(coming)
    budgets = (
        forecast_costs(
            account.name,
            waiting,
            coming,
            usage=site.store.read_usage(account.name, now),
            limit=policy_of(account).max_cost,
            now=now,
        )
        for account in site.accounts.enabled.values()
    )
    return tuple(budget for budget in budgets if budget)


def preview(site: OpenSite, deliveries: Iterable[Delivery]) -> tuple[PlannedDelivery, ...]:
    """These deliveries with text and count; the content is read once for all."""
    composer = Composer(site)
    facts, now = site.facts_with_limits(), site.clock()
    zone = site.settings.site.timezone
    return tuple(_preview(composer, facts.get(one.account), one, now, zone) for one in deliveries)


def _preview(
    composer: Composer, facts: NetworkFacts | None, delivery: Delivery, now: datetime, zone: str
) -> PlannedDelivery:
    composed, trouble = (None, ()) if delivery.message else _compose(composer, delivery)
    is_coming = facts is not None and delivery.state in WAITING and delivery.part == 1
    ends = find_token_end(facts, delivery.due_at, now) if facts and is_coming else None
    trouble = (*trouble, *([tell_token_end(delivery.account, ends, now, zone)] if ends else []))
    message = composed.message if composed else delivery.message
    blank = PlannedDelivery(
        post_id=delivery.post_id,
        slug=delivery.slug,
        account=delivery.account,
        network=delivery.network,
        occasion=delivery.occasion,
        part=delivery.part,
        state=delivery.state,
        due_at=delivery.due_at,
        reason=delivery.reason,
        detail=delivery.detail,
        chosen=delivery.chosen,
        chosen_due_at=delivery.chosen_due_at,
        message=message,
        cost=delivery.cost,
        warnings=trouble,
    )
    if composed:
        return replace(blank, count=composed.count, limit=composed.limit)
    if message is None or facts is None:
        return blank
    limits = facts.limits
    room = limits.caption if message.image and limits.caption is not None else limits.characters
    return replace(blank, count=limits.count(message.text), limit=room)


def _compose(composer: Composer, delivery: Delivery) -> tuple[Composed | None, tuple[str, ...]]:
    found: list[tuple[Composed | None, tuple[str, ...]]] = []
    with contain(lambda error: found.append((None, (describe(error),)))):
        composed = composer.measure(delivery)
        found.append((composed, composed.warnings))
    return found[0]


LEAST_ROOM = 2**20
"""Bytes without which the state cannot be written."""

_MOST_COMING = 3

OPEN = (State.PLANNED, State.DUE, State.SENDING, State.HELD, State.UNCERTAIN, State.MISSED, State.FAILED)

_SIMPLE: Mapping[Action, Callable[[Store, int, datetime], Delivery]] = {
    Action.HOLD: lambda store, number, now: store.hold(number, now),
    Action.SKIP: lambda store, number, now: store.skip(number, now),
    Action.CANCEL: lambda store, number, now: store.cancel(number, now),
    Action.SETTLE_NOT_SENT: lambda store, number, now: store.settle_not_sent(number, now),
}


def change_delivery(site: OpenSite, action: Action, number: int, value: str, now: datetime) -> Delivery:
    """One action on one delivery; `value` is a time to move to, a text, or the URL of a copy."""
    store = site.store
    if action is Action.MOVE:
        return store.move(number, parse_when(value, now, ZoneInfo(site.settings.site.timezone)), now)
    if action is Action.EDIT:
        return store.set_text(number, value, now)
    if action is Action.SETTLE_SENT:
        return store.settle_sent(number, Receipt(remote_id=value, url=value), now)
    if action is Action.RELEASE:
        return store.release(number, now, _find_wish(site, store.get_delivery(number)))
    if action is Action.RETRY:
        return store.retry(number, now, _find_wish(site, store.get_delivery(number)))
    return _SIMPLE[action](store, number, now)


def wake_accounts(site: OpenSite, ids: Iterable[int], now: datetime) -> None:
    """Who asks for a message by hand wants it tried now, also where the account is paused or rests."""
    for name in {site.store.get_delivery(number).account for number in ids}:
        site.store.resume_account(name)
        site.store.wake_account(name, now)


def _find_wish(site: OpenSite, delivery: Delivery) -> Reason:
    """What the post itself says against the message now, where a person lets it go all the same."""
    accounts = {account.name: account for account in site.settings.accounts}
    if delivery.account not in accounts:
        return Reason.NONE
    posts: tuple[Post, ...] = ()
    with contain(lambda _: None):  # a folder that is away says nothing, and stops no person
        posts = site.read_snapshot().posts
    own = (post for post in posts if post.slug == delivery.slug)
    overrides = ((post, find_override(post, accounts[delivery.account])) for post in own)
    reasons = (find_own_reason(post, override, delivery.occasion) for post, override in overrides)
    return next((why.reason for why in reasons if why), Reason.NONE)


def choose_all(site: OpenSite, *, account: str = "", slug: str = "", reason: str = "") -> tuple[int, ...]:
    """The numbers of what waits for a person, the first parts of threads, in the order in which they are due.

    What was skipped is chosen, too, where its reason is named, unless a person did it; what may be a renamed post only
    by its reason or slug; what a person holds only by its slug.
    Raises UsageError for an unknown account or reason.
    """
    if account:
        site.accounts.get(account)
    wanted = _read_reason(reason)
    states = (State.HELD, State.MISSED, State.SKIPPED) if wanted else (State.HELD, State.MISSED)
    found = site.store.list_deliveries(account=account, slug=slug, states=states)
    asked = [one for one in found if one.part == 1 and (slug or one.chosen is not Action.HOLD)]
    if wanted:
        return tuple(one.id for one in asked if one.reason is wanted and one.chosen is not Action.SKIP)
    return tuple(one.id for one in asked if slug or one.reason is not Reason.MAYBE_RENAMED)


def _read_reason(word: str) -> Reason | None:
    if not word:
        return None
    try:
        return Reason(word.lower().replace("-", "_"))
    except ValueError:
        near = get_close_matches(word, [reason.value for reason in Reason], n=1)
        hint = f'did you mean "{near[0]}"?' if near else "`syndicate queue --json` shows the reason of each message"
        raise UsageError(f'there is no reason "{word}"', hint=hint) from None


def explain_waits(site: OpenSite, rows: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """The rows, where those that wait and have no reason of their own say for what they wait, and until when."""
    accounts = {account.name: account for account in site.store.list_accounts()}
    leased = {row.account: row for row in site.store.list_leased(now)}
    quiet = _find_quiet(site)
    zone = ZoneInfo(site.settings.site.timezone)

    def explain(row: Delivery) -> Delivery:
        is_due = row.state in {State.PLANNED, State.DUE} and row.due_at <= now
        busy, account = leased.get(row.account), accounts.get(row.account)
        if busy and busy.lease_until and (is_due or busy.id == row.id):
            what = "it" if busy.id == row.id else f"delivery {busy.id}"
            process = busy.lease_owner.rpartition(":")[0]
            pieces = (f"{process} works on {what}", f"{busy.lease_until.astimezone(zone):%H:%M:%S}")
            return replace(row, reason=Reason.LEASE_WAIT, detail="\n".join(pieces))
        if is_due and account and account.is_resting(now):
            return replace(row, reason=Reason.ACCOUNT_RESTING, detail="\n".join(_tell_rest(account, zone)))
        if is_due and account and account.paused_at:
            return replace(row, reason=Reason.ACCOUNT_BLOCKED, detail=f"the account is paused: {_say_pause(account)}")
        if _is_after_quiet(row, quiet.get(row.account)):
            return replace(row, reason=Reason.QUIET_HOURS, detail=quiet[row.account].rules.quiet)
        return row

    return tuple(map(explain, rows))


def _find_quiet(site: OpenSite) -> Mapping[str, Calendar]:
    """Calendars of the accounts that speak as soon as they may, and not in the quiet hours."""
    accounts = site.accounts.enabled.items()
    return {name: Calendar(one.schedule) for name, one in accounts if one.schedule.quiet and not one.schedule.slots}


def _is_after_quiet(row: Delivery, quiet: Calendar | None) -> bool:
    """Whether it goes out as soon as the quiet hours are over, and nobody chose that."""
    waits = row.state is State.PLANNED and not row.reason and not row.chosen
    return waits and quiet is not None and quiet.is_quiet(row.due_at - timedelta(seconds=1))


def _say_pause(account: AccountState) -> str:
    return say_pause(account.name, account.pause_reason, ends=account.paused_until is not None)


def _tell_rest(account: AccountState, zone: ZoneInfo) -> tuple[str, str]:
    """Until when it rests; since when it fails, and why."""
    assert account.rest_since is not None
    assert account.rest_until is not None
    since, until = account.rest_since.astimezone(zone), account.rest_until.astimezone(zone)
    return f"{until:%H:%M:%S}", f"{since:%Y-%m-%d %H:%M}: {account.rest_reason}"


def list_resting(site: OpenSite, now: datetime) -> Mapping[str, str]:
    """Why and until when accounts are left alone, by name."""
    zone = ZoneInfo(site.settings.site.timezone)
    return {
        account.name: say_reason(Reason.ACCOUNT_RESTING, "\n".join(_tell_rest(account, zone)))
        for account in site.store.list_accounts()
        if account.is_resting(now)
    }


def list_accounts_now(site: OpenSite, *, online: bool, now: datetime) -> tuple[AccountRow, ...]:
    """The accounts; one that could send and rests says so."""
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


def tell_disk(free: int) -> str:
    """That nothing can be written any more, "" where there is room."""
    return "the disk is full: nothing is published or sent before there is room" if free < LEAST_ROOM else ""


def read_status(site: OpenSite, now: datetime) -> Status:
    """One look at posts, outbox, accounts and daemon."""
    site.show_dead()
    snapshot, store = site.read_snapshot(), site.store
    deliveries = store.list_deliveries()
    counts = Counter(one.state.value for one in deliveries)
    return Status(
        contradiction=site.check_state(),
        disk=tell_disk(disk_usage(site.state_folder).free),
        posts=sum(not post.is_draft for post in snapshot.posts),
        problems=len(list_problems(site, snapshot)),
        counts={state.value: counts[state.value] for state in State if counts[state.value]},
        next_at=store.find_next_at(),
        coming=_list_coming(deliveries),
        daemon=store.is_daemon_running(),
        paused=tuple(f"{one.name} is paused: {_say_pause(one)}" for one in store.list_accounts() if one.paused_at),
        unready=tuple(
            f"{row.name}, {row.state}: {row.note}"
            for row in list_accounts(site, online=False, now=now)
            if row.state not in {"ready", "off", "paused"}
        ),
        leased=_list_leased(explain_waits(site, deliveries, now)),
        resting=tuple(f"{name}: {why}" for name, why in list_resting(site, now).items()),
        needs_you=tuple(one for one in deliveries if needs_person(one) and one.reason not in ASKED_TOGETHER),
        questions=tuple(say_remark(one) for one in list_questions(deliveries)),
        dying=list_warnings(site, (), now),
        amendments=_tell_amendments(site, now),
    )


def _list_coming(rows: Iterable[Delivery]) -> tuple[Delivery, ...]:
    waiting = (row for row in rows if row.state in {State.PLANNED, State.DUE} and row.part == 1)
    return tuple(sorted(waiting, key=lambda row: (row.due_at, row.id))[:_MOST_COMING])


def _list_leased(rows: Iterable[Delivery]) -> tuple[str, ...]:
    """A line for each account whose messages wait for whoever works on it."""
    waiting = [row for row in rows if row.reason is Reason.LEASE_WAIT and row.state in {State.PLANNED, State.DUE}]
    counts, whys = Counter(row.account for row in waiting), {row.account: say_why(row) for row in waiting}
    return tuple(f"{name}: {number} due wait for {whys[name]}" for name, number in sorted(counts.items()))


def _tell_amendments(site: OpenSite, now: datetime) -> tuple[str, ...]:
    lines: list[str] = []
    with contain(lambda error: lines.append(f"what was edited cannot be told: {tell_for_log(error)}")):
        lines += tell_waiting(list_amendments(site, now))
    return tuple(lines)
