"""JPEGs decoded at eighths of their size and scaled with SIMD, with and without the accelerators."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PIL import Image, ImageChops

from syndicate.cards.photo import PhotoRefused, count_eighths, decode_eighths, decode_photo
from syndicate.cards.pixels import resize
from tests.cards import corpus


@pytest.mark.parametrize(
    ("size", "need", "eighths"),
    [
        ((1600, 1067), (1200, 800), 6),
        ((1200, 800), (1200, 630), 8),
        ((2400, 1600), (1200, 800), 4),
        ((1920, 1280), (1200, 630), 5),
        ((9600, 6400), (1200, 630), 1),
        ((600, 400), (1200, 630), 8),
        ((1600, 1600), (1200, 1201), 7),
    ],
)
def test_the_fewest_eighths_that_cover_are_taken(size, need, eighths):
    """Never fewer pixels than needed, unless there never were as many."""
    assert count_eighths(size, need) == eighths


def test_a_picture_scaled_while_decoding_is_the_same_picture():
    """What comes smaller out of the decoder looks like the picture scaled afterwards, and covers what is needed."""
    photo = corpus.draw_landscape(800, 533)
    fast = decode_eighths(corpus.to_jpeg(photo), (800, 533), (400, 260))
    assert fast is not None
    assert fast.size == (400, 267)
    slow = photo.resize(fast.size, Image.Resampling.BOX)
    blurred = [image.reduce(8) for image in (fast, slow)]
    assert max(high for _, high in ImageChops.difference(*blurred).getextrema()) < 12


@pytest.mark.parametrize("method", [Image.Resampling.HAMMING, Image.Resampling.LANCZOS])
@pytest.mark.parametrize("size", [(400, 210), (1000, 525)])
def test_a_window_scaled_with_simd_is_the_same_picture(method, size):
    """Smaller and larger: the same part of the photo, as sharp as Pillow makes it, though its edges are no pixels'."""
    pytest.importorskip("cykooz_resizer")  # has no wheels for some machines
    photo, box = corpus.draw_landscape(800, 533), (0.4, 60.3, 800.0, 480.2)
    fast, slow = resize(photo, size, method, box), photo.resize(size, method, box)
    assert fast.size == size
    difference = ImageChops.difference(fast, slow).convert("L").histogram()
    assert sum(step * number for step, number in enumerate(difference)) / sum(difference) < 2


def test_a_box_that_ends_with_the_picture_may_be_off_by_a_rounding():
    """A window of floating point numbers may end a hair beyond the last pixel."""
    photo = corpus.draw_landscape(400, 267)
    assert resize(photo, (200, 100), Image.Resampling.HAMMING, (0.0, 67.0, 400.0000001, 267.0000001)).size == (200, 100)


@pytest.mark.parametrize(
    ("harm", "message"),
    [(lambda data: data[: len(data) // 2], "cut short"), (lambda data: data[:-2] + bytes(400) + data[-2:], "")],
)
def test_pillow_has_the_last_word_on_damage(harm, message):
    """Pillow decodes what simplejpeg does not like: a picture cut short is refused, one with junk in it is not."""
    data = harm(corpus.to_jpeg(corpus.draw_landscape(1600, 1067)))
    assert decode_eighths(data, (1600, 1067), (1200, 800)) is None
    if message:
        with pytest.raises(PhotoRefused, match=message):
            decode_photo(data, (1200, 630))
    else:
        assert decode_photo(data, (1200, 630)).width == 1600


def test_pictures_of_more_memory_than_there_is_are_left_to_pillow():
    """An array beside Pillow's own pixels may be too much where the pixels alone are not."""
    assert decode_eighths(b"", (5000, 4000), (5000, 4000)) is None


SCRIPT = """
import sys
{without}
from hashlib import sha256
from syndicate.cards.draw import draw_card
from syndicate.cards.parse import parse_design
from syndicate.fonts import find_fonts
from syndicate.model import CardRules
from tests.cards import corpus
from tests.cards.conftest import CONTENT, ROOT, read_layouts
design, fonts = parse_design(CardRules(), read_layouts()), find_fonts(CardRules(), str(ROOT))
for photo in (corpus.to_jpeg(corpus.draw_landscape(1600, 1067)), None):
    drawing = draw_card(CONTENT, design=design, fonts=fonts, photo=photo)
    print(sha256(drawing.data).hexdigest(), drawing.layout, drawing.contrast >= 4.5)
"""


def draw_elsewhere(without="", seed="0"):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    command = [sys.executable, "-c", SCRIPT.format(without=without)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()


@pytest.mark.slow
def test_another_process_draws_the_same_bytes():
    """Hash seed, time zone and locale of a process change no byte."""
    assert draw_elsewhere(seed="1") == draw_elsewhere(seed="2")


@pytest.mark.slow
def test_cards_are_drawn_without_the_accelerator():
    """Pillow alone decodes and scales the photo; everything else is the same."""
    photo, flat = draw_elsewhere(without="sys.modules['simplejpeg'] = sys.modules['cykooz_resizer'] = None")
    with_it = draw_elsewhere()
    assert photo.endswith("cover True")
    assert photo != with_it[0]
    assert flat == with_it[1]


def test_deciding_that_nothing_changed_loads_no_pillow():
    """Words, keys and known pictures need neither Pillow nor HarfBuzz: most runs draw nothing."""
    script = (
        "import sys, syndicate.cards, syndicate.pictures; print('PIL.Image' in sys.modules, 'uharfbuzz' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
