"""`Store`: everything that is known of one site, in one class put together from its parts; and what is asked of many
messages at once: of a stretch of time, titles, the trail, what changed, figures.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Table, and_, case, delete, func, literal, or_, select, text

from syndicate.errors import StateError
from syndicate.model import ENDED, Attempt, Delivery, OccasionKind, Reason, State
from syndicate.store.accounts import AccountBook
from syndicate.store.database import Database, Part
from syndicate.store.file import is_locked, lock_daemon
from syndicate.store.identity import StateIdentity
from syndicate.store.ledger import LedgerPart, PublishedFiles
from syndicate.store.mapping import parse_attempt, parse_delivery
from syndicate.store.migrations import upgrade
from syndicate.store.outbox import Outbox
from syndicate.store.passes import Passes
from syndicate.store.prepared import SITE, Prepared
from syndicate.store.remote import Lines
from syndicate.store.schema import HEAD, Instant, accounts, attempts, deliveries, is_readable, metadata, posts
from syndicate.store.syndication_links import Aftercare, Copies, ReactionBook
from syndicate.store.transitions import Actions

_ROW = deliveries.c
_MOST_IN_ONE_QUESTION = 500
_FLAW = "flaw "


@cache
def _find_flaws(table: Table) -> Prepared:
    """The rows of a site with a value that cannot be read: their keys, and of each column whether it is one."""
    keys = [column for column in table.primary_key.columns if column.name != "site"]
    flaws = {column.name: ~is_readable(column) for column in table.columns}
    shown = (flaw.label(f"{_FLAW}{name}") for name, flaw in flaws.items())
    return Prepared(select(*keys, *shown).where(table.c.site == SITE, or_(*flaws.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history: what happened to which message. `number` orders lines of the same moment."""

    number: int
    attempt: Attempt
    post_id: str
    slug: str
    account: str
    network: str


