"""Many posts at once are an import, a changed rule or another branch, and hardly news: a person decides.

Counted for each account over an hour of news: when a post was first seen or got its flag, or becomes public. What is
sent already counts and is not called back; what a person let go does not count any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.model import (
    Identified,
    KnownDelivery,
    Occasion,
    OccasionKind,
    PlannedChange,
    PlannedDelivery,
    Reason,
    Remark,
    State,
)
from syndicate.planning.deliveries.account import Desk

HOUR = timedelta(hours=1)
_OUT_OF_IT = frozenset({State.SKIPPED, State.CANCELLED})
_ON_ITS_WAY = frozenset({State.PLANNED, State.DUE})


@dataclass(frozen=True, slots=True)
class _News:
    """One message that is news at a moment."""

    at: datetime
    post_id: str
    occasion: Occasion


def hold_bursts(
    desk: Desk,
    fresh: Sequence[PlannedDelivery],
    changes: Sequence[PlannedChange],
    present: Mapping[str, Identified],
) -> tuple[list[PlannedDelivery], list[PlannedChange]]:
    """The rows to add and the changes of one account, with everything held that belongs to too many at once."""
    most = desk.account.schedule.most_at_once
    changed = {change.delivery_id: change for change in changes}
    news = [*_list_new(fresh, present, desk.now), *_list_known(desk, changed, present)] if most else []
    crowd = {(one.post_id, one.occasion) for one in _find_crowded(news, most)}
    if not crowd:
        return list(fresh), list(changes)
    held = [_hold_new(row) if (row.post_id, row.occasion) in crowd else row for row in fresh]
    stopped = {
        row.id: PlannedChange(delivery_id=row.id, state=State.HELD, due_at=row.due_at, reason=Reason.MANY_AT_ONCE)
        for post_id in {post_id for post_id, _ in crowd}
        for row in desk.rows.get(post_id, ())
        if (post_id, row.occasion) in crowd and _is_stoppable(row, changed.get(row.id))
    }
    return held, [*(change for change in changes if change.delivery_id not in stopped), *stopped.values()]


def _list_new(fresh: Iterable[PlannedDelivery], present: Mapping[str, Identified], now: datetime) -> Iterable[_News]:
    for row in fresh:
        if row.part == 1 and row.state is not State.SKIPPED:
            yield _News(max(now, present[row.post_id].known.published_at), row.post_id, row.occasion)


def _list_known(desk: Desk, changed: Mapping[int, PlannedChange], present: Mapping[str, Identified]) -> Iterable[_News]:
    """What became news within the last hour, or will."""
    for post_id, rows in desk.rows.items():
        item = present.get(post_id)
        for row in rows:
            at = max(filter(None, (row.created_at, item.known.published_at if item else None)), default=None)
            if at and at > desk.now - HOUR and _is_news(row, changed.get(row.id)):
                yield _News(at, post_id, row.occasion)


def _is_news(row: KnownDelivery, change: PlannedChange | None) -> bool:
    state = change.state if change else row.state
    is_copy_found = row.reason is Reason.FOUND_ON_NETWORK
    is_announcement = row.part == 1 and row.occasion.kind in {OccasionKind.NEW, OccasionKind.FLAG}
    return is_announcement and not (state in _OUT_OF_IT or is_copy_found or row.overruled is Reason.MANY_AT_ONCE)


def _find_crowded(news: Sequence[_News], most: int) -> Iterable[_News]:
    """Those that share an hour with more posts than `most`."""
    ordered = sorted(news, key=lambda one: (one.at, one.post_id, one.occasion.name))
    last = 0
    for first, one in enumerate(ordered):
        last = max(last, first)
        while last < len(ordered) and ordered[last].at < one.at + HOUR:
            last += 1
        window = ordered[first:last]
        if len(window) > most and len({each.post_id for each in window}) > most:
            yield from window


def _hold_new(row: PlannedDelivery) -> PlannedDelivery:
    is_free = row.state in _ON_ITS_WAY or row.reason is Reason.APPROVAL
    return replace(row, state=State.HELD, reason=Reason.MANY_AT_ONCE, detail="") if is_free else row


def _is_stoppable(row: KnownDelivery, change: PlannedChange | None) -> bool:
    """Whether it waits, and nobody touched it."""
    state = change.state if change else row.state
    return row.state in {*_ON_ITS_WAY, State.CANCELLED, State.SKIPPED} and state in _ON_ITS_WAY and row.chosen is None


def list_remarks(
    deliveries: Iterable[PlannedDelivery], changes: Iterable[PlannedChange], known: Sequence[KnownDelivery]
) -> tuple[Remark, ...]:
    """What a person should hear about these rows: a line for each question, and one for what is old."""
    asked = {(row.reason, _topic(row.reason, row.account, row.detail)) for row in known if row.state is State.HELD}
    by_id = {row.id: row for row in known}
    slugs: dict[tuple[Reason, str], dict[str, str]] = {}
    for row in deliveries:
        if row.reason in _TOLD:
            topic = row.reason, _topic(row.reason, row.account, row.detail)
            slugs.setdefault(topic, {})[row.post_id] = row.slug
    for change in changes:
        if change.reason is Reason.MANY_AT_ONCE:
            before = by_id[change.delivery_id]
            slugs.setdefault((change.reason, before.account), {}).setdefault(before.post_id, "")
    return tuple(
        Remark(reason=reason, about=about, slugs=tuple(found.values()), is_asked=(reason, about) in asked)
        for (reason, about), found in slugs.items()
    )


_TOLD = frozenset({Reason.MANY_AT_ONCE, Reason.MAYBE_RENAMED, Reason.OLD_WHEN_FOUND})


def _topic(reason: Reason, account: str, detail: str) -> str:
    """What one question is about: an account, or the post of before."""
    return {Reason.MANY_AT_ONCE: account, Reason.MAYBE_RENAMED: detail}.get(reason, "")
