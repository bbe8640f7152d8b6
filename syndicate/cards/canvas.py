"""Two canvases with the same four strokes: full colour for cards with a photo, palette indices for flat ones.

A flat card has a few colours and the steps between them. Painting those steps as indices from the start
makes a palette PNG without ever searching a palette, which is what makes flat cards fast and small.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from io import BytesIO
from typing import Protocol

from PIL import Image, ImageDraw

from syndicate.cards.colour import RGB, mix

Box = tuple[int, int, int, int]

STEPS = 20
"""Opacities between a colour and what is behind it; more are not seen at the edge of a letter."""
FEW_STEPS = 4
PICTURE_COLOURS = 48
"""For an emoji or a logo on a flat card."""
OVERSAMPLING = 4
MAX_RADIUS = 500
"""Pixels: a corner is drawn 64 times as large as it is shown."""


class Canvas(Protocol):
    """What a painter can do."""

    size: tuple[int, int]

    def fill(self, box: Box, colour: RGB, *, radius: int = 0) -> None:
        """A rectangle, its corners rounded."""

    def stain(self, mask: Image.Image, left: int, top: int, colour: RGB, *, over: RGB | None = None) -> None:
        """One colour through an "L" mask; `over` names the plain ground where its top left corner does not show it."""

    def paste(self, picture: Image.Image, left: int, top: int) -> None:
        """An RGB or RGBA picture."""

    def finish(self) -> Image.Image:
        """The painted card."""


class FullCanvas:
    """Paints in RGB."""

    def __init__(self, size: tuple[int, int], paper: RGB) -> None:
        self.size = size
        self._paper = paper

    @cached_property
    def _image(self) -> Image.Image:
        return Image.new("RGB", self.size, self._paper)

    def fill(self, box: Box, colour: RGB, *, radius: int = 0) -> None:
        if radius:
            self.stain(draw_rounded(box[2] - box[0], box[3] - box[1], radius), box[0], box[1], colour)
        else:
            self._image.paste(colour, box)

    def stain(self, mask: Image.Image, left: int, top: int, colour: RGB, *, over: RGB | None = None) -> None:  # noqa: ARG002
        box = mask.getbbox()
        if box is None:
            return
        seen = mask if box == (0, 0, *mask.size) else mask.crop(box)
        # Pasting a picture through a mask takes half the time of pasting a colour through it.
        self._image.paste(Image.new("RGB", seen.size, colour), (left + box[0], top + box[1]), seen)

    def paste(self, picture: Image.Image, left: int, top: int) -> None:
        if picture.mode == "RGB" and picture.size == self.size and not left and not top:
            self._image = picture  # it covers everything: painted on as it is
            return
        mask = picture if picture.mode == "RGBA" else None
        self._image.paste(picture, (left, top), mask)

    def finish(self) -> Image.Image:
        return self._image


class FlatCanvas:
    """Paints palette indices: each pair of a colour and its background owns a ramp of the palette."""

    def __init__(self, size: tuple[int, int], paper: RGB) -> None:
        self.size = size
        self._image = Image.new("P", size, 0)
        self._palette: list[RGB] = [paper]
        self._places = {paper: 0}
        self._ramps: dict[tuple[int, RGB], list[int]] = {}
        self._strokes: list[tuple[Box, int | None]] = []
        """Where something was painted, and its index if all of it has the same."""

    def fill(self, box: Box, colour: RGB, *, radius: int = 0) -> None:
        if radius:
            self.stain(draw_rounded(box[2] - box[0], box[3] - box[1], radius), box[0], box[1], colour)
        else:
            index = self._index(colour)
            self._image.paste(index, box)
            self._strokes.append((box, index))

    def stain(self, mask: Image.Image, left: int, top: int, colour: RGB, *, over: RGB | None = None) -> None:
        box = (left, top, left + mask.width, top + mask.height)
        ground = self._behind(left, top) if over is None else self._index(over)
        steps = mask.point(self._ramp(ground, colour), "P")
        # On plain ground every step is right, those of nothing too: most masks need no second look.
        is_plain = self._find_plain(box) == ground
        self._image.paste(steps, (left, top), None if is_plain else mask.point(_SEEN))
        self._strokes.append((box, None))

    def paste(self, picture: Image.Image, left: int, top: int) -> None:
        """A small picture gets colours of its own, no more than a third of those left: others may follow it. Then each
        of its pixels has the nearest there is."""
        whole = Image.new("RGB", picture.size, self._palette[self._behind(left, top)])
        whole.paste(picture, (0, 0), picture if picture.mode == "RGBA" else None)
        room = min(PICTURE_COLOURS, (255 - len(self._palette)) // 3)
        if room > 1:
            few = whole.quantize(room, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            colours = iter(few.getpalette("RGB") or [])
            for colour in zip(colours, colours, colours, strict=True):
                self._index(colour)
        near = whole.quantize(palette=self._with_palette(Image.new("P", (1, 1))), dither=Image.Dither.NONE)
        seen = picture.getchannel("A").point(_SEEN) if picture.mode == "RGBA" else None
        self._image.paste(near, (left, top), seen)
        self._strokes.append(((left, top, left + picture.width, top + picture.height), None))

    def finish(self) -> Image.Image:
        return self._with_palette(self._image)

    def _with_palette(self, image: Image.Image) -> Image.Image:
        image.putpalette([channel for colour in self._palette for channel in colour])
        return image

    def _behind(self, left: int, top: int) -> int:
        """The index of what a mask is laid on; layouts put text on plain ground only."""
        at = (min(max(left, 0), self.size[0] - 1), min(max(top, 0), self.size[1] - 1))
        value = self._image.getpixel(at)
        return value if isinstance(value, int) else 0

    def _find_plain(self, box: Box) -> int | None:
        """The index of everything in a box, as far as the strokes tell: the last one there must hold all of it."""
        for area, index in reversed(self._strokes):
            if _meets(area, box):
                return index if _holds(area, box) else None
        return 0

    def _index(self, colour: RGB) -> int:
        if colour not in self._places:
            if len(self._palette) > 254:
                return min(range(len(self._palette)), key=lambda at: _distance(self._palette[at], colour))
            self._places[colour] = len(self._palette)
            self._palette.append(colour)
        return self._places[colour]

    def _ramp(self, behind: int, colour: RGB) -> list[int]:
        """For each opacity 0 to 255 the index of that step between what is behind and the colour."""
        if (behind, colour) not in self._ramps:
            steps = STEPS if len(self._palette) + STEPS < 250 else FEW_STEPS
            ladder = [behind, *map(self._index, _mix_between(self._palette[behind], colour, steps))]
            self._ramps[behind, colour] = [ladder[step] for step in _count_steps(steps)]
        return self._ramps[behind, colour]


@lru_cache(256)
def _mix_between(ground: RGB, colour: RGB, steps: int) -> tuple[RGB, ...]:
    """The steps from a ground to a colour, the colour last; the cards of a site share a few grounds."""
    return (*(mix(ground, colour, step / steps) for step in range(1, steps)), colour)


@cache
def _count_steps(steps: int) -> tuple[int, ...]:
    """For each opacity 0 to 255 the nearest of so many steps."""
    return tuple((alpha * steps + 127) // 255 for alpha in range(256))


_SEEN = [255 if alpha > 6 else 0 for alpha in range(256)]


def draw_rounded(width: int, height: int, radius: int) -> Image.Image:
    """A rounded rectangle as a mask with smooth corners; only the corners are drawn large and shrunk."""
    radius = max(0, min(radius, width // 2, height // 2, MAX_RADIUS))
    mask = Image.new("L", (width, height), 255)
    if radius:
        disc = draw_disc(radius)
        for left, top, part in (
            (0, 0, (0, 0)),
            (width - radius, 0, (radius, 0)),
            (0, height - radius, (0, radius)),
            (width - radius, height - radius, (radius, radius)),
        ):
            mask.paste(disc.crop((*part, part[0] + radius, part[1] + radius)), (left, top))
    return mask


@lru_cache(32)
def draw_disc(radius: int) -> Image.Image:
    """A disc as a mask of twice the radius; kept, since patterns and badges are of few sizes: never paint on it."""
    large = Image.new("L", (2 * radius * OVERSAMPLING, 2 * radius * OVERSAMPLING), 0)
    edge = 2 * radius * OVERSAMPLING - 1
    ImageDraw.Draw(large).ellipse((0, 0, edge, edge), fill=255)
    return large.reduce(OVERSAMPLING)


def _meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _distance(one: RGB, other: RGB) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


# --- From painted pixels to a file that every network takes ---
# JPEG under a hard limit, palette PNG for flat cards.

BEST_QUALITY = 86
"""Above this, cards grow by a fifth for no visible gain."""

LADDER = ((80, 0.80), (74, 0.69), (67, 0.60), (59, 0.53), (50, 0.46), (40, 0.39), (30, 0.32))
"""Lower qualities, and what share of the best quality's bytes a photo takes there (measured on photos)."""

