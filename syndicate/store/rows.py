"""Rows to nouns and back. Messages and receipts are stored as JSON; image bytes never are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping

from syndicate.model import Attachment, Attempt, Delivery, Limits, Message, Occasion, Receipt
from syndicate.text.counting import Counter

_UNSHOWN = {"site", "remote_id", "occasion_kind"}


def make_key(site: str, post_id: str, account: str, occasion: Occasion, part: int) -> str:
    """The idempotency key of a delivery: the same for the same row for ever, and without pattern to others."""
    name = "\x00".join(("syndicate", site, post_id, account, occasion.name, str(part)))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def parse_delivery(row: RowMapping) -> Delivery:
    values = {name: value for name, value in row.items() if name not in _UNSHOWN}
    values["occasion"] = Occasion(row["occasion_kind"], row["occasion"])
    values["message"] = parse_message(row["message"]) if row["message"] else None
    values["receipt"] = parse_receipt(row["receipt"]) if row["receipt"] else None
    return Delivery(**values)


def parse_attempt(row: RowMapping) -> Attempt:
    return Attempt(**{name: value for name, value in row.items() if name not in {"site", "id"}})


def render_message(message: Message) -> str:
    return orjson.dumps(message, default=_leave_out).decode()


def parse_message(text: str) -> Message:
    raw: dict[str, Any] = orjson.loads(text)
    for name in ("card", "image"):
        raw[name] = _parse_attachment(raw.get(name))
    for name in ("created_at", "published_at"):
        raw[name] = datetime.fromisoformat(raw[name]) if raw.get(name) else None
    raw["reply_to"] = Receipt(**_known(Receipt, raw["reply_to"])) if raw.get("reply_to") else None
    raw["tags"] = tuple(raw.get("tags", ()))
    return Message(**_known(Message, raw))


def render_receipt(receipt: Receipt) -> str:
    return orjson.dumps(receipt, default=_leave_out).decode()


def parse_receipt(text: str) -> Receipt:
    return Receipt(**_known(Receipt, orjson.loads(text)))


def render_limits(limits: Limits) -> str:
    return orjson.dumps(limits).decode()


def parse_limits(text: str) -> Limits:
    raw: dict[str, Any] = orjson.loads(text)
    found = raw | {"counter": Counter(raw["counter"]), "image_types": tuple(raw["image_types"])}
    return Limits(**_known(Limits, found))


def _parse_attachment(raw: dict[str, Any] | None) -> Attachment | None:
    return None if raw is None else Attachment(**_known(Attachment, raw | {"data": b""}))


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
