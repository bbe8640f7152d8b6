"""Names in addresses, as the programs that build sites make them of file names and titles.

Each function is one program's own rule, as its source has it.
"""

from __future__ import annotations

import re
import unicodedata

import regex

_HUGO_TITLE = regex.compile(r"[^\w\s./@#~-]")
_HUGO_DROPPED = regex.compile(r"[^\w\s./@#~+-]")
_JEKYLL_PRETTY = regex.compile(r"[^\p{M}\p{L}\p{Nd}._~!$&'()+,;=@]+")
_JEKYLL_DEFAULT = regex.compile(r"[^\p{M}\p{L}\p{Nd}]+")
_GITHUB_DROPPED = regex.compile(r"[^\p{M}\p{L}\p{N}\p{Pc}\- ]")
_SPELT = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "oe", "ı": "i"})


def name_title(title: str) -> str:
    """A title as Hugo's `:title` writes it: signs are dropped, gaps become hyphens."""
    return _join(_HUGO_TITLE.sub("", title.lower()))


def name_slug(slug: str) -> str:
    """A declared slug as Hugo writes it."""
    return _join(_HUGO_DROPPED.sub("", slug.lower()))


def name_file(stem: str) -> str:
    """A file or folder name as Hugo writes it: each space a hyphen, then signs are dropped."""
    return _HUGO_DROPPED.sub("", stem.lower().replace(" ", "-"))


def _join(kept: str) -> str:
    return re.sub(r"\s+", "-", re.sub(r"(?<=-)\s+|\s+(?=-)", "", kept.strip()))


def name_pretty(text: str) -> str:
    """As Jekyll's `:title`: capitals and the signs of addresses stay."""
    return re.sub(r"^-|-$", "", _JEKYLL_PRETTY.sub("-", text))


def name_plain(text: str) -> str:
    """As Jekyll's `:slug`: small letters and digits."""
    return re.sub(r"^-|-$", "", _JEKYLL_DEFAULT.sub("-", text)).lower()


def name_github(text: str) -> str:
    """As Astro and GitHub name headings: signs are dropped, each space becomes a hyphen."""
    return _GITHUB_DROPPED.sub("", text.lower()).replace(" ", "-")


def name_ascii(text: str) -> str:
    """As Zola and Eleventy's `slugify`: accents go, everything else that is no letter or digit is a hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", _without_accents(text)).strip("-")


def name_pelican(text: str) -> str:
    """As Pelican: accents and signs go, gaps become hyphens."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", _without_accents(text)).strip())


def _without_accents(text: str) -> str:
    """Letters of other scripts stay as they are: what they would be spelt like is a table of its own."""
    spread = unicodedata.normalize("NFKD", text.lower().translate(_SPELT))
    return unicodedata.normalize("NFC", "".join(letter for letter in spread if not unicodedata.combining(letter)))
