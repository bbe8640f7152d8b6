"""Line breaking classes of a text's characters (LB1), with marks joined to what they stand on (LB9, LB10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import regex

from syndicate.typeset.breaking.rules import symbol
from syndicate.typeset.characters import make_classifier

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
