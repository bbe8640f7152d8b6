"""How long a text is, by the rule of whoever counts."""

from __future__ import annotations

from enum import StrEnum


class Counter(StrEnum):
    """The counting rules networks use. docs: the limits section of each network."""

    GRAPHEMES = "graphemes"  # extended grapheme clusters (UAX 29)
    CODEPOINTS = "codepoints"
    UTF16 = "utf16"  # UTF-16 code units
    WEIGHTED = "weighted"  # twitter-text configuration v3
    MASTODON = "mastodon"  # graphemes, links at a fixed price, remote mentions without host
    THREADS = "threads"  # code points, emoji by their UTF-8 bytes


def count(text: str, counter: Counter, *, per_link: int | None = None) -> int:
    """Length of `text` under `counter`; `per_link` is the fixed price of a link where there is one."""
    raise NotImplementedError
