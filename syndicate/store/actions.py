"""The person's side of the outbox: hold, release, cancel, move, retry, edit, settle. Each wins over a worker that
has not begun its call: the worker's next step is then refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from syndicate.errors import UsageError
from syndicate.model import Delivery, PlannedDelivery, Receipt, State
from syndicate.store.inserting import insert_deliveries
from syndicate.store.part import Part
from syndicate.store.rows import parse_delivery
from syndicate.store.schema import deliveries
from syndicate.store.transitions import Step, get_row, move

# What an action takes the delivery out of: a worker's hands, and its waiting so far.
_AFRESH: dict[str, Any] = {"started_at": None, "look_at": None, "looks": 0, "lease_owner": "", "lease_until": None}

_WAITING = frozenset({State.PLANNED, State.DUE})
_PUT_ASIDE = frozenset({State.HELD, State.SKIPPED, State.MISSED, State.CANCELLED})
_CANCELLABLE = _WAITING | {State.HELD, State.MISSED, State.FAILED, State.CANCELLED}
_EDITABLE = _WAITING | _PUT_ASIDE | {State.FAILED}

Change = Callable[[Delivery], tuple[State, dict[str, Any]]]
"""What an action makes of a row: its new state and values."""


class Desk(Part):
    """What a person does to deliveries. All raise UsageError where the delivery is not in a state for it.

    Holding, releasing, cancelling, moving and retrying a part of a thread does the same to the parts after it.
    """

    def add_deliveries(self, planned: Iterable[PlannedDelivery], now: datetime) -> tuple[Delivery, ...]:
        """Put rows into the outbox and return them; a row that is there already stays as it is."""
        planned = tuple(planned)
        with self._database.writing() as connection:
            insert_deliveries(connection, self._site, planned, now)
            found = []
            for row in planned:
                same = [deliveries.c[name] == getattr(row, name) for name in ("post_id", "account", "occasion", "part")]
                query = self._mine(select(deliveries)).where(*same)
                found.append(parse_delivery(connection.execute(query).mappings().one()))
            return tuple(found)

    def hold(self, delivery_id: int, now: datetime, reason: str = "held by you") -> Delivery:
        """Keep it until released."""
        return self._act_on_thread(
            delivery_id, "hold", _WAITING | {State.HELD}, now, lambda _row: (State.HELD, {"reason": reason})
        )

    def release(self, delivery_id: int, now: datetime) -> Delivery:
        """Let a held, skipped, missed or cancelled one go: at its time, or now where that has passed."""

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            state = State.PLANNED if row.due_at > now else State.DUE
            return state, {"due_at": max(row.due_at, now), "message": None, "reason": "released by you"}

        return self._act_on_thread(delivery_id, "release", _PUT_ASIDE, now, change)

    def cancel(self, delivery_id: int, now: datetime) -> Delivery:
        """Decide that it shall not be sent."""
        return self._act_on_thread(
            delivery_id, "cancel", _CANCELLABLE, now, lambda _row: (State.CANCELLED, {"reason": "cancelled by you"})
        )

    def move(self, delivery_id: int, due_at: datetime, now: datetime) -> Delivery:
        """Give it another time; a held one stays held."""

        def change(row: Delivery) -> tuple[State, dict[str, Any]]:
            state = State.HELD if row.state is State.HELD else State.PLANNED
            return state, {"due_at": due_at, "reason": "moved by you"}

        return self._act_on_thread(delivery_id, "move", _WAITING | {State.HELD, State.MISSED}, now, change)

    def retry(self, delivery_id: int, now: datetime) -> Delivery:
        """Try a failed, missed or waiting one again now, composed anew: the post may have been mended."""
        changes = {"due_at": now, "message": None, "reason": "tried again by you"}
        allowed = _WAITING | {State.FAILED, State.MISSED}
        return self._act_on_thread(delivery_id, "retry", allowed, now, lambda _row: (State.DUE, changes))

    def set_text(self, delivery_id: int, text: str, now: datetime) -> Delivery:
        """The person's own words win over composing; "" goes back to composing."""
        changes = {"text": text, "message": None}
        return self._act(delivery_id, "edit", _EDITABLE, now, lambda row: (row.state, changes))

    def settle_sent(self, delivery_id: int, receipt: Receipt, now: datetime) -> Delivery:
        """The person saw it published."""
        changes = {"receipt": receipt, "sent_at": now, "reason": "settled by you: it was sent"}
        allowed = {State.UNCERTAIN, State.FAILED, State.SKIPPED}
        return self._act(delivery_id, "settle", allowed, now, lambda _row: (State.SENT, changes))

    def settle_not_sent(self, delivery_id: int, now: datetime) -> Delivery:
        """The person looked and it is not there: it is sent again now."""
        changes = {"due_at": now, "intent_at": None, "reason": "settled by you: it was not sent"}
        return self._act(delivery_id, "settle", {State.UNCERTAIN}, now, lambda _row: (State.DUE, changes))

    def _act(
        self, delivery_id: int, action: str, allowed: Collection[State], now: datetime, change: Change
    ) -> Delivery:
        with self._database.writing() as connection:
            return self._act_on(connection, delivery_id, Step(action, "by hand", now), allowed, change)

    def _act_on_thread(
        self, delivery_id: int, action: str, allowed: Collection[State], now: datetime, change: Change
    ) -> Delivery:
        step = Step(action, "by hand", now)
        with self._database.writing() as connection:
            acted = self._act_on(connection, delivery_id, step, allowed, change)
            for later in self._list_later_parts(connection, acted):
                if later.state in allowed:
                    self._act_on(connection, later.id, step, allowed, change)
            return acted

    def _act_on(
        self, connection: Connection, delivery_id: int, step: Step, allowed: Collection[State], change: Change
    ) -> Delivery:
        before = get_row(connection, self._site, delivery_id)
        if before.state is State.SENDING:
            raise UsageError(f"delivery {delivery_id} is being sent this moment", hint="try again in a minute")
        if before.state not in allowed:
            raise UsageError(f"delivery {delivery_id} is {before.state}: there is nothing to {step.action}")
        state, changes = change(before)
        return move(connection, before, state, step, **_AFRESH | changes)

    def _list_later_parts(self, connection: Connection, row: Delivery) -> tuple[Delivery, ...]:
        same = [deliveries.c[name] == getattr(row, name) for name in ("post_id", "account", "occasion")]
        query = self._mine(select(deliveries)).where(*same, deliveries.c.part > row.part).order_by(deliveries.c.part)
        return tuple(parse_delivery(found) for found in connection.execute(query).mappings())
