"""Paired brackets, weak and neutral types and implicit levels of one isolating run sequence (W1 to I2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from syndicate.typeset.bidi.explicit import ISOLATES, Sequenced

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
