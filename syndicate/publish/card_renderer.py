"""What cards are drawn with: layouts and fonts. Their digests are cheap; they are loaded when something is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from syndicate.cards import ONLY_JPEG, CardContent, digest_design, list_layout_names
from syndicate.fonts import digest_fonts, find_fonts
from syndicate.model import CardRules, Limits, Settings
from syndicate.processes import Process, count_cores, count_others
from syndicate.publish.decoder import Decoder

if TYPE_CHECKING:
    from syndicate.cards.design import Design
    from syndicate.cards.draw import Drawing
    from syndicate.typeset import FontSet

# ruff: noqa: PLC0415 - Pillow and HarfBuzz take a fifth of a second to load


def suit_networks(rules: CardRules, limits: Iterable[Limits]) -> CardRules:
    """The rules under which every account takes the cards: a JPEG where one takes no PNG, and not too many bytes."""
    known = tuple(limits)
    takes_png = all("image/png" in one.image_types for one in known)
    max_bytes = min([rules.max_bytes, *(one.image_bytes for one in known)])
    return replace(rules, format=rules.format if takes_png else ONLY_JPEG, max_bytes=max_bytes)


class CardRenderer:
    """Draws for one site. Threads may share it once `open` was called."""

    def __init__(self, settings: Settings, read_template: Callable[[str], str]) -> None:
        self._rules = settings.cards
        self._root = settings.root
        self._read_template = read_template
        self._fonts: FontSet | None = None
        self.decoder = Decoder()

    @cached_property
    def design_digest(self) -> str:
        return digest_design(self._rules, self._layouts, *self._logos)

    @cached_property
    def fonts_digest(self) -> str:
        return digest_fonts(self._rules, self._root)

    def open(self, text: str) -> None:
        """Load the layouts, and the fonts that can write `text`."""
        self.design  # noqa: B018 - compiled here, before threads ask for it
        self._fonts = find_fonts(self._rules, self._root, text=text)

    def draw(self, content: CardContent, photo: bytes | None, size: tuple[int, int]) -> Drawing:
        from syndicate.cards.draw import draw_card

        if self._fonts is None:
            self.open(content.title)
        assert self._fonts is not None
        return draw_card(
            content, design=self.design, fonts=self._fonts, photo=photo, size=size, decode=self.decoder.decode
        )

    @cached_property
    def design(self) -> Design:
        from syndicate.cards.parse import parse_design

        logo, logo_dark = self._logos
        return parse_design(self._rules, self._layouts, logo=logo, logo_dark=logo_dark)

    @cached_property
    def files(self) -> dict[str, str]:
        """The texts of the layouts by path, as `read_template` gave them."""
        paths = (f"cards/{name}.toml" for name in list_layout_names(self._rules))
        return {path: self._read_template(path) for path in paths}

    @property
    def _layouts(self) -> dict[str, str]:
        return {path.removeprefix("cards/").removesuffix(".toml"): text for path, text in self.files.items()}

    @cached_property
    def _logos(self) -> tuple[bytes, bytes]:
        """The logo, and the one for dark grounds."""
        paths = [Path(self._root, name) for name in (self._rules.logo, self._rules.logo_dark)]
        light, dark = (path.read_bytes() if path.is_file() else b"" for path in paths)
        return light, dark


# --- many cards on all cores: our own renderer, and one in each other process, since drawing letters is much Python ---

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
def open_renderers(renderer: CardRenderer, settings: Settings, cards: int, text: str) -> Iterator[Draw]:
    """A way to draw that `count_cores()` threads may share; `text` is what the cards say.

    Pillow and HarfBuzz let go of the interpreter while they work, so a few cards are drawn by threads alone.
    """
    with ExitStack() as closing:
        closing.enter_context(renderer.decoder)
        free: SimpleQueue[_Place] = SimpleQueue()
        given: Given = (settings, renderer.files, text)
        for _ in range(count_others() if cards >= MANY else 0):
            free.put(closing.enter_context(Process(begin_drawing, given)))
        for _ in range(count_cores() - free.qsize()):
            free.put(None)

        def draw(order: Order) -> Drawing:
            place = free.get()
            try:
                return _ask(place, order) or renderer.draw(*order)
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
    renderer = CardRenderer(settings, lambda path: files[path])
    renderer.open(text)
    return lambda order: renderer.draw(*order)
