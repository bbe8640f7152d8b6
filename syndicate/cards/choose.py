"""Chooses the layout of a card where the site leaves it open: the one that suits the picture."""

from __future__ import annotations

from syndicate.cards.content import CardContent
from syndicate.cards.crop import MAX_ENLARGED
from syndicate.cards.design import Design, Layout
from syndicate.cards.photo import Photo

LEAST_KEPT = 0.6
"""A cover that would show less of its photo than this becomes a split."""


def choose_layout(content: CardContent, design: Design, photo: Photo | None, size: tuple[int, int]) -> Layout:
    """The site's own layout where it can be drawn; else cover or split with a photo, type or quote without."""
    if design.layout != "auto":
        wanted = design.layouts[design.layout]
        if photo is not None or not wanted.picture:
            return wanted
    if photo is None:
        return design.layouts["quote" if content.is_short else "type"]
    return design.layouts["cover" if fills(photo, size) else "split"]


def fills(photo: Photo, size: tuple[int, int]) -> bool:
    """Whether a photo can fill a card: sharp enough, and most of it still seen."""
    scale = max(size[0] / photo.width, size[1] / photo.height)
    kept = (size[0] * size[1]) / (photo.width * photo.height * scale * scale)
    return scale <= MAX_ENLARGED and kept >= LEAST_KEPT
