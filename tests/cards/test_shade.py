"""Scrims: strong enough to read, no stronger, smooth; measured again from painted pixels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from syndicate.cards.canvas import FlatCanvas, FullCanvas
from syndicate.cards.colour import contrast, make_dark, make_light
from syndicate.cards.design import Box
from syndicate.cards.draw import paint_card
from syndicate.cards.layout import Placed, Rect
from syndicate.cards.paint import Scene, paint_boxes
from syndicate.cards.photo import Photo
from syndicate.cards.shade import draw_veil, ease, shade
from syndicate.typeset import TextBlock
from tests.cards import corpus
from tests.cards.conftest import CONTENT, ROOT

SIZE = (1200, 630)
WHOLE = Rect(0, 0, *SIZE)
DARK, LIGHT = make_dark(260, 0.1), make_light(260, 0.1)


def make_photo(image):
    return Photo(image, image.reduce(12), image.width, image.height)


def text(name, rect, colour="ink", **values):
    block = TextBlock(
        text=name,
        lines=(),
        width=rect.width,
        height=rect.height,
        size_px=40,
    )
    return Placed(Box(name=name, kind="text", colour=colour, align="start", **values), rect, block)


def boxes(*texts, **scrim):
    image = Placed(Box(name="photo", kind="image"), WHOLE)
    return [image, Placed(Box(name="scrim", kind="scrim", **scrim), WHOLE), *texts]


def paint_without_words(placed, theme, photo):
    shaded = shade(placed, theme, photo=photo, focus=None)
    canvas = FullCanvas(SIZE, theme.paper)
    paint_boxes(canvas, placed[:2], Scene(theme, "", shaded.pictures, shaded.veils))
    return canvas.finish(), shaded.contrast


def measure(image, rect, ink):
    """The least contrast of a colour with any 16-pixel square of what is painted under it."""
    cells = image.crop(rect.pixels).resize((round(rect.width / 16), round(rect.height / 16)), Image.Resampling.BOX)
    return min(contrast(ink, cell) for cell in set(cells.get_flattened_data()))


PHOTOS = {
    "dusk": lambda: corpus.draw_landscape(1200, 800),
    "noon": lambda: corpus.draw_landscape(1200, 800, corpus.NOON),
    "white": lambda: Image.new("RGB", SIZE, (255, 255, 255)),
    "black": lambda: Image.new("RGB", SIZE, (0, 0, 0)),
    "stripes": lambda: Image.linear_gradient("L").resize(SIZE).point(lambda v: 255 * (v // 24 % 2)).convert("RGB"),
    "yellow": lambda: Image.new("RGB", SIZE, (255, 235, 0)),
}


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_word_reaches_its_contrast_on_every_photo(photo, theme):
    """4.5:1 under every text, measured from the painted pixels, and never less than what is reported."""
    title, small = Rect(60, 330, 900, 180), Rect(60, 540, 500, 30)
    placed = boxes(text("title", title), text("small", small, "muted"), side="bottom", fade=200)
    image, reported = paint_without_words(placed, theme, make_photo(PHOTOS[photo]()))
    measured = min(measure(image, title, theme.ink), measure(image, small, theme.muted))
    assert measured >= 4.5
    assert measured >= reported - 0.35


def test_a_scrim_is_no_stronger_than_needed():
    """On a photo that is dark enough already the scrim is at its least; on white it is much stronger."""
    placed = boxes(text("title", Rect(60, 400, 900, 100)), strength=0.2)
    strengths = [
        shade(placed, DARK, photo=make_photo(PHOTOS[name]()), focus=None).veils["scrim"].opacity
        for name in ("black", "white")
    ]
    assert strengths[0] == 0.2
    assert strengths[1] > 0.5


def test_a_scrim_leaves_the_rest_of_the_photo_alone():
    """Beyond the text and the easing, not a pixel of the photo changes."""
    photo = PHOTOS["white"]()
    placed = boxes(text("title", Rect(60, 500, 900, 80)), fade=100)
    image, _ = paint_without_words(placed, DARK, make_photo(photo))
    assert image.crop((0, 0, 1200, 370)).tobytes() == photo.crop((0, 0, 1200, 370)).tobytes()


@pytest.mark.parametrize("side", ["bottom", "top"])
def test_a_sun_beside_the_words_goes_on_shining(side):
    """A third of the way out of the words' scrim it keeps nine tenths of its light; the sky beside it need not."""
    photo, words = Image.new("RGB", SIZE, (150, 140, 160)), Rect(60, 250, 900, 150)
    sun = Rect(800, 176 if side == "bottom" else 446, 48, 48)
    photo.paste((255, 250, 235), sun.pixels)
    image, _ = paint_without_words(boxes(text("title", words), side=side, fade=140), DARK, make_photo(photo))
    assert measure(image, words, DARK.ink) >= 4.5
    seen = image.crop(sun.pixels).convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert seen >= 0.9 * 250


