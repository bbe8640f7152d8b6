"""Draws one card: words, design, fonts and a picture's bytes in, a finished file out. Pure, and safe in threads.

content ─choose_layout→ Choice ─resolve→ Box ─place_boxes→ Placed ─shade→ Shaded ─paint→ canvas ─encode→ Drawing
photo   ─decode_photo─→ Photo  ─find_swatch, choose_theme→ Theme ──────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from PIL import Image

from syndicate.cards import ONLY_JPEG, CardContent, make_alt
from syndicate.cards.canvas import Canvas, FlatCanvas, FullCanvas, encode_jpeg, encode_png
from syndicate.cards.choose import (
    Choice,
    Fault,
    choose_layout,
    describe,
    find_cover,
    find_shaded,
    give_way,
    judge_picture,
)
from syndicate.cards.colour import MIDDLE, Theme, choose_theme, find_swatch, luminance
from syndicate.cards.crop import cut_border
from syndicate.cards.design import LEAST_TITLE, Box, Design, find_unit, give_room, make_words, resolve
from syndicate.cards.frame import fit_frames, shorten
from syndicate.cards.kind import Kind, find_ground
from syndicate.cards.layout import SLACK, Placed, mirror_boxes, place_boxes
from syndicate.cards.paint import Scene, paint_boxes
from syndicate.cards.photo import Photo, decode_photo, open_photo
from syndicate.cards.shade import Shaded, shade
from syndicate.errors import ConfigError
from syndicate.typeset import FontSet, Missing, TextBlock, fit_text

MAY_COVER = 0.05
"""Of a photo's subject: so much may lie under words before they give way."""
WHOLE = frozenset({"framed", "emblem"})
"""Layouts of ours that show all of a picture."""
MAY_SHADE = 0.6
"""Of the subject: more of it under the scrim of a cover is dull."""
LESS_PICTURE = (0.9, 0.8, 0.7, 0.6)
"""Of its size: so far a picture gives way to a title that would be too small beside it."""

LEAST_WHOLE = (320, 160)
"""Pixels across and down on a card of 1200x630: a whole picture smaller than both shows nothing."""

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
    title_size: float = 0.0
    """Pixels of the title's type on a card of 1200x630."""
    is_cut: bool = False
    """The title ends in an ellipsis."""
    missing: tuple[Missing, ...] = ()
    """Characters no installed font has, and the package that brings one."""
    outside: tuple[str, ...] = ()
    """Names of texts that leave the safe box."""
    refused: str = ""
    """Why a picture was given and not used."""
    logo_contrast: float | None = None
    """Of the logo with its ground; 0 where the layout does not show it, None where the site has none."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with how the picture is shown."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A card before it is encoded: its exact colours, and what was placed on it."""

    image: Image.Image
    placed: tuple[Placed, ...]
    choice: Choice
    theme: Theme
    shaded: Shaded
    refused: str
    photo: Photo | None


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
    painted = paint_card(content, design=design, fonts=fonts, photo=photo, size=size, decode=decode)
    data, media_type = _encode(painted.image, design)
    blocks = [one.block for one in painted.placed if one.block is not None]
    has_logo = design.logo is not None or design.logo_dark is not None
    return Drawing(
        data=data,
        media_type=media_type,
        width=size[0],
        height=size[1],
        alt=make_alt(content, is_pictured=painted.photo is not None),
        layout=painted.choice.layout.name,
        theme=painted.theme.name,
        contrast=round(painted.shaded.contrast, 2),
        smallest=min((block.size_px for block in blocks), default=0.0),
        title_size=_measure_title(painted.placed, size),
        is_cut=_is_cut(painted.placed),
        missing=_list_missing(blocks),
        outside=_list_outside(painted.placed, size),
        refused=painted.refused,
        logo_contrast=round(painted.shaded.logo_contrast, 2) if has_logo else None,
        faults=judge_picture(painted.placed, painted.photo, painted.choice),
    )


