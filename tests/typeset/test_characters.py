"""Clusters and emoji."""

from __future__ import annotations

import pytest

from syndicate.typeset import FontSet, TextBlock, fit_text
from syndicate.typeset.characters import (
    GAP,
    NoPhrases,
    choose_language,
    choose_model,
    find_spacing,
    is_emoji,
    split_clusters,
)
from tests.typeset.conftest import Lines


@pytest.mark.e2e
def test_every_case_of_grapheme_break_test(read_unicode: Lines) -> None:
    """All 1,187 cases of GraphemeBreakTest.txt are cut where Unicode says (UAX 29), none left out."""
    cases = [line.split() for line in read_unicode("auxiliary/GraphemeBreakTest.txt")]
    assert len(cases) > 1_100
    for words in cases:
        text = "".join(chr(int(code, 16)) for code in words[1::2])
        ends = [index for index, sign in enumerate(words[2::2], start=1) if sign == "÷"]
        assert split_clusters(text) == ends, words


@pytest.mark.parametrize(
    "cluster",
    [
        "😀",
        "❤️",
        "👩🏽‍🚀",
        "🇯🇵",
        "1️⃣",
        "1⃣",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "✌🏿",
        "🏳️‍🌈",
    ],
)
def test_asks_for_colour(cluster: str) -> None:
    """Emoji, sequences, flags and keycaps ask for emoji presentation."""
    assert is_emoji(cluster)


@pytest.mark.parametrize("cluster", ["a", "1", "#", "❤", "❤\ufe0e", "☎", "😀\ufe0e", "©", "字", "é"])
def test_asks_for_text(cluster: str) -> None:
    """Letters, digits, and symbols whose own presentation is text do not."""
    assert not is_emoji(cluster)


# --- Chinese and Japanese: regional forms, brackets, gaps ---


def lay(text: str, fonts: FontSet, language: str, width: float = 2000) -> TextBlock:
    return fit_text(
        text, fonts=fonts, family="Inter", sizes=(100,), max_width=width, max_lines=3, language=language, balance=False
    )


def glyphs(block: TextBlock) -> list[int]:
    return [glyph.id for line in block.lines for run in line.runs for glyph in run.glyphs]


def test_each_region_has_its_forms(fonts: FontSet) -> None:
    """The same characters are drawn in the forms of Japan, mainland China, Taiwan and Korea."""
    drawn = {tuple(glyphs(lay("骨直返", fonts, language))) for language in ("ja", "zh-Hans", "zh-Hant")}
    assert len(drawn) == 3
    assert glyphs(lay("骨直返", fonts, "zh-TW")) == glyphs(lay("骨直返", fonts, "zh-Hant"))


@pytest.mark.parametrize(
    ("script", "text", "language", "chosen"),
    [
        ("Hani", "骨", "en", "zh-Hans"),
        ("Hani", "骨の", "en", "ja"),
        ("Hani", "骨", "ja", "ja"),
        ("Hang", "한", "", "ko"),
        ("Latn", "骨 a", "en", "en"),
    ],
)
def test_letters_tell_the_language(script: str, text: str, language: str, chosen: str) -> None:
    """Chinese in an English post takes Chinese forms, with kana Japanese ones."""
    assert choose_language(script, text, language) == chosen


@pytest.mark.parametrize(
    ("text", "language", "model"),
    [
        ("abc", "ja", ""),
        ("字", "zh-HK", "zh-hant"),
        ("字", "zh_CN", "zh-hans"),
        ("字", "", "zh-hans"),
        ("かな", "", "ja"),
        ("かな", "zh", "zh-hans"),
    ],
)
def test_model(text: str, language: str, model: str) -> None:
    """The language tag decides, else the letters."""
    assert choose_model(text, language) == model


def test_neighbouring_brackets_stand_close(fonts: FontSet) -> None:
    """Two brackets that face away from one another share one square."""
    assert find_spacing("あ」「い", "ja").halves == {1}
    assert lay("あ」「い", fonts, "ja").width == pytest.approx(350)


def test_an_opening_bracket_stands_at_the_edge(fonts: FontSet) -> None:
    """A line that begins with a bracket begins with its ink: the bracket takes half a square."""
    block = lay("あいう「え」お", fonts, "ja", width=320)
    assert [line.text for line in block.lines] == ["あいう", "「え」", "お"]
    assert block.lines[1].width == pytest.approx(250)


def test_traditional_commas_keep_their_square() -> None:
    """In Taiwan and Hong Kong they stand in the middle of it."""
    assert find_spacing("字。」", "zh-Hant").halves == frozenset()
    assert find_spacing("字。」", "zh-Hans").halves == {1}


def test_latin_words_have_room(fonts: FontSet) -> None:
    """An eighth of an em stands between an ideograph and a Latin letter, none at the start of a line."""
    alone = lay("で", fonts, "ja").width + lay("Go", fonts, "ja").width
    assert lay("Goで", fonts, "ja").width == pytest.approx(alone + 100 * GAP)
    assert lay("で\nGo", fonts, "ja").lines[1].width == pytest.approx(lay("Go", fonts, "ja").width)


def test_without_models_a_text_is_one_phrase() -> None:
    """The stand-in knows no words."""
    assert NoPhrases().split("字字", "ja") == ["字字"]
