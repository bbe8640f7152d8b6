"""Whether it is a delivery's turn: not too late, not at night, not too soon after another, its page live. Pure."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from syndicate.model import (
    WAITING,
    Account,
    Decision,
    Delivery,
    KnownDelivery,
    NetworkFacts,
    OccasionKind,
    PlannedDelivery,
    Reason,
    ScheduleRules,
    State,
    Usage,
    Why,
)
from syndicate.planning.deliveries import say_reason
from syndicate.planning.schedule import get_zone, next_slot, say_time
from syndicate.planning.schedule.when import to_instant

FIRST_READY_WAIT = timedelta(seconds=30)
LONGEST_READY_WAIT = timedelta(minutes=15)
TWIN_WAIT = timedelta(minutes=2)
CENT = 0.01
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
NEVER = datetime.max.replace(tzinfo=UTC)
"""There will be no money for it: it costs more than the whole limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The account's rules that matter once a message is due."""

    has_slots: bool = True
    """Without slots a message has no time to miss, unless a person asked for one; it grows stale all the same."""
    grace: timedelta = timedelta(hours=6)
    missed: str = "hold"
    stale_after: timedelta = timedelta(days=7)
    """How late a message without a time may still go unasked."""
    ready_within: timedelta = timedelta(hours=24)
    not_ready: str = "hold"
    gap: timedelta = timedelta(0)
    per_day: int = 0
    """Most messages on one day of the account's zone, 0 for no limit."""
    quiet: str = ""
    timezone: str = ""
    max_cost: float = 0.0
    """US dollars in 30 days, 0 for no limit."""
    give_up_after: timedelta = timedelta(hours=48)
    max_attempts: int = 30

    @property
    def counts(self) -> bool:
        """Whether it matters what the account has sent lately."""
        return bool(self.gap or self.per_day or self.max_cost)


def policy_of(account: Account) -> Policy:
    """The rules of one account."""
    rules = account.schedule
    return Policy(
        has_slots=bool(rules.slots),
        grace=rules.grace,
        stale_after=max(rules.old_after, DAY),
        missed=rules.missed,
        ready_within=rules.ready_within,
        not_ready=rules.not_ready,
        gap=rules.gap,
        per_day=rules.per_day,
        quiet=rules.quiet,
        timezone=rules.timezone,
        max_cost=float(account.options.get("max_cost") or 0),
    )


def decide_missed(
    delivery: Delivery, policy: Policy, next_slot: Callable[[datetime], datetime], *, now: datetime
) -> Decision | None:
    """Whether nobody was there at its time; None where it is still in time. Later parts follow the first.

    A recycled post is as good at the next slot, and a question about it would keep all others back.
    `next_slot` gives the account's next slot after an instant; it is asked only where the policy wants it.
    """
    if delivery.part > 1 or is_in_time(delivery, policy, now):
        return None
    time_was = say_time(delivery.due_at, policy.timezone)
    is_timeless = delivery.occasion.kind is OccasionKind.EVERGREEN
    if (is_timeless or policy.missed == "next") and _has_time(delivery, policy):
        moved, due_at = Reason.MISSED_MOVED, next_slot(now)
        return Decision(state=State.PLANNED, outcome="missed", reason=moved, detail=time_was, due_at=due_at)
    state = State.SKIPPED if policy.missed == "skip" else State.MISSED
    return Decision(state=state, outcome="missed", reason=Reason.MISSED, detail=time_was)


def is_in_time(delivery: Delivery | KnownDelivery, policy: Policy, now: datetime) -> bool:
    """Whether its time is to come, or not long ago."""
    return now - delivery.due_at <= (policy.grace if _has_time(delivery, policy) else policy.stale_after)


def _has_time(delivery: Delivery | KnownDelivery, policy: Policy) -> bool:
    return policy.has_slots or delivery.chosen_due_at is not None


