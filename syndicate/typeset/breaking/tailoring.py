"""What good typesetting adds to the rules: words in scripts without spaces, and places that look bad."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import regex

from syndicate.text.graphemes import split_graphemes
from syndicate.typeset.eastasian import Phrases, choose_model

IN_PHRASE = 0.12
"""Cost of a line that ends inside a phrase: as much as a line a third shorter than the others."""
_BEFORE_DASH = 0.2
_AFTER_HYPHEN = 0.05
_AFTER_LETTER = 0.05
_NEVER_AFTER_LETTER = 0.3
_KEEPS_LETTERS = frozenset({"cs", "sk", "pl", "uk", "ru", "be", "bg", "sr", "hr", "sl"})
"""Languages whose one-letter prepositions belong to the next word."""

_KOREAN = frozenset({"H2", "H3", "JL", "JV", "JT"})
_IDEOGRAPHIC = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー々〻]")
_COMPLEX = regex.compile(r"\p{lb=SA}+")
_THAI = regex.compile(r"\p{Thai}")
_JOINS_NEXT = regex.compile(r"[\p{ccc=9}\p{Logical_Order_Exception}]$")
_DASH = regex.compile(r"[–—―-]\s")
_LONE_LETTER = regex.compile(r"(?<!\w)\p{L}\s+$")


def tailor_classes(classes: Sequence[str]) -> list[str]:
    """Korean separates words with spaces: its syllables stick together as letters do (CSS `word-break: keep-all`)."""
    return ["AL" if kind in _KOREAN else kind for kind in classes]


def find_words(text: str, phrases: Phrases) -> dict[int, float]:
    """Breaks inside South-East Asian text, which the rules leave to a dictionary, with their costs.

    Thai has a model. Lao, Khmer and Burmese have none: they break between clusters, but never between what stacks.
    """
    found: dict[int, float] = {}
    for match in _COMPLEX.finditer(text):
        piece = match.group()
        if _THAI.match(piece):
            words, cost = phrases.split(piece, "th"), 0.0
        else:
            words, cost = _syllables(piece), IN_PHRASE
        for end in accumulate(map(len, words[:-1]), initial=match.start()):
            found[end] = cost
        found.pop(match.start(), None)
    return found


def _syllables(text: str) -> list[str]:
    parts: list[str] = []
    for cluster in split_graphemes(text):
        if parts and _JOINS_NEXT.search(parts[-1]):
            parts[-1] += cluster
        else:
            parts.append(cluster)
    return parts


def find_phrase_ends(text: str, language: str, phrases: Phrases) -> frozenset[int] | None:
    """Where phrases end in Chinese or Japanese text, None for other text."""
    model = choose_model(text, language)
    return frozenset(accumulate(map(len, phrases.split(text, model)))) if model else None


def rate_breaks(text: str, places: Iterable[int], language: str, phrase_ends: frozenset[int] | None) -> list[float]:
    """How bad a line end looks at each place."""
    after_letter = _NEVER_AFTER_LETTER if language.lower()[:2] in _KEEPS_LETTERS else _AFTER_LETTER
    return [_rate(text, place, after_letter, phrase_ends) for place in places]


def _rate(text: str, place: int, after_letter: float, phrase_ends: frozenset[int] | None) -> float:
    before, after = text[place - 1], text[place]
    if before.isspace():
        if _DASH.match(text, place):
            return _BEFORE_DASH
        return after_letter if _LONE_LETTER.search(text, max(0, place - 4), place) else 0.0
    if phrase_ends is not None and place not in phrase_ends and _IDEOGRAPHIC.match(before + after):
        return IN_PHRASE
    return _AFTER_HYPHEN if before in "-‐/" and after.isalnum() else 0.0
