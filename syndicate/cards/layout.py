"""The solver: gives every box of a layout its place. Rows and columns share room, text fits itself into what is left.

Everything is laid out as if it ran from left to right; a right-to-left card is the mirror image of the
finished grid, text blocks aside, so that no box needs to know about direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syndicate.cards.design import TEXTS, Box
from syndicate.typeset import TextBlock

# --- Where things stand: rectangles, and boxes at their places with their fitted text ---


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

    def meets(self, other: Rect) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

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

    @property
    def letters(self) -> Rect:
        """The same without the air above the first line."""
        ink, air = self.ink, self.block.air if self.block else 0.0
        return Rect(ink.x, ink.y + air, ink.width, ink.height - air)


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


Size = tuple[float, float]

FitText = Callable[[Box, Size, int], TextBlock]
"""A box's text at the largest size of its level that stands in some room in at most so many lines."""

SLACK = 0.5
"""Half a pixel is not an overflow."""


def place_boxes(root: Box, width: int, height: int, fit: FitText) -> tuple[Placed, ...]:
    """Every painting box in painting order, for a card that runs from left to right."""
    return tuple(_Solver(fit).place(root, Rect(0, 0, width, height)))


class _Solver:
    """Measures from the leaves up and places from the root down. Fitted texts are kept for the second pass."""

    def __init__(self, fit: FitText) -> None:
        self._fit = fit
        self._fitted: dict[str, list[tuple[Size, TextBlock]]] = {}
        self._measured: dict[tuple[str, Size], Size] = {}

    def place(self, box: Box, rect: Rect) -> Iterator[Placed]:
        if box.kind in TEXTS:
            room = (rect.width - box.padding.across, rect.height - box.padding.down)
            yield Placed(box, rect, self._block_in(box, room))
            return
        if box.fill or not box.children:
            yield Placed(box, rect)
        inner = _inside(box, rect)
        if box.kind == "row":
            yield from self._place_row(box, inner)
        elif box.kind == "column":
            yield from self._place_column(box, inner)
        else:
            for child in box.children:
                yield from self.place(child, self._layer(child, inner))

    def measure(self, box: Box, room: Size) -> Size:
        """The natural size of a box inside some room; a tree is walked once for each room, however deep it is."""
        key = box.name, room
        if key not in self._measured:
            self._measured[key] = self._measure(box, room)
        return self._measured[key]

    def _measure(self, box: Box, room: Size) -> Size:
        width, height = _fixed(box.width, room[0]), _fixed(box.height, room[1])
        if width is not None and height is not None:
            return width, height
        inner = (
            (room[0] if width is None else width) - box.padding.across,
            (room[1] if height is None else height) - box.padding.down,
        )
        natural = self._content(box, inner)
        return (
            natural[0] + box.padding.across if width is None else width,
            natural[1] + box.padding.down if height is None else height,
        )

    def _content(self, box: Box, room: Size) -> Size:
        if box.kind in TEXTS:
            block = self._block_in(box, room)
            return block.width, block.height
        if not box.children:
            return 0.0, 0.0
        if box.kind == "column":
            heights = self._heights(box, room)
            across = [self.measure(c, (room[0], h))[0] for c, h in zip(box.children, heights, strict=True)]
            return max(across), sum(heights) + _gaps(box)
        if box.kind == "row":
            widths = self._widths(box, room)
            heights = [self.measure(c, (w, room[1]))[1] for c, w in zip(box.children, widths, strict=True)]
            return sum(widths) + _gaps(box), max(heights)
        sizes = [self.measure(child, room) for child in box.children]
        return max(size[0] for size in sizes), max(size[1] for size in sizes)

    def _place_column(self, box: Box, inner: Rect) -> Iterator[Placed]:
        heights = self._heights(box, (inner.width, inner.height))
        spare = inner.height - sum(heights) - _gaps(box)
        heights = _share(box.children, heights, spare)
        spare = inner.height - sum(heights) - _gaps(box)
        y = inner.y + find_offset(box.justify, spare)
        step = box.gap + _between(box, spare)
        for child, height in zip(box.children, heights, strict=True):
            width = self._cross(child, box.align, inner.width, height)
            x = inner.x + find_offset(_align(child, box), inner.width - width)
            yield from self.place(child, Rect(x, y, width, height))
            y += height + step

    def _place_row(self, box: Box, inner: Rect) -> Iterator[Placed]:
        widths = self._widths(box, (inner.width, inner.height))
        spare = inner.width - sum(widths) - _gaps(box)
        x = inner.x + find_offset(box.justify, spare)
        step = box.gap + _between(box, spare)
        for child, width in zip(box.children, widths, strict=True):
            height = inner.height
            if box.align != "stretch":
                height = min(height, self.measure(child, (width, inner.height))[1])
            y = inner.y + find_offset(box.align, inner.height - height)
            yield from self.place(child, Rect(x, y, width, height))
            x += width + step

    def _heights(self, column: Box, room: Size) -> list[float]:
        """Heights of a column's children: the more one can give way, the later it comes, in what is left."""
        heights = [0.0] * len(column.children)
        left = room[1] - _gaps(column)
        for index in sorted(range(len(heights)), key=lambda index: _elasticity(column.children[index])):
            child = column.children[index]
            fixed = _fixed(child.height, room[1])
            heights[index] = self.measure(child, (room[0], max(left, 1.0)))[1] if fixed is None else fixed
            left -= heights[index]
        return heights

    def _widths(self, row: Box, room: Size) -> list[float]:
        """Widths of a row's children: natural ones first, then those that grow share what is left."""
        widths = [0.0] * len(row.children)
        left = room[0] - _gaps(row)
        for index, child in enumerate(row.children):
            if not child.grow:
                fixed, most = _fixed(child.width, room[0]), _fixed(child.most, room[0])
                free = max(1.0, left if most is None else min(left, most))
                widths[index] = self.measure(child, (free, room[1]))[0] if fixed is None else fixed
                left -= widths[index]
        return _share(row.children, widths, left)

    def _cross(self, child: Box, align: str, room: float, height: float) -> float:
        if child.width is None and align == "stretch" and child.kind != "badge":
            return room
        return min(room, self.measure(child, (room, height))[0])

    def _layer(self, child: Box, inner: Rect) -> Rect:
        """A child of layers fills them unless it names a size, which then stands where `align` says."""
        width = _fixed(child.width, inner.width)
        height = _fixed(child.height, inner.height)
        across = inner.width if width is None else width
        down = inner.height if height is None else height
        x = inner.x + find_offset(child.align, inner.width - across)
        return Rect(x, inner.y, across, down)

    def _block_in(self, box: Box, room: Size) -> TextBlock:
        """The text fitted into some room.

        What was fitted into more room and fits into less is the answer for both, and a single line at its
        largest size is the answer for every room that holds it.
        """
        known = self._fitted.setdefault(box.name, [])
        for tried, block in known:
            is_full = len(block.lines) == 1 and block.size_px == box.level.sizes[0] and not block.is_truncated
            if (is_full or _holds(tried, room)) and _holds(room, (block.width, block.height)):
                return block
        block = self._fit_in(box, room)
        known.append((room, block))
        return block

    def _fit_in(self, box: Box, room: Size) -> TextBlock:
        """The largest size, then the most lines, that stay inside the room; the smallest of one line at the end."""
        for lines in range(box.level.most_lines, 0, -1):
            block = self._fit(box, room, lines)
            if block.height <= room[1] + SLACK:
                break
        return block


