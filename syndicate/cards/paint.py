"""Paints placed boxes on a canvas, one small function for each kind of box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageFilter

from syndicate.cards.canvas import Canvas, draw_rounded
from syndicate.cards.colour import BLACK, RGB
from syndicate.cards.layout import Placed, find_offset
from syndicate.cards.pattern import paint_pattern
from syndicate.cards.shade import Veil
from syndicate.cards.themes import Theme
from syndicate.typeset import draw_text


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
            is_on_picture = any(below.box.kind == "image" and _meets(below, one) for below in placed[:at])
            _paint_code(canvas, one, *((scene.theme.tint, 0.4) if is_on_picture else (scene.theme.code, 1.0)))
        _paint(canvas, one, scene)


def _meets(below: Placed, text: Placed) -> bool:
    one, other = below.rect, text.ink
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


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
        _paint_veil(canvas, scene.veils[box.name], left, top, theme.tint)
    elif box.kind == "pattern":
        paint_pattern(canvas, (left, top, right, bottom), theme, scene.seed)
    elif placed.block is not None:
        _paint_text(canvas, placed, theme.find(box.colour))


def _paint_veil(canvas: Canvas, veil: Veil, left: int, top: int, colour: RGB) -> None:
    first, above, last, below = veil.even
    if veil.opacity and first < last and above < below:
        canvas.cover((left + first, top + above, left + last, top + below), colour, veil.opacity)
    if veil.opacity and veil.eased.width and veil.eased.height:
        canvas.stain(veil.eased, left + veil.left, top + veil.top, colour)


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
