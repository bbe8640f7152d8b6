"""Cuts a text into stretches of one script (UAX 24): what a shaper and a fallback font need to know."""

from __future__ import annotations

import uharfbuzz as hb

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
