"""`write_back`: the links to sent copies, written into a post's front matter and nothing else in it.

The one place that ever writes to an author's file, and only where [content] write_back is true. The key is changed as
text, so that comments, quotes, order and line ends stay; the result is read again before it replaces the file, and
must say the same as before but for `syndication`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from syndicate.content.front import parse_front
from syndicate.errors import ContentError
from syndicate.folders import replace_file

KEY = "syndication"
_YAML_OPEN, _TOML_OPEN = re.compile(r"---(?:ya?ml)?[ \t]*\r?\n"), re.compile(r"(?:\+\+\+|---toml)[ \t]*\r?\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.|\+\+\+)[ \t]*\r?$", re.MULTILINE)
_YAML_KEY = re.compile(rf"^{KEY}[ \t]*:.*\n(?:(?:[ \t]+|-[ \t]).*\n|[ \t]*\n(?=[ \t]+\S|-[ \t]))*", re.MULTILINE)
_TOML_KEY = re.compile(rf"^{KEY}[ \t]*=[ \t]*\[[^\]]*\][^\n]*\n", re.MULTILINE)
_TOML_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def write_syndication(path: Path, links: Sequence[str]) -> bool:
    """Make `syndication` of the file name these links too; returns whether the file was written.

    Raises ContentError where the front matter cannot be changed without changing more than that.
    """
    before = path.read_bytes()
    try:
        text = before.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContentError("is not UTF-8 and is left as it is", where=path.name) from error
    after = add_syndication(text, links, source=path.name)
    if after == text:
        return False
    if path.read_bytes() != before:
        raise ContentError("changed meanwhile and is left as it is", where=path.name)
    replace_file(path, after.encode(), path.stat().st_mode & 0o777)
    return True


def add_syndication(text: str, links: Sequence[str], *, source: str = "") -> str:
    """The text of a post with the links added to its `syndication`. Pure."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix("\ufeff")
    values = parse_front(body.replace("\r\n", "\n"), source).values
    known = _as_list(values.get(KEY))
    wanted = [*known, *(link for link in links if link not in known)]
    if wanted == known:
        return text
    changed = mark + _rewrite(body, wanted, source)
    _check(changed.removeprefix("\ufeff").replace("\r\n", "\n"), values, wanted, source)
    return changed


def _rewrite(text: str, links: Sequence[str], source: str) -> str:
    end = "\r\n" if "\r\n" in text.partition("---")[0] + text[:200] else "\n"
    if _TOML_OPEN.match(text):
        return _rewrite_toml(text, links, end)
    if _YAML_OPEN.match(text):
        return _rewrite_yaml(text, links, end)
    raise ContentError("has front matter that is not written to (YAML and TOML are)", where=source)


def _rewrite_yaml(text: str, links: Sequence[str], end: str) -> str:
    block = f"{KEY}:{end}" + "".join(f"  - {json.dumps(link)}{end}" for link in links)
    start, stop = _find_fence(text, _YAML_OPEN)
    front = text[start:stop]
    found = _YAML_KEY.search(front)
    front = front[: found.start()] + block + front[found.end() :] if found else front + block
    return text[:start] + front + text[stop:]


def _rewrite_toml(text: str, links: Sequence[str], end: str) -> str:
    """Before the first table: what follows a table's header belongs to that table."""
    line = f"{KEY} = [{', '.join(json.dumps(link) for link in links)}]{end}"
    start, stop = _find_fence(text, _TOML_OPEN)
    front = text[start:stop]
    found, table = _TOML_KEY.search(front), _TOML_TABLE.search(front)
    place = table.start() if table else len(front)
    if found and found.start() < place:
        front = front[: found.start()] + line + front[found.end() :]
    else:
        front = front[:place] + line + front[place:]
    return text[:start] + front + text[stop:]


def _find_fence(text: str, opening: re.Pattern[str]) -> tuple[int, int]:
    """Where the front matter begins and ends, without its fences."""
    opened = opening.match(text)
    start = opened.end() if opened else 0
    closed = _CLOSE.search(text, start)
    return start, closed.start() if closed else len(text)


def _check(text: str, before: Mapping[str, object], wanted: Sequence[str], source: str) -> None:
    after = dict(parse_front(text, source).values)
    written = _as_list(after.pop(KEY, None))
    others = {key: value for key, value in before.items() if key != KEY}
    if written != list(wanted) or after != others:
        raise ContentError("cannot be written to without changing more than syndication", where=source)


def _as_list(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []
