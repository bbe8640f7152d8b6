"""Draws one card: words, design, fonts and a picture's bytes in, a finished file out. Pure, and safe in threads.

content ─choose_layout→ Layout ─resolve→ boxes ─place_boxes→ Placed ─paint→ canvas ─encode→ Drawing
photo bytes ─decode_photo→ Photo ─fill_room→ pixels ─find_spot, solve_strength→ scrim
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from syndicate.cards.canvas import Canvas, FlatCanvas, FullCanvas
from syndicate.cards.colour import contrast
from syndicate.cards.content import CardContent
from syndicate.cards.crop import MAX_ENLARGED, fill_room
from syndicate.cards.design import Box, Design, Layout, Level
from syndicate.cards.encode import encode_jpeg, encode_png
from syndicate.cards.layout import Placed, place_boxes
from syndicate.cards.logo import draw_logo
from syndicate.cards.paint import Scene, paint_boxes
from syndicate.cards.photo import Photo, PhotoRefused, decode_photo
from syndicate.cards.resolve import find_unit, make_words, resolve
from syndicate.cards.scrim import Spot, draw_mask, find_spot, least_contrast, solve_strength
from syndicate.cards.themes import READABLE, choose_theme, find_swatch
from syndicate.cards.type import FontSet, TextBlock, fit_text
from syndicate.errors import ConfigError

LEAST_KEPT = 0.6
"""A cover that would show less of its photo than this becomes a split."""

LEAST_SIDE, MOST_SIDE = 200, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingGlyph:
    """A character no font has. `package` is what brings one, "" where none is known."""

    text: str
    package: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A finished card and what a check wants to know about it."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    alt: str
    layout: str
    theme: str
    contrast: float
    """The lowest contrast of any text with what is behind it."""
    smallest: float
    """The smallest type on the card, in pixels."""
    is_cut: bool = False
    """The title ends in an ellipsis."""
    missing: tuple[MissingGlyph, ...] = ()
    warnings: tuple[str, ...] = ()


def draw_card(
    content: CardContent,
    *,
    design: Design,
    fonts: FontSet,
    photo: bytes | None = None,
    size: tuple[int, int] = (1200, 630),
) -> Drawing:
    """One card. A photo that cannot be used is a warning and a card without it, never an error.

    Raises ConfigError for a size nobody can use or an expression of a layout that fails.
    """
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in size):
        raise ConfigError(f"{size[0]}x{size[1]} is no size for a card", where="cards.sizes", hint="200 to 4096 pixels")
    picture, warnings = _open_photo(photo, size)
    layout = choose_layout(content, design, picture, size)
    if not layout.picture:
        picture = None
    return _Card(content, design=design, fonts=fonts, layout=layout, photo=picture, size=size).draw(warnings)


def choose_layout(content: CardContent, design: Design, photo: Photo | None, size: tuple[int, int]) -> Layout:
    """The layout of the site, or the one that suits the picture: cover, split, type or quote."""
    if design.layout != "auto":
        wanted = design.layouts[design.layout]
        if photo is not None or not wanted.picture:
            return wanted
    if photo is None:
        return design.layouts["quote" if content.is_short else "type"]
    scale = max(size[0] / photo.width, size[1] / photo.height)
    kept = (size[0] * size[1]) / (photo.width * photo.height * scale * scale)
    return design.layouts["cover" if scale <= MAX_ENLARGED and kept >= LEAST_KEPT else "split"]


def _open_photo(data: bytes | None, size: tuple[int, int]) -> tuple[Photo | None, tuple[str, ...]]:
    if data is None:
        return None, ()
    try:
        return decode_photo(data, size), ()
    except PhotoRefused as error:
        return None, (f"the picture cannot be used: {error}",)


class _Card:
    """One card while it is drawn: what its steps share."""

    def __init__(
        self,
        content: CardContent,
        *,
        design: Design,
        fonts: FontSet,
        layout: Layout,
        photo: Photo | None,
        size: tuple[int, int],
    ) -> None:
        self._content = content
        self._design = design
        self._fonts = fonts
        self._layout = layout
        self._photo = photo
        self._size = size
        self._theme = choose_theme(
            design.theme,
            accent=design.accent,
            swatch=None if photo is None else find_swatch(photo.image),
            seed=content.seed,
            is_flat=photo is None,
        )

    def draw(self, warnings: tuple[str, ...]) -> Drawing:
        placed = self._place()
        canvas: Canvas = (FullCanvas if self._photo else FlatCanvas)(self._size, self._theme.paper)
        pictures, masks, least = self._shade(placed)
        paint_boxes(canvas, placed, Scene(self._theme, self._content.seed, pictures, masks))
        data, media_type = self._encode(canvas.finish())
        blocks = [one.block for one in placed if one.block is not None]
        return Drawing(
            data=data,
            media_type=media_type,
            width=self._size[0],
            height=self._size[1],
            alt=self._content.alt,
            layout=self._layout.name,
            theme=self._theme.name,
            contrast=round(least, 2),
            smallest=min((block.size_px for block in blocks), default=0.0),
            is_cut=any(one.block.is_truncated for one in placed if one.block and one.box.name == "title"),
            missing=_list_missing(blocks),
            warnings=warnings,
        )

    def _place(self) -> tuple[Placed, ...]:
        width, height = self._size
        words = make_words(
            self._content, width, height, has_photo=self._photo is not None, has_logo=bool(self._design.logo)
        )
        root = resolve(self._layout, words, find_unit(width, height))
        return place_boxes(root, width, height, self._fit, mirror=self._content.direction == "rtl")

    def _fit(self, box: Box, level: Level, max_width: float, max_lines: int) -> TextBlock:
        families = {"sans": self._design.font, "serif": "Source Serif 4"}
        return fit_text(
            box.text,
            sizes=level.sizes,
            fonts=self._fonts,
            family=families.get(level.family, level.family),
            weight=level.weight,
            max_width=max_width,
            max_lines=max_lines,
            language=self._content.language,
            direction="auto",
            align="centre" if box.align == "centre" else ("start" if box.align != "end" else "end"),
            balance=level.balance,
            line_height=level.leading,
            tracking=level.tracking,
        )

    def _shade(self, placed: Sequence[Placed]) -> tuple[dict[str, Image.Image], dict[str, Image.Image], float]:
        """Pictures at their boxes' sizes, scrims as strong as the text on them needs, and the contrast reached."""
        pictures: dict[str, Image.Image] = {}
        masks: dict[str, Image.Image] = {}
        least = self._plain_contrast(placed)
        for at, one in enumerate(placed):
            if one.box.kind == "image" and self._photo is not None:
                pictures[one.box.name] = self._crop(one, placed[at + 1 :])
            elif one.box.kind == "logo" and self._design.logo:
                pictures[one.box.name] = draw_logo(self._design.logo, one.rect.pixels)
            elif one.box.kind == "scrim":
                mask, reached = self._solve(one, placed[at + 1 :], pictures)
                masks[one.box.name] = mask
                least = min(least, reached)
        return pictures, masks, least

    def _plain_contrast(self, placed: Sequence[Placed]) -> float:
        """The least contrast of the theme's own pairs, for text that stands on paper."""
        grounds = {one.box.fill for one in placed if one.box.fill and one.block is None} or {"paper"}
        inks = {one.box.colour for one in placed if one.block is not None and not one.box.fill}
        if any(one.box.kind == "scrim" for one in placed):
            return 21.0
        find = self._theme.find
        return min((contrast(find(ink), find(ground)) for ink in inks for ground in grounds), default=21.0)

    def _crop(self, image: Placed, above: Sequence[Placed]) -> Image.Image:
        """The photo for a box, its subject brought to where no text lies."""
        assert self._photo is not None
        left, top, right, bottom = image.rect.pixels
        tops = [one.rect.y for one in above if one.block is not None and _overlaps(one, image)]
        free = (min(tops) - image.rect.y) / image.rect.height if tops else 1.0
        clear = (0.5, min(0.5, max(0.3, free / 2)))
        return fill_room(self._photo, right - left, bottom - top, focus=self._content.focus, clear=clear)

    def _solve(
        self, scrim: Placed, above: Sequence[Placed], pictures: dict[str, Image.Image]
    ) -> tuple[Image.Image, float]:
        """A scrim's mask and the contrast of the worst spot under the texts it carries."""
        box, (left, top, right, bottom) = scrim.box, scrim.rect.pixels
        texts = [one for one in above if one.block is not None and (not box.under or one.box.name in box.under)]
        photo = next(reversed(pictures.values()), None)
        spots: list[Spot] = []
        if photo is not None:
            spots = [find_spot(photo, one.ink.pixels, self._theme.find(one.box.colour)) for one in texts]
        strength = solve_strength(spots, self._theme.tint, READABLE, box.strength)
        reach = _reach(scrim, texts)
        mask = draw_mask(right - left, bottom - top, side=box.side, reach=reach, fade=box.fade, strength=strength)
        return mask, least_contrast(spots, self._theme.tint, strength)

    def _encode(self, image: Image.Image) -> tuple[bytes, str]:
        if image.mode == "P" or self._design.format == "png":
            data = encode_png(image)
            if len(data) <= self._design.max_bytes:
                return data, "image/png"
        return encode_jpeg(image.convert("RGB"), self._design.max_bytes), "image/jpeg"


def _overlaps(one: Placed, other: Placed) -> bool:
    a, b = one.rect, other.rect
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def _reach(scrim: Placed, texts: Sequence[Placed]) -> float:
    """How far from its side a scrim must be at full strength to lie under all of its texts, with a little air."""
    if not texts:
        return 0.0
    air, rect = 0.04 * scrim.rect.height, scrim.rect
    inks = [one.ink for one in texts]
    return air + {
        "top": max(ink.bottom for ink in inks) - rect.y,
        "start": max(ink.right for ink in inks) - rect.x,
        "end": rect.right - min(ink.x for ink in inks),
    }.get(scrim.box.side, rect.bottom - min(ink.y for ink in inks))


def _list_missing(blocks: Sequence[TextBlock]) -> tuple[MissingGlyph, ...]:
    found = {(missing.cluster, missing.package) for block in blocks for missing in block.missing}
    return tuple(MissingGlyph(text=text, package=package) for text, package in sorted(found))
