"""What content wants of rows that are in the outbox already: cancel, skip, move, bring back. Sent ones stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.model import (
    ASIDE,
    COMING,
    UNSENT,
    Action,
    Identified,
    KnownDelivery,
    KnownPost,
    Occasion,
    OccasionKind,
    PlannedChange,
    Reason,
    SocialOverride,
    State,
    Why,
)
from syndicate.planning.deliveries import (
    BRINGS_BACK,
    JUDGED_AGAIN,
    TAKES_BACK,
    UNCLEAR,
    change_row,
    find_own_reason,
    find_rule_reason,
    find_unclear,
)
from syndicate.planning.deliveries.account import (
    SECOND_LOOK,
    AccountContext,
    earliest_at,
    find_doubt,
    find_embargo,
    tell_embargo,
)
from syndicate.planning.deliveries.bursts import HOUR
from syndicate.planning.deliveries.new import was_old
from syndicate.planning.messages.template import find_override
from syndicate.planning.resemblance import ASKED_FOR, Resemblance
from syndicate.planning.schedule import say_time
from syndicate.planning.schedule.gates import is_in_time, policy_of


def plan_cancellations(rows: Iterable[KnownDelivery], present: Collection[str]) -> list[PlannedChange]:
    """Unsent rows of posts that are gone; `present` are the ids of those that are not."""
    return [
        change_row(row, State.CANCELLED, Why(Reason.POST_GONE, _keep_question(row)))
        for row in rows
        if row.state in UNSENT and row.post_id not in present
    ]


def plan_orphans(
    rows: Iterable[KnownDelivery], present: Collection[str], accounts: Collection[str]
) -> list[PlannedChange]:
    """Rows of accounts that are not configured any more, or under another name: they wait for a person."""
    return [
        change_row(row, State.HELD, Why(Reason.ACCOUNT_GONE))
        for row in rows
        if row.state in COMING and row.post_id in present and row.account not in accounts
    ]


def _keep_question(row: KnownDelivery) -> str:
    """What a person is still to be asked when the row comes back, as data beside the reason that stops it."""
    is_asked = row.state in {State.HELD, State.MISSED} and row.reason
    return f"{row.reason}\n{row.detail}" if is_asked else ""


def plan_changes(
    context: AccountContext, present: Mapping[str, Identified], remembered: Mapping[str, KnownPost]
) -> list[PlannedChange]:
    """Rows of one account whose post gives them a reason to stop, none any longer, or another date."""

    def plan(item: Identified) -> list[PlannedChange]:
        rows = context.rows[item.id]
        if not any(_may_change(row, context.now) or _find_rival(row, item, context) for row in rows):
            return []
        override = find_override(item.post, context.account)
        case = _Case(item, context, override, remembered.get(item.id), present, {})
        return [change for row in rows if (change := _change_row(row, case))]

    return context.plan_each((present[post_id] for post_id in context.rows if post_id in present), plan)


def _may_change(row: KnownDelivery, now: datetime) -> bool:
    return row.state in UNSENT or row.reason in {*BRINGS_BACK, Reason.MISSED} or _is_judged_again(row, now)


def _is_judged_again(row: KnownDelivery, now: datetime) -> bool:
    """Whether a rule stopped it lately: at first sight (due then), or before a time that is not long past."""
    is_copy = row.reason is Reason.OLD_WHEN_FOUND and "\n" in row.detail  # a post may grow out of it
    is_lately = now < row.due_at + (ASKED_FOR if is_copy else SECOND_LOOK)
    return row.state is State.SKIPPED and row.reason in JUDGED_AGAIN and row.chosen is None and is_lately


def _find_rival(row: KnownDelivery, item: Identified, context: AccountContext) -> KnownDelivery | None:
    """The waiting message of the translation that this one was left to: where languages changed, it gives way."""
    if row.state is not State.SKIPPED or row.reason is not Reason.OTHER_LANGUAGE or row.chosen is not None:
        return None
    others = (one.id for one in context.groups.get(item.post.group, ()) if one.id != item.id)
    rivals = (one for other in others for one in context.rows.get(other, ()) if one.occasion == row.occasion)
    return next((one for one in rivals if one.state in UNSENT and one.chosen is None), None)


@dataclass(frozen=True, slots=True)
class _Case:
    """One post on one account. `slots` keeps the slot of a thread's first part for the others, by occasion."""

    item: Identified
    context: AccountContext
    override: SocialOverride
    before: KnownPost | None
    present: Mapping[str, Identified]
    slots: dict[Occasion, datetime]

    @property
    def is_public(self) -> bool:
        return self.item.known.published_at <= self.context.now

    def slot_for(self, row: KnownDelivery) -> datetime:
        """A free slot; rather the time that a person gave it, or the slot of what gives way to it, if still to come."""
        soonest = max(self.context.now, self.item.known.published_at)
        if row.chosen_due_at is not None and row.chosen_due_at >= soonest:
            return row.chosen_due_at
        rival = _find_rival(row, self.item, self.context)
        if rival and rival.due_at >= soonest:
            return rival.due_at
        if row.occasion not in self.slots:
            earliest = earliest_at(self.item, self.context, self.override)
            take = self.context.keep_slot if row.reason is Reason.ACCOUNT_GONE else self.context.change_slot
            self.slots[row.occasion] = take(row, earliest)
        return self.slots[row.occasion]


