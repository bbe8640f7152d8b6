"""Between the words and what lies behind them: crops photos away from the text, and solves every scrim.

Whatever a text stands on, the contrast reached is reported, so that a check can hold a site's own layouts to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest, nsmallest

from PIL import Image

from syndicate.cards.colour import BLACK, MIDDLE, READABLE, RGB, WHITE, Theme, contrast, luminance, mix
from syndicate.cards.crop import Focus, fill_room, find_clear
from syndicate.cards.frame import draw_whole, find_surround, fit_logo
from syndicate.cards.layout import Placed
from syndicate.cards.photo import Photo

# --- Scrims ---
# The shade between a photo and the words on it, no stronger than 4.5:1 contrast asks for. A scrim is at full
# strength under the words and eases out beyond them, so that its strength can be solved from the brightest (or
# darkest) spot under each letter box instead of being guessed.

CELL = 16
"""Pixels: about the width of a stroke of the title; finer spots do not make a letter unreadable."""

MARGIN = 1.06
"""JPEG and rounding may take this much of the contrast away again."""

WORST = 6
"""How many of the worst cells are solved for: luma orders cells almost, not exactly, as luminance does."""

_BAYER = (
    (0, 32, 8, 40, 2, 34, 10, 42),
    (48, 16, 56, 24, 50, 18, 58, 26),
    (12, 44, 4, 36, 14, 46, 6, 38),
    (60, 28, 52, 20, 62, 30, 54, 22),
    (3, 35, 11, 43, 1, 33, 9, 41),
    (51, 19, 59, 27, 49, 17, 57, 25),
    (15, 47, 7, 39, 13, 45, 5, 37),
    (63, 31, 55, 23, 61, 29, 53, 21),
)
"""The 8x8 ordered dither matrix: a smooth ramp of opacity shows no bands."""

SOFT, SOONER = 8, 0.5
"""How many pixels of a light are looked at together, and in which share of its fade a scrim is gone on it."""
_LIGHT = [max(0, min(255, (value - 190) * 255 // 45)) for value in range(256)]

_EIGHT_ONES = 0x0101010101010101


@dataclass(frozen=True, slots=True)
class Spot:
    """The worst colours under one text, and the colour of its letters."""

    colours: tuple[RGB, ...]
    ink: RGB


def find_spot(picture: Image.Image, box: tuple[int, int, int, int], ink: RGB) -> Spot:
    """The colours under a text that are nearest to its ink, each the mean of a cell of the picture."""
    left, top, right, bottom = _inside(box, picture.size)
    whole = (left, top, left - (left - right) // CELL * CELL, top - (top - bottom) // CELL * CELL)
    small = picture.reduce(CELL, _inside(whole, picture.size))
    luma = small.convert("L").tobytes()
    choose = nlargest if luminance(ink) > MIDDLE else nsmallest
    pixels = small.tobytes()
    places = choose(WORST, range(len(luma)), key=luma.__getitem__)
    worst = {(pixels[3 * at], pixels[3 * at + 1], pixels[3 * at + 2]) for at in places}
    return Spot(tuple(sorted(worst)), ink)


def solve_strength(spots: Sequence[Spot], tint: RGB, ratio: float, least: float) -> float:
    """The least opacity from `least` to 1 at which every text has the contrast, to 1/256; 1 where none does."""
    low, high = least, 1.0
    if _reaches(spots, tint, low, ratio * MARGIN):
        return low
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (low, middle) if _reaches(spots, tint, middle, ratio * MARGIN) else (middle, high)
    return high


def least_contrast(spots: Sequence[Spot], tint: RGB, strength: float) -> float:
    """The lowest contrast of any text once the scrim lies under it, 21 where there is no text."""
    return min((contrast(mix(c, tint, strength), spot.ink) for spot in spots for c in spot.colours), default=21.0)


@dataclass(frozen=True, slots=True)
class Veil:
    """A scrim to be laid: its greatest opacity, and all of them ("L"), so many pixels from its box's corner."""

    opacity: float
    mask: Image.Image
    left: int = 0
    top: int = 0


def draw_veil(
    width: int,
    height: int,
    *,
    side: str,
    reach: float,
    fade: float,
    strength: float,
    photo: Image.Image | None = None,
) -> Veil:
    """Full over `reach` pixels from its side, then eased to nothing over `fade` pixels, dithered.

    Above and below words it is gone sooner where the photo under it, as large as the scrim, shines: no sun becomes a
    grey disc. `side` is "top", "bottom", "start" (left), "end" (right) or "all".
    """
    full = math.ceil(255 * strength)
    if side == "all":
        return Veil(strength, Image.new("L", (width, height), full))
    is_level, is_far = side in {"top", "bottom"}, side in {"bottom", "end"}
    length, across = (height, width) if is_level else (width, height)
    first, last = min(length, max(0, math.ceil(reach))), min(length, max(0, math.ceil(reach + fade)))
    places = [at - reach for at in (range(last - 1, first - 1, -1) if is_far else range(first, last))]
    ramp = _draw_ramp(across, places, fade, strength)
    start = length - last if is_far else 0
    if photo is not None and is_level and places:
        top = start if is_far else first
        lights = photo.reduce(SOFT, (0, top, across, top + len(places))).convert("L").point(_LIGHT)
        if lights.getbbox():
            seen = lights.resize(ramp.size, Image.Resampling.BILINEAR)
            ramp.paste(_draw_ramp(across, places, fade * SOONER, strength), (0, 0), seen)
    mask = Image.new("L", (across, last), full)
    mask.paste(ramp, (0, 0 if is_far else first))
    if is_level:
        return Veil(strength, mask, 0, start)
    return Veil(strength, mask.transpose(Image.Transpose.TRANSPOSE), start, 0)


