"""Chooses a face for every cluster: the wanted family first, then whatever can write it, and says what nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from syndicate.cards.type.faces import Face, FontSet, Ink
from syndicate.cards.type.graphemes import has_emoji, is_emoji

_IGNORABLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}]+")
_CJK = frozenset({"Hani", "Hira", "Kana", "Hang", "Bopo"})


@dataclass(frozen=True, slots=True)
class Missing:
    """A cluster no installed face can write, and what to install: `syndicate[world]`, `[cjk]`, `[emoji]` or ""."""

    cluster: str
    package: str


def choose_faces(
    text: str, ends: Sequence[int], scripts: Sequence[str], *, fonts: FontSet, family: str, weight: float
) -> tuple[list[Face | None], list[Missing]]:
    """A face per cluster (None where none can write it) and the clusters nobody can write, each once."""
    chooser = _Chooser(_order(fonts.faces, family, weight), emoji=has_emoji(text))
    faces: list[Face | None] = []
    missing: dict[str, Missing] = {}
    start = 0
    for end in ends:
        cluster, script = text[start:end], scripts[start]
        face = chooser.choose(cluster, script)
        if face is None:
            missing.setdefault(cluster, Missing(cluster, package_for(cluster, script)))
        faces.append(face)
        start = end
    return faces, list(missing.values())


def package_for(cluster: str, script: str) -> str:
    """The extra that brings a font for this cluster, empty where we know none."""
    if is_emoji(cluster):
        return "syndicate[emoji]"
    if script in _CJK:
        return "syndicate[cjk]"
    return "syndicate[world]"


class _Chooser:
    """The order of faces for one text, remembering the face that writes each script."""

    def __init__(self, order: Sequence[Face], *, emoji: bool) -> None:
        self._text = [face for face in order if not face.is_emoji]
        self._emoji = sorted((face for face in order if face.is_emoji), key=lambda face: face.ink is Ink.OUTLINE)
        self._expects_emoji = emoji
        self._by_script: dict[str, Face] = {}
        self._known: dict[tuple[str, str], Face | None] = {}

    def choose(self, cluster: str, script: str) -> Face | None:
        key = (cluster, script)
        if key not in self._known:
            self._known[key] = self._find(cluster, script)
        return self._known[key]

    def _find(self, cluster: str, script: str) -> Face | None:
        needed = _IGNORABLE.sub("", cluster)
        chain = self._chain(needed, script)
        if self._expects_emoji and is_emoji(cluster):
            chain = [*self._emoji, *chain]
        return next((face for face in chain if face.covers(needed)), None)

    def _chain(self, needed: str, script: str) -> list[Face]:
        """Common characters follow the face of their script, so that a line does not flicker between fonts.

        ASCII beside Chinese, Japanese or Korean keeps the wanted family: its digits match its letters.
        """
        usual = [*self._text, *self._emoji]
        if script in _CJK and needed.isascii():
            return usual
        leader = self._by_script.get(script)
        if leader is None and needed and needed[0].isalpha():
            leader = next((face for face in usual if face.covers(needed)), None)
            if leader is not None:
                self._by_script[script] = leader
        return usual if leader is None else [leader, *usual]


def _order(faces: Sequence[Face], family: str, weight: float) -> list[Face]:
    """The wanted family first, the others as they come; within a family the nearest weight first."""

    def rank(face: Face) -> tuple[bool, float]:
        low, high = face.weights
        return face.family != family, max(low - weight, weight - high, 0)

    upright = [face for face in faces if not face.is_italic]
    wanted = sorted((face for face in upright if face.family == family), key=rank)
    return [*wanted, *(face for face in upright if face.family != family)]
