"""RSS 2.0 (rssboard.org/rss-specification), with the elements readers know from other vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from syndicate.formats.assembly import Clean, Tell, clean_all, clean_feed, collect, join, raise_it, split
from syndicate.formats.extension import EntryExtension, FeedExtension, list_entry_links, list_feed_links, list_labels
from syndicate.model import Cache, Entry, Feed

VERSION = "rss-2"
"""Part of the cache key: count up whenever the rendering of an entry changes."""


def render(feed: Feed, cache: Cache | None = None, tell: Tell = raise_it, *, clean: Clean = clean_all) -> bytes:
    """The feed as an RSS 2.0 document in UTF-8."""
    feed = clean_feed(feed)
    version = f"{VERSION} {feed.home_url}"
    entries = collect(version, feed.entries, cache, partial(_render_items, feed), tell, clean=clean)
    return join(_make_generator(feed).rss_str(), entries, b"</channel></rss>")


def _render_items(feed: Feed, entries: Sequence[Entry]) -> list[bytes]:
    generator = _make_generator(feed)
    for entry in entries:
        _fill(generator.add_entry(order="append"), entry, feed)
    return split(generator.rss_str(), "item")


def _make_generator(feed: Feed) -> Any:
    generator = FeedGenerator()
    generator.register_extension("syndicate", FeedExtension, EntryExtension)
    links = list_feed_links(feed, "rss")
    generator.syndicate.links = links
    generator.syndicate.is_archive = feed.is_archive
    generator.syndicate.extra = feed.extra
    generator.title(feed.title)
    generator.description(feed.description or feed.title)
    generator.link([link.attributes() for link in links])
    generator.generator("syndicate")
    generator.lastBuildDate(feed.updated_at)
    generator.docs("https://www.rssboard.org/rss-specification")
    if feed.language:
        generator.language(feed.language)
    if feed.copyright:
        generator.copyright(feed.copyright)
    if feed.icon_url:
        generator.image(url=feed.icon_url, title=feed.title, link=feed.home_url)
    return generator


def _fill(item: FeedEntry, entry: Entry, feed: Feed) -> None:
    item.title(entry.title)
    item.guid(entry.id, permalink=False)
    item.link(href=entry.url, rel="alternate")
    # Readers take a description for HTML, the summary is plain text: what looks like a tag must stay visible.
    item.description(escape(entry.summary or entry.title, quote=False))
    if entry.html:
        item.content(entry.html, type="html")
    item.published(entry.published_at)
    for label in list_labels(entry, feed.home_url):
        item.category(label)
    if entry.enclosures:
        file = entry.enclosures[0]
        item.enclosure(url=file.url, length=file.length, type=file.media_type)
    item.syndicate.entry = entry
    item.syndicate.links = list_entry_links(entry)
