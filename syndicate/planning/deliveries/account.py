"""One account at planning: its style, its calendar, the rows it has, and how a new row is made."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from syndicate.errors import ConfigError, contain
from syndicate.model import (
    NO_PICTURE,
    WAITING,
    Account,
    Action,
    CardRef,
    Identified,
    KnownDelivery,
    NetworkFacts,
    Occasion,
    OccasionKind,
    OwnPicture,
    PlannedChange,
    PlannedDelivery,
    Problem,
    Reason,
    ScheduleRules,
    Site,
    SocialOverride,
    State,
    Why,
    make_problem,
)
from syndicate.planning.declared import Groups, find_language_reason, is_spoken
from syndicate.planning.deliveries import change_row, find_unclear
from syndicate.planning.messages import AccountStyle, Composed, compose_message, make_style
from syndicate.planning.schedule import Calendar, Taken, list_taken, say_time
from syndicate.planning.schedule.gates import find_token_end, tell_token_end
from syndicate.planning.schedule.when import parse_moment

Row = TypeVar("Row")
Troubles = Sequence[tuple[str, Exception]]
"""What is wrong with accounts, by their names."""
SECOND_LOOK = timedelta(days=1)
"""How long a mistake in a date, a category or a setting may be mended as if it had never been."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Why a post that is seen for the first time may have been there before."""

    is_new: bool = False
    """Posts are read in another way than before, or for the first time: any post may have been there."""
    closed: frozenset[str] = frozenset()
    """Files, and folders ending in "/", that were there and could not be read when the account began."""

    unread: frozenset[str] = frozenset()
    """Those that could not be read the last time, whenever that began."""

    def may_hide(self, source: str) -> bool:
        """Whether the post of this file may have been there before."""
        return self.is_new or is_within(source, self.closed)


