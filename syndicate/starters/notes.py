"""What a person should know before the first publication: posts that will be left out or look different, counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from syndicate.starters.sample import list_posts, read_head

_SCRIPT = re.compile(r"\s*---\s*(?:js|javascript)\s*\n", re.IGNORECASE)
_DATED = r"""^date\s*[:=]\s*["']?{}(?:created|last modified)\b"""
_BY_FILE = re.compile(_DATED.format(""), re.IGNORECASE | re.MULTILINE)
_BY_GIT = re.compile(_DATED.format(r"git\s+"), re.IGNORECASE | re.MULTILINE)
_BESIDE = re.compile(
    r"""^\s*(?:hero|cover|image|thumbnail|banner|ogImage|src|url)\w*\s*[:=]\s*["']?(?:\.{1,2}/|[@~]/)""", re.MULTILINE
)


def list_notes(folder: Path, content: str, generator: str) -> tuple[str, ...]:
    """A sentence for each kind of post that needs one."""
    heads = [read_head(path) for path in list_posts(folder / content)]
    return tuple(_notes(heads, folder, content, generator))


def _notes(heads: list[str], folder: Path, content: str, generator: str) -> Iterator[str]:
    if number := _count(heads, _SCRIPT):
        yield f"{number} in JavaScript, which only {generator} can run: left out until their front matter is YAML."
    if number := _count(heads, _BY_FILE):
        yield f'{number} dated by the file, which every copy changes: left out until dated, or with "git Created".'
    if number := _count(heads, _BY_GIT):
        where = "run syndicate where the whole repository is" if _is_repository(folder) else "but this is no repository"
        yield f"{number} dated by git: {where}."
    if content.startswith("src/") and (number := _count(heads, _BESIDE)):
        yield f"{number} with a picture below src/: feeds show the share card instead. Below public/ it has an address."


def _count(heads: list[str], pattern: re.Pattern[str]) -> str:
    """ "3 posts", "" for none."""
    number = sum(bool(pattern.search(head)) for head in heads)
    return f"{number} post{'' if number == 1 else 's'}" if number else ""


def _is_repository(folder: Path) -> bool:
    place = folder.resolve()
    return any((here / ".git").exists() for here in (place, *place.parents))
