"""What `publish` asks of the store: the past that planning needs to know, what becomes of a plan, published files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, String, bindparam, delete, func, insert, or_, select, update

from syndicate.errors import Overtaken, UsageError
from syndicate.model import (
    ASIDE,
    OUT,
    UNSENT,
    Delivery,
    Identified,
    KnownDelivery,
    KnownDraft,
    KnownPost,
    Ledger,
    Occasion,
    Plan,
    PlannedChange,
    PlannedDelivery,
    PublishedFile,
    State,
    can_move,
)
from syndicate.store.database import Part, insert_of
from syndicate.store.mapping import KNOWN, make_key, make_ledger, parse_delivery, parse_known
from syndicate.store.prepared import Prepared
from syndicate.store.schema import accounts, attempts, deliveries, drafts, posts, publications, published_files
from syndicate.store.schema import states as site_states
from syndicate.store.transitions import Step, get_row, move, same_message

_WRITTEN = ("source_digest", "fields_digest", "sketch")
_NAMED = ("source", "slug", "permalink", "title", "digest", "updated_at", "dated_at", "declared_id", *_WRITTEN)
_CHANGING = (*_NAMED, "gone_at")
_PLANNABLE = (*UNSENT, *ASIDE)
_AT_ONCE = 500
"""Rows in one statement, and names in one question: databases limit them."""
_SAME = "same"
"""The action in the trail of a post that a person joined with an earlier one; its detail is that one's slug."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a plan changed."""

    new_posts: int = 0
    changed_posts: int = 0
    gone_posts: int = 0
    new_deliveries: int = 0
    changed_deliveries: int = 0