LAST_QUALITY = 24

_INDEXED = 3
"""PNG's colour type for a palette."""
_LITTLE_MEMORY = 7


def encode_jpeg(image: Image.Image, max_bytes: int) -> bytes:
    """The best JPEG that is not larger than `max_bytes`: the first one nearly always, else one or two more tries.

    A picture that is too large even at the worst quality (pure noise) is blurred step by step.
    """
    best = _jpeg(image, BEST_QUALITY)
    if len(best) <= max_bytes:
        return best
    for quality, share in LADDER:
        if len(best) * share <= max_bytes:
            data = _jpeg(image, quality)
            if len(data) <= max_bytes:
                return data
    return _encode_blurred(image, max_bytes)


def _encode_blurred(image: Image.Image, max_bytes: int) -> bytes:
    """Halve the detail until the picture fits; only limits of a few thousand bytes cannot be kept."""
    shrink, data = 1, _jpeg(image, LAST_QUALITY, optimize=True)
    while len(data) > max_bytes and shrink < min(image.size):
        shrink *= 2
        coarse = image.reduce(shrink).resize(image.size, Image.Resampling.BICUBIC)
        data = _jpeg(coarse, LAST_QUALITY, optimize=True)
    return data


def encode_png(image: Image.Image) -> bytes:
    """A palette PNG of a flat card; a full-colour image is brought down to 256 colours first.

    Flat cards are runs of one colour: run lengths alone compress them as far as zlib's best, in a third of the time,
    and ISA-L, where it has wheels, does it to seven hundredths more in an eighth of that.
    """
    flat = image if image.mode == "P" else image.quantize(256, method=Image.Quantize.MEDIANCUT)
    palette = bytes(flat.getpalette("RGB") or ())
    header = struct.pack(">IIBBBBB", *flat.size, 8, _INDEXED, 0, 0, 0)
    chunks = (b"IHDR", header), (b"PLTE", palette), (b"IDAT", _deflate(flat)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _deflate(flat: Image.Image) -> bytes:
    """The rows, each after a zero (no filter): the column left of the picture."""
    rows = flat.crop((-1, 0, *flat.size)).tobytes()
    with suppress(ImportError):
        from isal import isal_zlib  # noqa: PLC0415 - not everywhere

        packed: bytes = isal_zlib.compress(rows, 1)
        return packed
    squeezer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, _LITTLE_MEMORY, zlib.Z_RLE)
    return squeezer.compress(rows) + squeezer.flush()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _jpeg(image: Image.Image, quality: int, *, optimize: bool = False) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0", optimize=optimize)
    return out.getvalue()
