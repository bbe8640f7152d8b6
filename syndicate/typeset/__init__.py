"""Sets and draws text in any script, without system libraries. Here: a paragraph is laid out, made to fit, and cut.

```
fonts = syndicate.fonts.find_fonts(rules, root, text="")         the edge: once per process, handed around
syndicate.fonts.digest_fonts(rules, root) == fonts.digest        the same without loading a font, for cache keys

fit_text(text, *, sizes, fonts, family, weight=400, max_width, max_lines, max_height=inf, language="", align="start",
         balance=True, line_height=1.2, tracking=0.0, code=(), code_family="", more_lines=(), whole_from=0) -> TextBlock
draw_text(block, *, colour=(0, 0, 0, 255)) -> Drawn               mask: Mask | None, pictures: tuple[Picture, …]
```

`TextBlock`: lines, width (tight), height, size_px, is_truncated, tears_words, missing (cluster and the extra that
brings a font for it). `Mask` and `Picture`: image, left, top, the last two from the block's top left corner; a mask is
an "L" image of opacity in the text's colour, a picture an "RGBA" one over it. `FontSet.digest` belongs into cache keys.
`align` works inside the block (start, end, left, right, centre). All lengths in pixels, tracking in em.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Unpack

import regex

from syndicate.typeset.analysis import (
    Analysis,
    Run,
    Setting,
    Style,
    StyleWords,
    add_breaks,
    analyse,
    analyse_line,
    shape,
)
from syndicate.typeset.characters import reorder, split_clusters
from syndicate.typeset.faces import Face, FontSet, Missing, make_face
from syndicate.typeset.placing import Drawn, Line, Mask, Picture, TextBlock, draw_text, place_lines
from syndicate.typeset.wrapping import Column, Ruler, add_hyphens, add_seams, wrap

# --- a text shaped, measured and cut into lines ---

_SOFT_HYPHEN, _HYPHEN = "\u00ad", "-"
_ROUNDS, _LESS = 12, 1 / 64

CODE_SIZE, CODE_WEIGHT = 0.9, 680
"""Monospaced letters look as large as the words around them when they are a little smaller."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines still unplaced. `tears_words`: a word wider than the column had to be cut."""

    lines: tuple[Line, ...]
    tears_words: bool


Shaped = Mapping[float, Sequence[Run]]
"""A whole text shaped already, by size."""
NONE_SHAPED: Shaped = MappingProxyType({})


def make_lines(
    analysis: Analysis, style: Style, fonts: FontSet, column: Column, shaped: Shaped = NONE_SHAPED
) -> Lines | None:
    """The lines of a text, none wider than the column unless one cluster is; None where they are too many.

    Letters shaped anew at a line's edge may be wider than measured: then the text is wrapped so narrow that this line
    cannot come again.
    """
    setting = _make_setting(analysis, style)
    runs = shaped.get(style.size_px) or _shape_all(analysis, style, fonts, setting)
    ruler = Ruler(analysis.text, _advances(analysis.text, runs))
    narrower, made = column, None
    for _ in range(_ROUNDS):
        wrapped = wrap(analysis.breaks, analysis.clusters, ruler, narrower, balance=style.balance)
        if wrapped is None:
            return None
        spans = [(start, ruler.visible_end(start, end)) for start, end in wrapped.lines]
        lines = tuple(_make_line(analysis, runs, span, setting) for span in spans)
        too_wide = [
            ruler.width(*span)
            for line, span in zip(lines, spans, strict=True)
            if line.width > column.max_width and _count_clusters(analysis.clusters, *span) > 1
        ]
        made = Lines(lines, wrapped.tears_words)
        if not too_wide:
            break
        narrower = replace(column, max_width=min(too_wide) - _LESS)
    return made


def _count_clusters(clusters: Sequence[int], start: int, end: int) -> int:
    return bisect_right(clusters, end) - bisect_right(clusters, start)


def _shape_all(analysis: Analysis, style: Style, fonts: FontSet, setting: Setting) -> list[Run]:
    usual, code = (style.size_px, style.weight), (style.size_px * CODE_SIZE, min(style.weight, CODE_WEIGHT))
    return [
        shape(analysis.drawn, piece, fonts.size(piece.face, *(code if piece.is_code else usual)), setting)
        for piece in analysis.pieces
    ]


def _advances(text: str, runs: Sequence[Run]) -> list[float]:
    advances = [0.0] * len(text)
    for run in runs:
        for glyph in run.glyphs:
            advances[glyph.cluster] += glyph.advance
    return advances


def _make_line(analysis: Analysis, runs: Sequence[Run], span: tuple[int, int], setting: Setting) -> Line:
    start, end = span
    spacing = analysis.spacing.at_line_start(analysis.drawn, start)
    text = _show_hyphen(analysis.drawn, end)
    line = _Line(
        text=text,
        start=start,
        end=end,
        setting=replace(setting, spacing=spacing),
        reshapes_start=spacing != analysis.spacing,
        reshapes_end=text != analysis.drawn,
    )
    parts = [line.cut(run) for run in runs if run.start < end and run.end > start]
    ordered = tuple(parts[index] for index in reorder([run.piece.level for run in parts]))
    return Line(analysis.text[start:end], ordered, 0.0, 0.0, sum(run.width for run in ordered))


