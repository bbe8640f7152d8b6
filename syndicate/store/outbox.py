"""The worker's side of the outbox: claim, freeze, intend, record. Each method is one transaction.

A claimed delivery carries its lease (`lease_owner`, `lease_until`); every later step is refused with LostLease
once the row belongs to somebody else or a person has moved it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, literal, or_, select, update

from syndicate.errors import ContentError, LostLease
from syndicate.model import Attempt, Decision, Delivery, Message, Reason, State, Usage
from syndicate.store.accounts import read_usage
from syndicate.store.database import Clock, Part
from syndicate.store.identity import StateRecord, parse_state, raise_counter, refuse_contradicted
from syndicate.store.mapping import SLACK, is_damaged, parse_attempt, parse_delivery
from syndicate.store.prepared import ACCOUNT, DUE_ACCOUNTS, LEASE_END, LEASE_NOW, NEXT, ROW, SITE, Prepared, select_next
from syndicate.store.schema import accounts, attempts, calls, deliveries, states
from syndicate.store.transitions import Step, change, get_row, move, same_message, walk

LONGEST_LEASE = timedelta(minutes=10)
"""No lease is as long: one that ends later was taken by a clock that was wrong, and is not believed."""

_FREE: dict[str, Any] = {"lease_owner": "", "lease_until": None}

# How a receipt that comes after its lease was lost still reaches its row. From any other state a person decided.
_LATE_PATHS: dict[State, tuple[State, ...]] = {
    State.SENDING: (State.SENT,),
    State.UNCERTAIN: (State.SENT,),
    State.FAILED: (State.SENT,),
    State.SKIPPED: (State.SENT,),
    State.DUE: (State.SENDING, State.SENT),
    State.PLANNED: (State.DUE, State.SENDING, State.SENT),
    State.HELD: (State.DUE, State.SENDING, State.SENT),
    State.MISSED: (State.DUE, State.SENDING, State.SENT),
    State.CANCELLED: (State.DUE, State.SENDING, State.SENT),
}


_IS_TWIN = and_(
    ROW.site == SITE,
    ROW.account == ACCOUNT,
    ROW.state.in_((State.SENDING, State.UNCERTAIN)),
    ROW.post_id == bindparam("of_post"),
    ROW.id != bindparam("but_not"),
)
# Two questions with one way to the database and back: they are asked before every call.
_STANDING = Prepared(
    select(accounts.c.rest_until, deliveries)
    .select_from(
        select(literal(1).label("one"))
        .subquery("always")
        .outerjoin(accounts, and_(accounts.c.site == SITE, accounts.c.name == ACCOUNT))
        .outerjoin(deliveries, _IS_TWIN)
    )
    .limit(1)
)
_BEFORE_CALL = Prepared(
    select(
        states,
        calls.c.counter.label("made"),
        ROW.state,
        ROW.lease_owner,
        ROW.lease_until,
        Clock().label("clock"),  # the last thing before the call
    )
    .select_from(
        states.outerjoin(calls, and_(calls.c.site == SITE, calls.c.account == ACCOUNT)).outerjoin(
            deliveries, and_(ROW.site == SITE, ROW.id == bindparam("of_id"))
        )
    )
    .where(states.c.site == SITE)
)
_LAST_STEP = Prepared(
    select(attempts.c.action, attempts.c.outcome, attempts.c.reason, attempts.c.detail)
    .where(attempts.c.delivery_id == bindparam("of_id"))
    .order_by(attempts.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a delivery may go now, besides its own row."""

    twin: Delivery | None
    """Another delivery of the same post on the same account whose outcome is unknown."""
    rests_until: datetime | None
    """Until when its account is or was left alone."""


