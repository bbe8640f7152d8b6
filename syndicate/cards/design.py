"""A card's design as values: levels of type, boxes with their constraints, layouts, and the rules around them.

A layout is a tree of boxes. Containers (`layers`, `row`, `column`) share out room; leaves paint. Numbers are
pixels of a 1200x630 card; other sizes scale them by one unit, so that a layout reflows instead of being cropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PIL import Image

from syndicate.cards.colour import RGB

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
