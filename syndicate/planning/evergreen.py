"""Recycled posts: the one that was silent longest fills a slot that no fresh post wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from syndicate.model import (
    Identified,
    KnownDelivery,
    Occasion,
    OccasionKind,
    PlannedChange,
    PlannedDelivery,
    Reason,
    State,
)
from syndicate.planning.deliveries.account import Desk, earliest_at, plan_rows
from syndicate.planning.deliveries.reasons import find_own_reason, find_rule_reason
from syndicate.planning.messages.template import find_override

_WAITING = frozenset({State.PLANNED, State.DUE, State.SENDING, State.HELD, State.UNCERTAIN, State.MISSED})


def plan_evergreen(identified: Iterable[Identified], desk: Desk) -> list[PlannedDelivery]:
    """At most one recycled post an account, and only while nothing else of it waits.

    A post may come again when nothing was said of it for `evergreen_after`; it comes once a month at most. Needs
    slots: without them nothing says how often.
    """
    if OccasionKind.EVERGREEN not in desk.account.on or not desk.account.enabled or not desk.calendar.triggers:
        return []
    if any(row.state in _WAITING for rows in desk.rows.values() for row in rows):
        return []
    floor = desk.now - desk.account.evergreen_after
    occasion = Occasion.of_month(f"{desk.now:%Y-%m}")

    def plan(item: Identified) -> list[PlannedDelivery]:
        override = find_override(item.post, desk.account)
        why = find_own_reason(item.post, override, occasion) or find_rule_reason(item, desk.account, occasion)
        has_row = any(row.occasion == occasion for row in desk.rows.get(item.id, ()))
        return [] if why or has_row else plan_rows(item, desk, override, occasion)

    for item in sorted(identified, key=lambda item: (_last_heard(item, desk), item.id)):
        if _last_heard(item, desk) > floor:
            return []
        if rows := desk.plan_each((item,), plan):
            return rows
    return []


def yield_slots(desk: Desk, present: Mapping[str, Identified]) -> list[PlannedChange]:
    """Recycled rows whose instant a fresh message took move on to the next free slot."""
    changes: list[PlannedChange] = []
    for row in _pending(desk):
        item = present.get(row.post_id)
        if item is None:
            continue
        if desk.calendar.is_free(row.due_at, desk.taken):
            desk.taken.add(row.due_at, desk.calendar.zone)
            continue
        earliest, _ = earliest_at(item, desk, find_override(item.post, desk.account))
        due_at = desk.take_slot(max(earliest, row.due_at))
        changes.append(PlannedChange(delivery_id=row.id, state=row.state, due_at=due_at, reason=Reason.GAVE_WAY))
    return changes


def _pending(desk: Desk) -> list[KnownDelivery]:
    """Those that give way: a time that a person gave stays."""
    rows = [row for each in desk.rows.values() for row in each if row.occasion.kind is OccasionKind.EVERGREEN]
    states = {State.PLANNED, State.HELD}
    return [row for row in rows if row.state in states and row.part == 1 and row.chosen_due_at is None]


def _last_heard(item: Identified, desk: Desk) -> datetime:
    """When the account last spoke of the post, else when it was published."""
    spoken = [row.sent_at for row in desk.rows.get(item.id, ()) if row.sent_at]
    return max([item.known.published_at, *spoken])
