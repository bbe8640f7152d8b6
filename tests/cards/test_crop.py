"""Which part of a photo is shown, and how large."""

from __future__ import annotations

from io import BytesIO
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from syndicate.cards.crop import MIDDLE, choose_window, cut_border, fill_room, find_subject
from syndicate.cards.photo import Photo
from tests.cards import corpus, more_pictures

sides = st.integers(120, 4000)
shares = st.tuples(st.floats(0, 1), st.floats(0, 1))


def make_photo(image):
    return Photo(image, image.reduce(max(1, image.width // 100)), image.width, image.height)


def picture_with_spot(width, height, x, y):
    """Plain grey with a small checkered subject around a point given in shares."""
    image = Image.new("RGB", (width, height), (120, 120, 120))
    pen = ImageDraw.Draw(image)
    size = min(width, height) // 8
    for index in range(36):
        left = x * width - size / 2 + (index % 6) * size / 6
        top = y * height - size / 2 + (index // 6) * size / 6
        shade = (240, 240, 240) if (index + index // 6) % 2 else (10, 10, 10)
        pen.rectangle((left, top, left + size / 6, top + size / 6), fill=shade)
    return image


@given(size=st.tuples(sides, sides), room=st.tuples(sides, sides), subject=shares, clear=shares)
def test_a_window_has_the_rooms_shape_and_stays_inside(size, room, subject, clear):
    """Whatever the sizes, nothing outside the picture is shown and nothing is stretched."""
    window = choose_window(size, room, subject=subject, clear=clear)
    assert 0 <= window.left <= window.left + window.width <= size[0] + 1e-6
    assert 0 <= window.top <= window.top + window.height <= size[1] + 1e-6
    assert window.width / window.height == pytest.approx(room[0] / room[1], rel=0.06)


@pytest.mark.parametrize("at", [(0.5, 0.1), (0.5, 0.9), (0.2, 0.5)])
def test_a_focal_point_is_kept(at):
    """The author's focal point is inside the window wherever it is."""
    for size, room in (((1000, 2000), (1200, 630)), ((3000, 1000), (600, 600))):
        window = choose_window(size, room, subject=at, clear=MIDDLE)
        assert window.left <= at[0] * size[0] <= window.left + window.width
        assert window.top <= at[1] * size[1] <= window.top + window.height


@pytest.mark.parametrize("at", [(0.2, 0.2), (0.8, 0.25), (0.5, 0.85)])
def test_the_subject_is_where_the_detail_is(at):
    """Without a focal point, a detailed subject on plain ground is found."""
    found = find_subject(picture_with_spot(300, 200, *at))
    assert found == pytest.approx(at, abs=0.08)


def test_an_even_picture_stays_centred():
    """A picture without any detail is cut in its middle, a little above."""
    assert find_subject(Image.new("RGB", (300, 200), (90, 90, 90))) == pytest.approx((0.5, 0.45), abs=0.01)


def test_the_subject_is_brought_to_where_no_text_lies():
    """With text over the lower half, the subject is moved into the upper half."""
    photo = make_photo(picture_with_spot(1200, 1200, 0.5, 0.6))
    plain = fill_room(photo, 1200, 630, focus=None)
    under_text = fill_room(photo, 1200, 630, focus=None, clear=(0.5, 0.25))
    assert find_subject(under_text)[1] < find_subject(plain)[1] - 0.15


@pytest.mark.parametrize(("side", "is_filled"), [(600, True), (599, False)])
def test_a_photo_is_enlarged_to_twice_its_size_at_most(side, is_filled):
    """600 pixels still fill 1200; from 599 on the photo stands on its own blur, its edges showing."""
    image = fill_room(make_photo(picture_with_spot(side, side, 0.5, 0.5)), 1200, 1200, focus=None)
    assert image.size == (1200, 1200)
    assert (image.getpixel((0, 600)) == (120, 120, 120)) == is_filled


@given(size=st.tuples(st.integers(120, 500), st.integers(120, 500)), room=st.tuples(sides, sides))
def test_a_room_is_always_filled_exactly(size, room):
    """Every photo fills every room, to the pixel."""
    room = (room[0] // 4, room[1] // 4)
    assert fill_room(make_photo(Image.new("RGB", size, (9, 9, 9))), *room, focus=None).size == room


def test_a_picture_barely_too_large_is_cut_and_not_scaled():
    """Within five percent of its room a picture keeps its own pixels."""
    image = picture_with_spot(1240, 660, 0.5, 0.5)
    filled = fill_room(make_photo(image), 1200, 630, focus=(0.5, 0.5))
    assert filled.tobytes() == image.crop((20, 15, 1220, 645)).tobytes()


@pytest.mark.parametrize(
    ("ground", "size", "at", "left"),
    [
        ((0, 0, 0), (1600, 900), (0, 110), (1600, 680)),  # letterbox
        ((0, 0, 0), (1600, 900), (462, 0), (676, 900)),  # pillars
        ((16, 16, 16), (1600, 900), (0, 110), (1600, 680)),  # the black of films
        ((255, 255, 255), (1600, 1067), (120, 120), (1360, 827)),
        ((250, 249, 246), (1400, 1600), (60, 60), (1280, 1280)),  # an instant photo
    ],
)
def test_a_border_that_came_with_a_photo_is_cut_off(ground, size, at, left):
    """Bars at two sides or four, and no more than a little of the photo's own edge."""
    whole = Image.new("RGB", size, ground)
    whole.paste(corpus.draw_landscape(1600, 1067, corpus.NOON).resize(left), at)
    cut = cut_border(make_photo(Image.open(BytesIO(corpus.to_jpeg(whole, 75)))))
    assert (cut.width, cut.height) == cut.image.size == pytest.approx(left, abs=14)
    assert cut.small.width / cut.small.height == pytest.approx(left[0] / left[1], rel=0.1)


@pytest.mark.parametrize("colour", [(0, 0, 0), (5, 6, 8), (12, 12, 12)])
def test_bars_of_nearly_black_with_noise_are_cut_off_a_dark_photo(colour):
    """Bars that are not exactly black, of a film's grain, beside hills at dusk that are hardly lighter."""
    whole = Image.new("RGB", (1600, 900), colour)
    whole.paste(corpus.draw_landscape(1600, 680), (0, 110))
    grain = Image.frombytes("L", whole.size, Random(3).randbytes(1600 * 900)).point(lambda value: value // 32)
    noisy = ImageChops.add(whole, grain.convert("RGB"))
    cut = cut_border(make_photo(Image.open(BytesIO(corpus.to_jpeg(noisy)))))
    assert cut.image.size == pytest.approx((1600, 680), abs=14)


@pytest.mark.parametrize("draw", [more_pictures.draw_product, more_pictures.draw_fog, more_pictures.draw_stars])
def test_a_thing_on_plain_ground_and_a_photo_without_a_border_stay_whole(draw):
    """A border has a sharp edge all along; a cup's outline, fog and night have none."""
    photo = make_photo(draw())
    assert cut_border(photo) is photo


@given(size=st.tuples(st.integers(120, 2000), st.integers(120, 2000)), at=shares, share=st.floats(0.01, 1))
def test_a_border_is_cut_off_pictures_of_every_shape(size, at, share):
    """Whatever stands where on one colour, something is left, and its impression with it."""
    whole = Image.new("RGB", size, (255, 255, 255))
    side = max(1, round(size[0] * share)), max(1, round(size[1] * share))
    left, top = (round(a * (s - b)) for a, s, b in zip(at, size, side, strict=True))
    whole.paste((20, 30, 40), (left, top, left + side[0], top + side[1]))
    cut = cut_border(make_photo(whole))
    assert min(*cut.image.size, *cut.small.size) >= 1
