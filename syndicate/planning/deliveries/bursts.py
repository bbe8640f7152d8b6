"""Many posts at once are an import, a changed rule or another branch, and hardly news: a person decides.

Counted for each account over an hour of news: when a post was first seen or got its flag, or becomes public. What is
sent already counts and is not called back; what a person let go does not count any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicate.model import (
    ASIDE,
    COMING,
    Action,
    Delivery,
    Identified,
    KnownDelivery,
    Occasion,
    OccasionKind,
    PlannedChange,
    PlannedDelivery,
    Reason,
    Remark,
    State,
    Why,
)
from syndicate.planning.deliveries import ASKED_TOGETHER, change_row

if TYPE_CHECKING:  # what composes messages is slow to load, and who asks for questions needs none of it
    from syndicate.planning.deliveries.account import AccountContext

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _News:
    """One message that is news at a moment."""

    at: datetime
    post_id: str
    occasion: Occasion


def hold_bursts(
    context: AccountContext,
    fresh: Sequence[PlannedDelivery],
    changes: Sequence[PlannedChange],
    present: Mapping[str, Identified],
) -> tuple[list[PlannedDelivery], list[PlannedChange]]:
    """The rows to add and the changes of one account, with everything held that belongs to too many at once."""
    most = context.account.schedule.most_at_once
    changed = {change.delivery_id: change for change in changes}
    news = [*_list_new(fresh, present, context.now), *_list_known(context, changed, present)] if most else []
    crowd = {(one.post_id, one.occasion) for one in _find_crowded(news, most)}
    if not crowd:
        return list(fresh), list(changes)
    held = [_hold_new(row) if (row.post_id, row.occasion) in crowd else row for row in fresh]
    stopped = {
        row.id: change_row(row, State.HELD, Why(Reason.MANY_AT_ONCE))
        for post_id in {post_id for post_id, _ in crowd}
        for row in context.rows.get(post_id, ())
        if (post_id, row.occasion) in crowd and _is_stoppable(row, changed.get(row.id))
    }
    return held, [*(change for change in changes if change.delivery_id not in stopped), *stopped.values()]


def _list_new(fresh: Iterable[PlannedDelivery], present: Mapping[str, Identified], now: datetime) -> Iterable[_News]:
    for row in fresh:
        if row.part == 1 and row.state is not State.SKIPPED and row.reason is not Reason.TURNED_UP:
            yield _News(max(now, present[row.post_id].known.published_at), row.post_id, row.occasion)


def _list_known(
    context: AccountContext, changed: Mapping[int, PlannedChange], present: Mapping[str, Identified]
) -> Iterable[_News]:
    """What became news within the last hour, or will."""
    for post_id, rows in context.rows.items():
        item = present.get(post_id)
        for row in rows:
            at = context.now if _goes_now(row, changed.get(row.id), item, context.now) else _find_news_at(row, item)
            if at and at > context.now - HOUR and _is_news(row, changed.get(row.id)):
                yield _News(at, post_id, row.occasion)


def _find_news_at(row: KnownDelivery, item: Identified | None) -> datetime | None:
    return max(filter(None, (row.created_at, item.known.published_at if item else None)), default=None)


def _goes_now(row: KnownDelivery, change: PlannedChange | None, item: Identified | None, now: datetime) -> bool:
    """Whether it is news this moment: judged again, or written ahead and due, be it that a clock was set right."""
    if change:
        return row.state is State.SKIPPED and change.state in COMING
    is_ahead = item is not None and row.created_at is not None and row.created_at < item.known.published_at <= now
    return is_ahead and row.state is State.PLANNED and row.due_at <= now


def _is_news(row: KnownDelivery, change: PlannedChange | None) -> bool:
    state = change.state if change else row.state
    is_aside = row.reason in {Reason.FOUND_ON_NETWORK, Reason.TURNED_UP}
    is_announcement = row.part == 1 and row.occasion.kind in {OccasionKind.NEW, OccasionKind.FLAG}
    return is_announcement and not (state in ASIDE or is_aside or row.chosen is Action.RELEASE)


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
    is_free = row.state in COMING or row.reason is Reason.APPROVAL
    return replace(row, state=State.HELD, reason=Reason.MANY_AT_ONCE, detail="") if is_free else row


def _is_stoppable(row: KnownDelivery, change: PlannedChange | None) -> bool:
    """Whether it waits, and nobody touched it."""
    state = change.state if change else row.state
    return row.state in (*COMING, *ASIDE) and state in COMING and row.chosen is None


# --- what a person hears ---------------------------------------------------------------------------------------


def list_remarks(
    deliveries: Iterable[PlannedDelivery], changes: Iterable[PlannedChange], known: Sequence[KnownDelivery]
) -> tuple[Remark, ...]:
    """What a person should hear about the rows of a plan: a line for each question, and one for what is old."""
    held = [row for row in known if row.state is State.HELD]
    asked = {row.account for row in held if row.reason in ASKED_TOGETHER}
    by_id = {row.id: row for row in known}
    remarks = _Remarks()
    for row in deliveries:
        remarks.note(row.reason, row.account, row.post_id, row.slug, row.detail)
    for change in changes:
        if change.reason in ASKED_TOGETHER:
            before = by_id[change.delivery_id]
            remarks.note(change.reason, before.account, before.post_id, "", "")
    for one in held:  # the answer is for all of them, so the line counts them all
        if remarks.has_question(one.reason, one.account):
            remarks.note(one.reason, one.account, one.post_id, "", "")
    return tuple(replace(one, is_asked=one.about in asked) for one in remarks.list())


def list_first_parts(rows: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Of each message the first part among the rows: what comes after it waits for it."""
    rows = tuple(rows)
    firsts = {(one.post_id, one.account, one.occasion): one for one in sorted(rows, key=lambda one: -one.part)}
    return tuple(one for one in rows if one is firsts[one.post_id, one.account, one.occasion])