def _change_row(row: KnownDelivery, case: _Case) -> PlannedChange | None:
    is_stopped = row.state in ASIDE and row.reason in BRINGS_BACK
    is_manual = row.occasion.kind is OccasionKind.MANUAL
    own = None if is_manual else find_own_reason(case.item.post, case.override, row.occasion)
    if own is None and (due_at := _find_time_before(row, case)):
        return change_row(row, State.PLANNED, due_at=due_at)
    if is_manual:
        return _bring_back(row, case) if is_stopped or _is_back(row, case) else None
    if row.state in UNSENT:
        return _change_waiting(row, case, own)
    return _bring_back(row, case) if own is None and (is_stopped or _is_mended(row, case)) else None


def _change_waiting(row: KnownDelivery, case: _Case, own: Why | None) -> PlannedChange | None:
    why = own or _find_rule_reason(row, case) or _leave_to_translation(row, case)
    if why and not _is_overruled(row, why):
        detail = "\n".join(filter(None, (why.detail, _keep_question(row))))
        return change_row(row, State.SKIPPED, Why(why.reason, detail))
    if held := _hold_as_unclear(row, case):
        return held
    answers = (_is_back, _is_written_out, _is_dated_anew, _is_told_apart)
    return _bring_back(row, case) if any(is_answered(row, case) for is_answered in answers) else _move(row, case)


def _leave_to_translation(row: KnownDelivery, case: _Case) -> Why | None:
    """Planned before anybody knew that it is a translation."""
    why = case.context.find_language_reason(case.item, row.occasion) if row.chosen is None else None
    return why if why and why.reason is Reason.OTHER_LANGUAGE else None


def _find_unclear(row: KnownDelivery, case: _Case) -> Why | None:
    """What only its author can tell, where no person has let it go all the same."""
    why = find_unclear(case.item.post, case.override)
    return why if why and row.overruled is not why.reason else None


def _hold_as_unclear(row: KnownDelivery, case: _Case) -> PlannedChange | None:
    why = _find_unclear(row, case) if row.state in COMING else None
    return change_row(row, State.HELD, why) if why else None


def _is_back(row: KnownDelivery, _case: _Case) -> bool:
    """Whether it waited for its account, which is there."""
    return row.state is State.HELD and row.reason is Reason.ACCOUNT_GONE


def _is_written_out(row: KnownDelivery, case: _Case) -> bool:
    is_held = row.state is State.HELD and row.reason in UNCLEAR and row.chosen is not Action.HOLD
    return is_held and find_unclear(case.item.post, case.override) is None


