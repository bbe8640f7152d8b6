"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from syndicate.formats.assembly import Clean, Tell, clean_all, clean_feed, collect, raise_it
from syndicate.model import Author, Cache, Entry, Feed

VERSION = "json-3"
"""Part of the cache key: count up whenever the rendering of an entry changes."""
ABOUT = "https://github.com/syndicate-feeds/syndicate"


def render(feed: Feed, cache: Cache | None = None, tell: Tell = raise_it, *, clean: Clean = clean_all) -> bytes:
    """The feed as a JSON Feed document in UTF-8."""
    feed = clean_feed(feed)
    items = collect(f"{VERSION} {feed.home_url}", feed.entries, cache, _render_items, tell, clean=clean)
    head = orjson.dumps(_filled(_describe_feed(feed)))
    return b"".join((head[:-1], b',"items":[\n', b",\n".join(items), b"\n]}\n"))


def _render_items(entries: Sequence[Entry]) -> list[bytes]:
    return [orjson.dumps(_filled(_describe_item(entry))) for entry in entries]


def _describe_feed(feed: Feed) -> Mapping[str, object]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.urls["json"],
        "description": feed.description,
        "next_url": feed.previous.get("json", ""),
        "icon": feed.icon_url,
        "language": feed.language,
        "authors": _list_authors(feed.authors),
        "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
    }


def _describe_item(entry: Entry) -> Mapping[str, object]:
    return {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.external_url,
        "title": "" if entry.is_note else entry.title,
        "content_html": entry.html,
        "content_text": "" if entry.html else entry.summary or entry.title,
        "summary": entry.summary,
        "image": entry.picture.url if entry.picture else "",
        "banner_image": entry.card.url if entry.card else "",
        "date_published": entry.published_at.isoformat(),
        "date_modified": entry.updated_at.isoformat(),
        "authors": _list_authors(entry.authors),
        "tags": list(entry.tags),
        "language": entry.language,
        "attachments": [
            _filled({"url": one.url, "mime_type": one.media_type, "title": one.title, "size_in_bytes": one.length})
            for one in entry.enclosures
        ],
        "_syndicate": _describe_extension(entry),
    }


def _describe_extension(entry: Entry) -> Mapping[str, object]:
    """What JSON Feed has no member for: typed categories, the picture's alt and credit, the word on AI."""
    picture, credit = entry.picture, entry.picture.credit if entry.picture else None
    facts = _filled(
        {
            "categories": [_filled({"name": one.name, "type": one.type}) for one in entry.categories if one.type],
            "image_alt": picture.alt if picture else "",
            "image_credit": _filled({"text": credit.text, "url": credit.url}) if credit else {},
            "generated_by": entry.generated_by,
            "translations": [{"language": language, "url": url} for language, url in entry.translations],
            "markdown": entry.markdown,
        }
    )
    return {"about": ABOUT, **facts} if facts else {}


def _list_authors(authors: Sequence[Author]) -> list[Mapping[str, object]]:
    named = [_filled({"name": one.name, "url": one.url, "avatar": one.avatar}) for one in authors]
    return [author for author in named if author]


def _filled(values: Mapping[str, object]) -> dict[str, object]:
    """Only the members that say something."""
    return {name: value for name, value in values.items() if value}
