"""Directions (UAX 9)."""

from __future__ import annotations

import unicodedata


def resolve_levels(text: str, direction: str = "auto") -> list[int]:
    """The embedding level of every character; `direction` is "ltr", "rtl" or "auto" (first strong character)."""
    base = base_level(text) if direction == "auto" else int(direction == "rtl")
    levels = []
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"R", "AL"}:
            levels.append(1)
        elif kind == "L" or kind in {"EN", "AN"}:
            levels.append(base * 2)
        else:
            levels.append(base)
    return levels


def base_level(text: str) -> int:
    """0 or 1 by the first strong character (P2, P3)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return int(kind != "L")
    return 0


def reorder(levels: list[int]) -> list[int]:
    """Indices in visual order (L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            if levels[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order
