"""The last gate before a feed: characters that XML 1.0 forbids or that no interchange should carry."""

from __future__ import annotations

import re

# XML 1.0, production 2 (Char), without the C1 controls and noncharacters it merely discourages (section 2.2).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)


def clean(text: str) -> str:
    """The text without forbidden characters, line ends as LF (XML parsers would make them so anyway)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", text)


def clean_line(text: str) -> str:
    """The same on one line: titles, names, addresses."""
    return " ".join(clean(text).split())
