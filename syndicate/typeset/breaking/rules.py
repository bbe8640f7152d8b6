"""The rules of line breaking (UAX 14, revision 55, Unicode 17) as a table, and a pattern made of it.

A rule is what stands on the left of a place, a sign (`×` no break, `÷` break, `!` must break), and what stands on
its right; the first rule that fits a place decides. Words are line breaking classes, and:

    A|B     any of these            !A|B    any but these         *A     none or more        **A   an even number
    any     every class             ea, na  East Asian wide, not  sot, eot  the ends of the text
    A.ea    A, but East Asian only  A.na    A, but not East Asian
    QUi     opening quotation marks QUf     closing ones (QU is all three kinds)
    DC      the dotted circle       XP      unassigned pictographs

Rules stand in the standard's order but for LB28: no other rule means a place between two letters, and most are.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import regex

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
