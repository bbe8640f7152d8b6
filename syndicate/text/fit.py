"""Texts made to fit a limit: shortened, or split into parts, never through a link, hashtag, mention or grapheme."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from syndicate.text.counting import split_graphemes
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_addresses, join_spans

Fits = Callable[[str], bool]
ELLIPSIS = "…"

# Signs that end a sentence, with the quotes and brackets that close behind them.
_SIGNS = re.compile(r"(?P<wide>[。！？]++[」』）”]*+)|(?P<signs>[.!?…]++)[\"'”’)\]]*+|\S(?=\n)")
# A full stop after one or two letters ("e.g.", "Dr.") or before a small letter ends no sentence.
_ABBREVIATED = re.compile(r"\b\w{1,2}\Z")
_CONTINUED = re.compile(r"\s+[a-z]|\S")
_PARAGRAPH = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\S+")
# Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese: words that no space parts.
_DENSE = re.compile("[\u0e00-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff01-\uff9f\U0001f000-\U0003ffff]")
_LOOSE = ' \t\n,;:\u2013\u2014-([{"\u201c\u2018'
_GAP = re.compile(r"\s\S")
_REACH = 2_000
"""Characters from what does not fit to the next gap: more than any address has."""
_PATIENCE = 32
# A beginning that ends with a sentence is worth this much of the room.
_SENTENCE_SHARE = 0.6


def fit(text: str, fits: Fits) -> str:
    """The text itself where it fits, else its longest good beginning, with an ellipsis unless a sentence ends there.

    `fits` says whether the network would take a text; whoever takes a text must take its beginnings. "" where
    nothing of the text fits.
    """
    if fits(text):
        return text
    pieces = _Pieces(_reach(text, 0, fits))
    for places in (_between_words, _anywhere):
        cuts = pieces.list_cuts(places, lambda cut: fits(pieces.end_at(cut)))
        best = _find_end(cuts, pieces, lambda cut: pieces.is_honest(shown := pieces.end_at(cut)) and fits(shown))
        if best is not None:
            return pieces.end_at(best)
    return ""


def split(text: str, fits: Callable[[str, int], bool]) -> tuple[str, ...]:
    """The text in parts, `fits(part, number)` saying whether a part (numbered from 1) is short enough.

    Parts end at a paragraph, a sentence or a word, in scripts without spaces at a character. A piece that cannot be
    divided (a link longer than the limit) stays whole; who calls must ask `fits` once more.
    """
    parts: list[str] = []
    text, at = text.strip(), 0
    while at < len(text):
        number = len(parts) + 1

        def takes(part: str, number: int = number) -> bool:
            return fits(part, number)

        piece = _reach(text, at, takes)
        cut = len(piece) if at + len(piece) == len(text) and takes(piece) else _split_point(piece, takes)
        parts.append(piece[:cut].rstrip())
        at += cut
        while at < len(text) and text[at].isspace():
            at += 1
    return tuple(parts)


def _split_point(text: str, fits: Fits) -> int:
    pieces = _Pieces(text)
    for places in (_between_words, _anywhere):
        cuts = pieces.list_cuts(places, lambda cut: fits(text[:cut]))
        best = _find_end(cuts, pieces, lambda cut: pieces.is_honest(text[:cut]))
        if best is not None:
            return best
    return next(iter(pieces.list_cuts(_between_words, lambda _: True)), len(text))


def _reach(text: str, at: int, fits: Fits) -> str:
    """The text from here on as far as its end must be looked for: past what fits, and on to the next gap."""
    size = 250
    while at + size < len(text) and fits(text[at : at + size]):
        size *= 2
    gap = _GAP.search(text, at + size, at + size + _REACH)
    return text[at : gap.end() if gap else at + size + _REACH]


@dataclass(slots=True)
class _Pieces:
    """A text with what must stay whole in it."""

    text: str
    whole: frozenset[tuple[int, int]] = field(init=False)
    sentences: frozenset[int] = field(init=False)
    _covered: list[tuple[int, int]] = field(init=False)
    """Where something whole stands, in order, overlapping spans made one."""

    def __post_init__(self) -> None:
        self.whole = frozenset(_find_whole(self.text))
        self.sentences = frozenset(_find_sentences(self.text))
        self._covered = join_spans(self.whole)

    def list_cuts(self, places: Callable[[str], Iterator[int]], fits: Callable[[int], bool]) -> list[int]:
        """Where the text may end, in order: those of these places that fit, none inside something whole."""
        cuts = sorted({at for at in places(self.text) if not self._is_inside(at)})
        return cuts[: _count_fitting(cuts, fits)]

    def end_at(self, cut: int) -> str:
        """The beginning up to the cut, as a reader should see it."""
        if cut in self.sentences:
            return self.text[:cut]
        floor = self._end_before(cut)
        end = cut
        while end > floor and self.text[end - 1] in _LOOSE:
            end -= 1
        return self.text[:end] + (" " if end == floor else "") + ELLIPSIS if end else ""

    def is_honest(self, shown: str) -> bool:
        """Whether no new link, hashtag or mention appears where a beginning of the text now ends."""
        return bool(shown) and all(span in self.whole for span in _find_whole(shown))

    def _is_inside(self, at: int) -> bool:
        index = bisect_right(self._covered, (at, -1)) - 1
        return index >= 0 and self._covered[index][0] < at < self._covered[index][1]

    def _end_before(self, cut: int) -> int:
        """The end of the last thing that stands whole before the cut, 0 where there is none."""
        index = bisect_right(self._covered, (cut, -1)) - 1
        return self._covered[index][1] if index >= 0 else 0


def _find_sentences(text: str) -> Iterator[int]:
    """Where sentences and paragraphs end."""
    for found in _SIGNS.finditer(text):
        signs, end = found["signs"], found.end()
        is_short = signs == "." and _ABBREVIATED.search(text, max(found.start() - 3, 0), found.start())
        is_end = bool(signs) and not is_short and not _CONTINUED.match(text, end)
        is_end = is_end or bool(found["wide"]) or _PARAGRAPH.match(text, end) is not None
        if is_end:
            yield end


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


def _find_end(cuts: Sequence[int], pieces: _Pieces, is_good: Callable[[int], bool]) -> int | None:
    """The last good cut, or the last sentence that ends not too far before it."""
    found = _find_last(cuts, is_good)
    if found is None:
        return None
    ends = [cut for cut in cuts if found * _SENTENCE_SHARE <= cut <= found and cut in pieces.sentences]
    sentence = _find_last(ends, is_good)
    return found if sentence is None else sentence


def _find_last(cuts: Sequence[int], is_good: Callable[[int], bool]) -> int | None:
    """The last good one; after many bad ones the steps back grow, for each look reads the whole beginning."""
    at, step, tries = len(cuts) - 1, 1, 0
    while at >= 0:
        if is_good(cuts[at]):
            return cuts[at]
        tries += 1
        step = step * 2 if tries > _PATIENCE else 1
        at -= step
    return None
