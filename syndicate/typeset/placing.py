"""Places lines in a block (baselines that nothing above or below touches, and left edges), and draws it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import uharfbuzz as hb
from PIL import Image

from syndicate.typeset.analysis import Analysis, Glyph, Run, Style
from syndicate.typeset.faces import SUBPIXELS, FontSet, Ink, Missing

# --- a block of lines, measured and ready to draw ---


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `runs` stand from left to right; `x` is its left edge, `baseline` counts down from the block's top."""

    text: str
    runs: tuple[Run, ...]
    x: float
    baseline: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a piece of code stands in its block, with a little air around it."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextBlock:
    """Laid-out text. All lengths in pixels; the origin is the top left corner, y grows downwards."""

    text: str
    """What is drawn: the ellipsis included, and the signs at which long words may be parted."""
    lines: tuple[Line, ...]
    width: float
    """Of the widest line: the block is tight, place it in its column by `direction`."""
    height: float
    size_px: float
    is_truncated: bool = False
    tears_words: bool = False
    """A word wider than the column was cut between clusters."""
    missing: tuple[Missing, ...] = ()
    code: tuple[Ground, ...] = ()
    """Of each piece of code on each line."""
    air: float = 0.0
    """Above the letters of the first line."""


_UNIT = 1 / SUBPIXELS
_CLEAR = 0.04
"""Least room between the ink of two lines, in em."""


class _Box(NamedTuple):
    """The ink of a glyph: left and right in the block, how far above and below the baseline, in pixels."""

    left: float
    right: float
    above: float
    below: float


def place_lines(analysis: Analysis, lines: Sequence[Line], style: Style, fonts: FontSet) -> TextBlock:
    """A block of whole-pixel baselines.

    Lines stand `line_height` apart, more where tall letters or stacked marks would touch; every line gets the same
    distance. The ink of the first and the last line lies inside the block.
    """
    ascender, descender = _measure(style, fonts)
    width = max(line.width for line in lines)
    aligned = [replace(line, x=_indent(line, width, style.align, analysis.base)) for line in lines]
    inks = [_find_boxes(line) for line in aligned]
    height = _line_height(inks, style)
    above, below = max((box.above for box in inks[0]), default=0.0), max((box.below for box in inks[-1]), default=0.0)
    ascent = _whole(max((height - ascender - descender) / 2 + ascender, above))
    bottom = ascent + height * (len(lines) - 1) + max(height - ascent, below)
    placed = tuple(replace(line, baseline=ascent + height * number) for number, line in enumerate(aligned))
    return TextBlock(
        text=analysis.text,
        lines=placed,
        width=width,
        height=_whole(bottom),
        size_px=style.size_px,
        missing=analysis.missing,
        code=tuple(ground for line in placed for ground in _find_code(line, style)),
        air=ascent - above,
    )


_AIR, _ABOVE, _BELOW = 0.07, 0.77, 0.24
"""Of the ground behind code, in em: beside it, above and below the baseline."""


def _find_code(line: Line, style: Style) -> Iterator[Ground]:
    """Pieces of code that follow one another share a ground: a fallback font inside makes two pieces of one."""
    x, start = line.x, None
    for run in line.runs:
        if run.piece.is_code and start is None:
            start = x
        if not run.piece.is_code and start is not None:
            yield _make_ground(start, x, line.baseline, style.size_px)
            start = None
        x += run.width
    if start is not None:
        yield _make_ground(start, x, line.baseline, style.size_px)


def _make_ground(left: float, right: float, baseline: float, size: float) -> Ground:
    return Ground(
        left=left - _AIR * size,
        top=baseline - _ABOVE * size,
        right=right + _AIR * size,
        bottom=baseline + _BELOW * size,
    )


def _whole(length: float) -> float:
    return float(ceil(length - 1 / SUBPIXELS))


def _line_height(inks: Sequence[Sequence[_Box]], style: Style) -> float:
    wanted = float(round(style.size_px * style.line_height))
    clear = _CLEAR * style.size_px
    needed = [_distance(upper, lower, wanted - clear) + clear for upper, lower in pairwise(inks)]
    return _whole(max([wanted, *needed]))


def _distance(upper: Sequence[_Box], lower: Sequence[_Box], least: float) -> float:
    """The least distance of two baselines at which no glyph touches one that stands under it."""
    deepest = max((box.below for box in upper), default=0.0)
    tall = [box for box in lower if box.above + deepest > least]
    return max(
        (one.below + two.above for two in tall for one in upper if one.left < two.right and two.left < one.right),
        default=0.0,
    )


def _find_boxes(line: Line) -> list[_Box]:
    boxes = []
    x = line.x
    for run in line.runs:
        for glyph in run.glyphs:
            box = _find_box(run.font, glyph.id)
            if box is not None:
                left, dy = x + glyph.dx, glyph.dy
                boxes.append(_Box(left + box.left, left + box.right, dy + box.above, box.below - dy))
            x += glyph.advance
    return boxes


@lru_cache(4096)  # titles and bylines have the same letters at a few sizes
def _find_box(font: hb.Font, glyph: int) -> _Box | None:
    """Where a glyph has its ink, seen from its origin; None where it has none."""
    extents = font.get_glyph_extents(glyph)
    if extents is None or not extents.width:
        return None
    left, top = extents.x_bearing * _UNIT, extents.y_bearing * _UNIT
    return _Box(left, left + extents.width * _UNIT, top, -top - extents.height * _UNIT)


def _indent(line: Line, width: float, align: str, base: int) -> float:
    if align == "centre":
        return (width - line.width) / 2
    is_right = align == "right" or (align == "start" and base) or (align == "end" and not base)
    return width - line.width if is_right else 0.0


