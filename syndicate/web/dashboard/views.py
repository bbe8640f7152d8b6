"""What a page's address asks for: which messages, from which day on, which one in full. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from syndicate.app.dashboard import Wanted
from syndicate.model import State
from syndicate.planning.schedule.calendar import to_instant

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
