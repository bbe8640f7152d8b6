"""Where the subject of a picture is, in the ways people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ACROSS = {"left": 0.0, "right": 1.0}
_DOWN = {"top": 0.0, "bottom": 1.0}
_MIDDLE = frozenset({"center", "centre", "middle"})


def parse_focus(value: object) -> tuple[float, float]:
    """[0.5, 0.3], {x: 0.5, y: 0.3}, "50% 30%", "top", "right bottom" → x and y from 0 to 1. Raises ValueError."""
    if isinstance(value, Mapping):
        return _share(value.get("x")), _share(value.get("y"))
    if isinstance(value, str):
        value = re.split(r"[\s,]+", value.strip().lower())
        if {*_ACROSS, *_DOWN, *_MIDDLE} >= set(value):
            return _from_words(value)
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise ValueError("not a place in a picture")
    return _share(value[0]), _share(value[1]) if len(value) == 2 else 0.5


def _from_words(words: list[str]) -> tuple[float, float]:
    """Words in either order; what is not said is the middle."""
    x = next((_ACROSS[word] for word in words if word in _ACROSS), 0.5)
    y = next((_DOWN[word] for word in words if word in _DOWN), 0.5)
    return x, y


def _share(part: object) -> float:
    text = str(part)
    number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if not 0 <= number <= 1:
        raise ValueError("a share lies between 0 and 1")
    return number
