"""Where a delivery goes after something happened to it: pure decisions, one function per kind of event.

The rules in one breath: surely not published and temporary → due again with back-off, until it gives up; surely not
published for good → failed; perhaps published → uncertain, and only looking (or the network's own key) settles it;
the account is broken → everything of the account waits. `planning/schedule/gates.py` decides before the call, this
file after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from syndicate.errors import (
    Blocked,
    ConfigError,
    Duplicate,
    FetchError,
    NotReady,
    RateLimited,
    Rejected,
    Spoiled,
    SyndicateError,
    Unavailable,
    Uncertain,
)
from syndicate.model import Attempt, Decision, Delivery, Reason, Receipt, State
from syndicate.planning.deliveries import say_reason
from syndicate.planning.schedule.gates import Policy

LOOKS_AFTER = (timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5))
"""Pauses before the looks at an uncertain outcome: reads may lag behind writes, so one "not there" proves nothing."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(days=1)
MEDIA_WAIT = timedelta(seconds=5)
TELL_AFTER = timedelta(hours=3)
"""How long something may go wrong before the person hears of it; trying goes on."""
MOST_UNSEEN = 3
"""After so many calls that the network refuses as said before, and shows nothing, a person must look."""
MOST_OF_A_GAP = timedelta(hours=3)
"""So much of the time in which nobody tried counts as trying."""
CONFIG_WAIT = timedelta(minutes=15)


_SURELY_NOTHING = frozenset({"intent", "rate limited", "not ready", "blocked"})
"""How calls end at a network that says itself that it did nothing."""


def may_be_out(trail: Iterable[Attempt]) -> bool:
    """Whether any call of the message may have published it: then it has to stay as it was."""
    ends = [step.outcome for step in trail if step.action in {"send", "send again", "recover"}]
    return not _SURELY_NOTHING.issuperset(ends)


def leave_out_gap(delivery: Delivery, free_since: datetime, policy: Policy, *, now: datetime) -> datetime | None:
    """When trying began, as if nobody had slept: None where it stays as it is.

    From `free_since` on it could have been tried, and a laptop was closed, or the service down. Such a gap counts as
    little, or the first try after it would be the last; but it counts, since a cron job leaves gaps all the time.
    """
    gap, most = now - free_since, min(MOST_OF_A_GAP, policy.give_up_after / 8, policy.ready_within / 8)
    if delivery.started_at is None or delivery.started_at >= free_since or gap <= most:
        return None
    return delivery.started_at + (gap - most)


def decide_uncomposed(error: SyndicateError) -> Decision:
    """A message that cannot be composed waits for a person, who mends the post or the template and releases it."""
    words = str(error)
    return Decision(state=State.HELD, outcome="not composed", reason=Reason.NOT_COMPOSED, detail=words, notice=words)


def decide_unjoined(before: Delivery) -> Decision:
    """A part that does not follow what is out before it would say words twice, or leave some out: a person decides."""
    reason, part = Reason.OTHER_THREAD, str(before.part)
    notice = say_reason(reason, part)
    return Decision(state=State.HELD, outcome="not joined", reason=reason, detail=part, notice=notice)


def decide_recomposed(error: SyndicateError, *, now: datetime) -> Decision:
    """A message made for other limits than the network turned out to have is composed anew, and goes on at once."""
    reason = Reason.COMPOSED_ANEW
    return Decision(state=State.DUE, outcome="composed anew", reason=reason, detail=error.message, due_at=now)


def decide_unprepared(
    delivery: Delivery, error: Exception, policy: Policy, *, now: datetime, jitter: float
) -> Decision:
    """What follows when a step before the call failed. Nothing is published by then, so any step may be repeated."""
    if isinstance(error, Blocked | ConfigError):
        return _decide_blocked(error, now=now)
    if isinstance(error, Rejected):
        return _fail(Reason.REFUSED, describe(error))
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
    if isinstance(outcome, Duplicate) and delivery.looks:
        may_look = can_look and delivery.attempts < MOST_UNSEEN
        return _decide_own_copy(outcome) or _decide_unknown(outcome, can_look=may_look, now=now)
    if isinstance(outcome, Rejected):
        return _fail(Reason.REFUSED, describe(outcome))
    return _decide_unknown(outcome, can_look=can_look, now=now)


