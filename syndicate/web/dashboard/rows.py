"""What a page's address asks for, and the messages as it shows them: rows of posts, chips of a calendar. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from syndicate.app.dashboard import FreeSlot, Wanted
from syndicate.model import (
    ACTIONS,
    ASIDE,
    COMING,
    Action,
    Attachment,
    CardRef,
    Delivery,
    Message,
    PlannedDelivery,
    State,
)
from syndicate.planning.deliveries import say_why
from syndicate.planning.schedule.when import to_instant

WEEK = timedelta(days=7)
_FILTERS = ("q", "account", "state", "occasion")
_MOST_LETTERS = 200
_MOST_PAGES = 100_000


class Stretch(NamedTuple):
    """Whole days of the site's zone: the first one, and the one after the last."""

    first: date
    end: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=number) for number in range((self.end - self.first).days))

    def to_instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins and ends."""
        begin, end = (to_instant(datetime.combine(day, time()), zone) for day in self)
        return begin.astimezone(UTC), end.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The query of an address, read with mercy: what cannot be understood is not asked for."""

    wanted: Wanted = field(default_factory=Wanted)
    day: date | None = None
    page: int = 1
    show: int = 0
    """The message whose preview is open, 0 for the first of each post."""

    def without_state(self) -> Asked:
        """The same for a view that has states of its own."""
        return replace(self, wanted=replace(self.wanted, state=""))

    def to_query(self, **changes: object) -> str:
        """The same address with other values, "" and 0 leave a name out: "?account=x&page=2"."""
        wanted = self.wanted
        values: dict[str, object] = {
            "q": wanted.words,
            "account": wanted.account,
            "state": wanted.state,
            "occasion": wanted.occasion,
            "from": self.day or "",
            "page": self.page if self.page > 1 else "",
        }
        kept = {name: value for name, value in (values | changes).items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def read_query(query: Mapping[str, str]) -> Asked:
    """What the address of a page asks for."""
    words, account, state, occasion = (query.get(name, "").strip()[:_MOST_LETTERS] for name in _FILTERS)
    return Asked(
        wanted=Wanted(words=words, account=account, state=state if state in set(State) else "", occasion=occasion),
        day=_read_day(query.get("from", "")),
        page=max(1, min(_read_number(query.get("page", "")), _MOST_PAGES)),
        show=_read_number(query.get("show", "")),
    )


def choose_week(asked: Asked, today: date) -> Stretch:
    """Seven days from the day that is asked for on, from today without one."""
    first = asked.day or today
    return Stretch(first, first + WEEK)


def choose_month(asked: Asked, today: date) -> tuple[date, Stretch]:
    """The first of the month of the day that is asked for, and the whole weeks around that month."""
    first = (asked.day or today).replace(day=1)
    after = next_month(first)
    monday = first - timedelta(days=first.weekday())
    return first, Stretch(monday, after + timedelta(days=-after.weekday() % 7))


def next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def previous_month(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _read_day(text: str) -> date | None:
    """A day between the years 1970 and 2200: others have no neighbours, or none that matters."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def _read_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


# --- one row a post, a line for each account ---

T = TypeVar("T")
K = TypeVar("K")

_FIRST = (State.UNCERTAIN, State.FAILED, State.HELD, State.MISSED)
"""What somebody, or a rule, decided against."""


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
        return self.delivery.state in ASIDE

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
        return sum(number for state, number in self.counts.items() if state not in ASIDE) - sum(
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


# --- the calendar ---


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
    chips: dict[date, dict[tuple[datetime, str, bool], list[Delivery]]] = {day: {} for day in days}
    for one in deliveries:
        at = moment_of(one, now)
        own = chips.get(at.astimezone(zone).date())
        if own is not None:
            is_out = one.state is State.SENT  # what is out is not held with the others
            own.setdefault((at.replace(second=0, microsecond=0), one.post_id, is_out), []).append(one)
    slots = _group(free, lambda slot: slot.at.astimezone(zone).date())
    today = now.astimezone(zone).date()
    return [
        Day(
            day=day,
            chips=tuple(_make_chip(at, own, titles) for (at, *_), own in sorted(chips[day].items())[:most]),
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
    if delivery.state in COMING:
        return max(delivery.due_at, now)
    return delivery.sent_at or delivery.due_at


def say_counts(counts: Mapping[State, int]) -> str:
    """ "8 messages: 2 sent, 1 held"."""
    told = {state: counts[state] for state in _RANK if counts.get(state) and state not in ASIDE}
    total, words = sum(told.values()), ", ".join(f"{number} {state.value}" for state, number in told.items())
    return f"{total} message{'' if total == 1 else 's'}" + (f": {words}" if words else "")


# --- what goes no further ---


def choose_urgent(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """What goes no further without a person: what nobody knows first, then by time."""
    waiting = [one for one in deliveries if one.state in _FIRST and one.look_at is None]
    return sorted(waiting, key=lambda one: (_FIRST.index(one.state), one.due_at, one.id))
