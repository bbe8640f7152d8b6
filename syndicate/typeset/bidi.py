"""The Unicode bidirectional algorithm (UAX 9, Unicode 17): which way each character runs.

No library for Python returns levels and passes the conformance data: python-bidi gives a reordered string only.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from syndicate.typeset.characters import make_classifier
from syndicate.typeset.levels import (
    ISOLATES,
    assign_levels,
    find_brackets,
    find_first_strong,
    find_sequences,
    resolve_sequence,
)

# --- levels at the ends of lines, and the order of drawing (L1, L2) ---

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


_RIGHTWARD = regex.compile(r"[\p{bc=R}\p{bc=AL}\p{bc=AN}\p{bc=RLE}\p{bc=RLO}\p{bc=RLI}\p{bc=LRE}\p{bc=LRO}]")
_NAMES = "L WS ON R AL EN NSM CS ES ET AN B S BN LRE LRO RLE RLO PDF LRI RLI FSI PDI"

Brackets = dict[int, tuple[str, bool]]
"""By position: a name both brackets of a pair share, and whether this is the opening one."""

classify = make_classifier("bc", _NAMES, "L")
"""The Bidi_Class of every character of a text."""


def base_level(text: str, direction: str = "auto") -> int:
    """The paragraph level: 0 for "ltr", 1 for "rtl", by the first strong character for "auto" (P2, P3)."""
    if direction != "auto":
        return int(direction == "rtl")
    return find_first_strong(classify(text)) if _RIGHTWARD.search(text) else 0


def resolve_levels(text: str, base: int) -> list[int]:
    """The embedding level of every character; each line of the text is a paragraph at level `base`.

    Odd levels run from right to left. Characters rule X9 removes get the level of what stands before them.
    """
    if base == 0 and _RIGHTWARD.search(text) is None:
        return [0] * len(text)
    levels: list[int] = []
    for paragraph in _split_paragraphs(text):
        levels += resolve_classes(classify(paragraph), base, find_brackets(paragraph))
    return levels


def resolve_classes(kinds: list[str], base: int, brackets: Brackets) -> list[int]:
    """As `resolve_levels` for one paragraph given by its Bidi_Class values."""
    levels, current, removed = assign_levels(kinds, base)
    for sequence in find_sequences(kinds, levels, removed, base):
        resolve_sequence(sequence, current, levels, kinds, brackets)
    return reset_spaces(kinds, levels, removed, base)


def _split_paragraphs(text: str) -> list[str]:
    parts, start = [], 0
    for end, kind in enumerate(classify(text), start=1):
        if kind == "B" or end == len(text):
            parts.append(text[start:end])
            start = end
    return parts
