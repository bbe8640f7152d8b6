"""Where words and phrases end in scripts that write no spaces: a question the edge answers with trained models."""

from __future__ import annotations

from typing import Protocol

import regex

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
