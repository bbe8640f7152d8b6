"""Line breaking, against Unicode's conformance data and on titles in many languages."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.typeset import FontSet
from syndicate.typeset.breaking import (
    RULES,
    Decision,
    Table,
    compile_rules,
    decide_breaks,
    find_breaks,
    find_classes,
)
from syndicate.typeset.wrapping import add_hyphens, add_seams
from tests.typeset.conftest import Lines

CHANGED_SINCE_15 = {
    # Unicode 16 breaks before a decimal mark after a space, and always keeps a mark with the digits after it.
    "LB15c  SP ÷ IS NU\n": "",
    "LB25   PO|PR|HY|IS × NU\n": "LB25   PO|PR|HY × NU\n",
    # Unicode 16 keeps a hyphen that begins a word with the word.
    "LB20a  sot|BK|CR|LF|NL|SP|ZW|CB|GL HY|HH × AL|HL\n": "",
    # Unicode 16 lets East Asian text break beside quotation marks.
    "LB19a  na × QU\nLB19a  any × QU na\nLB19a  QU × na\nLB19a  na QU × any\n": "LB19   any × QU\nLB19   QU × any\n",
    # Unicode 17 breaks after the hyphen between two Hebrew words.
    "LB21a  HL HY|HH × !HL\n": "LB21a  HL HY|BA × any\n",
}
"""Rules of the present table and what stood in their place in Unicode 15.1, the version of Debian's data."""


@pytest.fixture(scope="session")
def classes_of(read_unicode: Lines) -> Callable[[str], list[str]]:
    """Line_Break values as the data file has them, so that rules are tested apart from later changes of classes."""
    ranges = []
    for line in read_unicode("LineBreak.txt"):
        codes, kind = (word.strip() for word in line.split(";"))
        first, _, last = codes.partition("..")
        ranges.append((int(first, 16), int(last or first, 16), kind))
    ranges.sort()
    starts = [first for first, _, _ in ranges]

    def find(char: str) -> str:
        _, last, kind = ranges[bisect_right(starts, ord(char)) - 1]
        return kind if ord(char) <= last else "XX"

    return lambda text: [find(char) for char in text]


@pytest.fixture(scope="session")
def cases(read_unicode: Lines) -> list[tuple[str, set[int]]]:
    """Texts of LineBreakTest.txt and where they may break."""
    found = []
    for line in read_unicode("auxiliary/LineBreakTest.txt"):
        words = line.split()
        text = "".join(chr(int(code, 16)) for code in words[1::2])
        found.append((text, {index for index, sign in enumerate(words[2:-1:2], start=1) if sign == "÷"}))
    assert len(found) > 10_000
    return found


def breaks(decisions: Sequence[Decision]) -> set[int]:
    return {place.at for place in decisions if place.sign != "×"}


def table_of_15_1() -> Table:
    rules = RULES
    for now, then in CHANGED_SINCE_15.items():
        assert now in rules
        rules = rules.replace(now, then)
    return compile_rules(rules)


@pytest.mark.e2e
def test_every_case_with_the_rules_of_its_own_version(
    cases: list[tuple[str, set[int]]], classes_of: Callable[[str], list[str]]
) -> None:
    """With the five rules that changed later set back, all 10,274 cases of LineBreakTest-15.1 pass, none left out."""
    table = table_of_15_1()
    wrong = [text for text, wanted in cases if breaks(decide_breaks(text, classes_of(text), table)) != wanted]
    assert wrong == []


@pytest.mark.e2e
def test_what_later_versions_changed(cases: list[tuple[str, set[int]]], classes_of: Callable[[str], list[str]]) -> None:
    """With the present rules 25 cases come out otherwise, each by one of the changed rules."""
    changed: Counter[tuple[str, ...]] = Counter()
    for text, wanted in cases:
        decisions = decide_breaks(text, classes_of(text))
        odd = breaks(decisions) ^ wanted
        if odd:
            changed[tuple(sorted({place.rule for place in decisions if place.at in odd}))] += 1
    # The hyphen between Hebrew letters is now left to LB31, which breaks everywhere.
    assert changed == {("LB25",): 13, ("LB20a",): 10, ("LB15c", "LB25"): 1, ("LB31",): 1}


def split(text: str, language: str = "", fonts: FontSet | None = None, most: float = 1.0) -> list[str]:
    """The text cut at every break that costs at most `most`."""
    found = find_breaks(text, language, fonts.phrases if fonts else None)
    ends = [place.at for place in found if place.is_forced or place.cost <= most]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("to be or", ["to ", "be ", "or"]),
        ("well-known", ["well-", "known"]),
        ("a\u00a0b c", ["a\u00a0b ", "c"]),
        ("$1,234.56 (USD)", ["$1,234.56 ", "(USD)"]),
        ("one\ntwo", ["one\n", "two"]),
        ("「ねこ」、", ["「ね", "こ」、"]),
        ("きゃっと", ["きゃっ", "と"]),
        ("コーヒー", ["コー", "ヒー"]),
        ("한국어 제목", ["한국어 ", "제목"]),
        ("« Bonjour »", ["« Bonjour »"]),
        ("Vraiment ?", ["Vraiment ?"]),
        ("https://a.example/b", ["https://", "a.example/", "b"]),
        ("👩🏽‍🚀🇯🇵", ["👩🏽‍🚀", "🇯🇵"]),
    ],
)
def test_where_titles_break(text: str, parts: list[str]) -> None:
    """Spaces, hyphens, numbers, quotation marks, kinsoku, Korean words, links and emoji."""
    assert split(text) == parts


