"""The outbox in a person's hands: what waits, as it would be now, and actions on one message or on many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndicate.app.deliver import Composer, edit_message
from syndicate.app.edits import list_amendments
from syndicate.app.publish import read_plan
from syndicate.app.site import OpenSite
from syndicate.app.status import explain_waits, find_blocked, list_warnings, tell_block
from syndicate.errors import UsageError, contain
from syndicate.model import (
    ASIDE,
    NEW,
    OUT,
    WAITING,
    Account,
    Action,
    Delivery,
    NetworkFacts,
    Occasion,
    Plan,
    PlannedChange,
    PlannedDelivery,
    Reason,
    Receipt,
    State,
)
from syndicate.planning.deliveries import find_own_reason
from syndicate.planning.deliveries.bursts import list_first_parts
from syndicate.planning.deliveries.edits import Amendment
from syndicate.planning.deliveries.manual import ManualPlan
from syndicate.planning.deliveries.new import leads_on
from syndicate.planning.deliveries.retry import describe, may_be_out
from syndicate.planning.messages import Composed
from syndicate.planning.messages.template import find_override
from syndicate.planning.schedule import Taken, find_broken_rule, list_taken
from syndicate.planning.schedule.gates import Budget, find_token_end, forecast_costs, policy_of, tell_token_end
from syndicate.planning.schedule.when import parse_when, to_instant

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.store.store import Store


_DAY = timedelta(days=1)

# --- deliveries on their way, composed as they would be now ---


def preview_waiting(site: OpenSite, plan: Plan | ManualPlan) -> tuple[PlannedDelivery, ...]:
    """All that waits on a configured account, as this plan leaves it, with the parts that the plan does not add."""
    configured, changed = {one.name for one in site.settings.accounts}, {one.delivery_id: one for one in plan.changes}
    rows = (one for one in site.store.list_deliveries(states=WAITING) if one.account in configured)
    after = [_change(one, changed[one.id]) if one.id in changed else one for one in rows]
    whole = _add_parts(site, sorted(after, key=lambda one: (one.due_at, one.id)), plan.deliveries)
    return preview(site, explain_waits(site, whole, site.clock()))


def _add_parts(site: OpenSite, rows: Sequence[Delivery], added: Iterable[PlannedDelivery]) -> Iterator[Delivery]:
    """Behind the first part of a message those that have no row before it goes out, since its text has grown."""
    composer = Composer(site, wanted=(row.post_id for row in rows))
    every: Iterable[Delivery | PlannedDelivery] = (*rows, *added)
    there = Counter((row.post_id, row.account, row.occasion) for row in every)
    for row in rows:
        yield row
        parts, account = list[Composed](), site.accounts.enabled.get(row.account)
        if account and row.part == 1 and leads_on(row, account, 1):
            with contain(lambda _: None):  # the preview says what is wrong
                parts.extend(composer.compose_parts(row)[there[row.post_id, row.account, row.occasion] :])
        yield from (replace(row, part=one.part, attempts=0, message=None) for one in parts)


def _change(row: Delivery, change: PlannedChange) -> Delivery:
    return replace(
        row,
        state=change.state,
        due_at=change.due_at,
        reason=change.reason,
        detail=change.detail,
        chosen=change.chosen or row.chosen,
        text=change.text or row.text,
        media=change.media or row.media,
        alt=change.alt or row.alt,
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that would happen, and what a person should know of it."""

    plan: Plan
    waiting: tuple[PlannedDelivery, ...]
    """What is in the outbox, as this plan leaves it."""
    budgets: tuple[Budget, ...]
    dying: tuple[str, ...]
    amendments: tuple[Amendment, ...]
    contradiction: str

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.plan.warnings, *self.dying)

    def judge(self, *, check: bool) -> int:
        """1 where a person is needed, 0 else: with `check` for whatever is wrong, without for what stops everything."""
        has_warnings = any(row.warnings for row in (*self.plan.deliveries, *self.waiting))
        is_wrong = self.plan.problems or self.dying or has_warnings or any(budget.held for budget in self.budgets)
        return int(bool(self.contradiction or (check and is_wrong)))


def look_ahead(site: OpenSite, now: datetime) -> Outlook:
    """What `plan` shows; changes nothing."""
    plan, blocked = read_plan(site, now), find_blocked(site, now)
    return Outlook(
        plan=replace(plan, deliveries=tuple(tell_block(row, blocked) for row in plan.deliveries)),
        waiting=preview_waiting(site, plan),
        budgets=list_budgets(site, plan.deliveries, now),
        dying=list_warnings(site, plan.deliveries, now),
        amendments=list_amendments(site, now),
        contradiction=site.check_state(),
    )


