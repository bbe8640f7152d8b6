"""Messages as the dashboard shows them: one row a post, a line for each account, chips of a calendar. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.app.dashboard import FreeSlot
from syndicate.model import ACTIONS, Action, Attachment, CardRef, Delivery, Message, PlannedDelivery, State
from syndicate.planning.deliveries.reasons import say_why

T = TypeVar("T")
K = TypeVar("K")

_FIRST = (State.UNCERTAIN, State.FAILED, State.HELD, State.MISSED)
_OFF = frozenset({State.SKIPPED, State.CANCELLED})
"""What somebody, or a rule, decided against."""
# Each unit from twice its length on: 90 minutes say more than 1 hour.
_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (86400, "day"), (3600, "hour"))


_MOST_URL = 2048
_ON_A_PAGE, _POST_WEIGHS = 120, 3
"""Lines after which no further post begins; a post with its picture and title weighs so many more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message with everything the page says of it."""

    delivery: Delivery
    message: Message | None
    count: int
    limit: int
    warnings: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.message.text if self.message else self.delivery.text

    @property
    def picture(self) -> Attachment | None:
        return (self.message.image or self.message.card) if self.message else None

    @property
    def at(self) -> datetime:
        """When it went out, or will."""
        return self.delivery.sent_at or self.delivery.due_at

    @property
    def why(self) -> str:
        """Why it is where it is, "" for nothing to say."""
        return say_why(self.delivery)

    @property
    def actions(self) -> tuple[Action, ...]:
        return ACTIONS[self.delivery.state]

    @property
    def is_off(self) -> bool:
        """Whether somebody decided that it is not sent."""
        return self.delivery.state in _OFF

    @property
    def is_too_long(self) -> bool:
        return self.count > self.limit > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """One post with its messages on the page."""

    slug: str
    title: str
    lines: tuple[Line, ...]
    card: CardRef | None
    counts: Mapping[State, int]
    """All its messages by state, those that are not on the page, too."""

    @property
    def others(self) -> int:
        """How many of its messages are not on the page, those left out that somebody decided against."""
        return sum(number for state, number in self.counts.items() if state not in _OFF) - sum(
            not line.is_off for line in self.lines
        )


def make_lines(deliveries: Sequence[Delivery], previews: Sequence[PlannedDelivery]) -> list[Line]:
    """One line each; `previews` belong to `deliveries` in the same order."""
    return [
        Line(
            delivery=delivery,
            message=preview.message,
            count=preview.count,
            limit=preview.limit,
            warnings=preview.warnings,
        )
        for delivery, preview in zip(deliveries, previews, strict=True)
    ]


def make_rows(
    lines: Iterable[Line],
    *,
    titles: Mapping[str, str],
    cards: Mapping[str, CardRef],
    counts: Mapping[str, Mapping[State, int]],
) -> list[PostRow]:
    """A row for each post, in the order of its first line."""
    return [
        PostRow(
            slug=own[0].delivery.slug,
            title=titles.get(post_id) or own[0].delivery.slug,
            lines=tuple(own),
            card=cards.get(post_id),
            counts=counts.get(post_id, {}),
        )
        for post_id, own in _group(lines, lambda line: line.delivery.post_id).items()
    ]


def _group(ones: Iterable[T], find_key: Callable[[T], K]) -> dict[K, list[T]]:
    """Those of one key together, each key where it comes first."""
    groups: dict[K, list[T]] = {}
    for one in ones:
        groups.setdefault(find_key(one), []).append(one)
    return groups


def choose_page(deliveries: Sequence[Delivery], page: int) -> tuple[list[Delivery], int, bool]:
    """The messages of whole posts that stand on this page (1, 2 …) or the last, its number, and whether more follow."""
    number, size = 1, 0
    chosen: list[Delivery] = []
    for own in _group(deliveries, lambda one: one.post_id).values():
        weight = len(own) + _POST_WEIGHS
        if size and size + weight > _ON_A_PAGE:
            if number == page:
                return chosen, number, True
            number, size, chosen = number + 1, 0, []
        size += weight
        chosen += own
    return chosen, number, False


# --- the calendar ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A post at a moment: its messages that go out then."""

    at: datetime
    slug: str
    title: str
    deliveries: tuple[Delivery, ...]

    @property
    def numbers(self) -> str:
        """Those that may be moved."""
        return " ".join(str(one.id) for one in self.deliveries if Action.MOVE in ACTIONS[one.state])

    @property
    def whom(self) -> tuple[Delivery, ...]:
        """One message of each account: a thread is one thing."""
        return tuple({one.account: one for one in reversed(self.deliveries)}.values())[::-1]

    @property
    def cost(self) -> float:
        return sum(one.cost for one in self.deliveries)

    @property
    def state(self) -> State:
        """The one that matters most."""
        return min((one.state for one in self.deliveries), key=_RANK.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a calendar."""

    day: date
    chips: tuple[Chip, ...] = ()
    free: tuple[FreeSlot, ...] = ()
    more: int = 0
    """How many chips are not shown."""
    is_today: bool = False
    is_past: bool = False

    @property
    def entries(self) -> list[Chip | FreeSlot]:
        """Chips and free slots by time."""
        return sorted((*self.chips, *self.free), key=lambda one: one.at)


_RANK = (*_FIRST, State.SENDING, State.DUE, State.PLANNED, State.SENT, State.SKIPPED, State.CANCELLED)


def make_days(
    days: Sequence[date],
    deliveries: Iterable[Delivery],
    titles: Mapping[str, str],
    free: Iterable[FreeSlot],
    *,
    zone: ZoneInfo,
    now: datetime,
    most: int,
) -> list[Day]:
    """The calendar of these days in the zone, with so many chips a day at most."""
    chips: dict[date, dict[tuple[datetime, str], list[Delivery]]] = {day: {} for day in days}
    for one in deliveries:
        at = moment_of(one, now)
        own = chips.get(at.astimezone(zone).date())
        if own is not None:
            own.setdefault((at.replace(second=0, microsecond=0), one.post_id), []).append(one)
    slots = _group(free, lambda slot: slot.at.astimezone(zone).date())
    today = now.astimezone(zone).date()
    return [
        Day(
            day=day,
            chips=tuple(_make_chip(at, own, titles) for (at, _), own in sorted(chips[day].items())[:most]),
            free=tuple(slots.get(day, ())),
            more=max(0, len(chips[day]) - most),
            is_today=day == today,
            is_past=day < today,
        )
        for day in days
    ]


def _make_chip(at: datetime, own: Sequence[Delivery], titles: Mapping[str, str]) -> Chip:
    first = own[0]
    return Chip(at=at, slug=first.slug, title=titles.get(first.post_id) or first.slug, deliveries=tuple(own))


def moment_of(delivery: Delivery, now: datetime) -> datetime:
    """When a message went or will go out; what is overdue and goes by itself goes now."""
    if delivery.state in {State.PLANNED, State.DUE}:
        return max(delivery.due_at, now)
    return delivery.sent_at or delivery.due_at


def say_counts(counts: Mapping[State, int]) -> str:
    """ "8 messages: 2 sent, 1 held"."""
    told = {state: counts[state] for state in _RANK if counts.get(state) and state not in _OFF}
    total, words = sum(told.values()), ", ".join(f"{number} {state.value}" for state, number in told.items())
    return f"{total} message{'' if total == 1 else 's'}" + (f": {words}" if words else "")


# --- words -----------------------------------------------------------------------------------------------------


def choose_urgent(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """What goes no further without a person: what nobody knows first, then by time."""
    waiting = [one for one in deliveries if one.state in _FIRST and one.look_at is None]
    return sorted(waiting, key=lambda one: (_FIRST.index(one.state), one.due_at, one.id))


def to_moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Tue 25 Nov 09:00" in the zone, with the year where it is another one."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year} {there:%H:%M}"


def to_day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Today", "Tomorrow", "Mon 1 Dec"; what is overdue counts as today."""
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if day <= today:
        return "Today"
    if day == today + timedelta(days=1):
        return "Tomorrow"
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def to_span(at: datetime, now: datetime) -> str:
    """ "in 3 hours", "2 days ago", "now"."""
    seconds = int(abs((at - now).total_seconds()))
    if seconds < 60:
        return "now"
    size, name = next((unit for unit in _UNITS if seconds >= 2 * unit[0]), (60, "minute"))
    number = seconds // size
    words = f"{number} {name}{'' if number == 1 else 's'}"
    return f"in {words}" if at > now else f"{words} ago"


def to_link(url: str) -> str:
    """The address where it is one of the web, "" for anything a browser might run."""
    return url if url.startswith(("https://", "http://")) else ""


def is_address(text: str) -> bool:
    """Whether a person's words are the address of a page."""
    try:
        return bool(to_link(text) and urlsplit(text).hostname) and len(text) <= _MOST_URL and " " not in text
    except ValueError:
        return False


def to_segment(slug: str) -> str:
    """A slug as one segment of a path."""
    return quote(slug, safe="")


def tell(action: Action, after: Delivery, moment: str, *, is_running: bool) -> str:
    """What an action came to, for the person who did it. `moment` is when it is due, in words."""
    who = f"{after.slug} on {after.account}"
    goes = f"It goes out {'with the next round' if after.state is State.DUE else f'on {moment}'}."
    if after.state in {State.DUE, State.PLANNED} and not is_running:
        goes += " The daemon is not running: start it with “syndicate run”."
    words = {
        Action.RELEASE: f"Released {who}. {goes}",
        Action.HOLD: f"Held {who}: it waits until you release it.",
        Action.SKIP: f"Skipped {who}: it will not be sent. Its story can bring it back.",
        Action.CANCEL: f"Cancelled {who}: it will not be sent. Its story can bring it back.",
        Action.RETRY: f"Another try for {who}. {goes}",
        Action.MOVE: f"Moved {who} to {moment}.",
        Action.EDIT: f"Your words for {who} are kept." if after.is_own else f"{who} is composed from the post again.",
        Action.SETTLE_SENT: f"Noted that {who} was sent.",
        Action.SETTLE_NOT_SENT: f"Noted that {who} was not sent. {goes}",
    }
    return words[action]


_DONE: Mapping[Action, str] = {
    Action.RELEASE: "Released",
    Action.HOLD: "Held",
    Action.SKIP: "Skipped",
    Action.CANCEL: "Cancelled",
    Action.RETRY: "Another try for",
    Action.MOVE: "Moved",
    Action.EDIT: "Edited",
    Action.SETTLE_SENT: "Noted as sent:",
    Action.SETTLE_NOT_SENT: "Noted as not sent:",
}


def tell_many(action: Action, changed: int, refused: int, whys: Sequence[str]) -> str:
    """What an action on many messages came to: "Released 3 messages. 1 was refused: …"."""
    done = f"{_DONE[action]} {changed} message{'' if changed == 1 else 's'}." if changed else "Nothing was changed."
    if not refused:
        return done
    was = "1 was" if refused == 1 else f"{refused} were"
    more = f" (and {len(whys) - 2} more reasons)" if len(whys) > 3 else ""
    return f"{done} {was} refused: {' '.join(whys[:2] if more else whys)}{more}"
