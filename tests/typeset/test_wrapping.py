"""Choosing line ends, on a text of equal letters: ten pixels each."""

from __future__ import annotations

import pytest

from syndicate.typeset.breaking import Break
from syndicate.typeset.wrapping import Column, Ruler, wrap

TEXT = "aa bb cc dd ee ff"


def cut(
    text: str, width: float, *, lines: int = 9, balance: bool = True, costs: dict[int, float] | None = None
) -> list[str]:
    """The lines of a text that may break after each space and must break after a bar."""
    ends = [at for at, char in enumerate(text, start=1) if char in " |" and at < len(text)]
    breaks = [Break(at, text[at - 1] == "|", (costs or {}).get(at, 0.0)) for at in ends]
    breaks.append(Break(len(text), True, 0.0))
    column = Column(max_width=width, max_lines=lines)
    wrapped = wrap(breaks, range(1, len(text) + 1), Ruler(text, [10.0] * len(text)), column, balance=balance)
    return [text[start:end] for start, end in wrapped.lines] if wrapped else []


@pytest.mark.parametrize(
    ("width", "balance", "lines"),
    [
        (200, True, ["aa bb cc dd ee ff"]),
        (140, False, ["aa bb cc dd ee ", "ff"]),
        (140, True, ["aa bb cc ", "dd ee ff"]),
        (110, True, ["aa bb cc ", "dd ee ff"]),
        (79, True, ["aa bb ", "cc dd ", "ee ff"]),
        (20, True, ["aa ", "bb ", "cc ", "dd ", "ee ", "ff"]),
    ],
)
def test_lines(width: float, balance: bool, lines: list[str]) -> None:
    """As few lines as fit; balanced ones are even; spaces at a line's end do not count."""
    assert cut(TEXT, width, balance=balance) == lines


def test_costs_outweigh_evenness() -> None:
    """A costly break is avoided where another is nearly as even."""
    assert cut(TEXT, 140, costs={9: 0.2}) in (["aa bb cc dd ", "ee ff"], ["aa bb ", "cc dd ee ff"])


def test_forced_breaks_are_kept() -> None:
    """Each stretch between forced breaks is balanced alone."""
    assert cut("aa bb|cc", 200) == ["aa bb|", "cc"]


def test_too_many_lines_is_nothing() -> None:
    """Where the column is full, there is no answer."""
    assert cut(TEXT, 79, lines=2) == []
    assert len(cut(TEXT, 79, lines=3)) == 3


def test_a_word_wider_than_the_column_is_torn() -> None:
    """Only such a word is cut between its letters."""
    assert cut("a bbbbbb c", 40) == ["a ", "bbbb", "bb c"]


def test_a_letter_wider_than_the_column_stands_alone() -> None:
    """Nothing is smaller than a cluster."""
    assert cut("abc", 5) == ["a", "b", "c"]