def list_budgets(site: OpenSite, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[Budget, ...]:
    """What the messages of each account will cost, and what its `max_cost` will hold."""
    waiting, coming = site.store.list_deliveries(states=WAITING), tuple(coming)

    def forecast(account: Account) -> Budget | None:
        usage, limit = site.store.read_usage(account.name, now), policy_of(account).max_cost
        return forecast_costs(account.name, waiting, coming, usage=usage, limit=limit, now=now)

    return tuple(filter(None, map(forecast, site.accounts.enabled.values())))


def preview(site: OpenSite, deliveries: Sequence[Delivery]) -> tuple[PlannedDelivery, ...]:
    """These deliveries in their order, each with its text as it was or would be sent, count and limit."""
    composer = Composer(site, wanted=(one.post_id for one in deliveries if not one.message))
    facts, now, zone = site.facts_with_limits(), site.clock(), site.settings.site.timezone
    shown = [one if _is_fixed(site, one) else replace(one, message=None) for one in deliveries]
    return tuple(_preview(composer, facts.get(one.account), one, now, zone) for one in shown)


def _is_fixed(site: OpenSite, delivery: Delivery) -> bool:
    """Whether it says what it said, whatever its post says now: it is out, or may be."""
    return delivery.state in OUT or (delivery.attempts > 0 and may_be_out(site.store.list_attempts(delivery.id)))


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
    caption, limits = facts.limits.caption, facts.limits
    room = caption if message.image and caption is not None else limits.characters
    return replace(blank, count=limits.count(message.text), limit=room)


def _compose(composer: Composer, delivery: Delivery) -> tuple[Composed | None, tuple[str, ...]]:
    found: list[tuple[Composed | None, tuple[str, ...]]] = []
    with contain(lambda error: found.append((None, (describe(error),)))):
        composed = composer.measure(delivery)
        found.append((composed, composed.warnings))
    return found[0]


_SIMPLE: Mapping[Action, Callable[[Store, int, datetime], Delivery]] = {
    Action.HOLD: lambda store, number, now: store.hold(number, now),
    Action.SKIP: lambda store, number, now: store.skip(number, now),
    Action.CANCEL: lambda store, number, now: store.cancel(number, now),
    Action.SETTLE_NOT_SENT: lambda store, number, now: store.settle_not_sent(number, now),
}


def change_delivery(site: OpenSite, action: Action, number: int, value: str, now: datetime) -> Delivery:
    """One action on one delivery; `value` is a time to move to, a text, the URL of a copy, or the state that a person
    saw when they released it ("" where nobody says)."""
    store = site.store
    if action is Action.MOVE:
        return store.move(number, parse_when(value, now, ZoneInfo(site.settings.site.timezone)), now)
    if action is Action.EDIT:
        return store.set_text(number, value, now)
    if action is Action.SETTLE_SENT:
        return store.settle_sent(number, Receipt(remote_id=value, url=value), now)
    if action is Action.RELEASE:
        _refuse_gone(store.get_delivery(number))
        _refuse_second(store, store.get_delivery(number))
        objection, seen = _find_objection(site, store.get_delivery(number)), State(value) if value else None
        return store.release(number, now, objection, seen=seen)
    if action is Action.RETRY:
        return store.retry(number, now, _find_objection(site, store.get_delivery(number)))
    return _SIMPLE[action](store, number, now)


def _refuse_gone(row: Delivery) -> None:
    """Raises UsageError for a message that nobody can send before its post is there again; then it comes by itself."""
    if row.state is State.CANCELLED and row.reason is Reason.POST_GONE:
        raise UsageError(f"the post of {row.slug} on {row.account} is gone: its message comes back with it")


def _refuse_second(store: Store, row: Delivery) -> None:
    """Raises UsageError where a post whose news was set aside went to the account by hand since."""
    rows = store.list_deliveries(states=OUT, account=row.account, post_id=row.post_id)
    others = [one for one in rows if one.occasion != row.occasion]  # not the parts of its own thread
    if row.state in ASIDE and row.occasion == NEW and others:
        hint = f"`syndicate post {row.slug} --to {row.account} --again` posts it once more"
        raise UsageError(f'"{row.slug}" is on {row.account} already (delivery {others[-1].id})', hint=hint)


def wake_accounts(site: OpenSite, ids: Iterable[int], now: datetime) -> None:
    """Who asks for a message by hand wants it tried now, also where the account is paused or rests."""
    for name in {site.store.get_delivery(number).account for number in ids}:
        site.store.resume_account(name)
        site.store.wake_account(name, now)


def _find_objection(site: OpenSite, delivery: Delivery) -> Reason:
    """What the post itself says against the message now, where a person lets it go all the same."""
    if delivery.account not in {account.name for account in site.settings.accounts}:
        return Reason.NONE
    with contain(lambda _: None):  # a folder that is away says nothing, and stops no person
        return site.ask(_read_objection, delivery)
    return Reason.NONE


def _read_objection(site: OpenSite, delivery: Delivery) -> Reason:
    account = next(one for one in site.settings.accounts if one.name == delivery.account)
    own = (post for post in site.read_snapshot().posts if post.slug == delivery.slug)
    reasons = (find_own_reason(post, find_override(post, account), delivery.occasion) for post in own)
    return next((why.reason for why in reasons if why), Reason.NONE)


def choose_all(site: OpenSite, *, account: str = "", slug: str = "", reason: str = "") -> tuple[int, ...]:
    """The numbers of what waits for a person, of threads the first part that does, in the order in which they are due.

    What was skipped is chosen, too, where its reason is named, unless a person did it; what may be a renamed post only
    by its reason or slug; what a person holds only by its slug.
    Raises UsageError for an unknown account or reason.
    """
    if account:
        site.accounts.get(account)
    wanted = _read_reason(reason)
    states = (State.HELD, State.MISSED, State.SKIPPED) if wanted else (State.HELD, State.MISSED)
    found = site.store.list_deliveries(account=account, slug=slug, states=states)
    asked = [one for one in list_first_parts(found) if slug or one.chosen is not Action.HOLD]
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


# --- one action on one message or on many, as the dashboard and the API ask for it ---


@dataclass(frozen=True, slots=True)
class BulkAction:
    """One action on some messages."""

    action: Action
    numbers: tuple[int, ...]
    value: str = ""
    """A time to move to, a text, or the address of a copy."""
    by: timedelta = timedelta(0)
    """How far to move, where no time is given."""
    alt: str = ""
    media: str = ""
    """What shall go with the message: "card", "image", "photo", "none", "" for what the account has."""
    was: str = ""
    """What the message said when the person saw it (`digest_words`), "" where nobody asks."""
    is_forced: bool = False
    """Whether a rule that speaks against the time is overruled."""
    seen: Mapping[int, State] = field(default_factory=dict)
    """In which state a page showed each message, where it says so."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was changed, and why the others were not."""

    changed: tuple[Delivery, ...]
    refused: tuple[tuple[int, UsageError], ...] = ()


def carry_out(app: App, bulk: BulkAction) -> Outcome:
    """Every message on its own: one that is refused keeps none of the others.

    Parts of a thread go with the first of them that is chosen, as the store does it, so that each is done once.
    """
    changed: list[Delivery] = []
    refused: list[tuple[int, UsageError]] = []
    begun: set[tuple[str, str, Occasion]] = set()
    for number, before in _order(app, bulk):
        try:
            with app.borrow() as site:
                after = site.store.get_delivery(number)
            message = (after.post_id, after.account, after.occasion)
            came_along = message in begun and after != before
            changed.append(after if came_along else _change_one(app, bulk, number))
            begun.add(message)
        except UsageError as error:
            refused.append((number, error))
    return Outcome(tuple(changed), tuple(refused))


def _order(app: App, bulk: BulkAction) -> list[tuple[int, Delivery | None]]:
    """The messages as they are before. What moves later begins with the last, so that none stands in another's way."""
    rows: dict[int, Delivery] = {}
    with app.borrow() as site:
        for number in bulk.numbers:
            with suppress(UsageError):
                rows[number] = site.store.get_delivery(number)
    if bulk.by:
        sign = -1 if bulk.by > timedelta(0) else 1
        there = sorted(rows.values(), key=lambda row: (sign * row.due_at.timestamp(), row.part))
    else:
        there = list(rows.values())
    return [*((row.id, row) for row in there), *((number, None) for number in bulk.numbers if number not in rows)]


def _change_one(app: App, bulk: BulkAction, number: int) -> Delivery:
    if bulk.action is Action.EDIT:
        with app.changing() as site:
            return edit_message(site, number, app.now(), text=bulk.value, alt=bulk.alt, media=bulk.media, was=bulk.was)
    value = bulk.value
    if bulk.action is Action.MOVE:
        with app.borrow() as site:
            value = choose_time(site, number, value, bulk.by, app.now(), is_forced=bulk.is_forced).isoformat()
    elif bulk.action is Action.RELEASE:
        value = bulk.seen.get(number, "")
    (after,) = app.change_deliveries(bulk.action, (number,), value)
    return after


def _refuse_time(site: OpenSite, number: int, at: datetime, now: datetime) -> None:
    """Raises UsageError naming the rule of its account that speaks against sending a message at this time."""
    row = site.store.get_delivery(number)
    account = site.accounts.get(row.account)
    edge = max(account.schedule.gap, _DAY) * 2
    rows = site.store.list_messages(now, account=row.account, since=at - edge, until=at + edge)
    others = [one for one in rows if (one.post_id, one.occasion) != (row.post_id, row.occasion)]
    if why := find_broken_rule(account.schedule, at, Taken(sorted(list_taken(others)))):
        raise UsageError(f"the message about {row.slug} on {account.name} stays where it is: {why}")


def choose_time(site: OpenSite, number: int, value: str, by: timedelta, now: datetime, *, is_forced: bool) -> datetime:
    """When a message is to go: at a time in words, or later by so much where there are none.

    Whole days keep the time of day, also where the clock is set forward or back between.
    Raises UsageError for a time in the past, or one that a rule of the account forbids and that is not forced.
    """
    due_at, zone = site.store.get_delivery(number).due_at, ZoneInfo(site.settings.site.timezone)
    try:
        later = due_at + by if by % _DAY else to_instant(due_at.astimezone(zone).replace(tzinfo=None) + by, zone)
        at = parse_when(value or later.isoformat(), now, zone)
    except OverflowError as error:
        raise UsageError("that is too far away") from error
    if not is_forced:
        _refuse_time(site, number, at, now)
    return at
