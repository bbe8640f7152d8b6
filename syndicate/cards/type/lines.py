"""Shapes a text at a size, measures it, and cuts it into lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from syndicate.cards.type.analysis import Analysis, Style
from syndicate.cards.type.bidi import reorder
from syndicate.cards.type.block import Line
from syndicate.cards.type.faces import FontSet
from syndicate.cards.type.shaping import Run, Setting, shape
from syndicate.cards.type.wrapping import Width, Wrapped, wrap

_SOFT_HYPHEN, _HYPHEN = "\u00ad", "-"
_ROUNDS = 3


def make_lines(analysis: Analysis, style: Style, fonts: FontSet, max_width: float) -> tuple[list[Line], Wrapped]:
    """The lines of a text, none wider than `max_width` unless one cluster is.

    Letters shaped anew at a line's edge may be a little wider than measured: then the text is wrapped narrower.
    """
    setting = Setting(style.size_px, style.language, style.tracking, style.features)
    runs = _shape_all(analysis, style, fonts, setting)
    width_of = _measure(analysis.text, runs)
    room = max_width
    for _ in range(_ROUNDS):
        wrapped = wrap(analysis.breaks, analysis.clusters, width_of=width_of, max_width=room, balance=style.balance)
        lines = [_make_line(analysis, runs, span, setting) for span in wrapped.lines]
        excess = max((line.width for line in lines), default=0.0) - max_width
        if excess <= 0.0 or wrapped.tears_words:
            break
        room -= excess
    return lines, wrapped


def _shape_all(analysis: Analysis, style: Style, fonts: FontSet, setting: Setting) -> list[Run]:
    return [
        shape(
            analysis.drawn,
            piece.start,
            piece.end,
            face=piece.face,
            font=fonts.sized.get(piece.face, style.size_px, style.weight),
            level=piece.level,
            script=piece.script,
            setting=setting,
        )
        for piece in analysis.pieces
    ]


def _measure(text: str, runs: Sequence[Run]) -> Width:
    advances = [0.0] * len(text)
    for run in runs:
        for glyph in run.glyphs:
            advances[glyph.cluster] += glyph.advance
    edges = [0.0, *accumulate(advances)]

    def width_of(start: int, end: int) -> float:
        return edges[_visible_end(text, start, end)] - edges[start]

    return width_of


def _visible_end(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _make_line(analysis: Analysis, runs: Sequence[Run], span: tuple[int, int], setting: Setting) -> Line:
    start, end = span[0], _visible_end(analysis.text, *span)
    text = _show_hyphen(analysis.drawn, end)
    parts = [_cut_run(text, run, start, end, setting) for run in runs if run.start < end and run.end > start]
    ordered = tuple(parts[index] for index in reorder([run.level for run in parts]))
    return Line(analysis.text[start:end], ordered, 0.0, 0.0, sum(run.width for run in ordered))


def _show_hyphen(text: str, end: int) -> str:
    """A soft hyphen at the end of a line is seen."""
    if end < len(text) and text[end - 1 : end] == _SOFT_HYPHEN:
        return text[: end - 1] + _HYPHEN + text[end:]
    return text


def _cut_run(text: str, run: Run, start: int, end: int, setting: Setting) -> Run:
    """The part of a run on one line: its glyphs where they may be separated, else shaped anew."""
    start, end = max(start, run.start), min(end, run.end)
    hyphenated = text[end - 1] == _HYPHEN and not any(glyph.cluster == end - 1 for glyph in run.glyphs)
    if not hyphenated:
        if start == run.start and end == run.end:
            return run
        safe = {glyph.cluster for glyph in run.glyphs if glyph.is_safe} | {run.start, run.end}
        if start in safe and end in safe:
            return replace(run, start=start, end=end, glyphs=tuple(g for g in run.glyphs if start <= g.cluster < end))
    return shape(text, start, end, face=run.face, font=run.font, level=run.level, script=run.script, setting=setting)
