"""Many cards on all cores: our own studio, and one in each other process, since drawing letters is much Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

from syndicate.cards import CardContent
from syndicate.model import Settings
from syndicate.processes import Process, count_cores, count_others
from syndicate.publish.card_renderer import Studio

if TYPE_CHECKING:
    from syndicate.cards.draw import Drawing

MANY = 150
"""Cards from which on another process is worth its start of some half a second."""

Order = tuple[CardContent, bytes | None, tuple[int, int]]
"""What to say, the photo, and the size in pixels."""
Draw = Callable[[Order], "Drawing"]
Given = tuple[Settings, Mapping[str, str], str]
"""The site, the texts of its layouts, and all letters."""
_Place = Process[Given, Order, "Drawing"] | None
"""A process, or None for ourselves."""


@contextmanager
def open_studios(studio: Studio, settings: Settings, cards: int, text: str) -> Iterator[Draw]:
    """A way to draw that `count_cores()` threads may share; `text` is what the cards say.

    Pillow and HarfBuzz let go of the interpreter while they work, so a few cards are drawn by threads alone.
    """
    with ExitStack() as closing:
        closing.enter_context(studio.decoder)
        free: SimpleQueue[_Place] = SimpleQueue()
        given: Given = (settings, studio.files, text)
        for _ in range(count_others() if cards >= MANY else 0):
            free.put(closing.enter_context(Process(begin_drawing, given)))
        for _ in range(count_cores() - free.qsize()):
            free.put(None)

        def draw(order: Order) -> Drawing:
            place = free.get()
            try:
                return _ask(place, order) or studio.draw(*order)
            finally:
                free.put(place)

        yield draw


def _ask(place: _Place, order: Order) -> Drawing | None:
    if place is None:
        return None
    place.give(order)
    return place.take()


def begin_drawing(given: Given) -> Draw:
    """What another process does for us: draw by the same layouts, with the same fonts."""
    settings, files, text = given
    studio = Studio(settings, lambda path: files[path])
    studio.open(text)
    return lambda order: studio.draw(*order)
