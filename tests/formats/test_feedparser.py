"""A real parser, the one most Python readers use, agrees with what we meant."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest

from syndicate.formats.atom import render as render_atom
from syndicate.formats.rss import render as render_rss
from tests.formats.samples import ENTRY, HOME, feed


@pytest.fixture(params=[render_rss, render_atom], ids=["rss", "atom"])
def parsed(request: pytest.FixtureRequest) -> Any:
    found = feedparser.parse(request.param(feed()))
    assert not found.bozo
    return found


def test_the_parser_sees_the_entry(parsed: Any) -> None:
    """Id, link, title, summary, content, author, dates and language arrive in both formats."""
    (one,) = parsed.entries
    assert one.id == ENTRY.id
    assert one.link == ENTRY.url
    assert one.title == ENTRY.title
    assert one.summary == ENTRY.summary
    assert one.content[0].value == ENTRY.html
    assert one.author.startswith("Ann Lind")
    assert one.published_parsed[:5] == (2025, 3, 1, 9, 30)
    assert one.updated_parsed[:5] == (2025, 3, 3, 9, 30)


def test_the_parser_sees_the_files(parsed: Any) -> None:
    """Picture, thumbnail, credit and enclosure arrive in both formats."""
    (one,) = parsed.entries
    assert one.media_content[0]["filesize"] == "54321"
    assert one.media_thumbnail[0]["url"] == f"{HOME}/feeds/cards/hello.3fa9c1.jpg"
    assert one.media_credit[0]["content"] == "Photo by Mia Berg on Fotosite"
    assert one.enclosures[0].length == "54321"


def test_the_parser_finds_the_hub(parsed: Any) -> None:
    """WebSub discovery works from the document alone."""
    links = {link.rel: link.href for link in parsed.feed.links}
    assert links["hub"] == "https://hub.example/"
    assert links["self"].startswith(f"{HOME}/feeds/")
