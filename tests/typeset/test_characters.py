"""Clusters and emoji."""

from __future__ import annotations

import pytest

from syndicate.typeset.characters import is_emoji, split_clusters
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
