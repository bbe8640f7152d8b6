"""Paints placed boxes on a canvas, one small function for each kind of box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from syndicate.cards.canvas import Canvas, draw_rounded
from syndicate.cards.colour import RGB
from syndicate.cards.pattern import paint_pattern
from syndicate.cards.placed import Placed
from syndicate.cards.themes import Theme
from syndicate.typeset import draw_text


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the painter needs besides the boxes. `pictures` are ready at their boxes' sizes, by box name."""

    theme: Theme
    seed: str
    pictures: dict[str, Image.Image]
    masks: dict[str, Image.Image]


def paint_boxes(canvas: Canvas, placed: Sequence[Placed], scene: Scene) -> None:
    """All boxes in their order."""
    for one in placed:
        _paint(canvas, one, scene)


def _paint(canvas: Canvas, placed: Placed, scene: Scene) -> None:
    box, theme = placed.box, scene.theme
    left, top, right, bottom = placed.rect.pixels
    if right <= left or bottom <= top:
        return
    if box.fill:
        canvas.fill((left, top, right, bottom), theme.find(box.fill), radius=round(box.radius))
    if box.name in scene.pictures:
        _paint_picture(canvas, scene.pictures[box.name], placed)
    elif box.name in scene.masks:
        canvas.stain(scene.masks[box.name], left, top, theme.tint)
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
    canvas.paste(picture, left + (right - left - picture.width) // 2, top + (bottom - top - picture.height) // 2)


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
