"""Reading an account's own posts page by page, and looking for one message in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate.errors import Uncertain
from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent
from syndicate.networks.readback import choose_copy

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
