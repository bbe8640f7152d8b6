"""syndication.json: what a site generator needs about each post: its card, and where its copies are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

import orjson

from syndicate.containment import contain
from syndicate.formats.clean import clean_line
from syndicate.model import CardRef, Identified, SyndicationLink


def render_syndication(
    identified: Sequence[Identified],
    cards: Mapping[str, CardRef],
    copies: Mapping[str, Sequence[SyndicationLink]],
    tell: Callable[[Identified, Exception], object],
) -> bytes:
    """A JSON object from slug to facts, sorted by slug; `cards` and `copies` are by post id.

    `tell` hears of a post that cannot be described; the others stand there.
    Copies the author already wrote down in the post come last, with an empty account.
    """
    data = BytesIO()  # as it goes: the facts of ten thousand posts weigh 10 MB
    for slug, one in sorted({one.post.slug: one for one in identified}.items()):
        with contain(partial(tell, one)):
            facts = {slug: _describe(one, cards.get(one.id), copies.get(one.id, ()))}
            rendered = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
            data.write((b"," if data.tell() else b"{") + rendered[1:-2])
    data.write(b"\n}\n" if data.tell() else b"{}\n")
    return data.getvalue()


def edit_syndication(data: bytes, edited: Sequence[Identified], cards: Mapping[str, CardRef]) -> bytes:
    """The same object with the edited posts as they are now; their copies stay. Raises KeyError, TypeError or
    ValueError where they do not stand in it."""
    posts = orjson.loads(data)
    for one in edited:
        facts = _describe(one, cards.get(one.id), ())
        posts[one.post.slug] = {**facts, "copies": posts[one.post.slug]["copies"]}
    return orjson.dumps(posts, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class PublishedCopy:
    """A copy that syndication.json lists."""

    post_id: str
    slug: str
    account: str
    network: str
    url: str


def parse_syndication(data: bytes) -> tuple[frozenset[str], tuple[PublishedCopy, ...]]:
    """The ids of all posts in a syndication.json, and the copies that we sent. Empty where it is somebody else's."""
    try:
        posts = orjson.loads(data)
    except ValueError:
        return frozenset(), ()
    found = posts.items() if isinstance(posts, dict) else ()
    ours = [(slug, post) for slug, post in found if isinstance(post, dict) and isinstance(post.get("id"), str)]
    copies = [
        PublishedCopy(post["id"], slug, str(copy["account"]), str(copy.get("network", "")), str(copy.get("url", "")))
        for slug, post in ours
        for copy in _list_of(post.get("copies"))
        if isinstance(copy, dict) and copy.get("account")
    ]
    return frozenset(post["id"] for _, post in ours), tuple(copies)


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _describe(one: Identified, card: CardRef | None, copies: Sequence[SyndicationLink]) -> Mapping[str, object]:
    ours = sorted(copies, key=lambda copy: (copy.account, copy.url))
    listed = {copy.url for copy in ours}
    written = [SyndicationLink("", "", url) for url in one.post.syndication if url not in listed]
    return {
        "id": one.id,
        "permalink": one.post.permalink,
        "title": clean_line(one.post.title),
        "card": _describe_card(card) if card else None,
        "copies": [{"account": c.account, "network": c.network, "url": c.url} for c in [*ours, *written]],
    }


def _describe_card(card: CardRef) -> Mapping[str, object]:
    return {
        "url": card.url,
        "stable_url": card.stable_url,
        "path": card.path,
        "type": card.media_type,
        "width": card.width,
        "height": card.height,
        "bytes": card.size,
        "alt": clean_line(card.alt),
    }
