"""What only a site generator understands: looked up where a look is enough, left out and noted where it is not.

    values ─→ {{ page.version }}, {{ site.title | upcase }}, {{< param version >}}, {frontMatter.title}
    what nobody can tell ─→ `MARK` in the text and a `Piece` in the notes

The mark lives until the text is finished: so whoever chooses a summary sees that a piece of it is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from itertools import islice
from typing import NamedTuple

MARK = "\U0010fffd"
"""Stands where a piece was left out. Of the last private plane, so no text means anything by it."""
_IN_ADDRESS = "%F4%8F%BF%BD"
_MARKED_ADDRESS = re.compile(rf'\s(?:href|src|srcset|poster|cite)="[^"]*{_IN_ADDRESS}[^"]*"')
_MARKED_LINK = re.compile(f"&lt;{MARK}&gt;|<{MARK}>")
_SHOWN = 60
"""Characters of a piece that are shown to a person."""
_MOST_FILTERS = 8
_MOST = 10_000
"""Characters that one expression may become."""
_MOST_WORK = 500_000
"""Characters and items that all expressions of a post may look at."""
_PART = re.compile(r"""[\w$-]+|\[\s*(?:"([^"\]]*)"|'([^'\]]*)'|(\d{1,6}))\s*\]""")
_PATH = re.compile(r"""\$?\.?[A-Za-z_][\w-]*(?:\.[\w$-]+|\[\s*(?:"[^"\]]*"|'[^'\]]*'|\d{1,6})\s*\])*""")
_PIPE = re.compile(r"""((?:[^|"']|"[^"]*"|'[^']*')+)(?:\||\Z)""")
_LITERAL = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|(-?\d{1,15}(?:\.\d{1,15})?)|(true|false))\s*\Z""")
_ARGUMENT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s,"']+))""")
_PAGES = frozenset({"page", "post", "frontmatter", "params", "meta", "data", "props"})
UNKNOWN = object()
"""What an expression means that cannot be looked up. Not the same as nothing."""
FILE = "file"
"""The kind of a link in Markdown to the file of another post."""
FindPage = Callable[[str, str], str]
"""The address of the post that a link names, from its kind ("ref", "post_url", …, `FILE`) and the name as written."""


def find_no_page(_kind: str, _written: str) -> str:
    """Where no other post is known."""
    return ""


class Piece(NamedTuple):
    """A piece of code that was left out. `is_missed` where it would have shown something in its place."""

    text: str
    is_missed: bool


@dataclass(slots=True)
class Work:
    """What is left to the expressions of one post, since a few letters may name a long text or list."""

    left: int = _MOST_WORK

    def spend(self, value: object) -> bool:
        """Whether there was enough for one look at the value."""
        self.left -= len(value) if isinstance(value, str | list | Mapping) else 1
        return self.left > 0


