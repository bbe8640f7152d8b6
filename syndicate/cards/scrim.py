"""Scrims: the shade between a photo and the words on it, no stronger than 4.5:1 contrast asks for.

A scrim is at full strength under the words and eases out beyond them, so that its strength can be solved
from the brightest (or darkest) spot under each letter box instead of being guessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest, nsmallest

from PIL import Image

from syndicate.cards.colour import MIDDLE, RGB, contrast, luminance, mix

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

_EIGHT_ONES = 0x0101010101010101


@dataclass(frozen=True, slots=True)
class Spot:
    """The worst colours under one text, and the colour of its letters."""

    colours: tuple[RGB, ...]
    ink: RGB


def find_spot(cells: Image.Image, box: tuple[int, int, int, int], ink: RGB) -> Spot:
    """The colours under a text that are nearest to its ink; `cells` is the picture reduced by CELL."""
    inside = (box[0] // CELL, box[1] // CELL, -(-box[2] // CELL), -(-box[3] // CELL))
    small = cells.crop(_inside(inside, cells.size))
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


def draw_mask(width: int, height: int, *, side: str, reach: float, fade: float, strength: float) -> Image.Image:
    """The opacity of a scrim as an "L" image: full over `reach` pixels from its side, then eased to nothing.

    `side` is "top", "bottom", "start" (left), "end" (right) or "all".
    """
    if side == "all":
        return Image.new("L", (width, height), round(strength * 255))
    is_level = side in {"top", "bottom"}
    length, across = (height, width) if is_level else (width, height)
    first, last = min(length, max(0, math.ceil(reach))), min(length, max(0, math.ceil(reach + fade)))
    mask = Image.new("L", (across, length), 0)
    mask.paste(_tile(_draw_rows(across, [strength] * 8), first), (0, 0))
    eased = [strength * ease((at - reach) / max(fade, 1.0)) for at in range(first, last)]
    mask.paste(_draw_rows(across, eased), (0, first))
    if side in {"bottom", "end"}:
        mask = mask.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return mask if is_level else mask.transpose(Image.Transpose.TRANSPOSE)


def ease(at: float) -> float:
    """1 before 0, 0 after 1, and between them a curve without corners (6t⁵ - 15t⁴ + 10t³, turned round)."""
    t = 1 - min(max(at, 0.0), 1.0)
    return min(1.0, t * t * t * (t * (t * 6 - 15) + 10))


def _tile(rows: Image.Image, height: int) -> Image.Image:
    """Rows repeated downwards."""
    mask = Image.new("L", (rows.width, height))
    mask.paste(rows, (0, 0))
    done = rows.height
    while done < height:
        mask.paste(mask.crop((0, 0, rows.width, min(done, height - done))), (0, done))
        done *= 2
    return mask


def _draw_rows(width: int, levels: Sequence[float]) -> Image.Image:
    """One dithered row for each level: eight pixels that are the opacity below or above, repeated to the width."""
    rows = b"".join(_dither(level * 255, y & 7) for y, level in enumerate(levels))
    mask = Image.new("L", (width, len(levels)))
    mask.paste(Image.frombytes("L", (8, len(levels)), rows), (0, 0))
    done = 8
    while done < width:
        mask.paste(mask.crop((0, 0, min(done, width - done), len(levels))), (done, 0))
        done *= 2
    return mask


def _dither(opacity: float, y: int) -> bytes:
    """Eight pixels of a row, as one number of eight bytes; over eight rows their mean is the opacity to a 64th."""
    whole = int(opacity)
    above = _find_above(y, int((opacity - whole) * 64 + 0.5))
    return (whole * _EIGHT_ONES + above).to_bytes(8, "little")


@cache
def _find_above(y: int, sixty_fourths: int) -> int:
    """Which pixels of a row get one step more, as ones in the bytes of a number."""
    return sum(1 << (8 * x) for x, threshold in enumerate(_BAYER[y]) if threshold < sixty_fourths)


def _reaches(spots: Sequence[Spot], tint: RGB, strength: float, ratio: float) -> bool:
    return all(contrast(mix(colour, tint, strength), spot.ink) >= ratio for spot in spots for colour in spot.colours)


def _inside(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top = min(max(box[0], 0), size[0] - 1), min(max(box[1], 0), size[1] - 1)
    return left, top, max(left + 1, min(box[2], size[0])), max(top + 1, min(box[3], size[1]))
