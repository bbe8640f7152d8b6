"""The one place where a delivery changes state: checked against TRANSITIONS, compared and set, and on the trail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, or_, select, update

from syndicate.errors import LostLease, StateError, UsageError
from syndicate.model import Delivery, Message, PlannedDelivery, Reason, Receipt, State, can_move
from syndicate.store.mapping import parse_delivery, render_message, render_receipt
from syndicate.store.prepared import Prepared, Row
from syndicate.store.schema import attempts, deliveries, is_readable

_GET = Prepared(
    select(deliveries).where(deliveries.c.site == bindparam("of_site"), deliveries.c.id == bindparam("of_id"))
)
_STATE = bindparam("in_state", type_=deliveries.c.state.type)
_IS_SAME_STATE = or_(
    deliveries.c.state == _STATE, and_(_STATE == State.UNCERTAIN, ~is_readable(deliveries.c.state))
)  # what cannot be read counts as uncertain
_CHANGE = update(deliveries).where(
    deliveries.c.id == bindparam("of_id"),
    _IS_SAME_STATE,
    deliveries.c.lease_owner == bindparam("held_by"),
)
_CHANGE_LEASED = _CHANGE.where(deliveries.c.lease_until > bindparam("leased_at"))
_SITE = select(deliveries.c.site).where(deliveries.c.id == bindparam("of_id")).scalar_subquery()
_LINE = ("delivery_id", "at", "action", "outcome", "state", "reason", "detail")
_ADD_STEP = Prepared(insert(attempts).values(site=_SITE).inline(), _LINE)


@cache
def _prepare_move(columns: tuple[str, ...], *, leased: bool) -> Prepared:
    """Change and line as one statement, which SQLite does not know: one way to a server and back, and no transaction
    needed around it."""
    values = {name: bindparam(f"new_{name}", type_=deliveries.c[name].type) for name in columns}
    wanted = (_CHANGE_LEASED if leased else _CHANGE).values(values)
    changed = wanted.returning(deliveries.c.site, deliveries.c.id).cte("changed")
    line = [bindparam(f"step_{name}", type_=attempts.c[name].type) for name in _LINE[1:]]
    return Prepared(insert(attempts).from_select(["site", *_LINE], select(changed.c.site, changed.c.id, *line)))


@cache
def _prepare_change(columns: tuple[str, ...], *, leased: bool) -> Prepared:
    return Prepared(_CHANGE_LEASED if leased else _CHANGE, columns)


@dataclass(frozen=True, slots=True)
class Step:
    """What the trail says about a move."""

    action: str
    outcome: str
    at: datetime
    reason: Reason = Reason.NONE
    detail: str = ""


_MOST_ID = 2**63 - 1
"""No database has a larger number, or even takes one."""


def get_row(connection: Connection, site: str, delivery_id: int) -> Delivery:
    """The delivery as it is now. Raises UsageError where the site has none with this number."""
    is_number = 0 < delivery_id <= _MOST_ID
    row = _GET.find(connection, {"of_site": site, "of_id": delivery_id}) if is_number else None
    if row is None:
        raise UsageError(f"there is no delivery {delivery_id}", hint="`syndicate queue` lists them")
    return parse_delivery(row)


def same_message(row: Delivery | PlannedDelivery) -> tuple[ColumnElement[bool], ...]:
    """The conditions of every part of the same message; of one site's, where the query names it."""
    return (
        deliveries.c.post_id == row.post_id,
        deliveries.c.account == row.account,
        deliveries.c.occasion == row.occasion.name,
    )


def move(
    connection: Connection,
    before: Delivery,
    after: State,
    step: Step,
    *,
    leased_at: datetime | None = None,
    **changes: Any,
) -> Delivery:
    """Take one step on the state table, or stay with other values, and write the trail.

    Raises LostLease where the row no longer is as `before` says.
    """
    changes = {"state": after} | changes
    line = {name: getattr(step, name, None) for name in _LINE} | {"delivery_id": before.id, "state": after}
    if connection.dialect.name == "sqlite":
        moved = change(connection, before, leased_at=leased_at, **changes)
        _ADD_STEP.run(connection, line | {"of_id": before.id})
        return moved
    columns, same = _render_change(before, changes, leased_at)
    values = {f"new_{name}": value for name, value in columns.items()}
    values |= {f"step_{name}": value for name, value in line.items()} | same
    statement = _prepare_move(tuple(columns), leased=leased_at is not None)
    _refuse_others(before, statement.run(connection, values))
    return replace(before, **changes)


def walk(connection: Connection, before: Delivery, path: tuple[State, ...], step: Step, **changes: Any) -> Delivery:
    """Several steps at once, for what a person or a late receipt brings about; `changes` belong to the last."""
    for state in path[:-1]:
        before = change(connection, before, state=state)
    return move(connection, before, path[-1], step, **changes)


def change(connection: Connection, before: Delivery, *, leased_at: datetime | None = None, **changes: Any) -> Delivery:
    """Write new values if the row still has the state and the owner that `before` names, and no other.

    With `leased_at` its lease must run at that moment, too.
    """
    columns, same = _render_change(before, changes, leased_at)
    _refuse_others(
        before, _prepare_change(tuple(columns), leased=leased_at is not None).run(connection, columns | same)
    )
    return replace(before, **changes)


def _refuse_others(before: Delivery, changed: int) -> None:
    if changed != 1:
        raise LostLease(f"delivery {before.id} is in other hands now")


def _render_change(before: Delivery, changes: dict[str, Any], leased_at: datetime | None) -> tuple[Row, Row]:
    """The new values, and the conditions under which they are written."""
    after = changes.get("state", before.state)
    if after is not before.state and not can_move(before.state, after):
        raise StateError(f"delivery {before.id} cannot go from {before.state} to {after}")
    same = {"of_id": before.id, "in_state": before.state, "held_by": before.lease_owner, "leased_at": leased_at}
    columns = {name: _render_value(value) for name, value in changes.items()}
    receipt = changes.get("receipt")
    return columns if receipt is None else columns | {"remote_id": receipt.remote_id}, same


def _render_value(value: Any) -> Any:
    if isinstance(value, Message):
        return render_message(value)
    return render_receipt(value) if isinstance(value, Receipt) else value
