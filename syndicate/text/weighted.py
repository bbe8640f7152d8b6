"""Length as X counts it: twitter-text configuration v3.

Every link weighs 23, every emoji sequence 2, Latin and its neighbours 1, everything else 2, after NFC.
Source: the file v3.json of twitter-text, and its conformance data.
"""

from __future__ import annotations

import re
import unicodedata

from syndicate.text.emoji import KNOWN_EMOJI
from syndicate.text.links import find_links

LINK = 23
_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")


def count_weighted(text: str, *, per_link: int = LINK) -> int:
    """Weighted length; X takes up to 280."""
    return _count(text, per_link, KNOWN_EMOJI)


def count_weighted_plainly(text: str, *, per_link: int = LINK) -> int:
    """The older configuration v2, where an emoji counts by its code points."""
    return _count(text, per_link, None)


def _count(text: str, per_link: int, emoji: re.Pattern[str] | None) -> int:
    text = unicodedata.normalize("NFC", text)
    total = at = 0
    for link in find_links(text):
        total += _weigh(text[at : link.start], emoji) + per_link
        at = link.end
    return total + _weigh(text[at:], emoji)


def _weigh(text: str, emoji: re.Pattern[str] | None) -> int:
    if text.isascii():
        return len(text)
    total = 0
    if emoji:
        text, pictures = emoji.subn("", text)
        total = 2 * pictures
    return total + 2 * len(text) - len(_LIGHT.findall(text))
