"""`syndicate post SLUG`: a message a person asks for, next to what the rules plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syndicate.errors import UsageError
from syndicate.model import (
    NO_PICTURE,
    OUT,
    UNSENT,
    Account,
    Action,
    CardRef,
    Identified,
    KnownDelivery,
    Ledger,
    NetworkFacts,
    Occasion,
    OwnPicture,
    PlannedChange,
    PlannedDelivery,
    Post,
    Reason,
    Settings,
    State,
)
from syndicate.planning.deliveries.account import AccountContext, find_embargo, make_calendars, open_context, plan_rows
from syndicate.planning.messages.template import find_override, make_link, tidy
from syndicate.planning.schedule import say_time
from syndicate.text.links import find_addresses


@dataclass(frozen=True, slots=True)
class ManualPlan:
    """New rows, and rows of the same post that are moved instead, so that it does not go out twice."""

    deliveries: tuple[PlannedDelivery, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    there: tuple[int, ...] = ()
    """Numbers of rows that the same request wrote before."""


def plan_manual(
    item: Identified,
    accounts: Sequence[Account],
    ledger: Ledger,
    settings: Settings,
    *,
    facts: Mapping[str, NetworkFacts],
    templates: Mapping[str, str],
    cards: Mapping[str, CardRef],
    now: datetime,
    at: datetime | None = None,
    text: str = "",
    picture: OwnPicture = NO_PICTURE,
    again: bool = False,
    key: str = "",
    moved: Collection[int] = (),
) -> ManualPlan:
    """The post on these accounts at `at`, with `text` instead of the composed one, and `picture` to go with it.

    Without `at` it goes now, or when its post is public and its embargo there ends. A message of the post that waits
    already is moved to that time. Where the post went out, or may have, `again` asks for another one. What a request
    with the same `key` wrote is not written twice, nor are the rows that it `moved` moved once more.
    Raises UsageError naming where it already is, or by how much the text is too long.
    """
    plan = ManualPlan()
    calendars, closed = make_calendars(accounts, settings.site, now)
    for _, trouble in closed:
        raise trouble
    for account in accounts:
        context = open_context(
            account,
            facts[account.name],
            templates.get(account.name),
            ledger.deliveries,
            calendar=calendars[account.name],
            site=settings.site,
            cards=cards,
            now=now,
        )
        own = context.rows.get(item.id, ())
        occasion = Occasion.of_request(key) if key else _next_occasion(own)
        if written := tuple(row.id for row in own if row.occasion == occasion or row.id in moved):
            plan = replace(plan, there=(*plan.there, *written))
            continue
        if not again:
            _refuse_second(own, item, account)
        waiting = [] if again else _list_waiting(own)
        moment = at or _now_or_later(item, context)
        # Measures the text, even where a message that waits is moved instead.
        added = _add(item, context, occasion, moment, text=text, picture=picture)
        more = _move_waiting(waiting, account, moment, picture, added) if waiting else added
        moves = (replace(one, asked=name_request(key)) for one in more.changes)
        plan = ManualPlan((*plan.deliveries, *more.deliveries), (*plan.changes, *moves), plan.there)
    return plan


def name_request(key: str) -> str:
    """What the trail calls a request with this key."""
    return f"post {key}" if key else ""


def choose_accounts(item: Identified, accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Those the post does not ask to be skipped on. Raises UsageError where none is left."""
    chosen = tuple(account for account in accounts if not find_override(item.post, account).skip)
    if not chosen:
        raise UsageError(f'"{item.post.slug}" asks to be skipped on every account', hint="--to sends it all the same")
    return chosen


def _now_or_later(item: Identified, context: AccountContext) -> datetime:
    embargo = find_embargo(find_override(item.post, context.account), context)
    return max(embargo or context.now, item.known.published_at, context.now)


def _refuse_second(rows: Iterable[KnownDelivery], item: Identified, account: Account) -> None:
    there = [row for row in rows if row.state in OUT]
    if not there:
        return
    last = max(there, key=lambda row: row.sent_at or row.due_at)
    if last.state is State.SENT:
        when = f", since {say_time(last.sent_at, account.schedule.timezone)}" if last.sent_at else ""
        place = f": {last.url}" if last.url else ""
        raise UsageError(
            f'"{item.post.slug}" is on {account.name} already{when}{place}',
            hint="--to ACCOUNT posts it to another one, --again posts it once more",
        )
    raise UsageError(
        f'"{item.post.slug}" may be on {account.name} already (delivery {last.id} is {last.state})',
        hint=f"look, then say `syndicate settle {last.id} --sent URL` or `--not-sent`; --again posts it once more",
    )


def _list_waiting(rows: Iterable[KnownDelivery]) -> list[KnownDelivery]:
    """What waits, the earliest first; a thread whose beginning is out, or failed, takes no new words."""
    waiting = [row for row in rows if row.state in UNSENT]
    begin = {row.occasion for row in waiting if row.part == 1}
    return sorted((row for row in waiting if row.occasion in begin), key=lambda row: (row.due_at, row.id))


def _move_waiting(
    rows: Sequence[KnownDelivery], account: Account, at: datetime, picture: OwnPicture, like: ManualPlan
) -> ManualPlan:
    """The message that waits goes out at the asked time; asking for it is approving it.

    It is held where a new one (`like`) would be, unless a person let it go. A person's own words are the whole
    message: what the post would have said in a thread is not sent after them.
    """
    first, new = rows[0], like.deliveries[0]

    def is_held(row: KnownDelivery) -> bool:
        return new.state is State.HELD and row.overruled is not new.reason

    def change(row: KnownDelivery) -> PlannedChange:
        if new.text and row.part > 1 and account.thread:
            return PlannedChange(delivery_id=row.id, state=State.CANCELLED, due_at=row.due_at, chosen=Action.CANCEL)
        return PlannedChange(
            delivery_id=row.id,
            state=State.HELD if is_held(row) else State.DUE if row.state is State.DUE else State.PLANNED,
            due_at=at,
            reason=new.reason if is_held(row) else Reason.NONE,
            detail=new.detail if is_held(row) else "",
            chosen=Action.POST,
            chosen_due_at=at,
            text=new.text if row.part == 1 else "",
            media=picture.media if row.part == 1 else "",
            alt=picture.alt if row.part == 1 else "",
        )

    return ManualPlan(changes=tuple(change(row) for row in rows if row.occasion == first.occasion))


def _add(
    item: Identified, context: AccountContext, occasion: Occasion, at: datetime, *, text: str, picture: OwnPicture
) -> ManualPlan:
    override = find_override(item.post, context.account)
    own = add_link(text, item.post, context.account)
    rows = plan_rows(item, context, override, occasion, text=own, picture=picture, at=at)
    message = rows[0].message
    excess = context.facts.limits.find_excess(own, with_image=bool(message and message.image)) if own else ""
    if excess:
        raise UsageError(f"the text is too long for {context.account.name}: {excess}", hint="nothing was changed")
    return ManualPlan(deliveries=tuple(replace(row, chosen=Action.POST, chosen_due_at=at) for row in rows))


def add_link(text: str, post: Post, account: Account) -> str:
    """A person's words, with the link below them where the account puts links into the text and they hold none."""
    words = tidy(text)
    if not words or account.link != "text" or find_addresses(words):
        return words
    return f"{words}\n\n{make_link(post, account, Occasion.by_hand())}"


def _next_occasion(rows: Iterable[KnownDelivery]) -> Occasion:
    used = {row.occasion for row in rows}
    number = 1
    while (occasion := Occasion.by_hand(number)) in used:
        number += 1
    return occasion
