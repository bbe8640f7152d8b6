"""Values that people and generators write: files of data, dates, tags of languages."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Final

# --- Files of data, and what would make their reader run out of memory, stack or time, found before it reads them ---
# py-yaml12 limits what stands in brackets and what is indented by itself, but neither compact nesting (`- - - a`),
# which overflows its stack and ends the process, nor aliases that multiply. tomllib walks a dotted key anew for each.

MAX_DEPTH: Final = 32
"""Lists and tables in one another, and keys in one key."""
_MAX_ALIASES = 10
_MAX_WORDS = 200
_ANCHOR = re.compile(
    r"(?<!\w)&([^\s\[\]{},]+)(?P<word>[ \t]+(?=[\w\"'/])[^\n&*:]*+(?::[^\s&*:][^\n&*:]*+)*+$)?", re.MULTILINE
)
"""An anchor and, where it names one, the word or sentence that ends its line."""
_ALIAS = re.compile(r"\*([^\s\[\]{},]+)")
# Every part is possessive: a text of quotes costs linear time.
_TOML_STEP = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_TOML_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+(?:{_TOML_STEP}[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}", re.MULTILINE)
_COMPACT_NESTING = re.compile(r"^[ \t]*(?:[-?:][ \t]+){30}", re.MULTILINE)


def repeats_anchors(yaml: str) -> bool:
    """Whether it repeats anchors so often that aliases of aliases may fill the memory; words hold no others."""
    found = list(_ANCHOR.finditer(yaml)) if "&" in yaml else []
    names = {anchor[1] for anchor in found}
    larger = {anchor[1] for anchor in found if not anchor["word"]}
    aliases = [alias for alias in _ALIAS.findall(yaml) if alias in names] if names else []
    return sum(alias in larger for alias in aliases) > _MAX_ALIASES or len(aliases) > _MAX_WORDS


def find_deep_yaml(yaml: str) -> int | None:
    """Where compact nesting is too deep."""
    found = _COMPACT_NESTING.search(yaml)
    return found.start() if found else None


def find_deep_toml(toml: str) -> int | None:
    """Where a dotted key is too deep."""
    found = _DEEP_TOML_KEY.search(toml)
    return found.start() if found else None


def parse_data(text: str, ending: str) -> object:
    """What a file of TOML, JSON or YAML says, by its ending; None for one made to hurt. Raises as its reader."""
    if ending == ".toml":
        return tomllib.loads(text) if find_deep_toml(text) is None else None
    if ending == ".json":
        return json.loads(text)
    import yaml12  # noqa: PLC0415 - most who ask for markup alone need no YAML

    return None if repeats_anchors(text) or find_deep_yaml(text) is not None else yaml12.parse_yaml(text)


# --- The dates that people and generators write into front matter ---

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[Tt\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"(?:\s+\1)?\s*(?:UTC(?=[+-]))?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}|(?(4)[+-]\d(?::\d{2})?|(?!)))?$"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)()()()()()$")
_LEAST_SECONDS = 100_000_000
_MAX_LENGTH = 80
_NUMBER = re.compile(r"\d{9,13}$")
_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s+)??(?:(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?)"
    r"\.?,?\s+(\d{4})(?:,?\s+(?:at\s+)?(\d{1,2}):(\d{2})(?::\d{2})?)?$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(value: object, zone: tzinfo) -> datetime:
    """An instant in UTC. A date without a zone is in `zone`, a date without a time is its midnight there.

    Takes ISO 8601 and its looser relatives ("2025-3-1 9:00 +0200"), RFC 5322 mail dates, English words
    ("March 18, 2025"), seconds or milliseconds since 1970, and what TOML parses. Raises ValueError.
    """
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, date):
        return _in_utc(datetime.combine(value, time.min), zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        compact = _COMPACT.match(str(value))
        return _in_utc(_from_parts(compact), zone) if compact else _from_number(float(value))
    if isinstance(value, str):
        return _in_utc(_from_text(value.strip()), zone)
    if isinstance(value, Mapping) and "created" in value:  # Material for MkDocs
        return parse_date(value["created"], zone)
    raise ValueError("not a date")


def find_zone(value: object) -> tzinfo | None:
    """The zone that a date was written with, None where it names none."""
    if isinstance(value, datetime):
        return value.tzinfo
    found = _ISO.match(value.strip()) if isinstance(value, str) else None
    return _zone(found[8]) if found and found[8] else None


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    """Feeds want years of four digits, and whoever reckons with a date needs room on both sides of it."""
    if not 1000 <= moment.year <= 9000:
        raise ValueError("not a date: its year is not between 1000 and 9000")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _from_number(number: float) -> datetime:
    """Seconds, or milliseconds where seconds would lie beyond the year 2286; never a lone year."""
    if number < _LEAST_SECONDS:
        raise ValueError("the number is not a time since 1970")
    try:
        return datetime.fromtimestamp(number / 1000 if number >= 1e10 else number, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("the number is not a time since 1970") from error


def _from_text(text: str) -> datetime:
    if len(text) > _MAX_LENGTH:
        raise ValueError("not a date")
    found = _ISO.match(text) or _COMPACT.match(text)
    if found:
        return _from_parts(found)
    if _NUMBER.match(text):
        return _from_number(float(text))
    words = _WORDS.match(text)
    if words and (words[2] or words[3])[:3].lower() in _MONTHS:
        return _from_words(words)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few write dates as mails have them

    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError, ValueError) as error:
        raise ValueError("not a date") from error


def _from_parts(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    naive = datetime(  # noqa: DTZ001 - the offset or the caller adds the zone
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), micro
    )
    return naive.replace(tzinfo=_zone(offset)) if offset else naive


def _from_words(found: re.Match[str]) -> datetime:
    """ "March 18, 2025", "18 Mar 2025 09:30": English month names, whatever the locale."""
    month = _MONTHS.index((found[2] or found[3])[:3].lower()) + 1
    day, hour, minute = int(found[1] or found[4]), int(found[6] or 0), int(found[7] or 0)
    return datetime(int(found[5]), month, day, hour, minute)  # noqa: DTZ001 - the caller adds the zone


@lru_cache(maxsize=100)
def _zone(offset: str) -> tzinfo:
    if offset in {"Z", "z", "UTC", "GMT"}:
        return UTC
    hours, _, minutes = offset[1:].partition(":")
    digits = f"{hours[:2]:0>2}{minutes or hours[2:]:0>2}"
    found = datetime.strptime(f"{offset[0]}{digits}", "%z").tzinfo
    return found or UTC


# --- Language tags in one spelling for feeds, pages and all networks: RFC 5646 (BCP 47) ---

# Language of two or three letters, extended languages, script, region, variants, extensions, private use. The longer
# languages that the grammar reserves ("english") are none that exist.
_LANGUAGE_TAG = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_LONGEST = 60


def normalise_language(written: str) -> str:
    """The tag as networks and feeds take it ("EN" is "en", "pt_br.UTF-8" is "pt-BR"); "" for what is not a tag."""
    tag = written.strip().partition(".")[0].partition("@")[0].replace("_", "-").lower()
    if len(tag) > _LONGEST or not _LANGUAGE_TAG.fullmatch(tag):
        return ""
    first, *others = tag.split("-")
    return "-".join((first, *_spell(others)))


def _spell(subtags: list[str]) -> list[str]:
    """Scripts as in "Hant", regions as in "TW"; behind a single letter everything is lower case."""
    single = next((place for place, tag in enumerate(subtags) if len(tag) == 1), len(subtags))
    return [_spell_one(tag) for tag in subtags[:single]] + subtags[single:]


def _spell_one(subtag: str) -> str:
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag
