"""A message about as the network shows it: its links, tags and folding, its card or picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from syndicate.model import Attachment, CardRef, Message
from syndicate.networks.base import Look
from syndicate.text.counting import split_graphemes
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_addresses


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text: plain ("") or a "link", "tag" or "mention". Only links have an address."""

    text: str
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCard:
    """What the network makes of a link."""

    title: str
    summary: str
    host: str
    picture: Attachment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One part of a message."""

    message: Message
    pieces: tuple[Piece, ...]
    folded: tuple[Piece, ...] = ()
    """What is seen only after `more` was pressed."""
    more: str = ""
    picture: Attachment | None = None
    card: LinkCard | None = None
    is_guess: bool = False
    """Whether the network makes the card itself, from the page."""


def make_preview(message: Message, look: Look, drawn: CardRef | None) -> Preview:
    """How the message will look; `drawn` is the card on the post's page, where the network's crawler fetches it."""
    pieces = tuple(_split(message.text, look))
    shown, folded = _fold(pieces, look.fold)
    card = _make_card(message, look, drawn)
    return Preview(
        message=message,
        pieces=shown,
        folded=folded,
        more=look.more if folded else "",
        picture=message.image,
        card=card,
        is_guess=bool(card and drawn and message.card is None),
    )


def _split(text: str, look: Look) -> Iterator[Piece]:
    found = [(link.start, link.end, "link") for link in find_addresses(text)]
    if look.tags:
        found += [(tag.start, tag.end, "tag") for tag in find_hashtags(text)]
        found += [(name.start, name.end, "mention") for name in find_mentions(text)]
    at = 0
    for start, end, kind in sorted(found):
        if start < at:
            continue
        if start > at:
            yield Piece(text[at:start])
        said = text[start:end]
        yield Piece(_shorten(said, look), kind, said) if kind == "link" else Piece(said, kind)
        at = end
    if at < len(text):
        yield Piece(text[at:])


def _shorten(url: str, look: Look) -> str:
    bare = url.partition("://")[2]
    if look.path:
        host, slash, path = bare.partition("/")
        if len(path) < look.path:
            return f"{host}{slash}{path}" if path else host
        return f"{host}/{path[: look.path - 3]}..."
    if not look.link:
        return url
    bare = bare.removeprefix("www.")
    return bare if len(bare) <= look.link else f"{bare[: look.link]}…"


def _fold(pieces: Sequence[Piece], most: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces that are seen, and those behind the fold."""
    if not most or sum(len(piece.text) for piece in pieces) <= most:
        return tuple(pieces), ()
    shown: list[Piece] = []
    left = most
    for number, piece in enumerate(pieces):
        if len(piece.text) <= left:
            shown.append(piece)
            left -= len(piece.text)
            continue
        signs = split_graphemes(piece.text)
        head = ""
        while signs and len(head) + len(signs[0]) <= left and not piece.kind:
            head += signs.pop(0)
        rest = replace(piece, text="".join(signs))
        return (*shown, *([Piece(head)] if head else [])), (rest, *pieces[number + 1 :])
    return tuple(shown), ()


def _make_card(message: Message, look: Look, drawn: CardRef | None) -> LinkCard | None:
    if not message.link or message.image is not None or not (message.card or look.cards):
        return None
    picture = message.card
    if picture is None and drawn is not None:
        picture = Attachment(
            path=drawn.path, media_type=drawn.media_type, alt=drawn.alt, width=drawn.width, height=drawn.height
        )
    host = (urlsplit(message.link).hostname or "").removeprefix("www.")
    return LinkCard(title=message.title, summary=message.summary, host=host, picture=picture)
