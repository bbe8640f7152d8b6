"""How long a text is, by the rule of whoever counts, and texts made to fit."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from syndicate.text import normalize
from syndicate.text.links import find_addresses, find_links, find_web_links, join_spans

# --- User-perceived characters: extended grapheme clusters of Unicode Annex 29 ---

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


# --- emoji sequences: what counts as one picture ---

# Extended_Pictographic of Unicode's emoji-data.txt, with the unassigned places of its blocks.
_PICTURE = (
    "\xa9\xae\u2122\u265f\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab"
    "\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u265e\u2660-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716"
    "\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a"
    "\U0001f23c-\U0001f23f\U0001f249-\U0001f53d\U0001f546-\U0001f64f\U0001f680-\U0001f6ff\U0001f774-\U0001f77f"
    "\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f\U0001f848-\U0001f84f\U0001f85a-\U0001f85f\U0001f888-\U0001f88f"
    "\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff\U0001fc00-\U0001fffd"
)
_SKIN = "[\U0001f3fb-\U0001f3ff]?"
_V = "\ufe0f?"  # the variation selector that asks for a picture
_J = "\u200d"  # the joiner
_ELEMENT = rf"[{_PICTURE}](?!\ufe0e){_SKIN}{_V}"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_REGION = "\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"

_PERSON, _CHILD = "[\U0001f468\U0001f469\U0001f9d1]", "[\U0001f466\U0001f467\U0001f9d2]"
_HEART, _KISS, _ARROW = f"\u2764{_V}", "\U0001f48b", f"{_J}\u27a1{_V}"
_SOMEONE = f"{_PERSON}{_SKIN}"
_WORK = (
    "[\U0001f33e\U0001f373\U0001f37c\U0001f393\U0001f3a4\U0001f3a8\U0001f3eb\U0001f3ed\U0001f4bb\U0001f4bc\U0001f527\U0001f52c"
    "\U0001f680\U0001f692\U0001f384\U0001f9b0-\U0001f9b3]"
)
_KIND = (
    "[\u26f9\U0001f3c3\U0001f3c4\U0001f3ca-\U0001f3cc\U0001f46e-\U0001f471\U0001f473\U0001f477\U0001f481\U0001f482\U0001f486"
    "\U0001f487\U0001f575\U0001f645-\U0001f647\U0001f64b\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f926\U0001f935"
    "\U0001f937-\U0001f939\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf\U0001f9d4\U0001f9d6-\U0001f9df]"
)
_JOINED = (
    rf"{_SOMEONE}{_J}(?:[\u2695\u2696\u2708]{_V}|{_WORK}|[\U0001f9af\U0001f9bc\U0001f9bd](?:{_ARROW})?)",  # at work
    rf"{_SOMEONE}{_J}(?:{_HEART}{_J}(?:{_KISS}{_J})?|\U0001f91d{_J}){_SOMEONE}",  # two people
    rf"(?:{_PERSON}{_J})?{_PERSON}{_J}{_CHILD}(?:{_J}{_CHILD})?",  # families
    rf"{_KIND}{_SKIN}{_V}{_J}[\u2640\u2642]{_V}(?:{_ARROW})?",  # a woman or man of this kind
    rf"[\U0001f3c3\U0001f6b6\U0001f9ce]{_SKIN}{_ARROW}",  # to the right
    rf"\U0001faf1{_SKIN}{_J}\U0001faf2{_SKIN}",  # handshake
    rf"\U0001f3f3{_V}{_J}(?:\U0001f308|\u26a7{_V})|\U0001f3f4{_J}\u2620{_V}",  # rainbow, transgender, pirate flag
    rf"\U0001f441{_V}{_J}\U0001f5e8{_V}|{_HEART}{_J}[\U0001f525\U0001fa79]|\u26d3{_V}{_J}\U0001f4a5",
    rf"\U0001f62e{_J}\U0001f4a8|\U0001f635{_J}\U0001f4ab|\U0001f636{_J}\U0001f32b{_V}|\U0001f642{_J}[\u2194\u2195]{_V}",
    rf"\U0001f415{_J}\U0001f9ba|\U0001f408{_J}\u2b1b|\U0001f43b{_J}\u2744{_V}|\U0001f426{_J}(?:\u2b1b|\U0001f525)",
    rf"\U0001f34b{_J}\U0001f7e9|\U0001f344{_J}\U0001f7eb",
)

KNOWN_EMOJI = re.compile("|".join([_KEYCAP, _FLAG, _REGION, *_JOINED, _ELEMENT]))
"""Matches one emoji of Unicode's list (emoji-test.txt). Joined sequences that nobody draws match piece by piece."""

ANY_EMOJI = re.compile(rf"{_KEYCAP}|{_FLAG}|{_REGION}|{_ELEMENT}(?:{_J}{_ELEMENT})*")
"""Matches one emoji sequence, drawn by anybody or not."""


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


# --- length as X counts it: twitter-text configuration v3 ---

LINK = 23
_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")


def count_weighted(text: str, *, per_link: int = LINK) -> int:
    """Weighted length; X takes up to 280."""
    text = normalize("NFC", text)
    total = at = 0
    for link in find_links(text):
        total += _weigh(text[at : link.start]) + per_link
        at = link.end
    return total + _weigh(text[at:])


def _weigh(text: str) -> int:
    if text.isascii():
        return len(text)
    text, pictures = KNOWN_EMOJI.subn("", text)
    return 2 * pictures + 2 * len(text) - len(_LIGHT.findall(text))


# --- Texts made to fit a limit: shortened, or split into parts, never through a link, hashtag, mention or grapheme ---

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
    from syndicate.text.hashtags import find_hashtags, find_mentions  # noqa: PLC0415 - `regex`, which few runs need

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
