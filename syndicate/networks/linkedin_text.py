"""LinkedIn's "little text format", in which a post's text is written. Pure.

An unescaped bracket makes LinkedIn drop the rest of the text without an error, so everything that could mean
something is escaped, except hashtags, which shall mean something, and links, which work as they are.
"""

from __future__ import annotations

import re

from syndicate.text.addresses import find_addresses
from syndicate.text.hashtags import find_hashtags

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_BRACKETS = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "{": "%7B", "}": "%7D"})


def escape(text: str) -> str:
    """Any text as commentary."""
    kept = [(link.start, link.end, link.url.translate(_BRACKETS)) for link in find_addresses(text)]
    tags = (tag for tag in find_hashtags(text) if not any(start <= tag.start < end for start, end, _ in kept))
    kept += [(tag.start, tag.end, "#" + _escape_plain(tag.name)) for tag in tags]
    parts, at = [], 0
    for start, end, written in sorted(kept):
        parts += [_escape_plain(text[at:start]), written]
        at = end
    return "".join((*parts, _escape_plain(text[at:])))


def _escape_plain(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)