def _measure(style: Style, fonts: FontSet) -> tuple[float, float]:
    """Ascender and descender of the wanted family at its size, in pixels, both positive."""
    wanted = [face for face in fonts.faces if face.family == style.family]
    face = next(iter([*wanted, *fonts.faces]), None)
    if face is None:
        return style.size_px * 0.95, style.size_px * 0.25
    extents = fonts.size(face, style.size_px, style.weight).get_font_extents("ltr")
    return extents.ascender / SUBPIXELS, -extents.descender / SUBPIXELS


# --- Draws a block: one grey coverage mask for all outlines, one colour picture per emoji ---

Colour = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Mask:
    """8-bit coverage ("L"). `left` and `top` lead from the corner of the block to its own; they may be negative."""

    image: Image.Image
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A colour glyph ("RGBA"), placed like a `Mask`."""

    image: Image.Image
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What to put on the card: fill `mask` with the text colour (None where nothing has an outline), then paste."""

    mask: Mask | None
    pictures: tuple[Picture, ...]


@lru_cache(16)  # cards of a site share blocks: its name, its categories
def draw_text(block: TextBlock, *, colour: Colour = (0, 0, 0, 255)) -> Drawn:
    """Rasterise a block, glyphs at quarters of a pixel; `colour` (RGBA) tints only colour glyphs that ask for it.

    Kept: never paint on what it returns.
    """
    inks: list[Mask] = []
    pictures = []
    for run, glyph, x, y in _place_glyphs(block):
        if run.face.ink is Ink.OUTLINE:
            (left, right), (top, down) = divmod(round(x * STEPS), STEPS), divmod(round(y * STEPS), STEPS)
            draw = _find_glyph if run.font.ppem[1] <= LARGE else _draw_glyph
            ink = draw(run.font, glyph.id, right, down)
            if ink is not None:
                inks.append(Mask(ink.image, left + ink.left, top + ink.top))
        else:
            picture = _paint(run, glyph, x, y, colour)
            if picture is not None:
                pictures.append(picture)
    return Drawn(_merge(inks) if inks else None, tuple(pictures))


STEPS, LARGE = 4, 128
"""Places between two pixels at which a glyph is drawn, and the size in pixels beyond which none is kept."""


def _place_glyphs(block: TextBlock) -> Iterator[tuple[Run, Glyph, float, float]]:
    """Every glyph with its origin in the block, y downwards."""
    for line in block.lines:
        x = line.x
        for run in line.runs:
            for glyph in run.glyphs:
                yield run, glyph, x + glyph.dx, line.baseline - glyph.dy
                x += glyph.advance


def _draw_glyph(font: hb.Font, glyph: int, right: int, down: int) -> Mask | None:
    """A glyph so many steps right of and below its pixel; None where it has no ink."""
    pen = hb.RasterDraw()
    pen.transform = (_UNIT, 0, 0, _UNIT, right / STEPS, -down / STEPS)
    pen.draw_glyph(font, glyph)
    image = pen.render()
    if image is None or not image.extents.width or not image.extents.height:
        return None
    box = image.extents
    rows = Image.frombytes("L", (box.width, box.height), image.buffer, "raw", "L", box.stride, -1)
    return Mask(rows, box.x_origin, -(box.y_origin + box.height))


_find_glyph = lru_cache(1024)(_draw_glyph)
"""Titles and bylines have the same letters at a few sizes."""


def _merge(inks: Sequence[Mask]) -> Mask:
    """One mask of all glyphs: where two of them meet, each covers its share of what the other leaves."""
    left, top = min(ink.left for ink in inks), min(ink.top for ink in inks)
    right = max(ink.left + ink.image.width for ink in inks)
    bottom = max(ink.top + ink.image.height for ink in inks)
    whole = Image.new("L", (right - left, bottom - top), 0)
    for ink in inks:
        whole.paste(255, (ink.left - left, ink.top - top), ink.image)
    return Mask(whole, left, top)


def _paint(run: Run, glyph: Glyph, x: float, y: float, colour: Colour) -> Picture | None:
    if run.face.ink is Ink.BITMAP:
        return _paint_bitmap(run, glyph, x, y)
    painter = hb.RasterPaint()
    painter.foreground = hb.Color(*colour)
    painter.transform = (_UNIT, 0, 0, _UNIT, x, -y)
    extents = run.font.get_glyph_extents(glyph.id)
    if extents is None or not painter.set_glyph_extents(extents):
        return None
    painter.paint_glyph(run.font, glyph.id)
    image = painter.render()
    if image is None or not image.extents.width:
        return None
    box = image.extents
    picture = Image.frombytes("RGBa", (box.width, box.height), image.buffer, "raw", "BGRa", box.stride, -1)
    return Picture(picture.convert("RGBA"), box.x_origin, -(box.y_origin + box.height))


def _paint_bitmap(run: Run, glyph: Glyph, x: float, y: float) -> Picture | None:
    """Scale the nearest PNG strike to the size asked for."""
    png = run.font.get_glyph_color_png(glyph.id)
    extents = run.font.get_glyph_extents(glyph.id)
    if png is None or extents is None or not extents.width:
        return None
    size = (max(1, round(extents.width * _UNIT)), max(1, round(-extents.height * _UNIT)))
    with Image.open(io.BytesIO(png.data), formats=("PNG",)) as strike:
        picture = strike.convert("RGBA").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    left, top = round(x + extents.x_bearing * _UNIT), round(y - extents.y_bearing * _UNIT)
    return Picture(picture, left, top)
