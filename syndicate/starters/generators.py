"""What the files of Hugo, Jekyll, Eleventy, Astro and Next.js say about the site they build."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yaml12 import parse_yaml


@dataclass(frozen=True, slots=True)
class Clue:
    """One guessed value and where it came from."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a generator's files told; empty means they did not."""

    generator: str
    title: str = ""
    url: str = ""
    content: str = ""
    permalink: str = ""
    language: str = ""
    timezone: str = ""
    author: str = ""
    clues: tuple[Clue, ...] = ()

    def note(self, key: str, value: str, source: str) -> Found:
        """The same with one more value, remembered with its source; an empty value changes nothing."""
        if not value:
            return self
        return replace(self, **{key: value}, clues=(*self.clues, Clue(key, value, source)))


def look_for_hugo(folder: Path) -> Found | None:
    names = [f"{place}{stem}.{end}" for place in ("", "config/_default/") for stem in ("hugo", "config")
             for end in ("toml", "yaml", "yml", "json")]  # fmt: skip
    name, data = _first_data(folder, names)
    if not (name and (folder / "content").is_dir()):
        return None
    section = next((part for part in ("posts", "post", "blog") if (folder / "content" / part).is_dir()), "")
    found = Found("Hugo").note("title", _text(data, "title"), name).note("url", _text(data, "baseURL", "baseurl"), name)
    found = found.note("language", _text(data, "languageCode", "defaultContentLanguage", "locale"), name)
    found = found.note("timezone", _text(data, "timeZone"), name)
    found = found.note("author", _author(data, "author") or _author(data.get("params", {}), "author"), name)
    found = found.note("content", f"content/{section}" if section else "content", "content/")
    pattern = _hugo_pattern(data, section)
    source = f"{name}, permalinks" if pattern else "Hugo's own rule: the path below content/"
    return found.note("permalink", pattern or f"/{section}/{{slug}}/".replace("//", "/"), source)


def _hugo_pattern(data: Mapping[str, Any], section: str) -> str:
    """permalinks.posts or permalinks.page.posts, in our words (gohugo.io/configuration/permalinks)."""
    table = data.get("permalinks") or {}
    pages = table.get("page") if isinstance(table.get("page"), dict) else table
    pattern = pages.get(section) if isinstance(pages, dict) else None
    return _colon_pattern(pattern) if isinstance(pattern, str) else ""


def look_for_jekyll(folder: Path) -> Found | None:
    name, data = _first_data(folder, ["_config.yml", "_config.yaml"])
    if not name:
        return None
    url = _text(data, "url") + _text(data, "baseurl")
    content = "_posts" if (folder / "_posts").is_dir() else ""
    found = Found("Jekyll").note("title", _text(data, "title", "name"), name).note("url", url, name)
    found = found.note("language", _text(data, "lang", "locale"), name).note("timezone", _text(data, "timezone"), name)
    found = found.note("author", _author(data, "author"), name).note("content", content, "Jekyll's own rule")
    given = _text(data, "permalink") or "date"
    source = f"{name}, permalink" if data.get("permalink") else "Jekyll's own rule"
    return found.note("permalink", _colon_pattern(_JEKYLL_STYLES.get(given, given)), source)


# jekyllrb.com/docs/permalinks, built-in formats
_JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
    "ordinal": "/:categories/:year/:y_day/:title.html",
}


def look_for_eleventy(folder: Path) -> Found | None:
    names = [".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", "eleventy.config.ts"]
    name = _first_file(folder, names)
    if not name:
        return None
    config = _read(folder / name)
    start = _match(config, r"input\s*:\s*[\"'`]([^\"'`]+)")
    base = start.strip("./")
    found = Found("Eleventy")
    for data_name in ("metadata", "site", "meta"):
        found = _note_script(found, folder, [f"{base}/_data/{data_name}.{end}".lstrip("/") for end in _SCRIPT_ENDS])
        found = _note_script(found, folder, [f"_data/{data_name}.{end}" for end in _SCRIPT_ENDS])
    places = [f"{base}/{part}".lstrip("/") for part in ("posts", "blog", "content/blog", "content/posts", "articles")]
    content = next((place for place in [*places, "content/blog", "posts"] if (folder / place).is_dir()), "")
    found = found.note("content", content, f"{content}/")
    address = content.removeprefix(base).strip("/").removeprefix("content/")
    return found.note("permalink", f"/{address}/{{slug}}/" if content else "", "Eleventy's own rule: the path")


