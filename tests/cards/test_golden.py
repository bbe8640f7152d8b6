"""Cards look as they were looked at: every layout in every theme and script, against kept thumbnails."""

from __future__ import annotations

import pytest

from tests.cards import golden

MEAN, WORST = 3.0, 60
"""Of 255: what a new version of a font or a decoder may move; another title moves far more (last test)."""


@pytest.mark.parametrize("layout", golden.LAYOUTS)
@pytest.mark.parametrize("theme", golden.THEMES)
@pytest.mark.parametrize("name", golden.TITLES)
def test_a_card_looks_as_it_did(fonts, layout, theme, name):
    """Place, size and colour of everything on the card are those of the kept thumbnail."""
    tile = golden.to_tile(golden.draw(layout, theme, name, fonts))
    mean, worst = golden.difference(tile, golden.read_golden(layout, theme, name))
    assert mean <= MEAN
    assert worst <= WORST


def test_the_tolerance_tells_cards_apart():
    """Two titles of one layout and theme are further apart than the tolerance allows."""
    one, other = (golden.read_golden("type", "dark", name) for name in ("latin", "thai"))
    assert golden.difference(one, other)[0] > MEAN
