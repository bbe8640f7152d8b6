"""What a person asks for: one action on one message or on many. Pages and API carry it out alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from syndicate.app.dashboard import choose_time
from syndicate.app.own_words import edit_message
from syndicate.errors import UsageError
from syndicate.model import Action, Delivery

if TYPE_CHECKING:
    from syndicate.app.app import App


@dataclass(frozen=True, slots=True)
class Wish:
    """One action on some messages."""

    action: Action
    numbers: tuple[int, ...]
    value: str = ""
    """A time to move to, a text, or the address of a copy."""
    by: timedelta = timedelta(0)
    """How far to move, where no time is given."""
    alt: str = ""
    media: str = ""
    """What shall go with the message: "card", "image", "photo", "none", "" for what the account has."""
    was: str = ""
    """What the message said when the person saw it (`digest_words`), "" where nobody asks."""
    is_forced: bool = False
    """Whether a rule that speaks against the time is overruled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was changed, and why the others were not."""

    changed: tuple[Delivery, ...]
    refused: tuple[tuple[int, UsageError], ...] = ()


def carry_out(app: App, wish: Wish) -> Outcome:
    """Every message on its own: one that is refused keeps none of the others."""
    changed: list[Delivery] = []
    refused: list[tuple[int, UsageError]] = []
    for number in _order(app, wish):
        try:
            changed.append(_change_one(app, wish, number))
        except UsageError as error:
            refused.append((number, error))
    return Outcome(tuple(changed), tuple(refused))


def _order(app: App, wish: Wish) -> Sequence[int]:
    """Messages that move later: the last one first, so that none stands in another's way."""
    if not wish.by or len(wish.numbers) == 1:
        return wish.numbers
    with app.borrow() as site:
        due = {row.id: row.due_at for row in site.store.list_deliveries() if row.id in set(wish.numbers)}
    there = sorted(due, key=due.__getitem__, reverse=wish.by > timedelta(0))
    return (*there, *(number for number in wish.numbers if number not in due))


def _change_one(app: App, wish: Wish, number: int) -> Delivery:
    if wish.action is Action.EDIT:
        with app.changing() as site:
            return edit_message(site, number, app.now(), text=wish.value, alt=wish.alt, media=wish.media, was=wish.was)
    value = wish.value
    if wish.action is Action.MOVE:
        with app.borrow() as site:
            value = choose_time(site, number, value, wish.by, app.now(), is_forced=wish.is_forced).isoformat()
    (after,) = app.change_deliveries(wish.action, (number,), value)
    return after
