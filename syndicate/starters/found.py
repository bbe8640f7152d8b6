"""What the files of a site say about it: values with their sources, and which folders of posts have which addresses."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syndicate.starters.sample import list_posts

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
    built: tuple[str, ...] = ()
    """Folders in which it may have built the site."""
    permalinks: tuple[tuple[str, str], ...] = ()
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    """Our name, and the name that this generator's posts use."""
    clues: tuple[Clue, ...] = ()

    def note(self, key: str, value: str, source: str) -> Found:
        """The same with one more value, remembered with its source; an empty value changes nothing."""
        if not value:
            return self
        others = tuple(clue for clue in self.clues if clue.key != key)
        return replace(self, **{key: value}, clues=(*others, Clue(key, value, source)))  # type: ignore[arg-type]

    def settle(self, folder: Path, places: Sequence[Place], endings: Sequence[str] = ()) -> Found:
        """The same with the content folder above these places, and the patterns of each.

        The largest place gives the site's pattern. `endings` are globs of what is a post, where not all Markdown is.
        """
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
        include = _below_each(below.values(), endings or ("**/*.md", "**/*.markdown", "**/*.mdx"))
        return replace(found, permalinks=tuple(sorted(own.items())), include=include)


def _below_each(folders: Iterable[str], endings: Sequence[str]) -> tuple[str, ...]:
    return tuple(ending if name == "." else f"{name}/{ending}" for name in folders for ending in endings)


def read_domain(folder: Path) -> str:
    """The address in a CNAME file, which GitHub Pages reads, "" where there is none."""
    for name in ("CNAME", "static/CNAME", "public/CNAME", "docs/CNAME", "source/CNAME", "src/CNAME"):
        try:
            domain = (folder / name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if domain and "." in domain and not set(domain) & set("/ \n:"):
            return f"https://{domain}"
    return ""
