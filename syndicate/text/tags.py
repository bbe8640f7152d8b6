"""What a page says of itself in `<link>` and `<meta>`, in time that grows with its length, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

_TAG = re.compile(r"<(link|meta)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")


def read_head_tags(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The link and meta tags with their attributes; of two equal attributes the first one counts."""
    shown = _without(_without(_without(text, "<!--", "-->"), "<script", "</script"), "<style", "</style")
    for tag in _TAG.finditer(shown):
        given: dict[str, str] = {}
        for one in _ATTRIBUTE.finditer(tag[2]):
            given.setdefault(one[1].lower(), unescape(one[2] or one[3] or one[4] or "").strip())
        yield tag[1].lower(), given


def _without(text: str, start: str, end: str) -> str:
    """The text without everything from each `start` to the `end` after it; without an end up to its own."""
    lower, kept, at = text.lower(), list[str](), 0
    if len(lower) != len(text):  # a few letters grow when they become small
        lower = text
    while (found := lower.find(start, at)) >= 0:
        kept.append(text[at:found])
        at = lower.find(end, found + len(start))
        if at < 0:
            return "".join(kept)
        at += len(end)
    return "".join((*kept, text[at:]))