def paint_card(
    content: CardContent,
    *,
    design: Design,
    fonts: FontSet,
    photo: bytes | None = None,
    size: Size = (1200, 630),
    decode: Callable[[bytes, Size], Photo] = decode_photo,
) -> Painted:
    """The card as pixels; see `draw_card`."""
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in size):
        raise ConfigError(
            f"{size[0]}x{size[1]} is not a possible size for a card", where="cards.sizes", hint="200 to 4096 pixels"
        )
    picture, refused = open_photo(photo, size, decode)
    if picture is not None and content.focus is None and content.picture_kind in {"", "photo"}:
        picture = cut_border(picture)
    choice = choose_layout(content, design, picture, size)
    shown = picture if choice.layout.picture else None
    if shown is not None and (choice.kind is Kind.TEXT or choice.layout.name in WHOLE):
        middle = choice.subject.focus if choice.kind is Kind.PHOTO and choice.subject else (0.0, 0.0)
        shown = shorten(shown, middle)
    theme = _choose_theme(content, design, shown, choice)
    placed = _place(content, design, fonts, choice, size=size, photo=shown)
    if shown is not None and design.layout == "auto" and choice.layout.name == "cover":
        other = _find_better(placed, shown, choice, partial(give_way, choice, content, design, shown, size))
        if other is not choice:
            choice = other
            placed = _place(content, design, fonts, choice, size=size, photo=shown)
    if shown is not None and 0 < _measure_title(placed, size) < LEAST_TITLE:
        choice, placed = _enlarge_title(placed, content, design, fonts, choice, size=size, photo=shown)
    if shown is not None and design.layout == "auto" and choice.layout.name == "framed" and _is_tiny(placed, size):
        refused = f"beside a title of {len(content.title)} letters it would be too small to be seen"
        choice, shown = replace(choice, layout=design.layouts["type"]), None
        theme = _choose_theme(content, design, None, choice)
        placed = _place(content, design, fonts, choice, size=size, photo=None)
    logos = _order_logos(design, theme)
    focus = choice.subject.focus if choice.subject else content.focus
    shaded = shade(placed, theme, photo=shown, logos=logos, focus=focus, unit=find_unit(*size))
    canvas: Canvas = (FullCanvas if shown else FlatCanvas)(size, theme.paper)
    paint_boxes(canvas, placed, Scene(theme, content.seed, shaded.pictures, shaded.veils))
    return Painted(canvas.finish(), placed, choice, theme, shaded, refused, shown)


def _choose_theme(content: CardContent, design: Design, photo: Photo | None, choice: Choice) -> Theme:
    swatch = None if photo is None else find_swatch(photo.small)
    ground = find_ground(photo.image) if photo is not None and choice.kind is not Kind.PHOTO else None
    if swatch is not None and ground is not None:
        swatch = replace(swatch, light=luminance(ground))
    theme = choose_theme(design.theme, accent=design.accent, swatch=swatch, seed=content.seed, site=content.site)
    return theme if ground is None else replace(theme, ground=ground)


def _order_logos(design: Design, theme: Theme) -> tuple[Image.Image, ...]:
    """The one made for the theme's ground first."""
    logos = tuple(logo for logo in (design.logo, design.logo_dark) if logo is not None)
    return logos[::-1] if luminance(theme.ink) > MIDDLE else logos


def _find_better(placed: Sequence[Placed], photo: Photo, cover: Choice, give_way: Callable[[], Choice]) -> Choice:
    """The layout that a cover gives way to whose words lie on its subject, or put it in their shade while one side is
    free of it; else the cover."""
    is_light = cover.subject is not None and cover.subject.is_light
    if not is_light and find_cover(placed, photo, cover.subject) > MAY_COVER:
        return give_way()
    if find_shaded(placed, photo, cover.subject) > (MAY_COVER if is_light else MAY_SHADE):
        other = give_way()
        return other if other.layout.name == "side" else cover
    return cover


def _enlarge_title(
    placed: tuple[Placed, ...],
    content: CardContent,
    design: Design,
    fonts: FontSet,
    choice: Choice,
    *,
    size: Size,
    photo: Photo,
) -> tuple[Choice, tuple[Placed, ...]]:
    """The picture smaller, or below the words, where the title can be read then; else what comes nearest to it."""
    tries = [(choice, share) for share in LESS_PICTURE]
    if design.layout == "auto" and choice.layout.name == "split":
        tries.append((replace(choice, layout=design.layouts["framed"]), 1.0))
    tried = [(choice, placed)]
    for other, share in tries:
        tried.append((other, _place(content, design, fonts, other, size=size, photo=photo, share=share)))
        if _measure_title(tried[-1][1], size) >= LEAST_TITLE:
            return tried[-1]
    return max(tried, key=lambda one: (not _is_cut(one[1]), _measure_title(one[1], size)))


