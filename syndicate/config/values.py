"""Small values as people write them: "2h", "512KB", "22:00-07:00"."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from syndicate.errors import ConfigError
from syndicate.model import EXTRA_NAMESPACES
from syndicate.text.slugs import NAMING, WORDS
from syndicate.text.values import normalise_language

ACCOUNT_NAME = r"[A-Za-z0-9_-]*[A-Za-z0-9][A-Za-z0-9_-]*"
OCCASION = r"[A-Za-z_][A-Za-z0-9_-]{0,99}"
BRANCH = r"(?!.*(\.\.|//|\.lock($|/)|\.$))[A-Za-z0-9][A-Za-z0-9._/+-]*(?<!/)"
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SIZES = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "kib": 1_024, "mib": 1_048_576}


_LONGEST = timedelta(days=366_000)
"""A date and a length of time make a date, while nobody waits for more than a thousand years."""
_TOO_LONG = "longer than a thousand years"


def parse_duration(value: object) -> timedelta:
    """ "2h", "90m", "1d 12h", 0 → timedelta."""
    if isinstance(value, timedelta):
        return value
    if value == 0:
        return timedelta(0)
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", str(value).strip().lower())
    rest = re.sub(r"(\d+(?:\.\d+)?)\s*([a-z]+)", "", str(value).strip().lower()).strip()
    if not parts or rest or any(unit not in _UNITS for _, unit in parts):
        raise ValueError('not a length of time; write for example "90m", "2h" or "1d"')
    try:
        span = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError as error:
        raise ValueError(_TOO_LONG) from error
    if span > _LONGEST:
        raise ValueError(_TOO_LONG)
    return span


def parse_size(value: object) -> int:
    """ "512KB", "1MiB", 512000 → bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", str(value).strip().lower())
    if not match or match[2] not in _SIZES:
        raise ValueError('not a size; write for example "512KB"')
    return int(float(match[1]) * _SIZES[match[2]])


def check_url(value: str) -> str:
    """An absolute http(s) URL without trailing slash, query or fragment."""
    if value.strip() == QUESTION:
        raise ValueError('is a question yet: where do your pages live? write for example "https://example.org"')
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('not an absolute address; write for example "https://blog.example"')
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    return value.strip().rstrip("/")


def check_address(value: str) -> str:
    """An absolute http(s) URL exactly as its owner writes it: with its slash and its query."""
    value = value.strip()
    check_url(value.partition("#")[0].partition("?")[0])
    return value


def check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('not a time zone; write for example "Europe/Berlin"') from error
    return value


def check_slots(value: tuple[str, ...]) -> tuple[str, ...]:
    """Cron expressions or words, as the planner reads them."""
    from syndicate.planning.schedule.when import parse_slot  # noqa: PLC0415 - APScheduler, only where there are slots

    for slot in value:
        try:
            parse_slot(slot)
        except ConfigError as error:
            raise ValueError(f"{error.message}{f' ({error.hint})' if error.hint else ''}") from error
    return value


def check_state(value: str) -> str:
    """Where a state lives that has no disk of its own: a branch, or a prefix of a bucket."""
    kind, _, name = value.partition(":")
    if not value or (kind == "git" and re.fullmatch(BRANCH, name)):
        return value
    if kind == "s3" and re.fullmatch(r"//[^/?#\s]+/[^?#\s]*[^/?#\s]/?", name):
        return value
    raise ValueError('is neither a branch nor a prefix of a bucket; write "git:BRANCH" or "s3://bucket/prefix"')


QUESTION = "?"
"""Stands where `init` could learn nothing, until a person writes the answer."""


def check_permalink(value: str) -> str:
    if value == QUESTION:
        raise ValueError('is a question yet: what address has a post? write for example "/blog/{slug}/"')
    found = re.findall(r"\{(\w*)\}", value)
    unknown = next((word for word in found if word not in WORDS), None)
    if unknown is not None:
        raise ValueError(f"{{{unknown}}} is unknown; known are {', '.join(f'{{{name}}}' for name in sorted(WORDS))}")
    if not set(NAMING) & set(found):
        raise ValueError("must hold {slug}, {name}, {title} or {path}, or every post would have the same address")
    return value


def check_language(value: str) -> str:
    if not normalise_language(value):
        raise ValueError('not a language tag; write for example "en" or "pt-BR"')
    return normalise_language(value)


def check_inside(value: str) -> str:
    """A path that stays below the site's folder."""
    parts = value.replace("\\", "/").split("/")
    if value.startswith("/") or ".." in parts:
        raise ValueError("must be a path inside the site's folder")
    return value


def check_occasion(value: str) -> str:
    if not re.fullmatch(OCCASION, value) or value.startswith(("evergreen-", "manual")) or value == "draft":
        raise ValueError('not an occasion; write "new", "evergreen", "featured", or the name of another flag of posts')
    near = difflib.get_close_matches(value, ("new", "evergreen", "featured", "trending"), 1, 0.8)
    if near and near[0] != value:
        raise ValueError(f'"{value}" is not an occasion; did you mean "{near[0]}"?')
    return value


def check_account_name(value: str) -> str:
    if not re.fullmatch(ACCOUNT_NAME, value):
        raise ValueError('not an account name; use letters, digits, "-" and "_"')
    return value


def as_people(value: object) -> object:
    """A name, a table, or a list of both, as a list of tables."""
    people = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(person, str | dict) for person in people):
        raise ValueError("must be a name, a table with name, url and email, or a list of them")
    return tuple({"name": person} if isinstance(person, str) else person for person in people)


