"""Characters that no reader can see and that break feeds: controls, noncharacters, half surrogates."""

from __future__ import annotations

import re
import unicodedata

# XML 1.0, section 2.2, allows none of these; Unicode chapter 23 keeps noncharacters for internal use.
_BROKEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufeff" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17)
)
_BEFORE_REPAIR = re.compile(f"[{_BROKEN}]")
_ANYWHERE = re.compile(f"[{_BROKEN}\x80-\x9f]")


def drop_broken(text: str) -> str:
    """The text with `\\n` line ends and without broken characters, but with C1 controls.

    C1 controls (U+0080 to U+009F) are what is left of doubly encoded text, so the mend still needs them.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BEFORE_REPAIR.sub("", text)


def clean_text(text: str) -> str:
    """The text in Unicode form NFC, without any broken or control character but tab and line feed."""
    return unicodedata.normalize("NFC", _ANYWHERE.sub("", text))


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())
