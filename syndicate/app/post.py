"""`post SLUG`: one message by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from syndicate.app.finding import get_post
from syndicate.app.login import learn_missing_limits
from syndicate.app.site import Wiring
from syndicate.errors import UsageError
from syndicate.model import Plan
from syndicate.planning.deliveries.manual import ManualPlan, choose_accounts, plan_manual
from syndicate.planning.schedule.when import parse_when
from syndicate.publish.publish import read_plan


def plan_post(
    wiring: Wiring, slug: str, *, to: tuple[str, ...], at: str, text: str, again: bool, now: datetime
) -> ManualPlan:
    """The message planned for the named accounts, or all enabled ones that the post does not skip itself."""
    named = tuple(wiring.accounts.get(name) for name in to)
    if not named and not wiring.accounts.enabled:
        raise UsageError("there is no account to post to", hint="add [accounts.NAME] to syndicate.toml")
    rooms = wiring.rooms
    item = get_post(read_plan(rooms, now).identified, slug)
    chosen = named or choose_accounts(item, wiring.accounts.enabled.values())
    learn_missing_limits(wiring, chosen)
    return plan_manual(
        item,
        chosen,
        wiring.store.read_ledger(),
        wiring.settings,
        facts=wiring.facts_with_limits(),
        templates=rooms.messages,
        cards=rooms.drawer.list_drawn(),
        now=now,
        at=parse_when(at, now, ZoneInfo(wiring.settings.site.timezone)) if at else None,
        text=text,
        again=again,
    )


def put_into_outbox(wiring: Wiring, planned: ManualPlan, now: datetime) -> tuple[int, ...]:
    """Store the new rows, move the waiting ones; returns the numbers of all."""
    store = wiring.store
    added = store.add_deliveries(planned.deliveries, now)
    store.apply(Plan(now=now, changes=planned.changes), now)
    return (*(delivery.id for delivery in added), *(change.delivery_id for change in planned.changes))
