"""Reads rendered feeds back as strictly as their specifications allow."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from jsonschema import Draft202012Validator
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
SOURCE = "{http://source.scripting.com/}"
SCHEMAS = Path(__file__).parent / "schemas"


@dataclass(frozen=True)
class Seen:
    """What a reader makes of one entry, whatever the format."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    published_at: datetime


def read_rss(data: bytes) -> list[Seen]:
    return [
        Seen(
            _text(item, "guid"),
            _text(item, "link"),
            _text(item, "title"),
            _text(item, "description"),
            _text(item, f"{CONTENT}encoded"),
            parsedate_to_datetime(_text(item, "pubDate")),
        )
        for item in channel(data).findall("item")
    ]


def read_atom(data: bytes) -> list[Seen]:
    return [
        Seen(
            _text(entry, f"{ATOM}id"),
            next(link.get("href", "") for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"),
            _text(entry, f"{ATOM}title"),
            _text(entry, f"{ATOM}summary"),
            _text(entry, f"{ATOM}content"),
            datetime.fromisoformat(_text(entry, f"{ATOM}published")),
        )
        for entry in fromstring(data).findall(f"{ATOM}entry")
    ]


def read_json(data: bytes) -> list[Seen]:
    return [
        Seen(
            item["id"],
            item["url"],
            item.get("title", ""),
            item.get("summary", ""),
            item.get("content_html", ""),
            datetime.fromisoformat(item["date_published"]),
        )
        for item in json.loads(data)["items"]
    ]


URI = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""The letters of RFC 3986."""


def channel(data: bytes) -> Element:
    found = fromstring(data).find("channel")
    assert found is not None
    return found


def check_atom(data: bytes) -> None:
    """RFC 4287: the grammar, and what a grammar cannot say."""
    document = etree.fromstring(data)
    grammar = _read_grammar()
    assert grammar.validate(document), grammar.error_log
    feed = fromstring(data)
    for one in feed.findall(f"{ATOM}entry"):
        assert one.find(f"{ATOM}author") is not None or feed.find(f"{ATOM}author") is not None
    ids = [one.findtext(f"{ATOM}id") for one in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


def check_json(data: bytes) -> None:
    """JSON Feed 1.1, by our schema of it."""
    _read_json_schema().validate(json.loads(data))


def check_rss(data: bytes) -> None:
    """RSS 2.0: what the specification and the RSS Board's profile ask of a channel and its items."""
    found = channel(data)
    assert all(found.findtext(name) for name in ("title", "link", "description"))
    for item in found.findall("item"):
        assert item.findtext("title") or item.findtext("description")
        assert len(item.findall("guid")) == len(item.findall("pubDate")) == 1
        for enclosure in item.findall("enclosure"):
            assert int(enclosure.attrib["length"]) > 0
            assert "/" in enclosure.attrib["type"]
        for element in item.iter():
            assert URI.fullmatch(element.get("url", "https://blog.example"))
        assert len(item.findall("enclosure")) <= 1


@cache
def _read_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))


@cache
def _read_json_schema() -> Any:
    schema = json.loads((SCHEMAS / "jsonfeed.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _text(parent: Element, name: str) -> str:
    found = parent.find(name)
    return (found.text or "") if found is not None else ""
