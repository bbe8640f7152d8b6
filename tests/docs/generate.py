"""Writes what the program itself knows into docs/ and the manual page: `python -m tests.docs.generate`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from typer import Context
from typer.core import TyperCommand, TyperGroup

from syndicate.cli.root import load_commands
from syndicate.web.api.endpoints import make_document
from tests.docs.configuration import render_table

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = Path(__file__).parents[2] / "deploy" / "syndicate.1"


def render_commands() -> list[str]:
    """A section for each command, by name: usage, what it does, its options."""
    root = load_commands()
    lines = ["## Before every command", "", *_render_options(root)]
    for name, command in _walk(root):
        usage = " ".join(["syndicate", name, *command.collect_usage_pieces(Context(command))])
        lines += ["", f"## {name}", "", "```text", usage, "```", "", *_describe(command), "", *_render_options(command)]
    return [line.rstrip() for line in lines]


def _walk(group: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        yield name, command
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {inner}", each) for inner, each in _walk(command))


def _describe(command: TyperCommand) -> list[str]:
    return [line.strip() for line in (command.help or "").replace("\b", "").strip().splitlines()]


def _render_options(command: TyperCommand) -> list[str]:
    shown = [each for each in command.params if not getattr(each, "hidden", False) and "--help" not in each.opts]
    rows = [_row(each, Context(command)) for each in shown]
    return ["| | |", "|---|---|", *rows] if rows else []


def _row(parameter: Any, context: Context) -> str:
    record = parameter.get_help_record(context) or (parameter.make_metavar(context), getattr(parameter, "help", ""))
    name, words = record
    told = re.sub(r"\s+", " ", words or "").replace("|", r"\|")
    return f"| `{name}` | {told} |"


def render_manual() -> str:
    """The manual page, in the language of `man`."""
    root = load_commands()
    head = ['.TH SYNDICATE 1 "" "syndicate" "User Commands"', ".SH NAME", f"syndicate \\- {_escape(root.help or '')}"]
    lines = [
        *head,
        ".SH SYNOPSIS",
        ".B syndicate",
        "[OPTIONS] COMMAND [ARGUMENTS]",
        ".SH OPTIONS",
        *_tell_options(root),
    ]
    for name, command in _walk(root):
        lines += [f".SH {_escape(name).upper()}", *map(_escape, _describe(command)), *_tell_options(command)]
    return "\n".join([*lines, ".SH EXIT CODES", "0 done, 1 needs you, 2 wrong use or configuration", ""])


def _tell_options(command: TyperCommand) -> list[str]:
    rows = [row.strip("| ").split(" | ", 1) for row in _render_options(command)[2:]]
    told = [[".TP", f".B {_escape(name.strip('`'))}", _escape(words[0] if words else "")] for name, *words in rows]
    return [line for group in told for line in group]


def _escape(text: str) -> str:
    return text.replace("\\", "").replace("-", r"\-").replace("'", r"\(aq").lstrip(".")


def render_api() -> list[str]:
    """A line for each request that the API answers."""
    paths: Mapping[str, Mapping[str, Any]] = make_document()["paths"]
    rows = [(method.upper(), path, one) for path, methods in paths.items() for method, one in methods.items()]
    lines = [f"| `{method} {path}` | {one['summary']} | {_name_scope(one)} |" for method, path, one in rows]
    return ["| request | what it does | scope |", "|---|---|---|", *lines]


def _name_scope(operation: Mapping[str, Any]) -> str:
    return " ".join(operation["security"][0]["token"])


PARTS: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "configuration": ("configuration.md", render_table),
    "commands": ("commands.md", render_commands),
    "api": ("api.md", render_api),
}


def fill(page: str, name: str, lines: list[str]) -> str:
    """The page with everything between the two marks of that name replaced."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before, rest = page.split(begin)
    return "\n".join([before + begin, "", *lines, "", end]) + rest.split(end)[1]


def main() -> int:
    for name, (file, render) in PARTS.items():
        path = DOCS / file
        path.write_text(fill(path.read_text(encoding="utf-8"), name, render()), encoding="utf-8")
    MANUAL.write_text(render_manual(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
