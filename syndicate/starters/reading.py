"""Reading other programs' settings: TOML, YAML, JSON, strings in JavaScript. A guess needs no perfect file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yaml12 import parse_yaml

from syndicate.containment import contain
from syndicate.text.nesting import find_deep_toml, find_deep_yaml, repeats_anchors

# Words of Hugo and Jekyll permalinks that ours can say; what they stand for in each is close enough to begin with.
_PARTS: Mapping[str, str] = {
    "year": "{year}", "month": "{month}", "day": "{day}", "title": "{slug}", "slug": "{slug}",
    "slugorfilename": "{slug}", "slugorcontentbasename": "{slug}", "contentbasename": "{slug}",
    "filename": "{slug}", "name": "{slug}", "categories": "{categories}", "category": "{category}",
    "output_ext": ".html",
}  # fmt: skip


def from_colons(pattern: str, words: Mapping[str, str] | None = None) -> str:
    """ "/:year/:title/" → "/{year}/{slug}/"; "" where a part of it has no word of ours. `words` go before the usual."""
    words = {**_PARTS, **(words or {})}
    parts = re.findall(r":(\w+)", pattern)
    if any(part.lower() not in words for part in parts):
        return ""
    filled = re.sub(r":(\w+)", lambda match: words[match[1].lower()], pattern)
    return "/" + re.sub(r"/{2,}", "/", filled).lstrip("/")


def has_capitals(folder: Path) -> bool:
    """Whether a post's file name has capitals, which Jekyll and Eleventy keep in its address."""
    return any(path.stem != path.stem.lower() for path in folder.glob("**/*.m*"))


def find_file(folder: Path, names: list[str]) -> str:
    """The first of these files that is there, else ""."""
    return next((name for name in names if (folder / name).is_file()), "")


def read_first(folder: Path, names: list[str]) -> tuple[str, dict[str, Any]]:
    """The first of these files that is there, and what it holds."""
    name = find_file(folder, names)
    return name, read_data(folder / name) if name else {}


def read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(200_000)
    except OSError:
        return ""


def read_data(path: Path) -> dict[str, Any]:
    """A TOML, YAML or JSON file as a dict, empty where it cannot be read."""
    text = read_text(path)
    data: object = None
    with contain(lambda _: None):
        if path.suffix == ".toml":
            data = tomllib.loads(text) if find_deep_toml(text) is None else None
        elif path.suffix == ".json":
            data = json.loads(text)
        elif find_deep_yaml(text) is None and not repeats_anchors(text):
            data = parse_yaml(text)
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}


def text_of(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if isinstance(data.get(name), str | int)), "")


def table_of(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def author_of(data: Mapping[str, Any], name: str) -> str:
    """A name, or the name in a table."""
    return text_of(table_of(data, name), "name") or text_of(data, name)


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
