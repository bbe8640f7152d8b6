"""Pictures shown whole: the sheet or window around them, and the site's logo on its ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from syndicate.cards.canvas import draw_disc, draw_rounded
from syndicate.cards.colour import BLACK, RGB, WHITE, contrast, mix
from syndicate.cards.crop import MAX_ENLARGED, Focus
from syndicate.cards.design import Box
from syndicate.cards.kind import find_ground, is_dark
from syndicate.cards.layout import Placed, Rect, find_offset
from syndicate.cards.photo import Photo
from syndicate.cards.pixels import resize, to_srgb

BAR, MARGIN = 0.052, 0.03
"""Of a window's width, its bar; of a sheet's longer side, its margin."""
MOST_BAR, MOST_MARGIN = 34, 22
"""Pixels of a 1200x630 card."""

_LIGHTS: tuple[RGB, ...] = ((237, 106, 94), (245, 191, 79), (98, 197, 84))
"""The dots of a window."""


@dataclass(frozen=True, slots=True)
class Surround:
    """Pixels of frame around a picture."""

    bar: float = 0
    margin: float = 0


LONG, PART = 0.4, 0.55
"""Width by height of a picture too long to be seen whole on a card, and of the part of it that is shown."""
BROAD, BROAD_PART = 6.0, 4.0
"""The same of one too wide."""


def shorten(photo: Photo, middle: Focus) -> Photo:
    """A part of a long receipt, page or strip: whole it would be a thread. `middle` is where, 0 its beginning."""
    ratio = photo.width / photo.height
    if LONG <= ratio <= BROAD:
        return photo

    def find_part(size: tuple[int, int]) -> tuple[int, int]:
        return (size[0], round(size[0] / PART)) if ratio < LONG else (round(size[1] * BROAD_PART), size[1])

    parts = []
    for image in (photo.image, photo.small):
        part = find_part(image.size)
        spare = [whole - side for whole, side in zip(image.size, part, strict=True)]
        left, top = (
            round(min(max(at * whole - side / 2, 0), most))
            for at, whole, side, most in zip(middle, image.size, part, spare, strict=True)
        )
        parts.append(image.crop((left, top, left + part[0], top + part[1])))
    width, height = find_part((photo.width, photo.height))
    kept = width * height / (photo.width * photo.height)
    return replace(photo, image=parts[0], small=parts[1], width=width, height=height, kept=kept)


def fit_frames(placed: Sequence[Placed], photo: Photo | None, unit: float) -> tuple[Placed, ...]:
    """The boxes, those of whole pictures shrunk to the picture with its frame."""
    if photo is None:
        return tuple(placed)
    return tuple(_shrink(one, photo, unit) if one.box.fit == "whole" else one for one in placed)


def _shrink(placed: Placed, photo: Photo, unit: float) -> Placed:
    rect = placed.rect
    around = find_surround(placed.box, rect, photo, unit)
    room = max(1.0, rect.width - 2 * around.margin), max(1.0, rect.height - 2 * around.margin - around.bar)
    scale = min(room[0] / photo.width, room[1] / photo.height, MAX_ENLARGED)
    width = photo.width * scale + 2 * around.margin
    height = photo.height * scale + 2 * around.margin + around.bar
    x = rect.x + find_offset("centre" if placed.box.align == "stretch" else placed.box.align, rect.width - width)
    y = rect.y + find_offset("centre" if placed.box.justify == "start" else placed.box.justify, rect.height - height)
    return replace(placed, rect=Rect(round(x), round(y), round(width), round(height)))


def find_surround(box: Box, rect: Rect, photo: Photo, unit: float) -> Surround:
    if box.frame == "window":
        return Surround(bar=round(min(rect.width * BAR, MOST_BAR * unit)))
    if box.frame == "sheet" and find_ground(photo.image) is not None:
        return Surround(margin=round(min(max(rect.width, rect.height) * MARGIN, MOST_MARGIN * unit)))
    return Surround()


def draw_whole(photo: Photo, placed: Placed, around: Surround, ground: RGB) -> Image.Image:
    """A whole picture on its sheet or in its window, as large as its box; `ground` is what is around it."""
    left, top, right, bottom = placed.rect.pixels
    width, height, margin, bar = right - left, bottom - top, round(around.margin), round(around.bar)
    picture = to_srgb(photo.image, photo.profile)
    size = (max(1, width - 2 * margin), max(1, height - 2 * margin - bar))
    method = Image.Resampling.LANCZOS if size[0] < picture.width else Image.Resampling.BICUBIC
    scaled = resize(picture, size, method)
    if not margin and not bar:
        return scaled
    whole = Image.new("RGB", (width, height), find_ground(photo.image) or ground)
    whole.paste(scaled, (margin, margin + bar))
    if bar:
        _draw_bar(whole, bar, ground)
    return whole


def _draw_bar(window: Image.Image, bar: int, ground: RGB) -> None:
    colour = mix(ground, WHITE if is_dark(ground) else BLACK, 0.12)
    window.paste(colour, (0, 0, window.width, bar))
    radius = max(2, round(bar * 0.19))
    disc = draw_disc(radius)
    for number, light in enumerate(_LIGHTS):
        place = (round(bar * (0.5 + 0.66 * number)), (bar - disc.height) // 2)
        window.paste(Image.new("RGB", disc.size, light), place, disc)


# --- The site's logo on whatever lies under it: the one for light or for dark ground, else a plate behind it ---

READABLE_LOGO = 3.0
"""WCAG 2.2, success criterion 1.4.11: the least contrast of signs that carry meaning."""
INK = 0.8
"""Of a logo's ink, so much must stand out."""
FULL = 0.75
"""Of its box: a logo that fills so much (a disc fills 0.78) is a plate itself, if its sign can be read on it."""
SIGN = 0.03
"""Of a logo's ink: anything less is not a sign."""
PLATES: tuple[RGB, ...] = ((255, 255, 255), (18, 18, 22))
PADDING, ASIDE, ROUND = 0.1, 0.22, 0.22
"""Of a plate's height: above and below the logo, beside it, and of its corners."""
MOST_SEEN = 96
"""Pixels across on which a logo's contrast is measured."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo ready to be painted, and how far it stands out."""

    image: Image.Image
    contrast: float