def _is_dated_anew(row: KnownDelivery, case: _Case) -> bool:
    """Whether it was asked about because of an old date, and its author has just written a fresh one."""
    context, item, before = case.context, case.item, case.before
    is_asked = row.state is State.HELD and row.reason is Reason.TURNED_UP and row.chosen is None
    if not is_asked or before is None or before.published_at == item.known.published_at:
        return False
    return was_old(replace(item, known=before), context) and not was_old(item, context)


_PUT_ASIDE = frozenset({Action.HOLD, Action.SKIP, Action.CANCEL})


def _find_time_before(row: KnownDelivery, case: _Case) -> datetime | None:
    """When it goes after all, where a clock that was ahead said that its time was over, and is right again."""
    if row.chosen in _PUT_ASIDE or not case.context.account.enabled:
        return None
    is_missed = row.reason is Reason.MISSED and row.state in {State.MISSED, State.SKIPPED}
    is_near = row.due_at > case.context.now - HOUR  # a longer `grace` sends nothing of last week
    if is_missed and is_near and is_in_time(row, policy_of(case.context.account), case.context.now):
        return case.slot_for(row)
    is_moved = row.reason is Reason.MISSED_MOVED and row.state is State.PLANNED
    due_at = case.slot_for(row) if is_moved else row.due_at
    return due_at if due_at < row.due_at else None


AFTER_COPYING = timedelta(minutes=10)
"""Who began a post as a copy of another one may not have saved it for the last time."""


def _is_told_apart(row: KnownDelivery, case: _Case) -> bool:
    """Whether it was asked about as a copy, and has become a post of its own."""
    is_asked = row.state is State.HELD and row.reason is Reason.MAYBE_RENAMED and row.chosen is None
    return is_asked and _is_apart(row.detail, case)


def _is_apart(doubt: str, case: _Case) -> bool:
    """Whether title, date, text and words to be said are others than those of the post that it may be.

    That one is there, and as it was: else it is the one that became another, and its copy still says what it said.
    """
    item = case.item
    others = [one for one in case.present.values() if one.id != item.id]
    other = next((one for one in others if one.post.slug == doubt), None)
    if other is None or was_old(item, case.context) or not Resemblance(item.post, other.known).is_other_post:
        return False
    if other.known.first_seen_at >= item.known.first_seen_at or other.known.updated_at > item.known.first_seen_at:
        return False
    said = _list_said(item)  # its post may have another name by now, and another post that name
    return not any(said & _list_said(one) or Resemblance(item.post, one.known).is_alike for one in others)


def _list_said(item: Identified) -> set[str]:
    return {item.post.social_share, *(one.text for one in item.post.social.values())} - {""}


def _is_mended(row: KnownDelivery, case: _Case) -> bool:
    """Whether the rule that stopped it lately stops it no more, and nothing of its post goes out here anyway."""
    context = case.context
    has_rival = _find_rival(row, case.item, context) is not None
    if not (has_rival or _is_judged_again(row, context.now)):
        return False
    if not context.account.enabled or _find_rule_reason(row, case):
        return False
    why = context.find_language_reason(case.item, row.occasion)
    if why and not (has_rival and why.reason is Reason.TRANSLATION_ANNOUNCED):
        return False
    if row.reason is Reason.OTHER_LANGUAGE and case.item.post.group not in context.groups:
        return False  # the translation that was announced may be gone
    is_alone = all(one.state in ASIDE for one in context.rows[row.post_id])
    return is_alone and not was_old(case.item, context)


def _is_overruled(row: KnownDelivery, why: Why) -> bool:
    """Whether a person let it go all the same. A wish that its author puts into the post afterwards is a new one."""
    is_wish = why.reason in TAKES_BACK
    return why.reason is row.overruled if is_wish else row.overruled is not Reason.NONE


def _find_rule_reason(row: KnownDelivery, case: _Case) -> Why | None:
    """What an account that is turned off keeps waits for its return."""
    account = case.context.account
    return find_rule_reason(case.item, account, row.occasion) if account.enabled else None


