"""The key of a card: SHA-256 over everything that shapes its picture. Equal keys, equal bytes: no need to draw."""

from __future__ import annotations

import hashlib
from dataclasses import astuple

from PIL import __version__ as pillow_version

from syndicate.cards.content import CardContent
from syndicate.cards.design import Design

DRAWN_BY = f"cards-1 pillow-{pillow_version}"
"""Raised whenever our own drawing changes, so that a new release draws all cards anew, once."""


def card_key(content: CardContent, *, design: Design, fonts_digest: str, picture: str, size: tuple[int, int]) -> str:
    """The key as hex. `picture` is what identifies the photo's bytes (their digest), "" for none."""
    words = "\x1f".join(map(str, astuple(content)))
    parts = (DRAWN_BY, words, design.digest, fonts_digest, picture, f"{size[0]}x{size[1]}")
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()


def card_paths(slug: str, data: bytes, media_type: str, suffix: str = "") -> tuple[str, str]:
    """Two paths below the publish root: one that changes with the bytes, one that never changes.

    Networks cache pictures by address for weeks, so a link always names the first. `suffix` tells sizes apart
    ("1080x1080"), "" for the main one.
    """
    ending = {"image/png": "png", "image/jpeg": "jpg"}[media_type]
    digest = hashlib.sha256(data).hexdigest()[:10]
    name = f"{slug}.{suffix}" if suffix else slug
    return f"cards/{name}.{digest}.{ending}", f"cards/{name}.{ending}"
