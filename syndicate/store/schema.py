"""The tables as they are now; `migrations.py` says how older databases get here. Every table carries the site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from syndicate.model import Action, OccasionKind, Reason, State
from syndicate.store.mapping import UNREADABLE_AT

HEAD = "0020"
"""The last step of `migrations.py`. A database that names a later one is from a newer syndicate."""

# A value that cannot be read spoils its own row, never the query: SQLite keeps any value in any column. Each type reads
# such a value as one with which nothing goes out, and `is_readable` is the question to the database whether it is one.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LARGEST = 2**53


# Given to SQLAlchemy as they are, not by `process_result_value`: there are ten values of each of ten thousand posts.


def _read_instant(value: Any) -> datetime | None:
    if isinstance(value, int | float) and _FIRST <= value <= _LAST:
        return _EPOCH + timedelta(microseconds=value)
    return None if value is None else UNREADABLE_AT


def _read_words(value: Any) -> str | None:
    return value if type(value) is str or value is None else bytes(value).decode(errors="replace")


class Instant(TypeDecorator[datetime]):
    """An aware instant as whole microseconds since 1970: exact, ordered and the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else min(max((value - _EPOCH) // _MICROSECOND, _FIRST), _LAST)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002
        return _read_instant


class Word(TypeDecorator[StrEnum]):
    """One of an enumeration, by its word; `unreadable` stands for a word that is none of them."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum], unreadable: StrEnum) -> None:
        super().__init__()
        self.words = words
        self.unreadable = unreadable
        self._by_word: dict[Any, StrEnum] = {word.value: word for word in words}

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self._by_word.get(value, self.unreadable)


class Words(TypeDecorator[str]):
    """Any text."""

    impl = Text
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:  # noqa: ARG002
        return _read_words


class Number(TypeDecorator[int]):
    """A count; one that cannot be read is 0."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return value if value is None or (type(value) is int and 0 <= value <= _LARGEST) else 0


class LongNumber(Number):
    """One that may pass 2³¹."""

    impl = BigInteger
    cache_ok = True


class Amount(TypeDecorator[float]):
    """An amount of money; one that cannot be read is beyond every limit of spending."""

    impl = Float
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        is_amount = value is None or (isinstance(value, int | float) and 0 <= value <= _LARGEST)
        return value if is_amount else float(_LARGEST)


def is_readable(column: Column[Any]) -> ColumnElement[bool]:
    """The condition that a column holds what it may."""
    kind = column.type
    if isinstance(kind, Word):
        good: ColumnElement[bool] = column.in_(list(kind.words))
    elif isinstance(kind, Instant):
        good = type_coerce(column, BigInteger).between(_FIRST, _LAST)
    elif isinstance(kind, Number | Amount):
        good = type_coerce(column, Float).between(0, _LARGEST)
    elif isinstance(kind, Words):
        good = type_coerce(column, Text).concat("") == type_coerce(column, Text)  # bytes are not
    else:
        good = true()  # SQLite's own number of a row is one
    return or_(column.is_(None), good) if column.nullable else good


def _each(kind: type[TypeEngine[Any]], *names: str, **how: Any) -> list[Column[Any]]:
    """Columns that differ only in their names."""
    return [Column(name, kind, **how) for name in names]


# SQLite counts rows only through INTEGER, PostgreSQL shall not stop at 2³¹.
_RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

states = Table(
    "states",
    metadata,
    Column("site", Words, primary_key=True),
    Column("identity", Words, nullable=False),
    Column("counter", LongNumber, nullable=False, default=0),
    Column("replaces", Words, nullable=False, default="[]"),
    *_each(Words, "url", "config", "contradiction", nullable=False, default=""),
    Column("contradicted_at", Instant),
    Column("adopted", Words, nullable=False, default="[]"),
    Column("reading", Words, nullable=False, default=""),
)

calls = Table(
    "calls",
    metadata,
    *_each(Words, "site", "account", primary_key=True),
    Column("counter", LongNumber, nullable=False, default=0),
)
"""How many irreversible calls each account has made since its state began to count: see `store.identity`."""

posts = Table(
    "posts",
    metadata,
    *_each(Words, "site", "id", primary_key=True),
    *_each(Words, "source", "slug", "permalink", "title", "digest", nullable=False),
    *_each(Instant, "published_at", "updated_at", "first_seen_at", nullable=False),
    Column("gone_at", Instant),
    *_each(Words, "source_digest", "fields_digest", "sketch", nullable=False, default=""),
    Column("dated_at", Instant),
    Column("declared_id", Words, nullable=False, default=""),
)

drafts = Table(
    "drafts",
    metadata,
    *_each(Words, "site", "source", primary_key=True),
    *_each(Words, "slug", "source_digest", nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    *_each(Words, "site", "name", primary_key=True),
    *_each(Instant, "baselined_at", "away_since", "paused_at", "paused_until"),
    *_each(Words, "pause_reason", "paused_with", nullable=False, default=""),
    *_each(Instant, "rest_since", "rest_at", "rest_until"),
    *_each(Words, "rest_reason", "rest_after", "listening", "limits", nullable=False, default=""),
    Column("limits_read_at", Instant),
    Column("who", Words, nullable=False, default=""),
)

spendings = Table(
    "spendings",
    metadata,
    *_each(Words, "site", "account", primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("dollars", Amount, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    *_each(Words, "site", "post_id", "slug", "account", "network", "occasion", nullable=False),
    Column("occasion_kind", Word(OccasionKind, OccasionKind.MANUAL), nullable=False),
    Column("part", Number, nullable=False),
    Column("state", Word(State, State.UNCERTAIN), nullable=False),
    Column("due_at", Instant, nullable=False),
    *_each(Instant, "look_at", "decided_at"),
    Column("key", Words, nullable=False),
    *_each(Words, "text", "alt", "media", nullable=False, default=""),
    Column("message", Words),
    Column("reason", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    Column("detail", Words, nullable=False, default=""),
    Column("chosen", Word(Action, Action.HOLD)),
    Column("chosen_due_at", Instant),
    Column("overruled", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    *_each(Number, "attempts", "looks", nullable=False, default=0),
    Column("cost", Amount, nullable=False, default=0.0),
    Column("created_at", Instant, nullable=False),
    *_each(Instant, "started_at", "intent_at", "sent_at"),
    *_each(Words, "receipt", "remote_id"),
    Column("lease_owner", Words, nullable=False, default=""),
    Column("lease_until", Instant),
    UniqueConstraint("site", "post_id", "account", "occasion", "part", name="deliveries_once"),
    UniqueConstraint("key", name="deliveries_key"),
    Index("deliveries_waiting", "site", "state", "due_at"),
    Index("deliveries_account", "site", "account", "state"),
    Index("deliveries_receipt", "site", "account", "remote_id"),
)
Index("deliveries_leased", deliveries.c.site, deliveries.c.account, sqlite_where=deliveries.c.lease_until.is_not(None))
"""A few rows: what is in hand now. On PostgreSQL, too (`migrations.py`); to say so here would load its driver."""

attempts = Table(
    "attempts",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("site", Words, nullable=False),
    Column("delivery_id", _RowId, ForeignKey("deliveries.id"), nullable=False),
    Column("at", Instant, nullable=False),
    *_each(Words, "action", "outcome", nullable=False),
    Column("state", Word(State, State.UNCERTAIN), nullable=False),
    Column("reason", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    Column("detail", Words, nullable=False, default=""),
    Index("attempts_trail", "delivery_id", "id"),
)

passes = Table(
    "passes",
    metadata,
    *_each(Words, "site", "kind", "digest", primary_key=True),
    Column("ends_at", Instant, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    *_each(Words, "site", "name", primary_key=True),
    *_each(Words, "digest", "scopes", nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),
)

secrets = Table(
    "secrets",
    metadata,
    *_each(Words, "site", "name", primary_key=True),
    Column("sealed", Words, nullable=False),
)
"""Tokens that networks renew, sealed; only where the state has no disk of its own."""

reactions = Table(
    "reactions",
    metadata,
    Column("site", Words, primary_key=True),
    Column("delivery_id", _RowId, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True),
    Column("looked_at", Instant, nullable=False),
    *_each(LongNumber, "likes", "boosts", "replies", "quotes"),
)
"""A line for each change of the numbers; `looked_at` is the last moment at which they were still so."""

published_files = Table(
    "published_files",
    metadata,
    *_each(Words, "site", "path", primary_key=True),
    *_each(Words, "digest", "earlier", "fingerprint", nullable=False),
    Column("size", LongNumber, nullable=False),
    *_each(Words, "version", "post_id", "card", nullable=False),
    Column("unneeded_since", Instant),
)
_OF_CARDS = published_files.c.post_id != ""
Index(
    "published_cards",
    published_files.c.site,
    published_files.c.post_id,
    sqlite_where=_OF_CARDS,  # PostgreSQL's has the same: naming it here would load that dialect for everybody
)

publications = Table(
    "publications",
    metadata,
    Column("site", Words, primary_key=True),
    *_each(Words, "turn", "record", nullable=False),
)
