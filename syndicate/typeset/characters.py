"""Characters as Unicode sees them: clusters (UAX 29), emoji (UTS 51), scripts (UAX 24), directions (UAX 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

import regex
import uharfbuzz as hb

from syndicate.text.counting import split_graphemes
from syndicate.typeset.levels import (
    ISOLATES,
    assign_levels,
    find_brackets,
    find_first_strong,
    find_sequences,
    resolve_sequence,
)

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


# --- properties, from the `regex` package: its Unicode is newer than Python's ---

Classify = Callable[[str], list[str]]


def make_classifier(prop: str, values: str, default: str) -> Classify:
    """A function from a text to the value of `prop` for each character; `default` for values not named.

    Name frequent values first: they are tried in order.
    """
    groups = "|".join(rf"(?P<{value}>\p{{{prop}={value}}})" for value in values.split())
    pattern = regex.compile(groups)

    def classify(text: str) -> list[str]:
        known = {char: _value(pattern.match(char)) or default for char in set(text)}
        return [known[char] for char in text]

    return classify


def _value(match: regex.Match[str] | None) -> str:
    return (match.lastgroup or "") if match else ""


# --- stretches of one script (UAX 24), as a shaper and a fallback font need them ---

COMMON = "Zyyy"
_PAIRS = {")": "(", "]": "[", "}": "{", "»": "«", "›": "‹", "”": "“", "’": "‘", "」": "「", "』": "『", "）": "（"}
_OPENING = frozenset(_PAIRS.values())


def find_scripts(text: str) -> list[str]:
    """The script (ISO 15924) of every character; marks, spaces and punctuation take that of what they follow.

    A closing bracket takes the script of its opening one. What stands before the first letter takes the first
    letter's script; a text without letters is all "Zyyy".
    """
    if text.isascii():
        return ["Latn" if any(char.isalpha() for char in text) else COMMON] * len(text)
    own = _own_scripts(text)
    current = next((script for script in own if script), COMMON)
    opened: list[tuple[str, str]] = []
    result = []
    for char, script in zip(text, own, strict=True):
        if script:
            current = script
        elif char in _OPENING:
            opened.append((char, current))
        elif char in _PAIRS:
            current = _script_of_opening(opened, _PAIRS[char]) or current
        result.append(current)
    return result


def _own_scripts(text: str) -> list[str]:
    """Each character's own script, empty where it is common or inherited."""
    known = {char: _script_of(char) for char in set(text)}
    return [known[char] for char in text]


def _script_of(char: str) -> str:
    buffer = hb.Buffer()
    buffer.add_str(char)
    buffer.guess_segment_properties()
    return buffer.script or ""


def _script_of_opening(opened: list[tuple[str, str]], opening: str) -> str:
    while opened:
        char, script = opened.pop()
        if char == opening:
            return script
    return ""


# --- what Chinese and Japanese typesetting asks for ---

# --- where words and phrases end in scripts that write no spaces ---

_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HAN = regex.compile(r"\p{Han}")
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


class Phrases(Protocol):
    """Cuts a text into phrases. Models: "ja", "zh-hans", "zh-hant", "th"."""

    def split(self, text: str, model: str) -> list[str]:
        """The phrases of a text in order; joined they are the text. [text] where there is no such model."""


class NoPhrases:
    """Knows no words: lines break wherever the rules allow."""

    def split(self, text: str, model: str) -> list[str]:  # noqa: ARG002 - the shape of Phrases
        """The whole text as one phrase."""
        return [text]


def choose_model(text: str, language: str) -> str:
    """The model for a text with Chinese characters or kana, by its language, else by its letters; "" for others."""
    if not _HAN.search(text) and not _KANA.search(text):
        return ""
    primary, *rest = language.lower().replace("_", "-").split("-")
    if primary == "ja" or (primary != "zh" and _KANA.search(text)):
        return "ja"
    return "zh-hant" if _TRADITIONAL.intersection(rest) else "zh-hans"


CJK = frozenset({"Hani", "Hira", "Kana", "Hang", "Bopo"})
GAP = 0.125
"""Room between an ideograph and a Latin letter or digit, in em (CSS Text 4, `text-autospace`)."""

_TAGS = {"ja": "ja", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}
_OPENING_BRACKETS = "「『（【〔〖〘〈《［｛｟"
_CLOSING = "」』）】〕〗〙〉》］｝｠、。，．"
_TIGHT = regex.compile(
    rf"[{_CLOSING}](?=[{_OPENING_BRACKETS}{_CLOSING}])|(?<=[{_OPENING_BRACKETS}])[{_OPENING_BRACKETS}]"
)
_IDEOGRAPH, _LETTER = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]", r"[\p{Latin}\p{Greek}\p{Cyrillic}0-9]"
_MEETING = regex.compile(rf"(?<={_IDEOGRAPH})(?={_LETTER})|(?<={_LETTER})(?={_IDEOGRAPH})")


