"""Markdown whose addresses lead to the author's site, for networks that show it on pages of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import pyromark

from syndicate.text.markdown import DIALECT

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
        return address if urlsplit(address).scheme else urljoin(base_url, address)
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
