"""User-perceived characters: extended grapheme clusters of Unicode Annex 29."""

from __future__ import annotations

import re

# Characters that never join a neighbour: nearly every text of Latin, Greek, Cyrillic or plain CJK is made of them,
# so that the full rules are needed only for the rest. No CR (it joins LF), no combining marks, no joiners.
_LONERS = "\n\t\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u203b\u20a0-\u20bf"
_PLAIN = re.compile(f"[{_LONERS}\u3001-\u3020\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uff01-\uff60]*")


def split_graphemes(text: str) -> list[str]:
    """The text as its grapheme clusters; joined again they are the text."""
    if _PLAIN.fullmatch(text):
        return list(text)
    from pyuegc import EGC  # type: ignore[import-untyped]  # noqa: PLC0415 - a large table, needed by few texts

    return list(EGC(text))


def count_graphemes(text: str) -> int:
    """How many grapheme clusters the text has."""
    return len(text) if _PLAIN.fullmatch(text) else len(split_graphemes(text))


def cut(text: str, limit: int, *, ellipsis: str = "…") -> str:
    """At most `limit` graphemes of the text, ended at a word and with `ellipsis` where something was left out."""
    if count_graphemes(text) <= limit:
        return text
    room = limit - count_graphemes(ellipsis)
    if room <= 0:
        return ""
    graphemes = split_graphemes(text)
    kept = "".join(graphemes[:room])
    if not graphemes[room].isspace() and (space := kept.rfind(" ")) >= len(kept) // 2:
        kept = kept[:space]
    return kept.rstrip(" \n,;:–—-") + ellipsis
