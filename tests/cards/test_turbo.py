"""JPEGs decoded at eighths of their size, with and without the accelerator."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PIL import Image, ImageChops

from syndicate.cards.photo import PhotoRefused, count_eighths, decode_eighths, decode_photo
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
    """Six eighths come straight out of the decoder, and look like the picture scaled afterwards."""
    photo = corpus.draw_landscape(800, 533)
    fast = decode_eighths(corpus.to_jpeg(photo), (800, 533), (600, 400))
    assert fast is not None
    assert fast.size == (600, 400)
    slow = photo.resize(fast.size, Image.Resampling.BOX)
    blurred = [image.reduce(8) for image in (fast, slow)]
    assert max(high for _, high in ImageChops.difference(*blurred).getextrema()) < 12


@pytest.mark.parametrize("need", [(800, 533), (400, 260)])
def test_whole_and_halved_pictures_are_left_to_pillow(need):
    """Pillow does these as fast."""
    assert decode_eighths(corpus.to_jpeg(corpus.draw_landscape(800, 533)), (800, 533), need) is None


def test_a_picture_cut_short_is_refused_by_the_accelerator_too():
    """A truncated JPEG is damaged, whoever decodes it."""
    data = corpus.to_jpeg(corpus.draw_landscape(1600, 1067))
    with pytest.raises(PhotoRefused, match="cut short"):
        decode_photo(data[: len(data) // 2], (1200, 630))


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
    """Without simplejpeg the photo is decoded whole and scaled; everything else is the same."""
    photo, flat = draw_elsewhere(without="sys.modules['simplejpeg'] = None")
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
