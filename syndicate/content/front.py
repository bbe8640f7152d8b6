"""Front matter in YAML, TOML or JSON, through python-frontmatter with handlers of our own.

YAML is read by py-yaml12, which follows YAML 1.2: `yes` is a word and a date is a string. Chosen over ryaml
because it reads every construct of the YAML test suite, while ryaml refuses complex keys and second documents and turns
tags into mappings; what py-yaml12 lacks is guarded here (aliases that multiply, nesting that overflows its
stack, keys given twice).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import frontmatter
import yaml12
from frontmatter.default_handlers import BaseHandler

from syndicate.errors import ContentError
from syndicate.model import Problem

MAX_FRONT: Final = 256_000
"""Characters of front matter."""
_MAX_ALIASES = 10
_MAX_DEPTH = 32
_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([^\s\[\]{},]+)")
_ALIAS = re.compile(r"\*([^\s\[\]{},]+)")
_COMPACT_NESTING = re.compile(r"^[ \t]*(?:[-?:][ \t]+){30}", re.MULTILINE)
_KEY = re.compile(r"""^(?P<quote>["']?)(?P<key>[^\s"'#:=\[\]{},-][^\n"':=]*+)(?P=quote)[ \t]*[:=]""", re.MULTILINE)
_TOML_KEY = re.compile(r"""^(?:\[{1,2}[ \t]*)?["']?(?P<key>[\w-]+)["']?[ \t]*(?:[=.\]])""", re.MULTILINE)
_JSON_KEY = re.compile(r'^[ \t]*\{?[ \t]*"(?P<key>[^"\n]+)"\s*:', re.MULTILINE)
_PLACE = re.compile(r"\s*(?:at byte \d+ |\(?at )line (\d+),? column \d+\)?")
_HINTS = (
    ("mapping values", "put the whole value in quotes: it holds a colon"),
    ("unexpected character", "put the whole value in quotes"),
    ("tab", "indent with spaces"),
    ("quoted scalar", "a quote is opened and never closed, or stands inside another one"),
    ("anchor", "put the value in quotes: it begins with * or &"),
)


@dataclass(frozen=True, slots=True)
class Front:
    """A post taken apart. Lines are 1-based in the file; `values` has the author's own names."""

    values: Mapping[str, object]
    lines: Mapping[str, int]
    body: str
    body_line: int
    problems: tuple[Problem, ...] = ()


def parse_front(text: str, source: str) -> Front:
    """Values and body of a post. Raises ContentError with the line where the front matter cannot be read."""
    handler = _choose_handler(text)
    if handler is None:
        body, line = _body_of(text, text.strip())
        return Front({}, {}, body, line)
    skipped = len(text) - len(text.lstrip())
    try:
        values, body = frontmatter.parse(text, handler=handler)
        values = _plain_mapping(values, 0)
    except ContentError as error:
        line = error.line + text.count("\n", 0, skipped)
        raise ContentError(error.message, where=source, line=line, hint=error.hint) from error
    lines, problems = _read_lines(handler, text, len(text.rstrip()) - len(body), source)
    body, line = _body_of(text, body)
    return Front(values, lines, body, line, problems)


def _body_of(text: str, stripped: str) -> tuple[str, int]:
    """The body with the indentation that its first line lost (it may begin with code), and its line."""
    start = len(text.rstrip()) - len(stripped)
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    return (indent if indent.isspace() else "") + stripped, text.count("\n", 0, start) + 1


class _Handler(BaseHandler):
    """One syntax: `FM_BOUNDARY` finds the opening line, `END` the closing one."""

    END: re.Pattern[str]
    KEY = _KEY

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and body of stripped text that begins with front matter."""
        opening = self.FM_BOUNDARY.match(text) if self.FM_BOUNDARY else None
        start = opening.end() if opening else 0
        closing = self.END.search(text, start)
        if closing is None:
            raise ContentError(
                "the front matter never ends", line=1, hint=f"close it with a line {text[:3]} of its own"
            )
        if closing.start() - start > MAX_FRONT:
            raise ContentError(f"the front matter is longer than {MAX_FRONT:,} characters", line=1)
        return text[start : closing.start()], text[closing.end() :]

    def first_line(self) -> int:
        """The line of the file that the first line of `fm` is, when the file begins with front matter."""
        return 2


class _Yaml(_Handler):
    FM_BOUNDARY = re.compile(r"---(?:ya?ml)?[ \t]*\n")
    END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, object]:
        _refuse_bombs(fm)
        try:
            values = yaml12.parse_yaml(fm)
        except ValueError as error:
            raise _readable("YAML", str(error).removeprefix("YAML parse error: "), self.first_line()) from error
        return _mapping(values)


class _Toml(_Handler):
    KEY = _TOML_KEY
    FM_BOUNDARY = re.compile(r"(?:\+\+\+|---toml)[ \t]*\n")
    END = re.compile(r"^(?:\+\+\+|---)[ \t]*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, object]:
        try:
            return tomllib.loads(fm)
        except tomllib.TOMLDecodeError as error:
            raise _readable("TOML", str(error), self.first_line()) from error
        except (RecursionError, ValueError) as error:
            raise ContentError("the front matter is no TOML that can be read", line=self.first_line()) from error


class _Json(_Handler):
    FM_BOUNDARY = re.compile(r"(?:;;;|---json)[ \t]*\n")
    END = re.compile(r"^(?:;;;|---)[ \t]*$", re.MULTILINE)
    KEY = _JSON_KEY

    def load(self, fm: str) -> dict[str, object]:
        try:
            return _mapping(json.loads(fm))
        except json.JSONDecodeError as error:
            line = error.lineno + self.first_line() - 1
            raise ContentError(f"the JSON cannot be read: {error.msg}", line=line) from error
        except (RecursionError, ValueError) as error:
            raise ContentError("the front matter is no JSON that can be read", line=self.first_line()) from error


class _BareJson(_Json):
    """Hugo's JSON front matter: an object at the very beginning."""

    FM_BOUNDARY = re.compile(r'(?=\{\s*["}])')

    def split(self, text: str) -> tuple[str, str]:
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError as error:
            raise ContentError(f"the JSON cannot be read: {error.msg}", line=error.lineno) from error
        except (RecursionError, ValueError) as error:
            raise ContentError("the front matter is no JSON that can be read", line=1) from error
        return text[:end], text[end:]

    def first_line(self) -> int:
        return 1


_HANDLERS: Final = (_Yaml(), _Toml(), _Json(), _BareJson())


def _choose_handler(text: str) -> _Handler | None:
    stripped = text.lstrip()
    return next((handler for handler in _HANDLERS if handler.detect(stripped)), None)


def _refuse_bombs(fm: str) -> None:
    """What would make the YAML reader run out of memory or stack."""
    names = set(_ANCHOR.findall(fm))
    aliases = _ALIAS.findall(fm) if names else []
    if sum(alias in names for alias in aliases) > _MAX_ALIASES:
        raise ContentError("the front matter repeats too many anchors", line=2, hint="write the values out")
    deep = _COMPACT_NESTING.search(fm)
    if deep:
        raise ContentError("the front matter is nested too deeply", line=fm.count("\n", 0, deep.start()) + 2)


def _readable(syntax: str, message: str, first_line: int) -> ContentError:
    """A parser's complaint with the true line and what to do."""
    place = _PLACE.search(message)
    hint = next((hint for sign, hint in _HINTS if sign in message), "")
    line = (int(place[1]) if place else 1) + first_line - 1
    return ContentError(f"the {syntax} cannot be read: {_PLACE.sub('', message).strip()}", line=line, hint=hint)


def _mapping(values: object) -> dict[str, object]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ContentError("the front matter is no list of names and values", line=1)
    return values


def _plain_mapping(values: Mapping[str, object], depth: int) -> dict[str, object]:
    return {str(_plain(key, depth)): _plain(value, depth + 1) for key, value in values.items()}


def _plain(value: object, depth: int) -> object:
    """The value without YAML tags. Raises ContentError where it is nested too deeply."""
    if depth > _MAX_DEPTH:
        raise ContentError("the front matter is nested too deeply", line=1)
    if isinstance(value, yaml12.Yaml):
        return _plain(value.value, depth + 1)
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return _plain_mapping(value, depth)
    return value


def _read_lines(handler: _Handler, text: str, end: int, source: str) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """The line of every top-level key, and a warning for each that YAML lets stand twice (the last one counts)."""
    lines: dict[str, int] = {}
    problems = []
    line, at = 1, 0
    for found in handler.KEY.finditer(text, 0, end):
        line, at = line + text.count("\n", at, found.start("key")), found.start("key")
        key = found["key"].strip()
        if key in lines and isinstance(handler, _Yaml):
            problems.append(_given_twice(source, key, lines[key], line))
            lines[key] = line
        lines.setdefault(key, line)
    return lines, tuple(problems)


def _given_twice(source: str, key: str, first: int, second: int) -> Problem:
    return Problem(
        source, f'"{key}" is given twice, in lines {first} and {second}', second, key, "the last one counts; remove one"
    )
