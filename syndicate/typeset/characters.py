"""Characters as Unicode sees them: clusters (UAX 29), emoji (UTS 51), properties and scripts (UAX 24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

import regex
import uharfbuzz as hb

from syndicate.text.counting import split_graphemes

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
