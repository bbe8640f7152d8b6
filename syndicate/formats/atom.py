"""Atom 1.0 (RFC 4287), with archives (RFC 5005) and hubs (WebSub)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from syndicate.formats.assembly import Clean, Tell, clean_all, clean_feed, collect, join, raise_it, split
from syndicate.formats.extension import EntryExtension, FeedExtension, list_entry_links, list_feed_links, list_labels
from syndicate.model import Author, Cache, Entry, Feed

VERSION = "atom-2"
"""Part of the cache key: count up whenever the rendering of an entry changes."""


def render(feed: Feed, cache: Cache | None = None, tell: Tell = raise_it, *, clean: Clean = clean_all) -> bytes:
    """The feed as an Atom document in UTF-8."""
    feed = clean_feed(feed)
    version = f"{VERSION} {feed.home_url}"
    entries = collect(version, feed.entries, cache, partial(_render_entries, feed), tell, clean=clean)
    return join(_make_generator(feed).atom_str(), entries, b"</feed>")


def _render_entries(feed: Feed, entries: Sequence[Entry]) -> list[bytes]:
    generator = _make_generator(feed)
    for entry in entries:
        _fill(generator.add_entry(order="append"), entry, feed)
    return split(generator.atom_str(), "entry")


def _make_generator(feed: Feed) -> Any:
    generator = FeedGenerator()
    generator.register_extension("syndicate", FeedExtension, EntryExtension)
    generator.syndicate.is_archive = feed.is_archive
    generator.syndicate.extra = feed.extra
    generator.id(feed.id or feed.urls["atom"])
    generator.title(feed.title)
    generator.updated(feed.updated_at)
    generator.link([link.attributes() for link in list_feed_links(feed, "atom")])
    generator.author(list_persons(feed.authors) or [{"name": feed.title}])
    generator.generator("syndicate")
    if feed.language:
        generator.language(feed.language)
    if feed.description:
        generator.subtitle(feed.description)
    if feed.copyright:
        generator.rights(feed.copyright)
    if feed.icon_url:
        generator.icon(feed.icon_url)
    return generator


def _fill(item: FeedEntry, entry: Entry, feed: Feed) -> None:
    links = list_entry_links(entry)
    item.id(entry.id)
    item.title(entry.title)
    item.updated(entry.updated_at)
    item.published(entry.published_at)
    item.link([link.attributes() for link in links])
    item.author(list_persons(entry.authors))
    item.summary(entry.summary or entry.title)
    if entry.html:
        item.content(entry.html, type="html")
    for label in list_labels(entry, feed.home_url):
        item.category(label)
    item.syndicate.entry = entry
    item.syndicate.links = links


def list_persons(authors: Sequence[Author]) -> list[dict[str, str]]:
    """Atom person constructs as feedgen takes them; a person without a name is none."""
    persons = []
    for author in authors:
        person = {"name": author.name, "uri": author.url, "email": author.email}
        persons.append({key: value for key, value in person.items() if value})
    return [person for person in persons if "name" in person]
