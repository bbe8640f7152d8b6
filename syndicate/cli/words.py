"""The words a person typed, and what is said when they do not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syndicate.errors import UsageError

_FLAGS = re.compile(r"--json|--verbose|--quiet|-v+|-q+|--config=.*|-c.+")
_WITH_VALUE = {"--config", "-c"}
_FREE_TEXT = {"--text"}
_PLAINER = (
    (re.compile(r"Value error, "), ""),
    (re.compile(r" ?\(Possible options: (.*?)\)"), r"; did you mean \1?"),
    (re.compile(r"\. Did you mean '([^']*)'\?"), r"; did you mean \1?"),
    (re.compile(r"Input should be a valid integer, unable to parse string as an integer"), "not a whole number"),
    (re.compile(r"Input should be (less|greater) than or equal to (\d+)"), r"must be \2 or \1"),
    (re.compile(r"\.$"), ""),
)


def put_globals_first(words: Sequence[str]) -> list[str]:
    """`syndicate plan --json` means `syndicate --json plan`. What follows `--text` or `--` stays where it is."""
    first: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*first, *rest, word, *left]
        if _FLAGS.fullmatch(word):
            first.append(word)
        elif word in _WITH_VALUE:
            first += [word, *left[:1]]
            left = left[1:]
        else:
            rest.append(word)
            if word in _FREE_TEXT:
                rest += left[:1]
                left = left[1:]
    return [*first, *rest]


def explain_misuse(error: Any) -> str:
    """A sentence for what Typer refuses, and the help page to read."""
    message = str(error.format_message())
    if message.startswith("Usage:"):
        return message
    for pattern, plainer in _PLAINER:
        message = pattern.sub(plainer, message)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "syndicate"
    return f"syndicate: {message[0].lower()}{message[1:]} (`{path} --help` shows what there is)"


def read_time(words: str, *, where: str) -> timedelta:
    """A length of time as a person types it: "10m", "90d", or "0"."""
    from syndicate.config.values import parse_duration

    try:
        return parse_duration(0 if words == "0" else words)
    except ValueError as error:
        raise UsageError(f'"{words}" is {error}', where=where) from error