class Overview(Part):
    """Questions about many messages at once."""

    def list_messages(
        self,
        now: datetime,
        *,
        states: Collection[State] = (),
        account: str = "",
        occasion: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        newest: int = 0,
    ) -> tuple[Delivery, ...]:
        """Messages whose moment (see `_moment`) lies in [since, until), by time; an empty filter means any.

        `occasion` is a name ("new", a flag) or a kind ("manual"). `newest`: so many of the last ones, newest first.
        """
        at = _moment(now)
        query = self._mine(select(deliveries))
        query = query.where(_ROW.state.in_(states)) if states else query
        query = query.where(_ROW.account == account) if account else query
        query = query.where(_is_occasion(occasion)) if occasion else query
        query = query.where(at >= since) if since else query
        query = query.where(at < until) if until else query
        ordered = query.order_by(at.desc(), _ROW.id.desc()).limit(newest) if newest else query.order_by(at, _ROW.id)
        return tuple(map(parse_delivery, self._fetch(ordered)))

    def count_states(self, post_ids: Sequence[str]) -> Mapping[str, Mapping[State, int]]:
        """How many messages of each post are in each state."""
        found: dict[str, dict[State, int]] = {}
        query = self._mine(select(_ROW.post_id, _ROW.state, func.count())).group_by(_ROW.post_id, _ROW.state)
        with self._database.reading() as connection:
            for some in _in_portions(post_ids):
                for post_id, state, number in connection.execute(query.where(_ROW.post_id.in_(some))):
                    found.setdefault(post_id, {})[state] = number
        return found

    def list_titles(self, post_ids: Sequence[str]) -> Mapping[str, str]:
        """The titles of posts by their ids."""
        query = select(posts.c.id, posts.c.title).where(posts.c.site == self._site)
        with self._database.reading() as connection:
            return {
                post_id: title
                for some in _in_portions(post_ids)
                for post_id, title in connection.execute(query.where(posts.c.id.in_(some)))
            }

    def list_occasions(self) -> tuple[str, ...]:
        """Names of occasions that have messages, those of every kind but "new" and flags as their kind."""
        query = self._mine(select(_ROW.occasion_kind, _ROW.occasion).distinct())
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        named = (OccasionKind.NEW, OccasionKind.FLAG)
        return tuple(sorted({name if kind in named else kind.value for kind, name in rows}))

    def list_events(
        self, *, account: str = "", slug: str = "", reasons: Collection[Reason] = (), before: int = 0, most: int
    ) -> tuple[Event, ...]:
        """The trail of all messages, newest first; `before` is the number of a line, an empty filter means any."""
        query = (
            select(attempts, _ROW.post_id, _ROW.slug, _ROW.account, _ROW.network)
            .join(deliveries, _ROW.id == attempts.c.delivery_id)
            .where(attempts.c.site == self._site)
            .order_by(attempts.c.id.desc())
            .limit(most)
        )
        query = query.where(_ROW.account == account) if account else query
        query = query.where(_ROW.slug == slug) if slug else query
        query = query.where(attempts.c.reason.in_(reasons)) if reasons else query
        query = query.where(attempts.c.id < before) if before else query
        with self._database.reading() as connection:
            return tuple(
                Event(
                    number=row["id"],
                    attempt=parse_attempt(row),
                    post_id=row["post_id"],
                    slug=row["slug"],
                    account=row["account"],
                    network=row["network"],
                )
                for row in connection.execute(query).mappings()
            )

    def count_by_account(self) -> Mapping[str, Mapping[State, int]]:
        """How many messages of each account are in each state."""
        found: dict[str, dict[State, int]] = {}
        query = self._mine(select(_ROW.account, _ROW.state, func.count())).group_by(_ROW.account, _ROW.state)
        with self._database.reading() as connection:
            for account, state, number in connection.execute(query):
                found.setdefault(account, {})[state] = number
        return found

    def read_version(self) -> str:
        """Changes whenever a message, a post or an account does."""
        mine = select(func.count(), func.max(_ROW.id), func.max(_ROW.decided_at)).where(_ROW.site == self._site)
        trail = select(func.max(attempts.c.id)).where(attempts.c.site == self._site)
        known = select(func.count(), func.max(posts.c.updated_at)).where(posts.c.site == self._site)
        book = accounts.c
        moods = select(func.count(book.paused_at), func.max(book.rest_until)).where(book.site == self._site)
        with self._database.reading() as connection:
            return repr([tuple(connection.execute(query).one()) for query in (mine, trail, known, moods)])


def _moment(now: datetime) -> ColumnElement[datetime]:
    """When a message was or will be seen: sent, or due; what is overdue and goes by itself is due now."""
    is_late = and_(_ROW.state.in_((State.PLANNED, State.DUE)), _ROW.due_at < now)
    return case((_ROW.sent_at.is_not(None), _ROW.sent_at), (is_late, literal(now, Instant)), else_=_ROW.due_at)


def _is_occasion(word: str) -> ColumnElement[bool]:
    kinds = [kind for kind in (OccasionKind.EVERGREEN, OccasionKind.MANUAL) if kind.value == word]
    return or_(_ROW.occasion == word, _ROW.occasion_kind.in_(kinds))


def _in_portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """No database takes any number of values in one question."""
    for start in range(0, len(names), _MOST_IN_ONE_QUESTION):
        yield names[start : start + _MOST_IN_ONE_QUESTION]


# --- figures for whoever watches over the state, and the trail of what ended long ago cut short ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The outbox in numbers, each by account."""

    deliveries: Mapping[tuple[str, State], int]
    steps: Mapping[tuple[str, str], int]
    """How often each outcome stands in the trail ("sent", "rejected" …)."""
    oldest_due_at: Mapping[str, datetime]
    """Since when the message waits that has been due longest."""
    oldest_unsettled_at: Mapping[str, datetime]
    """When the oldest call was made whose outcome is unknown."""


