"""HEIC photos and SVG drawings, by the libraries of the extra `pictures`; without it a reason says what is missing.

An SVG is a program of its own: it may name other files, take any size, and nest. So it must be UTF-8 without entities,
name nothing but what is in it, and have a shape that a card can show; what it takes beyond that, time and memory, is
the matter of the process that decodes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate

from PIL import Image, ImageFile, PngImagePlugin

ADVICE = "syndicate-feeds[pictures] brings what reads it: README, Extras"
MOST_LETTERS = 4_000_000
MOST_PIXELS, MOST_ACROSS = 6_000_000, 4_000
"""Of a drawing as it is rendered: more than a card ever needs."""
DEEPEST = 200
"""Levels of nesting: more would overflow the stack of the library."""
STRETCHED = 8
"""A drawing so many times longer than wide is not a lead image."""
LARGE_ENOUGH = 1_600
"""Pixels of the longer side at which a drawing is rendered at least: it has no size of its own."""

_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE)
_NUMBER = r"\s*=\s*[\"']\s*([0-9.]+)\s*(?:px)?\s*[\"']"
_WIDTH, _HEIGHT = re.compile(r"\swidth" + _NUMBER), re.compile(r"\sheight" + _NUMBER)
_VIEW = re.compile(r"\sviewBox\s*=\s*[\"']\s*[-0-9.e]+[\s,]+[-0-9.e]+[\s,]+([0-9.e]+)[\s,]+([0-9.e]+)")
_OUTSIDE = re.compile(
    r"href\s*=\s*[\"']\s*(?!#|data:image/(?:png|jpeg|webp|gif);)|<!ENTITY|@import|url\(\s*[\"']?(?!#)"
)
_TAG = re.compile(r"<(/?)[A-Za-z][^<>]*?(/?)>")


class ExtraMissing(Exception):
    """The library that reads this kind of picture is not installed."""


def open_heic(data: bytes) -> ImageFile.ImageFile:
    """The header read; it is upright already, whatever its EXIF block says."""
    try:
        from pillow_heif import HeifImageFile, options  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(f"HEIC is not read here; {ADVICE}") from error
    options.DECODE_THREADS = 1
    options.THUMBNAILS = False
    image: ImageFile.ImageFile = HeifImageFile(BytesIO(data))  # type: ignore[no-untyped-call]
    return image


def read_svg_size(data: bytes) -> tuple[int, int]:
    """Width and height at which a drawing is rendered. Raises ValueError for one that cannot be trusted or used."""
    text = data.decode("utf-8")
    if len(text) > MOST_LETTERS:
        raise ValueError("the SVG is far too long")
    if _OUTSIDE.search(text):
        raise ValueError("the SVG names other files or entities")
    if _find_depth(text) > DEEPEST:
        raise ValueError("the SVG is nested far too deeply")
    root = _ROOT.search(text)
    if root is None:
        raise ValueError("the SVG has no root")
    view, width, height = _VIEW.search(root[0]), _WIDTH.search(root[0]), _HEIGHT.search(root[0])
    shape = view.groups() if view else (width[1], height[1]) if width and height else None
    across, down = map(float, shape) if shape else (0.0, 0.0)
    if not (across > 0 < down and math.isfinite(across * down) and 1 / STRETCHED <= across / down <= STRETCHED):
        raise ValueError("the SVG has no size that a card can show")
    scale = LARGE_ENOUGH / max(across, down)
    return max(1, round(across * scale)), max(1, round(down * scale))


def _find_depth(text: str) -> int:
    steps = (-1 if tag[1] else 0 if tag[2] else 1 for tag in _TAG.finditer(text))
    return max(accumulate(steps), default=0)


def render_svg(data: bytes, need: tuple[int, int], fonts: Sequence[str]) -> Image.Image:
    """The drawing as RGBA, large enough to cover `need` where that is not far too much; its letters are of `fonts`."""
    width, height = read_svg_size(data)
    scale = max(1.0, need[0] / width, need[1] / height)
    scale = min(scale, MOST_ACROSS / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(f"SVG is not drawn here; {ADVICE}") from error
    png = resvg_py.svg_to_bytes(
        svg_string=data.decode("utf-8"),
        width=round(width * scale),
        skip_system_fonts=True,
        font_files=list(fonts),
        font_family="Inter",
        sans_serif_family="Inter",
        serif_family="Source Serif 4",
        monospace_family="JetBrains Mono",
    )
    with PngImagePlugin.PngImageFile(BytesIO(bytes(png))) as image:
        return image.convert("RGBA")
