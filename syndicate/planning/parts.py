"""Threads whose text changed while they wait: parts that are missing now are added, parts too many are cancelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import or_

from syndicate.model import Identified, KnownDelivery, OccasionKind, PlannedChange, PlannedDelivery, Reason, State
from syndicate.planning.deliveries.account import Desk, plan_rows
from syndicate.planning.messages.template import find_override

_WAITING = frozenset({State.PLANNED, State.DUE, State.HELD})


def plan_parts(
    desk: Desk, present: Mapping[str, Identified], untouchable: Collection[int]
) -> tuple[list[PlannedDelivery], list[PlannedChange]]:
    """Rows to add and to cancel, so that each waiting message has as many rows as it has parts.

    Rows in `untouchable` are changed otherwise by this plan; their message is looked at by the next one. What a
    person asked for by hand keeps its rows.
    """
    added: list[PlannedDelivery] = []
    changes: list[PlannedChange] = []
    for item, rows in _list_waiting(desk, present):
        waiting = [row for row in rows if row.state in _WAITING]
        if any(row.id in untouchable for row in rows):
            continue
        first = min(waiting, key=lambda row: row.part)
        override = find_override(item.post, desk.account)
        wanted = plan_rows(item, desk, override, first.occasion, at=first.due_at)
        if wanted[0].message is not None:
            have = {row.part for row in rows}
            added += [_follow(row, first) for row in wanted if row.part not in have]
            changes += _change_parts(rows, len(wanted), first)
    return added, changes


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
    desk: Desk, present: Mapping[str, Identified]
) -> Iterator[tuple[Identified, Sequence[KnownDelivery]]]:
    """Messages that may have several parts and of which nothing is out yet: all rows wait or are parked."""
    if not desk.account.thread and desk.account.link != "reply":
        return
    for post_id, rows in desk.rows.items():
        item = present.get(post_id)
        occasions = {row.occasion for row in rows if row.occasion.kind is not OccasionKind.MANUAL}
        for occasion in sorted(occasions, key=str):
            parts = [row for row in rows if row.occasion == occasion]
            is_parked = [row.state is State.CANCELLED and row.reason is Reason.FEWER_PARTS for row in parts]
            is_waiting = [row.state in _WAITING for row in parts]
            if item and any(is_waiting) and all(map(or_, is_parked, is_waiting)):
                yield item, parts