class Outbox(Part):
    """What `deliver` asks of the store."""

    def list_deliveries(
        self,
        *,
        states: Collection[State] = (),
        account: str = "",
        post_id: str = "",
        slug: str = "",
        occasion: str = "",
        limit: int | None = None,
    ) -> tuple[Delivery, ...]:
        """Deliveries by due time; an empty filter means any."""
        query = self._mine(select(deliveries)).order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
        wanted = {"account": account, "post_id": post_id, "slug": slug, "occasion": occasion}
        for name, value in wanted.items():
            query = query.where(deliveries.c[name] == value) if value else query
        query = query.where(deliveries.c.state.in_(states)) if states else query
        return tuple(map(parse_delivery, self._fetch(query)))

    def get_delivery(self, delivery_id: int) -> Delivery:
        """One delivery; raises UsageError where there is none."""
        with self._database.reading() as connection:
            return get_row(connection, self._site, delivery_id)

    def find_part_before(self, delivery: Delivery) -> Delivery | None:
        """The part of the thread that this one answers to."""
        query = self._mine(select(deliveries)).where(*same_message(delivery), deliveries.c.part == delivery.part - 1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        before = None if row is None else parse_delivery(row)
        if row is not None and before is not None and is_damaged(row, before):
            raise ContentError("the receipt of the part before cannot be read", where=delivery.slug)
        return before

    def read_standing(self, delivery: Delivery) -> Standing:
        """How things stand around a delivery that was taken up."""
        wanted = {"site": self._site, "account": delivery.account, "of_post": delivery.post_id, "but_not": delivery.id}
        with self._database.reading() as connection:
            (found,) = _STANDING.fetch(connection, wanted)
        rests_until = found.pop("rest_until")
        return Standing(parse_delivery(found) if found["id"] is not None else None, rests_until)

    def find_by_receipt(self, account: str, remote_id: str) -> Delivery | None:
        """The delivery that this published copy belongs to."""
        row = deliveries.c
        query = self._mine(select(deliveries)).where(row.account == account, row.state == State.SENT)
        return next(map(parse_delivery, self._fetch(query.where(row.remote_id == remote_id).limit(1))), None)

    def list_attempts(self, delivery_id: int) -> tuple[Attempt, ...]:
        """The trail of a delivery, oldest first."""
        query = select(attempts).where(attempts.c.site == self._site, attempts.c.delivery_id == delivery_id)
        return tuple(map(parse_attempt, self._fetch(query.order_by(attempts.c.id))))

    def list_due_accounts(self, now: datetime) -> tuple[str, ...]:
        """Accounts with something to claim now."""
        with self._database.reading() as connection:
            rows = DUE_ACCOUNTS.fetch(connection, self._moments(now, self._database.read_clock(connection, now)))
        return tuple(sorted({row["account"] for row in rows}))

    def find_next_at(self) -> datetime | None:
        """When the next delivery or look is due; in the past where one is waiting already."""
        at = case((deliveries.c.state == State.UNCERTAIN, deliveries.c.look_at), else_=deliveries.c.due_at)
        waiting = deliveries.c.state.in_((State.PLANNED, State.DUE, State.UNCERTAIN))
        with self._database.reading() as connection:
            return connection.execute(self._mine(select(func.min(at))).where(waiting)).scalar()

    def find_last_at(self) -> datetime | None:
        """When a message was sent or planned last."""
        last = func.max(func.coalesce(deliveries.c.sent_at, deliveries.c.created_at))
        with self._database.reading() as connection:
            return connection.execute(self._mine(select(last))).scalar()

    def list_leased(self, now: datetime) -> tuple[Delivery, ...]:
        """What processes have in hand now, one delivery of each busy account."""
        query = self._mine(select(deliveries)).where(ROW.lease_until > LEASE_NOW, ROW.lease_until <= LEASE_END)
        with self._database.reading() as connection:
            return self._read(connection, query.order_by(ROW.id), now)

    def read_usage(self, account: str, now: datetime) -> Usage:
        """What the account has sent lately, for gaps and caps."""
        with self._database.reading() as connection:
            return read_usage(connection, self._site, account, now)

    def claim(
        self, owner: str, now: datetime, lease: timedelta, *, account: str = "", only: Collection[int] = ()
    ) -> Delivery | None:
        """Take the next delivery that is due, or the next uncertain one that may be looked for.

        One account is in one pair of hands at a time; paused accounts, and parts of a thread whose part before is
        not sent, are passed over. `owner` must be unique to the caller's thread.
        """
        for name in (account,) if account else self.list_due_accounts(now):
            if claimed := self._claim(owner, now, lease, name, only):
                return claimed
        return None

    def _claim(
        self, owner: str, now: datetime, lease: timedelta, account: str, only: Collection[int]
    ) -> Delivery | None:
        query = Prepared(select_next(ROW.id.in_(only))) if only else NEXT
        with self._database.claiming(f"syndicate claim {self._site}", account, now) as (connection, lease_now):
            if lease_now is None:
                return None
            moments = self._moments(now, lease_now) | {"account": account}
            while (row := query.find(connection, moments)) is not None:
                found = parse_delivery(row)
                if row["is_readable"] and not is_damaged(row, found):
                    return _lease(connection, found, owner, now, lease_until=lease_now + lease)
                _set_aside(connection, found, now)
            return None

    def _moments(self, now: datetime, lease_now: datetime) -> dict[str, Any]:
        return {
            "site": self._site,
            "now": now,
            "soon": now + SLACK,
            "lease_now": lease_now,
            "lease_end": lease_now + LONGEST_LEASE,
        }

    def leave_out_gap(self, delivery: Delivery, started_at: datetime) -> Delivery:
        """Date the beginning of trying later, by a time in which nobody tried."""
        with self._database.writing() as connection:
            return change(connection, delivery, started_at=started_at)

    def give_back(self, delivery: Delivery) -> None:
        """End a lease without a word, where the worker stops before anything happened."""
        with self._database.writing() as connection:
            change(connection, delivery, **_FREE)

    def mark_abandoned(self, now: datetime) -> int:
        """Turn calls whose worker vanished into uncertain ones, to be looked for at once; returns how many."""
        over = or_(ROW.lease_until <= LEASE_NOW, ROW.lease_until > LEASE_END)
        return self._release(and_(ROW.state == State.SENDING, over), now)

    def release_dead(self, owner: str, now: datetime) -> int:
        """End the leases of a process that is proved dead; its calls become uncertain at once. Returns how many."""
        return self._release(ROW.lease_owner.startswith(f"{owner}:", autoescape=True), now)

    def release_everybody(self, now: datetime) -> int:
        """The same of everybody: whoever asks knows that nobody else is at work on this state."""
        return self._release(or_(ROW.lease_owner != "", ROW.state == State.SENDING), now)

    def _release(self, condition: ColumnElement[bool], now: datetime) -> int:
        query = self._mine(select(deliveries)).where(condition)
        with self._database.reading() as connection:
            if not self._read(connection, query.limit(1), now):
                return 0
        with self._database.writing() as connection:
            self._database.take_turn(connection, f"syndicate claim {self._site}")
            rows = self._read(connection, query, now)
            for row in rows:
                if row.state is State.SENDING:
                    _recover(connection, row, now)
                else:
                    change(connection, row, **_FREE)
            return len(rows)

    def _read(self, connection: Connection, query: Select[Any], now: datetime) -> tuple[Delivery, ...]:
        """Rows chosen by what the clock of leases says."""
        moments = self._moments(now, self._database.read_clock(connection, now))
        return tuple(map(parse_delivery, connection.execute(query, moments).mappings()))

    def keep_message(self, delivery: Delivery, message: Message, now: datetime, lease: timedelta) -> Delivery:
        """Freeze the message, or keep one more remote id in it, and prolong the lease."""
        with self._database.writing() as connection:
            lease_now = self._database.read_clock(connection, now)
            return change(connection, delivery, message=message, lease_until=lease_now + lease)

    def intend(self, delivery: Delivery, now: datetime, lease: timedelta) -> Delivery:
        """Put the intent and the message on disk: from here on the outcome counts as unknown until recorded.

        Refused with LostLease where the lease is over, even if nobody else has taken the row yet.
        """
        with self._database.writing() as connection:
            lease_now = self._database.read_clock(connection, now)
            changes: dict[str, Any] = {
                "message": delivery.message,
                "attempts": delivery.attempts + 1,
                "intent_at": delivery.intent_at or now,
                "lease_until": lease_now + lease,
                "look_at": None,
            }
            if delivery.state is not State.DUE:
                delivery = change(connection, delivery, leased_at=lease_now, state=State.DUE)
            step = Step("send", "intent", now)
            intended = move(connection, delivery, State.SENDING, step, leased_at=lease_now, **changes)
            raise_counter(connection, self._site, delivery.account)
            return intended

    def confirm(self, delivery: Delivery, now: datetime) -> StateRecord | None:
        """The last look before the call: the state as it is then, with the calls of this account; None where the lease
        is over.

        Raises LostLease where the row is another's, Contradicted where the state was found to be an old, lost or
        foreign one meanwhile.
        """
        wanted = {"site": self._site, "account": delivery.account, "of_id": delivery.id}
        with self._database.reading() as connection:
            found = _BEFORE_CALL.find(connection, wanted)
        made = found["made"] if found else None
        state = parse_state(found, {} if made is None else {delivery.account: made})
        if found is None or (found["state"], found["lease_owner"]) != (delivery.state, delivery.lease_owner):
            raise LostLease(f"delivery {delivery.id} is in other hands now")
        refuse_contradicted(state)
        lease_now = found["clock"] or now
        return state if found["lease_until"] is not None and lease_now < found["lease_until"] else None

    def record(self, delivery: Delivery, action: str, decision: Decision, now: datetime) -> Delivery:
        """Write what came of it and end the lease.

        A receipt is kept even where the lease was lost meanwhile; anything else is then refused with LostLease.
        """
        step = Step(action, decision.outcome, now, decision.reason, decision.detail)
        changes = _changes_of(delivery, decision, now)
        try:
            with self._database.writing_once() as connection:
                if _says_nothing_new(connection, delivery, decision, step):
                    return change(connection, delivery, **changes)
                return move(connection, delivery, decision.state, step, **changes)
        except LostLease:
            if decision.state is not State.SENT:
                raise
            return self._record_late(delivery, step, changes)

    def _record_late(self, delivery: Delivery, step: Step, changes: dict[str, Any]) -> Delivery:
        with self._database.writing() as connection:
            current = get_row(connection, self._site, delivery.id)
            if current.state not in _LATE_PATHS:
                raise LostLease(f"delivery {delivery.id} is in other hands now")
            return walk(connection, current, _LATE_PATHS[current.state], step, **changes)


def _set_aside(connection: Connection, row: Delivery, now: datetime) -> None:
    """A row that cannot be read harms no other: it waits for a person, with the reason."""
    after = row.state if row.state is State.UNCERTAIN else State.HELD
    step = Step("read", "damaged", now, Reason.DAMAGED)
    connection.execute(update(deliveries).where(ROW.id == row.id).values(lease_owner=""))  # whatever stood there
    row = replace(row, lease_owner="")
    move(connection, row, after, step, due_at=now, look_at=None, reason=Reason.DAMAGED, detail="", **_FREE)


def _recover(connection: Connection, row: Delivery, now: datetime) -> None:
    step = Step("recover", "interrupted", now, Reason.INTERRUPTED)
    changes: dict[str, Any] = {"look_at": now, "looks": 0, "reason": Reason.INTERRUPTED, "detail": ""}
    move(connection, row, State.UNCERTAIN, step, **changes, **_FREE)


def _lease(connection: Connection, found: Delivery, owner: str, now: datetime, *, lease_until: datetime) -> Delivery:
    state = State.DUE if found.state is State.PLANNED else found.state
    changes: dict[str, Any] = {"lease_owner": owner, "lease_until": lease_until, "started_at": found.started_at or now}
    return change(connection, found, state=state, **changes)


def _changes_of(delivery: Delivery, decision: Decision, now: datetime) -> dict[str, Any]:
    """The columns behind a decision. An intent is settled unless the outcome is still unknown, or sent."""
    is_open = decision.state in {State.UNCERTAIN, State.SENT}
    changes: dict[str, Any] = {
        "reason": decision.reason,
        "detail": decision.detail,
        "look_at": decision.look_at,
        "looks": decision.looks,
        "due_at": decision.due_at or delivery.due_at,
        "decided_at": now,
        "intent_at": delivery.intent_at if is_open else None,
    }
    if decision.state is State.SENT:
        changes |= {"receipt": decision.receipt, "sent_at": now}
    return changes | _FREE


def _says_nothing_new(connection: Connection, current: Delivery, decision: Decision, step: Step) -> bool:
    """Whether the trail ends with this very step already: waiting long must not make it long."""
    if decision.state is not current.state:
        return False
    last = _LAST_STEP.find(connection, {"of_id": current.id})
    return last is not None and tuple(last.values()) == (step.action, step.outcome, step.reason, step.detail)
