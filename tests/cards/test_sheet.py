"""The contact sheet page."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from syndicate.cards.check import FRAMES, SheetCard, render_sheet, shrink
from syndicate.errors import ConfigError
from syndicate.model import Problem
from tests.cards.conftest import ROOT
from tests.cards.corpus import draw_landscape, to_jpeg

TEMPLATE = (ROOT / "templates" / "pages" / "sheet.html").read_text(encoding="utf-8")
CARD = SheetCard(
    src="hello.jpg",
    title='Hello <b>"you"</b>',
    host="example.org",
    alt="A card & more",
    width=1200,
    height=630,
    size=123_456,
    note="cover, dark",
    problems=(Problem("a.md", "too <small>", hint="grow"),),
)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.pictures, self.sections, self.text, self.names = [], [], "", []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if "picture" in (dict(attrs).get("class") or "").split():
            self.pictures.append(dict(attrs))
        if tag == "main":
            self.main = dict(attrs)["style"]
        if tag == "section":
            self.sections.append(dict(attrs))

    def handle_data(self, data):
        self.text += data


def read(page):
    tags = Tags()
    tags.feed(page.decode())
    return tags


def test_every_card_is_shown_in_every_frame():
    """Once whole, and once for each network's frame, which is named."""
    tags = read(render_sheet([CARD, CARD], TEMPLATE, title="Field Notes"))
    assert len(tags.pictures) == 2 * (2 + len(FRAMES))
    assert all(frame.name in tags.text for frame in FRAMES)
    assert [tile["href"] for tile in tags.pictures[:2]] == ["#card1", "#card2"]
    assert tags.pictures[2]["aria-label"] == "A card & more"


def test_a_page_that_carries_its_pictures_carries_each_once():
    """A data: URL stands once per card, and no quote in an address ends the style it stands in."""
    card = replace(CARD, src="data:image/png;base64,AAAA")
    assert render_sheet([card], TEMPLATE, title="x").count(b"AAAA") == 1
    tags = read(render_sheet([replace(CARD, src='it\'s "here".jpg')], TEMPLATE, title="x"))
    assert tags.main == "--card1: url('it%27s %22here%22.jpg');"


def test_a_hundred_cards_fit_three_megabytes():
    """The noisiest card is shrunk to a share of that, words and frames included."""
    noise = Image.frombytes("RGB", (1200, 630), random.Random(1).randbytes(1200 * 630 * 3))
    busy = Image.blend(draw_landscape(1200, 630), noise, 0.3)
    small = shrink(to_jpeg(busy, 86))
    assert len(small) * 4 / 3 + len(render_sheet([CARD], TEMPLATE, title="x")) / 2 < 3_000_000 / 100
    assert Image.open(io.BytesIO(small)).width == 600


def test_words_are_words():
    """Titles and problems with markup in them are shown, not obeyed."""
    tags = read(render_sheet([CARD], TEMPLATE, title="<i>"))
    assert 'Hello <b>"you"</b>' in tags.text
    assert "too <small> (grow)" in tags.text
    assert "small" not in tags.names


def test_a_broken_template_is_a_configuration_error():
    """A site's own page that fails is told by its name."""
    with pytest.raises(ConfigError) as error:
        render_sheet([CARD], "{{ card.nothing }}", title="x")
    assert "pages/sheet.html" in error.value.where