class LedgerPart(Part):
    """Posts, and the messages that were planned for them."""

    def read_ledger(self) -> Ledger:
        """Everything planning may know, from one moment of the database."""
        with self._database.reading() as connection:
            states = connection.execute(select(accounts).where(accounts.c.site == self._site)).mappings().all()
            return make_ledger(
                states,
                posts=self._read_posts(connection),
                drafts=self._read_drafts(connection),
                deliveries=self._read_deliveries(connection),
                reading=connection.scalar(select(site_states.c.reading).where(site_states.c.site == self._site)) or "",
            )

    def list_posts(self) -> tuple[KnownPost, ...]:
        """The posts of the ledger, those that are gone, too."""
        with self._database.reading() as connection:
            return self._read_posts(connection)

    def find_posts(self, ids: Sequence[str]) -> dict[str, KnownPost]:
        """Those of the posts that the ledger has, by id."""
        with self._database.reading() as connection:
            return {row.id: row for some in _cut(ids) for row in self._read_posts(connection, posts.c.id.in_(some))}

    def _read_posts(self, connection: Connection, *conditions: ColumnElement[bool]) -> tuple[KnownPost, ...]:
        columns = {column.name: column for column in posts.c if column.name != "site"}
        rows = connection.execute(select(*columns.values()).where(posts.c.site == self._site, *conditions))
        return tuple(KnownPost(**dict(zip(columns, row, strict=True))) for row in rows)

    def _read_drafts(self, connection: Connection) -> tuple[KnownDraft, ...]:
        columns = [column for column in drafts.c if column.name != "site"]
        rows = connection.execute(select(*columns).where(drafts.c.site == self._site)).mappings()
        return tuple(KnownDraft(**row) for row in rows)

    def _read_deliveries(self, connection: Connection) -> tuple[KnownDelivery, ...]:
        columns = [deliveries.c[name] for name in KNOWN]
        rows = connection.execute(self._mine(select(*columns)).order_by(deliveries.c.id))
        return tuple(map(parse_known, rows))

    def apply(self, plan: Plan, now: datetime) -> Applied:
        """Put a plan into the state database, all or nothing. Applying it twice changes nothing more."""
        stored = [one for one in plan.identified if one.is_new or one.is_changed]
        gone = [post for post in plan.gone if post.gone_at is None]
        rows = plan.deliveries or plan.changes
        accounts_change = plan.baselined or plan.forgotten or plan.away or plan.listening is not None
        if not (stored or gone or plan.hidden or plan.drafts or rows or accounts_change or plan.reading):
            return Applied()
        with self._database.writing() as connection:
            self._write_posts(connection, stored)
            for post in gone:
                self._update_post(connection, post.id, {"gone_at": now})
            for post in plan.hidden:  # public before, drafts now
                self._update_post(connection, post.id, {name: getattr(post, name) for name in _NAMED})
            self._write_drafts(connection, plan.drafts)
            if plan.reading:
                own = update(site_states).where(site_states.c.site == self._site)
                connection.execute(own.values(reading=plan.reading))
            for name, since in plan.away.items():
                self._update_account(connection, name, away_since=since)
            for name in plan.forgotten:
                self._update_account(connection, name, baselined_at=None, away_since=None)
            self._write_baselines(connection, plan.baselined, now)
            self._write_listening(connection, plan.listening)
            return Applied(
                new_posts=sum(one.is_new for one in stored),
                changed_posts=sum(not one.is_new for one in stored),
                gone_posts=len(gone),
                new_deliveries=_insert_deliveries(connection, self._site, plan.deliveries, now),
                changed_deliveries=sum(self._apply_change(connection, one, now) for one in plan.changes),
            )

    def add_deliveries(
        self, planned: Iterable[PlannedDelivery], now: datetime, changes: Iterable[PlannedChange] = ()
    ) -> tuple[Delivery, ...]:
        """What a person asked for, all or nothing: rows for the outbox, and rows that are there; returns them all.

        Raises Overtaken where one was added meanwhile, or has gone on: no words are lost without a word.
        """
        planned, changes = tuple(planned), tuple(changes)
        with self._database.writing() as connection:
            added = _insert_deliveries(connection, self._site, planned, now)
            if added < len(planned) or not all(self._apply_change(connection, one, now) for one in changes):
                raise Overtaken("somebody changed these messages this moment", hint="look at them, and try again")
            found = []
            for row in planned:
                query = self._mine(select(deliveries)).where(*same_message(row), deliveries.c.part == row.part)
                found.append(parse_delivery(connection.execute(query).mappings().one()))
            return (*found, *(get_row(connection, self._site, one.delivery_id) for one in changes))

    def join_posts(self, joined: KnownPost, after: KnownPost, now: datetime) -> None:
        """One post instead of two: `joined` replaces the row with its id and that of `after`.

        What waits of the newer one goes; what is out of it, or may be, belongs to the post. Raises UsageError while
        something of it is being sent.
        """
        with self._database.writing() as connection:
            self._database.take_turn(connection, f"syndicate claim {self._site}")
            rows = self._list_of_post(connection, after.id)
            if any(row.state is State.SENDING for row in rows):
                raise UsageError(f'"{after.slug}" is being sent this moment', hint="try again in a minute")
            _drop_deliveries(connection, [row.id for row in rows if row.state not in OUT])
            for row in rows:
                if row.state in OUT:
                    self._hand_over(connection, row, joined.id)
            self._note_join(connection, joined.id, now)
            connection.execute(delete(posts).where(posts.c.site == self._site, posts.c.id == after.id))
            self._update_post(connection, joined.id, {name: getattr(joined, name) for name in _CHANGING})
            self._write_slugs(connection, [joined])

    def was_joined(self, post_id: str, slug: str) -> bool:
        """Whether a post of this slug is this one already: joined by hand, or sent under that name."""
        own = (deliveries.c.site == self._site, deliveries.c.post_id == post_id)
        was_called = or_(deliveries.c.slug == slug, (attempts.c.action == _SAME) & (attempts.c.detail == slug))
        rows = deliveries.outerjoin(attempts, attempts.c.delivery_id == deliveries.c.id)
        return bool(self._fetch(select(deliveries.c.id).select_from(rows).where(*own, was_called).limit(1)))

    def _note_join(self, connection: Connection, post_id: str, now: datetime) -> None:
        """The trail of the post's messages says as what it was known before."""
        mine = (posts.c.site == self._site, posts.c.id == post_id)
        slug = connection.execute(select(posts.c.slug).where(*mine)).scalar_one()
        line = {"site": self._site, "at": now, "action": _SAME, "outcome": "by hand", "detail": slug}
        for row in self._list_of_post(connection, post_id):
            connection.execute(insert(attempts).values(delivery_id=row.id, state=row.state, **line))

    def _list_of_post(self, connection: Connection, post_id: str) -> list[Delivery]:
        """The rows, which no worker claims or sends before this transaction ends."""
        query = self._mine(select(deliveries)).where(deliveries.c.post_id == post_id).with_for_update()
        return [parse_delivery(row) for row in connection.execute(query).mappings()]

    def _hand_over(self, connection: Connection, row: Delivery, post_id: str) -> None:
        """A message that is out becomes one of the other post: instead of one that waits, beside one that is out."""
        known = [one for one in self._list_of_post(connection, post_id) if one.account == row.account]
        rivals = [one for one in known if (one.occasion, one.part) == (row.occasion, row.part)]
        _drop_deliveries(connection, [one.id for one in rivals if one.state not in OUT])
        occasion, taken = row.occasion, {one.occasion for one in known}
        if any(one.state in OUT for one in rivals):
            occasion = next(one for one in map(Occasion.by_hand, itertools.count(1)) if one not in taken)
        values = {"post_id": post_id, "occasion": occasion.name, "occasion_kind": occasion.kind}
        connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))

    def _write_posts(self, connection: Connection, stored: list[Identified]) -> None:
        """The plan knows whose date may be another one now. A few at a time: rows weigh more than posts."""
        if not stored:
            return
        names = [column.name for column in posts.c if column.name != "site"]
        insert = insert_of(connection)(posts)
        changes = {name: insert.excluded[name] for name in (*_CHANGING, "published_at")}
        query = insert.on_conflict_do_update(index_elements=["site", "id"], set_=changes)
        for at in range(0, len(stored), _AT_ONCE):
            some = [one.known for one in stored[at : at + _AT_ONCE]]
            rows = [{"site": self._site} | {name: getattr(known, name) for name in names} for known in some]
            connection.execute(query, rows)
        self._write_slugs(connection, [one.known for one in stored if one.is_changed and not one.is_new])

    def _write_slugs(self, connection: Connection, changed: list[KnownPost]) -> None:
        """What still waits is listed under the post's present name."""
        row = deliveries.c
        post_id, slug = bindparam("its_post", type_=String), bindparam("its_slug", type_=String)
        waits = or_(*(row.state == state for state in sorted(_PLANNABLE)))  # IN cannot be asked for many rows at once
        renamed = (row.site == self._site, row.post_id == post_id, row.slug != slug, waits)
        if changed:
            rows = [{"its_post": post.id, "its_slug": post.slug} for post in changed]
            connection.execute(update(deliveries).where(*renamed).values(slug=slug), rows)

    def _update_post(self, connection: Connection, post_id: str, values: Mapping[str, object]) -> None:
        query = update(posts).where(posts.c.site == self._site, posts.c.id == post_id)
        connection.execute(query.values(values))

    def _update_account(self, connection: Connection, name: str, **values: object) -> None:
        query = update(accounts).where(accounts.c.site == self._site, accounts.c.name == name)
        connection.execute(query.values(values))

    def _write_drafts(self, connection: Connection, seen: Iterable[KnownDraft]) -> None:
        insert = insert_of(connection)(drafts)
        changes = {name: insert.excluded[name] for name in ("slug", "source_digest")}
        query = insert.on_conflict_do_update(index_elements=["site", "source"], set_=changes)
        for draft in seen:
            connection.execute(query, {"site": self._site} | asdict(draft))

    def _write_baselines(self, connection: Connection, names: Iterable[str], now: datetime) -> None:
        insert = insert_of(connection)(accounts)
        changes = {"baselined_at": func.coalesce(accounts.c.baselined_at, insert.excluded.baselined_at)}
        query = insert.on_conflict_do_update(index_elements=["site", "name"], set_=changes)
        for name in sorted(names):
            connection.execute(query, {"site": self._site, "name": name, "baselined_at": now})

    def _write_listening(self, connection: Connection, pairs: frozenset[tuple[str, str]] | None) -> None:
        """The flags each account waits for; None for no news."""
        if pairs is None:
            return
        connection.execute(update(accounts).where(accounts.c.site == self._site).values(listening=""))
        for name in {name for name, _ in pairs}:
            flags = " ".join(sorted(flag for account, flag in pairs if account == name))
            self._update_account(connection, name, listening=flags)

    def _apply_change(self, connection: Connection, planned: PlannedChange, now: datetime) -> bool:
        """Follow the plan where the row is still one that content may move; a person or a worker comes first."""
        before = get_row(connection, self._site, planned.delivery_id)
        is_step = planned.state is before.state or can_move(before.state, planned.state)
        if before.state not in _PLANNABLE or not is_step:
            return False
        changes: dict[str, Any] = {
            "due_at": planned.due_at,
            "reason": planned.reason,
            "detail": planned.detail,
            "lease_owner": "",
            "lease_until": None,
        }
        if planned.chosen is not None:
            changes |= {"chosen": planned.chosen, "chosen_due_at": planned.chosen_due_at}
        own = {name: value for name in ("text", "media", "alt") if (value := getattr(planned, name))}
        if own:
            changes |= {**own, "message": None}
        step = Step(planned.asked or "plan", planned.state, now, planned.reason, planned.detail)
        move(connection, before, planned.state, step, **changes)
        return True


