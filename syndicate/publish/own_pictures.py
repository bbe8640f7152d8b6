"""A post's own picture as a file that every network takes: made where a person wants it to go with a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from syndicate.cards import card_paths
from syndicate.model import OWN_PICTURE, Artefact, Identified, fingerprint
from syndicate.pictures import FoundPicture
from syndicate.publish.card_jobs import Card

if TYPE_CHECKING:
    from syndicate.cards.photo import Photo

# ruff: noqa: PLC0415 - Pillow is slow to load, and few messages carry one

_LONGEST = 1600
"""Pixels of the longer side: no network shows more."""
_JPEG = "image/jpeg"

Decode = Callable[[bytes, tuple[int, int]], "Photo"]


def tell_own(picture: FoundPicture, max_bytes: int) -> str:
    """What the file is made of: an equal one needs no second thought."""
    return fingerprint(OWN_PICTURE, picture.digest, max_bytes, _LONGEST)


def make_own(
    one: Identified, picture: FoundPicture, data: bytes, *, decode: Decode, max_bytes: int
) -> tuple[Card, tuple[Artefact, ...]]:
    """The whole picture, upright, as a JPEG of at most `max_bytes`, under two names as cards have them.

    Raises PhotoRefused for what is not a picture.
    """
    from syndicate.cards.draw import encode_jpeg
    from syndicate.cards.pixels import to_srgb

    asked = _fit(picture.facts.width, picture.facts.height)
    photo = decode(data, asked)
    size = _fit(photo.width, photo.height)
    image = photo.image if photo.image.size == size else photo.image.resize(size, reducing_gap=2.0)
    encoded = encode_jpeg(to_srgb(image, photo.profile), max_bytes)
    path, stable = card_paths(one.post.slug, encoded, _JPEG, OWN_PICTURE)
    made_of = tell_own(picture, max_bytes)
    card = Card(
        post_id=one.id,
        slug=one.post.slug,
        frame=OWN_PICTURE,
        fingerprint=made_of,
        key=made_of,
        path=path,
        media_type=_JPEG,
        width=size[0],
        height=size[1],
        length=len(encoded),
        alt=one.post.picture.alt if one.post.picture else "",
    )
    return card, tuple(Artefact(name, _JPEG, encoded) for name in (path, stable))


def _fit(width: int, height: int) -> tuple[int, int]:
    """The same proportions within the longest side; never larger than it is."""
    scale = min(1.0, _LONGEST / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))
