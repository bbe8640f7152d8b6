"""What a card says, from a post and its site."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syndicate.cards import CardContent, find_direction, make_alt, make_content
from syndicate.cards.design import Shown, make_words
from syndicate.model import Author, Category, Picture, Post, Site
from syndicate.typeset.characters import base_level, resolve_levels

SITE = Site(title="Field  Notes", url="https://example.org", timezone="Asia/Tokyo", authors=(Author("Ada"),))


def make_post(**values):
    known = {
        "source": "a.md",
        "slug": "a",
        "title": "A post",
        "permalink": "https://example.org/a/",
        "published_at": datetime(2025, 3, 18, 20, 34, tzinfo=UTC),
    }
    return Post(**(known | values))


def test_a_posts_words_are_its_cards_words():
    """Title, first category, author, date, reading time and site are taken over, each on one line."""
    post = make_post(title="A\n post", categories=(Category("Go"), Category("Web")), reading_minutes=4)
    content = make_content(post, SITE)
    assert (content.title, content.category, content.author) == ("A post", "Go", "Ada")
    assert (content.reading, content.site, content.seed) == ("4 min read", "Field Notes", "a")


def test_the_day_is_that_of_the_sites_own_zone():
    """20:34 UTC is already the next day in Tokyo; a post without a date says none."""
    assert make_content(make_post(), SITE).date == "19 March 2025"
    assert make_content(make_post(published_at=None), SITE).date == ""


def test_no_break_spaces_stay():
    """A no-break space before a French colon is the author's own and stays."""
    assert make_content(make_post(title="Pourquoi\u00a0:  ainsi"), SITE).title == "Pourquoi\u00a0: ainsi"


def test_ligatures_are_letters_again_and_no_letters_run_backwards():
    """What was copied out of a PDF needs no other font, and an override of direction goes."""
    assert make_content(make_post(title="Eﬃcient \u202eﬁles\u202c"), SITE).title == "Efficient files\u202c"


@pytest.mark.parametrize(
    ("alt", "said"),
    [
        ("", "A post · Field Notes"),
        ("A misty hill", "A post · Field Notes. A misty hill"),
        ("A post", "A post · Field Notes"),
    ],
)
def test_the_alt_text_says_words_and_picture(alt, said):
    """The card's words come first, then what the photo on it shows; an alt text that repeats the title adds nothing."""
    content = make_content(make_post(picture=Picture("https://example.org/a.jpg", alt=alt)), SITE)
    assert make_alt(content, is_pictured=True) == said
    assert make_alt(content, is_pictured=False) == "A post · Field Notes"
    assert content.has_picture


@pytest.mark.parametrize(
    ("values", "is_short"),
    [
        ({"external_url": "https://www.example.com/x"}, True),
        ({"length": 280}, True),
        ({"length": 10, "picture": Picture("https://example.org/a.jpg")}, False),
        ({"length": 281}, False),
        ({}, False),
    ],
)
def test_notes_and_links_are_short_posts(values, is_short):
    """A link post, and a note without a picture, are shown as quotations."""
    assert make_content(make_post(**values), SITE).is_short is is_short


def test_a_link_post_names_its_host():
    """The host stands on the card without its www; an address that is none says nothing."""
    assert make_content(make_post(external_url="https://www.example.com/x"), SITE).host == "example.com"
    assert make_content(make_post(external_url="https://[broken"), SITE).host == ""


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [
        ("en", "Hello", "ltr"),
        ("ar", "لماذا", "rtl"),
        ("en", "שלום world", "rtl"),
        ("ar", "RSS لماذا", "ltr"),
        ("he-IL", "2025", "rtl"),
        ("en", "2025", "ltr"),
    ],
)
def test_the_first_letter_decides_the_direction(language, title, direction):
    """The grid runs as the title does; where the title has no letter, as the language does."""
    assert find_direction(language, title) == direction


def test_a_byline_from_right_to_left_keeps_its_parts_together() -> None:
    """Each is isolated in a line of the card's direction, or the day would go to a Latin name before it."""
    arabic = CardContent(title="خريطة", author="Mira", date="6 مايو", direction="rtl")
    line = str(make_words(arabic, 1200, 630, Shown())["byline"])
    levels = resolve_levels(line, base_level(line))
    assert base_level(line) == 1
    assert [levels[line.index(letter)] for letter in ("M", "6", "م")] == [2, 4, 3]


def test_a_byline_from_left_to_right_has_nothing_invisible() -> None:
    """Nothing can be torn there."""
    latin = CardContent(title="Map", author="Mira", date="6 May")
    assert make_words(latin, 1200, 630, Shown())["byline"] == "Mira · 6\u00a0May"