def _drop_deliveries(connection: Connection, ids: Collection[int]) -> None:
    connection.execute(delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))


# --- new rows of the outbox: inserted or ignored, so that planning twice adds nothing ---

_COLUMNS = (
    "post_id", "slug", "account", "network", "part", "state", "due_at", "reason", "detail", "chosen", "chosen_due_at",
    "cost", "text", "media", "alt",
)  # fmt: skip


def _insert_deliveries(connection: Connection, site: str, planned: Iterable[PlannedDelivery], now: datetime) -> int:
    """Add what is not there yet; returns how many rows are new."""
    rows = [_row_of(site, row, now) for row in planned]
    if not rows:
        return 0
    before = _count(connection, site)
    connection.execute(insert_of(connection)(deliveries).on_conflict_do_nothing(), rows)
    return _count(connection, site) - before


def _row_of(site: str, planned: PlannedDelivery, now: datetime) -> dict[str, Any]:
    row = {name: getattr(planned, name) for name in _COLUMNS}
    row |= {"occasion": planned.occasion.name, "occasion_kind": planned.occasion.kind}
    key = make_key(site, planned.post_id, planned.account, planned.occasion, planned.part)
    return row | {"site": site, "key": key, "created_at": now}


def _count(connection: Connection, site: str) -> int:
    return connection.execute(select(func.count()).where(deliveries.c.site == site)).scalar_one()