def as_tuple(value: object) -> object:
    """One word where a list may stand is a list of one."""
    return (value,) if isinstance(value, str) else value


def _shape(pattern: str, sentence: str) -> Any:
    """A text of one shape, for the program and for an editor; `sentence` says what was expected instead."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(sentence)
        return value

    return Annotated[str, AfterValidator(check), _matching(f"^{pattern}$")]


def _or_none(check: Callable[[str], str]) -> AfterValidator:
    """Of what may be left out."""
    return AfterValidator(lambda value: check(value) if value else "")


def _matching(pattern: str) -> Any:
    """What an editor is told of a text: patterns as JSON Schema has them (ECMA 262)."""
    return Field(json_schema_extra={"pattern": pattern})


def _name_zones(key: dict[str, Any], **none: str) -> None:
    """The zones that this machine knows, found only when somebody asks for the schema."""
    key["enum"] = [*none.values(), *sorted(available_timezones())]


_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_WEB = r"\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+[^?#]*\??#?"
_STEP = r"[A-Za-z][\w-]*|(?:[A-Za-z][\w-]*)?(?:[.#][A-Za-z_][\w-]*)+"
_KNOWN = "|".join(WORDS)
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*([sSmMhHdDwW]|[mM][iI][nN])\s*)+$"},
                {"const": 0},
            ]
        }
    ),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([kKmM]?[iI]?[bB])?\s*$"},
            ]
        }
    ),
]
SiteName = _shape(r"[a-z0-9][a-z0-9._-]*", 'use small letters, digits, "-", "_" and ".", such as "my-blog"')
AccountName = Annotated[str, AfterValidator(check_account_name)]
Colour = _shape(r"(#[0-9a-fA-F]{6})?", 'not a colour; write for example "#c2410c"')
StateAddress = Annotated[str, AfterValidator(check_state), _matching(r"^(|git:[A-Za-z0-9].*|s3://[^/?#\s]+/.*)$")]
IndexNowKey = _shape(r"([a-zA-Z0-9-]{8,128})?", 'not an IndexNow key; use 8 to 128 letters, digits and "-"')
Url = Annotated[str, AfterValidator(check_url), _matching(f"^{_WEB}$")]
_ADDRESS = r"\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+.*"
Address = Annotated[str, AfterValidator(check_address), _matching(f"^{_ADDRESS}$")]
OptionalAddress = Annotated[str, _or_none(check_address), _matching(f"^({_ADDRESS})?$")]
OptionalUrl = Annotated[str, _or_none(check_url), _matching(f"^({_WEB})?$")]
Timezone = Annotated[str, AfterValidator(check_timezone), Field(json_schema_extra=_name_zones)]
OptionalTimezone = Annotated[
    str, _or_none(check_timezone), Field(json_schema_extra=lambda key: _name_zones(key, none=""))
]
Quiet = _shape(f"({_CLOCK}-{_CLOCK})?", 'not quiet hours; write for example "22:00-07:00"')
Permalink = Annotated[
    str, AfterValidator(check_permalink), _matching(rf"^(?!.*\{{(?!({_KNOWN})\}})\w*\}}).*\{{({'|'.join(NAMING)})\}}")
]
Selector = _shape(
    rf"(?:(?:{_STEP})(?: +(?:{_STEP}))*)?",
    'not a selector that is understood; write for example "article", "main" or ".post-content"',
)
Language = Annotated[str, AfterValidator(check_language), _matching(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
OptionalLanguage = Annotated[str, _or_none(check_language), _matching(r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")]
InsidePath = Annotated[str, AfterValidator(check_inside), _matching(r"^(?!/)(?!(.*[/\\])?\.\.([/\\]|$))")]
Slot = Annotated[str, _matching(r"^(?!.*\b(2[4-9]|[3-9]\d):\d)(?!.*:[6-9]\d)\s*\S.*$")]
"""The program reads far more ways than a pattern can say; hours that no clock has are refused by both."""
Slots = Annotated[tuple[Slot, ...], BeforeValidator(as_tuple), AfterValidator(check_slots)]
OccasionWord = Annotated[str, AfterValidator(check_occasion), _matching(f"^(?!evergreen-|manual|draft$){OCCASION}$")]
_SIDE = r"([2-9]\d\d|[1-3]\d{3}|4000)"


def _check_sizes(sizes: tuple[str, ...]) -> tuple[str, ...]:
    for size in sizes:
        width, _, height = size.partition("x")
        if not (width.isdecimal() and height.isdecimal() and 200 <= int(width) <= 4000 >= int(height) >= 200):
            raise ValueError(f'"{size}" is not a size; write for example "1200x630"')
    if not sizes:
        raise ValueError("needs one size at least")
    return sizes


CardSizes = Annotated[
    tuple[Annotated[str, _matching(f"^{_SIDE}x{_SIDE}$")], ...], BeforeValidator(as_tuple), AfterValidator(_check_sizes)
]
Words = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
OneOrMore = BeforeValidator(as_tuple)
"""For lists of other things than plain words."""


def _check_element(name: str) -> str:
    """An element of a feed's head: without a prefix, or with one of which we know the namespace."""
    prefix, _, local = name.rpartition(":")
    if not re.fullmatch(r"[A-Za-z_][\w-]*", local) or (prefix and prefix not in EXTRA_NAMESPACES):
        raise ValueError(f'"{name}" is not an element we know; prefixes are {", ".join(sorted(EXTRA_NAMESPACES))}')
    return name


ElementName = Annotated[str, AfterValidator(_check_element)]
