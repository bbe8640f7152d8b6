"""Paired brackets (BD14 to BD16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
