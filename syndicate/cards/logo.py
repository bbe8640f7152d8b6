"""The site's logo on whatever lies under it: the one for light or for dark ground, else a plate behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from syndicate.cards.canvas import draw_rounded
from syndicate.cards.colour import RGB, contrast

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
