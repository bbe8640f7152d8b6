"""Published copies: what went out, what was found on the networks themselves, and how often others answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from syndicate.model import NEW, Counted, Delivery, Message, Occasion, Reactions, Reason, Receipt, State
from syndicate.store.database import Part, put
from syndicate.store.mapping import find_receipt, make_key, parse_delivery, render_receipt
from syndicate.store.schema import deliveries, is_readable, reactions
from syndicate.store.transitions import Step, change, move, walk


@dataclass(frozen=True, slots=True)
class Copy:
    """A published copy of a post."""

    account: str
    network: str
    occasion: Occasion
    receipt: Receipt
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A copy found on the network itself, to be adopted into the outbox."""

    post_id: str
    slug: str
    receipt: Receipt
    published_at: datetime
    occasion: Occasion = NEW


class Copies(Part):
    """What `syndication.json`, `write_back` and `adopt` ask of the store."""

    def list_syndication(self) -> Mapping[str, tuple[Copy, ...]]:
        """The published copies of each post, oldest first, by post id; of a thread its first part."""
        row = deliveries.c
        query = self._mine(
            select(row.post_id, row.account, row.network, row.occasion, row.occasion_kind, row.receipt, row.sent_at)
        )
        query = query.where(row.state == State.SENT, row.part == 1, row.receipt.is_not(None))
        copies: dict[str, list[Copy]] = {}
        with self._database.reading() as connection:
            for post_id, account, network, name, kind, receipt, at in connection.execute(query.order_by(row.sent_at)):
                if found := find_receipt(receipt):
                    copies.setdefault(post_id, []).append(Copy(account, network, Occasion(kind, name), found, at))
        return {post_id: tuple(found) for post_id, found in copies.items()}

    def adopt(self, account: str, network: str, found: Iterable[Found], now: datetime) -> int:
        """Record copies that are on the network already, so that they are never sent; returns how many are news."""
        with self._database.writing() as connection:
            return sum(self._adopt_one(connection, account, network, one, now) for one in found)

    def _is_known(self, connection: Connection, account: str, found: Found) -> bool:
        """Whether a message of this post has this copy already, whatever it went out for."""
        row = deliveries.c
        query = self._mine(select(row.receipt)).where(row.post_id == found.post_id, row.account == account)
        receipts = connection.execute(query.where(row.receipt.is_not(None))).scalars()
        return any(_is_same(known, found.receipt) for receipt in receipts if (known := find_receipt(receipt)))

    def take_over(self, account: str, network: str, found: Iterable[Found], now: datetime) -> int:
        """The same for a state that does not know everything: a copy that it does not know may be of any occasion,
        so it settles the post's next waiting message. Later parts of its thread are held. Returns how many are news.
        """
        oldest_first = sorted(found, key=lambda one: one.published_at)
        with self._database.writing() as connection:
            return sum(self._take_over_one(connection, account, network, one, now) for one in oldest_first)

    def _take_over_one(self, connection: Connection, account: str, network: str, found: Found, now: datetime) -> bool:
        row = deliveries.c
        query = self._mine(select(deliveries)).where(row.post_id == found.post_id, row.account == account)
        rows = [parse_delivery(one) for one in connection.execute(query.order_by(row.due_at, row.id)).mappings()]
        if self._is_known(connection, account, found):
            return False
        waiting = [one for one in rows if one.part == 1 and one.state in _ADOPT_PATHS]
        waiting.sort(key=lambda one: one.state is State.SKIPPED)
        if not waiting:
            return self._adopt_one(connection, account, network, found, now)
        settled = waiting[0]
        self._settle_found(connection, settled, found, now)
        for later in rows:
            if later.occasion == settled.occasion and later.part > 1 and later.state in _HOLD_PATHS:
                _hold(connection, later, now)
        return True

    def hold_waiting(self, account: str, now: datetime) -> int:
        """Keep what waits on an account that cannot show what was sent, until a person has looked; returns how many."""
        row = deliveries.c
        query = self._mine(select(deliveries)).where(row.account == account, row.state.in_(_HOLD_PATHS))
        with self._database.writing() as connection:
            rows = [parse_delivery(one) for one in connection.execute(query).mappings()]
            for one in rows:
                _hold(connection, one, now)
            return len(rows)

    def list_waiting_accounts(self) -> tuple[str, ...]:
        """Accounts with messages that would go out by themselves."""
        query = self._mine(select(deliveries.c.account).distinct()).where(deliveries.c.state.in_(_HOLD_PATHS))
        with self._database.reading() as connection:
            return tuple(connection.execute(query.order_by(deliveries.c.account)).scalars())

    def count_sent(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The addresses of everything sent, "" where none is known any more, by post id and account."""
        row = deliveries.c
        was_sent = or_(row.state == State.SENT, ~is_readable(row.state))  # else one bad word would stop everything
        query = self._mine(select(row.post_id, row.account, row.receipt)).where(was_sent, row.part == 1)
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        with self._database.reading() as connection:
            for post_id, account, receipt in connection.execute(query):
                sent = find_receipt(receipt)
                found[post_id, account] = (*found.get((post_id, account), ()), sent.url if sent else "")
        return found

    def _adopt_one(self, connection: Connection, account: str, network: str, found: Found, now: datetime) -> bool:
        if self._is_known(connection, account, found):
            return False
        row = deliveries.c
        same = (
            row.post_id == found.post_id,
            row.account == account,
            row.occasion == found.occasion.name,
            row.part == 1,
        )
        known = connection.execute(self._mine(select(deliveries)).where(*same)).mappings().first()
        if known is None:
            self._insert_sent(connection, account, network, found, now)
            return True
        before = parse_delivery(known)
        if before.state in _ADOPT_PATHS:
            self._settle_found(connection, before, found, now)
        return before.state in _ADOPT_PATHS

    def _settle_found(self, connection: Connection, before: Delivery, found: Found, now: datetime) -> None:
        sent = {"receipt": found.receipt, "sent_at": found.published_at}
        why = {"reason": Reason.FOUND_ON_NETWORK, "detail": ""}
        path, step = _ADOPT_PATHS[before.state], Step("adopt", "found", now)
        walk(connection, before, path, step, lease_owner="", lease_until=None, **sent, **why)

    def _insert_sent(self, connection: Connection, account: str, network: str, found: Found, now: datetime) -> None:
        key = make_key(self._site, found.post_id, account, found.occasion, 1)
        row = {
            "site": self._site,
            "post_id": found.post_id,
            "slug": found.slug,
            "account": account,
            "network": network,
            "occasion": found.occasion.name,
            "occasion_kind": found.occasion.kind,
            "part": 1,
            "state": State.SENT,
            "due_at": found.published_at,
            "key": key,
            "reason": Reason.FOUND_ON_NETWORK,
            "created_at": now,
            "sent_at": found.published_at,
            "receipt": render_receipt(found.receipt),
            "remote_id": found.receipt.remote_id,
        }
        connection.execute(deliveries.insert().values(row))


# A copy on the network wins over everything but a call that runs this moment, a person's no, and a receipt.
_ADOPT_PATHS: dict[State, tuple[State, ...]] = {
    State.PLANNED: (State.SKIPPED, State.SENT),
    State.DUE: (State.SKIPPED, State.SENT),
    State.HELD: (State.SKIPPED, State.SENT),
    State.MISSED: (State.SKIPPED, State.SENT),
    State.SKIPPED: (State.SENT,),
    State.UNCERTAIN: (State.SENT,),
    State.FAILED: (State.SENT,),
}

_HOLD_PATHS: dict[State, tuple[State, ...]] = {State.PLANNED: (State.HELD,), State.DUE: (State.HELD,)}


def _hold(connection: Connection, row: Delivery, now: datetime) -> None:
    reason = Reason.STATE_CONTRADICTION
    step = Step("adopt", "held", now, reason)
    walk(connection, row, _HOLD_PATHS[row.state], step, lease_owner="", lease_until=None, reason=reason, detail="")


def _is_same(known: Receipt, found: Receipt) -> bool:
    """A receipt given by a person, or taken from a published list, has the address for its id."""
    return found.remote_id in {known.remote_id, known.url} or bool(found.url and found.url == known.url)


# --- published messages that were changed afterwards ---


class Aftercare(Part):
    """What edits and removals leave behind. A removed message stays sent, so that it is never sent again."""

    def keep_sent_message(self, delivery: Delivery, message: Message) -> Delivery:
        """Remember another message as the one that was sent, where readers could not tell the two apart."""
        with self._database.writing() as connection:
            return change(connection, delivery, message=message)

    def record_edit(self, delivery: Delivery, message: Message, receipt: Receipt, now: datetime) -> Delivery:
        """Keep the new text beside the receipt; what the network left undone stands in the trail."""
        step = Step("edit", "edited", now, detail=receipt.remark)
        with self._database.writing() as connection:
            return move(
                connection,
                delivery,
                State.SENT,
                step,
                message=message,
                receipt=receipt,
                reason=Reason.EDITED,
                detail=receipt.url,
            )

    def record_unfollowed(self, delivery: Delivery, step: Step) -> Delivery:
        """Keep in the trail why a change of its post did not reach the message."""
        with self._database.writing() as connection:
            return move(connection, delivery, State.SENT, step)

    def record_removal(self, delivery: Delivery, now: datetime) -> Delivery:
        """Forget the receipt: there is no copy any more."""
        step = Step("delete", "removed", now)
        with self._database.writing() as connection:
            return move(connection, delivery, State.SENT, step, receipt=None, reason=Reason.REMOVED, detail="")


# --- how often others answered what was sent: numbers with their times, and nothing else ---

_ROW = deliveries.c
_NAMES = ("likes", "boosts", "replies", "quotes")
_MOST_IN_ONE_QUESTION = 500


class ReactionBook(Part):
    """What was counted."""

    def list_countable(self, account: str, since: datetime) -> tuple[tuple[Delivery, datetime | None], ...]:
        """Messages sent since then, each with the last moment at which it was looked at; that of longest ago first."""
        sent = self._mine(select(deliveries)).where(
            _ROW.account == account, _ROW.state == State.SENT, _ROW.part == 1, _ROW.sent_at > since
        )
        looks = (
            select(reactions.c.delivery_id, func.max(reactions.c.looked_at).label("at"))
            .join(deliveries, _ROW.id == reactions.c.delivery_id)
            .where(reactions.c.site == self._site, _ROW.account == account, _ROW.sent_at > since)
            .group_by(reactions.c.delivery_id)
        )
        with self._database.reading() as connection:
            rows = [parse_delivery(row) for row in connection.execute(sent).mappings()]
            looked_at = {row.delivery_id: row.at for row in connection.execute(looks)}
        found = [(row, looked_at.get(row.id)) for row in rows]
        return tuple(sorted(found, key=lambda pair: (pair[1] or pair[0].sent_at or pair[0].due_at, pair[0].id)))

    def record_count(self, delivery_id: int, counted: Reactions | None, now: datetime) -> None:
        """Keep the numbers, where they are others than before; None: nothing could be seen, and the last ones stand."""
        mine = (reactions.c.site == self._site, reactions.c.delivery_id == delivery_id)
        last = select(reactions).where(*mine).order_by(reactions.c.at.desc()).limit(1)
        with self._database.writing() as connection:
            row = connection.execute(last).mappings().first()
            if row is not None and (counted is None or counted == _parse_reactions(row)):
                same = update(reactions).where(*mine, reactions.c.at == row["at"])
                connection.execute(same.values(looked_at=now))
                return
            numbers = {name: getattr(counted, name, None) for name in _NAMES}
            key = {"site": self._site, "delivery_id": delivery_id, "at": now}
            put(connection, reactions, key, {"looked_at": now, **numbers})

    def list_counts(self, delivery_ids: Sequence[int]) -> Mapping[int, tuple[Counted, ...]]:
        """What was counted of these messages, the oldest first; those of which nothing is known are left out."""
        found: dict[int, list[Counted]] = {}
        query = select(reactions).where(reactions.c.site == self._site).order_by(reactions.c.at)
        with self._database.reading() as connection:
            for start in range(0, len(delivery_ids), _MOST_IN_ONE_QUESTION):
                some = delivery_ids[start : start + _MOST_IN_ONE_QUESTION]
                for row in connection.execute(query.where(reactions.c.delivery_id.in_(some))).mappings():
                    if any(row[name] is not None for name in _NAMES):
                        counted = Counted(row["at"], row["looked_at"], _parse_reactions(row))
                        found.setdefault(row["delivery_id"], []).append(counted)
        return {number: tuple(counts) for number, counts in found.items()}


def _parse_reactions(row: RowMapping) -> Reactions:
    return Reactions(*(row[name] for name in _NAMES))
