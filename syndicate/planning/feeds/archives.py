"""RFC 5005 section 4: closed documents of N posts behind the current one.

A post takes its seat when it becomes public and keeps it for ever: seats follow the moment a post was first seen (or,
for one announced ahead, went public), so a back-dated or deleted post moves no other, and the set of posts in a closed
archive never grows. What an author edits or withdraws later is edited or withdrawn there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from syndicate.model import Identified, KnownPost


@dataclass(frozen=True, slots=True)
class Block:
    """One archive: its name in the path, and its posts, newest first."""

    name: str
    posts: tuple[Identified, ...]
    is_open: bool = False
    """Still growing: bridges the last closed archive and a current feed that is too small to reach it."""


def plan_blocks(
    public: Sequence[Identified],
    gone: Sequence[KnownPost],
    shown: frozenset[str],
    size: int,
) -> tuple[Block, ...]:
    """Cut the public posts into archives of `size` seats, oldest first; nothing while all posts are `shown`.

    `shown` holds the ids in the current feed. Together with it the blocks hold every public post.
    """
    if len(public) <= len(shown):
        return ()
    seats = _take_seats(public, gone)
    closed = len(seats) // size
    blocks = [_close(seats[at * size : (at + 1) * size], str(at + 1)) for at in range(closed)]
    rest = _close(seats[closed * size :], "recent", is_open=True)
    if any(one.id not in shown for one in rest.posts):
        blocks.append(rest)
    return tuple(blocks)


def _take_seats(public: Sequence[Identified], gone: Sequence[KnownPost]) -> list[Identified | None]:
    """All posts that were ever public in the order they became so; None for a seat whose post is gone."""
    rows = [(*_seat(one.known), one) for one in public]
    empty = [(*_seat(known), None) for known in gone]
    return [row[3] for row in sorted([*rows, *empty], key=itemgetter(0, 1, 2))]


def _seat(known: KnownPost) -> tuple[datetime, datetime, str]:
    return max(known.first_seen_at, known.published_at), known.published_at, known.id


def _close(seats: Sequence[Identified | None], name: str, *, is_open: bool = False) -> Block:
    present = [one for one in seats if one is not None]
    present.sort(key=lambda one: (one.known.published_at, one.id), reverse=True)
    return Block(name, tuple(present), is_open)
