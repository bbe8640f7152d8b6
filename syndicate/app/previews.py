"""Deliveries on their way, composed as they would be now, for `plan` and the dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from syndicate.app.sending import Composer
from syndicate.app.site import Wiring
from syndicate.errors import SyndicateError
from syndicate.model import Delivery, Limits, PlannedDelivery, State
from syndicate.planning.messages.compose import Composed

WAITING = (State.PLANNED, State.DUE, State.HELD)


def preview_waiting(wiring: Wiring) -> tuple[PlannedDelivery, ...]:
    """Everything that waits on a configured account."""
    waiting = wiring.store.list_deliveries(states=WAITING)
    return preview(wiring, (one for one in waiting if one.account in wiring.accounts.facts))


def preview(wiring: Wiring, deliveries: Iterable[Delivery]) -> tuple[PlannedDelivery, ...]:
    """These deliveries with text and count; the content is read once for all."""
    composer = Composer(wiring)
    limits = {name: facts.limits for name, facts in wiring.facts_with_limits().items()}
    return tuple(_preview(composer, limits.get(one.account), one) for one in deliveries)


def _preview(composer: Composer, limits: Limits | None, delivery: Delivery) -> PlannedDelivery:
    composed, trouble = (None, ()) if delivery.message else _compose(composer, delivery)
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
    if message is None or limits is None:
        return blank
    room = limits.caption if message.image and limits.caption is not None else limits.characters
    return replace(blank, count=limits.count(message.text), limit=room)


def _compose(composer: Composer, delivery: Delivery) -> tuple[Composed | None, tuple[str, ...]]:
    try:
        composed = composer.measure(delivery)
    except SyndicateError as error:
        return None, (str(error),)
    return composed, composed.warnings
