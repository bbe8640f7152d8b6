"""Colours as sRGB triples of 0 to 255, their contrast as WCAG 2 defines it, and mixing in OKLCH.

Luminance and contrast: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
OKLCH keeps lightness apart from hue, so one recipe gives equally readable themes in every hue:
https://www.w3.org/TR/css-color-4/#ok-lab.
"""

from __future__ import annotations

import math
import re
from functools import cache

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
