"""Colours as sRGB triples of 0 to 255, their contrast as WCAG 2 defines it, mixing in OKLCH, and themes made so.

Luminance and contrast: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
OKLCH keeps lightness apart from hue, so one recipe gives equally readable themes in every hue:
https://www.w3.org/TR/css-color-4/#ok-lab.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from PIL import Image

RGB = tuple[int, int, int]

WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)

MIDDLE = 0.18
"""The luminance on which black and white text stand out equally, both just above 4.5:1."""


def parse_colour(text: str) -> RGB | None:
    """ "#rgb" or "#rrggbb" as a triple, None for anything else."""
    digits = text.strip().removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        return None
    whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    return int(whole[0:2], 16), int(whole[2:4], 16), int(whole[4:6], 16)


@cache
def to_linear(channel: int) -> float:
    """An sRGB channel (0 to 255) as linear light (0 to 1); kept, since there are only 256."""
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def from_linear(light: float) -> int:
    """Linear light as an sRGB channel, clipped to 0 to 255."""
    value = 12.92 * light if light <= 0.0031308 else 1.055 * max(light, 0.0) ** (1 / 2.4) - 0.055
    return min(255, max(0, round(value * 255)))


def luminance(colour: RGB) -> float:
    """Relative luminance, 0 for black and 1 for white."""
    red, green, blue = colour
    return 0.2126 * to_linear(red) + 0.7152 * to_linear(green) + 0.0722 * to_linear(blue)


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio, from 1 (equal) to 21 (black on white)."""
    first, second = luminance(one), luminance(other)
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def mix(below: RGB, above: RGB, alpha: float) -> RGB:
    """`above` laid over `below` with an opacity from 0 to 1, as the painter does it."""
    (red, green, blue), (to_red, to_green, to_blue) = below, above
    return (
        round(red + (to_red - red) * alpha),
        round(green + (to_green - green) * alpha),
        round(blue + (to_blue - blue) * alpha),
    )


def oklch(lightness: float, chroma: float, hue: float) -> RGB:
    """A colour by lightness (0 to 1), chroma (0 to 0.4) and hue (degrees); chroma shrinks until sRGB can show it."""
    while chroma > 0.001 and not _is_shown(_oklab_to_linear(lightness, chroma, hue)):
        chroma *= 0.94
    red, green, blue = _oklab_to_linear(lightness, chroma, hue)
    return from_linear(red), from_linear(green), from_linear(blue)