def look_for_astro(folder: Path) -> Found | None:
    name = _first_file(folder, [f"astro.config.{end}" for end in ("mjs", "ts", "js", "mts")])
    if not name:
        return None
    found = Found("Astro").note("url", _match(_read(folder / name), r"\bsite\s*:\s*[\"'`]([^\"'`]+)"), name)
    found = _note_script(found, folder, ["src/consts.ts", "src/config.ts", "src/site.config.ts", "src/consts.js"])
    places = ["src/content/blog", "src/content/posts", "src/data/blog", "src/content/post", "src/pages/blog"]
    content = next((place for place in places if (folder / place).is_dir()), "")
    found = found.note("content", content, f"{content}/")
    route = next((part for part in ("blog", "posts") if any((folder / "src/pages" / part).glob("[[]*[]].astro"))), "")
    return found.note("permalink", f"/{route}/{{slug}}/" if route else "", f"src/pages/{route}/")


def look_for_nextjs(folder: Path) -> Found | None:
    name = _first_file(folder, [f"next.config.{end}" for end in ("js", "mjs", "ts", "cjs")])
    if not name:
        return None
    found = Found("Next.js")
    found = _note_script(found, folder, [
        f"{place}{stem}.{end}" for place in ("", "data/", "config/", "lib/", "src/")
        for stem in ("siteMetadata", "site", "site.config", "blog.config", "config") for end in _SCRIPT_ENDS
    ])  # fmt: skip
    if not found.url:
        found = found.note("url", _text(_data(folder / "package.json"), "homepage"), "package.json")
    places = [
        "content/posts",
        "content/blog",
        "data/blog",
        "_posts",
        "posts",
        "src/content/posts",
        "src/posts",
        "content",
    ]
    content = next((place for place in places if (folder / place).is_dir()), "")
    found = found.note("content", content, f"{content}/")
    for start in ("app", "src/app", "pages", "src/pages"):
        for route in ("blog", "posts", "articles"):
            if any((folder / start / route).glob("[[]*")):
                return found.note("permalink", f"/{route}/{{slug}}", f"{start}/{route}/")
    return found


GENERATORS: tuple[Callable[[Path], Found | None], ...] = (
    look_for_hugo, look_for_jekyll, look_for_eleventy, look_for_astro, look_for_nextjs,
)  # fmt: skip

_SCRIPT_ENDS = ("js", "cjs", "mjs", "ts", "json")
_SCRIPT_NAMES = {
    "title": r"(?:SITE_TITLE|title|siteTitle|siteName)",
    "url": r"(?:SITE_URL|siteUrl|siteURL|url|website|site)",
    "language": r"(?:language|lang|locale)",
    "author": r"(?:author|AUTHOR|authorName)",
    "timezone": r"(?:timezone|timeZone)",
}


def _note_script(found: Found, folder: Path, names: list[str]) -> Found:
    """Take what a JavaScript, TypeScript or JSON settings file says in plain string literals."""
    name = _first_file(folder, names)
    text = _read(folder / name) if name else ""
    for key, pattern in _SCRIPT_NAMES.items():
        value = _match(text, rf"[\"']?\b{pattern}\b[\"']?\s*[:=]\s*[\"'`]([^\"'`$]+)[\"'`]")
        if key == "url" and not value.startswith("http"):
            continue
        if not getattr(found, key):
            found = found.note(key, value, name)
    return found


def _colon_pattern(pattern: str) -> str:
    """ ":year/:title" → "{year}/{slug}"; parts we cannot fill are left out."""
    words = {
        "year": "{year}", "month": "{month}", "day": "{day}", "title": "{slug}", "slug": "{slug}",
        "slugorfilename": "{slug}", "slugorcontentbasename": "{slug}", "contentbasename": "{slug}",
        "filename": "{slug}", "name": "{slug}", "categories": "", "category": "{category}", "section": "posts",
    }  # fmt: skip
    filled = re.sub(r":(\w+)", lambda match: words.get(match[1].lower(), ""), pattern)
    return "/" + re.sub(r"/{2,}", "/", filled).lstrip("/")


def _first_file(folder: Path, names: list[str]) -> str:
    return next((name for name in names if (folder / name).is_file()), "")


def _first_data(folder: Path, names: list[str]) -> tuple[str, dict[str, Any]]:
    name = _first_file(folder, names)
    return name, _data(folder / name) if name else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")[:200_000]
    except OSError:
        return ""


def _data(path: Path) -> dict[str, Any]:
    """A TOML, YAML or JSON file as a dict, empty where it cannot be read: a guess needs no perfect file."""
    text = _read(path)
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        data: object = json.loads(text) if path.suffix == ".json" else parse_yaml(text)
    except (tomllib.TOMLDecodeError, ValueError):
        return {}
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}


def _text(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if isinstance(data.get(name), str | int)), "")


def _author(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name) if isinstance(data, Mapping) else None
    return _text(value, "name") if isinstance(value, dict) else str(value or "") if isinstance(value, str) else ""


def _match(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1].strip() if found else ""
