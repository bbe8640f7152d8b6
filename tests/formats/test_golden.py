"""From Markdown to every rendering: the golden cases, and what no case may contain."""

from __future__ import annotations

import json
import re

import feedparser
import pytest

from tests.formats.golden import CASES, list_cases, render_case
from tests.formats.reading import check_atom, check_json, check_rss, read_atom, read_json, read_rss

FORBIDDEN = {
    "a script": re.compile(r"<script|javascript:|onerror=|onclick=", re.IGNORECASE),
    "an address that is not absolute": re.compile(r"""(?:href|src|srcset)=["'](?!https?://|mailto:)"""),
    "a frame": re.compile(r"<iframe|<object|<embed", re.IGNORECASE),
    "doubly encoded text": re.compile("â€|ðŸ|Ã©"),
    "a generator's label": re.compile("Social Snippet"),
    "a control character": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]"),
    "an empty block": re.compile(r"<div[^>]*>\s*</div>|<p>\s*</p>"),
}


@pytest.mark.parametrize("case", list_cases())
def test_the_renderings_are_those_kept(case: str) -> None:
    """Each case renders to the bytes beside its Markdown; `python -m tests.formats.golden` writes them anew."""
    for file, data in render_case(case).items():
        assert data.decode() == (CASES / case / file).read_text(encoding="utf-8"), f"{case}/{file}"


@pytest.mark.parametrize("case", list_cases())
def test_every_case_is_valid_in_every_format(case: str) -> None:
    """The Atom grammar, the JSON Feed schema, the rules of RSS and feedparser accept each case, and all agree."""
    made = render_case(case)
    check_rss(made["rss.xml"])
    check_atom(made["atom.xml"])
    check_json(made["feed.json"])
    (rss,), (atom,), (item,) = read_rss(made["rss.xml"]), read_atom(made["atom.xml"]), read_json(made["feed.json"])
    assert (rss.id, rss.url, rss.title, rss.html) == (atom.id, atom.url, atom.title, atom.html)
    assert (atom.id, atom.url, atom.title, atom.html) == (item.id, item.url, item.title, item.html)
    assert not feedparser.parse(made["rss.xml"]).bozo
    assert not feedparser.parse(made["atom.xml"]).bozo


@pytest.mark.parametrize("case", list_cases())
def test_no_case_contains(case: str) -> None:
    """Scripts, relative addresses, widgets, mojibake, labels, controls and empty blocks reach no feed."""
    (item,) = json.loads(render_case(case)["feed.json"])["items"]
    for what, pattern in FORBIDDEN.items():
        is_of_markup = what in {"a script", "a frame", "an address that is not absolute", "an empty block"}
        texts = [item.get("content_html", ""), *([] if is_of_markup else [item["title"], item.get("summary", "")])]
        assert [text for text in texts if pattern.search(text)] == [], what


def test_the_lead_image_stands_once() -> None:
    """A lead image that the body repeats is the entry's picture, and not part of its text."""
    (item,) = json.loads(render_case("hostile")["feed.json"])["items"]
    assert item["image"] == "https://blog.example/images/lead.jpg"
    assert "lead.jpg" not in item["content_html"]


@pytest.mark.parametrize(
    ("case", "at"),
    [
        ("plain", "2025-03-01T09:30:00+00:00"),
        ("hostile", "2025-03-02T07:00:00+00:00"),
        ("arabic", "2025-03-02T23:00:00+00:00"),
        ("japanese", "2025-03-04T05:15:00+00:00"),
        ("undated", "2025-03-09T07:00:00+00:00"),
    ],
)
def test_dates_are_instants(case: str, at: str) -> None:
    """With a zone, in the site's zone, a day, or none at all: a feed always says an exact moment."""
    assert json.loads(render_case(case)["feed.json"])["items"][0]["date_published"] == at
