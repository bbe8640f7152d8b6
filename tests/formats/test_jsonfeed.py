"""JSON Feed 1.1: what stands where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syndicate.formats.jsonfeed import render as render_json
from tests.formats.reading import check_json
from tests.formats.samples import HOME, entry, feed

ITEM: dict[str, Any] = json.loads(render_json(feed(entry(generated_by="Gemini"))))["items"][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "urn:uuid:6d1f2f0e-0000-4000-8000-000000000001"),
        ("url", f"{HOME}/blog/hello/"),
        ("title", "Hello & goodbye"),
        ("summary", "What the post is about."),
        ("image", "https://images.example/harbour?w=1200&fm=webp"),
        ("banner_image", f"{HOME}/feeds/cards/hello.3fa9c1.jpg"),
        ("date_published", "2025-03-01T09:30:00+00:00"),
        ("date_modified", "2025-03-03T09:30:00+00:00"),
        ("authors", [{"name": "Ann Lind", "url": f"{HOME}/ann"}]),
        ("tags", ["Boats", "Leisure", "Diary", "harbour"]),
        ("language", "en"),
    ],
)
def test_an_item_says(name: str, value: object) -> None:
    """Every fact of a post has its member."""
    assert ITEM[name] == value


def test_an_item_carries_its_files() -> None:
    """Attachments have type, title and bytes."""
    url = "https://images.example/harbour?w=1200&fm=webp"
    said = {"url": url, "mime_type": "image/webp", "title": "A harbour at dawn", "size_in_bytes": 54321}
    assert ITEM["attachments"] == [said]


def test_what_json_feed_has_no_member_for_is_an_extension() -> None:
    """Typed categories, alt, credit and the word on AI stand in one extension of ours."""
    assert ITEM["_syndicate"] == {
        "about": "https://github.com/syndicate-feeds/syndicate",
        "categories": [{"name": "Boats", "type": "exact"}, {"name": "Leisure", "type": "general"}],
        "image_alt": "A harbour at dawn",
        "image_credit": {"text": "Photo by Mia Berg on Fotosite", "url": "https://fotosite.example/@mia"},
        "generated_by": "Gemini",
    }


def test_the_head_names_hubs_and_older_items() -> None:
    """Hubs are WebSub hubs, next_url leads to the newest archive, and the whole is valid."""
    data = render_json(feed(previous={"json": f"{HOME}/feeds/archive/7.json"}))
    check_json(data)
    head = json.loads(data)
    assert head["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert head["next_url"] == f"{HOME}/feeds/archive/7.json"
    assert head["feed_url"] == f"{HOME}/feeds/feed.json"


def test_a_post_without_text_shows_its_summary() -> None:
    """The specification demands content: without HTML the summary is the text."""
    data = render_json(feed(entry(html="", summary="Only this.")))
    check_json(data)
    assert json.loads(data)["items"][0]["content_text"] == "Only this."
