"""RSS 2.0 and Atom 1.0 by feedgen, with what it leaves out added by its own extension API (feedgen.ext.base).

feedgen 1.0 drops `rel`, `type` and `length` of Atom entry links, knows no hub or archive links in RSS, no
`media:description` and no `source:markdown`. Where a later version sets an attribute itself, setting it again to the
same value changes nothing.

Sources: rssboard.org/rss-specification, RFC 4287 (Atom), RFC 5005 section 4 (fh:archive), WebSub section 4 (hub), Media
RSS 1.5.1 (media:*), Dublin Core elements 1.1 (dc:creator, dc:language), source.scripting.com (source:markdown).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote

import lxml.etree  # noqa: F401 - feedgen.util names it and relies on others to load it
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from syndicate.formats.assembly import Clean, Tell, clean_all, clean_feed, collect, join, raise_it, split
from syndicate.model import EXTRA_NAMESPACES, FEED_FORMATS, Author, Cache, Entry, Feed, Picture

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "source": "http://source.scripting.com/",
}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# An lxml element; lxml ships no types.
Element = Any


@dataclass(frozen=True, slots=True)
class Link:
    """An Atom link (RFC 4287 section 4.2.7); `length` in bytes, 0 where unknown."""

    rel: str
    href: str
    type: str = ""
    title: str = ""
    length: int = 0
    hreflang: str = ""

    def attributes(self) -> dict[str, str]:
        """The attributes that have a value."""
        length = str(self.length or "")
        kind = {"type": self.type, "hreflang": self.hreflang}
        pairs = {"href": self.href, "rel": self.rel, **kind, "title": self.title, "length": length}
        return {name: value for name, value in pairs.items() if value}


def list_feed_links(feed: Feed, form: str) -> tuple[Link, ...]:
    """All links of one document: self, hubs, archives, the other formats, and last the home page."""
    kind = FEED_FORMATS[form].media_type
    links = [Link("self", feed.urls[form], kind)]
    links += [Link("hub", hub) for hub in feed.hubs]
    for rel, urls in (("prev-archive", feed.previous), ("next-archive", feed.next), ("current", feed.current)):
        if form in urls:
            links.append(Link(rel, urls[form], kind))
    links += [Link("alternate", url, FEED_FORMATS[name].media_type) for name, url in feed.urls.items() if name != form]
    return (*links, Link("alternate", feed.home_url, "text/html"))


def list_entry_links(entry: Entry) -> tuple[Link, ...]:
    """The links of an entry in Atom: its page, its files, and what it is about."""
    links = [Link("alternate", entry.url, "text/html")]
    links += [Link("alternate", url, "text/html", hreflang=language) for language, url in entry.translations]
    links += [Link("enclosure", file.url, file.media_type, file.title, file.length) for file in entry.enclosures]
    if entry.external_url:
        links.append(Link("related", entry.external_url))
    return tuple(links)


# --- the categories of an entry for XML ---

# IPTC NewsCodes, Digital Source Type: the text was made by a trained model.
AI_SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI_TERM = "trainedAlgorithmicMedia"


def list_labels(entry: Entry, home_url: str) -> list[dict[str, str]]:
    """Atom categories as feedgen takes them: `term`, and where there is one `scheme` and `label`.

    The scheme of an author's own kind of category ("exact", "general") is an address of the site, so that equal
    words of two sites stay two schemes.
    """
    labels = []
    for category in entry.categories:
        scheme = {"scheme": f"{home_url}#{quote(category.type)}"} if category.type else {}
        labels.append({"term": category.name} | scheme)
    named = {category.name.casefold() for category in entry.categories}
    labels += [{"term": tag} for tag in entry.tags if tag.casefold() not in named]
    if entry.generated_by:
        label = f"Written with {entry.generated_by}"
        labels.append({"term": AI_TERM, "scheme": AI_SCHEME, "label": label})
    return [label for label in labels if label["term"]]


# --- what feedgen leaves out ---


class FeedExtension:
    """The head of a document: `links` are those that RSS needs beside `self`."""

    def __init__(self) -> None:
        self.links: Sequence[Link] = ()
        self.is_archive = False
        self.extra: Mapping[str, str | Mapping[str, str]] = {}

    def extend_ns(self) -> Mapping[str, str]:
        own = {name.partition(":")[0] for name in self.extra}
        more = {prefix: uri for prefix, uri in EXTRA_NAMESPACES.items() if prefix in own}
        return {prefix: uri for prefix, uri in NAMESPACES.items() if prefix != "atom"} | more

    def extend_rss(self, root: Element) -> None:
        channel = root[0]
        for link in self.links:
            if link.rel not in {"self", "alternate"}:
                _add(channel, "atom:link", attributes=link.attributes())
        self._mark(channel)
        self._add_extra(channel, "")

    def extend_atom(self, root: Element) -> None:
        self._mark(root)
        self._add_extra(root, NAMESPACES["atom"])

    def _add_extra(self, parent: Element, plain: str) -> None:
        """The site's own elements; `plain` is the namespace of those without a prefix."""
        for name, value in self.extra.items():
            prefix, _, local = name.rpartition(":")
            space = {**NAMESPACES, **EXTRA_NAMESPACES}[prefix] if prefix else plain
            element = xml_elem(f"{{{space}}}{local}" if space else local, parent)
            if isinstance(value, str):
                element.text = value
                continue
            for key, text in value.items():
                if prefix and key != "value":
                    element.set(key, text)
                elif prefix:
                    element.text = text
                else:
                    xml_elem(f"{{{space}}}{key}" if space else key, element).text = text

    def _mark(self, parent: Element) -> None:
        if self.is_archive:
            _add(parent, "fh:archive")


