"""Themes: a handful of named colours that read well together, in the hue of the accent, the photo or the slug."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image

from syndicate.cards.colour import RGB, WHITE, lift, luminance, oklch, to_oklch

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3: the least contrast of text with what is behind it."""

HUES = (12, 38, 158, 185, 215, 245, 268, 292, 318, 350)
"""Hues (degrees in OKLCH) that make a good saturated paper: dark yellow and olive do not."""

MUDDY = (55, 140)
"""Between these hues a paper is near black and only the accent is saturated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours by the names that layouts use."""

    name: str
    paper: RGB
    panel: RGB
    ink: RGB
    muted: RGB
    soft: RGB
    """Between ink and muted: for small text on a photo, where muted would need a heavier scrim."""
    accent: RGB
    on_accent: RGB
    line: RGB
    tint: RGB
    """What a scrim is made of."""
    shapes: tuple[RGB, RGB, RGB]
    """For patterns, from quiet to loud."""

    def find(self, name: str) -> RGB:
        """A colour by name, the ink for a name that is none."""
        colour = getattr(self, name, self.ink)
        return colour if isinstance(colour, tuple) and len(colour) == 3 and isinstance(colour[0], int) else self.ink


@dataclass(frozen=True, slots=True)
class Swatch:
    """What a photo is coloured like: hue in degrees, chroma of OKLCH, mean luminance 0 to 1."""

    hue: float
    chroma: float
    light: float


def choose_theme(wanted: str, *, accent: RGB | None, swatch: Swatch | None, seed: str) -> Theme:
    """The theme of one card: the site's accent wins over the photo's hue, which wins over the slug's chance."""
    _, chroma, hue = to_oklch(accent) if accent else (0.55, 0.15, _seeded_hue(seed))
    if accent is None and swatch is not None:
        chroma, hue = min(max(swatch.chroma * 1.6, 0.03), 0.16), swatch.hue
    if wanted == "light":
        return make_light(hue, chroma)
    if wanted == "dark":
        return make_dark(hue, chroma)
    if swatch is None:
        return make_vivid(hue, max(chroma, 0.09))
    return make_light(hue, chroma) if swatch.light > 0.55 else make_dark(hue, chroma)


def make_light(hue: float, chroma: float) -> Theme:
    """Warm paper, near-black ink."""
    paper = oklch(0.975, min(chroma * 0.1, 0.012), hue)
    accent = lift(oklch(0.56, chroma, hue), paper, READABLE + 0.3)
    return Theme(
        name="light",
        paper=paper,
        panel=WHITE,
        ink=oklch(0.21, min(chroma * 0.25, 0.03), hue),
        muted=lift(oklch(0.50, min(chroma * 0.2, 0.025), hue), paper, READABLE + 0.5),
        soft=oklch(0.27, min(chroma * 0.25, 0.03), hue),
        accent=accent,
        on_accent=lift(WHITE, accent, READABLE),
        line=oklch(0.88, min(chroma * 0.15, 0.02), hue),
        tint=oklch(0.985, min(chroma * 0.1, 0.012), hue),
        shapes=(
            oklch(0.92, min(chroma * 0.4, 0.05), hue),
            oklch(0.80, min(chroma * 0.8, 0.11), hue + 18),
            oklch(0.62, chroma, hue),
        ),
    )


def make_dark(hue: float, chroma: float) -> Theme:
    """Night in the same hue, never plain black."""
    paper = oklch(0.20, min(chroma * 0.25, 0.035), hue)
    accent = lift(oklch(0.80, min(chroma, 0.13), hue), paper, READABLE + 1)
    return Theme(
        name="dark",
        paper=paper,
        panel=oklch(0.25, min(chroma * 0.25, 0.035), hue),
        ink=oklch(0.975, min(chroma * 0.06, 0.008), hue),
        muted=lift(oklch(0.78, min(chroma * 0.15, 0.02), hue), paper, READABLE + 1),
        soft=oklch(0.93, min(chroma * 0.08, 0.012), hue),
        accent=accent,
        on_accent=oklch(0.18, 0.03, hue),
        line=oklch(0.34, min(chroma * 0.3, 0.04), hue),
        tint=oklch(0.13, min(chroma * 0.25, 0.03), hue),
        shapes=(
            oklch(0.27, min(chroma * 0.45, 0.06), hue),
            oklch(0.40, min(chroma * 0.7, 0.10), hue + 18),
            oklch(0.66, chroma, hue),
        ),
    )


@lru_cache(64)  # cards without a photo share a few hues
def make_vivid(hue: float, chroma: float) -> Theme:
    """A saturated paper with light ink: what a card without a photo gets when the theme is left to us."""
    if MUDDY[0] < hue < MUDDY[1]:
        return replace(make_dark(hue, max(chroma, 0.15)), name="vivid")
    paper = oklch(0.40, min(chroma, 0.13), hue)
    accent = lift(oklch(0.88, min(chroma, 0.11), hue + 40), paper, READABLE + 0.3)
    return Theme(
        name="vivid",
        paper=paper,
        panel=oklch(0.34, min(chroma, 0.11), hue),
        ink=oklch(0.985, 0.006, hue),
        muted=lift(oklch(0.88, min(chroma * 0.3, 0.03), hue), paper, READABLE + 0.5),
        soft=oklch(0.94, min(chroma * 0.1, 0.015), hue),
        accent=accent,
        on_accent=oklch(0.24, min(chroma * 0.5, 0.06), hue),
        line=oklch(0.50, min(chroma, 0.11), hue),
        tint=oklch(0.20, min(chroma * 0.4, 0.05), hue),
        shapes=(
            oklch(0.46, min(chroma, 0.12), hue),
            oklch(0.58, min(chroma * 1.1, 0.14), hue + 18),
            oklch(0.82, min(chroma * 1.1, 0.13), hue + 40),
        ),
    )


def find_swatch(image: Image.Image) -> Swatch:
    """A photo's leading hue: of its eight main colours, the one with most area times chroma."""
    tiny = image.resize((48, 32), Image.Resampling.BOX)
    few = tiny.quantize(8, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    counted = [(count, colour) for count, colour in few.getcolors() or [] if isinstance(colour, tuple)]
    colours = [(count, (colour[0], colour[1], colour[2])) for count, colour in counted]
    light = sum(count * luminance(colour) for count, colour in colours) / (48 * 32)
    best = max(((count**0.5 * to_oklch(colour)[1], to_oklch(colour)) for count, colour in colours), default=None)
    return Swatch(0.0, 0.0, light) if best is None else Swatch(best[1][2], best[1][1], light)


def _seeded_hue(seed: str) -> float:
    return float(HUES[hashlib.sha256(seed.encode()).digest()[0] % len(HUES)])
