"""Reading an account's own posts page by page, and looking for one message in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate.errors import Unavailable, Uncertain
from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent
from syndicate.networks.shapes import pick, pick_text
from syndicate.networks.toolkit.readback import choose_copy

MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `following` is the cursor of the next, "" on the last."""

    posts: Sequence[Recent]
    following: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What was read, newest first. `is_whole` is False where ten pages did not reach the end."""

    posts: tuple[Recent, ...]
    is_whole: bool


def require_list(answer: object, *path: str, account: str) -> list[object]:
    """The posts at a path. Raises Unavailable where none are listed: a proxy's page in their place proves nothing."""
    found = pick(answer, *path)
    if not isinstance(found, list):
        raise Unavailable("the network's list of posts cannot be read", where=account)
    return found


def require_name(answer: object, *path: str, account: str) -> str:
    """Who we are there. Raises Unavailable where it is not said: nothing in a list would be ours."""
    name = pick_text(answer, *path)
    if not name:
        raise Unavailable("the network does not say who we are", where=account)
    return name


def read_listing(fetch: Callable[[str], Page]) -> Listing:
    """Follow the cursors from "" on, up to ten pages; a cursor that comes twice ends the listing."""
    posts: list[Recent] = []
    cursor, seen = "", {""}
    for _ in range(MOST_PAGES):
        page = fetch(cursor)
        posts += page.posts
        cursor = page.following
        if cursor in seen:
            return Listing(tuple(posts), is_whole=True)
        seen.add(cursor)
    return Listing(tuple(posts), is_whole=False)


def find_in(listing: Listing, message: Message, *, since: datetime, account: str) -> Receipt | None:
    """The copy of a message. Raises Uncertain where it is not in a listing that is not whole."""
    found = choose_copy(listing.posts, message, since=since)
    if found is None and not listing.is_whole:
        raise Uncertain("there are too many posts to look through", where=account)
    return found