def _measure_title(placed: Sequence[Placed], size: Size) -> int:
    """Whole pixels of the title's type on a card of 1200x630, 0 where the layout shows none."""
    return round(min((block.size_px for block in _list_titles(placed)), default=0.0) / find_unit(*size))


def _is_tiny(placed: Sequence[Placed], size: Size) -> bool:
    across, down = (side * find_unit(*size) for side in LEAST_WHOLE)
    return any(one.rect.width < across and one.rect.height < down for one in placed if one.box.kind == "image")


def _is_cut(placed: Sequence[Placed]) -> bool:
    return any(block.is_truncated for block in _list_titles(placed))


def _list_titles(placed: Sequence[Placed]) -> list[TextBlock]:
    return [one.block for one in placed if one.block is not None and one.box.name.startswith("title")]


def _place(
    content: CardContent,
    design: Design,
    fonts: FontSet,
    choice: Choice,
    *,
    size: Size,
    photo: Photo | None,
    share: float = 1.0,
) -> tuple[Placed, ...]:
    unit = find_unit(*size)
    words = make_words(content, *size, describe(choice, content, design, photo))
    root = resolve(choice.layout, words, unit)
    root = root if share == 1 else give_room(root, share)
    is_mirrored = content.direction == "rtl"
    families = {"sans": design.font, "serif": "Source Serif 4", "mono": CODE}
    sides = {"start": "right", "end": "left"} if is_mirrored else {"start": "left", "end": "right"}

    def fit(box: Box, room: tuple[float, float], max_lines: int) -> TextBlock:
        if content.title in box.text:  # no other card has it
            return fit_new(box, room, max_lines)
        key = (box.text, box.level, box.align, room, max_lines, content.language, is_mirrored, design.font)
        return fonts.texts.get(key, lambda: fit_new(box, room, max_lines))

    def fit_new(box: Box, room: tuple[float, float], max_lines: int) -> TextBlock:
        level = box.level
        return fit_text(
            box.text,
            sizes=level.sizes,
            fonts=fonts,
            family=families.get(level.family, level.family),
            weight=level.weight,
            max_width=room[0],
            max_height=room[1] + SLACK,
            max_lines=min(max_lines, level.lines),
            whole_from=round(LEAST_TITLE * unit) if box.name.startswith("title") else 0,
            more_lines=[(size_px, min(max_lines, lines)) for size_px, lines in level.more_lines],
            language=content.language,
            align=sides.get(box.align, "centre" if box.align == "centre" else sides["start"]),
            balance=level.balance,
            line_height=level.leading,
            tracking=level.tracking,
            code=find_code(box.text, content),
            code_family=CODE,
        )

    placed = place_boxes(root, *size, fit)
    for one in placed:
        if one.rect.width > 2 * size[0] or one.rect.height > 2 * size[1]:
            where = f"templates/cards/{choice.layout.name}.toml: boxes.{one.box.name}"
            raise ConfigError("the box is more than twice as large as the card", where=where)
    return fit_frames(mirror_boxes(placed, size[0]) if is_mirrored else placed, photo, unit)


CODE = "JetBrains Mono"


def find_code(text: str, content: CardContent) -> tuple[tuple[int, int], ...]:
    """Where the title's code stands in a text that has the title in it."""
    at, spans = text.find(content.title), []
    for word in content.code if at >= 0 else ():
        start = text.find(word, at)
        if start >= 0:
            at = start + len(word)
            spans.append((start, at))
    return tuple(spans)


def _encode(image: Image.Image, design: Design) -> tuple[bytes, str]:
    if design.format == "png" or (image.mode == "P" and design.format != ONLY_JPEG):
        data = encode_png(image)
        if len(data) <= design.max_bytes:
            return data, "image/png"
    whole = image if image.mode == "RGB" else image.convert("RGB")
    return encode_jpeg(whole, design.max_bytes), "image/jpeg"


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
