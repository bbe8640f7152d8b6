"""How much of a document an entry takes, without rendering it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syndicate.model import Entry

FRAME = 6_000
"""Bytes kept free for a document's head: names, links, hubs, description."""
ENTRY = 3_000
"""Bytes kept free for one entry's tags, dates and addresses."""


def choose_fitting(entries: Sequence[Entry], max_bytes: int) -> tuple[Entry, ...]:
    """The longest run of newest entries whose documents stay within `max_bytes` in every format.

    There is always one entry: where the newest alone is too heavy, it goes out with its summary only.
    """
    chosen: list[Entry] = []
    left = max_bytes - FRAME
    for entry in entries:
        left -= weigh(entry)
        if left < 0:
            break
        chosen.append(entry)
    if not chosen and entries:
        first = entries[0]
        return (replace(first, html="", markdown="", digest=f"{first.digest}-short"),)
    return tuple(chosen)


def weigh(entry: Entry) -> int:
    """An upper bound of the entry's bytes in RSS, Atom and JSON."""
    texts = (entry.title, entry.summary, entry.html, entry.markdown)
    return ENTRY + sum(map(_weigh_text, texts)) + 200 * (len(entry.tags) + len(entry.categories) + len(entry.authors))


def _weigh_text(text: str) -> int:
    """UTF-8 plus what escaping adds: & becomes &amp;, < and > four bytes; quotes and line ends cost one in JSON."""
    in_utf8 = len(text.encode("utf-8", "replace"))
    in_xml = 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")
    in_json = text.count('"') + text.count("\\") + text.count("\n")
    return in_utf8 + max(in_xml, in_json)
