"""How long a text is, by the rule of whoever counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from syndicate.text.emoji import ANY_EMOJI
from syndicate.text.graphemes import count_graphemes
from syndicate.text.links import find_web_links
from syndicate.text.weighted import LINK, count_weighted

_REMOTE_MENTION = re.compile(r"(?<![=/\w])(@(?=\w)[\w.-]++(?<=\w))@[\w.-]+\w", re.ASCII)


class Counter(StrEnum):
    """The counting rules networks use. docs: the limits section of each network."""

    GRAPHEMES = "graphemes"  # extended grapheme clusters (UAX 29)
    CODEPOINTS = "codepoints"
    UTF16 = "utf16"  # UTF-16 code units
    WEIGHTED = "weighted"  # twitter-text configuration v3
    MASTODON = "mastodon"  # graphemes, links at a fixed price, remote mentions without host
    THREADS = "threads"  # code points, emoji by their UTF-8 bytes


def count(text: str, counter: Counter, *, per_link: int | None = None) -> int:
    """Length of `text` under `counter`; `per_link` is the fixed price of a link where there is one.

    Without a price a link counts as it stands, except under WEIGHTED, where it is 23 always.
    """
    if counter is Counter.WEIGHTED:
        return count_weighted(text, per_link=LINK if per_link is None else per_link)
    measure = _MEASURES[counter]
    if per_link is None:
        return measure(text)
    links = find_web_links(text)
    return measure(_without(text, [(link.start, link.end) for link in links])) + per_link * len(links)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with the spans left out."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


def _count_utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _count_mastodon(text: str) -> int:
    return count_graphemes(_REMOTE_MENTION.sub(r"\1", text) if "@" in text else text)


def _count_threads(text: str) -> int:
    pictures = [] if text.isascii() else ANY_EMOJI.findall(text)
    return len(text) + sum(len(picture.encode()) - len(picture) for picture in pictures)


_MEASURES: Mapping[Counter, Callable[[str], int]] = {
    Counter.GRAPHEMES: count_graphemes,
    Counter.CODEPOINTS: len,
    Counter.UTF16: _count_utf16,
    Counter.MASTODON: _count_mastodon,
    Counter.THREADS: _count_threads,
}
