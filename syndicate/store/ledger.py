"""What planning needs to know of the past, and what becomes of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from syndicate.model import Identified, KnownDelivery, KnownPost, Ledger, Plan, Receipt, State
from syndicate.store.inserting import insert_deliveries, insert_of
from syndicate.store.moves import Step, walk
from syndicate.store.part import Part
from syndicate.store.rows import make_key, parse_delivery, parse_limits, parse_receipt, render_receipt
from syndicate.store.schema import accounts, deliveries, posts

_CHANGING = ("source", "slug", "permalink", "title", "digest", "updated_at", "gone_at")
_UNSENT = (State.PLANNED, State.DUE, State.HELD, State.MISSED, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a plan changed."""

    new_posts: int = 0
    changed_posts: int = 0
    gone_posts: int = 0
    new_deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """A published copy of a post."""

    account: str
    network: str
    occasion: str
    receipt: Receipt
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A copy found on the network itself, to be adopted into the outbox."""

    post_id: str
    slug: str
    receipt: Receipt
    published_at: datetime
    occasion: str = "new"


class LedgerPart(Part):
    """What `publish` asks of the store."""

    def read_ledger(self) -> Ledger:
        """Everything planning may know, from one moment of the database."""
        with self._database.reading() as connection:
            states = connection.execute(select(accounts).where(accounts.c.site == self._site)).mappings().all()
            return Ledger(
                posts=self._read_posts(connection),
                deliveries=self._read_deliveries(connection),
                baselined=frozenset(row["name"] for row in states if row["baselined_at"]),
                limits=tuple((row["name"], parse_limits(row["limits"])) for row in states if row["limits"]),
                paused=frozenset(row["name"] for row in states if row["paused_at"]),
            )

    def _read_posts(self, connection: Connection) -> tuple[KnownPost, ...]:
        columns = [column for column in posts.c if column.name != "site"]
        rows = connection.execute(select(*columns).where(posts.c.site == self._site))
        names = [column.name for column in columns]
        return tuple(KnownPost(**dict(zip(names, row, strict=True))) for row in rows)

    def _read_deliveries(self, connection: Connection) -> tuple[KnownDelivery, ...]:
        row = deliveries.c
        columns = (row.id, row.post_id, row.account, row.occasion, row.part, row.state, row.due_at, row.sent_at)
        return tuple(
            KnownDelivery(known, post_id, account, occasion, part, State(state), due_at, sent_at)
            for known, post_id, account, occasion, part, state, due_at, sent_at in connection.execute(
                self._mine(select(*columns))
            )
        )

    def apply(self, plan: Plan, now: datetime) -> Applied:
        """Put a plan into the state database, all or nothing. Applying it twice changes nothing more."""
        stored = [one for one in plan.identified if one.is_new or one.is_changed]
        gone = [post for post in plan.gone if post.gone_at is None]
        if not (stored or gone or plan.deliveries or plan.baselined):
            return Applied()
        with self._database.writing() as connection:
            self._write_posts(connection, stored)
            self._write_gone(connection, gone, now)
            self._write_baselines(connection, plan.baselined, now)
            return Applied(
                new_posts=sum(one.is_new for one in stored),
                changed_posts=sum(not one.is_new for one in stored),
                gone_posts=len(gone),
                new_deliveries=insert_deliveries(connection, self._site, plan.deliveries, now),
            )

    def _write_posts(self, connection: Connection, stored: list[Identified]) -> None:
        if not stored:
            return
        names = [column.name for column in posts.c if column.name != "site"]
        rows = [{"site": self._site} | {name: getattr(one.known, name) for name in names} for one in stored]
        insert = insert_of(connection)(posts)
        changes = {name: insert.excluded[name] for name in _CHANGING}
        connection.execute(insert.on_conflict_do_update(index_elements=["site", "id"], set_=changes), rows)
        for one in stored:
            if one.is_changed:
                self._write_slug(connection, one.known)

    def _write_slug(self, connection: Connection, post: KnownPost) -> None:
        """What still waits is listed under the post's present name."""
        row = deliveries.c
        renamed = (row.site == self._site, row.post_id == post.id, row.slug != post.slug, row.state.in_(_UNSENT))
        connection.execute(update(deliveries).where(*renamed).values(slug=post.slug))

    def _write_gone(self, connection: Connection, gone: list[KnownPost], now: datetime) -> None:
        for post in gone:
            query = update(posts).where(posts.c.site == self._site, posts.c.id == post.id)
            connection.execute(query.values(gone_at=now))

    def _write_baselines(self, connection: Connection, names: Iterable[str], now: datetime) -> None:
        insert = insert_of(connection)(accounts)
        changes = {"baselined_at": func.coalesce(accounts.c.baselined_at, insert.excluded.baselined_at)}
        query = insert.on_conflict_do_update(index_elements=["site", "name"], set_=changes)
        for name in sorted(names):
            connection.execute(query, {"site": self._site, "name": name, "baselined_at": now})

    def list_syndication(self) -> Mapping[str, tuple[Copy, ...]]:
        """The published copies of each post, oldest first, by post id; of a thread its first part."""
        row = deliveries.c
        query = self._mine(select(row.post_id, row.account, row.network, row.occasion, row.receipt, row.sent_at))
        query = query.where(row.state == State.SENT, row.part == 1, row.receipt.is_not(None))
        copies: dict[str, list[Copy]] = {}
        with self._database.reading() as connection:
            for post_id, account, network, occasion, receipt, at in connection.execute(query.order_by(row.sent_at)):
                copy = Copy(account, network, occasion, parse_receipt(receipt), at)
                copies.setdefault(post_id, []).append(copy)
        return {post_id: tuple(found) for post_id, found in copies.items()}

    def adopt(self, account: str, network: str, found: Iterable[Found], now: datetime) -> int:
        """Record copies that are on the network already, so that they are never sent; returns how many are news."""
        with self._database.writing() as connection:
            return sum(self._adopt_one(connection, account, network, one, now) for one in found)

    def _adopt_one(self, connection: Connection, account: str, network: str, found: Found, now: datetime) -> bool:
        row = deliveries.c
        same = (row.post_id == found.post_id, row.account == account, row.occasion == found.occasion, row.part == 1)
        known = connection.execute(self._mine(select(deliveries)).where(*same)).mappings().first()
        sent = {"receipt": found.receipt, "sent_at": found.published_at, "reason": "found on the network"}
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
            "occasion": found.occasion,
            "part": 1,
            "state": State.SENT,
            "due_at": found.published_at,
            "key": key,
            "reason": "found on the network",
            "created_at": now,
            "sent_at": found.published_at,
            "receipt": render_receipt(found.receipt),
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
