"""From a text to a block of lines: analyse once, shape at a size, wrap, place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

import uharfbuzz as hb

from syndicate.cards.type.bidi import base_level, reorder, resolve_levels
from syndicate.cards.type.block import Line, TextBlock
from syndicate.cards.type.breaking import Break, find_breaks
from syndicate.cards.type.faces import SUBPIXELS, Face, FontSet
from syndicate.cards.type.fallback import Missing, choose_faces
from syndicate.cards.type.graphemes import split_clusters
from syndicate.cards.type.scripts import find_scripts
from syndicate.cards.type.shaping import Run, Setting, shape
from syndicate.cards.type.wrapping import Width, Wrapped, wrap

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a text is set. `tracking` in em, `line_height` in sizes, `align`: start, end, left, right or centre."""

    family: str
    weight: float = 400
    size_px: float
    language: str = ""
    direction: str = "auto"
    align: str = "start"
    balance: bool = True
    line_height: float = 1.2
    tracking: float = 0.0
    features: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Analysis:
    """What does not depend on the size."""

    text: str
    clusters: tuple[int, ...]
    breaks: tuple[Break, ...]
    pieces: tuple[tuple[int, int, Face, int, str], ...]
    """Stretches of one face, level and script: (start, end, face, level, script)."""
    base: int
    missing: tuple[Missing, ...]


def layout_text(
    text: str,
    *,
    fonts: FontSet,
    family: str,
    weight: float = 400,
    size_px: float,
    max_width: float,
    max_lines: int,
    language: str = "",
    direction: str = "auto",
    align: str = "start",
    balance: bool = True,
    line_height: float = 1.2,
    tracking: float = 0.0,
    features: Mapping[str, int] | None = None,
) -> TextBlock:
    """Set `text` in at most `max_lines` lines of at most `max_width` pixels; what is too much ends in an ellipsis.

    `family` is a name in `fonts` (others stand in where it has no glyph), `language` a BCP 47 tag (regional forms,
    line breaking), `direction` "auto", "ltr" or "rtl". A newline in the text ends a line.
    """
    style = Style(
        family=family,
        weight=weight,
        size_px=size_px,
        language=language,
        direction=direction,
        align=align,
        balance=balance,
        line_height=line_height,
        tracking=tracking,
        features=features,
    )
    return _fit(text, (size_px,), style, fonts=fonts, max_width=max_width, max_lines=max_lines)


def fit_text(
    text: str,
    *,
    sizes: Sequence[float],
    fonts: FontSet,
    family: str,
    weight: float = 400,
    max_width: float,
    max_lines: int,
    language: str = "",
    direction: str = "auto",
    align: str = "start",
    balance: bool = True,
    line_height: float = 1.2,
    tracking: float = 0.0,
    features: Mapping[str, int] | None = None,
) -> TextBlock:
    """As `layout_text`, at the first of `sizes` (largest first) at which nothing is cut and no word is torn.

    Where none does, the last size at which nothing is cut; where there is none either, the last size and an ellipsis.
    """
    style = Style(
        family=family,
        weight=weight,
        size_px=sizes[-1],
        language=language,
        direction=direction,
        align=align,
        balance=balance,
        line_height=line_height,
        tracking=tracking,
        features=features,
    )
    return _fit(text, sizes, style, fonts=fonts, max_width=max_width, max_lines=max_lines)


def _fit(
    text: str, sizes: Sequence[float], style: Style, *, fonts: FontSet, max_width: float, max_lines: int
) -> TextBlock:
    analysis = _analyse(text.strip(), style, fonts)
    torn = None
    for size_px in sizes:
        block = _lay_out(analysis, replace(style, size_px=size_px), fonts, max_width)
        if len(block.lines) <= max_lines:
            if not block.tears_words:
                return block
            torn = block
    return torn or _truncate(analysis, replace(style, size_px=sizes[-1]), fonts, max_width, max_lines)


def _analyse(text: str, style: Style, fonts: FontSet) -> _Analysis:
    clusters = split_clusters(text)
    scripts = find_scripts(text)
    base = base_level(text, style.direction)
    levels = resolve_levels(text, base)
    faces, missing = choose_faces(text, clusters, scripts, fonts=fonts, family=style.family, weight=style.weight)
    return _Analysis(
        text,
        tuple(clusters),
        tuple(find_breaks(text, style.language, fonts.phrases)),
        tuple(_cut_pieces(clusters, faces, levels, scripts)),
        base,
        tuple(missing),
    )


def _cut_pieces(
    clusters: Sequence[int], faces: Sequence[Face | None], levels: Sequence[int], scripts: Sequence[str]
) -> list[tuple[int, int, Face, int, str]]:
    starts = [0, *clusters[:-1]]
    spans = zip(starts, clusters, faces, strict=False)
    pieces = []
    for (face, level, script), group in groupby(spans, lambda span: (span[2], levels[span[0]], scripts[span[0]])):
        members = list(group)
        if face is not None:
            pieces.append((members[0][0], members[-1][1], face, level, script))
    return pieces


