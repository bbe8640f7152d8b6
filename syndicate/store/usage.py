"""What an account has sent lately: the figures behind gaps, daily caps and money limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from syndicate.model import State, Usage
from syndicate.store.schema import deliveries, spendings

DAY = timedelta(hours=26)
"""A calendar day of any zone fits, also one with an hour more."""
MONTH = timedelta(days=30)
SKEW = timedelta(minutes=5)


def read_usage(connection: Connection, site: str, account: str, now: datetime) -> Usage:
    row = deliveries.c
    done = (row.site == site, row.account == account, row.state.in_((State.SENT, State.UNCERTAIN)))
    at = row.intent_at
    query = select(at, row.sent_at, row.part, row.cost).where(*done, at.is_not(None)).order_by(at)
    rows = connection.execute(query.where(at > now - MONTH)).all()
    # What was sent by a clock that was days ahead keeps no gap for days.
    firsts = [sent or intent for intent, sent, part, _ in rows if part == 1 and (sent or intent) <= now + SKEW]
    sent_costs = [(intent, cost) for intent, _, _, cost in rows if cost]
    return Usage(
        sent_at=tuple(at for at in firsts if at > now - DAY),
        last_sent_at=max(firsts, default=None),
        costs=tuple(sorted([*_read_spendings(connection, site, account, now), *sent_costs])),
    )


def _read_spendings(connection: Connection, site: str, account: str, now: datetime) -> list[tuple[datetime, float]]:
    row = spendings.c
    query = select(row.at, row.dollars).where(row.site == site, row.account == account, row.at > now - MONTH)
    return [(at, dollars) for at, dollars in connection.execute(query)]