def decide_room(
    delivery: Delivery, usage: Usage, policy: Policy, next_slot: Callable[[datetime], datetime], *, now: datetime
) -> Decision | None:
    """Whether quiet hours, gaps and caps make it wait; None where it may go now.

    Its slot has kept them, but it may come late: a retry, a page that was not live. A thread goes as one message.
    What a full day puts off goes at a slot, not at midnight, unless a person gave it its time.
    """
    if delivery.part > 1:
        return None
    waits = (
        _until_quiet_ends(delivery, policy, now),
        _until_gap(usage, policy),
        _until_tomorrow(usage, policy, now),
    )
    for until, why in waits:
        if until is not None and until > now:
            takes_slot = why.reason is Reason.PER_DAY and policy.has_slots and delivery.chosen_due_at is None
            due_at = next_slot(until) if takes_slot else until
            return Decision(state=State.DUE, outcome="waits", reason=why.reason, detail=why.detail, due_at=due_at)
    return _decide_money(delivery, usage, policy, now)


_Wait = tuple[datetime | None, Why]


def _until_quiet_ends(delivery: Delivery, policy: Policy, now: datetime) -> _Wait:
    """Whom a person gave a time in quiet hours goes at that time."""
    why = Why(Reason.QUIET_HOURS, policy.quiet)
    if not policy.quiet or delivery.chosen_due_at is not None:
        return None, why
    rules = ScheduleRules(quiet=policy.quiet, timezone=policy.timezone)
    return next_slot(rules, now, (), now), why


def _until_gap(usage: Usage, policy: Policy) -> _Wait:
    until = usage.last_sent_at + policy.gap if usage.last_sent_at and policy.gap else None
    return until, Why(Reason.GAP)


def _until_tomorrow(usage: Usage, policy: Policy, now: datetime) -> _Wait:
    zone = get_zone(policy.timezone)
    today = now.astimezone(zone).date()
    sent = sum(at.astimezone(zone).date() == today for at in usage.sent_at)
    midnight = datetime.combine(today + DAY, time())
    why = Why(Reason.PER_DAY, str(policy.per_day))
    return (to_instant(midnight, zone) if policy.per_day and sent >= policy.per_day else None), why


def _decide_money(delivery: Delivery, usage: Usage, policy: Policy, now: datetime) -> Decision | None:
    """What the money limit makes late waits for a person's word: a month later it may be no news any more."""
    until, limit = find_affordable_at(delivery.cost, usage.costs, policy.max_cost, now), f"{policy.max_cost:.2f}"
    if until is None:
        return None
    if until == NEVER:
        return _hold_for_money(Reason.COSTS_TOO_MUCH, f"{delivery.cost:.2f}\n{limit}")
    if is_too_late(until, delivery.started_at or now) and delivery.overruled is not Reason.OVER_BUDGET:
        return _hold_for_money(Reason.OVER_BUDGET, f"{limit}\n{say_time(until, policy.timezone)}")
    return Decision(state=State.DUE, outcome="waits", reason=Reason.MONEY_LIMIT, detail=limit, due_at=until)


def _hold_for_money(reason: Reason, detail: str) -> Decision:
    return Decision(state=State.HELD, outcome="held", reason=reason, detail=detail, notice=say_reason(reason, detail))


def find_affordable_at(
    cost: float, costs: Sequence[tuple[datetime, float]], limit: float, now: datetime
) -> datetime | None:
    """When the limit allows this cost, as old ones leave the window of 30 days; None: now. `costs` oldest first."""
    if not limit or not cost:
        return None
    if cost > limit + CENT / 100:
        return NEVER
    left = [(at, spent) for at, spent in costs if at > now - MONTH]
    until = None
    while left and sum(spent for _, spent in left) + cost > limit + CENT / 100:
        until = left.pop(0)[0] + MONTH
    return until


def is_too_late(until: datetime, since: datetime) -> bool:
    """Whether a message that waits for money so long needs a person's word."""
    return until == NEVER or until - since > DAY


def decide_behind(twin: Delivery, *, now: datetime) -> Decision:
    """Wait for what became of another message about the same post: looking for one must not find the other."""
    until = now + TWIN_WAIT
    return Decision(state=State.DUE, outcome="waits", reason=Reason.BEHIND_TWIN, detail=str(twin.id), due_at=until)


