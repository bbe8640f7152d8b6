"""What is remembered of a drawn card, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import quote

import orjson

from syndicate.model import Cache, CardRef

_KIND = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of one post in one size. It names no address: those move with the site."""

    post_id: str
    slug: str
    frame: str
    """Its size as the settings say it: "1200x630"."""
    seal: str
    """What it was made of, by digests alone: an equal seal needs no second thought."""
    key: str
    """What shapes the picture: with an equal key another seal needs no other picture."""
    path: str
    """Changes with the bytes."""
    media_type: str
    width: int
    height: int
    length: int
    """Bytes."""
    alt: str
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.post_id, self.frame)

    @property
    def stable_path(self) -> str:
        """The path without the hash of the bytes: "cards/a.1f2e3d.jpg" → "cards/a.jpg"."""
        start, _, ending = self.path.rpartition(".")
        return f"{start.rpartition('.')[0]}.{ending}"

    def make_ref(self, root: str) -> CardRef:
        """The card as others link to it; `root` is the public address of the published folder."""
        return CardRef(
            path=self.path,
            url=f"{root}/{quote(self.path)}",
            stable_url=f"{root}/{quote(self.stable_path)}",
            media_type=self.media_type,
            width=self.width,
            height=self.height,
            size=self.length,
            alt=self.alt,
        )


def name_of(post_id: str, frame: str) -> str:
    """How the card of a post in a size is called in the cache."""
    return f"{post_id} {frame}"


def recall_cards(cache: Cache) -> dict[str, Card]:
    """Every card that was drawn, by name; a record that another version wrote counts as none."""
    found = {name: _parse(data) for name, data in cache.get_all(_KIND).items()}
    return {name: card for name, card in found.items() if card}


def recall_card(cache: Cache, name: str) -> Card | None:
    data = cache.get(_KIND, name)
    return _parse(data) if data else None


def keep_cards(cache: Cache, cards: Iterable[Card]) -> None:
    cache.put_many(_KIND, {card.name: orjson.dumps(asdict(card)) for card in cards})


def forget_cards(cache: Cache, names: Iterable[str]) -> None:
    cache.drop(_KIND, names)


def _parse(data: bytes) -> Card | None:
    try:
        raw: Mapping[str, object] = orjson.loads(data)
        return Card(**{**raw, "warnings": tuple(raw["warnings"])})  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError):
        return None
