"""Days and reading times in the words of the post's language."""

from __future__ import annotations

from datetime import date

import pytest

from syndicate.cards import READING, format_date, format_minutes

DAY = date(2025, 3, 18)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "18 March 2025"),
        ("en-GB", "18 March 2025"),
        ("de-AT", "18. März 2025"),
        ("es", "18 de marzo de 2025"),
        ("ru", "18 марта 2025\u00a0г."),
        ("ja", "2025年3月18日"),
        ("zh_Hant_TW", "2025年3月18日"),
        ("ko", "2025년 3월 18일"),
        ("ar", "18 مارس 2025"),
        ("th", "18 มีนาคม 2568"),
        ("no", "18. mars 2025"),
        ("en-US", "March 18, 2025"),
        ("eo", "18 Marto 2025"),
        ("sr-Latn-RS", "18. mart 2025."),
        ("de-AT-1996", "18. März 2025"),
        ("tlh", "2025-03-18"),
        ("../../etc/passwd", "2025-03-18"),
        ("", "2025-03-18"),
    ],
)
def test_a_day_is_said_in_the_posts_language(language, text):
    """Known languages have their own words and order, unknown ones get ISO 8601."""
    assert format_date(DAY, language) == text


@pytest.mark.parametrize("language", sorted(READING))
def test_every_language_with_words_for_reading_has_its_own_dates(language):
    """The months of a language differ from one another, and its reading time names the minutes."""
    tag = language.replace("_", "-")
    assert len({format_date(date(2025, month, 1), tag) for month in range(1, 13)}) == 12
    assert DAY.isoformat() not in format_date(DAY, tag)
    assert "7" in format_minutes(7, tag)


def test_no_reading_time_is_no_words():
    """Nothing is said about a post without a reading time."""
    assert format_minutes(0, "en") == ""
    assert format_minutes(6, "tlh") == "6 min"


def test_the_nearest_language_is_used():
    """Traditional Chinese has its own words wherever it is written."""
    assert format_minutes(5, "zh-TW") == format_minutes(5, "zh-Hant-HK") == "5 分鐘閱讀"
    assert format_minutes(5, "zh-CN") == "5 分钟阅读"
