"""The tables as they are now; `migrations/` says how older databases get here. Every table carries the site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
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
)

from syndicate.model import Action, OccasionKind, Reason, State

HEAD = "0018"
"""The last migration. A database that names a later one is from a newer syndicate."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant as whole microseconds since 1970: exact, ordered and the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[StrEnum]):
    """One of an enumeration, by its word."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.words(value)


# SQLite counts rows only through INTEGER, PostgreSQL shall not stop at 2³¹.
_RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

states = Table(
    "states",
    metadata,
    Column("site", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("counter", BigInteger, nullable=False, default=0),
    Column("replaces", Text, nullable=False, default="[]"),
    Column("url", Text, nullable=False, default=""),
    Column("config", Text, nullable=False, default=""),
    Column("contradiction", Text, nullable=False, default=""),
    Column("contradicted_at", Instant),
    Column("adopted", Text, nullable=False, default="[]"),
    Column("reading", Text, nullable=False, default=""),
)

posts = Table(
    "posts",
    metadata,
    Column("site", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("permalink", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Column("source_digest", Text, nullable=False, default=""),
    Column("fields_digest", Text, nullable=False, default=""),
    Column("sketch", Text, nullable=False, default=""),
    Column("dated_at", Instant),
    Column("declared_id", Text, nullable=False, default=""),
)

drafts = Table(
    "drafts",
    metadata,
    Column("site", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("source_digest", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("site", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("baselined_at", Instant),
    Column("away_since", Instant),
    Column("paused_at", Instant),
    Column("paused_until", Instant),
    Column("pause_reason", Text, nullable=False, default=""),
    Column("paused_with", Text, nullable=False, default=""),
    Column("rest_since", Instant),
    Column("rest_at", Instant),
    Column("rest_until", Instant),
    Column("rest_reason", Text, nullable=False, default=""),
    Column("rest_after", Text, nullable=False, default=""),
    Column("listening", Text, nullable=False, default=""),
    Column("limits", Text, nullable=False, default=""),
    Column("limits_read_at", Instant),
    Column("who", Text, nullable=False, default=""),
)

spendings = Table(
    "spendings",
    metadata,
    Column("site", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("dollars", Float, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("post_id", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("occasion_kind", Word(OccasionKind), nullable=False),
    Column("part", Integer, nullable=False),
    Column("state", Word(State), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("look_at", Instant),
    Column("decided_at", Instant),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("alt", Text, nullable=False, default=""),
    Column("media", Text, nullable=False, default=""),
    Column("message", Text),
    Column("reason", Word(Reason), nullable=False, default=Reason.NONE),
    Column("detail", Text, nullable=False, default=""),
    Column("chosen", Word(Action)),
    Column("chosen_due_at", Instant),
    Column("overruled", Word(Reason), nullable=False, default=Reason.NONE),
    Column("attempts", Integer, nullable=False, default=0),
    Column("looks", Integer, nullable=False, default=0),
    Column("cost", Float, nullable=False, default=0.0),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("intent_at", Instant),
    Column("sent_at", Instant),
    Column("receipt", Text),
    Column("remote_id", Text),
    Column("lease_owner", Text, nullable=False, default=""),
    Column("lease_until", Instant),
    UniqueConstraint("site", "post_id", "account", "occasion", "part", name="deliveries_once"),
    UniqueConstraint("key", name="deliveries_key"),
    Index("deliveries_waiting", "site", "state", "due_at"),
    Index("deliveries_account", "site", "account", "state"),
    Index("deliveries_receipt", "site", "account", "remote_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("delivery_id", _RowId, ForeignKey("deliveries.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("state", Word(State), nullable=False),
    Column("reason", Word(Reason), nullable=False, default=Reason.NONE),
    Column("detail", Text, nullable=False, default=""),
    Index("attempts_trail", "delivery_id", "id"),
)

passes = Table(
    "passes",
    metadata,
    Column("site", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("ends_at", Instant, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("site", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),
)

secrets = Table(
    "secrets",
    metadata,
    Column("site", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
)
"""Tokens that networks renew, sealed; only where the state has no disk of its own."""

reactions = Table(
    "reactions",
    metadata,
    Column("site", Text, primary_key=True),
    Column("delivery_id", _RowId, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True),
    Column("looked_at", Instant, nullable=False),
    Column("likes", BigInteger),
    Column("boosts", BigInteger),
    Column("replies", BigInteger),
    Column("quotes", BigInteger),
)
"""A line for each change of the numbers; `looked_at` is the last moment at which they were still so."""

published_files = Table(
    "published_files",
    metadata,
    Column("site", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("earlier", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("version", Text, nullable=False),
    Column("post_id", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("unneeded_since", Instant),
)
_OF_CARDS = published_files.c.post_id != ""
Index(
    "published_cards",
    published_files.c.site,
    published_files.c.post_id,
    sqlite_where=_OF_CARDS,
    postgresql_where=_OF_CARDS,
)

publications = Table(
    "publications",
    metadata,
    Column("site", Text, primary_key=True),
    Column("turn", Text, nullable=False),
    Column("record", Text, nullable=False),
)
