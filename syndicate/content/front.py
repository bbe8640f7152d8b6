"""Takes a post apart: values of the front matter with their lines, and the body."""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import ClassVar, Final

import frontmatter
import yaml12
from frontmatter.default_handlers import BaseHandler

from syndicate.errors import ContentError
from syndicate.model import Problem
from syndicate.text import drop_broken
from syndicate.text.values import MAX_DEPTH, find_deep_toml, find_deep_yaml, repeats_anchors

# --- The syntaxes of front matter, as handlers for python-frontmatter ---

MAX_FRONT: Final = 256_000
"""Characters of front matter."""
_PLACE = re.compile(r"\s*(?:at byte \d+ |\(?at )line (\d+),? column \d+\)?")
_HINTS = (
    ("mapping values", "put the whole value in quotes: it holds a colon"),
    ("unexpected character", "put the whole value in quotes"),
    ("tab", "indent with spaces"),
    ("quoted scalar", "a quote is opened and never closed, or stands inside another one"),
    ("anchor", "put the value in quotes: it begins with * or &"),
)


@lru_cache(maxsize=16)
def _close(sign: str, other: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:{re.escape(sign)}{other})[ \t]*$", re.MULTILINE)


class Syntax(BaseHandler):
    """What all syntaxes share. Lines in errors are those of stripped text, which begins with front matter."""

    KEY: ClassVar[re.Pattern[str]]
    """Finds top-level keys, in a group `key`."""
    OTHER_END: ClassVar[str] = ""
    """A further sign that closes, as a part of a regular expression."""
    first_line: ClassVar[int] = 2
    """The line of the text on which the values begin."""

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and body: the line that closes has the sign of the line that opens."""
        opening = self.FM_BOUNDARY.match(text) if self.FM_BOUNDARY else None
        start, sign = opening.end() if opening else 0, text[:3]
        closing = _close(sign, self.OTHER_END).search(text, start)
        if closing is None:
            raise ContentError("the front matter never ends", line=1, hint=f"close it with a line {sign} of its own")
        _check_length(closing.start() - start)
        return text[start : closing.start()], text[closing.end() :]

    def refuse(self, name: str, error: Exception, line: int = 1) -> ContentError:
        """A reader's complaint with the true line and what to do."""
        message = str(error).removeprefix("YAML parse error: ")
        place = _PLACE.search(message)
        hint = next((hint for sign, hint in _HINTS if sign in message), "")
        line = (int(place[1]) if place else line) + self.first_line - 1
        return ContentError(f"the {name} cannot be read: {_PLACE.sub('', message).strip()}", line=line, hint=hint)


class Yaml(Syntax):
    """`---` to `---`, or to `...` as Jekyll and Pandoc allow."""

    OTHER_END = r"|\.\.\."
    KEY = re.compile(r"""^(?P<quote>["']?)(?P<key>[^\s"'#:=\[\]{},-][^\n"':=]*+)(?P=quote)[ \t]*:""", re.MULTILINE)
    FM_BOUNDARY = re.compile(r"---(?:ya?ml)?[ \t]*\n")

    def load(self, fm: str) -> dict[str, object]:
        _refuse_bombs(fm)
        try:
            return _mapping(yaml12.parse_yaml(fm))
        except ValueError as error:
            mended = _BRACKETS.sub(lambda found: _BREAK.sub(" ", found[0]), _indent_quoted(fm))
            if mended == fm:
                raise self.refuse("YAML", error) from error
        try:
            return _mapping(yaml12.parse_yaml(mended))
        except ValueError as error:
            raise self.refuse("YAML", error) from error


_BRACKETS = re.compile(r":[ \t]*(?:\[[^\[\]#]*+\]|\{[^{}#]*+\})")
"""A list or table in brackets, which others read with tabs in it and with its end at the margin."""
_BREAK = re.compile(r"\n\s*")
_QUOTED = re.compile(r"""^[\w-]+:[ \t]*(?:"(?:[^"\\]|\\.)*"|'[^']*')[ \t]*$""", re.MULTILINE | re.DOTALL)


