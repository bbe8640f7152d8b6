"""Which messages are due: a baseline for what was there before, new and newly flagged posts afterwards.

Every post gets its rows on every account the first time it is seen, skipped ones included. So nothing that happens
later (an edit, an occasion or category turned on, an account turned off and on) announces an old post again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from syndicate.model import (
    FEATURED,
    NEW,
    Identified,
    KnownDelivery,
    Occasion,
    OccasionKind,
    PlannedChange,
    PlannedDelivery,
    Reason,
    State,
    Why,
)
from syndicate.planning.deliveries.account import Desk, earliest_at, find_doubt, plan_rows, skip_row
from syndicate.planning.deliveries.reasons import JUDGED_AGAIN, find_own_reason, find_rule_reason
from syndicate.planning.messages.template import find_override


def plan_baseline(
    identified: Iterable[Identified], desk: Desk, changed_at: datetime | None = None
) -> list[PlannedDelivery]:
    """The first plan of an account: what is public already is skipped, what is still to come is planned.

    Where a file was changed later than now, the clock is behind: what was public at that change was there before, too.
    """
    began_at = max(desk.now, changed_at or desk.now)
    return desk.plan_each(identified, lambda item: _plan_before(item, desk, began_at))


def _plan_before(item: Identified, desk: Desk, began_at: datetime) -> list[PlannedDelivery]:
    if item.known.published_at > began_at:
        return _plan_first_sight(item, desk)
    missing = [occasion for occasion in (NEW, *_list_flags(item, desk)) if not _has_row(desk, item.id, occasion)]
    return [skip_row(item, desk, occasion, Why(Reason.BASELINE)) for occasion in missing]


def plan_fresh(identified: Iterable[Identified], desk: Desk) -> list[PlannedDelivery]:
    """Posts that are new, or newly flagged, on an account with a baseline, the oldest first."""
    return desk.plan_each(identified, lambda item: _plan_news(item, desk))


def _plan_news(item: Identified, desk: Desk) -> list[PlannedDelivery]:
    if not _has_row(desk, item.id, NEW):
        return _plan_first_sight(item, desk)
    fresh = [occasion for occasion in _list_flags(item, desk) if not _has_row(desk, item.id, occasion)]
    return [row for occasion in fresh for row in _plan_flag(item, desk, occasion)]


def _list_flags(item: Identified, desk: Desk) -> list[Occasion]:
    """The flags of a post that may be announced. "featured" always leaves a row, so that it may be turned on later."""
    words = dict.fromkeys((FEATURED.name, *desk.account.flags))
    return [Occasion.of_flag(word) for word in words if word in item.post.flags]


def _plan_flag(item: Identified, desk: Desk, occasion: Occasion) -> list[PlannedDelivery]:
    """A post that has a new flag, or had it already when the account began to wait for that flag."""
    if occasion != FEATURED and occasion.name not in desk.heard:
        return [skip_row(item, desk, occasion, Why(Reason.BASELINE))]
    return _plan_occasion(item, desk, occasion)


def _plan_first_sight(item: Identified, desk: Desk) -> list[PlannedDelivery]:
    """A post never seen before: announced once, as new, or for its first flag where the account posts no new ones."""
    is_known_draft = _was_draft(item, desk) or item.may_be_draft
    old = Why(Reason.OLD_WHEN_FOUND) if was_old(item, desk) and not is_known_draft else None
    rows = [] if _has_row(desk, item.id, NEW) else _plan_occasion(item, desk, NEW, old)
    is_announced = NEW.word in desk.account.on
    for occasion in _list_flags(item, desk):
        if _has_row(desk, item.id, occasion):
            continue
        if is_announced:
            rows.append(skip_row(item, desk, occasion, Why(Reason.FLAGGED_FROM_THE_START, occasion.name)))
        else:
            rows += _plan_occasion(item, desk, occasion, old)
            is_announced = occasion.word in desk.account.on
    return rows


def _was_draft(item: Identified, desk: Desk) -> bool:
    was_there = item.found_at is not None and item.found_at < item.known.first_seen_at
    return was_there and item.post.source not in desk.sight.unread


def _was_unread_long(item: Identified, desk: Desk) -> bool:
    """Whether it could not be read, or was left out, until it was old: not found old, and yet hardly news."""
    is_old = desk.now - item.known.published_at > desk.account.schedule.old_after
    return is_old and item.post.source in desk.sight.unread


def was_old(item: Identified, desk: Desk) -> bool:
    """Whether it had been out for long when it was first seen, as a draft, too: copied here, uncovered, no news.

    First sight in the future was a clock that is set right now.
    """
    found_at = min(item.found_at or item.known.first_seen_at, desk.now)
    return found_at - item.known.published_at > desk.account.schedule.old_after


def _plan_occasion(item: Identified, desk: Desk, occasion: Occasion, other: Why | None = None) -> list[PlannedDelivery]:
    """Rows of a message; skipped for what the post, the account or the caller says, held while the post is doubtful."""
    override = find_override(item.post, desk.account)
    why = find_own_reason(item.post, override, occasion) or find_rule_reason(item, desk.account, occasion)
    why = why or desk.find_language_reason(item, occasion) or other
    if why and why.reason in JUDGED_AGAIN and item.perhaps:
        why = Why(why.reason, f"{why.detail}\n{Reason.MAYBE_RENAMED}\n{item.perhaps}")
    if why:
        return [skip_row(item, desk, occasion, why)]
    rows = plan_rows(item, desk, override, occasion)
    doubt = _find_question(item, desk)
    return [replace(row, state=State.HELD, reason=doubt.reason, detail=doubt.detail) for row in rows] if doubt else rows


def _find_question(item: Identified, desk: Desk) -> Why | None:
    """What only a person knows of a post that would go out."""
    if doubt := item.perhaps or find_doubt(desk.rows.get(item.id, ())):
        return Why(Reason.MAYBE_RENAMED, doubt)
    is_public = item.known.published_at <= desk.now
    was_kept_back = (_was_draft(item, desk) or item.may_be_draft) and was_old(item, desk)
    is_doubtful = desk.sight.may_hide(item.post.source) or was_kept_back or _was_unread_long(item, desk)
    return Why(Reason.TURNED_UP) if is_public and is_doubtful else None


def _has_row(desk: Desk, post_id: str, occasion: Occasion) -> bool:
    return any(row.occasion == occasion for row in desk.rows.get(post_id, ()))


def oldest_first(identified: Sequence[Identified]) -> list[Identified]:
    """By publication, so that the older post gets the earlier slot."""
    return sorted(identified, key=lambda item: (item.known.published_at, item.id))


# --- recycled posts: the one that was silent longest takes a slot that no fresh post wants ---

_WAITING = frozenset({State.PLANNED, State.DUE, State.SENDING, State.HELD, State.UNCERTAIN, State.MISSED})


def plan_evergreen(identified: Iterable[Identified], desk: Desk) -> list[PlannedDelivery]:
    """At most one recycled post an account, and only while nothing else of it waits.

    A post may come again when nothing was said of it for `evergreen_after`; it comes once a month at most. Needs
    slots: without them nothing says how often.
    """
    if OccasionKind.EVERGREEN not in desk.account.on or not desk.account.enabled or not desk.calendar.triggers:
        return []
    if any(row.state in _WAITING for rows in desk.rows.values() for row in rows):
        return []
    floor = desk.now - desk.account.evergreen_after
    occasion = Occasion.of_month(f"{desk.now:%Y-%m}")

    def plan(item: Identified) -> list[PlannedDelivery]:
        override = find_override(item.post, desk.account)
        why = find_own_reason(item.post, override, occasion) or find_rule_reason(item, desk.account, occasion)
        why = why or desk.find_language_reason(item, occasion)
        has_row = any(row.occasion == occasion for row in desk.rows.get(item.id, ()))
        return [] if why or has_row else plan_rows(item, desk, override, occasion)

    for item in sorted(identified, key=lambda item: (_last_heard(item, desk), item.id)):
        if _last_heard(item, desk) > floor:
            return []
        if rows := desk.plan_each((item,), plan):
            return rows
    return []


def yield_slots(desk: Desk, present: Mapping[str, Identified]) -> list[PlannedChange]:
    """Recycled rows whose instant a fresh message took move on to the next free slot."""
    changes: list[PlannedChange] = []
    for row in _pending(desk):
        if row.post_id in present:
            changes += desk.plan_each((present[row.post_id],), partial(_yield_slot, desk, row))
    return changes


def _yield_slot(desk: Desk, row: KnownDelivery, item: Identified) -> list[PlannedChange]:
    if desk.calendar.is_free(row.due_at, desk.taken):
        desk.taken.add(row.due_at, desk.calendar.zone)
        return []
    earliest, _ = earliest_at(item, desk, find_override(item.post, desk.account))
    due_at = desk.take_slot(max(earliest, row.due_at))
    return [PlannedChange(delivery_id=row.id, state=row.state, due_at=due_at, reason=Reason.GAVE_WAY)]


def _pending(desk: Desk) -> list[KnownDelivery]:
    """Those that give way: a time that a person gave stays."""
    rows = [row for each in desk.rows.values() for row in each if row.occasion.kind is OccasionKind.EVERGREEN]
    states = {State.PLANNED, State.HELD}
    return [row for row in rows if row.state in states and row.part == 1 and row.chosen_due_at is None]


def _last_heard(item: Identified, desk: Desk) -> datetime:
    """When the account last spoke of the post, else when it was published."""
    spoken = [row.sent_at for row in desk.rows.get(item.id, ()) if row.sent_at]
    return max([item.known.published_at, *spoken])
