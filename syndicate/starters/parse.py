"""Reading other programs' settings: TOML, YAML, JSON, strings in JavaScript. A guess needs no perfect file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syndicate.containment import contain
from syndicate.folders import open_file
from syndicate.starters.found import Found
from syndicate.text.values import parse_data


def find_file(folder: Path, names: list[str]) -> str:
    """The first of these files that is there, else ""."""
    return next((name for name in names if (folder / name).is_file()), "")


def read_first(folder: Path, names: list[str]) -> tuple[str, dict[str, Any]]:
    """The first of these files that is there, and what it holds."""
    name = find_file(folder, names)
    return name, read_data(folder / name) if name else {}


_MOST = 200_000
"""Bytes of a file that are looked at."""
_WIDEST = 100
_WIDE = re.compile(rf"\s{{{_WIDEST},}}+")
"""Space without end, which every pattern with a space in it would go through from each of its characters."""


def read_text(path: Path) -> str:
    """The beginning of a file as text, "" where there is none that can be read."""
    try:
        with open_file(path) as file:
            text = file.read(_MOST).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
    return _WIDE.sub(lambda found: found[0][:_WIDEST], text)


def read_data(path: Path) -> dict[str, Any]:
    """A TOML, YAML or JSON file as a dict, empty where it cannot be read."""
    text = read_text(path)
    data: object = None
    with contain(lambda _: None):
        data = parse_data(text, path.suffix)
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}


def text_of(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if isinstance(data.get(name), str | int)), "")


def table_of(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def author_of(data: Mapping[str, Any]) -> str:
    """The author as a name, or as a table with a name."""
    return text_of(table_of(data, "author"), "name") or text_of(data, "author")


def find_string(text: str, name: str) -> str:
    """The plain string behind a name in a script: `name: "…"`, `const NAME = '…'`; no template with "${"."""
    found = re.search(
        rf"\b(?:{name})\b[\"']?\s*[:=]\s*(?P<quote>[\"'`])(?P<value>(?:(?!(?P=quote))[^$\n])+)(?P=quote)", text
    )
    return found["value"].strip() if found else ""


def find_first(text: str, pattern: str) -> str:
    """What the first group of a pattern finds, else ""."""
    found = re.search(pattern, text)
    return found[1].strip() if found else ""


SCRIPT_ENDS = ("js", "cjs", "mjs", "ts", "json")
_SCRIPT_NAMES = {
    "title": r"(?:SITE_TITLE|title|siteTitle|siteName|SITE_NAME|name)",
    "url": r"(?:SITE_URL|siteUrl|siteURL|origin|baseUrl|BASE_URL)",
    "description": r"(?:SITE_DESCRIPTION|description|siteDescription)",
    "language": r"(?:language|lang|locale)",
    "author": r"(?:author|AUTHOR|authorName)",
    "timezone": r"(?:timezone|timeZone)",
}


def note_script(found: Found, folder: Path, names: list[str]) -> Found:
    """Take what a JavaScript, TypeScript or JSON settings file says in plain string literals."""
    name = find_file(folder, names)
    text = read_text(folder / name) if name else ""
    for key, pattern in _SCRIPT_NAMES.items():
        value = find_string(text, pattern)
        if key == "author" and not value:
            value = find_string(find_first(text, rf"\b{pattern}\b[\"']?\s*[:=]\s*\{{([^}}]{{0,2000}})"), "name")
        if key == "url":
            value = _find_own_url(text, pattern) or _find_own_url(text, "(?:url|website|site|SITE)")
        if not getattr(found, key):
            found = found.note(key, value, name)
    return found


OTHERS = re.compile(
    r"//(?:[\w.-]+\.)?(?:github|gitlab|twitter|x|facebook|instagram|linkedin|youtube|opencollective|patreon|npmjs|jsdelivr"
    r"|unpkg|mastodon|bsky|t|w3|schema|googleapis|gravatar|medium|dribbble|behance|stackoverflow|reddit|threads|paypal"
    r"|buymeacoffee|ko-fi|spotify|discord|vimeo|soundcloud|flickr|producthunt|leetcode|hackerrank|kaggle|goodreads)"
    r"\.(?:com|org|net|social|app|me)\b|//(?:codepen\.io|dev\.to|twitch\.tv|discord\.gg|orcid\.org)\b|localhost"
)
"""Addresses that are nobody's blog: of networks, and of where code lies."""


def _find_own_url(text: str, pattern: str) -> str:
    """The first address behind such a name that may be the site's."""
    found = re.findall(rf"\b{pattern}\b[\"']?\s*[:=]\s*[\"'`](https?://[^\"'`$\s]+)[\"'`]", text)
    return next((url for url in found if not OTHERS.search(url)), "")
