"""Draws one card: words, design, fonts and a picture's bytes in, a finished file out. Pure, and safe in threads.

content ─choose_layout→ Layout ─resolve→ Box ─place_boxes→ Placed ─shade→ Shaded ─paint→ canvas ─encode→ Drawing
photo   ─decode_photo─→ Photo  ─find_swatch, choose_theme→ Theme ──────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from syndicate.cards.canvas import Canvas, FlatCanvas, FullCanvas
from syndicate.cards.content import CardContent
from syndicate.cards.crop import MAX_ENLARGED
from syndicate.cards.design import Box, Design, Layout
from syndicate.cards.encode import encode_jpeg, encode_png
from syndicate.cards.keys import ONLY_JPEG
from syndicate.cards.layout import SLACK, place_boxes
from syndicate.cards.paint import Scene, paint_boxes
from syndicate.cards.photo import Photo, PhotoRefused, decode_photo
from syndicate.cards.placed import Placed, mirror_boxes
from syndicate.cards.resolve import find_unit, make_words, resolve
from syndicate.cards.shade import shade
from syndicate.cards.themes import Theme, choose_theme, find_swatch
from syndicate.errors import ConfigError
from syndicate.typeset import FontSet, Missing, TextBlock, fit_text

# --- which layout suits the picture, where the site leaves it open ---

LEAST_KEPT = 0.6
"""A cover that would show less of its photo than this becomes a split."""


def choose_layout(content: CardContent, design: Design, photo: Photo | None, size: tuple[int, int]) -> Layout:
    """The site's own layout where it can be drawn; else cover or split with a photo, type or quote without."""
    if design.layout != "auto":
        wanted = design.layouts[design.layout]
        if photo is not None or not wanted.picture:
            return wanted
    if photo is None:
        return design.layouts["quote" if content.is_short else "type"]
    return design.layouts["cover" if fills(photo, size) else "split"]


def fills(photo: Photo, size: tuple[int, int]) -> bool:
    """Whether a photo can fill a card: sharp enough, and most of it still seen."""
    scale = max(size[0] / photo.width, size[1] / photo.height)
    kept = (size[0] * size[1]) / (photo.width * photo.height * scale * scale)
    return scale <= MAX_ENLARGED and kept >= LEAST_KEPT


LEAST_SIDE, MOST_SIDE = 200, 4096

Size = tuple[int, int]


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
    missing: tuple[Missing, ...] = ()
    """Characters no installed font has, and the package that brings one."""
    outside: tuple[str, ...] = ()
    """Names of texts that leave the safe box."""
    refused: str = ""
    """Why a picture was given and not used."""


def draw_card(
    content: CardContent,
    *,
    design: Design,
    fonts: FontSet,
    photo: bytes | None = None,
    size: Size = (1200, 630),
    decode: Callable[[bytes, Size], Photo] = decode_photo,
) -> Drawing:
    """One card. A photo that cannot be used is said in `refused`, and the card is drawn without it.

    `decode` is `decode_photo`, or does the same elsewhere.

    Raises ConfigError for a size nobody can use or an expression of a layout that fails.
    """
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in size):
        raise ConfigError(f"{size[0]}x{size[1]} is no size for a card", where="cards.sizes", hint="200 to 4096 pixels")
    picture, refused = _open_photo(photo, size, decode)
    layout = choose_layout(content, design, picture, size)
    shown = picture if layout.picture else None
    theme = _choose_theme(content, design, shown)
    placed = _place(content, design, fonts, layout, size=size, has_photo=shown is not None)
    shaded = shade(placed, theme, photo=shown, logo=design.logo, focus=content.focus)
    canvas: Canvas = (FullCanvas if shown else FlatCanvas)(size, theme.paper)
    paint_boxes(canvas, placed, Scene(theme, content.seed, shaded.pictures, shaded.masks))
    data, media_type = _encode(canvas.finish(), design)
    blocks = [one.block for one in placed if one.block is not None]
    return Drawing(
        data=data,
        media_type=media_type,
        width=size[0],
        height=size[1],
        alt=content.alt,
        layout=layout.name,
        theme=theme.name,
        contrast=round(shaded.contrast, 2),
        smallest=min((block.size_px for block in blocks), default=0.0),
        is_cut=any(one.block.is_truncated for one in placed if one.block and one.box.name == "title"),
        missing=_list_missing(blocks),
        outside=_list_outside(placed, size),
        refused=refused,
    )


def _open_photo(data: bytes | None, size: Size, decode: Callable[[bytes, Size], Photo]) -> tuple[Photo | None, str]:
    if data is None:
        return None, ""
    try:
        return decode(data, size), ""
    except PhotoRefused as error:
        return None, str(error)


def _choose_theme(content: CardContent, design: Design, photo: Photo | None) -> Theme:
    swatch = None if photo is None else find_swatch(photo.small)
    return choose_theme(design.theme, accent=design.accent, swatch=swatch, seed=content.seed)


def _place(
    content: CardContent, design: Design, fonts: FontSet, layout: Layout, *, size: Size, has_photo: bool
) -> tuple[Placed, ...]:
    words = make_words(content, *size, has_photo=has_photo, has_logo=design.logo is not None)
    root = resolve(layout, words, find_unit(*size))
    is_mirrored = content.direction == "rtl"
    families = {"sans": design.font, "serif": "Source Serif 4"}
    sides = {"start": "right", "end": "left"} if is_mirrored else {"start": "left", "end": "right"}

    def fit(box: Box, room: tuple[float, float], max_lines: int) -> TextBlock:
        level = box.level
        return fit_text(
            box.text,
            sizes=level.sizes,
            fonts=fonts,
            family=families.get(level.family, level.family),
            weight=level.weight,
            max_width=room[0],
            max_height=room[1] + SLACK,
            max_lines=max_lines,
            language=content.language,
            align=sides.get(box.align, "centre" if box.align == "centre" else sides["start"]),
            balance=level.balance,
            line_height=level.leading,
            tracking=level.tracking,
        )

    placed = place_boxes(root, *size, fit)
    return mirror_boxes(placed, size[0]) if is_mirrored else placed


def _encode(image: Image.Image, design: Design) -> tuple[bytes, str]:
    if design.format == "png" or (image.mode == "P" and design.format != ONLY_JPEG):
        data = encode_png(image)
        if len(data) <= design.max_bytes:
            return data, "image/png"
    return encode_jpeg(image.convert("RGB"), design.max_bytes), "image/jpeg"


def _list_missing(blocks: Sequence[TextBlock]) -> tuple[Missing, ...]:
    found = {missing for block in blocks for missing in block.missing}
    return tuple(sorted(found, key=lambda missing: (missing.package, missing.cluster)))


def _list_outside(placed: Sequence[Placed], size: Size) -> tuple[str, ...]:
    """Texts beyond the safe box, x 60 to 1140 and y 45 to 585 of a 1200x630 card: networks round and cover edges."""
    left, top = 60 * find_unit(*size) - 1, 45 * find_unit(*size) - 1
    inks = [(one.box.name, one.ink) for one in placed if one.block is not None]
    return tuple(
        name
        for name, ink in inks
        if ink.x < left or ink.y < top or ink.right > size[0] - left or ink.bottom > size[1] - top
    )
