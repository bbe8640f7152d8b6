"""Fonts as values: what a face can write, and the same face set to a size and weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import uharfbuzz as hb

from syndicate.typeset.eastasian import NoPhrases, Phrases

SUBPIXELS = 64
"""Font units per pixel: HarfBuzz positions are whole numbers, so a pixel is cut into 64 (26.6 fixed point)."""


_ITALIC = " Italic"
_MUCH_TOO_LIGHT, _EMBOLDEN = 200, 0.025
"""A static font this much lighter than asked for is drawn with thicker strokes (em), so that a title looks like one."""


class Ink(StrEnum):
    """How a face paints its glyphs."""

    OUTLINE = "outline"
    LAYERS = "layers"  # COLR version 0 or 1
    BITMAP = "bitmap"  # PNG strikes: CBDT or sbix


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face of a font file. `source` is the package or place it comes from, for messages.

    Italics are a family of their own, "Source Serif 4 Italic", and stand in for nothing else.
    """

    family: str
    hb_face: hb.Face = field(repr=False)
    coverage: hb.Set = field(repr=False)
    """Code points it has a glyph for."""
    weights: tuple[float, float]
    """The least and the greatest weight (CSS numbers); the same number twice in a static font."""
    axes: frozenset[str] = frozenset()
    is_italic: bool = False
    is_emoji: bool = False
    ink: Ink = Ink.OUTLINE
    source: str = ""

    def covers(self, text: str) -> bool:
        """Whether every character has a glyph here."""
        coverage = self.coverage
        return all(ord(char) in coverage for char in text)


class SizedFonts:
    """Faces already set to a size and weight, kept because setting one costs as much as shaping a title."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._fonts: dict[tuple[int, float, float], hb.Font] = {}

    def get(self, face: Face, size_px: float, weight: float) -> hb.Font:
        """The face as HarfBuzz draws it at this size in pixels per em."""
        key = (id(face), size_px, weight)
        font = self._fonts.get(key)
        if font is None:
            if len(self._fonts) >= self._most:
                self._fonts.clear()
            font = self._fonts[key] = _size_font(face, size_px, weight)
        return font


@dataclass(frozen=True, slots=True)
class FontSet:
    """Every face a card may use, best first. Hand the same set to every call: it keeps sized fonts."""

    faces: tuple[Face, ...]
    phrases: Phrases = field(default_factory=NoPhrases, repr=False, compare=False)
    """Finds words in scripts that write no spaces."""
    digest: str = ""
    """Changes when a font is added, removed, updated or reordered: for cache keys."""
    sized: SizedFonts = field(default_factory=SizedFonts, repr=False, compare=False)

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families, each once, in order."""
        return tuple(dict.fromkeys(face.family for face in self.faces))


def make_face(blob: hb.Blob, *, index: int = 0, family: str = "", source: str = "", is_emoji: bool = False) -> Face:
    """The face at `index` of a font file's bytes. Raises ValueError where the bytes hold no such face."""
    hb_face = hb.Face(blob, index)
    if hb_face.glyph_count == 0:
        raise ValueError("no font in these bytes")
    font = hb.Font(hb_face)
    axes = {axis.tag: axis for axis in hb_face.axis_infos}
    weight = font.get_style_value(hb.StyleTag.WEIGHT)
    is_italic = font.get_style_value(hb.StyleTag.ITALIC) > 0 or font.get_style_value(hb.StyleTag.SLANT_ANGLE) < 0
    weights = (axes["wght"].min_value, axes["wght"].max_value) if "wght" in axes else (weight, weight)
    return Face(
        family=(family or _family_name(hb_face)) + (_ITALIC if is_italic else ""),
        hb_face=hb_face,
        coverage=hb_face.unicodes,
        weights=weights,
        axes=frozenset(axes),
        is_italic=is_italic,
        is_emoji=is_emoji,
        ink=_ink_of(hb_face),
        source=source,
    )


def _size_font(face: Face, size_px: float, weight: float) -> hb.Font:
    font = hb.Font(face.hb_face)
    scale = round(size_px * SUBPIXELS)
    font.scale = (scale, scale)
    font.ppem = (round(size_px), round(size_px))
    wanted = {"wght": min(max(weight, face.weights[0]), face.weights[1]), "opsz": size_px}
    font.set_variations({tag: value for tag, value in wanted.items() if tag in face.axes})
    if weight - face.weights[1] >= _MUCH_TOO_LIGHT and face.ink is Ink.OUTLINE and "wght" not in face.axes:
        font.synthetic_bold = (_EMBOLDEN, _EMBOLDEN, False)
    return font


def _ink_of(hb_face: hb.Face) -> Ink:
    if hb_face.has_color_paint or hb_face.has_color_layers:
        return Ink.LAYERS
    return Ink.BITMAP if hb_face.has_color_png else Ink.OUTLINE


def _family_name(hb_face: hb.Face) -> str:
    typographic, family = 16, 1
    return hb_face.get_name(typographic) or hb_face.get_name(family) or ""
