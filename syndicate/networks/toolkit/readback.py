"""Which of an account's own posts is the one we may have published? Pure.

A network turns what it lists into `Recent` values; `choose_copy` then decides for all networks alike:
written since the intent, in the same place of the same thread, with our link (else our words).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from syndicate.errors import Rejected, Unavailable, Uncertain
from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent
from syndicate.networks.toolkit import pick, pick_instant, pick_text
from syndicate.text import normalize, plain_line
from syndicate.text.links import split_address

CLOCK_SKEW = timedelta(minutes=2)
"""A server's clock may be this far behind ours."""
REPLIES_TO = "reply_to"
"""The key of `Receipt.ref` under which a listed post names the post it answers."""

_HREF = re.compile(r"""<a\b[^<>]*?\bhref\s*=\s*["']([^"'<>]*)["']""", re.IGNORECASE)
_ADDRESS = re.compile(r"""https?://[^\s<>"]+""")
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<(?:br\b|/p\b)[^<>]*>", re.IGNORECASE)


def choose_copy(recent: Iterable[Recent], message: Message, *, since: datetime) -> Receipt | None:
    """The receipt of the listed post that is this message, None where no listed post is."""
    fitting = [post for post in recent if _may_be(post, message, since)]
    same_words = (post for post in fitting if _words(post.text) == _words(message.text))
    same_link = (post for post in fitting if message.link and _has_link(post, message.link))
    found = next(same_words, None) or next(same_link, None)
    return found.receipt if found else None


def _may_be(post: Recent, message: Message, since: datetime) -> bool:
    answers = message.reply_to.remote_id if message.reply_to else ""
    return (
        bool(post.receipt.remote_id)
        and post.published_at >= since - CLOCK_SKEW
        and post.receipt.ref.get(REPLIES_TO, "") == answers
    )


def _has_link(post: Recent, link: str) -> bool:
    return any(is_same_link(found, link) for found in post.links)


def is_same_link(one: str, other: str) -> bool:
    """Whether two spellings are one address: case of the host and a trailing slash of the path do not count."""
    return _canonical(one) == _canonical(other)


def _canonical(link: str) -> tuple[str, str, str]:
    try:
        parts = split_address(link)
    except ValueError:  # networks list what people typed
        return link, "", ""
    return parts.netloc.lower(), parts.path.rstrip("/"), parts.query


def links_of_html(content: str) -> tuple[str, ...]:
    """The addresses of the links in a post's HTML, in order."""
    return tuple(html.unescape(found) for found in _HREF.findall(content))


def links_of(text: str, *attached: str) -> tuple[str, ...]:
    """The http addresses in a plain text, in order, without the punctuation that ends a sentence; then those beside."""
    return (*(found.rstrip(".,;:!?") for found in _ADDRESS.findall(text)), *filter(None, attached))


def text_of_html(content: str) -> str:
    """A post's HTML as plain text; link texts that the server hides by style are whole again."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", content))).strip()


def _words(text: str) -> str:
    """The text without anything a server may change on the way: spacing and normalisation."""
    return "".join(normalize("NFC", text).split())


# --- an account's own posts page by page ---

MOST_PAGES = 10


class Is(StrEnum):
    """What a value of a listed post must be."""

    NAME = "a text or number to tell one from another by"
    MOMENT = "an instant"
    TEXT = "a text; posts without words may have none"
    LIST = "a list; posts without words may have none"
    OBJECT = "an object"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `following` is the cursor of the next, "" on the last."""

    posts: Sequence[Recent]
    following: str
    is_readable: bool = True
    """Whether `posts` are all that it holds."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was read, newest first. `is_whole` is False where a post could not be, or ten pages were not enough."""

    posts: tuple[Recent, ...]
    is_whole: bool


