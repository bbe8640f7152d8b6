"""Deliveries as the dashboard shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from syndicate.model import ACTIONS, Action, Attachment, Delivery, Message, PlannedDelivery, State
from syndicate.planning.deliveries.reasons import say_why

_FIRST = (State.UNCERTAIN, State.FAILED, State.HELD, State.MISSED)
_OFF = frozenset({State.SKIPPED, State.CANCELLED})
# Each unit from twice its length on: 90 minutes say more than 1 hour.
_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (86400, "day"), (3600, "hour"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery with everything the page says of it."""

    delivery: Delivery
    message: Message | None
    count: int
    limit: int
    warnings: tuple[str, ...]
    day: str
    """The day it is due, in the site's zone: "Today", "Tomorrow", "Mon 1 Dec"."""

    @property
    def title(self) -> str:
        return (self.message.title if self.message else "") or self.delivery.slug

    @property
    def text(self) -> str:
        return self.message.text if self.message else self.delivery.text

    @property
    def picture(self) -> Attachment | None:
        return (self.message.image or self.message.card) if self.message else None

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


def make_rows(
    deliveries: Sequence[Delivery], previews: Sequence[PlannedDelivery], *, zone: ZoneInfo, now: datetime
) -> list[Row]:
    """One row each; `previews` belong to `deliveries` in the same order."""
    return [
        Row(
            delivery=delivery,
            message=preview.message,
            count=preview.count,
            limit=preview.limit,
            warnings=preview.warnings,
            day=to_day(delivery.due_at, zone, now),
        )
        for delivery, preview in zip(deliveries, previews, strict=True)
    ]


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
        Action.EDIT: f"Your text for {who} is kept." if after.text else f"{who} is composed from the post again.",
        Action.SETTLE_SENT: f"Noted that {who} was sent.",
        Action.SETTLE_NOT_SENT: f"Noted that {who} was not sent. {goes}",
    }
    return words[action]
