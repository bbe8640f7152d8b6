"""What RSS and Atom say alike: links, labels, and what feedgen leaves out, by its own extension API (feedgen.ext.base).

feedgen 1.0 drops `rel`, `type` and `length` of Atom entry links, knows no hub or archive links in RSS, no
`media:description` and no `source:markdown`. Where a later version sets an attribute itself, setting it again to the
same value changes nothing.

Sources: RFC 4287 (links), RFC 5005 section 4 (fh:archive), WebSub section 4 (hub), Media RSS 1.5.1 (media:*),
Dublin Core elements 1.1 (dc:creator, dc:language), source.scripting.com (source:markdown).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import lxml.etree  # noqa: F401 - feedgen.util names it and relies on others to load it
from feedgen.util import xml_elem

from syndicate.model import EXTRA_NAMESPACES, FEED_FORMATS, Entry, Feed, Picture

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
