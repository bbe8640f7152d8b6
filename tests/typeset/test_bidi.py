"""The bidirectional algorithm, against Unicode's conformance data and on texts people write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.typeset.characters import base_level, classify, reorder, resolve_classes, resolve_levels
from syndicate.typeset.levels import find_brackets, find_first_strong
from tests.typeset.conftest import Lines

REMOVED = {"LRE", "RLE", "LRO", "RLO", "PDF", "BN"}


class ClassCase(NamedTuple):
    """A case of BidiTest.txt: classes, paragraph level, levels (None where X9 removes), visual order."""

    kinds: list[str]
    base: int
    levels: list[int | None]
    order: list[int]


def read_class_cases(lines: Iterator[str]) -> Iterator[ClassCase]:
    levels: list[int | None] = []
    order: list[int] = []
    for line in lines:
        if line.startswith("@Levels:"):
            levels = [None if word == "x" else int(word) for word in line.split()[1:]]
        elif line.startswith("@Reorder:"):
            order = [int(word) for word in line.split()[1:]]
        else:
            names, _, bits = line.partition(";")
            kinds = names.split()
            for bit, base in ((1, find_first_strong(kinds)), (2, 0), (4, 1)):
                if int(bits, 16) & bit:
                    yield ClassCase(kinds, base, levels, order)


def judge(kinds: Sequence[str], levels: Sequence[int]) -> tuple[list[int | None], list[int]]:
    """Levels and order as the data files write them."""
    kept = [place for place, kind in enumerate(kinds) if kind not in REMOVED]
    order = [kept[index] for index in reorder([levels[place] for place in kept])]
    return [None if kind in REMOVED else level for kind, level in zip(kinds, levels, strict=True)], order


def fails_class_case(case: ClassCase) -> bool:
    return judge(case.kinds, resolve_classes(case.kinds, case.base, {})) != (case.levels, case.order)


def fails_character_case(line: str) -> bool:
    codes, direction, base, levels, order = line.split(";")
    text = "".join(chr(int(code, 16)) for code in codes.split())
    level = base_level(text) if direction == "2" else int(direction)
    kinds = classify(text)
    got = judge(kinds, resolve_classes(kinds, level, find_brackets(text)))
    wanted = [None if word == "x" else int(word) for word in levels.split()]
    return level != int(base) or got != (wanted, [int(word) for word in order.split()])


@pytest.mark.e2e
def test_every_case_of_bidi_test(read_unicode: Lines) -> None:
    """All 770,241 cases of BidiTest.txt come out as Unicode says, none left out."""
    cases = list(read_class_cases(read_unicode("BidiTest.txt")))
    assert len(cases) > 770_000
    assert [case for case in cases if fails_class_case(case)] == []


@pytest.mark.e2e
def test_every_case_of_bidi_character_test(read_unicode: Lines) -> None:
    """All 91,707 cases of BidiCharacterTest.txt, paired brackets included, come out as Unicode says."""
    cases = list(read_unicode("BidiCharacterTest.txt"))
    assert len(cases) > 91_000
    assert [line for line in cases if fails_character_case(line)] == []


@pytest.mark.e2e
def test_brackets_are_those_of_the_database(read_unicode: Lines) -> None:
    """Our table of paired brackets is BidiBrackets.txt, whole."""
    for line in read_unicode("BidiBrackets.txt"):
        code, other, kind = (word.strip() for word in line.split(";"))
        char, pair = chr(int(code, 16)), chr(int(other, 16))
        mine, theirs = find_brackets(char)[0], find_brackets(pair)[0]
        assert (mine[0], mine[1]) == (theirs[0], kind == "o")


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("abc", [0, 0, 0]),
        ("אב", [1, 1]),
        ("אב 12", [1, 1, 1, 2, 2]),
        ("a אב", [0, 0, 1, 1]),
        ("אב (Go)", [1, 1, 1, 1, 2, 2, 1]),
        ("", []),
    ],
)
def test_levels_of_short_texts(text: str, levels: list[int]) -> None:
    """Latin runs right, Hebrew left, numbers and Latin words inside Hebrew one level deeper."""
    assert resolve_levels(text, base_level(text)) == levels


@pytest.mark.parametrize(("text", "base"), [("abc", 0), ("3 אב", 1), ("123", 0)])
def test_base_level(text: str, base: int) -> None:
    """The first letter decides."""
    assert base_level(text) == base


def test_each_line_is_a_paragraph() -> None:
    """An embedding left open ends with its line (P1)."""
    assert resolve_levels("\u202bab\nab", 0)[-2:] == [0, 0]


@given(st.text(st.sampled_from("aא1 ()[\u2067\u2069\u202b\u202c\u0301٣\n"), max_size=30))
def test_every_character_gets_a_level(text: str) -> None:
    """Any mixture of controls gets one level per character, and reordering loses none."""
    levels = resolve_levels(text, base_level(text))
    assert len(levels) == len(text)
    assert sorted(reorder(levels)) == list(range(len(text)))
