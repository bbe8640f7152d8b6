"""Published copies: what went out, and what was found on the networks themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from syndicate.model import NEW, Occasion, Reason, Receipt, State
from syndicate.store.part import Part
from syndicate.store.rows import make_key, parse_delivery, parse_receipt, render_receipt
from syndicate.store.schema import deliveries
from syndicate.store.transitions import Step, walk


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
                copy = Copy(account, network, Occasion(kind, name), parse_receipt(receipt), at)
                copies.setdefault(post_id, []).append(copy)
        return {post_id: tuple(found) for post_id, found in copies.items()}

    def adopt(self, account: str, network: str, found: Iterable[Found], now: datetime) -> int:
        """Record copies that are on the network already, so that they are never sent; returns how many are news."""
        with self._database.writing() as connection:
            return sum(self._adopt_one(connection, account, network, one, now) for one in found)

    def _adopt_one(self, connection: Connection, account: str, network: str, found: Found, now: datetime) -> bool:
        row = deliveries.c
        same = (
            row.post_id == found.post_id,
            row.account == account,
            row.occasion == found.occasion.name,
            row.part == 1,
        )
        known = connection.execute(self._mine(select(deliveries)).where(*same)).mappings().first()
        sent = {
            "receipt": found.receipt,
            "sent_at": found.published_at,
            "reason": Reason.FOUND_ON_NETWORK,
            "detail": "",
        }
        if known is None:
            self._insert_sent(connection, account, network, found, now)
            return True
        before = parse_delivery(known)
        path = _ADOPT_PATHS.get(before.state)
        if path is not None:
            walk(connection, before, path, Step("adopt", "found", now), lease_owner="", lease_until=None, **sent)
        return path is not None

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
