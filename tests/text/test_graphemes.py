"""Grapheme clusters against Unicode's own test, and cutting at them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.text.counting import count_graphemes, cut, split_graphemes

BREAK_TEST = Path("/usr/share/unicode/auxiliary/GraphemeBreakTest.txt")


def test_every_case_of_unicode() -> None:
    """All lines of GraphemeBreakTest.txt, as Debian's unicode-data installs it."""
    if not BREAK_TEST.is_file():
        pytest.skip("Debian's unicode-data is not installed")
    cases = [line.split("#")[0] for line in BREAK_TEST.read_text("utf-8").splitlines() if line.startswith("÷")]
    wrong = [case for case in cases if split_graphemes("".join(_read(case))) != _read(case)]
    assert len(cases) > 1000
    assert not wrong


def _read(case: str) -> list[str]:
    clusters = [cluster.replace("×", " ").split() for cluster in case.split("÷")]
    return ["".join(chr(int(point, 16)) for point in cluster) for cluster in clusters if cluster]


@settings(deadline=None)
@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    """Joined again the clusters are the text, and counting them is counting the text."""
    clusters = split_graphemes(text)
    assert "".join(clusters) == text
    assert len(clusters) == count_graphemes(text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x3FFF), max_size=30))
def test_the_short_way_finds_what_the_rules_find(text: str) -> None:
    """Texts of characters that never join are counted without the rules; forcing the rules changes nothing."""
    forced = split_graphemes("👍🏽" + "\n" + text)[2:]
    assert split_graphemes(text) == forced


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Hello world", 11, "Hello world"),
        ("Hello brave world", 12, "Hello brave…"),
        ("Hello brave world", 11, "Hello…"),
        ("Hello, brave world", 8, "Hello…"),
        ("abcdefghij", 5, "abcd…"),
        ("👍🏽👍🏽👍🏽", 2, "👍🏽…"),
        ("Hello", 1, ""),
        ("", 0, ""),
    ],
)
def test_cut_ends_at_a_word_with_an_ellipsis(text: str, limit: int, expected: str) -> None:
    """A text that is too long ends at a word, never inside a cluster."""
    assert cut(text, limit) == expected


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(0, 40))
def test_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    """At most `limit` graphemes, and what fits stays as it is."""
    shown = cut(text, limit)
    assert count_graphemes(shown) <= limit
    assert shown == text or count_graphemes(text) > limit
