"""Web addresses in a text, whatever their host: a page or an escaper must not break one that no network counts."""

from __future__ import annotations

import re

from syndicate.text.links import Link

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CLOSING = ".,;:!?'”’»…"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def find_addresses(text: str) -> tuple[Link, ...]:
    """Everything that begins with http:// or https://, without the punctuation of the sentence around it."""
    return tuple(_trim(found) for found in _ADDRESS.finditer(text))


def _trim(found: re.Match[str]) -> Link:
    url = found.group()
    while url[-1] in _CLOSING or _closes_nothing(url):
        url = url[:-1]
    return Link(found.start(), found.start() + len(url), url)


def _closes_nothing(url: str) -> bool:
    opening = _PAIRS.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)