def decide_unready(delivery: Delivery, why: str, policy: Policy, *, now: datetime) -> Decision | None:
    """What to do while the page behind the message is not live; None: send all the same."""
    since = delivery.started_at or now
    if now < since + policy.ready_within:
        wait = min(max(FIRST_READY_WAIT, (now - since) / 4), LONGEST_READY_WAIT)
        return Decision(
            state=State.DUE, outcome="not ready", reason=Reason.PAGE_NOT_LIVE, detail=why, due_at=now + wait
        )
    if policy.not_ready == "send":
        return None
    state = State.SKIPPED if policy.not_ready == "skip" else State.HELD
    late = Reason.PAGE_TOO_LATE
    return Decision(state=state, outcome="not ready", reason=late, detail=why, notice=say_reason(late, why))


# --- what would surprise: a token that dies before its messages are due, and what `max_cost` will hold ---


Coming = Delivery | PlannedDelivery
"""A message in the outbox, or one that would be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A message that the money limit will hold until a person has said that it may go later."""

    slug: str
    due_at: datetime
    until: datetime | None
    """When there is money for it again; None where it costs more than the whole limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the messages of one account will cost, in US dollars."""

    account: str
    waiting: float
    """Of what is in the outbox."""
    coming: float
    """Of what would be added."""
    spent: float
    """Within the last 30 days."""
    limit: float
    """`max_cost`, 0 for none."""
    held: tuple[HeldBack, ...] = ()


def find_token_end(facts: NetworkFacts, due_at: datetime, now: datetime) -> datetime | None:
    """When the account's token dies, where that is before a message is due. What renews itself must be dead already."""
    ends = facts.expires_at
    if ends is None or (facts.renews and ends > now):
        return None
    return ends if ends <= max(due_at, now) else None


def tell_token_end(account: str, ends: datetime, now: datetime, timezone: str) -> str:
    """The sentence for one message."""
    verb = "died" if ends <= now else "dies"
    when = "" if ends <= now else ", before this message is due"
    return f"the account's token {verb} on {say_time(ends, timezone)}{when}: run `syndicate login {account}`"


def list_dying_tokens(
    rows: Sequence[Coming], facts: Mapping[str, NetworkFacts], now: datetime, timezone: str
) -> tuple[str, ...]:
    """A sentence for each account whose token dies before messages of its own are due."""
    late: dict[str, list[Coming]] = {}
    for row in rows:
        own = facts.get(row.account)
        if own and row.state in WAITING and row.part == 1 and find_token_end(own, row.due_at, now):
            late.setdefault(row.account, []).append(row)
    return tuple(_tell_late(name, late[name], facts[name].expires_at or now, now, timezone) for name in sorted(late))


def _tell_late(account: str, rows: list[Coming], ends: datetime, now: datetime, timezone: str) -> str:
    first = min(rows, key=lambda row: row.due_at)
    verb = "died" if ends <= now else "dies"
    what = f"{len(rows)} messages are due, the first about" if len(rows) > 1 else "its message is due, about"
    return (
        f'{account}: its token {verb} on {say_time(ends, timezone)}, before {what} "{first.slug}": '
        f"run `syndicate login {account}`"
    )


def forecast_costs(
    account: str, waiting: Iterable[Coming], coming: Iterable[Coming], *, usage: Usage, limit: float, now: datetime
) -> Budget | None:
    """What one account's messages will cost, in the order in which they are due; None where they cost nothing.

    Whatever is held is taken to go out as soon as there is money for it: a person is asked for each.
    """
    queue, new = (
        [row for row in rows if row.account == account and row.state in WAITING] for rows in (waiting, coming)
    )
    total = sum(row.cost for row in (*queue, *new))
    if not total:
        return None
    costs = sorted(usage.costs)
    held = []
    for row in sorted((*queue, *new), key=lambda row: (max(row.due_at, now), row.slug, row.part)):
        at = max(row.due_at, now)
        until = find_affordable_at(row.cost, costs, limit, at) if row.part == 1 else None
        if until and is_too_late(until, at):
            held.append(HeldBack(slug=row.slug, due_at=row.due_at, until=None if until == NEVER else until))
        if until != NEVER:
            insort(costs, (max(at, until or at), row.cost))
    return Budget(
        account=account,
        waiting=sum(row.cost for row in queue),
        coming=sum(row.cost for row in new),
        spent=sum(cost for at, cost in usage.costs if at <= now),
        limit=limit,
        held=tuple(held),
    )