def fit_logo(logos: Sequence[Image.Image], size: tuple[int, int], grounds: Sequence[RGB]) -> Logo:
    """The first logo that can be read on every ground; where none can, the one that is best on a plate."""
    measured = [(min(measure(logo, ground) for ground in grounds), logo) for logo in logos]
    for reached, logo in measured:
        if reached >= READABLE_LOGO:
            return Logo(_scale(logo, size), reached)
    plated = [(measure(logo, plate), -number, logo, plate) for number, logo in enumerate(logos) for plate in PLATES]
    reached, _, logo, plate = max(plated, key=lambda one: one[:2])
    return Logo(_lay_on(plate, logo, size), reached)


def measure(logo: Image.Image, ground: RGB) -> float:
    """The contrast that nearly all of a logo's ink has with a ground, or a full one's sign with its own ground."""
    step = max(1, max(logo.size) // MOST_SEEN)
    small = logo.resize((max(1, logo.width // step), max(1, logo.height // step)), Image.Resampling.NEAREST)
    solid = small.getchannel("A").point(_SOLID)
    inks = _count(small, solid)
    if sum(inks.values()) > FULL * small.width * small.height and _measure_inside(inks) >= READABLE_LOGO:
        return _measure_inside(inks)
    wanted, seen = INK * sum(inks.values()), 0
    for reached, number in sorted(((contrast(ink, ground), number) for ink, number in inks.items()), reverse=True):
        seen += number
        if seen >= wanted:
            return reached
    return 1.0


def _measure_inside(inks: Mapping[RGB, int]) -> float:
    """Of the commonest colour with whatever else there is enough of to be a sign."""
    ground, least = max(inks, key=lambda ink: (inks[ink], ink)), SIGN * sum(inks.values())
    return max(contrast(ground, ink) for ink, number in inks.items() if number >= least)


def _count(logo: Image.Image, solid: Image.Image) -> dict[RGB, int]:
    """The inks, their shades rounded, since edges have many."""
    rounded = logo.convert("RGB").point(_ROUNDED * 3).tobytes()
    inks: dict[RGB, int] = {}
    for at, alpha in enumerate(solid.tobytes()):
        if alpha:
            ink = (rounded[3 * at], rounded[3 * at + 1], rounded[3 * at + 2])
            inks[ink] = inks.get(ink, 0) + 1
    return inks


_SOLID = [255 if alpha > 160 else 0 for alpha in range(256)]
_ROUNDED = [min(255, round(value / 17) * 17) for value in range(256)]


def _scale(logo: Image.Image, size: tuple[int, int]) -> Image.Image:
    """As large as fits with its own proportions."""
    scale = min(max(1, size[0]) / logo.width, max(1, size[1]) / logo.height)
    fitted = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    return logo.resize(fitted, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _lay_on(plate: RGB, logo: Image.Image, size: tuple[int, int]) -> Image.Image:
    padding, aside = max(2, round(size[1] * PADDING)), max(2, round(size[1] * ASIDE))
    inner = _scale(logo, (size[0] - 2 * aside, size[1] - 2 * padding))
    width, height = inner.width + 2 * aside, inner.height + 2 * padding
    whole = Image.new("RGBA", (width, height), (*plate, 0))
    whole.putalpha(draw_rounded(width, height, round(height * ROUND)))
    whole.alpha_composite(inner, (aside, padding))
    return whole