@dataclass(frozen=True, slots=True)
class Spacing:
    """Which full-width signs are set at half width, and before which characters there is a gap; indices."""

    halves: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()

    def at_line_start(self, text: str, index: int) -> Spacing:
        """The same where `index` begins a line: an opening bracket stands at the edge, a gap is left out."""
        halves = self.halves | {index} if text[index : index + 1] in _OPENING_BRACKETS else self.halves
        return replace(self, halves=halves, gaps=self.gaps - {index})


def choose_language(script: str, text: str, language: str) -> str:
    """The language whose letter forms a stretch takes: that of the text, or what its letters tell.

    A post in English may quote Chinese: with English forms alone the font would show Japanese ones.
    """
    if script not in CJK or language.lower()[:2] in {"ja", "zh", "ko"}:
        return language
    return "ko" if script == "Hang" else _TAGS.get(choose_model(text, language), language)


def find_spacing(text: str, language: str) -> Spacing:
    """Where a text's brackets stand too far apart and its words too close (CSS Text 4, `text-spacing-trim`).

    Traditional Chinese sets commas and full stops in the middle of their square: nothing is cut there.
    """
    model = choose_model(text, language)
    if not model:
        return Spacing()
    halves = frozenset() if model == "zh-hant" else frozenset(match.start() for match in _TIGHT.finditer(text))
    return Spacing(halves, frozenset(match.start() for match in _MEETING.finditer(text)))


# --- The bidirectional algorithm (UAX 9, Unicode 17): which way each character runs ---
# No library for Python returns levels and passes the conformance data: python-bidi gives a reordered string only.
# First levels at the ends of lines, and the order of drawing (L1, L2).

_HANGING = ISOLATES | {"WS", "PDI"}


def reset_spaces(kinds: Sequence[str], levels: Sequence[int], removed: frozenset[int], base: int) -> list[int]:
    """L1: separators, and spaces before them or at the end, lie at the paragraph's level.

    Removed characters follow the level of what stands before them, so that they cut no run.
    """
    result = list(levels)
    hangs = True
    for place in range(len(kinds) - 1, -1, -1):
        kind = kinds[place]
        if kind in {"B", "S"}:
            hangs = True
        elif kind not in _HANGING and place not in removed:
            hangs = False
        if hangs:
            result[place] = base
    for place in sorted(removed):
        result[place] = result[place - 1] if place else base
    return result


def reorder(levels: Sequence[int]) -> list[int]:
    """L2: indices from left to right, for runs or characters at these levels."""
    order = list(range(len(levels)))
    lowest_odd = min((level for level in levels if level % 2), default=0)
    for level in range(max(levels, default=0), lowest_odd - 1, -1) if lowest_odd else ():
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order


_RIGHTWARD = regex.compile(r"[\p{bc=R}\p{bc=AL}\p{bc=AN}\p{bc=RLE}\p{bc=RLO}\p{bc=RLI}\p{bc=LRE}\p{bc=LRO}]")
_NAMES = "L WS ON R AL EN NSM CS ES ET AN B S BN LRE LRO RLE RLO PDF LRI RLI FSI PDI"

Brackets = dict[int, tuple[str, bool]]
"""By position: a name both brackets of a pair share, and whether this is the opening one."""

classify = make_classifier("bc", _NAMES, "L")
"""The Bidi_Class of every character of a text."""


def base_level(text: str) -> int:
    """The paragraph level by the first strong character (P2, P3): 0 for left to right, 1 for right to left."""
    return find_first_strong(classify(text)) if _RIGHTWARD.search(text) else 0


def resolve_levels(text: str, base: int) -> list[int]:
    """The embedding level of every character; each line of the text is a paragraph at level `base`.

    Odd levels run from right to left. Characters rule X9 removes get the level of what stands before them.
    """
    if base == 0 and _RIGHTWARD.search(text) is None:
        return [0] * len(text)
    levels: list[int] = []
    for paragraph in _split_paragraphs(text):
        levels += resolve_classes(classify(paragraph), base, find_brackets(paragraph))
    return levels


def resolve_classes(kinds: list[str], base: int, brackets: Brackets) -> list[int]:
    """As `resolve_levels` for one paragraph given by its Bidi_Class values."""
    levels, current, removed = assign_levels(kinds, base)
    for sequence in find_sequences(kinds, levels, removed, base):
        resolve_sequence(sequence, current, levels, kinds, brackets)
    return reset_spaces(kinds, levels, removed, base)


def _split_paragraphs(text: str) -> list[str]:
    parts, start = [], 0
    for end, kind in enumerate(classify(text), start=1):
        if kind == "B" or end == len(text):
            parts.append(text[start:end])
            start = end
    return parts
