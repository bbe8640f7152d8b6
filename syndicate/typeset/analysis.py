"""What setting a text needs to know before any size: clusters, faces, scripts, levels, breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import NamedTuple, Required, TypedDict

import uharfbuzz as hb

from syndicate.typeset.breaking import Break, find_breaks
from syndicate.typeset.characters import (
    GAP,
    Spacing,
    base_level,
    choose_language,
    find_scripts,
    find_spacing,
    resolve_levels,
    split_clusters,
)
from syndicate.typeset.faces import SUBPIXELS, Chosen, Face, FontSet, Missing, choose_faces

_SHAPED_AS = {"Hira": "Hani", "Kana": "Hani"}


class StyleWords(TypedDict, total=False):
    """The keywords of a style, as callers write them. Only `family` is needed; the defaults are those of `Style`."""

    family: Required[str]
    weight: float
    language: str
    align: str
    balance: bool
    line_height: float
    tracking: float
    code: Sequence[tuple[int, int]]
    code_family: str
    more_lines: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a text is set. `tracking` in em, `line_height` in sizes, `align`: start, end, left, right or centre.

    `code` are the spans of the text that are set in `code_family`, never broken inside. `more_lines` are pairs of a
    size and how many lines the text may have at that size or below.
    """

    family: str
    weight: float = 400
    size_px: float
    language: str = ""
    align: str = "start"
    balance: bool = True
    line_height: float = 1.2
    tracking: float = 0.0
    code: Sequence[tuple[int, int]] = ()
    code_family: str = ""
    more_lines: Sequence[tuple[float, int]] = ()

    def count_lines(self, size_px: float, usual: int) -> int:
        """How many lines it may have at a size."""
        return max([usual, *(lines for least, lines in self.more_lines if size_px <= least)])


