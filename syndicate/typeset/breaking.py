"""Where a line may end (UAX 14), and how good it looks there.

No library fits: uniseg weighs 8 MB and is ten times slower, ICU weighs 44 MB; the properties come from `regex`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, islice
from typing import NamedTuple

import regex

from syndicate.text.counting import split_graphemes
from syndicate.typeset.characters import NoPhrases, Phrases, choose_model, make_classifier

# --- The rules of line breaking (UAX 14, revision 55, Unicode 17) as a table, and a pattern made of it ---
# A rule is what stands on the left of a place, a sign (`×` no break, `÷` break, `!` must break), and what stands on
# its right; the first rule that fits a place decides. Words are line breaking classes, and:
#
#     A|B     any of these            !A|B    any but these         *A     none or more        **A   an even number
#     any     every class             ea, na  East Asian wide, not  sot, eot  the ends of the text
#     A.ea    A, but East Asian only  A.na    A, but not East Asian
#     QUi     opening quotation marks QUf     closing ones (QU is all three kinds)
#     DC      the dotted circle       XP      unassigned pictographs
#
# Rules stand in the standard's order but for LB28: no other rule means a place between two letters, and most are.

CLASSES = (
    "AL AK AP AS B2 BA BB BK CB CJ CL CM CP CR DC EB EM EX GL H2 H3 HH HL HY ID IN IS JL JT JV LF NL NS NU OP PO PR "
    "QU QUi QUf RI SP SY VF VI WJ XP ZW ZWJ sot eot"
)
"""Every class a place can have after LB1 is resolved."""

_KINDS_OF = {"QU": ("QU", "QUi", "QUf"), "AL": ("AL", "DC"), "ID": ("ID", "XP")}

RULES = """
LB28   AL|HL × AL|HL
LB4    BK ! any
LB5    CR × LF
LB5    CR|LF|NL ! any
LB6    any × BK|CR|LF|NL
LB7    any × SP|ZW
LB8    ZW *SP ÷ any
LB11   any × WJ
LB11   WJ × any
LB12   GL × any
LB12a  !SP|BA|HY|HH × GL
LB13   any × CL|CP|EX|SY
LB14   OP *SP × any
LB15a  sot|BK|CR|LF|NL|OP|QU|GL|SP|ZW QUi *SP × any
LB15b  any × QUf SP|GL|WJ|CL|QU|CP|EX|IS|SY|BK|CR|LF|NL|ZW|eot
LB15c  SP ÷ IS NU
LB15d  any × IS
LB16   CL|CP *SP × NS
LB17   B2 *SP × B2
LB18   SP ÷ any
LB19   any × QU.plain|QUf
LB19   QU.plain|QUi × any
LB19a  na × QU
LB19a  any × QU na
LB19a  QU × na
LB19a  na QU × any
LB20   any ÷ CB
LB20   CB ÷ any
LB20a  sot|BK|CR|LF|NL|SP|ZW|CB|GL HY|HH × AL|HL
LB21   any × BA|HH|HY|NS
LB21   BB × any
LB21a  HL HY|HH × !HL
LB21b  SY × HL
LB22   any × IN
LB23   AL|HL × NU
LB23   NU × AL|HL
LB23a  PR × ID|EB|EM
LB23a  ID|EB|EM × PO
LB24   PR|PO × AL|HL
LB24   AL|HL × PR|PO
LB25   NU *SY|IS CL|CP × PO|PR
LB25   NU *SY|IS × PO|PR|NU
LB25   PO|PR × OP NU
LB25   PO|PR × OP IS NU
LB25   PO|PR|HY|IS × NU
LB26   JL × JL|JV|H2|H3
LB26   JV|H2 × JV|JT
LB26   JT|H3 × JT
LB27   JL|JV|JT|H2|H3 × PO
LB27   PR × JL|JV|JT|H2|H3
LB28a  AP × AK|DC|AS
LB28a  AK|DC|AS × VF|VI
LB28a  AK|DC|AS VI × AK|DC
LB28a  AK|DC|AS × AK|DC|AS VF
LB29   IS × AL|HL
LB30   AL|HL|NU × OP.na
LB30   CP.na × AL|HL|NU
LB30a  !RI **RI RI × RI
LB30b  EB × EM
LB30b  XP × EM
LB31   any ÷ any
"""


_SYMBOLS = {
    (name, is_wide): chr(0xE000 + 2 * number + is_wide)
    for number, name in enumerate(CLASSES.split())
    for is_wide in (False, True)
}


class Rule(NamedTuple):
    """A line of the table."""

    name: str
    left: str
    sign: str
    right: str


class Table(NamedTuple):
    """The rules and one pattern that tries them in order; group n matches where rule n is the first to fit."""

    rules: tuple[Rule, ...]
    pattern: regex.Pattern[str]


def symbol(name: str, *, is_wide: bool) -> str:
    """The letter that stands for a class in the strings the pattern reads (private use area)."""
    return _SYMBOLS[name, is_wide]


@cache
def get_table() -> Table:
    """The present rules, compiled when they are first asked for."""
    return compile_rules(RULES)


def compile_rules(text: str) -> Table:
    """A table of rules as a pattern."""
    rules = tuple(_read(line) for line in text.split("\n") if line)
    source = "|".join(f"(?<={_compile(rule.left)})(?={_compile(rule.right)})()" for rule in rules)
    return Table(rules, regex.compile(source))


def _read(line: str) -> Rule:
    name, rest = line.split(maxsplit=1)
    sign = next(sign for sign in "×÷!" if f" {sign} " in rest)
    left, right = rest.split(f" {sign} ")
    return Rule(name, left, sign, right)


def _compile(side: str) -> str:
    return "".join(_compile_word(word) for word in side.split())


def _compile_word(word: str) -> str:
    if word.startswith("**"):
        return f"(?:{_compile_word(word[2:]) * 2})*"
    if word.startswith("*"):
        return _compile_word(word[1:]) + "*"
    if word.startswith("!"):
        return f"[^{_letters(word[1:])}]"
    return f"[{_letters(word)}]"


def _letters(names: str) -> str:
    return "".join(sorted({letter for name in names.split("|") for letter in _letters_of(name)}))


def _letters_of(name: str) -> set[str]:
    if name in {"any", "ea", "na"}:
        kinds, width = CLASSES.split(), name
    else:
        kind, _, width = name.partition(".")
        kinds = [kind] if width == "plain" else list(_KINDS_OF.get(kind, (kind,)))
    wide = {symbol(kind, is_wide=True) for kind in kinds} if width != "na" else set()
    narrow = {symbol(kind, is_wide=False) for kind in kinds} if width != "ea" else set()
    return wide | narrow


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
    if _PLAIN.fullmatch(text):  # most titles: the rules part such words at spaces, and only there
        spaces = [at for at, letter in enumerate(text, start=1) if letter == " "]
        costs = rate_breaks(text, spaces, language, None)
        return [*(Break(at, False, cost) for at, cost in zip(spaces, costs, strict=True)), Break(len(text), True, 0.0)]
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


_PLAIN = regex.compile(r"[A-Za-z0-9]++(?:[,.;:]? [A-Za-z0-9]++)*+[,.;:]?")


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
_JOINS_NEXT = regex.compile(r"[[\p{ccc=9}--\u103a]\p{Logical_Order_Exception}]$", regex.V1)
_ENDS_SYLLABLE = regex.compile(r"\p{M}|[\u1000-\u1021]\u1037?[\u1039\u103a]")
"""A sign that stands on what is before it, and a Burmese consonant that closes what is before it."""
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
        if parts and (_JOINS_NEXT.search(parts[-1]) or _ENDS_SYLLABLE.match(cluster)):
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
    if phrase_ends is not None and place not in phrase_ends and _IDEOGRAPHIC.search(before + after):
        return IN_PHRASE
    return _AFTER_HYPHEN if before in "-‐/" and after.isalnum() else 0.0
