"""Which messages are due: a baseline for what was there before, new and newly featured posts afterwards.

Every post gets its rows on every account the first time it is seen, skipped ones included. So nothing that happens
later (an edit, an occasion or category turned on, an account turned off and on) announces an old post again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from syndicate.model import FEATURED, NEW, Identified, Occasion, PlannedDelivery, Reason, State, Why
from syndicate.planning.deliveries.account import Desk, find_doubt, plan_rows, skip_row
from syndicate.planning.deliveries.reasons import find_own_reason, find_rule_reason
from syndicate.planning.messages.template import find_override


def plan_baseline(identified: Iterable[Identified], desk: Desk) -> list[PlannedDelivery]:
    """The first plan of an account: what is public already is skipped, what is still to come is planned."""
    rows: list[PlannedDelivery] = []
    for item in identified:
        occasions = [NEW, FEATURED] if FEATURED.name in item.post.flags else [NEW]
        missing = [occasion for occasion in occasions if not _has_row(desk, item.id, occasion)]
        if item.known.published_at <= desk.now:
            rows += [skip_row(item, desk, occasion, Why(Reason.BASELINE)) for occasion in missing]
        else:
            rows += _plan_first_sight(item, desk)
    return rows


def plan_fresh(identified: Iterable[Identified], desk: Desk) -> list[PlannedDelivery]:
    """Posts that are new or newly featured on an account with a baseline, the oldest first."""
    rows: list[PlannedDelivery] = []
    for item in identified:
        if not _has_row(desk, item.id, NEW):
            rows += _plan_first_sight(item, desk)
        elif FEATURED.name in item.post.flags and not _has_row(desk, item.id, FEATURED):
            rows += _plan_occasion(item, desk, FEATURED)
    return rows


def _plan_first_sight(item: Identified, desk: Desk) -> list[PlannedDelivery]:
    """A post never seen before: announced as new; as featured only where the account posts nothing but those."""
    old = Why(Reason.OLD_WHEN_FOUND) if _was_old(item, desk) else None
    rows = [] if _has_row(desk, item.id, NEW) else _plan_occasion(item, desk, NEW, old)
    if FEATURED.name not in item.post.flags or _has_row(desk, item.id, FEATURED):
        return rows
    if NEW.word in desk.account.on:
        return [*rows, skip_row(item, desk, FEATURED, Why(Reason.FLAGGED_FROM_THE_START, FEATURED.name))]
    return [*rows, *_plan_occasion(item, desk, FEATURED, old)]


def _was_old(item: Identified, desk: Desk) -> bool:
    """Whether it had been out for long when it was first seen, as a draft, too: copied here, uncovered, no news."""
    found_at = item.found_at or item.known.first_seen_at
    return found_at - item.known.published_at > desk.account.schedule.old_after


def _plan_occasion(item: Identified, desk: Desk, occasion: Occasion, other: Why | None = None) -> list[PlannedDelivery]:
    """Rows of a message; skipped for what the post, the account or the caller says, held while the post is doubtful."""
    override = find_override(item.post, desk.account)
    why = find_own_reason(item.post, override, occasion) or find_rule_reason(item, desk.account, occasion) or other
    if why:
        return [skip_row(item, desk, occasion, why)]
    rows = plan_rows(item, desk, override, occasion)
    doubt = item.perhaps or find_doubt(desk.rows.get(item.id, ()))
    if not doubt:
        return rows
    return [replace(row, state=State.HELD, reason=Reason.MAYBE_RENAMED, detail=doubt) for row in rows]


def _has_row(desk: Desk, post_id: str, occasion: Occasion) -> bool:
    return any(row.occasion == occasion for row in desk.rows.get(post_id, ()))


def oldest_first(identified: Sequence[Identified]) -> list[Identified]:
    """By publication, so that the older post gets the earlier slot."""
    return sorted(identified, key=lambda item: (item.known.published_at, item.id))
