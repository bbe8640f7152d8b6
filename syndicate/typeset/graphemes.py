"""Where user-perceived characters end, and which of them are emoji."""

from __future__ import annotations

from itertools import accumulate

import regex

from syndicate.text.graphemes import split_graphemes

_EMOJI = regex.compile(
    r"""
    [^\uFE0E]* (?:
        \p{Emoji_Presentation} [^\uFE0E]*      # drawn in colour unless a text selector follows
      | \p{Emoji} [^\uFE0E]* \uFE0F [^\uFE0E]* # asked for in colour: a heart, a keycap
      | \p{Extended_Pictographic} \u200D .*    # a sequence joined by ZWJ
      | [0-9#*] \u20E3                         # a keycap without its selector
    )
    """,
    regex.VERBOSE | regex.DOTALL,
)
_MAYBE_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\uFE0F\u20E3]")


def split_clusters(text: str) -> list[int]:
    """Ends of the extended grapheme clusters of a text (UAX 29), ascending; the last is its length."""
    return list(accumulate(map(len, split_graphemes(text))))


def is_emoji(cluster: str) -> bool:
    """Whether a cluster asks for emoji presentation (UTS 51, section 4)."""
    return _EMOJI.fullmatch(cluster) is not None


def has_emoji(text: str) -> bool:
    """Whether any cluster could be an emoji: a cheap question asked once per text."""
    return _MAYBE_EMOJI.search(text) is not None
