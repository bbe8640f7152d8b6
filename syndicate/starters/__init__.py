"""Beginnings: the sample site for an empty folder, a good guess for a folder that already holds a blog, and what `init`
writes of it: new files only, never over an existing one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from syndicate.starters.found import QUESTION, Clue
from syndicate.starters.guess import Guess, guess_site


def write_new_files(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files below `folder`, by POSIX path; those that exist are left alone. Returns the written paths."""
    return tuple(path for path, data in files.items() if _write_new(folder / path, data))


def _write_new(path: Path, data: bytes) -> bool:
    """Half a file, where the disk is full, would count as the person's own ever after."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(data)
    except BaseException:
        path.unlink()
        raise
    return True


def render_config(guess: Guess) -> str:
    """syndicate.toml for a guess; each guessed value says where it came from."""
    sources = {clue.key: clue.source for clue in guess.clues}
    site = {
        "title": guess.title,
        "description": guess.description,
        "url": guess.url,
        "language": guess.language,
        "timezone": guess.timezone,
        "author": guess.author,
        "permalink": guess.permalink,
        "generator": guess.rules,
        "content": guess.content,
        "built": guess.built,
        "icon": guess.icon,
    }
    lines = [f"# Written by `syndicate init` from what this folder ({guess.generator}) says. Check each line.", ""]
    lines += ["[site]", *(_line(key, value, sources.get(key, "")) for key, value in site.items() if value)]
    if guess.static:
        lines.append(f"static = {_quote(guess.static.split(','))}  # from {sources.get('static', guess.generator)}")
    if guess.permalinks:
        lines += ["", "[site.permalinks]", "# folder below the content folder = the addresses of its posts"]
        lines += [f"{_quote(place)} = {_quote(pattern)}" for place, pattern in guess.permalinks]
    if guess.include or guess.ignore:
        globs = {"include": list(guess.include), "ignore": list(guess.ignore)}
        lines += ["", "[content]", *(f"{key} = {_quote(some)}" for key, some in globs.items() if some)]
    if guess.logo:
        lines += ["", "[cards]", _line("logo", guess.logo, "its name")]
    if guess.fields:
        lines += ["", "[fields]", "# our name = the name your posts use"]
        lines += [_line(ours, theirs, "") for ours, theirs in guess.fields.items()]
    if guess.publish_to:
        lines += ["", "[storage]", _line("publish_to", guess.publish_to, sources["publish_to"])]
    return "\n".join([*lines, *_TAIL])


_QUESTIONS = {
    "url": 'where do your pages live? for example "https://example.org"; nothing is published before you say it',
    "permalink": 'what address has a post? for example "/blog/{slug}/"; nothing is published before you say it',
}
_TO_CHECK = frozenset({"title", "url", "permalink", "timezone"})


def _line(key: str, value: str, source: str) -> str:
    note = f"  # from {source}" if source else "  # please check" if key in _TO_CHECK else ""
    note = f"  # {_QUESTIONS[key]}" if value == QUESTION else note
    return f"{key} = {_quote(value)}{note}"


def _quote(value: str | list[str]) -> str:
    """As TOML: JSON, but for what is not text at all, and for DEL, which it must not show as it is."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return text.replace("\x7f", "\\u007f")


_TAIL = (
    "",
    "[schedule]",
    '# slots = ["mon-fri 09:00", "sat 11:00"]   # without slots, messages go out at once',
    'quiet = "22:00-07:00"',
    "",
    '# The network "local" needs no account: it writes timeline.html beside the feeds. Try it, then add real ones.',
    "[accounts.timeline]",
    'network = "local"',
    "",
    "# [accounts.mastodon]",
    '# network = "mastodon"',
    '# instance = "https://mastodon.example"   # then: syndicate login mastodon',
    "",
)
