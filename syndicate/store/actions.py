"""The person's side of the outbox: hold, release, cancel, move, retry, edit, settle. Each wins over a worker that
has not begun its call: the worker's next step is then refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from syndicate.errors import UsageError
from syndicate.model import Action, Delivery, Reason, Receipt, State, refuse
from syndicate.store.database import Part
from syndicate.store.mapping import parse_delivery
from syndicate.store.schema import deliveries
from syndicate.store.transitions import Step, get_row, move, same_message

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

_OFF = frozenset({State.SKIPPED, State.CANCELLED})

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
            if row.state in _OFF and seen not in {None, *_OFF}:
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
                is_off_by_itself = later.state in _OFF and before.state not in _OFF
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
