"""Threads whose text changed while they wait: rows that are missing come, those that are too many go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import or_

from syndicate.model import Identified, KnownDelivery, OccasionKind, PlannedChange, PlannedDelivery, Reason, State
from syndicate.planning.deliveries.account import AccountContext, plan_rows
from syndicate.planning.messages.template import find_override

_WAITING = frozenset({State.PLANNED, State.DUE, State.HELD})


def plan_parts(
    context: AccountContext, present: Mapping[str, Identified], untouchable: Collection[int]
) -> tuple[list[PlannedDelivery], list[PlannedChange]]:
    """Rows to add and to cancel, so that each waiting message has as many rows as it has parts.

    Rows in `untouchable` are changed otherwise by this plan; their message is looked at by the next one. What a
    person asked for by hand keeps its rows.
    """
    added: list[PlannedDelivery] = []
    changes: list[PlannedChange] = []
    for item, rows in _list_waiting(context, present):
        if any(row.id in untouchable for row in rows):
            continue
        for more, fewer in context.plan_each((item,), partial(_plan_parts_of, context, rows)):
            added += more
            changes += fewer
    return added, changes


def _plan_parts_of(
    context: AccountContext, rows: Sequence[KnownDelivery], item: Identified
) -> list[tuple[list[PlannedDelivery], list[PlannedChange]]]:
    first = min((row for row in rows if row.state in _WAITING), key=lambda row: row.part)
    override = find_override(item.post, context.account)
    wanted = plan_rows(item, context, override, first.occasion, at=first.due_at)
    if wanted[0].message is None:
        return []
    have = {row.part for row in rows}
    more = [_follow(row, first) for row in wanted if row.part not in have]
    return [(more, list(_change_parts(rows, len(wanted), first)))]


def _follow(row: PlannedDelivery, first: KnownDelivery) -> PlannedDelivery:
    """A further part is where its first is, for the same reason."""
    return replace(
        row,
        state=first.state,
        reason=first.reason,
        detail=first.detail,
        chosen=first.chosen,
        chosen_due_at=first.chosen_due_at,
    )


def _change_parts(rows: Iterable[KnownDelivery], number: int, first: KnownDelivery) -> Iterator[PlannedChange]:
    """Parts beyond the number are parked, parked ones within it come back; they follow the first in any case."""
    for row in rows:
        if row.part > number and row.state in _WAITING:
            yield PlannedChange(delivery_id=row.id, state=State.CANCELLED, due_at=row.due_at, reason=Reason.FEWER_PARTS)
        elif row.part <= number and row.state is State.CANCELLED:
            held = first.state is State.HELD
            yield PlannedChange(
                delivery_id=row.id,
                state=State.HELD if held else State.PLANNED,
                due_at=first.due_at,
                reason=first.reason if held else Reason.NONE,
                detail=first.detail if held else "",
            )


def _list_waiting(
    context: AccountContext, present: Mapping[str, Identified]
) -> Iterator[tuple[Identified, Sequence[KnownDelivery]]]:
    """Messages that may have several parts and of which nothing is out yet: all rows wait or are parked."""
    if not context.account.thread and context.account.link != "reply":
        return
    for post_id, rows in context.rows.items():
        item = present.get(post_id)
        occasions = {row.occasion for row in rows if row.occasion.kind is not OccasionKind.MANUAL}
        for occasion in sorted(occasions, key=str):
            parts = [row for row in rows if row.occasion == occasion]
            is_parked = [row.state is State.CANCELLED and row.reason is Reason.FEWER_PARTS for row in parts]
            is_waiting = [row.state in _WAITING for row in parts]
            if item and any(is_waiting) and all(map(or_, is_parked, is_waiting)):
                yield item, parts