def _indent_quoted(fm: str) -> str:
    """Texts in quotes that go on at the margin, which YAML forbids and the readers of other generators allow."""
    return _QUOTED.sub(lambda found: re.sub(r"\n(?=\S)", "\n  ", found[0]), fm)


class Toml(Syntax):
    """Hugo's `+++` to `+++`, and `---toml`."""

    KEY = re.compile(r"""^(?:\[{1,2}[ \t]*)?["']?(?P<key>[\w-]+)["']?[ \t]*(?:[=.\]])""", re.MULTILINE)
    FM_BOUNDARY = re.compile(r"(?:\+\+\+|---toml)[ \t]*\n")

    def load(self, fm: str) -> dict[str, object]:
        _refuse_deep(fm, find_deep_toml(fm))
        try:
            return tomllib.loads(fm)
        except (ValueError, RecursionError) as error:
            raise self.refuse("TOML", error) from error


class Json(Syntax):
    """`;;;` to `;;;`, and `---json`."""

    KEY = re.compile(r'^[ \t]*\{?[ \t]*"(?P<key>[^"\n]+)"[ \t]*:', re.MULTILINE)
    FM_BOUNDARY = re.compile(r"(?:;;;|---json)[ \t]*\n")

    def load(self, fm: str) -> dict[str, object]:
        try:
            return _mapping(json.loads(fm))
        except (ValueError, RecursionError) as error:
            raise self.refuse("JSON", error, getattr(error, "lineno", 1)) from error


class BareJson(Json):
    """Hugo's JSON front matter: an object at the very beginning."""

    FM_BOUNDARY = re.compile(r'(?=\{\s*["}])')
    first_line = 1

    def split(self, text: str) -> tuple[str, str]:
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as error:
            raise self.refuse("JSON", error, getattr(error, "lineno", 1)) from error
        _check_length(end)
        return text[:end], text[end:]


class Lines(Syntax):
    """Pelican's and MultiMarkdown's "Title: …" lines up to the first empty one. Names are in small letters there."""

    KEY = re.compile(r"^(?P<key>[A-Za-z][\w \t-]*+):", re.MULTILINE)
    FM_BOUNDARY = re.compile(r"(?=[A-Za-z])")
    first_line = 1

    def detect(self, text: str) -> bool:
        """Each line names something or goes on with the one before, and one of them is the title."""
        lines = text[:4_000].partition("\n\n")[0].split("\n")
        named = [line for line in lines if not line[:1].isspace()]
        return all(map(self.KEY.match, named)) and any(line[:6].lower() == "title:" for line in named)

    def split(self, text: str) -> tuple[str, str]:
        head, _, body = text.partition("\n\n")
        _check_length(len(head))
        return head, body

    def load(self, fm: str) -> dict[str, object]:
        values: dict[str, object] = {}
        key = ""
        for line in fm.split("\n"):
            if line[:1].isspace() and key:
                values[key] = f"{values[key]} {line.strip()}".strip()
                continue
            name, _, value = line.partition(":")
            key = name.strip().lower()
            values[key] = value.strip()
        return values


class Comments(Syntax):
    """Nikola's ".. title: …" lines, in a comment or bare up to the first empty one."""

    KEY = re.compile(r"^\.\.[ \t]+(?P<key>[\w-]+)[ \t]*:", re.MULTILINE)
    FM_BOUNDARY = re.compile(r"(?:<!--[ \t]*\n\s*)?(?=\.\.[ \t]+[\w-]+[ \t]*:)")
    first_line = 1

    def split(self, text: str) -> tuple[str, str]:
        head, _, body = text.partition("-->") if text.startswith("<!--") else text.partition("\n\n")
        _check_length(len(head))
        return head, body

    def load(self, fm: str) -> dict[str, object]:
        lines = [line.strip().partition(":") for line in fm.split("\n") if self.KEY.match(line.strip())]
        return {name.lstrip(". \t").strip(): value.strip() for name, _, value in lines if value.strip()}


