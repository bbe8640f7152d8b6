"""Days and reading times in the words of the post's language."""

from __future__ import annotations

from datetime import date

import pytest

from syndicate.cards.dates import WORDS, find_words, format_date, format_minutes

DAY = date(2025, 3, 18)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "18 March 2025"),
        ("en-GB", "18 March 2025"),
        ("de-AT", "18. März 2025"),
        ("es", "18 de marzo de 2025"),
        ("ru", "18 марта 2025 г."),
        ("ja", "2025年3月18日"),
        ("zh_Hant_TW", "2025年3月18日"),
        ("ko", "2025년 3월 18일"),
        ("ar", "18 مارس 2025"),
        ("th", "18 มีนาคม 2568"),
        ("no", "18. mars 2025"),
        ("eo", "2025-03-18"),
        ("", "2025-03-18"),
    ],
)
def test_a_day_is_said_in_the_posts_language(language, text):
    """Known languages have their own words and order, unknown ones get ISO 8601."""
    assert format_date(DAY, language) == text


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_twelve_months_or_numbers(language):
    """Each language names all twelve months, or its pattern needs no name; all of them count minutes."""
    words = WORDS[language]
    assert len(words.months) == (12 if "{month}" in words.pattern else 0)
    assert len({format_date(date(2025, month, 1), language) for month in range(1, 13)}) == 12
    assert "7" in format_minutes(7, language)


def test_no_reading_time_is_no_words():
    """Nothing is said about a post without a reading time."""
    assert format_minutes(0, "en") == ""
    assert format_minutes(6, "eo") == "6 min"


def test_the_nearest_language_is_used():
    """Traditional Chinese has its own words wherever it is spoken."""
    assert find_words("zh-TW") is find_words("zh-Hant-HK") is not find_words("zh-CN")
