"""Takes a post apart: values of the front matter with their lines, and the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import frontmatter
import yaml12

from syndicate.content.syntaxes import Syntax, Yaml, choose_syntax
from syndicate.errors import ContentError
from syndicate.model import Problem
from syndicate.text.cleaning import drop_broken
from syndicate.text.nesting import MAX_DEPTH

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


def parse_front(text: str, source: str) -> Front:
    """Values and body of a post. Raises ContentError with the line where the front matter cannot be read."""
    skipped = len(text) - len(text.lstrip())
    syntax = choose_syntax(text[skipped:])
    if syntax is None:
        body, line = _body_of(text, text.strip())
        return Front({}, {}, body, line, is_there=False)
    try:
        values, body = frontmatter.parse(text, handler=syntax)
        values = _plain_mapping(values, 0)
    except ContentError as error:
        line = error.line + text.count("\n", 0, skipped)
        raise ContentError(error.message, where=source, line=line, hint=error.hint) from error
    lines, problems = _read_lines(syntax, text, len(text.rstrip()) - len(body), source)
    body, line = _body_of(text, body)
    return Front(values, lines, body, line, problems)


def _body_of(text: str, stripped: str) -> tuple[str, int]:
    """The body with the indentation that its first line lost (it may begin with code), and its line."""
    start = len(text.rstrip()) - len(stripped)
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    return (indent if indent.isspace() else "") + stripped, text.count("\n", 0, start) + 1


def _plain_mapping(values: Mapping[str, object], depth: int) -> dict[str, object]:
    return {_plain_key(key, depth): _plain(value, depth + 1) for key, value in values.items()}


def _plain_key(key: object, depth: int) -> str:
    """A key as text. A list of lists is none: written out, each level would double the one inside it."""
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
    problems = []
    line, at = 1, 0
    for found in syntax.KEY.finditer(text, 0, end):
        line, at = line + text.count("\n", at, found.start("key")), found.start("key")
        key = found["key"].strip()
        if key in lines and isinstance(syntax, Yaml):
            problems.append(_given_twice(source, key, lines[key], line))
            lines[key] = line
        lines.setdefault(key, line)
    return lines, tuple(problems)


def _given_twice(source: str, key: str, first: int, second: int) -> Problem:
    message = f'"{key}" is given twice, in lines {first} and {second}'
    return Problem(source, message, second, key, "the last one counts; remove one")
