"""Reads a published feed back: what readers have seen of us so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from feedgen.util import xml_fromstring

from syndicate.model import SeenEntry, SeenFeed


def parse_feed(path: str, data: bytes) -> SeenFeed | None:
    """The entries of an RSS, Atom or JSON document, None for bytes that are none of these."""
    entries = _parse_json(data) if data.lstrip()[:1] == b"{" else _parse_xml(data)
    return None if entries is None else SeenFeed(path, tuple(entries))


def _parse_json(data: bytes) -> list[SeenEntry] | None:
    try:
        items = orjson.loads(data)["items"]
        return [SeenEntry(str(i["id"]), str(i.get("url", "")), str(i.get("date_modified", ""))) for i in items]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None


def _parse_xml(data: bytes) -> list[SeenEntry] | None:
    """By local names: RSS has items with guid and link, Atom has entries with id and link elements."""
    try:
        root = xml_fromstring(data)
    except (SyntaxError, ValueError):  # lxml's XMLSyntaxError is a SyntaxError
        return None
    if _local(root) not in {"rss", "feed"}:
        return None
    return [_read_entry(child) for child in root.iter() if _local(child) in {"item", "entry"}]


def _read_entry(element: Any) -> SeenEntry:
    texts = {_local(child): child.text or "" for child in element}
    return SeenEntry(
        id=texts.get("guid") or texts.get("id", ""),
        url=next(_list_links(element), ""),
        updated=texts.get("updated", ""),
    )


def _list_links(element: Any) -> Iterator[str]:
    for child in element:
        if _local(child) == "link" and child.get("rel", "alternate") == "alternate":
            yield child.get("href") or child.text or ""


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
