"""New rows of the outbox: inserted or ignored, so that planning twice adds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import sqlite

from syndicate.model import PlannedDelivery
from syndicate.store.rows import make_key
from syndicate.store.schema import deliveries

_COLUMNS = (
    "post_id", "slug", "account", "network", "part", "state", "due_at", "reason", "detail", "chosen", "chosen_due_at",
    "cost", "text",
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
