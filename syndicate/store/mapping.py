"""Rows to nouns and back, without SQLAlchemy. Messages and receipts are stored as JSON; image bytes never are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from syndicate.errors import contain
from syndicate.model import (
    Attachment,
    Attempt,
    Delivery,
    KnownDelivery,
    KnownDraft,
    KnownPost,
    Ledger,
    Limits,
    Message,
    Occasion,
    Reason,
    Receipt,
    Usage,
)
from syndicate.text.counting import Counter

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

UNREADABLE_AT = datetime(9000, 1, 1, tzinfo=UTC)
"""An instant that cannot be read: nothing is due then, and nothing is so old that it would be tidied up."""
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


KNOWN = (
    "id", "post_id", "account", "part", "state", "due_at", "sent_at", "reason", "detail", "chosen",
    "chosen_due_at", "overruled", "created_at", "occasion_kind", "occasion", "receipt",
)  # fmt: skip
"""What planning needs of a row, as `parse_known` takes it."""
_PLAIN = KNOWN[:-3]


def parse_known(row: Sequence[Any]) -> KnownDelivery:
    *values, kind, name, text = row
    receipt = find_receipt(text)
    url = receipt.url if receipt else ""
    return KnownDelivery(occasion=Occasion(kind, name), url=url, **dict(zip(_PLAIN, values, strict=True)))


def make_ledger(
    states: Sequence[Mapping[str, Any] | RowMapping],
    *,
    posts: tuple[KnownPost, ...],
    drafts: tuple[KnownDraft, ...],
    deliveries: tuple[KnownDelivery, ...],
    reading: str,
) -> Ledger:
    """`states` are the rows of accounts."""
    limits = ((row["name"], parse_limits(row["limits"])) for row in states if row["limits"])
    return Ledger(
        posts=posts,
        drafts=drafts,
        deliveries=deliveries,
        baselined=frozenset(row["name"] for row in states if row["baselined_at"]),
        baselined_at={row["name"]: row["baselined_at"] for row in states if row["baselined_at"]},
        away={row["name"]: row["away_since"] for row in states if row["away_since"]},
        reading=reading,
        listening=frozenset((row["name"], flag) for row in states for flag in row["listening"].split()),
        limits=tuple((name, found) for name, found in limits if found),
    )


def is_damaged(row: Mapping[str, Any] | RowMapping, parsed: Delivery) -> bool:
    """Whether the row holds a message or receipt that cannot be read: nothing may be sent or looked for then."""
    return bool((row["message"] and parsed.message is None) or (row["receipt"] and parsed.receipt is None))


def parse_attempt(row: Mapping[str, Any] | RowMapping) -> Attempt:
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


# --- accounts ---

SLACK = timedelta(minutes=5)
"""So much later than now is not a sign of a wrong clock: whoever waits for the database has read the time before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """One account as the state database knows it. Paused without `paused_until`: until a person acts."""

    name: str
    baselined_at: datetime | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str = ""
    paused_with: str = ""
    """Digests of the secrets with which it failed so far, the last at the end; they outlive a try with others."""
    rest_since: datetime | None = None
    """When its server began to fail; None while it answers."""
    rest_at: datetime | None = None
    """When it failed last, and until when it is left alone since."""
    rest_until: datetime | None = None
    rest_reason: str = ""
    rest_after: str = ""
    """What was tried in vain last: "open", "prepare", "send", "find", "send again"."""
    limits: Limits | None = None
    limits_read_at: datetime | None = None
    who: str = ""
    """As whom it is logged in, as its network said last."""

    def is_paused(self, now: datetime) -> bool:
        """Whether it waits for a person, or for the end of its pause; a clock that was set back ends that."""
        if self.paused_at is None or self.paused_until is None:
            return self.paused_at is not None
        return self.paused_at <= now + SLACK and now < self.paused_until

    def is_resting(self, now: datetime) -> bool:
        """Whether it is left alone now; a clock that was set back since ends that."""
        if self.rest_at is None or self.rest_until is None:
            return False
        return self.rest_at <= now + SLACK and now < self.rest_until


def parse_account(row: Mapping[str, Any] | RowMapping) -> AccountState:
    limits = parse_limits(row["limits"]) if row["limits"] else None
    return AccountState(**{**_known(AccountState, dict(row)), "limits": limits})


# --- what an account has sent lately: the figures behind gaps, daily caps and money limits ---

DAY = timedelta(hours=26)
"""A calendar day of any zone fits, also one with an hour more."""
MONTH = timedelta(days=30)
SKEW = timedelta(minutes=5)


def measure_usage(rows: Iterable[tuple[Any, ...]], spent: Iterable[tuple[datetime, float]], now: datetime) -> Usage:
    """Of calls within a month (their moment, when it was sent, part, cost), by moment, and what else was spent."""
    rows = tuple(rows)
    # What was sent by a clock that was days ahead keeps no gap for days.
    firsts = [sent or intent for intent, sent, part, _ in rows if part == 1 and (sent or intent) <= now + SKEW]
    sent_costs = [(intent, cost) for intent, _, _, cost in rows if cost]
    return Usage(
        sent_at=tuple(at for at in firsts if at > now - DAY),
        last_sent_at=max(firsts, default=None),
        costs=tuple(sorted([*spent, *sent_costs])),
    )