class Foreign(Syntax):
    """`---js` and the like, which only another program can run: no post, and no text of one either."""

    KEY = re.compile(r"(?!)(?P<key>)")
    FM_BOUNDARY = re.compile(r"---[A-Za-z]+[ \t]*\n")

    def split(self, text: str) -> tuple[str, str]:
        language = text[3:].partition("\n")[0].strip()
        name = {"js": "JavaScript", "javascript": "JavaScript"}.get(language.lower(), f'"{language}"')
        hint = "write it as YAML between two lines ---, or leave the file out with [content] ignore"
        raise ContentError(f"the front matter is {name}, which only your generator can run", line=1, hint=hint)


_SYNTAXES: Final = (Yaml(), Toml(), Json(), BareJson(), Foreign(), Comments(), Lines())


def choose_syntax(text: str) -> Syntax | None:
    """The syntax that stripped text opens with, None where it has no front matter."""
    return next((syntax for syntax in _SYNTAXES if syntax.detect(text)), None)


def _check_length(length: int) -> None:
    if length > MAX_FRONT:
        raise ContentError(f"the front matter is longer than {MAX_FRONT:,} characters", line=1)


def _refuse_bombs(fm: str) -> None:
    """What would make the YAML reader run out of memory or stack."""
    if repeats_anchors(fm):
        raise ContentError("the front matter repeats too many anchors", line=2, hint="write the values out")
    _refuse_deep(fm, find_deep_yaml(fm))


def _refuse_deep(fm: str, place: int | None) -> None:
    if place is not None:
        raise ContentError("the front matter is nested too deeply", line=fm.count("\n", 0, place) + 2)


def _mapping(values: object) -> dict[str, object]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ContentError("the front matter is not a list of names and values", line=1)
    return values


_MOST_TWICE = 20
"""Keys that are told to be there twice."""
_LARGEST = 10**50
"""A number that is larger belongs in quotes; Python refuses to write out the largest."""


@dataclass(frozen=True, slots=True)
class Front:
    """A post taken apart. Lines are 1-based in the file; `values` has the author's own names."""

    values: Mapping[str, object]
    lines: Mapping[str, int]
    body: str
    body_line: int
    problems: tuple[Problem, ...] = ()
    is_there: bool = True
    """Whether the file has any front matter, be it an empty one."""


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def find_conflict(text: str) -> int:
    """The line on which a merge conflict begins that git left in the text, 0 for none; code may show one."""
    if "<<<<<<< " not in text or ">>>>>>> " not in text:
        return 0
    fence, begin, is_halved = "", 0, False
    for number, line in enumerate(text.split("\n"), 1):
        if not begin and (found := _FENCE.match(line)):
            closes = fence and line.strip().startswith(fence)
            fence = "" if closes else fence or found[1]
        elif line.startswith("<<<<<<< ") and not fence:
            begin, is_halved = number, False
        elif begin and line.rstrip() == "=======":
            is_halved = True
        elif begin and is_halved and line.startswith(">>>>>>> "):
            return begin
    return 0


def parse_front(text: str, source: str) -> Front:
    """Values and body of a post. Raises ContentError with the line where the front matter cannot be read."""
    skipped = len(text) - len(text.lstrip())
    syntax = choose_syntax(text[skipped:])
    if syntax is None:
        body, line = _body_of(text, text.strip())
        return Front({}, {}, body, line, is_there=False)
    values, body = _take_apart(text, syntax, source, skipped)
    lines, problems = _read_lines(syntax, text, len(text.rstrip()) - len(body), source)
    body, line = _body_of(text, body)
    return Front(values, lines, body, line, problems)


_COLON = re.compile(r"""^([A-Za-z][\w -]*:[ \t]+)([^\s"'\[{|>&*!%@`#][^\n]*:(?:[ \t][^\n]*)?)$""", re.MULTILINE)