def _decide_own_copy(error: Duplicate) -> Decision | None:
    """An equal post after an unknown outcome is the one we could not see; None where the network does not name it."""
    if not error.remote_id:
        return None
    receipt = Receipt(error.remote_id, error.url)
    copy = error.url or error.remote_id
    return Decision(state=State.SENT, outcome="found", reason=Reason.NAMED_BY_NETWORK, detail=copy, receipt=receipt)


def _decide_sent(receipt: Receipt) -> Decision:
    return Decision(state=State.SENT, outcome="sent", reason=Reason.SENT, detail=receipt.url, receipt=receipt)


def _fail(reason: Reason, detail: str) -> Decision:
    notice = say_reason(reason, detail)
    return Decision(state=State.FAILED, outcome="failed", reason=reason, detail=detail, notice=notice)


def _decide_blocked(error: Blocked | ConfigError, *, now: datetime) -> Decision:
    """The delivery waits with its account. A setting may be mended without a word to us: that is tried again."""
    words = describe(error)
    until = now + CONFIG_WAIT if isinstance(error, ConfigError) else None
    return Decision(
        state=State.DUE,
        outcome="blocked",
        reason=Reason.ACCOUNT_BLOCKED,
        detail=words,
        pause=words,
        pause_until=until,
        notice=words,
        due_at=now,
    )


def _decide_again(delivery: Delivery, error: Exception, policy: Policy, *, now: datetime, jitter: float) -> Decision:
    since = delivery.started_at or now
    if now - since >= policy.give_up_after or delivery.attempts >= policy.max_attempts:
        return _fail(Reason.GAVE_UP, f"{_spell(now - since)}\n{describe(error)}")
    asked_at, wait = _retry_at(error, now), _back_off(now - since, jitter)
    # A network whose clock is behind ours asks us to come back at once, again and again.
    due_at = asked_at if asked_at and (asked_at - now > FIRST_WAIT or isinstance(error, NotReady)) else now + wait
    reason, words = Reason.STILL_FAILING if now - since >= TELL_AFTER else Reason.BACK_OFF, describe(error)
    return Decision(
        state=State.DUE,
        outcome=outcome_of(error),
        reason=reason,
        detail=words,
        due_at=due_at,
        notice=say_reason(reason, words) if reason is Reason.STILL_FAILING else "",
        looks=delivery.looks,  # remembers that an outcome was unknown once
    )


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


def begin_trouble(since: datetime | None, until: datetime | None, *, now: datetime) -> datetime:
    """When its server began to fail: now, where nobody tried since its last rest ended `until` then."""
    return now if since is None or until is None or now - until > MOST_OF_A_GAP else since


def decide_rest(error: Exception, since: datetime, *, now: datetime, jitter: float) -> datetime | None:
    """Until when the account is left alone; None where the error is not its server's: that one answers.

    `since` is when it began to fail. Each rest is as long as all before it, as the waits of one message are.
    """
    if isinstance(error, NotReady | Spoiled) or not isinstance(error, Unavailable | Uncertain | FetchError):
        return None
    return _retry_at(error, now) or now + _back_off(now - since, jitter)


def is_long_trouble(since: datetime, before: datetime | None, until: datetime) -> bool:
    """Whether it is time to tell of a server that fails `since` then, once: the rest `before` did not end so late."""
    return (before or since) - since <= TELL_AFTER < until - since


def _decide_unknown(error: Exception, *, can_look: bool, now: datetime) -> Decision:
    words = describe(error)
    if not can_look:
        return ask_person(Reason.LOOK_YOURSELF, words)
    look_at = now + LOOKS_AFTER[0]
    return Decision(state=State.UNCERTAIN, outcome="unknown", reason=Reason.LOOKING, detail=words, look_at=look_at)


