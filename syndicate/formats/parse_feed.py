"""Reads a published feed back: what readers have seen of us so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from lxml import etree

from syndicate.model import SeenEntry, SeenFeed


def _parse_tree(data: bytes) -> Any:
    """What was published may be anybody's by now: no entities, no network."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, remove_pis=True))


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
        root = _parse_tree(data)
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


# --- whether a published feed is what readers expect ---


def find_trouble(data: bytes) -> str:
    """What is wrong with a feed document, "" where readers can use it: RSS 2.0, RFC 4287, JSON Feed 1.1."""
    seen = parse_feed("", data)
    if seen is None:
        return "cannot be read as RSS, Atom or JSON"
    missing = _list_missing(data)
    if missing:
        return f"has no {' and no '.join(missing)}"
    ids = [entry.id for entry in seen.entries]
    if not all(ids):
        return "has an entry without an id"
    return "has an id twice" if len(set(ids)) < len(ids) else ""


def find_updated(data: bytes) -> str:
    """When a feed says that it changed last, as it writes it; "" where it does not."""
    if data.lstrip()[:1] == b"{":
        seen = parse_feed("", data)
        return max((entry.updated for entry in seen.entries), default="") if seen else ""
    head = _read_head(data)
    return head.get("updated") or head.get("lastBuildDate") or head.get("pubDate") or ""


def _list_missing(data: bytes) -> list[str]:
    if data.lstrip()[:1] == b"{":
        known = orjson.loads(data)
        is_known = str(known.get("version", "")).startswith("https://jsonfeed.org/version/1")
        return [*([] if is_known else ["version"]), *([] if known.get("title") else ["title"])]
    head = _read_head(data)
    wanted = ("id", "title", "updated") if "updated" in head or "id" in head else ("title", "link", "description")
    return [name for name in wanted if name not in head]


def _read_head(data: bytes) -> dict[str, str]:
    """What stands before the entries, by local names."""
    try:
        root = _parse_tree(data)
    except (SyntaxError, ValueError):
        return {}
    places = [child for child in root if _local(child) == "channel"] or [root]
    return {_local(child): child.text or "" for child in places[0] if _local(child) not in {"item", "entry"}}
