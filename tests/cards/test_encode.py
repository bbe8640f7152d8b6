"""From pixels to files under a hard limit."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from syndicate.cards.canvas import encode_jpeg, encode_png
from tests.cards import corpus


def opened(data):
    return Image.open(io.BytesIO(data))


def noise(width=1200, height=630):
    """The worst picture there is for a JPEG."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 120) for _ in range(3)])


@pytest.mark.parametrize("limit", [280_000, 120_000, 30_000, 9_000])
@pytest.mark.parametrize("make", [noise, lambda: corpus.draw_landscape(1200, 800)], ids=["noise", "photo"])
def test_no_jpeg_is_larger_than_its_limit(make, limit):
    """Whatever the picture and however small the limit, it is kept, at the full size in pixels."""
    image = make()
    data = encode_jpeg(image, limit)
    assert len(data) <= limit
    assert opened(data).size == image.size


def test_the_room_under_the_limit_is_used():
    """A picture that must give way gives way as little as it has to."""
    limit = 150_000
    assert len(encode_jpeg(noise(), limit)) > 0.5 * limit


def test_a_palette_card_stays_a_palette():
    """A flat card is written as it was painted, index by index."""
    flat = Image.new("P", (300, 200), 1)
    flat.putpalette([10, 20, 30, 200, 210, 220])
    image = opened(encode_png(flat))
    assert image.mode == "P"
    assert image.convert("RGB").getpixel((9, 9)) == (200, 210, 220)


def test_a_full_colour_card_is_brought_down_to_a_palette():
    """A photo card asked for as PNG has 256 colours and looks like itself."""
    photo = corpus.small_photo()
    image = opened(encode_png(photo)).convert("RGB")
    assert len(image.getcolors(300_000)) <= 256
