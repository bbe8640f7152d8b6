"""Where a delivery goes after something happened to it: pure decisions, one function per kind of event.

The rules in one breath: surely not published and temporary → due again with back-off, until it gives up; surely not
published for good → failed; perhaps published → uncertain, and only looking (or the network's own key) settles it;
the account is broken → everything of the account waits; nobody was there at the time → missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.errors import (
    Blocked,
    ConfigError,
    FetchError,
    NotReady,
    RateLimited,
    Rejected,
    SyndicateError,
    Unavailable,
    Uncertain,
)
from syndicate.model import Account, Decision, Delivery, Receipt, State, Usage

LOOKS_AFTER = (timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5))
"""Pauses before the looks at an uncertain outcome: reads may lag behind writes, so one "not there" proves nothing."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(days=1)
MEDIA_WAIT = timedelta(seconds=5)
LONGEST_READY_WAIT = timedelta(minutes=15)
TWIN_WAIT = timedelta(minutes=2)
CONFIG_WAIT = timedelta(minutes=15)
CENT = 0.01
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The account's rules that matter once a message is due."""

    has_slots: bool = True
    """Without slots a message has no time to miss, unless a person asked for one."""
    grace: timedelta = timedelta(hours=6)
    missed: str = "hold"
    ready_within: timedelta = timedelta(hours=24)
    not_ready: str = "hold"
    gap: timedelta = timedelta(0)
    per_day: int = 0
    max_cost: float = 0.0
    """US dollars in 30 days, 0 for no limit."""
    give_up_after: timedelta = timedelta(hours=48)
    max_attempts: int = 30


def policy_of(account: Account) -> Policy:
    """The rules of one account."""
    rules = account.schedule
    return Policy(
        has_slots=bool(rules.slots),
        grace=rules.grace,
        missed=rules.missed,
        ready_within=rules.ready_within,
        not_ready=rules.not_ready,
        gap=rules.gap,
        per_day=rules.per_day,
        max_cost=float(account.options.get("max_cost") or 0),
    )


def decide_missed(
    delivery: Delivery, policy: Policy, next_slot: Callable[[datetime], datetime], *, now: datetime
) -> Decision | None:
    """Whether nobody was there at its time; None where it is still in time. Later parts follow the first.

    `next_slot` gives the account's next slot after an instant; it is asked only where the policy wants it.
    """
    has_time = policy.has_slots or delivery.occasion.startswith("manual")
    if delivery.part > 1 or not has_time or now <= delivery.due_at + policy.grace:
        return None
    reason = f"missed its time, {delivery.due_at:%Y-%m-%d %H:%M} UTC"
    if policy.missed == "skip":
        return Decision(state=State.SKIPPED, outcome="missed", reason=reason)
    if policy.missed == "next":
        moved = f"{reason}: moved to the next slot"
        return Decision(state=State.PLANNED, outcome="missed", reason=moved, due_at=next_slot(now))
    return Decision(state=State.MISSED, outcome="missed", reason=f"{reason}: release it to send it")


def decide_room(delivery: Delivery, usage: Usage, policy: Policy, *, now: datetime) -> Decision | None:
    """Whether gaps and caps make it wait; None where it may go now. A thread goes through as one message."""
    if delivery.part > 1:
        return None
    waits = (
        _until_gap(usage, policy),
        _until_day(usage, policy, now),
        _until_money(delivery, usage, policy, now),
    )
    for until, why in waits:
        if until is not None and until > now:
            return Decision(state=State.DUE, outcome="waits", reason=why, due_at=until)
    return None


def _until_gap(usage: Usage, policy: Policy) -> tuple[datetime | None, str]:
    why = "keeps the gap to the message before"
    return (usage.last_sent_at + policy.gap if usage.last_sent_at and policy.gap else None), why


def _until_day(usage: Usage, policy: Policy, now: datetime) -> tuple[datetime | None, str]:
    today = [at for at in usage.sent_at if at > now - DAY]
    why = f"the limit of {policy.per_day} messages in 24 hours is reached"
    return (today[-policy.per_day] + DAY if policy.per_day and len(today) >= policy.per_day else None), why


