"""The rules by which each character gets its level: explicit levels, and the runs that belong together (P2 to X10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
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


# --- Paired brackets, weak and neutral types and implicit levels of one isolating run sequence (W1 to I2) ---

# --- paired brackets (BD14 to BD16) ---

# BidiBrackets.txt: opening and closing characters in turn.
_PAIRS = (
    "()[]{}༺༻༼༽᚛᚜⁅⁆⁽⁾₍₎⌈⌉⌊⌋\u2329\u232a❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟅⟆⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦍⦐⦏⦎⦑⦒⦓⦔⦕⦖⦗⦘⧘⧙⧚⧛⧼⧽"
    "⸢⸣⸤⸥⸦⸧⸨⸩⹕⹖⹗⹘⹙⹚⹛⹜〈〉《》「」『』【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞（）［］｛｝｟｠｢｣"
)
_SAME = {"\u2329": "\u3008"}  # canonically equivalent to the CJK angle bracket, so they match each other
_OPENING = {char: _SAME.get(char, char) for char in _PAIRS[::2]}
_CLOSING = {close: _SAME.get(opening, opening) for opening, close in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)}

_MOST_OPEN = 63


def find_brackets(text: str) -> dict[int, tuple[str, bool]]:
    """Every bracket of a text by position: the name of its pair, and whether it opens."""
    found = {}
    for index, char in enumerate(text):
        if char in _OPENING:
            found[index] = (_OPENING[char], True)
        elif char in _CLOSING:
            found[index] = (_CLOSING[char], False)
    return found


def match_brackets(
    places: Sequence[int], kinds: Sequence[str], brackets: Mapping[int, tuple[str, bool]]
) -> list[tuple[int, int]]:
    """Pairs within one isolating run sequence, by their opening bracket. Only neutral brackets count."""
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for place in places:
        if kinds[place] != "ON" or place not in brackets:
            continue
        name, opens = brackets[place]
        if not opens:
            _close(name, place, waiting, pairs)
        elif len(waiting) == _MOST_OPEN:
            return []
        else:
            waiting.append((name, place))
    return sorted(pairs)


def _close(name: str, place: int, waiting: list[tuple[str, int]], pairs: list[tuple[int, int]]) -> None:
    for depth in range(len(waiting) - 1, -1, -1):
        if waiting[depth][0] == name:
            pairs.append((waiting[depth][1], place))
            del waiting[depth:]
            return


_STRONG = frozenset({"L", "R", "AL"})
_AS_RIGHT = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
"""How numbers and letters count where neutrals ask for a direction."""
_NEUTRAL = ISOLATES | {"B", "S", "WS", "ON", "PDI"}


def resolve_sequence(
    sequence: Sequenced,
    current: list[str],
    levels: list[int],
    original: Sequence[str],
    brackets: Mapping[int, tuple[str, bool]],
) -> None:
    """Resolve `current` (classes) in place and raise `levels` accordingly."""
    kinds = [current[place] for place in sequence.places]
    _resolve_marks(kinds, sequence.before)
    _resolve_numbers(kinds, sequence.before)
    _resolve_separators(kinds)
    _resolve_terminators(kinds)
    _resolve_european(kinds, sequence.before)
    for place, kind in zip(sequence.places, kinds, strict=True):
        current[place] = kind
    if brackets:
        _resolve_brackets(sequence, current, original, brackets)
        kinds = [current[place] for place in sequence.places]
    _resolve_neutrals(kinds, sequence)
    for place, kind in zip(sequence.places, kinds, strict=True):
        levels[place] += _raise(kind, sequence.level)


def _resolve_marks(kinds: list[str], before: str) -> None:
    """W1: a mark takes the type of what it follows."""
    previous = before
    for index, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[index] = previous
        previous = "ON" if kind in ISOLATES or kind == "PDI" else kinds[index]


def _resolve_numbers(kinds: list[str], before: str) -> None:
    """W2 and W3: digits after Arabic letters become Arabic numbers, Arabic letters become R."""
    strong = before
    for index, kind in enumerate(kinds):
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[index] = "AN"
        if kind == "AL":
            kinds[index] = "R"


def _resolve_separators(kinds: list[str]) -> None:
    """W4: one separator between two numbers of a kind joins them."""
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and ((kind in {"ES", "CS"} and before == "EN") or (kind == "CS" and before == "AN")):
            kinds[index] = before


def _resolve_terminators(kinds: list[str]) -> None:
    """W5 and W6: signs beside European numbers join them; what is left of separators and signs is neutral."""
    start = 0
    for kind, group in groupby(list(kinds)):
        end = start + len(list(group))
        touches = (start and kinds[start - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")
        if kind == "ET":
            kinds[start:end] = ["EN" if touches else "ON"] * (end - start)
        elif kind in {"ES", "CS"}:
            kinds[start:end] = ["ON"] * (end - start)
        start = end


def _resolve_european(kinds: list[str], before: str) -> None:
    """W7: European numbers in a left-to-right context count as L."""
    strong = before
    for index, kind in enumerate(kinds):
        if kind in {"L", "R"}:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _resolve_brackets(
    sequence: Sequenced, current: list[str], original: Sequence[str], brackets: Mapping[int, tuple[str, bool]]
) -> None:
    """N0: a pair takes one direction, by what it holds and what stands before it."""
    embedding = "R" if sequence.level % 2 else "L"
    order = {place: number for number, place in enumerate(sequence.places)}
    for opening, closing in match_brackets(sequence.places, current, brackets):
        first, last = order[opening], order[closing]
        held = {_AS_RIGHT.get(current[place]) for place in sequence.places[first + 1 : last]} - {None}
        if not held:
            continue
        direction = embedding if embedding in held else _context(sequence, current, first, embedding)
        for number in (first, last):
            _set_bracket(sequence.places, number, direction, current, original)


def _context(sequence: Sequenced, current: Sequence[str], first: int, embedding: str) -> str:
    """The pair holds only the opposite direction: it goes along where that is also the one before it."""
    for place in reversed(sequence.places[:first]):
        strong = _AS_RIGHT.get(current[place])
        if strong:
            return strong if strong != embedding else embedding
    return sequence.before


def _set_bracket(
    places: Sequence[int], number: int, direction: str, current: list[str], original: Sequence[str]
) -> None:
    """Marks on a bracket follow it."""
    current[places[number]] = direction
    for place in places[number + 1 :]:
        if original[place] != "NSM":
            return
        current[place] = direction


def _resolve_neutrals(kinds: list[str], sequence: Sequenced) -> None:
    """N1 and N2: neutrals between equal directions take it, others that of the embedding."""
    embedding = "R" if sequence.level % 2 else "L"
    start = 0
    for is_neutral, group in groupby(list(kinds), key=_NEUTRAL.__contains__):
        end = start + len(list(group))
        if is_neutral:
            before = _AS_RIGHT[kinds[start - 1]] if start else sequence.before
            after = _AS_RIGHT[kinds[end]] if end < len(kinds) else sequence.after
            kinds[start:end] = [before if before == after else embedding] * (end - start)
        start = end


def _raise(kind: str, level: int) -> int:
    """I1 and I2: how many levels a resolved type lies above its sequence."""
    if level % 2:
        return int(kind != "R")
    return {"L": 0, "R": 1}.get(kind, 2)
