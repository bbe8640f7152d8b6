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
    Column("url", Words, nullable=False, default=""),
    Column("config", Words, nullable=False, default=""),
    Column("contradiction", Words, nullable=False, default=""),
    Column("contradicted_at", Instant),
    Column("adopted", Words, nullable=False, default="[]"),
    Column("reading", Words, nullable=False, default=""),
)

calls = Table(
    "calls",
    metadata,
    Column("site", Words, primary_key=True),
    Column("account", Words, primary_key=True),
    Column("counter", LongNumber, nullable=False, default=0),
)
"""How many irreversible calls each account has made since its state began to count: see `store.identity`."""

posts = Table(
    "posts",
    metadata,
    Column("site", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("slug", Words, nullable=False),
    Column("permalink", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Column("source_digest", Words, nullable=False, default=""),
    Column("fields_digest", Words, nullable=False, default=""),
    Column("sketch", Words, nullable=False, default=""),
    Column("dated_at", Instant),
    Column("declared_id", Words, nullable=False, default=""),
)

drafts = Table(
    "drafts",
    metadata,
    Column("site", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("slug", Words, nullable=False),
    Column("source_digest", Words, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("site", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("baselined_at", Instant),
    Column("away_since", Instant),
    Column("paused_at", Instant),
    Column("paused_until", Instant),
    Column("pause_reason", Words, nullable=False, default=""),
    Column("paused_with", Words, nullable=False, default=""),
    Column("rest_since", Instant),
    Column("rest_at", Instant),
    Column("rest_until", Instant),
    Column("rest_reason", Words, nullable=False, default=""),
    Column("rest_after", Words, nullable=False, default=""),
    Column("listening", Words, nullable=False, default=""),
    Column("limits", Words, nullable=False, default=""),
    Column("limits_read_at", Instant),
    Column("who", Words, nullable=False, default=""),
)

spendings = Table(
    "spendings",
    metadata,
    Column("site", Words, primary_key=True),
    Column("account", Words, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("dollars", Amount, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("site", Words, nullable=False),
    Column("post_id", Words, nullable=False),
    Column("slug", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("network", Words, nullable=False),
    Column("occasion", Words, nullable=False),
    Column("occasion_kind", Word(OccasionKind, OccasionKind.MANUAL), nullable=False),
    Column("part", Number, nullable=False),
    Column("state", Word(State, State.UNCERTAIN), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("look_at", Instant),
    Column("decided_at", Instant),
    Column("key", Words, nullable=False),
    Column("text", Words, nullable=False, default=""),
    Column("alt", Words, nullable=False, default=""),
    Column("media", Words, nullable=False, default=""),
    Column("message", Words),
    Column("reason", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    Column("detail", Words, nullable=False, default=""),
    Column("chosen", Word(Action, Action.HOLD)),
    Column("chosen_due_at", Instant),
    Column("overruled", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    Column("attempts", Number, nullable=False, default=0),
    Column("looks", Number, nullable=False, default=0),
    Column("cost", Amount, nullable=False, default=0.0),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("intent_at", Instant),
    Column("sent_at", Instant),
    Column("receipt", Words),
    Column("remote_id", Words),
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
    Column("action", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("state", Word(State, State.UNCERTAIN), nullable=False),
    Column("reason", Word(Reason, Reason.DAMAGED), nullable=False, default=Reason.NONE),
    Column("detail", Words, nullable=False, default=""),
    Index("attempts_trail", "delivery_id", "id"),
)

passes = Table(
    "passes",
    metadata,
    Column("site", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("digest", Words, primary_key=True),
    Column("ends_at", Instant, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("site", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),
)

secrets = Table(
    "secrets",
    metadata,
    Column("site", Words, primary_key=True),
    Column("name", Words, primary_key=True),
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
    Column("likes", LongNumber),
    Column("boosts", LongNumber),
    Column("replies", LongNumber),
    Column("quotes", LongNumber),
)
"""A line for each change of the numbers; `looked_at` is the last moment at which they were still so."""

published_files = Table(
    "published_files",
    metadata,
    Column("site", Words, primary_key=True),
    Column("path", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("earlier", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("size", LongNumber, nullable=False),
    Column("version", Words, nullable=False),
    Column("post_id", Words, nullable=False),
    Column("card", Words, nullable=False),
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
    Column("turn", Words, nullable=False),
    Column("record", Words, nullable=False),
)
