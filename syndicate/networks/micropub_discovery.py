"""Where a site takes Micropub requests: its Link header, else the first <link rel="micropub"> of its page. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from syndicate.errors import ConfigError
from syndicate.http import Response

_HEADER_LINK = re.compile(r"<([^>]*)>\s*((?:;\s*[^,;]+)*)")
_REL = re.compile(r';\s*rel\s*=\s*"?([^";]+)"?', re.IGNORECASE)


def find_endpoint(page: Response) -> str:
    """The address, absolute. Raises ConfigError where the page names none."""
    found = _in_header(page.headers.get("link", "")) or _in_page(page.text)
    if not found:
        hint = 'it needs <link rel="micropub" href="…">; or set `endpoint` yourself'
        raise ConfigError("the page names no Micropub address", where=page.url, hint=hint)
    return urljoin(page.url, found)


def _in_header(header: str) -> str:
    for address, parameters in _HEADER_LINK.findall(header):
        rel = _REL.search(parameters)
        if rel and "micropub" in rel[1].split():
            return str(address)
    return ""


def _in_page(markup: str) -> str:
    finder = _Finder()
    finder.feed(markup)
    return finder.found


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "link" and "micropub" in named.get("rel", "").split() and not self.found:
            self.found = named.get("href", "")
