"""Paints placed boxes on a canvas: one small function for each kind of box, patterns included."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFilter

from syndicate.cards.canvas import Box, Canvas, draw_disc, draw_rounded
from syndicate.cards.colour import BLACK, RGB, Theme
from syndicate.cards.layout import Placed, find_offset
from syndicate.cards.shade import Veil
from syndicate.typeset import draw_text

# --- patterns for cards without a photo: each slug has its own, and keeps it, as its numbers are SHA-256's ---

T = TypeVar("T")


class Chance:
    """An endless row of numbers; equal seeds give equal rows on every machine."""

    def __init__(self, seed: str) -> None:
        self._bytes = _draw(seed)

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1, for limits up to 65,536."""
        return (next(self._bytes) * 256 + next(self._bytes)) % limit

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.below(4096) / 4095


def _draw(seed: str) -> Iterator[int]:
    block = hashlib.sha256(seed.encode()).digest()
    while True:
        yield from block
        block = hashlib.sha256(block).digest()


SMOOTH = 2
"""Large curves are drawn this many times larger and shrunk; more is not seen on a slope so shallow."""

Draw = Callable[[Canvas, Box, Theme, Chance], None]


def paint_pattern(canvas: Canvas, box: Box, theme: Theme, seed: str) -> None:
    """One of the patterns inside a box of the canvas, chosen and varied by the seed."""
    chance = Chance(f"pattern {seed}")
    canvas.fill(box, theme.panel)
    chance.pick(PATTERNS)(canvas, box, theme, chance)


def _paint_quarters(canvas: Canvas, box: Box, theme: Theme, chance: Chance) -> None:
    """A grid of squares, each with a quarter disc, a disc, or nothing."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    is_strip = width > height * 4  # one row, uncut
    cell = height if is_strip else math.ceil(width / (3 if width < height * 1.2 else 5))
    colours = (theme.panel, *theme.shapes)
    disc = draw_disc(cell)
    for y in range(top, bottom, cell):
        for x in range(left, right, cell):
            ground, colour = chance.pick(((0, 1), (1, 2), (0, 2), (1, 0), (2, 3), (0, 1), (1, 3)))
            canvas.fill((x, y, min(x + cell, right), min(y + cell, bottom)), colours[ground])
            mask = _choose_part(disc, cell, chance)
            whole = mask.crop((0, 0, min(cell, right - x), min(cell, bottom - y)))
            canvas.stain(whole, x, y, colours[colour], over=colours[ground])


def _choose_part(disc: Image.Image, cell: int, chance: Chance) -> Image.Image:
    """A quarter of a large disc in one of four turns, or a small whole disc."""
    turn = chance.below(5)
    if turn == 4:
        small = Image.new("L", (cell, cell), 0)
        inner = disc.resize((cell // 2, cell // 2), Image.Resampling.BOX)
        small.paste(inner, (cell // 4, cell // 4))
        return small
    left, top = (turn % 2) * cell, (turn // 2) * cell
    return disc.crop((left, top, left + cell, top + cell))


def _paint_rings(canvas: Canvas, box: Box, theme: Theme, chance: Chance) -> None:
    """Rings around a point on the far edge, one of them loud."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    centre = (width * chance.between(0.8, 1.0), height * chance.between(0.15, 0.85))
    step = max(width, height) / chance.pick((7, 8, 9))
    count = math.ceil(1.5 * max(width, height) / step)
    loud = 1 + chance.below(2)
    quiet = _draw_rings((0, 0, width, height), centre, step, [ring for ring in range(0, count, 2) if ring != 2 * loud])
    canvas.stain(quiet, left, top, theme.shapes[0], over=theme.panel)
    reach = (2 * loud + 1) * step + 1  # the loud one fills a small part of the box
    x, y = max(0, int(centre[0] - reach)), max(0, int(centre[1] - reach))
    part = (x, y, min(width, int(centre[0] + reach)), min(height, int(centre[1] + reach)))
    canvas.stain(_draw_rings(part, centre, step, [2 * loud]), left + x, top + y, theme.shapes[2], over=theme.panel)


def _draw_rings(part: Box, centre: tuple[float, float], step: float, rings: list[int]) -> Image.Image:
    k, (left, top, right, bottom) = SMOOTH, part
    large = Image.new("L", ((right - left) * k, (bottom - top) * k), 0)
    pen = ImageDraw.Draw(large)
    x, y = (centre[0] - left) * k, (centre[1] - top) * k
    for ring in rings:
        radius = (ring + 1) * step * k
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=round(step * k))
    return large.reduce(k)


def _paint_dots(canvas: Canvas, box: Box, theme: Theme, chance: Chance) -> None:
    """Dots that swell along a slanted wave."""
    left, top, right, bottom = box
    cell = max(18, round((bottom - top) / 15))
    discs = [draw_disc(max(1, round(cell * size / 20))) for size in range(1, 10)]
    slant, phase = chance.between(0.25, 0.8), chance.between(0, math.tau)
    quiet, loud = (Image.new("L", (right - left, bottom - top), 0) for _ in range(2))
    for row, y in enumerate(range(0, bottom - top - cell + 1, cell)):
        for column, x in enumerate(range(right - left - cell, -1, -cell)):
            wave = 0.5 + 0.5 * math.sin(phase + (column * slant + row * 0.42))
            fading = 0.4 + 0.6 * x / (right - left)
            disc = discs[min(8, int(wave * fading * 9))]
            at = (cell - disc.width) // 2
            (quiet if wave < 0.86 else loud).paste(disc, (x + at, y + at))
    canvas.stain(quiet, left, top, theme.shapes[1], over=theme.panel)
    canvas.stain(loud, left, top, theme.shapes[2], over=theme.panel)


