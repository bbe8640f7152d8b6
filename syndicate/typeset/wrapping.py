"""Chooses line ends: as few lines as fit, then as even as they can be; and parts words that no line holds."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex

from syndicate.typeset.breaking import Break

_UGLY = 4.0
"""Cost of breaking inside a word: more than any raggedness."""

Span = tuple[int, int]


class Ruler:
    """Measures a text on one line. `advances` is the width in pixels of each character."""

    def __init__(self, text: str, advances: Sequence[float]) -> None:
        self._text = text
        self._edges = [0.0, *accumulate(advances)]

    def visible_end(self, start: int, end: int) -> int:
        """Where a line over this span ends without the spaces at its end, and a dot that only parts what is here
        from what comes on the next line."""
        text = self._text
        while end > start and (text[end - 1].isspace() or (text[end - 1] == "·" and text[end - 2 : end - 1].isspace())):
            end -= 1
        return end

    def width(self, start: int, end: int) -> float:
        """Width in pixels of a line over this span; spaces at its end do not count."""
        return self._edges[self.visible_end(start, end)] - self._edges[start]


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Lines as (start, end) indices. `tears_words`: a word wider than the line had to be cut."""

    lines: tuple[Span, ...]
    tears_words: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What lines must fit into: pixels across and down, and a number of lines."""

    max_width: float
    max_lines: int
    max_height: float = math.inf


def wrap(
    breaks: Sequence[Break], clusters: Sequence[int], ruler: Ruler, column: Column, *, balance: bool
) -> Wrapped | None:
    """The lines of a text, None where it needs more than the column has.

    `breaks` is ascending and ends with the end of the text; `clusters` are the ends of the grapheme clusters. A
    cluster wider than the column gets a line of its own.
    """
    allowed = _with_emergencies(breaks, clusters, ruler, column.max_width)
    parts = _split_forced(allowed)
    filled = [_fill(start, part, ruler, column.max_width) for start, part in parts]
    if sum(map(len, filled)) > column.max_lines:
        return None
    if balance:
        filled = [
            _balance(start, part, len(lines), ruler, column.max_width) if len(lines) > 1 else lines
            for (start, part), lines in zip(parts, filled, strict=True)
        ]
    return Wrapped(tuple(span for lines in filled for span in lines), tears_words=len(allowed) > len(breaks))


def _with_emergencies(breaks: Sequence[Break], clusters: Sequence[int], ruler: Ruler, max_width: float) -> list[Break]:
    """Between two breaks that do not fit one line, every cluster end becomes a break."""
    allowed: list[Break] = []
    start = 0
    for found in breaks:
        if ruler.width(start, found.at) > max_width:
            inside = clusters[bisect_right(clusters, start) : bisect_left(clusters, found.at)]
            allowed += [Break(end, False, _UGLY) for end in inside]
        allowed.append(found)
        start = found.at
    return allowed


def _split_forced(breaks: Sequence[Break]) -> list[tuple[int, list[Break]]]:
    """The stretches between forced breaks: where each starts, and its breaks."""
    parts: list[tuple[int, list[Break]]] = [(0, [])]
    for found in breaks:
        parts[-1][1].append(found)
        if found.is_forced:
            parts.append((found.at, []))
    return [part for part in parts if part[1]]


def _fill(start: int, breaks: Sequence[Break], ruler: Ruler, max_width: float) -> list[Span]:
    """First fit."""
    lines: list[Span] = []
    end = start
    for found in breaks:
        if end > start and ruler.width(start, found.at) > max_width:
            lines.append((start, end))
            start = end
        end = found.at
    return [*lines, (start, end)]


def _balance(start: int, breaks: Sequence[Break], count: int, ruler: Ruler, max_width: float) -> list[Span]:
    """The `count` lines with the least sum of squared slack and break costs (dynamic programming).

    Slack is measured against even lines, in units of the widest allowed line, so that all lines come out alike.
    """
    points = [start, *(found.at for found in breaks)]
    costs = [0.0, *(0.0 if found.is_forced else found.cost for found in breaks)]
    even = ruler.width(start, points[-1]) / count
    last = len(points) - 1
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for line in range(1, count + 1):
        reached: dict[int, tuple[float, int]] = {}
        for before, (spent, _) in best[-1].items():
            for here in range(before + 1, last + 1):
                width = ruler.width(points[before], points[here])
                if width > max_width and here > before + 1:
                    break
                slack = (width - even) / max_width
                price = spent + slack * slack + costs[here]
                if (line < count or here == last) and (here not in reached or price < reached[here][0]):
                    reached[here] = (price, before)
        best.append(reached)
    return _walk_back(points, best)


def _walk_back(points: Sequence[int], best: Sequence[dict[int, tuple[float, int]]]) -> list[Span]:
    here = len(points) - 1
    lines = []
    for reached in reversed(best[1:]):
        before = reached[here][1]
        lines.append((points[before], points[here]))
        here = before
    return lines[::-1]


# --- what a word is given that no size can hold ---

_TOKEN = regex.compile(r"\S{13,}")
_SEAM = regex.compile(r"(?<=[_./\\=&?:;#@~+|,])(?=\w)|(?<=[\p{Ll}\d])(?=\p{Lu})")
_WORD = regex.compile(r"(?<!\S)\p{P}*+\K[\p{Latin}\p{Greek}\p{Cyrillic}]{13,}(?=\p{P}*+(?!\S))")
_VOWELS = "aeiouyäöüàáâãåæèéêëìíîïòóôõøœùúûýāēīōūąęěůőűαεηιουωάέήίόύώаеёиоуыэюяіїє"
_ONSET = regex.compile(rf"(?:sch|[cpst]h|qu|[bcdfgkpt][lr]|s[pt]|[\p{{L}}--[{_VOWELS}йьъ]])(?=[{_VOWELS}])", regex.V1)
_APART = 4
"""Letters that stay together at each end of a word."""


def add_seams(text: str) -> str:
    """Long names and addresses with places to part them at: after a sign between letters, and before a capital."""
    return _TOKEN.sub(lambda token: _SEAM.sub("\u200b", token.group()), text)


def add_hyphens(text: str, language: str) -> str:
    """Long words with soft hyphens where the language parts them; where no dictionary knows it, by their sound."""
    import pyphen  # type: ignore[import-untyped]  # noqa: PLC0415 - few titles need it, and German takes it half a second

    name = pyphen.language_fallback(language)
    parts = pyphen.Pyphen(lang=name, left=_APART, right=_APART).positions if name else lambda _: ()
    return _WORD.sub(lambda word: _hyphenate(word.group(), parts(word.group())), text)


def _hyphenate(word: str, places: Sequence[int]) -> str:
    """`places` with `data` would change the letters beside them."""
    lower = "".join(letter.lower()[0] for letter in word)
    heard = (match.start() for match in _ONSET.finditer(lower) if _APART <= match.start() <= len(word) - _APART)
    starts = [place for place in places if not getattr(place, "data", None)] or heard
    return "\u00ad".join(word[start:end] for start, end in pairwise([0, *starts, len(word)]))
