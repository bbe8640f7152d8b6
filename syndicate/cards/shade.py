"""Between the words and what lies behind them: crops photos away from the text, and solves every scrim.

Whatever a text stands on, the contrast reached is reported, so that a check can hold a site's own layouts to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from syndicate.cards.colour import MIDDLE, RGB, luminance
from syndicate.cards.crop import Focus, fill_room
from syndicate.cards.photo import Photo
from syndicate.cards.placed import Placed, Rect
from syndicate.cards.scrim import CELL, Spot, draw_mask, find_spot, least_contrast, solve_strength
from syndicate.cards.themes import READABLE, Theme

AIR = 0.04
"""How much of the card's height a scrim stays at full strength beyond its text."""

CLEAR_VEIL = 7.0
"""The contrast a light scrim is solved for: weaker ones look like fog on the photo instead of paper under the words."""


@dataclass(frozen=True, slots=True)
class Shaded:
    """What to paint into image and scrim boxes, by the box's name, and the least contrast of any text."""

    pictures: dict[str, Image.Image] = field(default_factory=dict)
    masks: dict[str, Image.Image] = field(default_factory=dict)
    contrast: float = 21.0


def shade(
    placed: Sequence[Placed], theme: Theme, *, photo: Photo | None, logo: Image.Image | None, focus: Focus | None
) -> Shaded:
    """Pictures cropped and scrims solved, from the bottom of the card to its top."""
    shader = _Shader(placed, theme)
    for at, one in enumerate(placed):
        if one.box.kind == "image" and photo is not None:
            shader.pictures[one.box.name] = _crop(photo, one, placed[at + 1 :], focus)
        elif one.box.kind == "logo" and logo is not None:
            shader.pictures[one.box.name] = _fit_logo(logo, one.rect)
        elif one.box.kind == "scrim":
            shader.solve(at)
    contrast = min((shader.contrast(at) for at, one in enumerate(placed) if one.block is not None), default=21.0)
    return Shaded(shader.pictures, shader.masks, contrast)


class _Shader:
    def __init__(self, placed: Sequence[Placed], theme: Theme) -> None:
        self._placed = placed
        self._theme = theme
        self._strengths: dict[str, float] = {}
        self._cells: dict[str, Image.Image] = {}
        self._spots: dict[str, Spot] = {}
        self.pictures: dict[str, Image.Image] = {}
        self.masks: dict[str, Image.Image] = {}

    def solve(self, at: int) -> None:
        """The scrim at this place: full strength under its texts, as strong as the worst spot under them asks."""
        scrim = self._placed[at]
        box, (left, top, right, bottom) = scrim.box, scrim.rect.pixels
        carried = [one for one in self._placed[at + 1 :] if _is_carried(one, scrim)]
        texts = [one for one in carried if not one.box.fill]  # a badge brings its own ground
        spots = [self._spot(one) for one in texts]
        ratio = READABLE if luminance(self._theme.tint) < MIDDLE else CLEAR_VEIL
        strength = solve_strength(spots, self._theme.tint, ratio, box.strength)
        self._strengths[box.name] = strength
        self.masks[box.name] = draw_mask(
            right - left,
            bottom - top,
            side=box.side,
            reach=_reach(scrim, texts),
            fade=box.fade,
            strength=strength,
        )

    def contrast(self, at: int) -> float:
        """The contrast of one text with the worst of what lies behind it."""
        text = self._placed[at]
        if text.box.fill:
            return least_contrast([Spot((self._theme.find(text.box.fill),), self._ink(text))], self._theme.tint, 0)
        strength = next(
            (self._strengths[one.box.name] for one in self._placed[:at] if one.box.name in self._strengths), 0.0
        )
        return least_contrast([self._spot(text)], self._theme.tint, strength)

    def _spot(self, text: Placed) -> Spot:
        if text.box.name not in self._spots:
            self._spots[text.box.name] = self._find_spot(text)
        return self._spots[text.box.name]

    def _find_spot(self, text: Placed) -> Spot:
        """What is behind a text: the topmost filled box or picture under it, else the paper."""
        below = self._placed[: self._placed.index(text)]
        for one in reversed([one for one in below if _overlaps(one.rect, text.ink)]):
            if one.box.name in self.pictures and one.box.kind == "image":
                return self._spot_on_picture(one, text)
            if one.box.kind == "pattern":
                return Spot((self._theme.panel, *self._theme.shapes), self._ink(text))
            if one.box.fill and one.block is None:
                return Spot((self._theme.find(one.box.fill),), self._ink(text))
        return Spot((self._theme.paper,), self._ink(text))

    def _spot_on_picture(self, picture: Placed, text: Placed) -> Spot:
        left, top, right, bottom = text.ink.pixels
        x, y = picture.rect.pixels[:2]
        box = (left - x, top - y, right - x, bottom - y)
        name = picture.box.name
        if name not in self._cells:
            self._cells[name] = self.pictures[name].reduce(CELL)
        return find_spot(self._cells[name], box, self._ink(text))

    def _ink(self, text: Placed) -> RGB:
        return self._theme.find(text.box.colour)


def _crop(photo: Photo, image: Placed, above: Sequence[Placed], focus: Focus | None) -> Image.Image:
    """The photo for a box, its subject brought to where no text lies."""
    left, top, right, bottom = image.rect.pixels
    tops = [one.ink.y for one in above if one.block is not None and _overlaps(one.rect, image.rect)]
    free = (min(tops) - image.rect.y) / image.rect.height if tops else 1.0
    clear = (0.5, min(0.5, max(0.3, free / 2)))
    return fill_room(photo, right - left, bottom - top, focus=focus, clear=clear)


def _fit_logo(logo: Image.Image, rect: Rect) -> Image.Image:
    """The logo as large as fits into the box with its own proportions."""
    scale = min(max(1.0, rect.width) / logo.width, max(1.0, rect.height) / logo.height)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    return logo.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _is_carried(text: Placed, scrim: Placed) -> bool:
    named = not scrim.box.under or text.box.name in scrim.box.under
    return text.block is not None and named and _overlaps(text.rect, scrim.rect)


def _reach(scrim: Placed, texts: Sequence[Placed]) -> float:
    """How far from its side a scrim must be at full strength to lie under all of its texts, with a little air."""
    if not texts:
        return 0.0
    rect, inks = scrim.rect, [one.ink for one in texts]
    air = AIR * rect.height
    if scrim.box.side == "top":
        return max(ink.bottom for ink in inks) - rect.y + air
    if scrim.box.side == "start":
        return max(ink.right for ink in inks) - rect.x + air
    if scrim.box.side == "end":
        return rect.right - min(ink.x for ink in inks) + air
    return rect.bottom - min(ink.y for ink in inks) + air


def _overlaps(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom
