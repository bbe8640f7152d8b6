"""A card's design as values: levels of type, boxes with their constraints, layouts, and the rules around them.

A layout is a tree of boxes. Containers (`layers`, `row`, `column`) share out room; leaves paint. Numbers are
pixels of a 1200x630 card; other sizes scale them by one unit, so that a layout reflows instead of being cropped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from PIL import Image

from syndicate.cards import CardContent
from syndicate.cards.colour import RGB
from syndicate.errors import ConfigError
from syndicate.text.counting import split_graphemes
from syndicate.typeset.wrapping import add_seams

TEXTS = frozenset({"text", "badge", "avatar"})
"""Kinds of boxes that carry letters."""

MAX_SIZES, MAX_SIZE, MAX_LINES = 30, 1_000, 100
"""Of a text: sizes to try, the largest of them, and lines."""

Words = Mapping[str, object]
"""What expressions in a layout may name."""

Expression = Callable[[Words], object]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of type. `sizes` are tried from the largest; `leading` is the line height in ems."""

    family: str = "sans"
    """"sans" (the site's own choice), "serif", or a family's name."""
    weight: int = 500
    sizes: tuple[int, ...] = (28,)
    lines: int = 1
    more_lines: tuple[tuple[int, int], ...] = ()
    """Pairs of a size and how many lines the text may have at that size or below: long texts are small and full."""
    leading: float = 1.2
    tracking: float = 0.0
    balance: bool = False

    @property
    def most_lines(self) -> int:
        return max([self.lines, *(lines for _, lines in self.more_lines)])


@dataclass(frozen=True, slots=True)
class Edges:
    """Room kept free on each side, in pixels; `start` is left in a left-to-right card."""

    top: float = 0
    end: float = 0
    bottom: float = 0
    start: float = 0

    @property
    def across(self) -> float:
        return self.start + self.end

    @property
    def down(self) -> float:
        return self.top + self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box whose expressions have been worked out for one post and one size.

    `width` and `height` are pixels, a share of the parent below zero (-0.42 is 42 %), or None for natural.
    """

    name: str
    kind: str
    children: tuple[Box, ...] = ()
    width: float | None = None
    height: float | None = None
    most: float | None = None
    """The most a box takes of a row, written like `width`."""
    grow: float = 0
    gap: float = 0
    padding: Edges = Edges()
    align: str = "stretch"
    """Across: "start", "centre", "end", "stretch"."""
    justify: str = "start"
    """Along: "start", "centre", "end", "between"."""
    text: str = ""
    level: Level = Level()
    colour: str = "ink"
    fill: str = ""
    """Name of a theme colour behind the box; "" for none."""
    radius: float = 0
    side: str = "bottom"
    """Where a scrim is strongest: "top", "bottom", "start", "end", "all"."""
    fade: float = 200
    """Pixels over which a scrim eases out beyond the text."""
    strength: float = 0.0
    """The least opacity of a scrim; contrast may ask for more."""
    fit: str = "fill"
    """How a picture stands in its box: "fill" cuts it to the box, "whole" makes the box as large as the picture."""
    frame: str = "none"
    """Around a whole picture: "none", "sheet" (a margin in its own ground), "window" (a bar with three dots)."""
    shadow: float = 0
    """Pixels that a soft shadow reaches beyond a picture."""
    under: tuple[str, ...] = ()
    """Texts a scrim must carry; empty means all that come after it."""


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """A box as the layout file has it: properties are plain values or compiled expressions."""

    name: str
    kind: str
    properties: Mapping[str, object]
    children: tuple[BoxSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A parsed layout file. `picture` says whether it is made for a photo."""

    name: str
    root: BoxSpec
    levels: Mapping[str, Level]
    picture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How all cards of a site look: parsed once, shared by threads."""

    layouts: Mapping[str, Layout]
    layout: str = "auto"
    theme: str = "auto"
    font: str = "Inter"
    accent: RGB | None = None
    format: str = "jpeg"
    max_bytes: int = 280_000
    logo: Image.Image | None = field(default=None, repr=False)
    logo_dark: Image.Image | None = field(default=None, repr=False)
    """For dark grounds."""
    digest: str = ""
    """Changes when any of the above does."""


# --- From a parsed layout to boxes with numbers: the expressions worked out for one post and one size ---

_AVATAR: Mapping[str, object] = {"fill": "accent", "colour": "on_accent", "radius": 999}
"""A disc with a first letter, unless the layout says otherwise."""

SMALLEST_TYPE = 24
"""Pixels: networks show cards at a third of their size, where anything smaller is dust."""

LEAST_TITLE = 48
"""Pixels on a card of 1200x630: a timeline shows it at a third."""

NO_BREAK = "\u00a0"
RIGHT_TO_LEFT, ISOLATE, END_ISOLATE = "\u200f", "\u2068", "\u2069"

BASE_AREA = 1200 * 630
MAX_NUMBER = 10_000
"""Of pixels and all else; anything beyond is not a card."""
MAX_TEXT = 5_000
"""Characters that all texts of a card have together."""


def find_unit(width: int, height: int) -> float:
    """How much larger than a 1200x630 card everything is drawn: from the area, held by the narrow side."""
    return min(math.sqrt(width * height / BASE_AREA), min(width, height) / 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a layout may know of the card's pictures. Ratios are width by height."""

    has_photo: bool = False
    photo_ratio: float = 1.5
    photo_kind: str = "photo"
    photo_is_dark: bool = False
    free: str = "bottom"
    """Where words cover no subject: "bottom", "start" or "end"."""
    has_logo: bool = False
    logo_ratio: float = 1.0


def make_words(content: CardContent, width: int, height: int, shown: Shown) -> Words:
    """What a layout's expressions may name."""
    return MappingProxyType(
        {
            "title": content.title,
            "category": content.category,
            "author": content.author,
            "date": content.date,
            "reading": content.reading,
            "byline": _join(content.direction, content.author, content.date, content.reading),
            "brief": _join(content.direction, content.author, content.date),
            "longest": find_longest(content),
            "site": content.site,
            "summary": content.summary,
            "host": content.host,
            "language": content.language,
            "width": width,
            "height": height,
            "wide": width > height * 1.4,
            "tall": height > width * 1.1,
            "story": height > width * 1.6,
            **asdict(shown),
        }
    )


def find_longest(content: CardContent) -> int:
    """Letters of a title that stay on one line: of its code, and of words of scripts that put spaces between them.

    A name or an address may be parted at its signs.
    """
    words = (word for word in add_seams(content.title).split() if not _UNSPACED.search(word))
    whole = [*content.code, *(part for word in words for part in _SEAMS.split(word))]
    return max((sum(1 for _ in split_graphemes(part)) for part in whole), default=0)


_SEAMS = re.compile(r"[\u200b\u2013\u2014/-]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\uffef]")
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese, Korean."""


def _join(direction: str, *parts: str) -> str:
    """The parts that there are, with dots between them, each kept on one line.

    On a card from right to left each is isolated (UAX 9, section 2.5): the day of a date would go to a Latin name.
    """
    whole = [part.replace(" ", NO_BREAK) for part in parts if part]
    if direction != "rtl":
        return " · ".join(whole)
    return RIGHT_TO_LEFT + " · ".join(f"{ISOLATE}{part}{END_ISOLATE}" for part in whole) if whole else ""


def resolve(layout: Layout, words: Words, unit: float) -> Box:
    """The layout's tree without the boxes that are not shown. Raises ConfigError where an expression fails."""
    root = _Resolver(layout.levels, words, unit, f"templates/cards/{layout.name}.toml").box(layout.root)
    if root is None:
        raise ConfigError("the outermost box is never shown", where=f"templates/cards/{layout.name}.toml")
    return root


def give_room(box: Box, share: float) -> Box:
    """The same with smaller pictures, for a title that would be too small beside them."""
    if box.kind == "image" or [child.kind for child in box.children] == ["image"]:
        width, height = (side and side * share for side in (box.width, box.height))
        return replace(box, width=width, height=height)
    return replace(box, children=tuple(give_room(child, share) for child in box.children))


@lru_cache(256)  # the layouts of a site have some twenty
def scale_level(level: Level, unit: float) -> Level:
    """The level on a card of this unit."""
    more_lines = tuple((round(size * unit), lines) for size, lines in level.more_lines)
    return replace(level, sizes=_scale(level.sizes, unit), more_lines=more_lines)