def ask_person(reason: Reason, detail: str = "", looks: int = 0) -> Decision:
    """Nothing can settle it but a person."""
    notice = say_reason(reason, detail)
    return Decision(state=State.UNCERTAIN, outcome="unknown", reason=reason, detail=detail, notice=notice, looks=looks)


def decide_look(delivery: Delivery, found: Receipt | None, *, now: datetime) -> Decision:
    """What follows from a look at an uncertain outcome: found, not there yet, or surely not there after all looks.

    What costs money is not bought a second time unasked.
    """
    if found is not None:
        return Decision(state=State.SENT, outcome="found", reason=Reason.FOUND, detail=found.url, receipt=found)
    looks = delivery.looks + 1
    if looks < len(LOOKS_AFTER):
        return Decision(
            state=State.UNCERTAIN,
            outcome="not there",
            reason=Reason.NOT_THERE_YET,
            detail=f"{looks}\n{len(LOOKS_AFTER)}",
            look_at=now + LOOKS_AFTER[looks],
            looks=looks,
        )
    if delivery.cost > 0:
        return ask_person(Reason.COSTS_MONEY, str(looks), looks)
    reason, number = Reason.NOT_THERE, str(looks)
    return Decision(state=State.DUE, outcome="not there", reason=reason, detail=number, due_at=now, looks=looks)


def decide_unseen(delivery: Delivery, error: Exception, *, now: datetime, jitter: float) -> Decision:
    """What follows when looking itself failed: look again, the outcome stays unknown."""
    if isinstance(error, Uncertain | Rejected):
        looks = delivery.looks + 1
        if looks >= len(LOOKS_AFTER):
            return ask_person(Reason.LOOK_YOURSELF, describe(error), looks)
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
        own = _decide_own_copy(outcome) if isinstance(outcome, Duplicate) else None
        return own or ask_person(Reason.LOOK_YOURSELF, describe(outcome))
    wait = _back_off(now - (delivery.intent_at or now), jitter)
    decision = _look_again(outcome, delivery.looks, _retry_at(outcome, now) or now + wait)
    return _with_pause(decision, outcome, now)


def decide_unsettled(delivery: Delivery) -> Decision:
    """The network can neither be asked nor called again: only a person can settle it."""
    has_words = delivery.reason in {Reason.LOOKING, Reason.COULD_NOT_LOOK, Reason.LOOK_YOURSELF}
    return ask_person(Reason.LOOK_YOURSELF, delivery.detail) if has_words else ask_person(Reason.NOBODY_TO_ASK)


def _look_again(error: Exception, looks: int, look_at: datetime) -> Decision:
    return Decision(
        state=State.UNCERTAIN,
        outcome=outcome_of(error),
        reason=Reason.COULD_NOT_LOOK,
        detail=describe(error),
        look_at=look_at,
        looks=looks,
    )


def _with_pause(decision: Decision, error: Exception, now: datetime) -> Decision:
    if not isinstance(error, Blocked | ConfigError):
        return decision
    blocked = _decide_blocked(error, now=now)
    return replace(decision, look_at=now, pause=blocked.pause, pause_until=blocked.pause_until, notice=blocked.notice)


def outcome_of(error: Exception) -> str:
    """One word for the trail."""
    words = {NotReady: "not ready", RateLimited: "rate limited", FetchError: "unavailable", Unavailable: "unavailable"}
    return "spoiled" if isinstance(error, Spoiled) else words.get(type(error), "trouble")


def describe(error: Exception) -> str:
    """The error for a person. Other people's exceptions carry addresses and so secrets: only their kind is told."""
    return str(error) if isinstance(error, SyndicateError) else f"an unexpected {type(error).__name__}"


def _spell(waited: timedelta) -> str:
    hours = round(waited.total_seconds() / 3600)
    return f"{hours} hours" if hours != 1 else "1 hour"