@dataclass(slots=True)
class GeneratorCode:
    """What is known while one text is freed of code, and what was left out of it."""

    page: Mapping[str, object] = field(default_factory=dict)
    """The post's front matter."""
    site: Mapping[str, object] = field(default_factory=dict)
    assigned: dict[str, object] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    find_page: FindPage = find_no_page
    work: Work = field(default_factory=Work)

    def leave_out(self, text: str, *, is_missed: bool = True) -> str:
        """The mark that stands for the piece, "" for one that only stood around other text."""
        shown = " ".join(text.split())
        self.pieces.append(Piece(shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…", is_missed))
        return MARK if is_missed else ""

    def show(self, expression: str, written: str) -> str:
        """The text of an expression, or the mark where it cannot be looked up."""
        text = to_text(self.evaluate(expression))
        return self.leave_out(written) if text is None else text

    def evaluate(self, expression: str) -> object:
        """The value of `path | filter: argument | …`, `UNKNOWN` where one of its parts is, or where it is too much."""
        parts = [found[1].strip() for found in islice(_PIPE.finditer(expression), _MOST_FILTERS + 1)]
        if not parts or len(parts) > _MOST_FILTERS:
            return UNKNOWN
        value = self._read(parts[0])
        for part in parts[1:]:
            value = self._filter(value, part) if self.work.spend(value) else UNKNOWN
        return value if self.work.spend(value) else UNKNOWN

    def _read(self, word: str) -> object:
        literal = _LITERAL.match(word)
        if literal:
            double, single, number, truth = literal.groups()
            if truth:
                return truth == "true"
            return next(text for text in (double, single, number) if text is not None)
        return self.look_up(word) if _PATH.fullmatch(word) else UNKNOWN

    def look_up(self, path: str) -> object:
        """The value at a path of Liquid, Nunjucks, Go templates or MDX; None where it surely is nothing."""
        steps = [next(filter(None, found.groups()), found[0]) for found in _PART.finditer(path.lstrip("$."))]
        first = steps[0] if steps else ""
        if first in self.assigned:
            return self._walk(self.assigned[first], steps[1:])
        root = first.lower()
        rest = [step for at, step in enumerate(steps[1:]) if at or step.lower() != "params"]
        if root == "site":
            found = self._walk(self.site, rest) if rest else None
            return UNKNOWN if found is None else found
        if root in _PAGES:
            return self._walk(self.page, rest) if rest else UNKNOWN
        found = self._walk(self.page, steps)
        return UNKNOWN if found is None else found

    def _walk(self, value: object, steps: Iterable[str]) -> object:
        """What lies at the end of the steps, by names without case or by numbers; None where nothing does."""
        for step in steps:
            if isinstance(value, Mapping):
                named = value.get(step)
                value = named if named is not None or not self.work.spend(value) else _find(value, step)
            elif isinstance(value, list):
                named_places = {"first": 0, "last": -1}
                at = named_places.get(step, int(step) if step.isdecimal() else len(value))
                value = value[at] if value and at < len(value) else None
            else:
                return None
        return value

    def _filter(self, value: object, written: str) -> object:
        name, _, rest = (part.strip() for part in written.partition(":"))
        arguments = [self._argument(found) for found in islice(_ARGUMENT.finditer(rest), 3)]
        if name == "default":
            return arguments[0] if arguments and value in (UNKNOWN, None, "", False) else value
        if value is UNKNOWN or UNKNOWN in arguments:
            return UNKNOWN
        if isinstance(value, list) and name in _LIST_FILTERS:
            return _LIST_FILTERS[name](value, arguments)
        text = to_text(value)
        if text is None:
            return UNKNOWN
        if name in {"relative_url", "absolute_url"}:
            return self._address(text, is_whole=name == "absolute_url")
        change = _FILTERS.get(name)
        return UNKNOWN if change is None else change(text, [to_text(one) or "" for one in arguments])

    def _argument(self, found: re.Match[str]) -> object:
        quoted = next((text for text in found.groups()[:2] if text is not None), None)
        return self._read(found[3]) if quoted is None else quoted

    def _address(self, path: str, *, is_whole: bool) -> str:
        if "://" in path:
            return path
        base = to_text(self.site.get("baseurl", "")) or ""
        return f"{to_text(self.site.get('url', '')) or '' if is_whole else ''}{base}/{path.lstrip('/')}"


def _find(values: Mapping[str, object], name: str) -> object:
    return next((value for key, value in values.items() if str(key).lower() == name.lower()), None)


def to_text(value: object) -> str | None:
    """The value as a text shows it; None for what is unknown or nothing, no single value, or code again."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    return None if len(text) > _MOST or "{{" in text or "{%" in text or MARK in text else text


def _show_date(text: str, arguments: list[str]) -> object:
    try:
        return datetime.fromisoformat(text).strftime(arguments[0].replace("%-", "%")) if arguments else UNKNOWN
    except ValueError:
        return UNKNOWN


def _replace(text: str, old: str, new: str) -> str:
    """No longer than an expression may be, and no longer on the way there."""
    return text.replace(old, new, _MOST // (len(new) or 1) + 1)[:_MOST]


def _join(items: list[object], arguments: list[object]) -> object:
    sign = (to_text(arguments[0]) or "") if arguments else " "
    return UNKNOWN if len(items) * len(sign) > _MOST else sign.join(map(str, items))


def _second(change: Callable[[str, str], str]) -> Callable[[str, list[str]], object]:
    return lambda text, arguments: change(text, arguments[0]) if arguments else UNKNOWN


_FILTERS: Mapping[str, Callable[[str, list[str]], object]] = {
    **dict.fromkeys(("safe", "safeHTML", "markdownify", "url", "dump", "newline_to_br"), lambda text, _: text),
    **dict.fromkeys(("strip", "trim", "strip_newlines"), lambda text, _: text.strip()),
    **dict.fromkeys(("escape", "xml_escape", "e", "escape_once", "htmlEscape"), lambda text, _: escape(text)),
    **dict.fromkeys(("upcase", "upper"), lambda text, _: text.upper()),
    **dict.fromkeys(("downcase", "lower"), lambda text, _: text.lower()),
    "capitalize": lambda text, _: text[:1].upper() + text[1:],
    "append": _second(lambda text, more: f"{text}{more}"),
    "prepend": _second(lambda text, more: f"{more}{text}"),
    "remove": _second(lambda text, part: text.replace(part, "")),
    "replace": lambda text, two: _replace(text, *two) if len(two) == 2 and two[0] else UNKNOWN,
    "split": _second(lambda text, sign: text.split(sign) if sign else list(text)),  # type: ignore[arg-type,return-value]
    "date": _show_date,
    "size": lambda text, _: len(text),
}


def _where(items: list[object], arguments: list[object]) -> object:
    if len(arguments) != 2:
        return UNKNOWN
    name, wanted = (to_text(one) for one in arguments)
    return [one for one in items if isinstance(one, Mapping) and to_text(one.get(name or "")) == wanted]


_LIST_FILTERS: Mapping[str, Callable[[list[object], list[object]], object]] = {
    "first": lambda items, _: items[0] if items else None,
    "last": lambda items, _: items[-1] if items else None,
    "size": lambda items, _: len(items),
    "join": _join,
    "where": _where,
}


def finish(markup: str) -> str:
    """The HTML without marks, and without links and pictures whose address is missing; `prune` cleans up behind."""
    if MARK not in markup and _IN_ADDRESS not in markup:
        return markup
    return drop_marks(_MARKED_LINK.sub("", _MARKED_ADDRESS.sub("", markup))).replace(_IN_ADDRESS, "")


def drop_marks(text: str) -> str:
    """The text without marks and without the gap before each."""
    return text.replace(f" {MARK}", "").replace(MARK, "") if MARK in text else text


def holds_any(text: str, signs: Iterable[str]) -> bool:
    """Whether one of the signs stands in the text: to look for single letters first takes a tenth of the time."""
    return any(all(map(text.__contains__, sign)) and sign in text for sign in signs)
