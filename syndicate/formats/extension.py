"""What feedgen leaves out, added through its own extension API (feedgen.ext.base).

feedgen 1.0 drops `rel`, `type` and `length` of Atom entry links, knows no hub or archive links in RSS, no
`media:description` and no `source:markdown`. Where a later version sets an attribute itself, setting it again to the
same value changes nothing.

Sources: RFC 4287 (links), RFC 5005 section 4 (fh:archive), WebSub section 4 (hub), Media RSS 1.5.1 (media:*),
Dublin Core elements 1.1 (dc:creator, dc:language), source.scripting.com (source:markdown).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import lxml.etree  # noqa: F401 - feedgen.util names it and relies on others to load it
from feedgen.util import xml_elem

from syndicate.formats.clean import clean, clean_language, clean_line, clean_title, clean_url, to_utc
from syndicate.formats.links import Link
from syndicate.model import Entry, Picture

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


class FeedExtension:
    """The head of a document: `links` are those that RSS needs beside `self`."""

    def __init__(self) -> None:
        self.links: Sequence[Link] = ()
        self.is_archive = False

    def extend_ns(self) -> Mapping[str, str]:
        return {prefix: uri for prefix, uri in NAMESPACES.items() if prefix != "atom"}

    def extend_rss(self, root: Element) -> None:
        channel = root[0]
        for link in self.links:
            if link.rel not in {"self", "alternate"}:
                _add(channel, "atom:link", attributes=link.attributes())
        self._mark(channel)

    def extend_atom(self, root: Element) -> None:
        self._mark(root)

    def _mark(self, parent: Element) -> None:
        if self.is_archive:
            _add(parent, "fh:archive")


class EntryExtension:
    """One entry: mends its Atom links and adds creators, pictures, language and source."""

    def __init__(self) -> None:
        self.entry: Entry
        self.links: Sequence[Link] = ()

    def extend_rss(self, item: Element) -> None:
        for name in filter(None, (clean_title(author.name) for author in self.entry.authors)):
            _add(item, "dc:creator", name)
        if clean_language(self.entry.language):
            _add(item, "dc:language", self.entry.language)
        if self.entry.updated_at != self.entry.published_at:
            _add(item, "atom:updated", to_utc(self.entry.updated_at).isoformat())
        for link in self.links:
            if link.rel == "related":
                _add(item, "atom:link", attributes=link.attributes())
        self._add_shared(item)

    def extend_atom(self, item: Element) -> None:
        if clean_language(self.entry.language):
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
            size = {"url": clean_url(card.url), "width": str(card.width), "height": str(card.height)}
            _add(item, "media:thumbnail", attributes=size)
        if self.entry.markdown:
            _add(item, "source:markdown", clean(self.entry.markdown))


def _add_picture(item: Element, entry: Entry, picture: Picture) -> None:
    facts = {
        "url": clean_url(picture.url),
        "fileSize": str(entry.picture_length or ""),
        "type": entry.picture_type,
        "medium": "image",
        "width": str(entry.picture_width or ""),
        "height": str(entry.picture_height or ""),
    }
    media = _add(item, "media:content", attributes={name: value for name, value in facts.items() if value})
    if picture.alt:
        _add(media, "media:description", clean_line(picture.alt), {"type": "plain"})
    if picture.credit is not None and picture.credit.text:
        _add(media, "media:credit", clean_line(picture.credit.text), {"role": "photographer"})


def _add(parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> Element:
    prefix, _, local = name.partition(":")
    element = xml_elem(f"{{{NAMESPACES[prefix]}}}{local}", parent)
    for key, value in (attributes or {}).items():
        element.set(key, value)
    if text:
        element.text = text
    return element