def _move(row: KnownDelivery, case: _Case) -> PlannedChange | None:
    """A post that was re-dated before its publication, or put under embargo, takes its message along.

    A time that a person gave stays, while the post is out by then.
    """
    if row.chosen_due_at is not None and row.due_at >= case.item.known.published_at:
        return None
    is_redated = case.before is not None and case.before.published_at != case.item.known.published_at
    embargo, under = find_embargo(case.override, case.context), tell_embargo(case.item, case.context, case.override)
    is_other_embargo = row.reason is Reason.EMBARGO and under != Why(row.reason, row.detail)
    is_out_of_slot = _is_out_of_slot(row, case.context)
    if not (is_redated or (embargo and row.due_at < embargo) or is_other_embargo or is_out_of_slot):
        return None
    is_asked = row.state in {State.HELD, State.MISSED}
    new = Reason.REDATED if is_redated or not is_out_of_slot else Reason.OTHER_SLOTS
    why = Why(row.reason, row.detail) if is_asked else under or Why(new)
    return change_row(row, row.state, why, due_at=case.slot_for(row))


_PLACED = frozenset(
    {Reason.NONE, Reason.EMBARGO, Reason.REDATED, Reason.OTHER_SLOTS, Reason.GAVE_WAY, Reason.MISSED_MOVED}
)
"""Where a slot was taken for the row, and nothing put it off since."""


def _is_out_of_slot(row: KnownDelivery, context: AccountContext) -> bool:
    """Whether the slot that it was given is none any more: the account's slots, or its zone, were changed."""
    is_placed = row.state is State.PLANNED and row.reason in _PLACED and row.chosen is None
    return is_placed and row.due_at > context.now and not context.calendar.is_slot(row.due_at)


def _bring_back(row: KnownDelivery, case: _Case) -> PlannedChange:
    """Planned again; held again where it was held, or where only a person knows whether it is news."""
    why = _find_kept_question(row) or _find_new_question(row, case)
    due_at = case.slot_for(row) if why is None else row.due_at
    if why and why.reason is Reason.MAYBE_RENAMED and _is_apart(why.detail, case):
        why = Why(Reason.APPROVAL) if case.context.account.approve else None
        due_at = max(case.slot_for(row), case.context.now + AFTER_COPYING)
    return change_row(row, State.HELD if why else State.PLANNED, why, due_at=due_at)


def _find_kept_question(row: KnownDelivery) -> Why | None:
    """What a person was asked before it was stopped, or is asked. What its author was asked shows in the post."""
    if row.reason is Reason.MAYBE_RENAMED:
        return Why(row.reason, row.detail)
    has_own_data = row.reason in {Reason.UNFLAGGED, *UNCLEAR, *JUDGED_AGAIN}
    kept = row.detail.partition("\n")[2] if has_own_data else row.detail
    question, _, detail = kept.partition("\n")
    return Why(Reason(question), detail) if question and question not in UNCLEAR else None


def _find_new_question(row: KnownDelivery, case: _Case) -> Why | None:
    context = case.context
    if doubt := find_doubt(context.rows.get(row.post_id, ())):
        return Why(Reason.MAYBE_RENAMED, doubt)
    if row.chosen is Action.HOLD or row.reason is Reason.POST_CAME_BACK:
        return Why(Reason.POST_CAME_BACK)
    if unclear := _find_unclear(row, case):
        return unclear
    if row.reason in JUDGED_AGAIN and case.is_public and context.sight.may_hide(case.item.post.source):
        return Why(Reason.TURNED_UP)
    is_late = context.now - row.due_at > policy_of(context.account).stale_after
    if is_late and row.reason is not Reason.OTHER_LANGUAGE:
        return Why(Reason.MISSED, say_time(row.due_at, context.account.schedule.timezone))
    is_asked_for = row.chosen is not None or row.occasion.kind is OccasionKind.MANUAL
    return Why(Reason.APPROVAL) if context.account.approve and not is_asked_for else None
