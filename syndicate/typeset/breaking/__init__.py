"""Where a line may end (UAX 14), and how good it looks there.

No library fits: uniseg weighs 8 MB and is ten times slower, ICU weighs 44 MB; the properties come from `regex`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from syndicate.typeset.breaking.classes import find_classes, find_places
from syndicate.typeset.breaking.rules import Table, get_table, symbol
from syndicate.typeset.breaking.tailoring import find_phrase_ends, find_words, rate_breaks, tailor_classes
from syndicate.typeset.eastasian import NoPhrases, Phrases

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