class Piece(NamedTuple):
    """A stretch of one face, embedding level and script."""

    start: int
    end: int
    face: Face
    level: int
    script: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text taken apart. `drawn` is the text with signs in place of letters nobody can write."""

    text: str
    drawn: str
    clusters: tuple[int, ...]
    breaks: tuple[Break, ...]
    pieces: tuple[Piece, ...]
    spacing: Spacing
    base: int
    missing: tuple[Missing, ...]


def analyse(text: str, style: Style, fonts: FontSet) -> Analysis:
    """Take a text apart; nothing here depends on the size."""
    return add_breaks(analyse_line(text, style, fonts), style, fonts)


def add_breaks(line: Analysis, style: Style, fonts: FontSet) -> Analysis:
    """The same text for several lines: where they may end. Between clusters only (the rules alone would part a letter
    from an emoji's skin tone), and not within code."""
    ends = {0, *line.clusters}.difference(*(range(start + 1, end) for start, end in style.code))
    found = find_breaks(line.text, style.language, fonts.phrases)
    return replace(line, breaks=tuple(place for place in found if place.at in ends))


def analyse_line(text: str, style: Style, fonts: FontSet) -> Analysis:
    """Take apart a text meant for one line: where it might break is not looked for, which is half the work."""
    clusters = split_clusters(text)
    scripts = find_scripts(text)
    shown = _as_letters(text, style.code)
    base = base_level(shown)
    chosen = _choose_faces(text, clusters, scripts, style, fonts)
    levels = resolve_levels(shown, base)
    return Analysis(
        text=text,
        drawn=chosen.drawn,
        clusters=tuple(clusters),
        breaks=(Break(len(text), True, 0.0),),
        pieces=tuple(_cut_pieces(clusters, chosen.faces, levels, scripts, style.code)),
        spacing=find_spacing(text, style.language),
        base=base,
        missing=chosen.missing,
    )


def _as_letters(text: str, code: Sequence[tuple[int, int]]) -> str:
    """Code reads from left to right whatever its signs are, as one foreign word of a right-to-left title does."""
    for start, end in code:
        text = text[:start] + "a" * (end - start) + text[end:]
    return text


def _choose_faces(text: str, ends: Sequence[int], scripts: Sequence[str], style: Style, fonts: FontSet) -> Chosen:
    """The faces of the words, and those of code where there is some."""
    words = choose_faces(text, ends, scripts, fonts=fonts, family=style.family, weight=style.weight)
    if not style.code:
        return words
    code = choose_faces(text, ends, scripts, fonts=fonts, family=style.code_family, weight=style.weight)
    drawn, faces = words.drawn, list(words.faces)
    for start, end in style.code:
        drawn = drawn[:start] + code.drawn[start:end] + drawn[end:]
        inside = [index for index, at in enumerate(ends) if start < at <= end]
        for index in inside:
            faces[index] = code.faces[index]
    return Chosen(tuple(faces), drawn, tuple(dict.fromkeys([*words.missing, *code.missing])))


def _cut_pieces(
    clusters: Sequence[int],
    faces: Sequence[Face | None],
    levels: Sequence[int],
    scripts: Sequence[str],
    code: Sequence[tuple[int, int]],
) -> Iterator[Piece]:
    """Kana and Chinese characters change every other letter and are shaped alike: they stay together."""
    joined = [_SHAPED_AS.get(script, script) for script in scripts]
    places = {at: number for number, (start, end) in enumerate(code, 1) for at in range(start, end)}
    spans = zip(pairwise([0, *clusters]), faces, strict=True)
    for (face, level, script, place), group in groupby(
        spans, lambda span: (span[1], levels[span[0][0]], joined[span[0][0]], places.get(span[0][0], 0))
    ):
        members = [span for span, _ in group]
        if face is not None:
            yield Piece(members[0][0], members[-1][1], face, level, script, place > 0)


# --- Turns a stretch of text in one face, script and direction into placed glyphs ---

_UNSAFE = int(hb.GlyphFlags.UNSAFE_TO_BREAK)
_CURSIVE = frozenset({"Adlm", "Arab", "Beng", "Deva", "Guru", "Mand", "Mani", "Mong", "Nkoo", "Phag", "Rohg", "Syrc"})
"""Scripts whose letters touch: letter spacing would tear them apart."""

Features = dict[str, int | Sequence[tuple[int, int, int]]]


class Glyph(NamedTuple):
    """A glyph of a run. Lengths in pixels, `dy` upwards as in fonts; `cluster` is an index into the whole text."""

    id: int
    cluster: int
    advance: float
    dx: float
    dy: float
    is_safe: bool
    """Whether a line may start here without shaping anew."""


@dataclass(frozen=True, slots=True)
class Run:
    """A shaped piece: glyphs in drawing order (left to right)."""

    piece: Piece
    font: hb.Font
    glyphs: tuple[Glyph, ...]

    @property
    def start(self) -> int:
        """Index of its first character."""
        return self.piece.start

    @property
    def end(self) -> int:
        """Index after its last character."""
        return self.piece.end

    @property
    def face(self) -> Face:
        """Its face."""
        return self.piece.face

    @property
    def width(self) -> float:
        """Sum of the advances in pixels."""
        return sum(glyph.advance for glyph in self.glyphs)


@dataclass(frozen=True, slots=True)
class Setting:
    """What shaping needs beside the text: language (BCP 47), letter spacing in em."""

    size_px: float
    language: str = ""
    tracking: float = 0.0
    spacing: Spacing = field(default_factory=Spacing)


def shape(text: str, piece: Piece, font: hb.Font, setting: Setting) -> Run:
    """Shape a piece of `text`, seeing what stands around it (Arabic joins across the cut)."""
    buffer = hb.Buffer()
    buffer.add_str(text, piece.start, piece.end - piece.start)
    buffer.direction = "rtl" if piece.level % 2 else "ltr"
    if piece.script != "Zyyy":
        buffer.script = piece.script
    language = choose_language(piece.script, text, setting.language)
    if language:
        buffer.language = language
    buffer.guess_segment_properties()
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    tracking = 0.0 if piece.script in _CURSIVE or piece.is_code else setting.tracking * setting.size_px
    hb.shape(font, buffer, _features(piece, setting, has_spacing=tracking > 0))
    return Run(piece, font, _read_glyphs(buffer, tracking, setting))


def _features(piece: Piece, setting: Setting, *, has_spacing: bool) -> Features:
    """Letters set apart must not form ligatures (CSS Text 3, section 8.2); tight brackets take half a square."""
    features: Features = {"liga": 0, "clig": 0} if has_spacing else {}
    if piece.is_code:  # "!=" is two signs there
        features = {"liga": 0, "clig": 0, "calt": 0}
    halves = [index for index in setting.spacing.halves if piece.start <= index < piece.end]
    if halves:
        features["halt"] = [(index, index + 1, 1) for index in sorted(halves)]
    return features


def _read_glyphs(buffer: hb.Buffer, tracking: float, setting: Setting) -> tuple[Glyph, ...]:
    glyphs = []
    gaps, gap = setting.spacing.gaps, GAP * setting.size_px
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True):
        before = gap if info.cluster in gaps else 0.0
        advance = place.x_advance / SUBPIXELS
        glyphs.append(
            Glyph(
                info.codepoint,
                info.cluster,
                before + (advance + tracking if advance else 0.0),
                before + place.x_offset / SUBPIXELS,
                place.y_offset / SUBPIXELS,
                not int(info.flags) & _UNSAFE,
            )
        )
    return tuple(glyphs)
