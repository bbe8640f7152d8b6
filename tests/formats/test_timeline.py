"""The page of the local network, from its timeline.json."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.errors import ConfigError
from syndicate.formats.page import TimelineEntry, parse_timeline, render_timeline
from syndicate.model import Site

TEMPLATE = (Path(__file__).parents[2] / "templates/pages/timeline.html").read_text(encoding="utf-8")
SITE = Site(title="Field <Notes>", url="https://blog.example", timezone="Europe/Berlin")


def item(key: str, text: str = "words", hour: int = 9, **own: object) -> dict[str, object]:
    outer = {name: own.pop(name) for name in ("external_url", "title", "summary", "language") if name in own}
    moment = f"2026-11-24T{hour:02}:00:00+00:00"
    return {"id": key, "content_text": text, "date_published": moment, **outer, "_syndicate": own}


def parse(*items: object) -> tuple[TimelineEntry, ...]:
    return parse_timeline(orjson.dumps({"items": items}))


class Tags(HTMLParser):
    """Start tags with their attributes, and all text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def render(*items: object) -> Tags:
    return Tags(render_timeline(parse(*items), SITE, TEMPLATE))


def test_a_card_shows_picture_words_and_time() -> None:
    """The picture by a path that works from a disk, its alt text, the link, the local time."""
    picture = {"path": "cards/a.jpg", "alt": "A fox & snow", "width": 1200, "height": 630}
    link = "https://blog.example/a/"
    page = render(item("k", f"See {link} #Fox", external_url=link, title="A <b>", picture=picture, is_card=True))
    (image,) = page.all("img")
    assert (image["src"], image["alt"], image["width"], image["height"]) == (
        "cards/a.jpg",
        "A fox & snow",
        "1200",
        "630",
    )
    assert [found["href"] for found in page.all("a")].count(link) == 2
    assert "A <b>" in page.text
    assert "2026-11-24 10:00" in page.text
    assert [time["datetime"] for time in page.all("time")] == ["2026-11-24T09:00:00+00:00"]


def test_threads_read_downwards_and_the_newest_comes_first() -> None:
    """Parts follow their first in order; a part whose first is gone stands alone."""
    entries = parse(
        item("new", hour=12),
        item("part-3", hour=11, reply_to="part-2"),
        item("part-2", hour=10, reply_to="part-1"),
        item("part-1", hour=9),
        item("orphan", hour=8, reply_to="gone"),
    )
    assert [entry.id for entry in entries] == ["new", "part-1", "part-2", "part-3", "orphan"]


def test_a_circle_of_replies_is_no_endless_loop() -> None:
    """A damaged file may say anything; its messages are shown all the same."""
    entries = parse(item("a", reply_to="b"), item("b", reply_to="a"), item("c", reply_to="c"))
    assert {entry.id for entry in entries} == {"a", "b", "c"}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-24T09:00:00"])
def test_moments_that_no_zone_can_show_are_left_out(moment: str) -> None:
    """The first and the last days of the calendar, and a moment without a zone."""
    assert parse({**item("k"), "date_published": moment}) == ()


def test_links_and_hashtags_are_marked() -> None:
    """Text between stays text, punctuation outside the link."""
    (entry,) = parse(item("k", "Look (https://a.example/b_(c)), at #Fox & https://a.example/#no."))
    assert [(piece.text, piece.href, piece.is_tag) for piece in entry.pieces if piece.href or piece.is_tag] == [
        ("https://a.example/b_(c)", "https://a.example/b_(c)", False),
        ("#Fox", "", True),
        ("https://a.example/#no", "https://a.example/#no", False),
    ]
    assert "".join(piece.text for piece in entry.pieces) == entry.text


def test_a_warning_folds_the_message() -> None:
    """The words stay behind a click."""
    page = render(item("k", "the end", warning="Spoiler"))
    assert page.all("details")
    assert "Spoiler" in page.text


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "https://tracker.example/x.gif", "../../x.png", "javascript:x", None, 7]
)
def test_a_picture_comes_from_below_the_page_or_not_at_all(path: object) -> None:
    """A file that was tampered with loads nothing from elsewhere."""
    assert all(image["src"] == "7" for image in render(item("k", picture={"path": path})).all("img"))


def test_hostile_items_do_no_harm() -> None:
    """Markup is shown as text, scripts in links are dropped."""
    page = render(item("k", "<script>alert(1)</script>", external_url="javascript:alert(1)", title='"><img src=x>'))
    assert page.all("script") == []
    assert page.all("img") == []
    assert all(not str(link["href"]).startswith("javascript") for link in page.all("a"))
    assert "<script>alert(1)</script>" in page.text


KEYS = ["items", "id", "content_text", "date_published", "_syndicate", "picture", "path", "reply_to", "external_url"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(KEYS), values, max_size=5),
    max_leaves=12,
)


@settings(max_examples=50)
@given(JSON | st.fixed_dictionaries({"items": st.lists(JSON, max_size=4)}))
def test_no_file_breaks_the_page(value: object) -> None:
    """Whatever stands in timeline.json, a page comes out."""
    try:
        data = orjson.dumps(value)
    except TypeError:
        data = b"not even JSON"
    assert render_timeline(parse_timeline(data), SITE, TEMPLATE).startswith(b"<!doctype html>")


def test_an_empty_timeline_says_so() -> None:
    """And 0 messages, 1 message, 2 messages are counted in English."""
    assert "Nothing posted yet" in render().text
    assert "1 message." in render(item("a")).text
    assert "2 messages." in render(item("a"), item("b")).text


def test_the_page_is_the_same_every_time() -> None:
    """Same input, same bytes."""
    entries = parse(item("a"), item("b"))
    assert render_timeline(entries, SITE, TEMPLATE) == render_timeline(entries, SITE, TEMPLATE)


def test_a_broken_template_is_told_with_its_line() -> None:
    """A site may bring its own."""
    with pytest.raises(ConfigError, match=r"pages/timeline\.html:2"):
        render_timeline((), SITE, "ok\n{% if %}")