def _paint_hills(canvas: Canvas, box: Box, theme: Theme, chance: Chance) -> None:
    """Three ranges of hills, the nearest loudest."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    ground = theme.panel
    for index, colour in enumerate(theme.shapes):
        base = height * (0.34 + 0.22 * index)
        waves = [(chance.between(0.5, 1.4), chance.between(0, math.tau), height * 0.09) for _ in range(2)]
        line = [
            (float(x), base + sum(size * math.sin(phase + math.tau * pace * x / width) for pace, phase, size in waves))
            for x in range(0, width + 9, 8)
        ]
        summit = max(0, int(min(y for _, y in line)))
        canvas.stain(_draw_below((width, height), line, summit), left, top + summit, colour, over=ground)
        ground = colour


def _draw_below(size: tuple[int, int], line: list[tuple[float, float]], summit: int) -> Image.Image:
    """All below a line as a mask that begins at the line's highest pixel."""
    k, (width, height) = SMOOTH, (size[0], size[1] - summit)
    large = Image.new("L", (width * k, height * k), 0)
    corners = [(x * k, (y - summit) * k) for x, y in line]
    ImageDraw.Draw(large).polygon([(0, height * k), *corners, (width * k, height * k)], fill=255)
    return large.reduce(k)


PATTERNS: tuple[Draw, ...] = (_paint_quarters, _paint_rings, _paint_dots, _paint_hills)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the painter needs besides the boxes. `pictures` are ready at their boxes' sizes, by box name."""

    theme: Theme
    seed: str
    pictures: dict[str, Image.Image]
    veils: dict[str, Veil]


def paint_boxes(canvas: Canvas, placed: Sequence[Placed], scene: Scene) -> None:
    """All boxes in their order."""
    for at, one in enumerate(placed):
        if one.block is not None and one.block.code:
            is_on_picture = any(below.box.kind == "image" and below.rect.meets(one.ink) for below in placed[:at])
            _paint_code(canvas, one, *((scene.theme.tint, 0.4) if is_on_picture else (scene.theme.code, 1.0)))
        _paint(canvas, one, scene)


def _paint(canvas: Canvas, placed: Placed, scene: Scene) -> None:
    box, theme = placed.box, scene.theme
    left, top, right, bottom = placed.rect.pixels
    if right <= left or bottom <= top:
        return
    if box.fill:
        canvas.fill((left, top, right, bottom), theme.find(box.fill), radius=round(box.radius))
    if box.name in scene.pictures:
        if box.shadow:
            _paint_shadow(canvas, placed)
        _paint_picture(canvas, scene.pictures[box.name], placed)
    elif box.name in scene.veils:
        veil = scene.veils[box.name]
        if veil.opacity:
            canvas.stain(veil.mask, left + veil.left, top + veil.top, theme.tint)
    elif box.kind == "pattern":
        paint_pattern(canvas, (left, top, right, bottom), theme, scene.seed)
    elif placed.block is not None:
        _paint_text(canvas, placed, theme.find(box.colour))


def _paint_picture(canvas: Canvas, picture: Image.Image, placed: Placed) -> None:
    left, top, right, bottom = placed.rect.pixels
    radius = round(placed.box.radius)
    if radius:
        picture = picture.convert("RGBA")
        rounded = draw_rounded(picture.width, picture.height, radius)
        alpha = Image.composite(picture.getchannel("A"), Image.new("L", picture.size, 0), rounded)
        picture.putalpha(alpha)
    aside = right - left - picture.width
    x = find_offset(placed.box.align, aside) if placed.box.kind == "logo" else aside / 2
    canvas.paste(picture, left + int(x), top + (bottom - top - picture.height) // 2)


def _paint_shadow(canvas: Canvas, placed: Placed) -> None:
    """A soft dark edge, a little below the picture, drawn small since it has no detail."""
    left, top, right, bottom = placed.rect.pixels
    reach = round(placed.box.shadow)
    size = right - left + 2 * reach, bottom - top + 2 * reach
    small = Image.new("L", (max(1, size[0] // SHRUNK), max(1, size[1] // SHRUNK)), 0)
    edge = reach // SHRUNK
    small.paste(SHADE, (edge, edge, small.width - edge, small.height - edge))
    soft = small.filter(ImageFilter.GaussianBlur(edge / 2)).resize(size, Image.Resampling.BILINEAR)
    canvas.stain(soft, left - reach, top - reach + reach // 3, BLACK)


SHADE, SHRUNK = 70, 8


def _paint_code(canvas: Canvas, placed: Placed, colour: RGB, opacity: float) -> None:
    """The quiet ground of code, on a photo the tint of its scrim: both leave the letters their contrast."""
    assert placed.block is not None
    ink, radius = placed.ink, round(placed.block.size_px * 0.16)
    for ground in placed.block.code:
        left, top = round(ink.x + ground.left), round(ink.y + ground.top)
        mask = draw_rounded(round(ink.x + ground.right) - left, round(ink.y + ground.bottom) - top, radius)
        canvas.stain(mask.point([round(alpha * opacity) for alpha in range(256)]), left, top, colour)


def _paint_text(canvas: Canvas, placed: Placed, colour: RGB) -> None:
    block, ink = placed.block, placed.ink
    if block is None:
        return
    drawn = draw_text(block, colour=(*colour, 255))
    left, top = round(ink.x), round(ink.y)
    if drawn.mask is not None:
        canvas.stain(drawn.mask.image, left + drawn.mask.left, top + drawn.mask.top, colour)
    for picture in drawn.pictures:
        canvas.paste(picture.image, left + picture.left, top + picture.top)
