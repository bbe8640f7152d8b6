"""Markdown to safe HTML for feed readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urljoin

import pyromark
from pyromark import Options

from syndicate.text.links import split_address, trim_address
from syndicate.text.sanitising import sanitise

# --- what sanitising leaves empty ---

_SHELLS = (
    "p|div|span|section|article|aside|header|footer|nav|figure|figcaption|picture|ul|ol|li|dl|em|strong|b|i|u|s|a"
    "|h[1-6]|blockquote|details|summary|center|table|thead|tbody|tr|audio|small|sup|sub|mark|q|cite"
)
_EMPTY = re.compile(rf"<({_SHELLS})(?:\s[^<>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
_EMPTY_FILM = re.compile(r"<(video|iframe)(?![^<>]*\ssrc=)(?:\s[^<>]*)?>\s*</\1>")
_NO_SOURCE = re.compile(r"<img(?![^<>]*\ssrc(?:set)?=)(?:\s[^<>]*)?>")
_NO_ADDRESS = re.compile(r"<a(?![^<>]*\shref=)(?:\s[^<>]*)?>(.*?)</a>", re.DOTALL)
_MAX_SHELLS = 20
"""Empty shells in one another; each takes a walk through the text."""
_GAP = re.compile(r"\n{3,}")


def prune(markup: str) -> str:
    """Sanitised HTML without elements that show nothing, white space around it trimmed."""
    if "<img" in markup or "<a" in markup:
        markup = _NO_ADDRESS.sub(r"\1", _NO_SOURCE.sub("", markup))
    if "<video" in markup or "<iframe" in markup:
        markup = _EMPTY_FILM.sub("", markup)
    for _ in range(_MAX_SHELLS):
        if (pruned := _EMPTY.sub("", markup)) == markup:
            break
        markup = pruned
    if "\n\n\n" in markup and "<pre" not in markup:
        markup = _GAP.sub("\n\n", markup)
    return markup.strip()


_NOTE_MARK = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">(\d+)</a></sup>')
_NOTE = re.compile(r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">(\d+)</sup>')
_TASK = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n?')
_ALERT = re.compile(r'<blockquote class="markdown-alert-([a-z]+)">')
_BARE = re.compile(
    r"(<a\b.*?</a>|<pre\b.*?</pre>|<code\b.*?</code>|<[^<>]*>)"
    r"|(?<![\w/])(https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d{1,4})?(?![\w:@])"
    r"(?:[/?#](?:(?!&(?:quot|lt|gt|nbsp);)[^\s<>\"])*)?)",
    re.DOTALL,
)
_TRAILING = ".,;:!?'*_"


def render_html(markdown: str, base_url: str) -> str:
    """Safe HTML of a post whose page is `base_url` (absolute); raw HTML in the Markdown is made safe too.

    Links to a place in the page become `base_url#place`, so they work in a reader. Raises ContentError for
    hostile nesting.
    """
    return clean_html(_adapt(pyromark.html(markdown, options=DIALECT)), base_url)


def clean_html(markup: str, base_url: str) -> str:
    """Safe HTML of a text that is HTML already, as `render_html` makes it."""
    return link_addresses(prune(sanitise(markup, base_url)))


def _adapt(markup: str) -> str:
    """What pulldown-cmark writes for browsers with a style sheet, as readers without one can show it.

    Footnotes get the names that Hugo and kramdown give them, so the links lead somewhere on the site as well.
    """
    if "<sup" not in markup and "<input" not in markup and "markdown-alert" not in markup:
        return markup
    markup = _NOTE_MARK.sub(r'<sup id="fnref:\1"><a href="#fn:\1">\2</a></sup>', markup)
    markup = _NOTE.sub(r'<div id="fn:\1"><sup><a href="#fnref:\1">\2</a></sup>', markup)
    markup = _TASK.sub(lambda found: "☑ " if found[1] else "☐ ", markup)
    return _ALERT.sub(lambda found: f"<blockquote><p><strong>{found[1].title()}</strong></p>", markup)


def link_addresses(markup: str) -> str:
    """Bare http addresses in the text made links, as GitHub and Hugo do."""
    everywhere = markup.count("http://") + markup.count("https://")
    in_attributes = markup.count('="http://') + markup.count('="https://')
    return _BARE.sub(_link, markup) if everywhere > in_attributes else markup


def _link(found: re.Match[str]) -> str:
    address = found[2]
    if not address:
        return found[0]
    url = trim_address(address, _TRAILING)
    return f'<a href="{url}">{url}</a>{address[len(url) :]}'


# --- the Markdown that posts are written in: CommonMark and what GitHub, Hugo and kramdown add ---

# Left out on purpose: smart punctuation (it would change the author's quotes), math (a feed reader shows no
# formulas, and "$5/$10" would become one), wikilinks, super- and subscript ("~" and "^" are common in prose).
DIALECT: Final = (
    Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_DEFINITION_LIST
    | Options.ENABLE_GFM
)


# --- Markdown whose addresses lead to the author's site, for networks that show it on pages of their own ---

_ATTRIBUTE = re.compile(rb"""\b(?:src|href)\s*=\s*(["'])([^"']*)\1""", re.IGNORECASE)
Spot = tuple[int, int]
"""Where an address stands: its first byte, and the one behind its last."""


def make_absolute(markdown: str, base_url: str) -> str:
    """The Markdown with relative links and pictures made absolute; every other byte stays as it is."""
    raw = markdown.encode()
    for start, end in sorted(set(_find_addresses(markdown, raw)), reverse=True):
        raw = raw[:start] + _join(base_url, raw[start:end].decode()).encode() + raw[end:]
    return raw.decode()


def _join(base_url: str, address: str) -> str:
    try:
        return address if split_address(address).scheme else urljoin(base_url, address)
    except ValueError:
        return address


def _find_addresses(markdown: str, raw: bytes) -> Iterator[Spot]:
    """Addresses that are written otherwise than they read (with escapes) are left alone."""
    for event, place in pyromark.events_with_range(markdown, options=DIALECT):
        if isinstance(event, dict):
            yield from _find_in_event(event, raw, place["start"], place["end"])
    for definition in pyromark.reference_definitions(markdown, options=DIALECT).values():
        span = definition["span"]
        yield from _find_behind(b"]:", definition["dest"], raw, span["start"], span["end"])


def _find_in_event(event: Mapping[str, object], raw: bytes, start: int, end: int) -> Iterator[Spot]:
    if "Html" in event or "InlineHtml" in event:
        yield from ((start + found.start(2), start + found.end(2)) for found in _ATTRIBUTE.finditer(raw[start:end]))
    opened = event.get("Start")
    target = opened.get("Link") or opened.get("Image") if isinstance(opened, dict) else None
    if isinstance(target, dict) and target["link_type"] == "Inline":
        yield from _find_behind(b"](", target["dest_url"], raw, start, end)


def _find_behind(mark: bytes, address: str, raw: bytes, start: int, end: int) -> Iterator[Spot]:
    """The address behind the last mark: a picture inside a link has one of its own before it."""
    behind = raw.rfind(mark, start, end)
    found = raw.find(address.encode(), behind, end) if behind >= 0 and address else -1
    if found >= 0:
        yield found, found + len(address.encode())
