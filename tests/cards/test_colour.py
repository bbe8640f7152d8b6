"""Colours: contrast as WCAG defines it, OKLCH, and colours lifted until they can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.cards.colour import BLACK, WHITE, contrast, lift, luminance, mix, oklch, parse_colour, to_oklch

colours = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#c2410c", (194, 65, 12)), ("fff", WHITE), ("#ABC", (170, 187, 204)), ("red", None), ("#12", None), ("", None)],
)
def test_a_colour_is_written_in_hex(text, colour):
    """Three or six hex digits are a colour, anything else is none."""
    assert parse_colour(text) == colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((119, 119, 119), WHITE, 4.48), ((0, 0, 255), WHITE, 8.59)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    """Known pairs have the ratios that WCAG's formula gives them, in either order."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@given(colours)
def test_oklch_goes_there_and_back(colour):
    """A colour taken apart and put together again is itself, within a step of rounding."""
    again = oklch(*to_oklch(colour))
    assert all(abs(a - b) <= 3 for a, b in zip(colour, again, strict=True))


@given(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 360))
def test_every_oklch_colour_can_be_shown(lightness, chroma, hue):
    """Chroma gives way until sRGB can show the colour; the channels are always 0 to 255."""
    assert all(0 <= channel <= 255 for channel in oklch(lightness, chroma, hue))


@given(colours, colours)
def test_a_lifted_colour_can_be_read(colour, against):
    """4.5:1 is reached on any background, and a colour that had it stays as it is."""
    lifted = lift(colour, against, 4.5)
    assert contrast(lifted, against) >= 4.5
    assert lifted == colour or contrast(colour, against) < 4.5


@given(colours, colours, st.floats(0, 1))
def test_a_mixture_lies_between(below, above, alpha):
    """Mixing never leaves the range of the two colours."""
    for low, high, mixed in zip(below, above, mix(below, above, alpha), strict=True):
        assert min(low, high) <= mixed <= max(low, high)


def test_luminance_runs_from_black_to_white():
    """Black has none, white has all, and green carries most of it."""
    assert (luminance(BLACK), luminance(WHITE)) == (0, pytest.approx(1))
    assert luminance((0, 255, 0)) > luminance((255, 0, 0)) > luminance((0, 0, 255))