def _scale(sizes: Iterable[float], unit: float) -> tuple[int, ...]:
    """From the largest, each once, none under 24 pixels."""
    return tuple(sorted({max(SMALLEST_TYPE, round(size * unit)) for size in sizes}, reverse=True))


class _Resolver:
    def __init__(self, levels: Mapping[str, Level], words: Words, unit: float, where: str) -> None:
        self._levels = levels
        self._words = words
        self._unit = unit
        self._where = where
        self._letters = 0

    def box(self, spec: BoxSpec) -> Box | None:
        values = {key: value(self._words) if callable(value) else value for key, value in spec.properties.items()}
        if not values.get("show", True):
            return None
        children = tuple(child for child in map(self.box, spec.children) if child is not None)
        text = str(values.get("text", ""))
        self._letters += len(text)
        if self._letters > MAX_TEXT:
            raise ConfigError(f"a card may have {MAX_TEXT:,} characters", where=self._where)
        if spec.kind in TEXTS and not text:
            return None
        if spec.kind == "avatar":
            values = {**_AVATAR, **values}
            text = next(iter(split_graphemes(text)))
        return Box(
            name=spec.name,
            kind=spec.kind,
            children=children,
            width=self._length(values.get("width")),
            height=self._length(values.get("height")),
            most=self._length(values.get("most")),
            grow=self._number(values.get("grow", 0)),
            gap=self._pixels(values.get("gap", 0)),
            padding=self._edges(values.get("padding", 0)),
            align=str(values.get("align", "start" if spec.kind in TEXTS else "stretch")),
            justify=str(values.get("justify", "start")),
            text=text,
            level=self._level(values),
            colour=str(values.get("colour", "ink")),
            fill=str(values.get("fill", "")),
            radius=self._pixels(values.get("radius", 0)),
            side=str(values.get("side", "bottom")),
            fade=self._pixels(values.get("fade", 200)),
            strength=self._number(values.get("strength", 0)),
            fit=str(values.get("fit", "fill")),
            frame=str(values.get("frame", "none")),
            shadow=self._pixels(values.get("shadow", 0)),
            under=_names(values.get("under", ())),
        )

    def _level(self, values: Mapping[str, object]) -> Level:
        """The named level with the box's own lines, sizes and weight, scaled to the card."""
        level = scale_level(self._levels.get(str(values.get("level", "text")), Level()), self._unit)
        return replace(
            level,
            sizes=self._sizes(values["sizes"]) if "sizes" in values else level.sizes,
            more_lines=() if "lines" in values else level.more_lines,
            lines=min(max(1, int(self._number(values.get("lines", level.lines)))), MAX_LINES),
            weight=int(self._number(values.get("weight", level.weight))),
        )

    def _sizes(self, sizes: object) -> tuple[int, ...]:
        if not isinstance(sizes, list | tuple) or len(sizes) > MAX_SIZES:
            raise ConfigError(f"sizes must be a list of at most {MAX_SIZES}, not {sizes!r:.40}", where=self._where)
        if any(self._number(size) > MAX_SIZE for size in sizes):
            raise ConfigError(f"no size of a text may be larger than {MAX_SIZE:,}", where=self._where)
        return _scale(map(self._number, sizes), self._unit)

    def _length(self, value: object) -> float | None:
        """Pixels scaled to the card, or a share of the parent kept as a number below zero."""
        if value is None:
            return None
        number = self._number(value)
        return number if number < 0 else number * self._unit

    def _edges(self, value: object) -> Edges:
        """One number for all sides, [down, across], or [top, end, bottom, start]."""
        sides = [self._pixels(side) for side in value] if isinstance(value, list | tuple) else [self._pixels(value)]
        match sides:
            case [every]:
                return Edges(every, every, every, every)
            case [down, across]:
                return Edges(down, across, down, across)
            case [top, end, bottom, start]:
                return Edges(top, end, bottom, start)
            case _:
                raise ConfigError("padding takes one, two or four numbers", where=self._where)

    def _pixels(self, value: object) -> float:
        return max(0.0, self._number(value)) * self._unit

    def _number(self, value: object) -> float:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ConfigError(f"{str(value)[:40]!r} is not a number", where=self._where)
        if abs(number) > MAX_NUMBER:
            raise ConfigError(f"{str(value)[:40]!r} is larger than any card", where=self._where)
        return number


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