class EntryExtension:
    """One entry: mends its Atom links and adds creators, pictures, language and source."""

    def __init__(self) -> None:
        self.entry: Entry
        self.links: Sequence[Link] = ()

    def extend_rss(self, item: Element) -> None:
        for name in filter(None, (author.name for author in self.entry.authors)):
            _add(item, "dc:creator", name)
        if self.entry.language:
            _add(item, "dc:language", self.entry.language)
        if self.entry.updated_at != self.entry.published_at:
            _add(item, "atom:updated", self.entry.updated_at.isoformat())
        for link in self.links:
            if link.rel == "related":
                _add(item, "atom:link", attributes=link.attributes())
        self._add_shared(item)

    def extend_atom(self, item: Element) -> None:
        if self.entry.language:
            item.set(_XML_LANG, self.entry.language)
        elements = [child for child in item if child.tag.rpartition("}")[2] == "link"]
        for element, link in zip(elements, self.links, strict=True):
            for name, value in link.attributes().items():
                element.set(name, value)
        self._add_shared(item)

    def _add_shared(self, item: Element) -> None:
        if self.entry.picture is not None:
            _add_picture(item, self.entry, self.entry.picture)
        if self.entry.card is not None:
            card = self.entry.card
            size = {"url": card.url, "width": str(card.width), "height": str(card.height)}
            _add(item, "media:thumbnail", attributes=size)
        if self.entry.markdown:
            _add(item, "source:markdown", self.entry.markdown)


def _add_picture(item: Element, entry: Entry, picture: Picture) -> None:
    facts = {
        "url": picture.url,
        "fileSize": str(entry.picture_length or ""),
        "type": entry.picture_type,
        "medium": "image",
        "width": str(entry.picture_width or ""),
        "height": str(entry.picture_height or ""),
    }
    media = _add(item, "media:content", attributes={name: value for name, value in facts.items() if value})
    if picture.alt:
        _add(media, "media:description", picture.alt, {"type": "plain"})
    if picture.credit is not None and picture.credit.text:
        _add(media, "media:credit", picture.credit.text, {"role": "photographer"})


