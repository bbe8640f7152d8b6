"""The contact sheet page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from syndicate.cards.sheet import FRAMES, SheetCard, render_sheet
from syndicate.errors import ConfigError
from syndicate.model import Problem
from tests.cards.conftest import ROOT

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
        self.images, self.text, self.names = [], "", []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        self.text += data


def read(page):
    tags = Tags()
    tags.feed(page.decode())
    return tags


def test_every_card_is_shown_in_every_frame():
    """Once whole, and once for each network's frame, which is named."""
    tags = read(render_sheet([CARD, CARD], TEMPLATE, title="Field Notes"))
    assert len(tags.images) == 2 * (1 + len(FRAMES))
    assert all(frame.name in tags.text for frame in FRAMES)
    assert tags.images[0]["alt"] == "A card & more"


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