def test_thai_breaks_between_words(fonts: FontSet) -> None:
    """Thai writes no spaces: words are found by a model."""
    assert split("ทำไมการ์ดแชร์", "th", fonts) == ["ทำไม", "การ์ด", "แชร์"]


@pytest.mark.parametrize("text", ["សួស្តីពិភពលោក", "ສະບາຍດີທຸກຄົນ", "မြန်မာစာ"])
def test_scripts_without_a_model_break_between_clusters(text: str, fonts: FontSet) -> None:
    """Khmer, Lao and Burmese break between clusters, at a cost, and never after a sign that joins the next letter."""
    parts = split(text, "", fonts)
    assert len(parts) > 1
    assert not any(part.endswith(("\u17d2", "\u1039", "ເ")) for part in parts)
    assert split(text, "", fonts, most=0.0) == [text]


@given(st.text("ab Z9,.;:'-", max_size=14))
def test_plain_titles_break_as_the_rules_say(text: str) -> None:
    """A title of words, spaces and commas takes a short way to the same breaks."""
    allowed = [(place.at, place.sign == "!") for place in decide_breaks(text, find_classes(text)) if place.sign != "×"]
    assert [(place.at, place.is_forced) for place in find_breaks(text)] == [*allowed, (len(text), True)]


def test_burmese_breaks_between_syllables(fonts: FontSet) -> None:
    """A consonant that has lost its vowel, and a sign that stands alone for others, belong to what is before them."""
    assert split("ကြီးများထက်ပိုမို", "my", fonts) == ["ကြီး", "များ", "ထက်", "ပို", "မို"]


def test_a_year_keeps_its_sign(fonts: FontSet) -> None:
    """Digits of a Japanese phrase are parted from it only at a cost."""
    assert "2026年の" in split("または2026年のRSS入門", "ja", fonts, most=0.0)


@pytest.mark.parametrize(
    ("word", "language", "parts"),
    [
        ("my_long_snake_case_name", "en", ["my_", "long_", "snake_", "case_", "name"]),
        ("getElementsByClassName", "en", ["get", "Elements", "By", "Class", "Name"]),
        pytest.param(
            "Verwaltungsangestellte", "de-CH", ["Verwal", "tungs", "an", "ge", "stellte"], marks=pytest.mark.slow
        ),
        pytest.param(
            "megszentségteleníthetetlen",
            "hu",
            ["megszent", "ség", "te", "le", "nít", "he", "tetlen"],
            marks=pytest.mark.slow,
        ),
        ("anticonstitutionnellement", "fr", ["anti", "cons", "ti", "tu", "tion", "nel", "le", "ment"]),
        ("Überwachungsgesetz", "", ["Über", "wa", "chungs", "ge", "setz"]),
        ("supercalifragilistic", "fi", ["super", "ca", "li", "fra", "gi", "li", "stic"]),
        ("İSTANBULLULAŞTIRAMA", "tr", None),
        ("short_word", "en", ["short_word"]),
    ],
)
def test_long_words_may_be_parted(word: str, language: str, parts: list[str] | None) -> None:
    """Names at their signs and capitals, other words as their language parts them, or before what sounds like a
    syllable where no dictionary is there; none with less than four letters at an end.
    """
    softer = add_hyphens(add_seams(word), language)
    assert softer.replace("\u200b", "").replace("\u00ad", "") == word
    assert parts is None or softer.replace("\u00ad", "\u200b").split("\u200b") == parts


def test_japanese_prefers_phrases(fonts: FontSet) -> None:
    """Breaks between phrases cost nothing, breaks inside one do."""
    assert split("機械学習で書かれた文章は", "ja", fonts, most=0.0) == ["機械学習で", "書かれた", "文章は"]


def test_a_dash_rather_ends_a_line_than_begins_one() -> None:
    """Breaking before a spaced dash costs something, after it nothing."""
    costs = {place.at: place.cost for place in find_breaks("one — two")}
    assert costs[4] > costs[6] == 0.0


def test_a_lone_preposition_stays_with_its_word() -> None:
    """Czech and Polish never leave a one-letter preposition at the end of a line; English rather not."""
    czech, english = (find_breaks("dům v lese", language)[1].cost for language in ("cs", "en"))
    assert czech > english > 0.0


def test_property_values_are_known() -> None:
    """Every class the properties of our library know is one the rules know."""
    assert find_classes("a 1中") == ["AL", "SP", "NU", "ID"]
