"""A post's own pictures as files that every network takes: made where a person wants one to go with a message."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate.cards import card_paths
from syndicate.errors import FetchError, contain
from syndicate.model import (
    OWN_PICTURE,
    Artefact,
    CardRef,
    Identified,
    Picture,
    fingerprint,
    is_own_picture,
)
from syndicate.pictures import FoundPicture, find_pictures, read_picture
from syndicate.publish import Site
from syndicate.publish.card_renderer import CardRenderer
from syndicate.publish.manifest import Card, Manifest

if TYPE_CHECKING:
    from syndicate.cards.photo import Photo

# ruff: noqa: PLC0415 - Pillow is slow to load, and few messages carry one

_LONGEST = 1600
"""Pixels of the longer side: no network shows more."""
_JPEG = "image/jpeg"

log = logging.getLogger("syndicate")

Decode = Callable[[bytes, tuple[int, int]], "Photo"]


@dataclass(frozen=True, slots=True)
class OwnPictures:
    """Those that were wanted once. They lie beside the cards, and are kept as cards are: the frame is their name."""

    site: Site
    renderer: CardRenderer
    manifest: Manifest
    most: int
    """Bytes of a file."""

    def offer(self, one: Identified, media: str, now: datetime) -> CardRef:
        """The picture as a file that networks take; made where it is not there as it is now.

        Raises FetchError where there is none, or it cannot be read.
        """
        picture = self.site.list_pictures(one.post).get(media)
        if picture is None:
            raise FetchError("the post has no such picture of its own", where=one.post.slug)
        with self.renderer.decoder:
            return self._make(one, media, picture, now).make_ref(self.site.settings.site.feeds_url)

    def list_known(self, post_ids: Collection[str]) -> list[Card]:
        """Those of these posts."""
        cards = self.manifest.cards.values()
        return [card for card in cards if is_own_picture(card.frame) and card.post_id in post_ids]

    def renew(self, posts: Mapping[str, Identified], now: datetime) -> Iterator[Card]:
        """Those that are known, as they are now; one that its post has no more goes."""
        for card in self.list_known(posts.keys()):
            one, kept = posts[card.post_id], [card]
            with contain(lambda error: log.debug("a post's own picture", exc_info=error)):
                picture = self.site.list_pictures(one.post).get(card.frame)
                kept = [self._make(one, card.frame, picture, now)] if picture else []
            if not kept:
                self.manifest.forget_cards([card.name])  # its file stays a while, as replaced cards do
            yield from kept

    def _make(self, one: Identified, media: str, picture: Picture, now: datetime) -> Card:
        """Raises FetchError."""
        from syndicate.cards.photo import PhotoRefused

        decoder, http, cache = self.renderer.decoder, self.site.open_http(), self.site.cache
        found = find_pictures((picture,), http=http, cache=cache, now=now, describe=decoder.describe)[picture.url]
        known = self.manifest.find_card(one.id, media)
        if known and known.fingerprint == tell_own(found, self.most) and self.manifest.has_card(known):
            if known.alt != picture.alt:  # the same file; its author wrote another alt text
                known = replace(known, alt=picture.alt)
                self.manifest.renew_cards([known])
            return known
        data = read_picture(found, cache)
        if data is None:
            raise FetchError(f"the picture cannot be read: {found.reason or 'it is gone'}", where=one.post.slug)
        try:
            card, artefacts = make_own(one, media, picture, found, data, decode=decoder.decode, max_bytes=self.most)
        except PhotoRefused as error:
            raise FetchError(f"the picture cannot be used: {error}", where=one.post.slug) from error
        self.manifest.write(artefacts, [card])
        return card


def tell_own(picture: FoundPicture, max_bytes: int) -> str:
    """What the file is made of: an equal one needs no second thought."""
    return fingerprint(OWN_PICTURE, picture.digest, max_bytes, _LONGEST)


def make_own(
    one: Identified,
    media: str,
    picture: Picture,
    found: FoundPicture,
    data: bytes,
    *,
    decode: Decode,
    max_bytes: int,
) -> tuple[Card, tuple[Artefact, ...]]:
    """The whole picture, upright, as a JPEG of at most `max_bytes`, under two names as cards have them.

    Raises PhotoRefused for what is not a picture.
    """
    from syndicate.cards.canvas import encode_jpeg
    from syndicate.cards.pixels import to_srgb

    asked = _fit(found.facts.width, found.facts.height)
    photo = decode(data, asked)
    size = _fit(photo.width, photo.height)
    image = photo.image if photo.image.size == size else photo.image.resize(size, reducing_gap=2.0)
    encoded = encode_jpeg(to_srgb(image, photo.profile), max_bytes)
    path, stable = card_paths(one.post.slug, encoded, _JPEG, media)
    made_of = tell_own(found, max_bytes)
    card = Card(
        post_id=one.id,
        slug=one.post.slug,
        frame=media,
        fingerprint=made_of,
        key=made_of,
        path=path,
        media_type=_JPEG,
        width=size[0],
        height=size[1],
        length=len(encoded),
        alt=picture.alt,
    )
    return card, tuple(Artefact(name, _JPEG, encoded) for name in (path, stable))


def _fit(width: int, height: int) -> tuple[int, int]:
    """The same proportions within the longest side; never larger than it is."""
    scale = min(1.0, _LONGEST / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))
