"""What Chinese and Japanese typesetting asks for: regional letter forms, tight brackets, room beside Latin words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import regex

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
_OPENING = "「『（【〔〖〘〈《［｛｟"
_CLOSING = "」』）】〕〗〙〉》］｝｠、。，．"
_TIGHT = regex.compile(rf"[{_CLOSING}](?=[{_OPENING}{_CLOSING}])|(?<=[{_OPENING}])[{_OPENING}]")
_IDEOGRAPH, _LETTER = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]", r"[\p{Latin}\p{Greek}\p{Cyrillic}0-9]"
_MEETING = regex.compile(rf"(?<={_IDEOGRAPH})(?={_LETTER})|(?<={_LETTER})(?={_IDEOGRAPH})")


@dataclass(frozen=True, slots=True)
class Spacing:
    """Which full-width signs are set at half width, and before which characters there is a gap; indices."""

    halves: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()

    def at_line_start(self, text: str, index: int) -> Spacing:
        """The same where `index` begins a line: an opening bracket stands at the edge, a gap is left out."""
        halves = self.halves | {index} if text[index : index + 1] in _OPENING else self.halves
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
