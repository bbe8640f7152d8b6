"""Which messages are due: a baseline for what was there before, new and newly flagged posts afterwards.

Every post gets its rows on every account the first time it is seen, skipped ones included. So nothing that happens
later (an edit, an occasion or category turned on, an account turned off and on) announces an old post again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import or_

from syndicate.model import (
    ASIDE,
    FEATURED,
    NEW,
    UNSENT,
    WAITING,
    Account,
    Delivery,
    Identified,
    KnownDelivery,
    Occasion,
    OccasionKind,
    Plan,
    PlannedChange,
    PlannedDelivery,
    Reason,
    SocialOverride,
    State,
    Why,
)
from syndicate.planning.deliveries import JUDGED_AGAIN, change_row, find_own_reason, find_rule_reason
from syndicate.planning.deliveries.account import (
    SECOND_LOOK,
    AccountContext,
    earliest_at,
    find_doubt,
    plan_rows,
    skip_row,
)
from syndicate.planning.deliveries.bursts import HOUR
from syndicate.planning.messages.template import find_override


def plan_baseline(
    identified: Iterable[Identified], context: AccountContext, changed_at: datetime | None
) -> list[PlannedDelivery]:
    """The first plan of an account: what is public already is skipped, what is still to come is planned.

    Where a file was changed later than now, the clock is behind: what was public at that change was there before, too.
    """
    began_at = max(context.now, changed_at or context.now)
    return context.plan_each(identified, lambda item: _plan_before(item, context, began_at))


def _plan_before(item: Identified, context: AccountContext, began_at: datetime) -> list[PlannedDelivery]:
    if item.known.published_at > began_at:
        return _plan_first_sight(item, context)
    missing = [occasion for occasion in (NEW, *_list_flags(item, context)) if not _has_row(context, item.id, occasion)]
    return [skip_row(item, context, occasion, Why(Reason.BASELINE)) for occasion in missing]


def plan_fresh(identified: Iterable[Identified], context: AccountContext) -> list[PlannedDelivery]:
    """Posts that are new, or newly flagged, on an account with a baseline, the oldest first."""
    among = replace(context, is_import=_is_import(identified, context))
    return context.plan_each(identified, lambda item: _plan_news(item, among))


_IMPORT = 2
"""So many posts that are old when found, within an hour, are another blog, another branch or a copy on its way."""


def _is_import(identified: Iterable[Identified], context: AccountContext) -> bool:
    """Whether what is new now came together with old posts."""
    new = [item for item in identified if not context.rows.get(item.id)]
    if not new:
        return False
    lately = [row for rows in context.rows.values() for row in rows if row.reason is Reason.OLD_WHEN_FOUND]
    old = sum(was_old(item, context) for item in new)
    return old + sum(row.created_at is not None and row.created_at > context.now - HOUR for row in lately) >= _IMPORT


def _plan_news(item: Identified, context: AccountContext) -> list[PlannedDelivery]:
    if not _has_row(context, item.id, NEW):
        return _plan_first_sight(item, context)
    fresh = [occasion for occasion in _list_flags(item, context) if not _has_row(context, item.id, occasion)]
    return [row for occasion in fresh for row in _plan_flag(item, context, occasion)]


def _list_flags(item: Identified, context: AccountContext) -> list[Occasion]:
    """The flags of a post that may be announced. "featured" always leaves a row, so that it may be turned on later."""
    words = dict.fromkeys((FEATURED.name, *context.account.flags))
    return [Occasion.of_flag(word) for word in words if word in item.post.flags]


def _plan_flag(item: Identified, context: AccountContext, occasion: Occasion) -> list[PlannedDelivery]:
    """A post that has a new flag, or had it already when the account began to wait for that flag."""
    if occasion != FEATURED and occasion.name not in context.heard:
        return [skip_row(item, context, occasion, Why(Reason.BASELINE))]
    return _plan_occasion(item, context, occasion)


def _plan_first_sight(item: Identified, context: AccountContext) -> list[PlannedDelivery]:
    """A post never seen before: announced once, as new, or for its first flag where the account posts no new ones."""
    is_known_draft = _was_draft(item, context) or item.may_be_draft
    is_expected = is_known_draft or _is_awaited(item, context)
    old = Why(Reason.OLD_WHEN_FOUND) if was_old(item, context) and not is_expected else None
    old = Why(Reason.POSTED_BY_HAND) if _is_said_by_hand(item, context) else old
    rows = [] if _has_row(context, item.id, NEW) else _plan_occasion(item, context, NEW, old)
    is_announced = NEW.word in context.account.on
    for occasion in _list_flags(item, context):
        if _has_row(context, item.id, occasion):
            continue
        if is_announced:
            rows.append(skip_row(item, context, occasion, Why(Reason.FLAGGED_FROM_THE_START, occasion.name)))
        else:
            rows += _plan_occasion(item, context, occasion, old)
            is_announced = occasion.word in context.account.on
    return rows


def _is_said_by_hand(item: Identified, context: AccountContext) -> bool:
    """Whether a person announced it before it was known."""
    by_hand = (row for row in context.rows.get(item.id, ()) if row.occasion.kind is OccasionKind.MANUAL)
    return any(row.state not in ASIDE for row in by_hand)


def _is_awaited(item: Identified, context: AccountContext) -> bool:
    """Whether it is the translation that the account has waited for, since a post that was news then."""
    others = (one for one in context.groups.get(item.post.group, ()) if one.id != item.id and not was_old(one, context))
    return any(
        row.state is State.SKIPPED and row.reason is Reason.NO_TRANSLATION and row.chosen is None
        for one in others
        for row in context.rows.get(one.id, ())
    )


def _was_draft(item: Identified, context: AccountContext) -> bool:
    was_there = item.found_at is not None and item.found_at < item.known.first_seen_at
    return was_there and item.post.source not in context.sight.unread


def _was_unread_long(item: Identified, context: AccountContext) -> bool:
    """Whether it could not be read, or was left out, until it was old: not found old, and yet hardly news."""
    is_old = context.now - item.known.published_at > context.account.schedule.old_after
    return is_old and item.post.source in context.sight.unread


def was_old(item: Identified, context: AccountContext) -> bool:
    """Whether it had been out for long when it was first seen, as a draft, too: copied here, uncovered, no news.

    First sight in the future was a clock that is set right now.
    """
    found_at = min(item.found_at or item.known.first_seen_at, context.now)
    return found_at - item.known.published_at > context.account.schedule.old_after


def _plan_occasion(
    item: Identified, context: AccountContext, occasion: Occasion, other: Why | None = None
) -> list[PlannedDelivery]:
    """Rows of a message; skipped for what the post, the account or the caller says, held while the post is doubtful."""
    override = find_override(item.post, context.account)
    why = _find_reason(item, context, override, occasion) or other
    if why and why.reason in JUDGED_AGAIN and item.perhaps:
        why = Why(why.reason, f"{why.detail}\n{Reason.MAYBE_RENAMED}\n{item.perhaps}")
    if why:
        return [skip_row(item, context, occasion, why)]
    rows = plan_rows(item, context, override, occasion)
    doubt = _find_question(item, context)
    return [replace(row, state=State.HELD, reason=doubt.reason, detail=doubt.detail) for row in rows] if doubt else rows


def _find_reason(item: Identified, context: AccountContext, override: SocialOverride, occasion: Occasion) -> Why | None:
    why = find_own_reason(item.post, override, occasion) or find_rule_reason(item, context.account, occasion)
    return why or context.find_language_reason(item, occasion)


def _find_question(item: Identified, context: AccountContext) -> Why | None:
    """What only a person knows of a post that would go out."""
    if doubt := item.perhaps or find_doubt(context.rows.get(item.id, ())):
        return Why(Reason.MAYBE_RENAMED, doubt)
    is_public = item.known.published_at <= context.now
    was_kept_back = (_was_draft(item, context) or item.may_be_draft) and was_old(item, context)
    is_doubtful = context.sight.may_hide(item.post.source) or was_kept_back or _was_unread_long(item, context)
    return Why(Reason.TURNED_UP) if is_public and (is_doubtful or _is_imported(item, context)) else None


def _is_imported(item: Identified, context: AccountContext) -> bool:
    """Whether it is not of today, and came together with old posts."""
    is_expected = _was_draft(item, context) or item.may_be_draft or _is_awaited(item, context)
    return context.is_import and not is_expected and context.now - item.known.published_at > SECOND_LOOK


def _has_row(context: AccountContext, post_id: str, occasion: Occasion) -> bool:
    return any(row.occasion == occasion for row in context.rows.get(post_id, ()))


def oldest_first(identified: Sequence[Identified]) -> list[Identified]:
    """By publication, so that the older post gets the earlier slot."""
    return sorted(identified, key=lambda item: (item.known.published_at, item.id))


# --- recycled posts: the one that was silent longest takes a slot that no fresh post wants ---

_UNFINISHED = (*UNSENT, State.SENDING, State.UNCERTAIN)


def plan_evergreen(identified: Iterable[Identified], context: AccountContext) -> list[PlannedDelivery]:
    """At most one recycled post an account, and only while nothing else of it waits.

    A post may come again when nothing was said of it for `evergreen_after`; it comes once a month at most. Needs
    slots: without them nothing says how often.
    """
    if OccasionKind.EVERGREEN not in context.account.on or not context.account.enabled or not context.calendar.triggers:
        return []
    if any(row.state in _UNFINISHED for rows in context.rows.values() for row in rows):
        return []
    floor = context.now - context.account.evergreen_after
    occasion = Occasion.of_month(f"{context.now:%Y-%m}")

    def plan(item: Identified) -> list[PlannedDelivery]:
        override = find_override(item.post, context.account)
        is_stopped = _find_reason(item, context, override, occasion) or _has_row(context, item.id, occasion)
        return [] if is_stopped else plan_rows(item, context, override, occasion)

    for item in sorted(identified, key=lambda item: (_last_heard(item, context), item.id)):
        if _last_heard(item, context) > floor:
            return []
        if rows := context.plan_each((item,), plan):
            return rows
    return []


def yield_slots(context: AccountContext, present: Mapping[str, Identified]) -> list[PlannedChange]:
    """Recycled rows whose instant a fresh message took move on to the next free slot."""
    changes: list[PlannedChange] = []
    for row in _pending(context):
        if row.post_id in present:
            changes += context.plan_each((present[row.post_id],), partial(_yield_slot, context, row))
    return changes


def _yield_slot(context: AccountContext, row: KnownDelivery, item: Identified) -> list[PlannedChange]:
    if context.calendar.is_free(row.due_at, context.taken):
        context.taken.add(row.due_at, context.calendar.zone)
        return []
    earliest = earliest_at(item, context, find_override(item.post, context.account))
    due_at = context.take_slot(max(earliest, row.due_at))
    return [change_row(row, row.state, Why(Reason.GAVE_WAY), due_at=due_at)]


def _pending(context: AccountContext) -> list[KnownDelivery]:
    """Those that give way: a time that a person gave stays."""
    rows = [row for each in context.rows.values() for row in each if row.occasion.kind is OccasionKind.EVERGREEN]
    states = {State.PLANNED, State.HELD}
    return [row for row in rows if row.state in states and row.part == 1 and row.chosen_due_at is None]


def _last_heard(item: Identified, context: AccountContext) -> datetime:
    """When the account last spoke of the post, else when it was published."""
    spoken = [row.sent_at for row in context.rows.get(item.id, ()) if row.sent_at]
    return max([item.known.published_at, *spoken])


# --- threads whose text changed while they wait: rows that are missing come, those that are too many go ---


def plan_parts(
    context: AccountContext, present: Mapping[str, Identified], untouchable: Collection[int]
) -> tuple[list[PlannedDelivery], list[PlannedChange]]:
    """Rows to add and to cancel, so that each waiting message has as many rows as it has parts.

    Rows in `untouchable` are changed otherwise by this plan; their message is looked at by the next one. What a
    person asked for by hand keeps its rows.
    """
    added: list[PlannedDelivery] = []
    changes: list[PlannedChange] = []
    for item, rows in _list_waiting(context, present):
        if any(row.id in untouchable for row in rows):
            continue
        for more, fewer in context.plan_each((item,), partial(_plan_parts_of, context, rows)):
            added += more
            changes += fewer
    return added, changes


def _plan_parts_of(
    context: AccountContext, rows: Sequence[KnownDelivery], item: Identified
) -> list[tuple[list[PlannedDelivery], list[PlannedChange]]]:
    first = min((row for row in rows if row.state in WAITING), key=lambda row: row.part)
    override = find_override(item.post, context.account)
    wanted = plan_rows(item, context, override, first.occasion, at=first.due_at)
    if wanted[0].message is None:
        return []
    have = {row.part for row in rows}
    more = [_follow(row, first) for row in wanted if row.part not in have]
    return [(more, list(_change_parts(rows, len(wanted), first)))]


def _follow(row: PlannedDelivery, first: KnownDelivery) -> PlannedDelivery:
    """A further part is where its first is, for the same reason."""
    return replace(
        row,
        state=first.state,
        reason=first.reason,
        detail=first.detail,
        chosen=first.chosen,
        chosen_due_at=first.chosen_due_at,
    )


def leads_on(row: Delivery, account: Account, number: int) -> bool:
    """Whether the parts after this one follow it: it is the first of `number`, or a person releases it."""
    begins = row.part == 1 or (row.overruled is Reason.OTHER_THREAD and row.part <= number)
    is_composed = row.state is not State.SENT and not row.text.strip()
    return begins and is_composed and (account.thread or account.link == "reply")


def fit_parts(first: Delivery, rows: Collection[Delivery], number: int, now: datetime) -> Plan:
    """As `plan_parts`, the moment before a part that `leads_on` goes out: limits and words may be others by now."""
    blank = PlannedDelivery(
        post_id=first.post_id,
        slug=first.slug,
        account=first.account,
        network=first.network,
        occasion=first.occasion,
        part=1,
        state=State.PLANNED,
        due_at=first.due_at,
        chosen=first.chosen,
        chosen_due_at=first.chosen_due_at,
    )
    missing = sorted(set(range(1, number + 1)) - {row.part for row in rows})
    added = tuple(replace(blank, part=part) for part in missing)
    return Plan(now=now, deliveries=added, changes=tuple(_change_parts(rows, number, first)))


def _change_parts(
    rows: Iterable[KnownDelivery | Delivery], number: int, first: KnownDelivery | Delivery
) -> Iterator[PlannedChange]:
    """Parts beyond the number are parked, parked ones within it come back; they follow the first in any case."""
    is_held = first.state is State.HELD
    why = Why(first.reason, first.detail) if is_held else None
    for row in rows:
        if row.part > number and row.state in WAITING:
            yield change_row(row, State.CANCELLED, Why(Reason.FEWER_PARTS))
        elif row.part <= number and row.state is State.CANCELLED:
            yield change_row(row, State.HELD if is_held else State.PLANNED, why, due_at=first.due_at)


def _list_waiting(
    context: AccountContext, present: Mapping[str, Identified]
) -> Iterator[tuple[Identified, Sequence[KnownDelivery]]]:
    """Messages that may have several parts and of which nothing is out yet: all rows wait or are parked."""
    if not context.account.thread and context.account.link != "reply":
        return
    for post_id, rows in context.rows.items():
        item = present.get(post_id)
        occasions = {row.occasion for row in rows if row.occasion.kind is not OccasionKind.MANUAL}
        for occasion in sorted(occasions, key=str):
            parts = [row for row in rows if row.occasion == occasion]
            is_parked = [row.state is State.CANCELLED and row.reason is Reason.FEWER_PARTS for row in parts]
            is_waiting = [row.state in WAITING for row in parts]
            if item and any(is_waiting) and all(map(or_, is_parked, is_waiting)):
                yield item, parts