def read_page(
    answer: object,
    *path: str,
    parse: Callable[[object], Recent | None],
    each: Mapping[str, Is],
    following: str,
    account: str,
) -> Page:
    """The posts at a path, as far as `parse` can tell what one is. Raises Unavailable where none are listed."""
    found = require_list(answer, *path, account=account)
    return Page([post for post in map(parse, found) if post], following, can_read(found, each))


def require_list(answer: object, *path: str, account: str) -> list[object]:
    """The posts at a path. Raises Unavailable where none are listed: a proxy's page in their place proves nothing."""
    found = pick(answer, *path)
    if not isinstance(found, list):
        raise Unavailable("the network's list of posts cannot be read", where=account)
    return found


def can_read(posts: Iterable[object], each: Mapping[str, Is]) -> bool:
    """Whether each post is as it should be, by keys with dots between them. One that is not may be the one we look for,
    so nobody can say of such a list what is not in it."""
    return all(fits(pick(post, *keys.split(".")), kind) for post in posts for keys, kind in each.items())


def fits(value: object, kind: Is) -> bool:
    """Whether a value is of its kind."""
    match kind:
        case Is.NAME:
            return bool(plain_line(pick_text(value)))
        case Is.MOMENT:
            return pick_instant(value) is not None
        case Is.OBJECT:
            return isinstance(value, dict)
    return value is None or isinstance(value, str if kind is Is.TEXT else list)


def require_name(answer: object, *path: str, account: str) -> str:
    """Who we are there. Raises Unavailable where it is not said: nothing in a list would be ours."""
    name = pick_text(answer, *path)
    if not name:
        raise Unavailable("the network does not say who we are", where=account)
    return name


def read_listing(fetch: Callable[[str], Page]) -> Listing:
    """Follow the cursors from "" on, up to ten pages; a cursor that comes twice ends the listing."""
    posts: list[Recent] = []
    cursor, seen, is_readable = "", {""}, True
    for _ in range(MOST_PAGES):
        page = fetch(cursor)
        posts += page.posts
        cursor, is_readable = page.following, is_readable and page.is_readable
        if cursor in seen:
            return Listing(tuple(posts), is_whole=is_readable)
        seen.add(cursor)
    return Listing(tuple(posts), is_whole=False)


def find_in(listing: Listing, message: Message, *, since: datetime, account: str) -> Receipt | None:
    """The copy of a message. Raises Uncertain where it is not in a listing that is not whole."""
    found = choose_copy(listing.posts, message, since=since)
    if found is None and not listing.is_whole:
        raise Uncertain("there are too many posts to look through, or some cannot be read", where=account)
    return found


# --- receipts that a person wrote (`syndicate settle --sent URL`): an address instead of an id ---

_NUMBER = re.compile(r"(?<=/)\d+(?=[/?#]|$)")


def number_of(receipt: Receipt, *, account: str) -> str:
    """The network's number of a post, also out of its address. Raises Rejected where the address holds none."""
    if "/" not in receipt.remote_id:
        return receipt.remote_id
    numbers = _NUMBER.findall(receipt.remote_id)
    if not numbers:
        hint = "the post was settled by hand with an address that does not say its number"
        raise Rejected("the earlier post cannot be referred to", where=account, hint=hint)
    return str(numbers[-1])


def name_of(receipt: Receipt) -> str:
    """A post's own name, also out of its address, where it is the last part of the path."""
    return receipt.remote_id.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


def with_numbered_reply(message: Message, *, account: str) -> Message:
    """The message with the number of the part it answers. Raises Rejected as `number_of` does."""
    if message.reply_to is None:
        return message
    return with_reply(message, message.reply_to, number_of(message.reply_to, account=account))


def with_named_reply(message: Message) -> Message:
    """The message with the name of the part it answers."""
    return with_reply(message, message.reply_to, name_of(message.reply_to)) if message.reply_to else message


def with_reply(message: Message, answered: Receipt, remote_id: str) -> Message:
    """The message as an answer to what the network knows by this id."""
    return replace(message, reply_to=replace(answered, remote_id=remote_id))