def _lay_out(analysis: _Analysis, style: Style, fonts: FontSet, max_width: float) -> TextBlock:
    setting = Setting(style.size_px, style.language, style.tracking, style.features)
    runs = [
        shape(
            analysis.text,
            start,
            end,
            face=face,
            font=fonts.sized.get(face, style.size_px, style.weight),
            level=level,
            script=script,
            setting=setting,
        )
        for start, end, face, level, script in analysis.pieces
    ]
    width_of = _measure(analysis.text, runs)
    wrapped = wrap(analysis.breaks, analysis.clusters, width_of=width_of, max_width=max_width, balance=style.balance)
    lines = [_make_line(analysis, runs, span, setting) for span in wrapped.lines]
    return _place(analysis, lines, wrapped, style, fonts)


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


def _make_line(analysis: _Analysis, runs: Sequence[Run], span: tuple[int, int], setting: Setting) -> Line:
    start, end = span[0], _visible_end(analysis.text, *span)
    parts = [_cut_run(analysis.text, run, start, end, setting) for run in runs if run.start < end and run.end > start]
    ordered = tuple(parts[index] for index in reorder([run.level for run in parts]))
    return Line(analysis.text[start:end], ordered, 0.0, 0.0, sum(run.width for run in ordered))


def _cut_run(text: str, run: Run, start: int, end: int, setting: Setting) -> Run:
    """The part of a run on one line: its glyphs where they may be separated, else shaped anew."""
    start, end = max(start, run.start), min(end, run.end)
    if start == run.start and end == run.end:
        return run
    safe = {glyph.cluster for glyph in run.glyphs if glyph.is_safe} | {run.start, run.end}
    if start in safe and end in safe:
        return replace(run, start=start, end=end, glyphs=tuple(g for g in run.glyphs if start <= g.cluster < end))
    return shape(
        text,
        start,
        end,
        face=run.face,
        font=run.font,
        level=run.level,
        script=run.script,
        setting=setting,
    )


def _place(analysis: _Analysis, lines: Sequence[Line], wrapped: Wrapped, style: Style, fonts: FontSet) -> TextBlock:
    ascender, descender, cap = _metrics(style, fonts)
    height = float(round(style.size_px * style.line_height))
    ascent = float(round((height - ascender - descender) / 2 + ascender))
    width = max((line.width for line in lines), default=0.0)
    placed = tuple(
        replace(line, x=_indent(line, width, style.align, analysis.base), baseline=ascent + height * number)
        for number, line in enumerate(lines)
    )
    return TextBlock(
        text=analysis.text,
        lines=placed,
        width=width,
        height=height * len(lines),
        ascent=ascent,
        line_height=height,
        cap_height=cap,
        size_px=style.size_px,
        direction="rtl" if analysis.base else "ltr",
        tears_words=wrapped.tears_words,
        missing=analysis.missing,
    )


def _indent(line: Line, width: float, align: str, base: int) -> float:
    if align == "centre":
        return (width - line.width) / 2
    is_right = align == "right" or (align == "start" and base) or (align == "end" and not base)
    return width - line.width if is_right else 0.0


def _metrics(style: Style, fonts: FontSet) -> tuple[float, float, float]:
    """Ascender, descender and cap height of the wanted family in pixels, all positive."""
    face = next((face for face in fonts.faces if face.family == style.family), None)
    face = face or next(iter(fonts.faces), None)
    if face is None:
        return style.size_px * 0.95, style.size_px * 0.25, style.size_px * 0.7
    font = fonts.sized.get(face, style.size_px, style.weight)
    extents = font.get_font_extents("ltr")
    cap = font.get_metric_position_with_fallback(hb.OTMetricsTag.CAP_HEIGHT)
    return extents.ascender / SUBPIXELS, -extents.descender / SUBPIXELS, cap / SUBPIXELS


def _truncate(analysis: _Analysis, style: Style, fonts: FontSet, max_width: float, max_lines: int) -> TextBlock:
    """The longest beginning that fits with an ellipsis, found by halving; cut between clusters only."""
    low, high = 0, len(analysis.clusters)
    best = None
    while low < high:
        middle = (low + high + 1) // 2
        end = analysis.clusters[middle - 1]
        shorter = analysis.text[:end].rstrip() + ELLIPSIS
        block = _lay_out(_analyse(shorter, style, fonts), style, fonts, max_width)
        if len(block.lines) <= max_lines:
            best, low = block, middle
        else:
            high = middle - 1
    if best is None:
        best = _lay_out(_analyse(ELLIPSIS, style, fonts), style, fonts, max_width)
    return replace(best, is_truncated=True)