# --- what was published: a row for each file, and one that tells how the last publication ended ---

_FILE = [published_files.c[name] for name in PublishedFile._fields]
_CARDS = Prepared(
    select(*_FILE).where(
        published_files.c.site == bindparam("site"),
        published_files.c.post_id != "",
        published_files.c.post_id == bindparam("of_post"),
    )
)


@cache
def _replacing(insert: Callable[..., Any]) -> Any:
    """Made once: what it is made of hangs together in circles, and no collector runs while many files are written."""
    query = insert(published_files)
    changes = {column.name: query.excluded[column.name] for column in _FILE}
    return query.on_conflict_do_update(index_elements=["site", "path"], set_=changes)


class PublishedFiles(Part):
    """The rows of the manifest (`publish/manifest.py`), by path."""

    def list_published(self) -> Iterator[PublishedFile]:
        """One by one: there may be fifty thousand."""
        with self._database.reading() as connection:
            yield from map(PublishedFile._make, connection.execute(select(*_FILE).where(self._own)))

    def find_published(self, paths: Sequence[str]) -> dict[str, PublishedFile]:
        """Those of the paths that are known."""
        return self._read_published(*([self._own, published_files.c.path.in_(some)] for some in _cut(paths)))

    def find_cards(self, post_id: str) -> dict[str, PublishedFile]:
        """The cards of one post."""
        with self._database.reading() as connection:
            rows = _CARDS.fetch(connection, {"site": self._site, "of_post": post_id})
        return {row["path"]: PublishedFile(**row) for row in rows}

    def keep_published(self, files: Iterable[PublishedFile]) -> None:
        """Store or replace."""
        rows = [{"site": self._site} | one._asdict() for one in files]
        if rows:
            with self._database.writing() as connection:
                connection.execute(_replacing(insert_of(connection)), rows)

    def forget_published(self, paths: Collection[str]) -> None:
        if paths:
            with self._database.writing() as connection:
                for some in _cut(sorted(paths)):
                    connection.execute(delete(published_files).where(self._own, published_files.c.path.in_(some)))

    def read_publication(self) -> tuple[str, str]:
        """What tells this turn from the next, and the record of the last publication; "" for what there is not."""
        query = select(publications.c.turn, publications.c.record).where(publications.c.site == self._site)
        return next(((one["turn"], one["record"]) for one in self._fetch(query)), ("", ""))

    def keep_publication(self, record: str) -> None:
        """The last publication ended so; the turn stays."""
        self._write_publication(record=record)

    def begin_turn(self) -> None:
        """Tell the next publication from every one that began before this moment."""
        self._write_publication(turn=uuid4().hex)

    def _write_publication(self, **changes: str) -> None:
        with self._database.writing() as connection:
            query = insert_of(connection)(publications).values({"site": self._site, "turn": "", "record": ""} | changes)
            connection.execute(query.on_conflict_do_update(index_elements=["site"], set_=changes))

    @property
    def _own(self) -> ColumnElement[bool]:
        return published_files.c.site == self._site

    def _read_published(self, *conditions: Sequence[ColumnElement[bool]]) -> dict[str, PublishedFile]:
        found: dict[str, PublishedFile] = {}
        with self._database.reading() as connection:
            for where in conditions:
                rows = map(PublishedFile._make, connection.execute(select(*_FILE).where(*where)))
                found |= {one.path: one for one in rows}
        return found


def _cut(paths: Sequence[str]) -> Iterable[Sequence[str]]:
    return (paths[at : at + _AT_ONCE] for at in range(0, len(paths), _AT_ONCE))
