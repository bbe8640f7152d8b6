"""Where a delivery changes state: checked against TRANSITIONS, compared and set, on the trail; and what persons do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, or_, select, update

from syndicate.errors import LostLease, StateError, UsageError
from syndicate.model import ASIDE, Action, Delivery, Message, PlannedDelivery, Reason, Receipt, State, can_move, refuse
from syndicate.store.database import Part
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


# --- the person's side of the outbox. Each action wins over a worker that has not begun its call ---

# What an action takes the delivery out of: a worker's hands, its waiting so far, and the reason for it.
_AFRESH: dict[str, Any] = {
    "started_at": None,
    "look_at": None,
    "looks": 0,
    "lease_owner": "",
    "lease_until": None,
    "reason": Reason.NONE,
    "detail": "",
}


Change = Callable[[Delivery], tuple[State, dict[str, Any]]]
"""What an action makes of a row: its new state and values."""


class Actions(Part):
    """What a person does to deliveries. All raise UsageError where `model.ACTIONS` has no such action.

    Holding, releasing, cancelling, moving and retrying a part of a thread does the same to the parts after it.
    """

    def hold(self, delivery_id: int, now: datetime) -> Delivery:
        """Keep it until released."""
        return self._act_on_thread(delivery_id, Action.HOLD, now, lambda _row: (State.HELD, {}))

    def release(
        self, delivery_id: int, now: datetime, objection: Reason = Reason.NONE, *, seen: State | None = None
    ) -> Delivery:
        """Let a held, skipped, missed or cancelled one go: at its time, or now where that has passed.

        `objection` is what its post asks for against it, which the person overrules, too. `seen`: in which state the
        person saw it; what somebody has decided against since is not let go.
        """

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            if row.state in ASIDE and seen not in {None, *ASIDE}:
                hint = "release it once more to send it all the same"
                raise UsageError(f"delivery {row.id} was {row.state} meanwhile", hint=hint)
            state = State.PLANNED if row.due_at > now else State.DUE
            return state, {"due_at": max(row.due_at, now), "message": None, "overruled": objection or row.reason}

        return self._act_on_thread(delivery_id, Action.RELEASE, now, change)

    def skip(self, delivery_id: int, now: datetime) -> Delivery:
        """Decide that it is not sent, without a word against its post."""
        return self._act_on_thread(delivery_id, Action.SKIP, now, lambda _row: (State.SKIPPED, {}))

    def cancel(self, delivery_id: int, now: datetime) -> Delivery:
        """Decide that it shall not be sent."""
        return self._act_on_thread(delivery_id, Action.CANCEL, now, lambda _row: (State.CANCELLED, {}))

    def move(self, delivery_id: int, due_at: datetime, now: datetime) -> Delivery:
        """Give it another time; a held one stays held."""

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            changes: dict[str, Any] = {"due_at": due_at, "chosen_due_at": due_at}
            if row.state is not State.HELD:
                return State.PLANNED, changes
            chosen = Action.HOLD if row.chosen is Action.HOLD else Action.MOVE
            return State.HELD, changes | {"reason": row.reason, "detail": row.detail, "chosen": chosen}

        return self._act_on_thread(delivery_id, Action.MOVE, now, change)

    def retry(self, delivery_id: int, now: datetime, objection: Reason = Reason.NONE) -> Delivery:
        """Try a failed, missed or waiting one again now, composed anew: the post may have been mended.

        `objection` as above.
        """
        changes = {"due_at": now, "chosen_due_at": now, "message": None}

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            return State.DUE, changes | {"overruled": objection or row.reason or row.overruled}

        return self._act_on_thread(delivery_id, Action.RETRY, now, change)

    def set_text(
        self, delivery_id: int, text: str, now: datetime, *, alt: str | None = None, media: str | None = None
    ) -> Delivery:
        """The person's own words, alt text and picture win over composing; "" goes back to composing, None keeps.

        All else stays as it was.
        """

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            same = {"reason": row.reason, "detail": row.detail, "chosen": row.chosen}
            own = {"alt": row.alt if alt is None else alt, "media": row.media if media is None else media}
            return row.state, {"text": text, "message": None, **own, **same}

        return self._act(delivery_id, Action.EDIT, now, change)

    def settle_sent(self, delivery_id: int, receipt: Receipt, now: datetime) -> Delivery:
        """The person saw it published. Raises UsageError where that address is another message's."""
        changes = {"receipt": receipt, "sent_at": now}
        with self._database.writing() as connection:
            row = get_row(connection, self._site, delivery_id)
            _refuse_taken(connection, row, receipt)
            return self._act_on(connection, row, Action.SETTLE_SENT, now, lambda _row: (State.SENT, changes))

    def settle_not_sent(self, delivery_id: int, now: datetime) -> Delivery:
        """The person looked and it is not there: it is sent again now."""
        changes = {"due_at": now, "intent_at": None}
        return self._act(delivery_id, Action.SETTLE_NOT_SENT, now, lambda _row: (State.DUE, changes))

    def _act(self, delivery_id: int, action: Action, now: datetime, change: Change) -> Delivery:
        with self._database.writing() as connection:
            return self._act_on(connection, get_row(connection, self._site, delivery_id), action, now, change)

    def _act_on_thread(self, delivery_id: int, action: Action, now: datetime, change: Change) -> Delivery:
        with self._database.writing() as connection:
            before = get_row(connection, self._site, delivery_id)
            acted = self._act_on(connection, before, action, now, change)
            for later in self._list_later_parts(connection, acted):
                is_off_by_itself = later.state in ASIDE and before.state not in ASIDE
                if not refuse(action, later.state) and not is_off_by_itself:
                    self._act_on(connection, later, action, now, change)
            return acted

    def _act_on(
        self, connection: Connection, before: Delivery, action: Action, now: datetime, change: Change
    ) -> Delivery:
        if why := refuse(action, before.state):
            hint = "try again in a minute" if before.state is State.SENDING else ""
            raise UsageError(f"delivery {before.id} {why}", hint=hint)
        state, changes = change(before)
        step = Step(action.value.partition("_")[0], "by hand", now)
        return move(connection, before, state, step, **_AFRESH | {"chosen": action} | changes)

    def _list_later_parts(self, connection: Connection, row: Delivery) -> tuple[Delivery, ...]:
        later = (*same_message(row), deliveries.c.part > row.part)
        query = self._mine(select(deliveries)).where(*later).order_by(deliveries.c.part)
        return tuple(parse_delivery(found) for found in connection.execute(query).mappings())


def _refuse_taken(connection: Connection, row: Delivery, receipt: Receipt) -> None:
    """A copy belongs to one post: what is later removed or edited with it must be its own."""
    other = deliveries.c
    query = select(deliveries).where(
        other.site == select(deliveries.c.site).where(deliveries.c.id == row.id).scalar_subquery(),
        other.account == row.account,
        other.state == State.SENT,
        other.post_id != row.post_id,
    )
    for found in map(parse_delivery, connection.execute(query).mappings()):
        copy = found.receipt
        if copy is not None and receipt.url and receipt.url in {copy.url, copy.remote_id}:
            raise UsageError(f"that is the address of delivery {found.id}, {found.slug}", hint="look for another one")