def test_words_keep_off_the_sun(fonts, make_design):
    """A title that stands below the sun has the card's width; a longer one that would cover it stands beside it."""
    photo = (ROOT / "templates/starter/static/images/hills-at-dawn.jpg").read_bytes()
    for words, layout in (("A Garden That Waters Itself", "cover"), ("A garden that waters itself " * 3, "side")):
        content = replace(CONTENT, title=words)
        painted = paint_card(content, design=make_design(), fonts=fonts, photo=photo)
        assert painted.choice.layout.name == layout


def test_text_on_its_own_ground_needs_no_scrim():
    """A badge brings its own colour along, so a white photo under it asks for nothing."""
    badge = text("badge", Rect(60, 500, 200, 40), "on_accent", fill="accent")
    shaded = shade(boxes(badge), DARK, photo=make_photo(PHOTOS["white"]()), focus=None)
    assert shaded.veils["scrim"].opacity == 0
    assert shaded.contrast == pytest.approx(contrast(DARK.on_accent, DARK.accent))


def test_text_straight_on_a_photo_is_reported_honestly():
    """Without a scrim, white on white is said to be unreadable."""
    placed = boxes(text("title", Rect(60, 500, 900, 80)))
    del placed[1]
    assert shade(placed, DARK, photo=make_photo(PHOTOS["white"]()), focus=None).contrast < 1.2


def scene(veil):
    return Scene(replace(DARK, tint=(255, 255, 255)), "", {}, {"scrim": veil})


@pytest.mark.parametrize("canvas", [FullCanvas, FlatCanvas])
@pytest.mark.parametrize("side", ["top", "bottom", "start", "end", "all"])
def test_a_scrim_is_full_under_the_text_and_gone_beyond_the_fade(side, canvas):
    """Full from its side over its reach, then falling, then nothing; on a photo and on a flat card."""
    veil = draw_veil(400, 300, side=side, reach=100, fade=100, strength=1.0)
    painted = canvas((400, 300), (0, 0, 0))
    paint_boxes(painted, [Placed(Box(name="scrim", kind="scrim"), Rect(0, 0, 400, 300))], scene(veil))
    strip = {"top": (9, 0, 10, 300), "bottom": (9, 0, 10, 300), "start": (0, 9, 400, 10), "end": (0, 9, 400, 10)}
    levels = list(painted.finish().convert("L").crop(strip.get(side, (0, 0, 1, 1))).tobytes())
    levels = levels[::-1] if side in {"bottom", "end"} else levels
    assert set(levels[:100]) == {255}
    assert all(one >= other for one, other in pairwise(levels[:210:10]))
    assert set(levels[210:]) <= {0}


@settings(max_examples=25)
@given(strength=st.floats(0, 1))
def test_dithering_keeps_the_mean(strength):
    """Eight-bit opacity between two steps is both, in the right shares: no bands, no drift."""
    eased = draw_veil(64, 800, side="top", reach=0, fade=800, strength=strength).mask
    for top in range(0, 800, 8):
        rows = eased.crop((0, top, 64, top + 8)).tobytes()
        wanted = sum(strength * 255 * ease((top + row) / 800) for row in range(8)) / 8
        assert sum(rows) / len(rows) == pytest.approx(wanted, abs=0.3)


@given(st.floats(-2, 3))
def test_easing_never_jumps(at):
    """From one to zero without corners: neighbouring values are close, and the ends are exact."""
    assert 0 <= ease(at) <= 1
    assert abs(ease(at) - ease(at + 0.001)) < 0.003
    assert (ease(0), ease(1)) == (1, 0)