def quote_colons(text: str) -> str:
    """YAML with quotes around values with a colon: Pelican reads each to the end of its line."""
    if not text.startswith(("---", "\ufeff---")):
        return text
    front, end, body = text.partition("\n---\n")
    return _COLON.sub(lambda found: found[1] + json.dumps(found[2].strip(), ensure_ascii=False), front) + end + body


def parse_values(text: str, source: str) -> Front:
    """The values alone, from the beginning of a post."""
    skipped = len(text) - len(text.lstrip())
    syntax = choose_syntax(text[skipped:])
    if syntax is None:
        return Front({}, {}, "", 0, is_there=False)
    return Front(_take_apart(text, syntax, source, skipped)[0], {}, "", 0)


def _take_apart(text: str, syntax: Syntax, source: str, skipped: int) -> tuple[dict[str, object], str]:
    try:
        values, body = frontmatter.parse(text, handler=syntax)
        return _plain_mapping(values, 0), body
    except ContentError as error:
        line = error.line + text.count("\n", 0, skipped)
        raise ContentError(error.message, where=source, line=line, hint=error.hint) from error


def _body_of(text: str, stripped: str) -> tuple[str, int]:
    """The body with the indentation that its first line lost (it may begin with code), and its line."""
    start = len(text.rstrip()) - len(stripped)
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    return (indent if indent.isspace() else "") + stripped, text.count("\n", 0, start) + 1


def _plain_mapping(values: Mapping[str, object], depth: int) -> dict[str, object]:
    return {_plain_key(key, depth): _plain(value, depth + 1) for key, value in values.items()}


def _plain_key(key: object, depth: int) -> str:
    """A key as text. A list of lists is none: written out, each level would double the one inside it."""
    if isinstance(key, str) and key.isprintable():
        return key
    plain = _plain(key, depth + 1)
    inner = [*plain, *plain.values()] if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    if any(isinstance(one, dict | list) for one in inner):
        raise ContentError("a key of the front matter is a table of tables", line=1, hint="name keys with words")
    return str(plain)


def _plain(value: object, depth: int) -> object:
    """The value without YAML tags and without characters that escapes smuggled in.

    Raises ContentError where it is nested too deeply.
    """
    if isinstance(value, str):
        return value if value.isprintable() else drop_broken(value)
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ContentError("the front matter holds a number that is too large", line=1, hint="put it in quotes")
    if depth > MAX_DEPTH:
        raise ContentError("the front matter is nested too deeply", line=1)
    if isinstance(value, yaml12.Yaml):
        return _plain(value.value, depth + 1)
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return _plain_mapping(value, depth)
    return value


def _read_lines(syntax: Syntax, text: str, end: int, source: str) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """The line of every top-level key, and a warning for each that YAML lets stand twice (the last one counts)."""
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    line, at, quoted = 1, 0, cache(lambda: [one.span() for one in _QUOTED.finditer(text, 0, end)])
    for found in syntax.KEY.finditer(text, 0, end):
        line, at = line + text.count("\n", at, found.start("key")), found.start("key")
        key = found["key"].strip()
        if key in lines and isinstance(syntax, Yaml) and not _is_within(found.start(), quoted()):
            problems += [_given_twice(source, key, lines[key], line)] if len(problems) < _MOST_TWICE else []
            lines[key] = line
        lines.setdefault(key, line)
    return lines, tuple(problems)


def _is_within(at: int, quoted: Sequence[tuple[int, int]]) -> bool:
    """Whether a line belongs to a text in quotes that goes on at the margin; `quoted` has their places in order."""
    before = bisect(quoted, (at,)) - 1
    return before >= 0 and at < quoted[before][1]


def _given_twice(source: str, key: str, first: int, second: int) -> Problem:
    message = f'"{key}" is given twice, in lines {first} and {second}'
    return Problem(source, message, second, key, "the last one counts; remove one")