def to_oklch(colour: RGB) -> tuple[float, float, float]:
    """Lightness, chroma and hue (degrees, 0 to 360) of a colour."""
    red, green, blue = (to_linear(channel) for channel in colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    green_red = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    blue_yellow = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    hue = math.degrees(math.atan2(blue_yellow, green_red)) % 360
    return lightness, math.hypot(green_red, blue_yellow), hue


def lift(colour: RGB, against: RGB, ratio: float) -> RGB:
    """The colour, moved lighter or darker in its own hue only as far as `ratio` against a background needs."""
    lightness, chroma, hue = to_oklch(colour)
    step, end = (-0.02, 0.0) if luminance(against) > MIDDLE else (0.02, 1.0)
    while contrast(colour, against) < ratio and lightness != end:
        lightness = min(1.0, max(0.0, lightness + step))
        colour = oklch(lightness, chroma, hue)
    return colour


def _oklab_to_linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    green_red = chroma * math.cos(math.radians(hue))
    blue_yellow = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_shown(light: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in light)


# --- Themes: a handful of named colours that read well together, in the hue of the accent, the photo or the slug ---

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
    brand: RGB = BLACK
    """The site's accent exactly, where it has one: for badges, rules and shapes, never for letters on the paper."""
    on_brand: RGB = WHITE
    code: RGB = BLACK
    """The quiet ground of code."""
    ground: RGB = WHITE
    """What stands around a picture that is shown whole."""

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


def choose_theme(wanted: str, *, accent: RGB | None, swatch: Swatch | None, seed: str, site: str = "") -> Theme:
    """The theme of one card: the site's accent wins over the photo's hue, which wins over the site's own family.

    Cards without a photo belong to one family of hues for each site, and vary within it with the post.
    """
    turn = _number(seed)
    _, chroma, hue = to_oklch(accent) if accent else (0.55, 0.15, _family(site) + turn % 29 - 14)
    if accent is None and swatch is not None:
        chroma, hue = min(max(swatch.chroma * 1.6, 0.03), 0.16), swatch.hue
    if wanted == "light" or (wanted != "dark" and swatch is not None and swatch.light > LIGHT_PHOTO):
        return _finish(make_light(hue, chroma), accent)
    if wanted == "dark" or swatch is not None:
        return _finish(make_dark(hue, chroma), accent)
    if accent is not None:
        return _finish(make_brand(accent) if turn % 3 else _make_night(hue, chroma, accent), accent)
    return _finish(make_vivid(hue, max(chroma, 0.09), DEPTHS[turn // 29 % len(DEPTHS)]), accent)


LIGHT_PHOTO = 0.55
DEPTHS = (0.36, 0.40, 0.45)
"""How light the saturated papers of a site are."""


def _make_night(hue: float, chroma: float, accent: RGB) -> Theme:
    """The accent on night, an accent that would be lost there on day."""
    night = make_dark(hue, chroma)
    return night if contrast(accent, night.paper) >= SEEN else make_light(hue, chroma)


SEEN = 2.0
"""The contrast from which on a large shape is clearly seen."""


def choose_ink(paper: RGB) -> RGB:
    """Near white or near black in the paper's hue, whichever is read better: one of them always reaches 4.5:1."""
    _, chroma, hue = to_oklch(paper)
    light, dark = oklch(0.985, 0.006, hue), oklch(0.2, min(chroma * 0.3, 0.04), hue)
    better = light if contrast(WHITE, paper) >= contrast(BLACK, paper) else dark
    return lift(better, paper, READABLE + 0.05)


def _finish(theme: Theme, accent: RGB | None) -> Theme:
    """With the colours that follow from the others; the loudest shape has the accent exactly."""
    toward = mix(theme.paper, theme.ink, 0.1)
    away = mix(theme.paper, WHITE if luminance(theme.ink) < luminance(theme.paper) else BLACK, 0.22)
    code = toward if contrast(theme.ink, toward) > READABLE + 1 else away
    if accent is None:
        return replace(theme, brand=theme.accent, on_brand=theme.on_accent, code=code, ground=theme.panel)
    shapes = theme.shapes if theme.paper == accent else (*theme.shapes[:2], accent)
    return replace(theme, brand=accent, on_brand=choose_ink(accent), code=code, ground=theme.panel, shapes=shapes)


def make_brand(accent: RGB) -> Theme:
    """The accent itself as paper."""
    lightness, chroma, hue = to_oklch(accent)
    ink = choose_ink(accent)
    is_deep = luminance(ink) > luminance(accent)
    label = oklch(0.93, min(chroma, 0.08), hue + 40) if is_deep else oklch(0.28, min(chroma, 0.09), hue)
    label = lift(label, accent, READABLE + 0.05)
    return Theme(
        name="brand",
        paper=accent,
        panel=oklch(lightness + (-0.05 if is_deep else 0.04), chroma, hue),
        ink=ink,
        muted=lift(mix(accent, ink, 0.86), accent, READABLE + 0.05),
        soft=ink,
        accent=label,
        on_accent=lift(accent, label, READABLE),
        line=mix(accent, ink, 0.25),
        tint=oklch(0.16, min(chroma * 0.4, 0.05), hue) if is_deep else oklch(0.97, 0.01, hue),
        shapes=(mix(accent, ink, 0.12), mix(accent, ink, 0.3), mix(accent, ink, 0.82)),
    )


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
def make_vivid(hue: float, chroma: float, depth: float = 0.40) -> Theme:
    """A saturated paper with light ink: what a card without a photo gets when the theme is left to us."""
    if MUDDY[0] < hue % 360 < MUDDY[1]:
        return replace(make_dark(hue, max(chroma, 0.15)), name="vivid")
    paper = oklch(depth, min(chroma, 0.13), hue)
    accent = lift(oklch(0.88, min(chroma, 0.11), hue + 40), paper, READABLE + 0.3)
    return Theme(
        name="vivid",
        paper=paper,
        panel=oklch(depth - 0.06, min(chroma, 0.11), hue),
        ink=oklch(0.985, 0.006, hue),
        muted=lift(oklch(0.88, min(chroma * 0.3, 0.03), hue), paper, READABLE + 0.5),
        soft=oklch(0.94, min(chroma * 0.1, 0.015), hue),
        accent=accent,
        on_accent=oklch(0.24, min(chroma * 0.5, 0.06), hue),
        line=oklch(depth + 0.1, min(chroma, 0.11), hue),
        tint=oklch(0.20, min(chroma * 0.4, 0.05), hue),
        shapes=(
            oklch(depth + 0.06, min(chroma, 0.12), hue),
            oklch(depth + 0.18, min(chroma * 1.1, 0.14), hue + 18),
            oklch(0.82, min(chroma * 1.1, 0.13), hue + 40),
        ),
    )


LOOKED_AT = (30, 20)
"""Cells of a photo that its main colours are found from."""


def find_swatch(image: Image.Image) -> Swatch:
    """A photo's leading hue: of its eight main colours, the one with most area times chroma."""
    tiny = image.resize(LOOKED_AT, Image.Resampling.BOX)
    few = tiny.quantize(8, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    counted = [(count, colour) for count, colour in few.getcolors() or [] if isinstance(colour, tuple)]
    colours = [(count, (colour[0], colour[1], colour[2])) for count, colour in counted]
    light = sum(count * luminance(colour) for count, colour in colours) / (tiny.width * tiny.height)
    seen = ((count**0.5, to_oklch(colour)) for count, colour in colours)
    best = max(((weight * found[1], found) for weight, found in seen), default=None)
    return Swatch(0.0, 0.0, light) if best is None else Swatch(best[1][2], best[1][1], light)


def _family(site: str) -> float:
    return float(HUES[_number(site) % len(HUES)])


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()[:4], "big")
