"""What is coming and would surprise: a token that dies before its messages are due, and what `max_cost` will hold."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicate.model import NetworkFacts, State, Usage
from syndicate.planning.schedule.calendar import say_time
from syndicate.planning.schedule.gates import NEVER, find_affordable_at, is_too_late

_COMING = frozenset({State.PLANNED, State.DUE, State.HELD})


class Coming(Protocol):
    """A message in the outbox, or one that would be added."""

    @property
    def account(self) -> str: ...

    @property
    def slug(self) -> str: ...

    @property
    def part(self) -> int: ...

    @property
    def state(self) -> State: ...

    @property
    def due_at(self) -> datetime: ...

    @property
    def cost(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A message that the money limit will hold until a person has said that it may go later."""

    slug: str
    due_at: datetime
    until: datetime | None
    """When there is money for it again; None where it costs more than the whole limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the messages of one account will cost, in US dollars."""

    account: str
    waiting: float
    """Of what is in the outbox."""
    coming: float
    """Of what would be added."""
    spent: float
    """Within the last 30 days."""
    limit: float
    """`max_cost`, 0 for none."""
    held: tuple[HeldBack, ...] = ()


def find_token_end(facts: NetworkFacts, due_at: datetime, now: datetime) -> datetime | None:
    """When the account's token dies, where that is before a message is due. What renews itself must be dead already."""
    ends = facts.expires_at
    if ends is None or (facts.renews and ends > now):
        return None
    return ends if ends <= max(due_at, now) else None


def tell_token_end(account: str, ends: datetime, now: datetime, timezone: str) -> str:
    """The sentence for one message."""
    verb = "died" if ends <= now else "dies"
    when = "" if ends <= now else ", before this message is due"
    return f"the account's token {verb} on {say_time(ends, timezone)}{when}: run `syndicate login {account}`"


def list_dying_tokens(
    rows: Sequence[Coming], facts: Mapping[str, NetworkFacts], now: datetime, timezone: str
) -> tuple[str, ...]:
    """A sentence for each account whose token dies before messages of its own are due."""
    late: dict[str, list[Coming]] = {}
    for row in rows:
        own = facts.get(row.account)
        if own and row.state in _COMING and row.part == 1 and find_token_end(own, row.due_at, now):
            late.setdefault(row.account, []).append(row)
    return tuple(_tell_late(name, late[name], facts[name].expires_at or now, now, timezone) for name in sorted(late))


def _tell_late(account: str, rows: list[Coming], ends: datetime, now: datetime, timezone: str) -> str:
    first = min(rows, key=lambda row: row.due_at)
    verb = "died" if ends <= now else "dies"
    what = f"{len(rows)} messages are due, the first about" if len(rows) > 1 else "its message is due, about"
    return (
        f'{account}: its token {verb} on {say_time(ends, timezone)}, before {what} "{first.slug}": '
        f"run `syndicate login {account}`"
    )


def forecast_costs(
    account: str, waiting: Iterable[Coming], coming: Iterable[Coming], *, usage: Usage, limit: float, now: datetime
) -> Budget | None:
    """What one account's messages will cost, in the order in which they are due; None where they cost nothing.

    Whatever is held is taken to go out as soon as there is money for it: a person is asked for each.
    """
    queue, new = (
        [row for row in rows if row.account == account and row.state in _COMING] for rows in (waiting, coming)
    )
    total = sum(row.cost for row in (*queue, *new))
    if not total:
        return None
    costs = sorted(usage.costs)
    held = []
    for row in sorted((*queue, *new), key=lambda row: (max(row.due_at, now), row.slug, row.part)):
        at = max(row.due_at, now)
        until = find_affordable_at(row.cost, costs, limit, at) if row.part == 1 else None
        if until and is_too_late(until, at):
            held.append(HeldBack(slug=row.slug, due_at=row.due_at, until=None if until == NEVER else until))
        if until != NEVER:
            insort(costs, (max(at, until or at), row.cost))
    return Budget(
        account=account,
        waiting=sum(row.cost for row in queue),
        coming=sum(row.cost for row in new),
        spent=sum(cost for at, cost in usage.costs if at <= now),
        limit=limit,
        held=tuple(held),
    )