def is_within(source: str, names: Container[str]) -> bool:
    """Whether a file, or a folder above it (ending in "/"), is among the names."""
    folders = source.split("/")[:-1]
    return source in names or any("/".join(folders[: depth + 1]) + "/" in names for depth in range(len(folders)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContext:
    """What planning needs to know of one account. `rows` are its deliveries by post id; `taken` grows."""

    account: Account
    facts: NetworkFacts
    style: AccountStyle | None
    trouble: str
    """Why nothing can be composed for the account, "" when it can."""
    calendar: Calendar
    taken: Taken
    rows: Mapping[str, Sequence[KnownDelivery]]
    site: Site
    cards: Mapping[str, CardRef]
    now: datetime
    groups: Groups = field(default_factory=dict)
    """Posts in several languages."""
    is_translated: bool = False
    """Whether one of them is there in the account's language."""
    heard: frozenset[str] = frozenset()
    """Flags that it waited for before: a post that gets one of them now is news."""
    sight: Sight = field(default_factory=Sight)
    is_import: bool = False
    """Whether what is new now came together with old posts: what is not of today was there before, too."""
    problems: list[Problem] = field(default_factory=list)
    """Posts that could not be planned on the account, and why; the next plan tries again."""

    def plan_each(self, items: Iterable[Identified], plan: Callable[[Identified], Iterable[Row]]) -> list[Row]:
        """What `plan` makes of each post; trouble that nobody foresaw stops only its own post."""
        rows: list[Row] = []
        for item in items:
            with contain(partial(self._note, item)):
                rows += plan(item)
        return rows

    def find_language_reason(self, item: Identified, occasion: Occasion) -> Why | None:
        """Why the account leaves a post to its translation, or to nobody."""
        if item.post.group not in self.groups and not self.is_translated:
            return None
        wanted = self.account.language or self.site.language
        return find_language_reason(item, self.groups, wanted, self.rows, occasion)

    def _note(self, item: Identified, error: Exception) -> None:
        self.problems.append(make_problem(item.post.source, error))

    def take_slot(self, after: datetime) -> datetime:
        """The next free instant, free no longer."""
        at = self.calendar.next_slot(max(after, self.now), self.taken)
        self.taken.add(at, self.calendar.zone)
        return at

    def keep_slot(self, row: KnownDelivery, after: datetime) -> datetime:
        """The row's own slot while the rules name it, else as `change_slot`."""
        return row.due_at if self._has_slot(row, after) else self.change_slot(row, after)

    def change_slot(self, row: KnownDelivery, after: datetime) -> datetime:
        """The first free slot from then on. Its own is free for it, so that a small correction makes nothing late."""
        if row.state in WAITING:
            self.taken.release(row.due_at, self.calendar.zone)
        at = self.calendar.next_slot(max(after, self.now), self.taken)
        at = min(at, row.due_at) if self._has_slot(row, after) else at
        self.taken.add(at, self.calendar.zone)
        return at

    def _has_slot(self, row: KnownDelivery, after: datetime) -> bool:
        """Whether its own time is still to come, not too early, and one that the rules name."""
        is_to_come = row.state in WAITING and row.due_at >= max(after, self.now)
        return is_to_come and self.calendar.is_slot(row.due_at)


def open_context(
    account: Account,
    facts: NetworkFacts,
    template: str | None,
    deliveries: Iterable[KnownDelivery],
    *,
    calendar: Calendar,
    site: Site,
    cards: Mapping[str, CardRef],
    now: datetime,
    heard: frozenset[str] = frozenset(),
    groups: Groups | None = None,
    sight: Sight | None = None,
) -> AccountContext:
    """Everything made ready; `deliveries` may hold rows of other accounts."""
    own = [row for row in deliveries if row.account == account.name]
    rows: dict[str, list[KnownDelivery]] = {}
    for row in own:
        rows.setdefault(row.post_id, []).append(row)
    style, trouble = _find_style(account, facts, template)
    return AccountContext(
        account=account,
        facts=facts,
        style=style,
        trouble=trouble,
        calendar=calendar,
        taken=Taken(sorted(list_taken(own))),
        rows=rows,
        site=site,
        cards=cards,
        now=now,
        heard=heard,
        groups=groups or {},
        is_translated=is_spoken(groups or {}, account.language or site.language),
        sight=sight or Sight(),
    )


def _find_style(account: Account, facts: NetworkFacts, template: str | None) -> tuple[AccountStyle | None, str]:
    if template is None:
        return None, f'there is no message template "{account.template or "default"}"'
    try:
        return make_style(account, facts, template), ""
    except ConfigError as error:
        return None, str(error)


def make_calendars(accounts: Iterable[Account], site: Site, now: datetime) -> tuple[dict[str, Calendar], Troubles]:
    """Each account's calendar by its name, one for all accounts of equal rules; and the accounts that can have none.

    Every calendar is asked once, so that rules without any slot are found before anything is planned.
    """
    shared: dict[ScheduleRules, Calendar] = {}
    calendars: dict[str, Calendar] = {}
    troubles: list[tuple[str, Exception]] = []

    def note(account: Account, error: Exception) -> None:
        troubles.append((account.name, error))

    for account in accounts:
        rules = replace(account.schedule, timezone=account.schedule.timezone or site.timezone)
        with contain(partial(note, account)):
            if rules not in shared:
                calendar = Calendar(rules)
                calendar.next_slot(now, Taken([]))
                shared[rules] = calendar
            calendars[account.name] = shared[rules]
    return calendars, troubles


def plan_rows(
    item: Identified,
    context: AccountContext,
    override: SocialOverride,
    occasion: Occasion,
    *,
    text: str = "",
    picture: OwnPicture = NO_PICTURE,
    at: datetime | None = None,
) -> list[PlannedDelivery]:
    """A message as rows of the outbox, one for each part, at the next free slot (or `at`)."""
    due_at = at or context.take_slot(earliest_at(item, context, override))
    parts, trouble = _compose(item, context, occasion, text, picture)
    ends = find_token_end(context.facts, due_at, context.now)
    if ends:
        trouble.append(tell_token_end(context.account.name, ends, context.now, context.account.schedule.timezone))
    is_held = context.account.approve and occasion.kind is not OccasionKind.MANUAL
    held = find_unclear(item.post, override, text) or (Why(Reason.APPROVAL) if is_held else None)
    why = held or (tell_embargo(item, context, override) if at is None else None)
    blank = replace(
        _make_row(item, context, occasion, State.HELD if held else State.PLANNED, why, due_at=due_at),
        text=text,
        media=picture.media,
        alt=picture.alt,
        limit=context.facts.limits.characters,
        warnings=tuple(trouble),
    )
    return [_fill_row(blank, part, context.facts) for part in parts] or [blank]


def plan_composed(
    context: AccountContext, present: Mapping[str, Identified], changed: Container[int]
) -> list[PlannedChange]:
    """Messages that could not be composed, and can be now that the template or the post is mended: they go on.

    At the time they had, where it is still to come; else at the next free slot, unless that time is long past.
    """

    def plan(item: Identified) -> list[PlannedChange]:
        return [
            change_row(row, State.PLANNED, due_at=_find_new_time(row, context))
            for row in context.rows[item.id]
            if row.state is State.HELD and row.reason is Reason.NOT_COMPOSED and row.chosen is not Action.HOLD
            if row.id not in changed and len(_compose(item, context, row.occasion, "", NO_PICTURE)[0]) >= row.part
        ]

    items = (present[post_id] for post_id in context.rows if post_id in present)
    return context.plan_each(items, plan) if context.account.enabled and context.style else []


def _find_new_time(row: KnownDelivery, context: AccountContext) -> datetime:
    is_past = context.now > row.due_at >= context.now - max(context.account.schedule.old_after, SECOND_LOOK)
    return context.take_slot(context.now) if is_past and row.part == 1 else row.due_at


def skip_row(item: Identified, context: AccountContext, occasion: Occasion, why: Why) -> PlannedDelivery:
    """A row that says why nothing goes out; a person may release it."""
    return _make_row(item, context, occasion, State.SKIPPED, why, due_at=context.now)


def _make_row(
    item: Identified, context: AccountContext, occasion: Occasion, state: State, why: Why | None, *, due_at: datetime
) -> PlannedDelivery:
    return PlannedDelivery(
        post_id=item.id,
        slug=item.post.slug,
        account=context.account.name,
        network=context.account.network,
        occasion=occasion,
        part=1,
        state=state,
        due_at=due_at,
        reason=why.reason if why else Reason.NONE,
        detail=why.detail if why else "",
    )


def find_doubt(rows: Iterable[KnownDelivery]) -> str:
    """The slug of the post that this one may be, while a person has not said; "" for none."""
    doubts = (row.detail for row in rows if row.state is State.HELD and row.reason is Reason.MAYBE_RENAMED)
    return next(doubts, "")


def earliest_at(item: Identified, context: AccountContext, override: SocialOverride) -> datetime:
    """When the message may go out at the earliest: published, delay over, embargo over."""
    at = max(context.now, item.known.published_at + context.account.schedule.delay)
    return max(at, find_embargo(override, context) or at)


def find_embargo(override: SocialOverride, context: AccountContext) -> datetime | None:
    """`social: {all: {embargo: "2026-12-01 09:00"}}` as an instant; None where there is none that can be read."""
    words = override.options.get("embargo", "")
    return parse_moment(words, context.calendar.zone) if words else None


def tell_embargo(item: Identified, context: AccountContext, override: SocialOverride) -> Why | None:
    """The embargo as the reason for a time, where it is what the message waits for."""
    embargo = find_embargo(override, context)
    if embargo is None or embargo <= max(context.now, item.known.published_at + context.account.schedule.delay):
        return None
    return Why(Reason.EMBARGO, say_time(embargo, context.calendar.rules.timezone))


def _compose(
    item: Identified, context: AccountContext, occasion: Occasion, text: str, picture: OwnPicture
) -> tuple[tuple[Composed, ...], list[str]]:
    if context.style is None:
        return (), [context.trouble]
    card, troubles = context.cards.get(item.id), list[str]()
    parts: tuple[Composed, ...] = ()
    with contain(lambda error: troubles.append(str(make_problem(item.post.source, error)))):
        parts = compose_message(
            item.post,
            item.known,
            context.style,
            card,
            occasion=occasion,
            site=context.site,
            text=text,
            alt=picture.alt,
            media=picture.media,
        )
    return parts, troubles


def _fill_row(blank: PlannedDelivery, part: Composed, facts: NetworkFacts) -> PlannedDelivery:
    """What a person gave, and the notes, go with the first part."""
    has_link = bool(part.message.link) and part.message.link in part.message.text
    return replace(
        blank if part.part == 1 else replace(blank, part=part.part, text="", media="", alt="", warnings=()),
        message=part.message,
        count=part.count,
        limit=part.limit,
        cost=facts.cost_with_link if has_link else facts.cost,
        warnings=((*blank.warnings, *part.warnings) if part.part == 1 else part.warnings),
    )
