"""Web addresses in a text, whatever their host: a page or an escaper must not break one that no network counts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from syndicate.text.links import Link

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[\s<>\"\\^`{|}\x00-\x20\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What stands in no web address: white space, quotes, brackets, controls, marks that turn the direction of writing."""
_LONGEST_ADDRESS = 2000
_CLOSING = ".,;:!?'”’»…"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def find_addresses(text: str) -> tuple[Link, ...]:
    """Everything that begins with http:// or https://, without the punctuation of the sentence around it."""
    return tuple(_trim(found) for found in _ADDRESS.finditer(text))


def keep_web_address(url: str) -> str:
    """The address where it is one of the web that may be shown and followed, else ""."""
    try:
        parts = urlsplit(url.strip())
        is_plain = not _NO_ADDRESS.search(url.strip()) and "@" not in parts.netloc and len(url) <= _LONGEST_ADDRESS
        is_web = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return url.strip() if is_plain and is_web else ""


def _trim(found: re.Match[str]) -> Link:
    url = found.group()
    while url[-1] in _CLOSING or _closes_nothing(url):
        url = url[:-1]
    return Link(found.start(), found.start() + len(url), url)


def _closes_nothing(url: str) -> bool:
    opening = _PAIRS.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)
