"""Places lines in a block: baselines that nothing on the lines above or below touches, and left edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import uharfbuzz as hb

from syndicate.cards.type.analysis import Analysis, Style
from syndicate.cards.type.block import Line, TextBlock
from syndicate.cards.type.faces import SUBPIXELS, FontSet

_CLEAR = 0.04
"""Least room between the ink of two lines, in em."""


class _Metrics(NamedTuple):
    """Of the wanted family at its size, in pixels, all positive."""

    ascender: float
    descender: float
    cap_height: float


def place_lines(analysis: Analysis, lines: Sequence[Line], style: Style, fonts: FontSet) -> TextBlock:
    """A block of whole-pixel baselines.

    Lines stand `line_height` apart, more where tall scripts or stacked marks would collide; every line gets the
    same distance. The first line has its ink inside the block.
    """
    metrics = _measure(style, fonts)
    inks = [_ink(line) for line in lines]
    height = _line_height(inks, style)
    ascent = float(round(max((height - metrics.ascender - metrics.descender) / 2 + metrics.ascender, inks[0][0])))
    bottom = ascent + height * (len(lines) - 1) + max(height - ascent, inks[-1][1])
    width = max(line.width for line in lines)
    placed = tuple(
        replace(line, x=_indent(line, width, style.align, analysis.base), baseline=ascent + height * number)
        for number, line in enumerate(lines)
    )
    return TextBlock(
        text=analysis.text,
        lines=placed,
        width=width,
        height=float(round(bottom)),
        ascent=ascent,
        line_height=height,
        cap_height=metrics.cap_height,
        size_px=style.size_px,
        direction="rtl" if analysis.base else "ltr",
        missing=analysis.missing,
    )


def _line_height(inks: Sequence[tuple[float, float]], style: Style) -> float:
    wanted = style.size_px * style.line_height
    needed = (above[1] + below[0] + _CLEAR * style.size_px for above, below in pairwise(inks))
    return float(round(max(wanted, *needed))) if len(inks) > 1 else float(round(wanted))


def _ink(line: Line) -> tuple[float, float]:
    """How far the ink reaches above and below the baseline, in pixels."""
    above = below = 0
    for run in line.runs:
        extents_of = run.font.get_glyph_extents
        for number in {glyph.id for glyph in run.glyphs}:
            extents = extents_of(number)
            if extents is not None:
                above = max(above, extents.y_bearing)
                below = min(below, extents.y_bearing + extents.height)
    lift = max((glyph.dy for run in line.runs for glyph in run.glyphs), default=0.0)
    drop = min((glyph.dy for run in line.runs for glyph in run.glyphs), default=0.0)
    return above / SUBPIXELS + max(lift, 0.0), -below / SUBPIXELS - min(drop, 0.0)


def _indent(line: Line, width: float, align: str, base: int) -> float:
    if align == "centre":
        return (width - line.width) / 2
    is_right = align == "right" or (align == "start" and base) or (align == "end" and not base)
    return width - line.width if is_right else 0.0


def _measure(style: Style, fonts: FontSet) -> _Metrics:
    wanted = [face for face in fonts.faces if face.family == style.family]
    face = next(iter([*wanted, *fonts.faces]), None)
    if face is None:
        return _Metrics(style.size_px * 0.95, style.size_px * 0.25, style.size_px * 0.7)
    font = fonts.sized.get(face, style.size_px, style.weight)
    extents = font.get_font_extents("ltr")
    cap_height = font.get_metric_position_with_fallback(hb.OTMetricsTag.CAP_HEIGHT)
    return _Metrics(extents.ascender / SUBPIXELS, -extents.descender / SUBPIXELS, cap_height / SUBPIXELS)
