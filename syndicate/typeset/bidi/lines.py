"""Levels at the ends of lines, and the order of drawing (L1, L2)."""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.typeset.bidi.explicit import ISOLATES

_HANGING = ISOLATES | {"WS", "PDI"}


def reset_spaces(kinds: Sequence[str], levels: Sequence[int], removed: frozenset[int], base: int) -> list[int]:
    """L1: separators, and spaces before them or at the end, lie at the paragraph's level.

    Removed characters follow the level of what stands before them, so that they cut no run.
    """
    result = list(levels)
    hangs = True
    for place in range(len(kinds) - 1, -1, -1):
        kind = kinds[place]
        if kind in {"B", "S"}:
            hangs = True
        elif kind not in _HANGING and place not in removed:
            hangs = False
        if hangs:
            result[place] = base
    for place in sorted(removed):
        result[place] = result[place - 1] if place else base
    return result


def reorder(levels: Sequence[int]) -> list[int]:
    """L2: indices from left to right, for runs or characters at these levels."""
    order = list(range(len(levels)))
    lowest_odd = min((level for level in levels if level % 2), default=0)
    for level in range(max(levels, default=0), lowest_odd - 1, -1) if lowest_odd else ():
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order
