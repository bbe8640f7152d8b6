"""Unicode properties of the characters of a text, from the `regex` package: newer than Python's own tables."""

from __future__ import annotations

from collections.abc import Callable

import regex

Classify = Callable[[str], list[str]]


def make_classifier(prop: str, values: str, default: str) -> Classify:
    """A function from a text to the value of `prop` for each character; `default` for values not named.

    Name frequent values first: they are tried in order.
    """
    groups = "|".join(rf"(?P<{value}>\p{{{prop}={value}}})" for value in values.split())
    pattern = regex.compile(groups)

    def classify(text: str) -> list[str]:
        known = {char: _value(pattern.match(char)) or default for char in set(text)}
        return [known[char] for char in text]

    return classify


def _value(match: regex.Match[str] | None) -> str:
    return (match.lastgroup or "") if match else ""