class Upkeep(Part):
    """What operators need and nobody else asks for."""

    def count(self) -> Figures:
        """Everything at one moment."""
        mine, account = deliveries.c.site == self._site, deliveries.c.account
        by_state = select(account, deliveries.c.state, func.count()).where(mine).group_by(account, deliveries.c.state)
        by_outcome = (
            select(account, attempts.c.outcome, func.count())
            .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
            .where(mine)
            .group_by(account, attempts.c.outcome)
        )
        due = select(account, func.min(deliveries.c.due_at)).where(mine, deliveries.c.state == State.DUE)
        unsettled = select(account, func.min(deliveries.c.intent_at)).where(mine, deliveries.c.state == State.UNCERTAIN)
        with self._database.reading() as connection:
            return Figures(
                deliveries={(name, state): number for name, state, number in connection.execute(by_state)},
                steps={(name, outcome): number for name, outcome, number in connection.execute(by_outcome)},
                oldest_due_at={name: at for name, at in connection.execute(due.group_by(account)) if at},
                oldest_unsettled_at={name: at for name, at in connection.execute(unsettled.group_by(account)) if at},
            )

    def prune_trails(self, before: datetime) -> int:
        """Forget the steps from before that moment of deliveries that have ended; returns how many.

        The last step of each stays, and no delivery is forgotten: what was sent must never be sent again.
        """
        ended = select(deliveries.c.id).where(deliveries.c.site == self._site, deliveries.c.state.in_(ENDED))
        last = select(func.max(attempts.c.id)).group_by(attempts.c.delivery_id)
        old = delete(attempts).where(
            attempts.c.at < before, attempts.c.delivery_id.in_(ended), attempts.c.id.not_in(last)
        )
        return self._change(old)

    def list_damaged(self) -> tuple[str, ...]:
        """The rows with a value that cannot be read, each by its table, its key and the names of such columns."""
        found: list[str] = []
        with self._database.reading() as connection:
            for table in metadata.sorted_tables:
                for row in _find_flaws(table).fetch(connection, {"site": self._site}):
                    keys = [str(value) for name, value in row.items() if not name.startswith(_FLAW)]
                    names = [name.removeprefix(_FLAW) for name in row if name.startswith(_FLAW) and row[name]]
                    found.append(f"{' '.join((table.name, *keys))}: {', '.join(names)}")
        return tuple(found)

    def read_mark(self) -> int | None:
        """Stays the same while nobody changes the state; None where nobody can tell."""
        return self._database.read_mark()

    def refuse_newer_schema(self) -> None:
        """Raises StateError where a newer syndicate has changed the database while it is open here."""
        with self._database.reading() as connection:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
        if version > HEAD:
            raise StateError(
                f"a newer syndicate has changed it (schema {version}, this one knows {HEAD})",
                where=self._database.where,
                hint="update this machine's syndicate, too; until then it does nothing",
            )


# --- all of it in one class ---


class Store(
    LedgerPart,
    Outbox,
    Overview,
    Actions,
    AccountBook,
    Copies,
    Aftercare,
    StateIdentity,
    Passes,
    PublishedFiles,
    ReactionBook,
    Lines,
    Upkeep,
):
    """One site's state. Threads may share it; close it, or use it as a context manager.

    Every method is one transaction and raises StateError, with nothing changed, where the database is locked, full,
    read-only, damaged or gone.
    """

    @classmethod
    def open(cls, url: str, site: str) -> Store:
        """See `syndicate.store.open_store`."""
        database = Database(url)
        try:
            upgrade(database)
            store = cls(database, site)
            store.begin_state()
        except BaseException:
            database.close()
            raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def where(self) -> str:
        """The database in words, without a password."""
        return self._database.where

    @contextmanager
    def lock_daemon(self) -> Iterator[None]:
        """Held while a daemon runs; raises AlreadyRunning where another one holds it. Ends with the process."""
        yield from lock_daemon(self._database, self._site)

    def is_daemon_running(self) -> bool:
        """Whether some process holds `lock_daemon`."""
        return is_locked(self._database, self._site)
