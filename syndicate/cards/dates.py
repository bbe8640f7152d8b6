"""A day and a reading time in the words of the post's language; ISO 8601 and "min" where we lack the words.

Patterns and month names follow the long dates of Unicode CLDR; Thai counts years in the Buddhist era.
"""

# ruff: noqa: RUF001 - month names in many scripts are the point

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

BUDDHIST_ERA = 543


@dataclass(frozen=True, slots=True)
class DateWords:
    """`pattern` has {day}, {month}, {number} and {year}; `minutes` has {count}."""

    pattern: str
    minutes: str
    months: tuple[str, ...] = ()
    era: int = 0


def _words(pattern: str, minutes: str, months: str, era: int = 0) -> DateWords:
    return DateWords(pattern, minutes, tuple(months.split()), era)


_DMY = "{day} {month} {year}"
_EASTERN = "{year}年{number}月{day}日"

WORDS: Mapping[str, DateWords] = {
    "en": _words(
        _DMY,
        "{count} min read",
        "January February March April May June July August September October November December",
    ),
    "de": _words(
        "{day}. {month} {year}",
        "{count} Min. Lesezeit",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "fr": _words(
        _DMY,
        "{count} min de lecture",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "es": _words(
        "{day} de {month} de {year}",
        "{count} min de lectura",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    "pt": _words(
        "{day} de {month} de {year}",
        "{count} min de leitura",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    ),
    "it": _words(
        _DMY,
        "{count} min di lettura",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    ),
    "nl": _words(
        _DMY,
        "{count} min lezen",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ),
    "sv": _words(
        _DMY,
        "{count} min läsning",
        "januari februari mars april maj juni juli augusti september oktober november december",
    ),
    "da": _words(
        "{day}. {month} {year}",
        "{count} min. læsning",
        "januar februar marts april maj juni juli august september oktober november december",
    ),
    "nb": _words(
        "{day}. {month} {year}",
        "{count} min lesing",
        "januar februar mars april mai juni juli august september oktober november desember",
    ),
    "fi": _words(
        "{day}. {month} {year}",
        "{count} min lukuaika",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
        "lokakuuta marraskuuta joulukuuta",
    ),
    "pl": _words(
        _DMY,
        "{count} min czytania",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ),
    "cs": _words(
        "{day}. {month} {year}",
        "{count} min čtení",
        "ledna února března dubna května června července srpna září října listopadu prosince",
    ),
    "ru": _words(
        "{day} {month} {year} г.",
        "{count} мин чтения",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    ),
    "uk": _words(
        "{day} {month} {year} р.",
        "{count} хв читання",
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    ),
    "el": _words(
        _DMY,
        "{count} λεπτά",
        "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου "
        "Νοεμβρίου Δεκεμβρίου",
    ),
    "tr": _words(
        _DMY,
        "{count} dk okuma",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    ),
    "id": _words(
        _DMY,
        "{count} menit baca",
        "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    ),
    "vi": DateWords("{day} tháng {number}, {year}", "{count} phút đọc"),
    "ar": _words(
        _DMY,
        "{count} د قراءة",
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    ),
    "he": _words(
        "{day} ב{month} {year}",
        "{count} דק׳ קריאה",
        "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    ),
    "hi": _words(
        _DMY,
        "{count} मिनट",
        "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    ),
    "th": _words(
        _DMY,
        "อ่าน {count} นาที",
        "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
        BUDDHIST_ERA,
    ),
    "ja": DateWords(_EASTERN, "{count}分で読めます"),
    "zh": DateWords(_EASTERN, "{count} 分钟阅读"),
    "zh-hant": DateWords(_EASTERN, "{count} 分鐘閱讀"),
    "ko": DateWords("{year}년 {number}월 {day}일", "{count}분 읽기"),
}

ALIASES: Mapping[str, str] = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
NEUTRAL = DateWords("", "{count} min")


def find_words(language: str) -> DateWords:
    """The words for a BCP 47 tag: the whole tag, else its first two parts, else its language, else the neutral ones."""
    parts = language.lower().replace("_", "-").split("-")
    for size in (3, 2, 1):
        tag = "-".join(parts[:size])
        known = WORDS.get(ALIASES.get(tag, tag))
        if known is not None:
            return known
    return NEUTRAL


def format_date(day: date, language: str) -> str:
    """ "18 March 2025", "2025年3月18日", or "2025-03-18" where we lack the words."""
    words = find_words(language)
    if not words.pattern:
        return day.isoformat()
    month = words.months[day.month - 1] if words.months else ""
    return words.pattern.format(day=day.day, month=month, number=day.month, year=day.year + words.era)


def format_minutes(count: int, language: str) -> str:
    """ "6 min read" in the language's words, empty for no time at all."""
    return find_words(language).minutes.format(count=count) if count > 0 else ""
