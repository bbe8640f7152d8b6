"""Texts made to fit a limit: shortened, or split into parts, never through a link, hashtag, mention or grapheme."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from syndicate.text.graphemes import split_graphemes
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_links

Fits = Callable[[str], bool]
ELLIPSIS = "…"

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|\Z)|[。！？]+[」』）]*|\n(?=\n)")
_TRAILING = ' \t\n,;:–—-([{"“‘'
# A sentence end is worth giving up this much of the room.
_SENTENCE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place where a text may end."""

    at: int
    is_sentence: bool = False


def fit(text: str, fits: Fits) -> str:
    """The text itself where it fits, else the longest good beginning with an ellipsis (none after a sentence).

    `fits` says whether the network would take a text; it must take every beginning of what it takes. "" where
    nothing of the text fits.
    """
    if fits(text):
        return text
    cuts = _find_cuts(text)
    last = _last_fitting(text, cuts, fits)
    for index in range(last, -1, -1):
        shortened = _end_at(text, cuts[index])
        if shortened and fits(shortened) and _is_honest(text, shortened):
            return _prefer_sentence(text, cuts[: index + 1], shortened, fits)
    return ""


def split(text: str, fits: Callable[[str, int], bool]) -> tuple[str, ...]:
    """The text in parts, `fits(part, number)` saying whether a part (from 1) is short enough.

    Parts end at a paragraph, sentence, word or, in scripts without spaces, a character. A piece that fits nowhere
    (a link longer than the limit) is kept whole; the caller sees it by asking `fits` again.
    """
    parts: list[str] = []
    rest = text.strip()
    while rest and not fits(rest, len(parts) + 1):
        number = len(parts) + 1
        cuts = _find_cuts(rest)
        last = _last_fitting(rest, cuts, lambda part, n=number: fits(part, n), ending="")  # type: ignore[misc]
        cut = _best_split(cuts[: last + 1]) or cuts[0]
        part = rest[: cut.at].strip()
        if not part:
            break
        parts.append(part)
        rest = rest[cut.at :].strip()
    return (*parts, rest) if rest else tuple(parts)


def _best_split(cuts: list[_Cut]) -> _Cut | None:
    if not cuts:
        return None
    good = [cut for cut in cuts if cut.is_sentence and cut.at >= cuts[-1].at * _SENTENCE_SHARE]
    return good[-1] if good else cuts[-1]


def _last_fitting(text: str, cuts: list[_Cut], fits: Fits, *, ending: str = ELLIPSIS) -> int:
    """Index of the last cut that fits, by halving: a longer beginning never counts less."""
    low, high = 0, len(cuts)
    while low < high:
        middle = (low + high) // 2
        if fits(text[: cuts[middle].at].rstrip(_TRAILING) + ending):
            low = middle + 1
        else:
            high = middle
    return low - 1


def _end_at(text: str, cut: _Cut) -> str:
    beginning = text[: cut.at].rstrip(_TRAILING)
    return beginning + ("" if cut.is_sentence or not beginning else ELLIPSIS)


def _prefer_sentence(text: str, cuts: list[_Cut], found: str, fits: Fits) -> str:
    for cut in reversed(cuts):
        if cut.at < cuts[-1].at * _SENTENCE_SHARE:
            return found
        shortened = _end_at(text, cut)
        if cut.is_sentence and fits(shortened) and _is_honest(text, shortened):
            return shortened
    return found


def _find_cuts(text: str) -> list[_Cut]:
    """Every place where the text may end, in order; none inside a link, hashtag or mention."""
    sentences = {match.end() for match in _SENTENCE_END.finditer(text)}
    whole = [
        (span.start, span.end)
        for spans in (find_links(text), find_hashtags(text), find_mentions(text))
        for span in spans
    ]
    cuts, at = [], 0
    graphemes = split_graphemes(text)
    for index, grapheme in enumerate(graphemes):
        at += len(grapheme)
        ahead = graphemes[index + 1] if index + 1 < len(graphemes) else " "
        if not any(start < at < end for start, end in whole) and _may_end(grapheme, ahead):
            cuts.append(_Cut(at, at in sentences))
    return cuts


def _may_end(grapheme: str, ahead: str) -> bool:
    """Words end before a space; scripts without spaces (and emoji) end anywhere."""
    return not grapheme.isspace() and (ahead.isspace() or _is_dense(grapheme) or _is_dense(ahead))


def _is_dense(grapheme: str) -> bool:
    return (
        grapheme[0] >= "\u0e00" and not "\u10a0" <= grapheme[0] <= "\u2fff" and not "\uac00" <= grapheme[0] <= "\ud7a3"
    )


def _is_honest(text: str, shortened: str) -> bool:
    """Whether what reads as link, hashtag or mention in the shortened text was one in the text."""
    for find in (find_links, find_hashtags, find_mentions):
        whole = {(span.start, span.end) for span in find(text)}
        if any((span.start, span.end) not in whole for span in find(shortened)):
            return False
    return True
