"""Draws a block: one grey coverage mask for all outlines, one colour picture per emoji."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import uharfbuzz as hb
from PIL import Image

from syndicate.typeset.faces import SUBPIXELS, Ink
from syndicate.typeset.placing import TextBlock
from syndicate.typeset.shaping import Glyph, Run

_UNIT = 1 / SUBPIXELS
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
    """Rasterise a block, glyphs at subpixel positions; `colour` (RGBA) tints only colour glyphs that ask for it.

    Kept: never paint on what it returns.
    """
    pen = hb.RasterDraw()
    pictures = []
    for run, glyph, x, y in _place_glyphs(block):
        if run.face.ink is Ink.OUTLINE:
            pen.transform = (_UNIT, 0, 0, _UNIT, x, -y)
            pen.draw_glyph(run.font, glyph.id)
        else:
            picture = _paint(run, glyph, x, y, colour)
            if picture is not None:
                pictures.append(picture)
    return Drawn(_to_mask(pen.render()), tuple(pictures))


def _place_glyphs(block: TextBlock) -> Iterator[tuple[Run, Glyph, float, float]]:
    """Every glyph with its origin in the block, y downwards."""
    for line in block.lines:
        x = line.x
        for run in line.runs:
            for glyph in run.glyphs:
                yield run, glyph, x + glyph.dx, line.baseline - glyph.dy
                x += glyph.advance


def _to_mask(image: hb.RasterImage | None) -> Mask | None:
    if image is None:
        return None
    extents = image.extents
    if not extents.width or not extents.height:
        return None
    size = (extents.width, extents.height)
    rows = Image.frombytes("L", size, image.buffer, "raw", "L", extents.stride, -1)
    return Mask(rows, extents.x_origin, -(extents.y_origin + extents.height))


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
