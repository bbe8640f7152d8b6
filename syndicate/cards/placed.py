"""Where things stand: rectangles, and boxes at their places with their fitted text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syndicate.cards.design import Box
from syndicate.typeset import TextBlock

TEXTS = frozenset({"text", "badge", "avatar"})
"""Kinds of boxes that carry letters."""


@dataclass(frozen=True, slots=True)
class Rect:
    """Pixels from the top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def pixels(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on whole pixels."""
        return round(self.x), round(self.y), round(self.right), round(self.bottom)

    def mirrored(self, across: float) -> Rect:
        return replace(self, x=across - self.x - self.width)


@dataclass(frozen=True, slots=True)
class Placed:
    """A box at its place; `block` is the fitted text of text boxes, and `ink` where its letters stand."""

    box: Box
    rect: Rect
    block: TextBlock | None = None

    @property
    def ink(self) -> Rect:
        """Where the letters stand: the block inside its padding, at the start, centre or end of its box.

        Badges and avatars, which have a ground of their own, carry their letters at half height.
        """
        if self.block is None:
            return self.rect
        padding, rect, kind = self.box.padding, self.rect, self.box.kind
        across = rect.width - padding.across - self.block.width
        down = rect.height - padding.down - self.block.height
        x = rect.x + padding.start + find_offset("centre" if kind == "avatar" else self.box.align, across)
        y = rect.y + padding.top + find_offset("start" if kind == "text" else "centre", down)
        return Rect(x, y, self.block.width, self.block.height)


def find_offset(where: str, spare: float) -> float:
    """How far from the start something stands that leaves `spare` pixels free."""
    return {"centre": max(0.0, spare) / 2, "end": max(0.0, spare)}.get(where, 0.0)


_SWAPPED: Mapping[str, str] = {"start": "end", "end": "start"}


def mirror_boxes(placed: Sequence[Placed], across: float) -> tuple[Placed, ...]:
    """The same boxes in a card that runs from right to left: mirrored at its middle, start and end exchanged."""
    return tuple(_mirror(one, across) for one in placed)


def _mirror(placed: Placed, across: float) -> Placed:
    box, padding = placed.box, placed.box.padding
    turned = replace(
        box,
        align=_SWAPPED.get(box.align if box.align != "stretch" else "start", box.align),
        side=_SWAPPED.get(box.side, box.side),
        padding=replace(padding, start=padding.end, end=padding.start),
    )
    return replace(placed, box=turned, rect=placed.rect.mirrored(across))
