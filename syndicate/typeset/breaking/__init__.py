"""Where a line may end (UAX 14), and how good it looks there.

No library fits: uniseg weighs 8 MB and is ten times slower, ICU weighs 44 MB; the properties come from `regex`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

import regex

from syndicate.text.graphemes import split_graphemes
from syndicate.typeset.breaking.rules import Table, get_table, symbol
from syndicate.typeset.characters import NoPhrases, Phrases, choose_model, make_classifier

# --- line breaking classes (LB1), with marks joined to what they stand on ---

_NAMES = (
    "AL SP NU ID IS CM OP CL CP QU EX HY BA NS CJ HL PR PO SA SY GL IN BK CR LF NL ZW WJ ZWJ AI AK AP AS B2 BB CB EB EM"
    " H2 H3 HH JL JT JV RI SG VF VI XX"
)
_WIDE = regex.compile(r"[\p{ea=W}\p{ea=F}\p{ea=H}]")
_MARK = regex.compile(r"[\p{Mn}\p{Mc}]")
_OPENING, _CLOSING = regex.compile(r"\p{Pi}"), regex.compile(r"\p{Pf}")
_UNASSIGNED_PICTURE = regex.compile(r"[\p{Extended_Pictographic}&&\p{Cn}]", regex.V1)
_ALPHABETIC = frozenset({"AI", "SG", "XX", "SA"})
_NO_BASE = frozenset({"sot", "BK", "CR", "LF", "NL", "SP", "ZW"})
_MARKS = frozenset({"CM", "ZWJ"})

find_classes = make_classifier("lb", _NAMES, "AL")
"""The Line_Break property of every character."""


class Place(NamedTuple):
    """A base with its marks: the index of its first character, and its letter in the pattern's alphabet."""

    start: int
    letter: str
    ends_joined: bool
    """It ends in a ZWJ: no break after it (LB8a)."""


def find_places(text: str, classes: Sequence[str]) -> list[Place]:
    """The text as the rules see it: one place per base character."""
    places: list[Place] = []
    base = "sot"
    for index, (char, raw) in enumerate(zip(text, classes, strict=True)):
        kind = _resolve(char, raw)
        if kind in _MARKS and base not in _NO_BASE:
            places[-1] = places[-1]._replace(ends_joined=kind == "ZWJ")
            continue
        base = "AL" if kind in _MARKS else kind
        is_wide = kind not in _MARKS and _WIDE.match(char) is not None
        places.append(Place(index, symbol(base, is_wide=is_wide), kind == "ZWJ"))
    return places


def _resolve(char: str, kind: str) -> str:
    """LB1, and the finer kinds the rules ask for."""
    if kind == "SA" and _MARK.match(char):
        return "CM"
    if kind in _ALPHABETIC:
        kind = "ID" if kind == "XX" and _UNASSIGNED_PICTURE.match(char) else "AL"
    if kind == "CJ":
        return "NS"
    if kind == "QU":
        return "QUi" if _OPENING.match(char) else "QUf" if _CLOSING.match(char) else "QU"
    if kind == "ID" and _UNASSIGNED_PICTURE.match(char):
        return "XP"
    return "DC" if char == "\u25cc" else kind


__all__ = ["Break", "Decision", "decide_breaks", "find_breaks"]


class Break(NamedTuple):
    """A place where a line may end: before the character at `at`. `cost` is how bad it looks, 0 to 1."""

    at: int
    is_forced: bool
    cost: float


class Decision(NamedTuple):
    """What the rules say about the place before the character `at`: `×`, `÷` or `!`, and which rule said it."""

    at: int
    sign: str
    rule: str


def decide_breaks(text: str, classes: Sequence[str], table: Table | None = None) -> list[Decision]:
    """The verdict on every place inside a text whose characters have these Line_Break classes.

    `table` holds the rules, the present ones by default.
    Places inside a combining sequence are not listed: LB9 allows no break there.
    """
    places = find_places(text, classes)
    letters = "".join(place.letter for place in places)
    ends = symbol("sot", is_wide=False), symbol("eot", is_wide=False)
    rules, pattern = table or get_table()
    decisions = []
    for match in islice(pattern.finditer(ends[0] + letters + ends[1], 2), max(0, len(places) - 1)):
        place, before = places[match.start() - 1], places[match.start() - 2]
        rule = rules[(match.lastindex or 0) - 1]
        if before.ends_joined and rule.name not in {"LB4", "LB5", "LB6", "LB7", "LB8"}:
            decisions.append(Decision(place.start, "×", "LB8a"))
        else:
            decisions.append(Decision(place.start, rule.sign, rule.name))
    return decisions


def find_breaks(text: str, language: str = "", phrases: Phrases | None = None) -> list[Break]:
    """Every place a line may end, ascending; the end of the text is the last, and forced."""
    decisions = decide_breaks(text, tailor_classes(find_classes(text)))
    phrases = phrases or NoPhrases()
    words = find_words(text, phrases)
    allowed = {place.at: place.sign == "!" for place in decisions if place.sign != "×"}
    places = sorted(allowed.keys() | words.keys())
    costs = rate_breaks(text, places, language, find_phrase_ends(text, language, phrases))
    found = [
        Break(at, allowed.get(at, False), max(cost, words.get(at, 0.0))) for at, cost in zip(places, costs, strict=True)
    ]
    return [*found, Break(len(text), True, 0.0)]


# --- what good typesetting adds to the rules ---

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
