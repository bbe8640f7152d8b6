"""Rows to nouns and back. Messages and receipts are stored as JSON; image bytes never are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, func, select
from sqlalchemy.dialects import sqlite

from syndicate.containment import contain
from syndicate.model import Attachment, Attempt, Delivery, Limits, Message, Occasion, PlannedDelivery, Reason, Receipt
from syndicate.store.schema import UNREADABLE_AT, deliveries
from syndicate.text.counting import Counter

_UNSHOWN = {"site", "remote_id", "occasion_kind", "is_readable"}


def make_key(site: str, post_id: str, account: str, occasion: Occasion, part: int) -> str:
    """The idempotency key of a delivery: the same for the same row for ever, and without pattern to others."""
    name = "\x00".join(("syndicate", site, post_id, account, occasion.name, str(part)))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def parse_delivery(row: Mapping[str, Any] | RowMapping) -> Delivery:
    """A message or receipt that cannot be read counts as none; see `is_damaged`. Other values: see `store.schema`."""
    values = {name: value for name, value in row.items() if name not in _UNSHOWN}
    values["occasion"] = Occasion(row["occasion_kind"], row["occasion"])
    values["message"] = parse_message(row["message"]) if row["message"] else None
    values["receipt"] = find_receipt(row["receipt"])
    if UNREADABLE_AT in values.values():
        values["reason"] = Reason.DAMAGED
    return Delivery(**values)


def is_damaged(row: Mapping[str, Any] | RowMapping, parsed: Delivery) -> bool:
    """Whether the row holds a message or receipt that cannot be read: nothing may be sent or looked for then."""
    return bool((row["message"] and parsed.message is None) or (row["receipt"] and parsed.receipt is None))


def parse_attempt(row: RowMapping) -> Attempt:
    return Attempt(**_known(Attempt, dict(row)))


def render_message(message: Message) -> str:
    return orjson.dumps(message, default=_leave_out).decode()


def parse_message(text: str) -> Message | None:
    with contain(lambda _: None):
        raw: dict[str, Any] = orjson.loads(text)
        for name in ("card", "image"):
            raw[name] = Attachment(**_known(Attachment, raw[name] | {"data": b""})) if raw.get(name) else None
        for name in ("created_at", "published_at"):
            raw[name] = datetime.fromisoformat(raw[name]) if raw.get(name) else None
        raw["reply_to"] = Receipt(**_known(Receipt, raw["reply_to"])) if raw.get("reply_to") else None
        raw["tags"] = tuple(raw.get("tags", ()))
        return Message(**_known(Message, raw))
    return None


def render_receipt(receipt: Receipt) -> str:
    return orjson.dumps(receipt, default=_leave_out).decode()


def find_receipt(text: str | None) -> Receipt | None:
    """The receipt in a row, None where it has none or one that cannot be read."""
    with contain(lambda _: None):
        return Receipt(**_known(Receipt, orjson.loads(text))) if text else None
    return None


def render_limits(limits: Limits) -> str:
    return orjson.dumps(limits).decode()


def parse_limits(text: str) -> Limits | None:
    """None for what cannot be read: the network's usual limits count then, until they are asked for again."""
    with contain(lambda _: None):
        raw: dict[str, Any] = orjson.loads(text)
        found = raw | {"counter": Counter(raw["counter"]), "image_types": tuple(raw["image_types"])}
        return Limits(**_known(Limits, found))
    return None


def _known(kind: type, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Without what an earlier or later syndicate kept and this one does not know."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in raw.items() if name in names}


def _leave_out(value: object) -> object:
    """What JSON has no word for: image bytes are loaded anew, a read-only mapping is a mapping."""
    if isinstance(value, bytes):
        return ""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


# --- new rows of the outbox: inserted or ignored, so that planning twice adds nothing ---

_COLUMNS = (
    "post_id", "slug", "account", "network", "part", "state", "due_at", "reason", "detail", "chosen", "chosen_due_at",
    "cost", "text", "media", "alt",
)  # fmt: skip


def insert_of(connection: Connection) -> Any:
    """The dialect's own INSERT, the one that knows ON CONFLICT (both speak it alike)."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to load, and few need it

    return postgresql.insert


def insert_deliveries(connection: Connection, site: str, planned: Iterable[PlannedDelivery], now: datetime) -> int:
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
