"""The key of a card: SHA-256 over everything that shapes its picture. Equal keys, equal bytes: no need to draw."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import astuple

from PIL import __version__ as pillow_version

from syndicate.cards.content import CardContent
from syndicate.model import CardRules

SHIPPED = ("cover", "side", "split", "framed", "emblem", "band", "type", "poster", "quote")

DRAWN_BY = f"cards-4 pillow-{pillow_version} zlib-{zlib.ZLIB_RUNTIME_VERSION}"
"""Raised whenever our own drawing changes, so that a new release draws all cards anew, once."""

ONLY_JPEG = "only jpeg"
"""A format beside those of the settings: flat cards as JPEG too, for networks that take nothing else."""

_ENDS_AS_OURS = re.compile(r"\.(?:\d+x\d+|[0-9a-f]{10})_*\Z", re.IGNORECASE)
_ENDINGS: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg"}


def list_layout_names(rules: CardRules) -> tuple[str, ...]:
    """Names of the layout files a site needs: ours, and its own."""
    own = () if rules.layout in {"auto", *SHIPPED} else (rules.layout,)
    return SHIPPED + own


def digest_design(rules: CardRules, files: Mapping[str, str], logo: bytes = b"", logo_dark: bytes = b"") -> str:
    """What identifies a site's design, without parsing it: its rules, its layout files and its logo."""
    parts = [rules.layout, rules.theme, rules.font, rules.accent, rules.format, str(rules.max_bytes)]
    parts += [f"{name}={text}" for name, text in sorted(files.items())]
    return hashlib.sha256("\x1e".join(parts).encode() + b"\x1e" + logo + b"\x1e" + logo_dark).hexdigest()


def card_key(
    content: CardContent,
    *,
    design_digest: str,
    fonts_digest: str,
    picture: str,
    size: tuple[int, int],
) -> str:
    """The key as hex. `picture` is what identifies the photo's bytes (their digest), "" for none."""
    words = "\x1f".join(map(str, astuple(content)))
    parts = (DRAWN_BY, words, design_digest, fonts_digest, picture, f"{size[0]}x{size[1]}")
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()


def card_paths(slug: str, data: bytes, media_type: str, suffix: str = "") -> tuple[str, str]:
    """Two paths below the publish root: one that changes with the bytes, one that never changes.

    Networks cache pictures by address for weeks, so a link always names the first. `suffix` tells sizes apart
    ("1080x1080"), "" for the main one. A slug that ends as such names do gets a "_" behind it, and one more where it
    ends in that already, so that no two slugs ever share a name.
    """
    name = f"{slug}_" if _ENDS_AS_OURS.search(slug) else slug
    name = f"{name}.{suffix}" if suffix else name
    return path_by_digest(name, data, _ENDINGS[media_type]), f"cards/{name}.{_ENDINGS[media_type]}"


def path_by_digest(name: str, data: bytes, ending: str) -> str:
    """The path of a card that names its own bytes; `name` is that of the path which never changes."""
    return f"cards/{name}.{hashlib.sha256(data).hexdigest()[:10]}.{ending}"
