"""Which folder a named feed lives in."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

_SPACES = re.compile(r"[\s_-]+")
_LOST = re.compile(r"[^\w-]+")
_MAX = 80
_MAX_BYTES = 240
"""File systems allow 255."""


def to_folder(name: str) -> str:
    """A folder name for a category, author or language: lower case, letters and digits of any script.

    Where signs get lost ("C++", "C#") or the name is long, eight digits of its digest keep folders apart, so that
    no other category decides what this one is called.
    """
    plain = _SPACES.sub("-", unicodedata.normalize("NFKC", name).casefold().strip())
    kept = _LOST.sub("-", plain).strip("-")[:_MAX]
    while len(kept.encode("utf-8", "replace")) > _MAX_BYTES:
        kept = kept[:-1]
    if kept == plain:
        return kept
    return f"{kept}-{sha256(name.casefold().encode('utf-8', 'replace')).hexdigest()[:8]}".lstrip("-")
