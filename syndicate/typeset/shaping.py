"""Turns a stretch of text in one face, script and direction into placed glyphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import uharfbuzz as hb

from syndicate.typeset.analysis import Piece
from syndicate.typeset.characters import GAP, Spacing, choose_language
from syndicate.typeset.faces import SUBPIXELS, Face

_UNSAFE = int(hb.GlyphFlags.UNSAFE_TO_BREAK)
_CURSIVE = frozenset({"Adlm", "Arab", "Beng", "Deva", "Guru", "Mand", "Mani", "Mong", "Nkoo", "Phag", "Rohg", "Syrc"})
"""Scripts whose letters touch: letter spacing would tear them apart."""

Features = Mapping[str, int | Sequence[tuple[int, int, int]]]


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
    """What shaping needs beside the text: language (BCP 47), letter spacing in em, OpenType features."""

    size_px: float
    language: str = ""
    tracking: float = 0.0
    features: Mapping[str, int] | None = None
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
    features: dict[str, int | Sequence[tuple[int, int, int]]] = {"liga": 0, "clig": 0} if has_spacing else {}
    if piece.is_code:  # "!=" is two signs there
        features = {"liga": 0, "clig": 0, "calt": 0}
    halves = [index for index in setting.spacing.halves if piece.start <= index < piece.end]
    if halves:
        features["halt"] = [(index, index + 1, 1) for index in sorted(halves)]
    return {**features, **(setting.features or {})}


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
