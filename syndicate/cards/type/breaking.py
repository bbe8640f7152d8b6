"""Where a line may end (UAX 14)."""

from __future__ import annotations

from typing import NamedTuple

import regex

_SIMPLE = regex.compile(r"\n|\s+(?!\s)|(?<=[\p{Han}\p{Hiragana}\p{Katakana}])(?=[\p{Han}\p{Hiragana}\p{Katakana}])")


class Break(NamedTuple):
    """A place where a line may end: before the character at `at`. `cost` is how bad it looks, 0 to 1."""

    at: int
    is_forced: bool
    cost: float


def find_breaks(text: str, language: str = "") -> list[Break]:
    """Every place a line may end, ascending; the end of the text is the last, and forced."""
    found = [Break(m.end(), m.group() == "\n", 0.0) for m in _SIMPLE.finditer(text) if 0 < m.end() < len(text)]
    return [*found, Break(len(text), True, 0.0)]
