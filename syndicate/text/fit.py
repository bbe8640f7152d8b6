"""Texts made to fit a limit: shortened, or split into parts, never through a link, hashtag, mention or grapheme."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from syndicate.text.graphemes import split_graphemes
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_addresses

Fits = Callable[[str], bool]
ELLIPSIS = "…"

# A full stop after one or two letters ("e.g.", "Dr.") or before a small letter ends no sentence.
_SENTENCE = re.compile(
    r"(?:(?<!\b\w)(?<!\b\w\w)\.|[!?…])+[\"'”’)\]]*(?=\s+[^\sa-z]|\s*\Z)|[。！？]+[」』）”]*|\S(?=\n\s*\n)"
)
_WORD = re.compile(r"\S+")
# Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese: words that no space parts.
_DENSE = re.compile("[\u0e00-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff01-\uff9f\U0001f000-\U0003ffff]")
_LOOSE = ' \t\n,;:\u2013\u2014-([{"\u201c\u2018'
# A beginning that ends with a sentence is worth this much of the room.
_SENTENCE_SHARE = 0.6


def fit(text: str, fits: Fits) -> str:
    """The text itself where it fits, else its longest good beginning, with an ellipsis unless a sentence ends there.

    `fits` says whether the network would take a text; whoever takes a text must take its beginnings. "" where
    nothing of the text fits.
    """
    if fits(text):
        return text
    pieces = _Pieces(text)
    for cuts in (pieces.list_cuts(_between_words), pieces.list_cuts(_anywhere)):
        last = _count_fitting(cuts, lambda cut: fits(pieces.end_at(cut)))
        found = _first(reversed(cuts[:last]), lambda cut: pieces.is_honest(cut) and fits(pieces.end_at(cut)))
        if found is not None:
            return pieces.end_at(_prefer_sentence(cuts, found, pieces, fits))
    return ""


def split(text: str, fits: Callable[[str, int], bool]) -> tuple[str, ...]:
    """The text in parts, `fits(part, number)` saying whether a part (numbered from 1) is short enough.

    Parts end at a paragraph, a sentence or a word, in scripts without spaces at a character. A piece that cannot be
    divided (a link longer than the limit) stays whole; who calls must ask `fits` once more.
    """
    parts: list[str] = []
    rest = text.strip()
    while rest and not fits(rest, len(parts) + 1):
        cut = _split_point(rest, len(parts) + 1, fits)
        if cut >= len(rest):
            break
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return (*parts, rest) if rest else tuple(parts)


def _split_point(text: str, number: int, fits: Callable[[str, int], bool]) -> int:
    pieces = _Pieces(text)
    for cuts in (pieces.list_cuts(_between_words), pieces.list_cuts(_anywhere)):
        last = _count_fitting(cuts, lambda cut: fits(text[:cut], number))
        if good := [cut for cut in cuts[:last] if pieces.is_honest(cut)]:
            sentences = [cut for cut in good if cut in pieces.sentences and cut >= good[-1] * _SENTENCE_SHARE]
            return sentences[-1] if sentences else good[-1]
    return next(iter(pieces.list_cuts(_between_words)), len(text))


@dataclass(slots=True)
class _Pieces:
    """A text with what must stay whole in it."""

    text: str
    whole: list[tuple[int, int]] = field(init=False)
    sentences: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self.whole = sorted(_find_whole(self.text))
        self.sentences = frozenset(match.end() for match in _SENTENCE.finditer(self.text))

    def list_cuts(self, places: Callable[[str], Iterator[int]]) -> list[int]:
        """Where the text may end, in order: these places, none inside something whole."""
        return sorted({at for at in places(self.text) if not self._is_inside(at)})

    def end_at(self, cut: int) -> str:
        """The beginning up to the cut, as a reader should see it."""
        if cut in self.sentences:
            return self.text[:cut]
        end = cut
        while end and self.text[end - 1] in _LOOSE and not any(first < end <= last for first, last in self.whole):
            end -= 1
        is_after_whole = any(end == last for _, last in self.whole)
        return self.text[:end] + (" " if is_after_whole else "") + ELLIPSIS if end else ""

    def is_honest(self, cut: int) -> bool:
        """Whether no new link, hashtag or mention appears where the text now ends."""
        shown = self.end_at(cut)
        return bool(shown) and all(span in self.whole for span in _find_whole(shown))

    def _is_inside(self, at: int) -> bool:
        index = bisect_right(self.whole, (at, -1)) - 1
        return index >= 0 and self.whole[index][0] < at < self.whole[index][1]


def _find_whole(text: str) -> list[tuple[int, int]]:
    links = [(link.start, link.end) for link in find_addresses(text)]
    return links + [(tag.start, tag.end) for tag in (*find_hashtags(text), *find_mentions(text))]


def _between_words(text: str) -> Iterator[int]:
    """The ends of words; inside words of scripts without spaces every grapheme ends."""
    for word in _WORD.finditer(text):
        if _DENSE.search(word.group()):
            yield from (word.start() + at for at in _dense_ends(word.group()))
        yield word.end()


def _dense_ends(word: str) -> Iterator[int]:
    at, before = 0, ""
    for grapheme in split_graphemes(word):
        if before and (_DENSE.match(before) or _DENSE.match(grapheme)):
            yield at
        at, before = at + len(grapheme), grapheme


def _anywhere(text: str) -> Iterator[int]:
    """The end of every grapheme, for words that are longer than the limit."""
    at = 0
    for grapheme in split_graphemes(text):
        at += len(grapheme)
        if not grapheme.isspace():
            yield at


def _count_fitting(cuts: Sequence[int], fits: Callable[[int], bool]) -> int:
    """How many cuts from the first on fit, by halving."""
    low, high = 0, len(cuts)
    while low < high:
        middle = (low + high) // 2
        if fits(cuts[middle]):
            low = middle + 1
        else:
            high = middle
    return low


def _first(cuts: Iterator[int], is_good: Callable[[int], bool]) -> int | None:
    return next((cut for cut in cuts if is_good(cut)), None)


def _prefer_sentence(cuts: Sequence[int], found: int, pieces: _Pieces, fits: Fits) -> int:
    """The last sentence that ends not too far before the cut that was found, else that cut."""
    ends = [cut for cut in cuts if found * _SENTENCE_SHARE <= cut <= found and cut in pieces.sentences]
    good = _first(reversed(ends), lambda cut: pieces.is_honest(cut) and fits(pieces.end_at(cut)))
    return found if good is None else good
