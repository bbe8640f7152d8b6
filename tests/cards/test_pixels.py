"""Colour profiles: what the numbers of a photo mean."""

from __future__ import annotations

import pytest
from PIL import Image

from syndicate.cards.colour import from_linear
from syndicate.cards.pixels import to_rgb, to_srgb
from tests.cards import corpus

P3_TO_SRGB = ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979))
"""Linear Display P3 to linear sRGB: https://www.w3.org/TR/css-color-4/#color-conversion-code."""


def in_srgb(colour):
    light = [(channel / 255) ** 2.2 for channel in colour]
    return tuple(from_linear(sum(a * b for a, b in zip(row, light, strict=True))) for row in P3_TO_SRGB)


@pytest.mark.parametrize("colour", [(200, 100, 100), (90, 160, 80), (60, 80, 170), (128, 128, 128)])
def test_a_profile_is_applied(colour):
    """Numbers of a phone's wide gamut become the sRGB numbers of the same colour."""
    image = Image.new("RGB", (8, 8), colour)
    seen = to_srgb(image, corpus.display_p3()).getpixel((0, 0))
    assert all(abs(a - b) <= 4 for a, b in zip(seen, in_srgb(colour), strict=True))


@pytest.mark.parametrize("profile", [b"", b"no profile at all", b"... sRGB IEC61966-2.1 ..."])
def test_without_a_profile_the_numbers_stay(profile):
    """No profile, a broken one, or sRGB itself: the picture is as it was."""
    image = corpus.small_photo()
    assert to_srgb(image, profile).tobytes() == image.tobytes()


def test_a_profile_for_other_channels_is_passed_over():
    """A profile for RGB on a grey or CMYK picture says nothing about it; the picture is still shown."""
    grey = Image.new("CMYK", (8, 8), (0, 0, 0, 128))
    assert to_rgb(grey, corpus.display_p3()).getpixel((0, 0)) == (127, 127, 127)