def _show_hyphen(text: str, end: int) -> str:
    """A soft hyphen at the end of a line is seen."""
    if end < len(text) and text[end - 1 : end] == _SOFT_HYPHEN:
        return text[: end - 1] + _HYPHEN + text[end:]
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line about to be made: the whole text as it reads on this line, and which of its ends read otherwise."""

    text: str
    start: int
    end: int
    setting: Setting
    reshapes_start: bool
    reshapes_end: bool

    def cut(self, run: Run) -> Run:
        """The part of a run on this line: its glyphs where they may be separated, else shaped anew."""
        start, end = max(self.start, run.start), min(self.end, run.end)
        piece = run.piece._replace(start=start, end=end)
        changes = (self.reshapes_start and start == self.start) or (self.reshapes_end and end == self.end)
        if changes:
            return shape(self.text, piece, run.font, self.setting)
        if (start, end) == (run.start, run.end):
            return run
        safe = {glyph.cluster for glyph in run.glyphs if glyph.is_safe} | {run.start, run.end}
        if start in safe and end in safe:
            return replace(run, piece=piece, glyphs=tuple(g for g in run.glyphs if start <= g.cluster < end))
        return shape(self.text, piece, run.font, self.setting)


ELLIPSIS = "…"
_LOOSE_END = regex.compile(r"[\s\p{Pd}\p{Ps}\p{Pi},;:.…،؛、。，；：·]+$")
_FORCED = regex.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_MOST = 2_000
_WORD = 12
"""An ellipsis rather follows a whole word, if that costs no more than this many characters."""


def fit_text(
    text: str,
    *,
    sizes: Sequence[float],
    fonts: FontSet,
    max_width: float,
    max_lines: int,
    max_height: float = math.inf,
    whole_from: float = 0.0,
    **style: Unpack[StyleWords],
) -> TextBlock:
    """Set `text` in at most `max_lines` lines of at most `max_width` pixels, at the first of `sizes` (largest first) at
    which nothing is cut, torn or too high.

    Long words are parted where no size holds them whole, or only one below `whole_from`. Where each tears a word, the
    first that is not too high: a torn word shall at least be seen. Else the last size at which nothing is cut; where
    there is none either, the last size and an ellipsis.

    `family` is a name in `fonts` (others stand in where it has no glyph), `language` a BCP 47 tag (regional forms,
    line breaking); see `Style` for the rest. A newline in the text ends a line. Of a text of more than 2,000 characters
    only the beginning is looked at.
    """
    column = Column(max_width=max(max_width, 1.0), max_lines=max_lines, max_height=max_height)
    return _fit(text, sizes, Style(size_px=sizes[-1], **style), fonts, column, whole_from=whole_from)


def _fit(
    text: str, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column, *, whole_from: float
) -> TextBlock:
    whole = text.strip()
    shown = _shorten(whole)
    style = replace(style, code=tuple(span for span in style.code if span[1] <= len(shown)))
    line = analyse_line(shown, style, fonts)
    largest = replace(style, size_px=sizes[0])
    runs = _shape_all(line, largest, fonts, _make_setting(line, largest))
    advances = _advances(shown, runs)
    is_forced = bool(_FORCED.search(shown))
    fits = sum(advances) <= column.max_width and not is_forced
    is_one_line = style.count_lines(min(sizes), column.max_lines) == 1 and not is_forced
    # Where a line might break is looked for only where it may, which is half the work.
    analysis = line if fits or is_one_line else add_breaks(line, style, fonts)
    ruler = Ruler(shown, advances)
    hopeful = sizes if len(sizes) == 1 else _skip_hopeless(analysis, sizes, style, column, ruler)
    shaped = {sizes[0]: runs}
    block = _choose_size(analysis, hopeful, style, fonts, column, shaped=shaped)
    if (
        block
        and block.size_px < whole_from
        and _find_longest(analysis, ruler) * whole_from > column.max_width * sizes[0]
    ):
        large = [size_px for size_px in sizes if size_px >= whole_from]
        block = _part_words(shown, large, style, fonts, column) or block
    block = block or _part_words(shown, sizes, style, fonts, column) or _make_do(analysis, sizes, style, fonts, column)
    return block if shown == whole else replace(block, is_truncated=True)


def _find_longest(analysis: Analysis, ruler: Ruler) -> float:
    """The width of the widest word."""
    return max(ruler.width(start, end) for start, end in pairwise([0, *(found.at for found in analysis.breaks)]))


def _make_setting(analysis: Analysis, style: Style) -> Setting:
    return Setting(style.size_px, style.language, style.tracking, analysis.spacing)


def _shorten(text: str) -> str:
    """No card shows more than `_MOST` characters; a whole book as a title must not cost minutes."""
    if len(text) <= _MOST:
        return text
    complete = [0, *split_clusters(text[:_MOST])][-2]
    return text[:complete] + ELLIPSIS


def _choose_size(
    analysis: Analysis, sizes: Iterable[float], style: Style, fonts: FontSet, column: Column, *, shaped: Shaped
) -> TextBlock | None:
    """The first at which nothing is cut, torn or too high."""
    for size_px in sizes:
        block = _lay_out(analysis, replace(style, size_px=size_px), fonts, column, shaped)
        if block and not block.tears_words and block.height <= column.max_height:
            return block
    return None


def _part_words(text: str, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column) -> TextBlock | None:
    """The first size at which the text fits once its longest words may be parted: at their seams, at spaces that keep
    words together, or with a hyphen."""
    words = text.translate(_LOOSE)
    loose = add_seams(words)
    for softer in (add_seams(text), loose, add_hyphens(loose, style.language)):
        if softer != text and not (style.code and softer.count(_SOFT_HYPHEN) > text.count(_SOFT_HYPHEN)):
            parted = replace(style, code=tuple(_part_code(words, softer.translate(_LOOSE), style.code)))
            block = _choose_size(analyse(softer, parted, fonts), sizes, parted, fonts, column, shaped=NONE_SHAPED)
            if block is not None:
                return block
    return None


_LOOSE = {0xA0: " ", 0x202F: " "}
"""Spaces that keep words together, once they may be parted there."""


def _part_code(text: str, softer: str, code: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans of code in the text with seams: one between each two of them, so that a line may end there."""
    places, at = [], 0  # of each character of the text
    for letter in text:
        at = softer.index(letter, at) + 1
        places.append(at - 1)
    for start, end in code:
        inside = places[start:end]
        cuts = [here + 1 for here, after in pairwise(inside) if after > here + 1]
        yield from pairwise([inside[0], *(cut + 1 for cut in cuts), inside[-1] + 1])