def _holds(outer: Size, inner: Size) -> bool:
    return inner[0] <= outer[0] + SLACK and inner[1] <= outer[1] + SLACK


def _inside(box: Box, rect: Rect) -> Rect:
    padding = box.padding
    return Rect(
        rect.x + padding.start,
        rect.y + padding.top,
        max(0.0, rect.width - padding.across),
        max(0.0, rect.height - padding.down),
    )


def _fixed(length: float | None, room: float) -> float | None:
    if length is None:
        return None
    return -length * room if length < 0 else length


def _gaps(box: Box) -> float:
    return box.gap * max(0, len(box.children) - 1)


def _elasticity(box: Box) -> int:
    """How far a box can give way: by the sizes it may try, where it has several lines; 0 for what is rigid."""
    own = len(box.level.sizes) if box.kind == "text" and box.level.most_lines > 1 else 0
    return max([own, *map(_elasticity, box.children)])


def _share(children: Sequence[Box], lengths: list[float], left: float) -> list[float]:
    total = sum(child.grow for child in children)
    if not total or left <= 0:
        return lengths
    return [length + left * child.grow / total for child, length in zip(children, lengths, strict=True)]


def _align(child: Box, parent: Box) -> str:
    return child.align if parent.align == "stretch" and child.align != "stretch" else parent.align


def _between(box: Box, spare: float) -> float:
    return max(0.0, spare) / (len(box.children) - 1) if box.justify == "between" and len(box.children) > 1 else 0.0
