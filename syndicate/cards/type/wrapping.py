"""Chooses line ends: as few lines as fit, then as even as they can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from syndicate.cards.type.breaking import Break

Width = Callable[[int, int], float]
"""Width in pixels of the text between two indices when it stands on one line, without the spaces at its end."""

_UGLY = 4.0
"""Cost of breaking inside a word: more than any raggedness."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Lines as (start, end) indices. `tears_words`: a word wider than the line had to be cut."""

    lines: tuple[tuple[int, int], ...]
    tears_words: bool


def wrap(
    breaks: Sequence[Break], clusters: Sequence[int], *, width_of: Width, max_width: float, balance: bool
) -> Wrapped:
    """Fill lines up to `max_width` pixels; a cluster wider than that gets a line of its own.

    `breaks` is ascending and ends with the end of the text; `clusters` are the ends of the grapheme clusters.
    """
    allowed = _with_emergencies(breaks, clusters, width_of, max_width)
    lines: list[tuple[int, int]] = []
    start = 0
    for hard in _split_forced(allowed):
        filled = _fill(start, hard, width_of, max_width)
        if balance and len(filled) > 1:
            filled = _balance(start, hard, len(filled), width_of, max_width)
        lines += filled
        start = hard[-1].at
    return Wrapped(tuple(lines), tears_words=len(allowed) > len(breaks))


def _with_emergencies(
    breaks: Sequence[Break], clusters: Sequence[int], width_of: Width, max_width: float
) -> list[Break]:
    """Between two breaks that do not fit one line, every cluster end becomes a break."""
    allowed: list[Break] = []
    start = 0
    for found in breaks:
        if width_of(start, found.at) > max_width:
            allowed += [Break(end, False, _UGLY) for end in clusters if start < end < found.at]
        allowed.append(found)
        start = found.at
    return allowed


def _split_forced(breaks: Sequence[Break]) -> list[list[Break]]:
    parts: list[list[Break]] = [[]]
    for found in breaks:
        parts[-1].append(found)
        if found.is_forced:
            parts.append([])
    return [part for part in parts if part]


def _fill(start: int, breaks: Sequence[Break], width_of: Width, max_width: float) -> list[tuple[int, int]]:
    """First fit."""
    lines: list[tuple[int, int]] = []
    end = start
    for found in breaks:
        if end > start and width_of(start, found.at) > max_width:
            lines.append((start, end))
            start = end
        end = found.at
    return [*lines, (start, end)]


def _balance(
    start: int, breaks: Sequence[Break], count: int, width_of: Width, max_width: float
) -> list[tuple[int, int]]:
    """The `count` lines with the least sum of squared slack and break costs (dynamic programming).

    Slack is measured against even lines, in units of the widest allowed line, so that all lines come out alike.
    """
    points = [start, *(found.at for found in breaks)]
    costs = [0.0, *(0.0 if found.is_forced else found.cost for found in breaks)]
    even = width_of(start, points[-1]) / count
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for line in range(1, count + 1):
        reached: dict[int, tuple[float, int]] = {}
        for before, (spent, _) in best[-1].items():
            for here in _reachable(points, before, width_of, max_width, last=line == count):
                slack = (width_of(points[before], points[here]) - even) / max_width
                price = spent + slack * slack + costs[here]
                if here not in reached or price < reached[here][0]:
                    reached[here] = (price, before)
        best.append(reached)
    return _walk_back(points, best)


def _reachable(points: Sequence[int], before: int, width_of: Width, max_width: float, *, last: bool) -> list[int]:
    """Ends of a line that starts at point `before`; at least the next one, however wide."""
    ends = []
    for here in range(before + 1, len(points)):
        if here > before + 1 and width_of(points[before], points[here]) > max_width:
            break
        ends.append(here)
    if last:
        return ends[-1:] if ends and ends[-1] == len(points) - 1 else []
    return ends


def _walk_back(points: Sequence[int], best: Sequence[dict[int, tuple[float, int]]]) -> list[tuple[int, int]]:
    here = len(points) - 1
    lines = []
    for reached in reversed(best[1:]):
        before = reached[here][1]
        lines.append((points[before], points[here]))
        here = before
    return lines[::-1]