def _make_do(analysis: Analysis, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column) -> TextBlock:
    """Something torn, too high or cut, in this order."""
    smallest = _lay_out(analysis, replace(style, size_px=sizes[-1]), fonts, column)
    if smallest and not (smallest.tears_words and len(sizes) > 1):
        return smallest
    torn = (_lay_out(analysis, replace(style, size_px=size_px), fonts, column) for size_px in sizes)
    fitting = (block for block in torn if block and block.height <= column.max_height)
    return next(fitting, None) or smallest or _find_whole(analysis, sizes, style, fonts, column)


def _find_whole(analysis: Analysis, sizes: Sequence[float], style: Style, fonts: FontSet, column: Column) -> TextBlock:
    """The smallest size that cuts nothing, else an ellipsis."""
    for size_px in reversed(sizes):
        block = _lay_out(analysis, replace(style, size_px=size_px), fonts, column)
        if block:
            return block
    return _truncate(analysis, replace(style, size_px=sizes[-1]), fonts, column)


_NARROWER = 0.97
"""A smaller size is hardly ever narrower than in proportion."""


def _skip_hopeless(
    analysis: Analysis, sizes: Sequence[float], style: Style, column: Column, ruler: Ruler
) -> Iterator[float]:
    """Sizes at which the text may fit, told from its length at the largest, without shaping it at each."""
    for size_px in sizes:
        most = style.count_lines(size_px, column.max_lines)
        wider = Column(max_width=column.max_width * sizes[0] / size_px / _NARROWER, max_lines=most)
        wrapped = wrap(analysis.breaks, analysis.clusters, ruler, wider, balance=False)
        if wrapped is None or wrapped.tears_words:
            continue
        if len(wrapped.lines) * round(size_px * style.line_height) <= column.max_height:
            yield size_px


def _lay_out(
    analysis: Analysis, style: Style, fonts: FontSet, column: Column, shaped: Shaped = NONE_SHAPED
) -> TextBlock | None:
    """The block, None where the text needs too many lines."""
    most = style.count_lines(style.size_px, column.max_lines)
    made = make_lines(analysis, style, fonts, replace(column, max_lines=most), shaped)
    if made is None:
        return None
    return replace(place_lines(analysis, made.lines, style, fonts), tears_words=made.tears_words)


def _truncate(analysis: Analysis, style: Style, fonts: FontSet, column: Column) -> TextBlock:
    """The longest beginning that fits with an ellipsis, found by halving; cut between clusters only."""

    def cut(end: int, room: Column = column) -> TextBlock | None:
        shorter = _LOOSE_END.sub("", analysis.text[:end]) + ELLIPSIS
        code = tuple((start, min(end, len(shorter) - 1)) for start, end in style.code if start < len(shorter) - 1)
        return _lay_out(analyse(shorter, replace(style, code=code), fonts), style, fonts, room)

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
