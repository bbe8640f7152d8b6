"""How much of a document an entry takes, without rendering it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from syndicate.model import Entry

FRAME = 6_000
"""Bytes kept free for a document's head: names, links, hubs, description."""
ENTRY = 1_000
"""Bytes kept free for one entry's dates and the tags around its texts."""
_FRAME_OF_NAME = '<category term="" scheme="" label=""/>'
"""The most that stands around a short text."""


def choose_fitting(entries: Sequence[Entry], max_bytes: int) -> tuple[Entry, ...]:
    """The longest run of newest entries whose documents stay within `max_bytes` in every format.

    There is always one entry: where the newest alone is too heavy, it goes out with its summary only.
    """
    chosen: list[Entry] = []
    left = max_bytes - FRAME
    for entry in entries:
        left -= weigh(entry)
        if left < 0:
            return tuple(chosen) or (replace(entry, html="", markdown="", digest=f"{entry.digest}-short"),)
        chosen.append(entry)
    return tuple(chosen)


def weigh(entry: Entry) -> int:
    """An upper bound of the entry's bytes in RSS, Atom and JSON."""
    texts = (entry.title, entry.summary, entry.html, entry.markdown)
    return ENTRY + sum(map(_weigh_text, texts)) + sum(map(_weigh_name, _list_names(entry)))


def _list_names(entry: Entry) -> Iterator[str]:
    """Everything short, as often as a format says it; a category's type becomes part of an address."""
    yield from (entry.id, entry.url, entry.url, entry.external_url, entry.generated_by, *entry.tags)
    for author in entry.authors:
        yield from (author.name, author.url, author.email)
    for category in entry.categories:
        yield from (category.name, quote(category.type, errors="replace"), f"{entry.url}{_FRAME_OF_NAME}")
    for file in entry.enclosures:
        yield from (file.url, file.media_type, file.title)
    if entry.card is not None:
        yield entry.card.url
    if entry.picture is not None:
        yield from (entry.picture.url, entry.picture.url, entry.picture.alt, entry.picture.alt)
    if entry.picture is not None and entry.picture.credit is not None:
        yield from (entry.picture.credit.text, entry.picture.credit.url)


def _weigh_name(text: str) -> int:
    return len(_FRAME_OF_NAME) + _weigh_text(text) + 5 * text.count('"') + 2 * text.count(" ")


def _weigh_text(text: str) -> int:
    """UTF-8 plus what escaping adds: & becomes &amp;, < and > four bytes; quotes and line ends cost one in JSON."""
    in_utf8 = len(text.encode("utf-8", "replace"))
    in_xml = 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")
    in_json = text.count('"') + text.count("\\") + text.count("\n")
    return in_utf8 + max(in_xml, in_json)