def _add(parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> Element:
    prefix, _, local = name.partition(":")
    element = xml_elem(f"{{{NAMESPACES[prefix]}}}{local}", parent)
    for key, value in (attributes or {}).items():
        element.set(key, value)
    if text:
        element.text = text
    return element


# --- the two formats ---


@dataclass(frozen=True, slots=True)
class XmlFormat:
    """What documents ask of a format, `VERSION` and `render`, and how feedgen is told of a feed and of an entry."""

    VERSION: str
    """Part of the cache key: count up whenever the rendering of an entry changes."""
    make: Callable[[Feed, Any], None]
    fill: Callable[[FeedEntry, Entry, Feed], None]
    write: Callable[[Any], bytes]
    element: str
    closing: bytes

    def render(
        self, feed: Feed, cache: Cache | None = None, tell: Tell = raise_it, *, clean: Clean = clean_all
    ) -> bytes:
        """The feed as a document in UTF-8."""
        feed = clean_feed(feed)
        version = f"{self.VERSION} {feed.home_url}"
        entries = collect(version, feed.entries, cache, partial(self._render_entries, feed), tell, clean=clean)
        return join(self.write(self._begin(feed)), entries, self.closing)

    def _render_entries(self, feed: Feed, entries: Sequence[Entry]) -> list[bytes]:
        generator = self._begin(feed)
        for entry in entries:
            item = generator.add_entry(order="append")
            item.syndicate.entry, item.syndicate.links = entry, list_entry_links(entry)
            self.fill(item, entry, feed)
        return split(self.write(generator), self.element)

    def _begin(self, feed: Feed) -> Any:
        generator = FeedGenerator()
        generator.register_extension("syndicate", FeedExtension, EntryExtension)
        generator.syndicate.is_archive = feed.is_archive
        generator.syndicate.extra = feed.extra
        generator.title(feed.title)
        generator.generator("syndicate")
        if feed.language:
            generator.language(feed.language)
        self.make(feed, generator)
        return generator


def _make_rss(feed: Feed, generator: Any) -> None:
    links = list_feed_links(feed, "rss")
    generator.syndicate.links = links
    generator.description(feed.description or feed.title)
    generator.link([link.attributes() for link in links])
    generator.lastBuildDate(feed.updated_at)
    generator.docs("https://www.rssboard.org/rss-specification")
    if feed.copyright:
        generator.copyright(feed.copyright)
    if feed.icon_url:
        generator.image(url=feed.icon_url, title=feed.title, link=feed.home_url)


def _fill_rss(item: FeedEntry, entry: Entry, feed: Feed) -> None:
    if not entry.is_note:
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


def _make_atom(feed: Feed, generator: Any) -> None:
    generator.id(feed.id or feed.urls["atom"])
    generator.updated(feed.updated_at)
    generator.link([link.attributes() for link in list_feed_links(feed, "atom")])
    generator.author(list_persons(feed.authors) or [{"name": feed.title}])
    if feed.description:
        generator.subtitle(feed.description)
    if feed.copyright:
        generator.rights(feed.copyright)
    if feed.icon_url:
        generator.icon(feed.icon_url)


def _fill_atom(item: FeedEntry, entry: Entry, feed: Feed) -> None:
    item.id(entry.id)
    item.title(entry.title)
    item.updated(entry.updated_at)
    item.published(entry.published_at)
    item.link([link.attributes() for link in item.syndicate.links])
    item.author(list_persons(entry.authors))
    item.summary(entry.summary or entry.title)
    if entry.html:
        item.content(entry.html, type="html")
    for label in list_labels(entry, feed.home_url):
        item.category(label)


def list_persons(authors: Sequence[Author]) -> list[dict[str, str]]:
    """Atom person constructs as feedgen takes them; a person without a name is none."""
    persons = []
    for author in authors:
        person = {"name": author.name, "uri": author.url, "email": author.email}
        persons.append({key: value for key, value in person.items() if value})
    return [person for person in persons if "name" in person]


RSS = XmlFormat("rss-2", _make_rss, _fill_rss, FeedGenerator.rss_str, "item", b"</channel></rss>")
ATOM = XmlFormat("atom-2", _make_atom, _fill_atom, FeedGenerator.atom_str, "entry", b"</feed>")
render_rss, render_atom = RSS.render, ATOM.render