def _draw_ramp(across: int, places: Sequence[float], fade: float, strength: float) -> Image.Image:
    """A row for each place, by its distance from full strength."""
    levels = [255 * strength * ease(at / max(fade, 1.0)) for at in places]
    return _draw_rows(across, [_dither(level, y & 7) for y, level in enumerate(levels)])


def ease(at: float) -> float:
    """1 before 0, 0 after 1, and between them a curve without corners that falls soon and ends late."""
    left = 1 - min(max(at, 0.0), 1.0)
    return min(left * left * left * (4 - 3 * left), 1.0)


def _draw_rows(width: int, rows: Sequence[int]) -> Image.Image:
    """Eight pixels of each row, repeated to the width."""
    times = -(-width // 8)
    data = b"".join(row.to_bytes(8, "little") * times for row in rows)
    return Image.frombytes("L", (width, len(rows)), data, "raw", "L", 8 * times)


def _dither(opacity: float, y: int) -> int:
    """Eight pixels of a row, as one number of eight bytes; over eight rows their mean is the opacity to a 64th."""
    whole = int(opacity)
    return whole * _EIGHT_ONES + _find_above()[y][int((opacity - whole) * 64 + 0.5)]


@cache
def _find_above() -> tuple[tuple[int, ...], ...]:
    """Which pixels of each row get one step more, by sixty-fourths of a step, as ones in the bytes of a number."""
    return tuple(
        tuple(sum(1 << (8 * x) for x, threshold in enumerate(row) if threshold < part) for part in range(65))
        for row in _BAYER
    )


def _reaches(spots: Sequence[Spot], tint: RGB, strength: float, ratio: float) -> bool:
    return all(contrast(mix(colour, tint, strength), spot.ink) >= ratio for spot in spots for colour in spot.colours)


def _inside(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top = min(max(box[0], 0), size[0] - 1), min(max(box[1], 0), size[1] - 1)
    return left, top, max(left + 1, min(box[2], size[0])), max(top + 1, min(box[3], size[1]))


AIR = 0.04
"""How much of the card's height a scrim stays at full strength beyond its text."""

CLEAR_VEIL = 7.0
"""The contrast a light scrim is solved for: weaker ones look like fog on the photo instead of paper under the words."""


@dataclass(frozen=True, slots=True)
class Shaded:
    """What to paint into image and scrim boxes, by the box's name, and the least contrast of any text."""

    pictures: dict[str, Image.Image] = field(default_factory=dict)
    veils: dict[str, Veil] = field(default_factory=dict)
    contrast: float = 21.0
    logo_contrast: float = 0.0
    """Of the logo with what is under it, 0 where none is shown."""


def shade(
    placed: Sequence[Placed],
    theme: Theme,
    *,
    photo: Photo | None,
    focus: Focus | None,
    logos: Sequence[Image.Image] = (),
    unit: float = 1.0,
) -> Shaded:
    """Pictures cropped and scrims solved, from the bottom of the card to its top."""
    shader = _Shader(placed, theme)
    for at, one in enumerate(placed):
        if one.box.kind == "image" and photo is not None:
            if one.box.fit == "whole":
                around = find_surround(one.box, one.rect, photo, unit)
                shader.pictures[one.box.name] = draw_whole(photo, one, around, theme.ground)
            else:
                shader.pictures[one.box.name] = _cut_photo(photo, one, placed[at + 1 :], focus)
        elif one.box.kind == "logo" and logos:
            shader.lay_logo(at, logos)
        elif one.box.kind == "scrim":
            shader.solve(at)
    contrast = min((shader.contrast(at) for at, one in enumerate(placed) if one.block is not None), default=21.0)
    return Shaded(shader.pictures, shader.veils, contrast, shader.logo_contrast)


class _Shader:
    def __init__(self, placed: Sequence[Placed], theme: Theme) -> None:
        self._placed = placed
        self._theme = theme
        self._strengths: dict[str, float] = {}
        self._spots: dict[str, Spot] = {}
        self.pictures: dict[str, Image.Image] = {}
        self.veils: dict[str, Veil] = {}
        self.logo_contrast = 0.0

    def lay_logo(self, at: int, logos: Sequence[Image.Image]) -> None:
        """The logo that can be read on what lies under it."""
        one = self._placed[at]
        left, top, right, bottom = one.rect.pixels
        dark, light = (self._find_spot(one, ink).colours for ink in (BLACK, WHITE))
        strength = self._find_strength(at)
        grounds = [mix(colour, self._theme.tint, strength) for colour in (*dark, *light)]
        logo = fit_logo(logos, (right - left, bottom - top), grounds)
        self.pictures[one.box.name] = logo.image
        self.logo_contrast = logo.contrast

    def solve(self, at: int) -> None:
        """The scrim at this place: full strength under its texts, as strong as the worst spot under them asks."""
        scrim = self._placed[at]
        box, (left, top, right, bottom) = scrim.box, scrim.rect.pixels
        carried = [one for one in self._placed[at + 1 :] if _is_carried(one, scrim)]
        texts = [one for one in carried if not one.box.fill]  # a badge brings its own ground
        spots = [self._spot(one) for one in texts]
        is_dark = luminance(self._theme.tint) < MIDDLE
        strength = solve_strength(spots, self._theme.tint, READABLE if is_dark else CLEAR_VEIL, box.strength)
        self._strengths[box.name] = strength
        self.veils[box.name] = draw_veil(
            right - left,
            bottom - top,
            side=box.side,
            reach=_reach(scrim, texts),
            fade=box.fade,
            strength=strength,
            photo=self._find_photo(at) if is_dark else None,
        )

    def contrast(self, at: int) -> float:
        """The contrast of one text with the worst of what lies behind it."""
        text = self._placed[at]
        if text.box.fill:
            return least_contrast([Spot((self._theme.find(text.box.fill),), self._ink(text))], self._theme.tint, 0)
        return least_contrast([self._spot(text)], self._theme.tint, self._find_strength(at))

    def _find_photo(self, at: int) -> Image.Image | None:
        """What a scrim lies on, where that has its place and size."""
        under = [one for one in self._placed[:at] if one.box.kind == "image" and one.rect == self._placed[at].rect]
        return self.pictures.get(under[-1].box.name) if under else None

    def _find_strength(self, at: int) -> float:
        """Of the scrim under a box at this place."""
        scrims = [one for one in self._placed[:at] if one.box.name in self._strengths]
        under = [one for one in scrims if one.rect.meets(self._placed[at].rect)]
        return self._strengths[under[0].box.name] if under else 0.0

    def _spot(self, text: Placed) -> Spot:
        if text.box.name not in self._spots:
            self._spots[text.box.name] = self._find_spot(text, self._ink(text))
        return self._spots[text.box.name]

    def _find_spot(self, text: Placed, ink: RGB) -> Spot:
        """What is behind a text: the topmost filled box or picture under it, else the paper."""
        below = self._placed[: self._placed.index(text)]
        for one in reversed([one for one in below if one.rect.meets(text.ink)]):
            if one.box.name in self.pictures and one.box.kind == "image":
                return self._spot_on_picture(one, text, ink)
            if one.box.kind == "pattern":
                return Spot((self._theme.panel, *self._theme.shapes), ink)
            if one.box.fill and one.block is None:
                return Spot((self._theme.find(one.box.fill),), ink)
        return Spot((self._theme.paper,), ink)

    def _spot_on_picture(self, picture: Placed, text: Placed, ink: RGB) -> Spot:
        left, top, right, bottom = text.letters.pixels
        x, y = picture.rect.pixels[:2]
        return find_spot(self.pictures[picture.box.name], (left - x, top - y, right - x, bottom - y), ink)

    def _ink(self, text: Placed) -> RGB:
        return self._theme.find(text.box.colour)


def _cut_photo(photo: Photo, image: Placed, above: Sequence[Placed], focus: Focus | None) -> Image.Image:
    """The photo for a box, cut so that its subject comes to where no text lies."""
    left, top, right, bottom = image.rect.pixels
    tops = [one.ink.y for one in above if one.block is not None and one.rect.meets(image.rect)]
    clear = find_clear(image.rect.y, image.rect.height, tops)
    return fill_room(photo, right - left, bottom - top, focus=focus, clear=clear)


def _is_carried(text: Placed, scrim: Placed) -> bool:
    named = not scrim.box.under or text.box.name in scrim.box.under
    return text.block is not None and named and text.rect.meets(scrim.rect)


def _reach(scrim: Placed, texts: Sequence[Placed]) -> float:
    """How far from its side a scrim must be at full strength to lie under all of its texts, with a little air."""
    if not texts:
        return 0.0
    rect, inks = scrim.rect, [one.letters for one in texts]
    air = AIR * rect.height
    if scrim.box.side == "top":
        return max(ink.bottom for ink in inks) - rect.y + air
    if scrim.box.side == "start":
        return max(ink.right for ink in inks) - rect.x + air
    if scrim.box.side == "end":
        return rect.right - min(ink.x for ink in inks) + air
    return rect.bottom - min(ink.y for ink in inks)
