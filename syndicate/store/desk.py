"""The person's side of the outbox: hold, release, cancel, move, retry, edit, settle. Each wins over a worker that
has not begun its call: the worker's next step is then refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select

from syndicate.errors import UsageError
from syndicate.model import Delivery, PlannedDelivery, Receipt, State, can_move
from syndicate.store.inserting import insert_deliveries
from syndicate.store.moves import Step, get_row, move
from syndicate.store.part import Part
from syndicate.store.rows import parse_delivery
from syndicate.store.schema import deliveries

_FREE = {"lease_owner": "", "lease_until": None}
_AFRESH = {"started_at": None, "look_at": None, "looks": 0} | _FREE
_EDITABLE = frozenset(
    {State.PLANNED, State.DUE, State.HELD, State.MISSED, State.SKIPPED, State.FAILED, State.CANCELLED}
)


class Desk(Part):
    """What a person does to deliveries. All raise UsageError where the delivery is not in a state for it."""

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
        return self._act(delivery_id, "hold", State.HELD, now, reason=reason)

    def release(self, delivery_id: int, now: datetime) -> Delivery:
        """Let a held, skipped, missed or cancelled one go: at its time, or now where that has passed."""
        before = self._get_from(delivery_id, "release", {State.HELD, State.SKIPPED, State.MISSED, State.CANCELLED})
        state = State.PLANNED if before.due_at > now else State.DUE
        return self._act(delivery_id, "release", state, now, due_at=max(before.due_at, now), reason="released by you")

    def cancel(self, delivery_id: int, now: datetime) -> Delivery:
        """Decide that it shall not be sent."""
        return self._act(delivery_id, "cancel", State.CANCELLED, now, reason="cancelled by you")

    def move(self, delivery_id: int, due_at: datetime, now: datetime) -> Delivery:
        """Give it another time; a held one stays held."""
        may = {State.PLANNED, State.DUE, State.HELD, State.MISSED}
        before = self._get_from(delivery_id, "move", may)
        state = State.HELD if before.state is State.HELD else State.PLANNED
        return self._act(delivery_id, "move", state, now, due_at=due_at, reason="moved by you")

    def retry(self, delivery_id: int, now: datetime) -> Delivery:
        """Try a failed, missed or waiting one again now."""
        self._get_from(delivery_id, "retry", {State.FAILED, State.MISSED, State.DUE, State.PLANNED})
        return self._act(delivery_id, "retry", State.DUE, now, due_at=now, reason="tried again by you")

    def set_text(self, delivery_id: int, text: str, now: datetime) -> Delivery:
        """The person's own words win over composing; "" goes back to composing."""
        before = self._get_from(delivery_id, "edit", _EDITABLE)
        return self._act(delivery_id, "edit", before.state, now, text=text, message=None)

    def settle_sent(self, delivery_id: int, receipt: Receipt, now: datetime) -> Delivery:
        """The person saw it published."""
        self._get_from(delivery_id, "settle", {State.UNCERTAIN, State.FAILED, State.SKIPPED})
        changes = {"receipt": receipt, "sent_at": now, "reason": "settled by you: it was sent"}
        return self._act(delivery_id, "settle", State.SENT, now, **changes)

    def settle_not_sent(self, delivery_id: int, now: datetime) -> Delivery:
        """The person looked and it is not there: it is sent again now."""
        self._get_from(delivery_id, "settle", {State.UNCERTAIN})
        changes = {"due_at": now, "intent_at": None, "reason": "settled by you: it was not sent"}
        return self._act(delivery_id, "settle", State.DUE, now, **changes)

    def _get_from(self, delivery_id: int, action: str, states: Collection[State]) -> Delivery:
        with self._database.reading() as connection:
            found = get_row(connection, self._site, delivery_id)
        if found.state not in states:
            raise UsageError(f"delivery {delivery_id} is {found.state}: there is nothing to {action}")
        return found

    def _act(self, delivery_id: int, action: str, after: State, now: datetime, **changes: object) -> Delivery:
        with self._database.writing() as connection:
            before = get_row(connection, self._site, delivery_id)
            if after is not before.state and not can_move(before.state, after):
                raise UsageError(f"delivery {delivery_id} is {before.state}: it cannot become {after}")
            if before.state is State.SENDING:
                raise UsageError(f"delivery {delivery_id} is being sent this moment", hint="try again in a minute")
            return move(connection, before, after, Step(action, "by hand", now), **_AFRESH | changes)
