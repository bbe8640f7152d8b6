"""Shapes a text at a size, measures it, and cuts it into lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from syndicate.typeset.analysis import Analysis, Style
from syndicate.typeset.bidi import reorder
from syndicate.typeset.faces import FontSet
from syndicate.typeset.placing import Line
from syndicate.typeset.shaping import Run, Setting, shape
from syndicate.typeset.wrapping import Column, Ruler, wrap

_SOFT_HYPHEN, _HYPHEN = "\u00ad", "-"
_ROUNDS, _LESS = 12, 1 / 64


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines still unplaced. `tears_words`: a word wider than the column had to be cut."""

    lines: tuple[Line, ...]
    tears_words: bool


def make_lines(analysis: Analysis, style: Style, fonts: FontSet, column: Column) -> Lines | None:
    """The lines of a text, none wider than the column unless one cluster is; None where they are too many.

    Letters shaped anew at a line's edge may be wider than measured: then the text is wrapped so narrow that this line
    cannot come again.
    """
    setting = Setting(style.size_px, style.language, style.tracking, style.features, analysis.spacing)
    runs = _shape_all(analysis, style, fonts, setting)
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
    sized = fonts.sized
    return [
        shape(analysis.drawn, piece, sized.get(piece.face, style.size_px, style.weight), setting)
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
