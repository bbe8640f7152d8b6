"""What the files of a site say about it: values with their sources, which folders of posts have which addresses, and
other programs' settings.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syndicate.errors import contain
from syndicate.folders import open_file, walk
from syndicate.text.values import parse_data

# --- A few posts of a folder, read just far enough to know their front-matter names ---

_SUFFIXES = frozenset({".md", ".mdx", ".markdown"})
MAX_HEAD = 16_384
SKIPPED = frozenset({"node_modules", "vendor", "themes", "public", "_site", "dist", "build", "out", "templates"})
_FENCES = {"---": re.compile(r"^([\w-]+)\s*:"), "+++": re.compile(r"^([\w-]+)\s*=")}


@dataclass(frozen=True, slots=True)
class Sample:
    """One post: its path and the names at the top level of its front matter."""

    path: str
    keys: frozenset[str]
    language: str = ""


def list_posts(folder: Path, *, deep: bool = True) -> list[Path]:
    """Markdown files below a folder, or only in it, in order of name; the pages of Hugo's sections are none."""
    return sorted(path for path in find_files(folder, "*.m*", deep=deep) if is_post(path))


def find_files(folder: Path, name: str, *, deep: bool = True) -> Iterator[Path]:
    """Files below a folder, or only in it, whose name a glob fits; neither pipes nor what lies too deep."""
    found = walk(folder, lambda name: deep and name != "node_modules")
    return (Path(entry) for entry in found if fnmatchcase(entry.name, name) and entry.is_file())


_DATE = re.compile(
    r"""^[ \t]*["']?(?:date|pub_?date|published?_?(?:date|at|on)|published|created(?:_?at)?)["']?\s*[:=]""",
    re.IGNORECASE | re.MULTILINE,
)


def is_dated(path: Path) -> bool:
    """Whether a file has a date, in its front matter, in its first lines or in its name, as posts do."""
    if re.match(r"\d{4}-\d{1,2}-\d{1,2}", path.parent.name if path.stem == "index" else path.stem):
        return True
    return bool(_DATE.search(read_head(path) or read_lines(path)))


def read_lines(path: Path) -> str:
    """The first lines "Name: value" of a file without front matter, as Pelican and Nikola have them, else ""."""
    try:
        with open_file(path) as file:
            start = file.read(4_000).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
    found = re.match(r"(?:<!--\s*\n)?((?:\.\. [\w-]+:.*\n)+)", start)
    if found:  # Nikola's, as if they were without the dots
        return re.sub(r"(?m)^\.\. ", "", found[1])
    found = re.match(r"(?:[A-Za-z][\w -]*:.*\n(?:[ \t]+\S.*\n)*)+", start)
    return found[0] if found else ""


def is_post(path: Path) -> bool:
    """Whether a file is called like a post."""
    return path.suffix in _SUFFIXES and path.stem != "_index"


