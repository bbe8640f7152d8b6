"""Deliveries on their way, composed as they would be now, for `plan` and the dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from syndicate.app.sending import Composer
from syndicate.app.site import Wiring
from syndicate.containment import contain
from syndicate.model import Delivery, NetworkFacts, PlannedDelivery, State
from syndicate.planning.deliveries.foresight import (
    Budget,
    find_token_end,
    forecast_costs,
    list_dying_tokens,
    tell_token_end,
)
from syndicate.planning.deliveries.retry import describe
from syndicate.planning.messages.compose import Composed
from syndicate.planning.schedule.gates import policy_of

WAITING = (State.PLANNED, State.DUE, State.HELD)


def preview_waiting(wiring: Wiring) -> tuple[PlannedDelivery, ...]:
    """Everything that waits on a configured account."""
    waiting = wiring.store.list_deliveries(states=WAITING)
    return preview(wiring, (one for one in waiting if one.account in wiring.accounts.facts))


def list_warnings(wiring: Wiring, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[str, ...]:
    """Accounts whose token dies before their messages are due; `coming` are those that are not in the outbox yet."""
    facts = {name: facts for name, facts in wiring.accounts.facts.items() if name in wiring.accounts.enabled}
    return list_dying_tokens([*wiring.store.list_deliveries(states=WAITING), *coming], facts, now)


def list_budgets(wiring: Wiring, coming: Iterable[PlannedDelivery], now: datetime) -> tuple[Budget, ...]:
    """What the messages of each account will cost, and what its `max_cost` will hold."""
    waiting, coming = wiring.store.list_deliveries(states=WAITING), tuple(coming)
    budgets = (
        forecast_costs(
            account.name,
            waiting,
            coming,
            usage=wiring.store.read_usage(account.name, now),
            limit=policy_of(account).max_cost,
            now=now,
        )
        for account in wiring.accounts.enabled.values()
    )
    return tuple(budget for budget in budgets if budget)


def preview(wiring: Wiring, deliveries: Iterable[Delivery]) -> tuple[PlannedDelivery, ...]:
    """These deliveries with text and count; the content is read once for all."""
    composer = Composer(wiring)
    facts, now = wiring.facts_with_limits(), wiring.clock()
    return tuple(_preview(composer, facts.get(one.account), one, now) for one in deliveries)


def _preview(composer: Composer, facts: NetworkFacts | None, delivery: Delivery, now: datetime) -> PlannedDelivery:
    composed, trouble = (None, ()) if delivery.message else _compose(composer, delivery)
    is_coming = facts is not None and delivery.state in WAITING and delivery.part == 1
    ends = find_token_end(facts, delivery.due_at, now) if facts and is_coming else None
    trouble = (*trouble, *([tell_token_end(delivery.account, ends, now)] if ends else []))
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
