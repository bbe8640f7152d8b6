"""A day and a reading time in the words of the post's language; ISO 8601 and "min" for a language nobody knows."""

# ruff: noqa: RUF001 - words in many scripts are the point

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as format_in_locale

_NARROW_SPACE, _NO_BREAK_SPACE = "\u202f", "\u00a0"
"""Few fonts draw the narrow one."""
BUDDHIST_ERA = 543
"""Years that Thailand is ahead; CLDR's dates for it are Gregorian unless asked for by this number."""

READING: Mapping[str, str] = {
    "en": "{count} min read",
    "de": "{count} Min. Lesezeit",
    "fr": "{count} min de lecture",
    "es": "{count} min de lectura",
    "pt": "{count} min de leitura",
    "it": "{count} min di lettura",
    "nl": "{count} min lezen",
    "sv": "{count} min läsning",
    "da": "{count} min. læsning",
    "nb": "{count} min lesing",
    "fi": "{count} min lukuaika",
    "pl": "{count} min czytania",
    "cs": "{count} min čtení",
    "ru": "{count} мин чтения",
    "uk": "{count} хв читання",
    "el": "{count} λεπτά",
    "tr": "{count} dk okuma",
    "id": "{count} menit baca",
    "vi": "{count} phút đọc",
    "ar": "{count} د قراءة",
    "he": "{count} דק׳ קריאה",
    "hi": "{count} मिनट",
    "th": "อ่าน {count} นาที",
    "ja": "{count}分で読めます",
    "zh": "{count} 分钟阅读",
    "zh_Hant": "{count} 分鐘閱讀",
    "ko": "{count}분 읽기",
}
_OTHER_NAMES = {"en": "en-001", "no": "nb", "nn": "nb", "iw": "he", "in": "id"}
"""Plain English writes the day first, as most of the world does; "en-US" is taken at its word."""


@cache
def find_locale(language: str) -> Locale | None:
    """The nearest locale to a BCP 47 tag, None for a language that CLDR does not know."""
    parts = language.replace("_", "-").split("-")
    for size in range(len(parts), 0, -1):
        tag = "-".join(parts[:size])
        try:
            return Locale.parse(_OTHER_NAMES.get(tag.lower(), tag), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def format_date(day: date, language: str) -> str:
    """ "18 March 2025", "2025年3月18日", or "2025-03-18" for a language nobody knows."""
    locale = find_locale(language)
    if locale is None:
        return day.isoformat()
    if locale.language == "th":
        return f"{format_in_locale(day, 'd MMMM', locale=locale)} {day.year + BUDDHIST_ERA}"
    return format_in_locale(day, "long", locale=locale).replace(_NARROW_SPACE, _NO_BREAK_SPACE)


def format_minutes(count: int, language: str) -> str:
    """ "6 min read" in the language's words, empty for no time at all."""
    locale = find_locale(language)
    names = (f"{locale.language}_{locale.script}", locale.language) if locale else ()
    words = next((READING[name] for name in names if name in READING), "{count} min")
    return words.format(count=count) if count > 0 else ""