def read_samples(folder: Path, *, limit: int = 60) -> tuple[Sample, ...]:
    """Up to `limit` Markdown files with front matter below a folder, from all over it, in order of name."""
    posts = list_posts(folder)
    samples = (read_sample(path) for path in posts[:: max(1, len(posts) // limit)])
    return tuple(islice((sample for sample in samples if sample), limit))


def read_head(path: Path) -> str:
    """The front matter between its two lines, with the first of them; "" where there is none or nothing to read."""
    try:
        with open_file(path) as file:
            head = file.read(MAX_HEAD).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
    found = re.match(r"\s*(---|\+\+\+).*?^\1[ \t]*$", head, re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def read_sample(path: Path) -> Sample | None:
    head = read_head(path).lstrip()
    fence, _, rest = head.partition("\n")
    pattern = _FENCES.get(fence.strip())
    if pattern is None:
        return None
    lines = rest.splitlines()
    keys = frozenset(match[1] for line in lines if (match := pattern.match(line)))
    language = next((_value(line) for line in lines if re.match(r"(lang|language)\s*[:=]", line)), "")
    return Sample(str(path), keys, language) if keys else None


def _value(line: str) -> str:
    value = re.split(r"[:=]", line, maxsplit=1)[1].strip().strip("\"'")
    return value if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", value) else ""


_LONGEST = 500
"""Characters of a value that may be meant."""
QUESTION = "?"
"""Written where nothing could be learned: a person has to answer before anything is published."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One guessed value and where it came from."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of posts, below the site's, and the pattern of their addresses."""

    folder: str
    permalink: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a generator's files told; empty means they did not."""

    generator: str
    rules: str = ""
    """The name that `[site] generator` has for it, "" where we know no rules of its own."""
    title: str = ""
    description: str = ""
    url: str = ""
    content: str = ""
    permalink: str = ""
    language: str = ""
    timezone: str = ""
    author: str = ""
    static: str = ""
    """Folders that are served from the root, with commas, where they are not the usual ones."""
    publish_to: str = ""
    """Folder that the generator copies to /feeds/ with every build, "" for feeds/ itself."""
    advice: str = ""
    """What a person has to do for that."""
    outputs: tuple[str, ...] = field(default=(), repr=False)
    """Folders in which it may have built the site."""
    permalinks: tuple[tuple[str, str], ...] = ()
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our name → the name that its posts use."""
    clues: tuple[Clue, ...] = ()

    def note(self, key: str, value: str, source: str) -> Found:
        """The same with one more value, remembered with its source; an empty value changes nothing."""
        is_odd = key == "url" and re.search(r"[?#${}<>\s]", value)  # an advertisement's, or a template
        if not value or len(value) > _LONGEST or is_odd:
            return self
        others = tuple(clue for clue in self.clues if clue.key != key)
        return replace(self, **{key: value}, clues=(*others, Clue(key, value, source)))  # type: ignore[arg-type]

    def serve(self, place: str) -> Found:
        """The same with feeds in the folder whose files the generator copies to the root, "" where none is known."""
        own_rule = f"{self.generator}'s own rule: it is served at /feeds/"
        return self.note("publish_to", f"{place}/feeds" if place else "", own_rule)

    def move(self, place: str) -> Found:
        """The same, seen from above the folder `place` in which it was found."""
        static = ",".join(
            f"{place}/{part}".removesuffix("/.") for part in (self.static or "static,public,assets").split(",")
        )
        moved = replace(self, static="", outputs=tuple(f"{place}/{part}" for part in self.outputs))
        moved = moved.note("static", static, f"{place}/")
        for key in ("content", "publish_to"):
            source = next((clue.source for clue in self.clues if clue.key == key), "")
            value = getattr(self, key)
            moved = moved.note(key, f"{place}/{value}".removesuffix("/.") if value else "", f"{place}: {source}")
        return moved

    def settle(self, folder: Path, places: Sequence[Place], endings: Sequence[str] = ()) -> Found:
        """The same with the content folder above these places, and the patterns of each.

        The largest place gives the site's pattern. `endings` are globs of what is a post, where not all Markdown is.
        """
        known = [place for place in places if place.permalink]
        places = known or sorted(places, key=lambda place: not place.folder.endswith(("blog", "posts")))[:1]
        if not places:
            return self
        largest = max(places, key=lambda place: len(list_posts(folder / place.folder)))
        source = largest.source or f"{largest.folder}/"
        if len(places) == 1:
            found = self.note("content", largest.folder, source)
            found = found.note("permalink", largest.permalink, source)
            return replace(found, include=tuple(endings) or found.include)
        above = os.path.commonpath([place.folder for place in places]) or "."
        below = {place: os.path.relpath(place.folder, above) for place in places}
        own = {name: place.permalink for place, name in below.items() if name != "."}
        found = self.note("content", above, ", ".join(f"{place.folder}/" for place in places[:4]))
        found = found.note("permalink", largest.permalink, source)
        starts = ["" if name == "." else f"{name}/" for name in below.values()]
        globs = endings or ("**/*.md", "**/*.markdown", "**/*.mdx")
        include = tuple(start + glob for start in starts for glob in globs)
        return replace(found, permalinks=tuple(sorted(own.items())), include=include)


def take_dates_from_names(pattern: str, posts: Sequence[Path]) -> str:
    """Where an address has a day and files begin with one, a site's own script made it of that."""
    dated = sum(bool(re.match(r"\d{4}-\d{1,2}-\d{1,2}-", path.name)) for path in posts)
    if not all(word in pattern for word in ("{year}", "{month}", "{day}")) or dated * 2 <= len(posts):
        return pattern
    return re.sub(r"\{(?:slug|path)\}(?=/?\Z)", "{undated}", pattern)


# --- other programs' settings: TOML, YAML, JSON, strings in JavaScript; a guess needs no perfect file ---


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
        if key == "title" and OTHERS.search(f"//{value.lower()}.com"):  # of a link to the author's page there
            value = ""
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


_MADE_UP = re.compile(r"(?:^|[.-])example|your-?(?:site|domain|blog)")


def is_own(url: str) -> bool:
    """Whether this may be a site's own address: no network's, no code host's, and not made up."""
    host = urlsplit(url).hostname or ""
    return "." in host and not OTHERS.search(url) and not _MADE_UP.search(host)


def _find_own_url(text: str, pattern: str) -> str:
    """The first address behind such a name that may be the site's."""
    found = re.findall(rf"\b{pattern}\b[\"']?\s*[:=]\s*[\"'`](https?://[^\"'`$\s]+)[\"'`]", text)
    return next((url for url in found if not OTHERS.search(url)), "")