def _until_money(delivery: Delivery, usage: Usage, policy: Policy, now: datetime) -> tuple[datetime | None, str]:
    """The money limit frees itself as old costs leave the window of 30 days."""
    if not policy.max_cost or not delivery.cost:
        return None, ""
    why = f"the limit of {policy.max_cost:.2f} US dollars in 30 days is reached"
    left = [(at, cost) for at, cost in usage.costs if at > now - MONTH]
    until = None
    while left and sum(cost for _, cost in left) + delivery.cost > policy.max_cost + CENT / 100:
        until = left.pop(0)[0] + MONTH
    return until or (now + DAY if delivery.cost > policy.max_cost else None), why


def decide_behind(twin: Delivery, *, now: datetime) -> Decision:
    """Wait for what became of another message about the same post: looking for one must not find the other."""
    reason = f"waits until delivery {twin.id}, of the same post, is settled"
    return Decision(state=State.DUE, outcome="waits", reason=reason, due_at=now + TWIN_WAIT)


def decide_unready(delivery: Delivery, why: str, policy: Policy, *, now: datetime) -> Decision | None:
    """What to do while the page behind the message is not live; None: send all the same."""
    since = delivery.started_at or now
    if now < since + policy.ready_within:
        wait = min(max(FIRST_WAIT, (now - since) / 4), LONGEST_READY_WAIT)
        return Decision(state=State.DUE, outcome="not ready", reason=f"waits for its page: {why}", due_at=now + wait)
    if policy.not_ready == "send":
        return None
    state = State.SKIPPED if policy.not_ready == "skip" else State.HELD
    reason = f"its page was not live in time: {why}"
    return Decision(state=state, outcome="not ready", reason=reason, notice=reason)


def decide_uncomposed(error: SyndicateError) -> Decision:
    """A message that cannot be composed waits for a person, who mends the post or the template and releases it."""
    return Decision(state=State.HELD, outcome="not composed", reason=str(error), notice=str(error))


def decide_unprepared(
    delivery: Delivery, error: Exception, policy: Policy, *, now: datetime, jitter: float
) -> Decision:
    """What follows when a step before the call failed. Nothing is published by then, so any step may be repeated."""
    if isinstance(error, Blocked | ConfigError):
        return _decide_blocked(error, now=now)
    if isinstance(error, Rejected):
        return _fail(describe(error))
    return _decide_again(delivery, error, policy, now=now, jitter=jitter)


def decide_next(
    delivery: Delivery, outcome: Receipt | Exception, policy: Policy, *, can_look: bool, now: datetime, jitter: float
) -> Decision:
    """What follows from the one irreversible call. `jitter` is a number from 0 to 1.

    An error that is none of the network's own (a mistake in its code) may have come after the network published.
    """
    if isinstance(outcome, Receipt):
        return _decide_sent(outcome)
    if isinstance(outcome, Blocked | ConfigError):
        return _decide_blocked(outcome, now=now)
    if isinstance(outcome, Unavailable):
        return _decide_again(delivery, outcome, policy, now=now, jitter=jitter)
    if isinstance(outcome, Rejected):
        return _fail(describe(outcome))
    return _decide_unknown(outcome, can_look=can_look, now=now)


def _decide_sent(receipt: Receipt) -> Decision:
    return Decision(state=State.SENT, outcome="sent", reason=f"sent: {receipt.url}", receipt=receipt)


def _fail(reason: str) -> Decision:
    return Decision(state=State.FAILED, outcome="failed", reason=reason, notice=reason)


def _decide_blocked(error: Blocked | ConfigError, *, now: datetime) -> Decision:
    """The delivery waits with its account. A setting may be mended without a word to us: that is tried again."""
    reason = describe(error)
    until = now + CONFIG_WAIT if isinstance(error, ConfigError) else None
    return Decision(
        state=State.DUE, outcome="blocked", reason=reason, pause=reason, pause_until=until, notice=reason, due_at=now
    )


def _decide_again(delivery: Delivery, error: Exception, policy: Policy, *, now: datetime, jitter: float) -> Decision:
    since = delivery.started_at or now
    if now - since >= policy.give_up_after or delivery.attempts >= policy.max_attempts:
        return _fail(f"gave up after {_spell(now - since)}: {describe(error)}")
    due_at = _retry_at(error, now) or now + _back_off(now - since, jitter)
    return Decision(state=State.DUE, outcome=outcome_of(error), reason=describe(error), due_at=due_at)


def _retry_at(error: Exception, now: datetime) -> datetime | None:
    """When the network asks us to come back, within reason."""
    if not isinstance(error, RateLimited):
        return None
    if error.retry_at is None:
        return now + MEDIA_WAIT if isinstance(error, NotReady) else None
    return min(max(error.retry_at, now + timedelta(seconds=1)), now + LONGEST_RETRY_AFTER)


