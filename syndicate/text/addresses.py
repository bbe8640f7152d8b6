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
    url = trim_address(found.group(), _CLOSING)
    return Link(found.start(), found.start() + len(url), url)


def trim_address(url: str, closing: str) -> str:
    """The address without the sentence's signs behind it, and without brackets that close what it does not open."""
    end, surplus = len(url), {sign: url.count(sign) - url.count(_PAIRS[sign]) for sign in _PAIRS}
    while end:
        sign = url[end - 1]
        if surplus.get(sign, 0) > 0:
            surplus[sign] -= 1
        elif sign not in closing:
            break
        end -= 1
    return url[:end]