def list_questions(deliveries: Iterable[Delivery]) -> tuple[Remark, ...]:
    """What a person is asked about the rows of the outbox, however many rows there are."""
    remarks = _Remarks()
    for row in deliveries:
        if row.state is State.HELD:
            remarks.note(row.reason, row.account, row.post_id, row.slug, row.detail)
    return tuple(replace(one, is_asked=True) for one in remarks.list())


class _Remarks:
    """Rows by what is said of them: many at once by account, doubtful ones by the post that they may be, old ones all
    together."""

    def __init__(self) -> None:
        self._found: dict[tuple[Reason, str], tuple[str, dict[str, str]]] = {}

    def note(self, reason: Reason, account: str, post_id: str, slug: str, detail: str) -> None:
        topics = {
            Reason.MANY_AT_ONCE: (account, account),
            Reason.TURNED_UP: (account, account),
            Reason.MAYBE_RENAMED: (detail, detail),
            Reason.OLD_WHEN_FOUND: ("", ""),
        }
        if reason in topics:
            topic, about = topics[reason]
            _, slugs = self._found.setdefault((reason, topic), (about, {}))
            slugs[post_id] = slug or slugs.get(post_id, "")

    def has_question(self, reason: Reason, account: str) -> bool:
        return reason in ASKED_TOGETHER and (reason, account) in self._found

    def list(self) -> list[Remark]:
        return [
            Remark(reason=reason, about=about, slugs=tuple(slugs.values()), is_asked=False)
            for (reason, _), (about, slugs) in self._found.items()
        ]


_MOST_NAMED = 5
_MANY_TURNED_UP = "{} posts that may have been there before are"


def say_remark(remark: Remark) -> str:
    """One line, with what to do; what it tells to type touches only what it counts."""
    number = len(remark.slugs)
    if remark.reason in ASKED_TOGETHER:
        them = "it" if number == 1 else "them"
        only = f"--all --account {remark.about} --reason {remark.reason}"
        does = f"`syndicate queue release {only}` sends {them}, `syndicate queue skip {only}` does not"
        if remark.reason is Reason.MANY_AT_ONCE:
            one = f"1 post is held on {remark.about}, since many came within an hour"
            return f"{one if number == 1 else f'{number} posts at once are held on {remark.about}'}: {does}"
        were = "1 post that may have been there before is" if number == 1 else _MANY_TURNED_UP.format(number)
        return f"{were} held on {remark.about}: {does}"
    if remark.reason is Reason.MAYBE_RENAMED and number > 1:
        some = ", ".join(f'"{slug}"' for slug in remark.slugs[:_MOST_NAMED]) + (" …" if number > _MOST_NAMED else "")
        release = f"queue release --all --slug SLUG --reason {remark.reason}"
        does = f"`syndicate same {remark.about} SLUG` for one that is, `syndicate {release}` for one that is not"
        return f'one of {number} posts may be the earlier post "{remark.about}" ({some}): {does}'
    if remark.reason is Reason.MAYBE_RENAMED:
        slug, old = remark.slugs[0], remark.about
        release = f"queue release --all --slug {slug} --reason {remark.reason}"
        does = f"`syndicate same {old} {slug}` if it is, `syndicate {release}` if not"
        return f'"{slug}" may be the earlier post "{old}": {does}'
    if number == 1:
        release = f"queue release --all --slug {remark.slugs[0]} --reason {remark.reason}"
        return f'"{remark.slugs[0]}" was old when found and is not announced: `syndicate {release}` announces it'
    does = "`syndicate queue --all` lists them, `syndicate queue release ID` announces one all the same"
    return f"{number} posts were old when found and are not announced: {does}"