def _back_off(waited: timedelta, jitter: float) -> timedelta:
    """As long again as it has waited already: exponential without a counter, spread by a quarter each way."""
    return min(max(FIRST_WAIT, waited), LONGEST_WAIT) * (0.75 + jitter / 2)


def _decide_unknown(error: Exception, *, can_look: bool, now: datetime) -> Decision:
    if not can_look:
        return _ask_person(describe(error))
    return Decision(
        state=State.UNCERTAIN,
        outcome="unknown",
        reason=f"may be published ({describe(error)}): looking",
        look_at=now + LOOKS_AFTER[0],
    )


def _ask_person(why: str, looks: int = 0) -> Decision:
    reason = f"may be published ({why}): look yourself, then `syndicate settle`"
    return Decision(state=State.UNCERTAIN, outcome="unknown", reason=reason, notice=reason, looks=looks)


def decide_look(delivery: Delivery, found: Receipt | None, *, now: datetime) -> Decision:
    """What follows from a look at an uncertain outcome: found, not there yet, or surely not there after all looks."""
    if found is not None:
        return Decision(
            state=State.SENT, outcome="found", reason=f"was published, found by looking: {found.url}", receipt=found
        )
    looks = delivery.looks + 1
    if looks < len(LOOKS_AFTER):
        reason = f"not there after {looks} of {len(LOOKS_AFTER)} looks"
        return Decision(
            state=State.UNCERTAIN, outcome="not there", reason=reason, look_at=now + LOOKS_AFTER[looks], looks=looks
        )
    reason = f"not there after {looks} looks: it is sent again"
    return Decision(state=State.DUE, outcome="not there", reason=reason, due_at=now)


def decide_unseen(delivery: Delivery, error: Exception, *, now: datetime, jitter: float) -> Decision:
    """What follows when looking itself failed: look again, the outcome stays unknown."""
    if isinstance(error, Uncertain | Rejected):
        looks = delivery.looks + 1
        if looks >= len(LOOKS_AFTER):
            return _ask_person(describe(error), looks)
        return _look_again(error, looks, now + LOOKS_AFTER[looks])
    wait = _back_off(now - (delivery.intent_at or now), jitter)
    decision = _look_again(error, delivery.looks, _retry_at(error, now) or now + wait)
    return _with_pause(decision, error, now)


def decide_resent(delivery: Delivery, outcome: Receipt | Exception, *, now: datetime, jitter: float) -> Decision:
    """What follows from calling again under the same key while the first outcome is unknown.

    Whatever this call says of itself, only a receipt settles the one before it.
    """
    if isinstance(outcome, Receipt):
        return _decide_sent(outcome)
    if isinstance(outcome, Rejected):
        return _ask_person(describe(outcome))
    wait = _back_off(now - (delivery.intent_at or now), jitter)
    decision = _look_again(outcome, delivery.looks, _retry_at(outcome, now) or now + wait)
    return _with_pause(decision, outcome, now)


def decide_unsettled(why: str) -> Decision:
    """Nothing can settle it but a person."""
    return _ask_person(why)


def _look_again(error: Exception, looks: int, look_at: datetime) -> Decision:
    reason = f"may be published; could not look ({describe(error)}): looking again"
    return Decision(state=State.UNCERTAIN, outcome=outcome_of(error), reason=reason, look_at=look_at, looks=looks)


def _with_pause(decision: Decision, error: Exception, now: datetime) -> Decision:
    if not isinstance(error, Blocked | ConfigError):
        return decision
    blocked = _decide_blocked(error, now=now)
    return replace(decision, look_at=now, pause=blocked.pause, pause_until=blocked.pause_until, notice=blocked.notice)


def outcome_of(error: Exception) -> str:
    """One word for the trail."""
    words = {NotReady: "not ready", RateLimited: "rate limited", FetchError: "unavailable", Unavailable: "unavailable"}
    return words.get(type(error), "trouble")


def describe(error: Exception) -> str:
    """The error for a person. Other people's exceptions carry addresses and so secrets: only their kind is told."""
    return str(error) if isinstance(error, SyndicateError) else f"an unexpected {type(error).__name__}"


def _spell(time: timedelta) -> str:
    hours = round(time.total_seconds() / 3600)
    return f"{hours} hours" if hours != 1 else "1 hour"
