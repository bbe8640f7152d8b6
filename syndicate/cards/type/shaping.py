"""Turns a stretch of text in one face, script and direction into placed glyphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import uharfbuzz as hb

from syndicate.cards.type.faces import SUBPIXELS, Face

_UNSAFE = int(hb.GlyphFlags.UNSAFE_TO_BREAK)
_CURSIVE = frozenset({"Arab", "Syrc", "Mong", "Nkoo", "Phag", "Adlm", "Rohg", "Mand", "Mani", "Sogd", "Deva", "Beng"})
"""Scripts whose letters touch: letter spacing would tear them apart."""


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
    """Glyphs in drawing order (left to right). `start` and `end` are indices into the whole text."""

    start: int
    end: int
    face: Face
    font: hb.Font
    level: int
    script: str
    glyphs: tuple[Glyph, ...]

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


def shape(
    text: str, start: int, end: int, *, face: Face, font: hb.Font, level: int, script: str, setting: Setting
) -> Run:
    """Shape `text[start:end]`, seeing what stands around it (Arabic joins across the cut)."""
    buffer = hb.Buffer()
    buffer.add_str(text, start, end - start)
    buffer.direction = "rtl" if level % 2 else "ltr"
    if script != "Zyyy":
        buffer.script = script
    if setting.language:
        buffer.language = setting.language
    buffer.guess_segment_properties()
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    spacing = 0.0 if script in _CURSIVE else setting.tracking * setting.size_px
    hb.shape(font, buffer, _features(setting, has_spacing=spacing > 0))
    return Run(start, end, face, font, level, script, _glyphs(buffer, spacing))


def _features(setting: Setting, *, has_spacing: bool) -> dict[str, int]:
    """Letters set apart must not form ligatures (CSS Text 3, section 8.2)."""
    ligatures = {"liga": 0, "clig": 0} if has_spacing else {}
    return {**ligatures, **(setting.features or {})}


def _glyphs(buffer: hb.Buffer, spacing: float) -> tuple[Glyph, ...]:
    glyphs = []
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        advance = place.x_advance / SUBPIXELS
        glyphs.append(
            Glyph(
                info.codepoint,
                info.cluster,
                advance + spacing if advance else 0.0,
                place.x_offset / SUBPIXELS,
                place.y_offset / SUBPIXELS,
                not int(info.flags) & _UNSAFE,
            )
        )
    return tuple(glyphs)
