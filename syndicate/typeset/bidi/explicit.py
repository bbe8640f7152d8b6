"""Explicit levels and the runs that belong together (P2 to X10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

ISOLATES = frozenset({"LRI", "RLI", "FSI"})
_EMBEDDINGS = frozenset({"LRE", "RLE", "LRO", "RLO"})
_REMOVED = _EMBEDDINGS | {"PDF", "BN"}
_DEEPEST = 125


class Sequenced(NamedTuple):
    """An isolating run sequence: its places in order, its level, and the directions at both ends (sos, eos)."""

    places: list[int]
    level: int
    before: str
    after: str


class _Entry(NamedTuple):
    level: int
    override: str
    is_isolate: bool


def find_first_strong(kinds: Sequence[str], start: int = 0, end: int | None = None) -> int:
    """0 or 1 by the first strong class outside isolates (P2, P3); 0 where there is none."""
    depth = 0
    for kind in kinds[start:end]:
        if kind in ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif not depth and kind in {"L", "R", "AL"}:
            return int(kind != "L")
    return 0


def match_isolates(kinds: Sequence[str]) -> dict[int, int]:
    """Each isolate initiator's matching PDI (BD9)."""
    matches, waiting = {}, []
    for place, kind in enumerate(kinds):
        if kind in ISOLATES:
            waiting.append(place)
        elif kind == "PDI" and waiting:
            matches[waiting.pop()] = place
    return matches


def assign_levels(kinds: Sequence[str], base: int) -> tuple[list[int], list[str], frozenset[int]]:
    """Levels by the explicit codes, classes with overrides applied, and the places X9 removes (X1 to X9)."""
    walk = _Walk(base)
    matches = match_isolates(kinds)
    levels, current = [], list(kinds)
    for place, kind in enumerate(kinds):
        if kind in ISOLATES:
            inner = find_first_strong(kinds, place + 1, matches.get(place)) if kind == "FSI" else int(kind == "RLI")
            entry = walk.top
            walk.isolate(inner)
        else:
            walk.step(kind)
            entry = walk.top
        levels.append(base if kind == "B" else entry.level)
        if entry.override and kind not in _REMOVED and kind != "B":
            current[place] = entry.override
    return levels, current, frozenset(place for place, kind in enumerate(kinds) if kind in _REMOVED)


@dataclass(slots=True)
class _Walk:
    """The directional status stack and its overflow counters."""

    stack: list[_Entry]
    too_many_isolates: int = 0
    too_many_embeddings: int = 0
    open_isolates: int = 0

    def __init__(self, base: int) -> None:
        self.stack = [_Entry(base, "", False)]
        self.too_many_isolates = self.too_many_embeddings = self.open_isolates = 0

    @property
    def top(self) -> _Entry:
        return self.stack[-1]

    def step(self, kind: str) -> None:
        if kind in _EMBEDDINGS:
            self._embed(kind)
        elif kind == "PDF":
            self._end_embedding()
        elif kind == "PDI":
            self._end_isolate()

    def isolate(self, direction: int) -> None:
        level = _next_level(self.top.level, direction)
        if level <= _DEEPEST and not self.too_many_isolates and not self.too_many_embeddings:
            self.open_isolates += 1
            self.stack.append(_Entry(level, "", True))
        else:
            self.too_many_isolates += 1

    def _embed(self, kind: str) -> None:
        level = _next_level(self.top.level, int(kind[0] == "R"))
        if level <= _DEEPEST and not self.too_many_isolates and not self.too_many_embeddings:
            self.stack.append(_Entry(level, kind[0] if kind[2] == "O" else "", False))
        elif not self.too_many_isolates:
            self.too_many_embeddings += 1

    def _end_embedding(self) -> None:
        if self.too_many_isolates:
            return
        if self.too_many_embeddings:
            self.too_many_embeddings -= 1
        elif not self.top.is_isolate and len(self.stack) > 1:
            self.stack.pop()

    def _end_isolate(self) -> None:
        if self.too_many_isolates:
            self.too_many_isolates -= 1
        elif self.open_isolates:
            self.too_many_embeddings = 0
            while not self.top.is_isolate:
                self.stack.pop()
            self.stack.pop()
            self.open_isolates -= 1


def _next_level(level: int, direction: int) -> int:
    """The least greater level of a direction (0 left to right, 1 right to left)."""
    return level + 1 if level % 2 != direction else level + 2


def find_sequences(kinds: Sequence[str], levels: Sequence[int], removed: frozenset[int], base: int) -> list[Sequenced]:
    """The isolating run sequences of a paragraph (BD13, X10)."""
    kept = [place for place in range(len(kinds)) if place not in removed]
    runs = _level_runs(kept, levels)
    matches = match_isolates(kinds)
    closers = frozenset(matches.values())
    by_first = {run[0]: run for run in runs}
    ends = _Ends(kept, {place: number for number, place in enumerate(kept)}, levels, base)
    sequences = []
    for run in runs:
        if run[0] in closers:
            continue
        places = list(run)
        while places[-1] in matches and matches[places[-1]] in by_first:
            places += by_first[matches[places[-1]]]
        is_open = kinds[places[-1]] in ISOLATES and places[-1] not in matches
        sequences.append(ends.bound(places, is_open=is_open))
    return sequences


def _level_runs(kept: Sequence[int], levels: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place in kept:
        if runs and levels[runs[-1][-1]] == levels[place]:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


@dataclass(frozen=True, slots=True)
class _Ends:
    """What stands around a sequence: the places X9 keeps, their order, their levels."""

    kept: Sequence[int]
    order: dict[int, int]
    levels: Sequence[int]
    base: int

    def bound(self, places: list[int], *, is_open: bool) -> Sequenced:
        """Add sos and eos: the directions of the higher of the two levels at each end."""
        level = self.levels[places[0]]
        first, last = self.order[places[0]], self.order[places[-1]]
        before = self.levels[self.kept[first - 1]] if first else self.base
        after = self.base if is_open or last + 1 == len(self.kept) else self.levels[self.kept[last + 1]]
        return Sequenced(places, level, _direction(max(level, before)), _direction(max(level, after)))


def _direction(level: int) -> str:
    return "R" if level % 2 else "L"
