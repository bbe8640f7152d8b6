"""Counting, cutting, repairing and rendering text. Pure.

Here: characters that no reader can see and that break feeds (controls, noncharacters, half surrogates).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# XML 1.0, section 2.2, allows none of these; Unicode chapter 23 keeps noncharacters for internal use.
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_OTHERS = r"\ud800-\udfff\ufdd0-\ufdef\ufeff" + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17))
_BROKEN = re.compile(f"[{_CONTROLS}{_OTHERS}]")
_C1 = re.compile("[\x80-\x9f]")
# What could move a terminal's cursor, forge a line of a log or turn a text around, besides what is broken anyway.
_TRICKS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069" + _OTHERS + "]")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# The same as UTF-8, for a test that is 40 times faster than the pattern: most texts pass it.
_CONTROL_BYTES = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\r")
_OTHER_BYTES = (b"\xef\xb7", b"\xef\xbb\xbf", b"\xbf\xbe", b"\xbf\xbf")
_SURROGATE_BYTES = re.compile(b"\xed[\xa0-\xbf]")
_C1_BYTES = re.compile(b"\xc2[\x80-\x9f]")


_MOST_MARKS = 30
"""More than any language sets on one letter (Unicode Standard Annex 15, section 13)."""
# What may be a run of marks: no letters, spaces or Latin signs; the last two become marks in NFKC and NFKD.
_MAYBE_MARKS = re.compile(f"(?:[^\\w\\s\0-\u02ff]|[\uff9e\uff9f]){{{_MOST_MARKS + 1},}}")


def normalize(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """The text in a Unicode form. Marks beyond 30 on one letter are dropped: to sort them takes quadratic time."""
    if text.isascii() or unicodedata.is_normalized(form, text):
        return text
    return unicodedata.normalize(form, _MAYBE_MARKS.sub(_thin, text))  # noqa: TID251 - the one place


def _thin(found: re.Match[str]) -> str:
    kept, marks = list[str](), 0
    for sign in found[0]:
        is_mark = unicodedata.category(sign).startswith("M") or sign in "\uff9e\uff9f"
        marks = marks + 1 if is_mark else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def drop_broken(text: str) -> str:
    """The text with `\\n` line ends and without broken characters, but with C1 controls.

    C1 controls (U+0080 to U+009F) are what is left of doubly encoded text, so the mend still needs them.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BROKEN.sub("", text) if _may_be_broken(text) else text


def clean_text(text: str) -> str:
    """The text in Unicode form NFC, without any broken or control character but tab and line feed."""
    return normalize("NFC", drop_controls(text))


def drop_controls(text: str) -> str:
    """The text with `\\n` line ends, without any broken or control character but tab and line feed."""
    if text.isprintable():
        return text
    text = drop_broken(text)
    return text if text.isascii() or not _C1_BYTES.search(text.encode()) else _C1.sub("", text)


_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters of Hangul and of Braille that leave their place empty."""


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing of it: spaces, zero-width signs, marks without a letter."""
    return all(unicodedata.category(sign) in _UNSEEN or sign in _FILLERS for sign in text)


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def plain_line(text: str) -> str:
    """What a stranger said, as one line: without controls, without marks that turn the direction of writing."""
    return text if text.isprintable() and "  " not in text else one_line(_TRICKS.sub("", one_line(text)))


def escape_controls(text: str) -> str:
    """The text with what could steer a terminal, forge a line or turn the direction of writing shown as `\\u001b`.

    Line feed and tab stay. It is also how JSON writes these characters, so JSON stays JSON.
    """
    return text if text.isprintable() else _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _may_be_broken(text: str) -> bool:
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _CONTROL_BYTES)) != len(data):
        return True
    if text.isascii():
        return False
    return any(sign in data for sign in _OTHER_BYTES) or _SURROGATE_BYTES.search(data) is not None
