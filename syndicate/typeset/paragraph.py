"""The doors of setting text: lay out, fit, and cut with an ellipsis when nothing else helps."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import regex

from syndicate.typeset.analysis import Analysis, Style, StyleWords, analyse, analyse_line
from syndicate.typeset.characters import split_clusters
from syndicate.typeset.faces import FontSet
from syndicate.typeset.lines import make_lines
from syndicate.typeset.placing import TextBlock, place_lines
from syndicate.typeset.wrapping import Column

ELLIPSIS = "…"
_LOOSE_END = regex.compile(r"[\s\p{Pd}\p{Ps}\p{Pi},;:.…،؛、。，；：·]+$")
_FORCED = regex.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_MOST = 2_000
_WORD = 12
"""An ellipsis rather follows a whole word, if that costs no more than this many characters."""


def layout_text(
    text: str, *, fonts: FontSet, size_px: float, max_width: float, max_lines: int, **style: Unpack[StyleWords]
) -> TextBlock:
    """Set `text` in at most `max_lines` lines of at most `max_width` pixels; what is too much ends in an ellipsis.

    `family` is a name in `fonts` (others stand in where it has no glyph), `language` a BCP 47 tag (regional forms,
    line breaking), `direction` "auto", "ltr" or "rtl"; see `Style` for the rest. A newline in the text ends a line.
    Of a text of more than 2,000 characters only the beginning is looked at.
    """
    return fit_text(text, sizes=(size_px,), fonts=fonts, max_width=max_width, max_lines=max_lines, **style)


def fit_text(
    text: str,
    *,
    sizes: Sequence[float],
    fonts: FontSet,
    max_width: float,
    max_lines: int,
    max_height: float = math.inf,
    **style: Unpack[StyleWords],
) -> TextBlock:
    """As `layout_text`, at the first of `sizes` (largest first) at which nothing is cut, torn or too high.

    Where none does, the last size at which nothing is cut; where there is none either, the last size and an ellipsis.
    """
    column = Column(max_width=max(max_width, 1.0), max_lines=max_lines, max_height=max_height)
    return _fit(text, sizes, Style(size_px=sizes[-1], **style), fonts, column)


def _fit(text: str, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column) -> TextBlock:
    whole = text.strip()
    shown = _shorten(whole)
    is_one_line = column.max_lines == 1 and not _FORCED.search(shown)
    analysis = (analyse_line if is_one_line else analyse)(shown, style, fonts)
    block = _choose_size(analysis, sizes, style, fonts, column)
    return block if shown == whole else replace(block, is_truncated=True)


def _shorten(text: str) -> str:
    """No card shows more than `_MOST` characters; a whole book as a title must not cost minutes."""
    if len(text) <= _MOST:
        return text
    complete = [0, *split_clusters(text[:_MOST])][-2]
    return text[:complete] + ELLIPSIS


def _choose_size(analysis: Analysis, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column) -> TextBlock:
    worse = None
    for size_px in sizes:
        block = _lay_out(analysis, replace(style, size_px=size_px), fonts, column)
        if block and not block.tears_words and block.height <= column.max_height:
            return block
        worse = block or worse
    return worse or _truncate(analysis, replace(style, size_px=sizes[-1]), fonts, column)


def _lay_out(analysis: Analysis, style: Style, fonts: FontSet, column: Column) -> TextBlock | None:
    """The block, None where the text needs too many lines."""
    made = make_lines(analysis, style, fonts, column)
    if made is None:
        return None
    return replace(place_lines(analysis, made.lines, style, fonts), tears_words=made.tears_words)


def _truncate(analysis: Analysis, style: Style, fonts: FontSet, column: Column) -> TextBlock:
    """The longest beginning that fits with an ellipsis, found by halving; cut between clusters only."""

    def cut(end: int, room: Column = column) -> TextBlock | None:
        shorter = _LOOSE_END.sub("", analysis.text[:end]) + ELLIPSIS
        return _lay_out(analyse(shorter, style, fonts), style, fonts, room)

    low, high = 0, len(analysis.clusters) - 1
    ends = [0, *analysis.clusters]
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cut(ends[middle]) else (low, middle - 1)
    whole = analyse(analysis.text, style, fonts)
    block = cut(_prefer_word(whole, ends[low])) or cut(ends[low]) or cut(0, replace(column, max_lines=sys.maxsize))
    assert block is not None
    return replace(block, is_truncated=True)


def _prefer_word(analysis: Analysis, end: int) -> int:
    """The last place before `end` where a line might end, if it is near."""
    near = [found.at for found in analysis.breaks if end - _WORD <= found.at <= end]
    return near[-1] if near else end
