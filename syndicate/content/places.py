"""Each post its own place: one post at an address, and a name for each that no other post has.

The address is the key. Posts that share a slug and not an address are all published: the one that was known first keeps
the slug as its name, others are named by the path of their address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from syndicate.content.addresses import name_by_address
from syndicate.model import KnownPost, Post, Problem

_NEVER = datetime.max.replace(tzinfo=UTC)


def settle_places(
    posts: Iterable[Post], list_known: Callable[[], Iterable[KnownPost]] = tuple
) -> tuple[list[Post], list[Problem]]:
    """The posts that may stay, by source, each with a name of its own, and a Problem for each that may not."""
    posts = sorted(posts, key=lambda post: post.source)
    if _are_apart(posts):
        return posts, []
    known = tuple(list_known())
    kept, problems = _settle_addresses(posts, known)
    return sorted(_name_apart(kept, known), key=lambda post: post.source), problems


def _are_apart(posts: Collection[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    addresses, slugs = {post.permalink for post in posts}, {post.slug.casefold() for post in posts}
    return len(addresses) == len(slugs) == len(posts)


# --- one address: whoever had it keeps it, else the older post ---


def _settle_addresses(posts: Iterable[Post], known: Iterable[KnownPost]) -> tuple[list[Post], list[Problem]]:
    present = [row for row in known if row.gone_at is None]
    owners = {place: row for row in present for place in (row.slug.casefold(), row.permalink)}
    kept: list[Post] = []
    problems: list[Problem] = []
    taken: dict[str, Post] = {}
    for post in sorted(posts, key=lambda post: (post.is_draft, _rank(post, owners), *_age(post))):
        exact, alike = post.permalink, f"{post.slug} {post.permalink}".casefold()
        other = taken.get(exact) or taken.get(alike)  # servers and disks that do not tell case apart
        if other:
            owner = f"already belongs to {other.source}, which was there before"
            message = f'the permalink "{post.permalink}" {owner}, so this post is left out'
            problems.append(Problem(post.source, message, key="permalink", hint="give one of them another permalink"))
            continue
        kept.append(post)
        taken |= {exact: post, alike: post}
    return kept, problems


def _rank(post: Post, owners: Mapping[str, KnownPost]) -> int:
    """Whether a post is the one known at its place, moved from there to another file, or somebody else."""
    rows = [row for place in (post.permalink, post.slug.casefold()) if (row := owners.get(place))]
    if any(row.source == post.source for row in rows):
        return 0
    return 1 if any(post.sketch and row.source_digest == post.source_digest for row in rows) else 2


def _age(post: Post) -> tuple[datetime, str]:
    return post.published_at or _NEVER, post.source


# --- one slug: whoever was known first keeps it, the others are named by their addresses ---


def _name_apart(posts: Collection[Post], known: Iterable[KnownPost]) -> Iterator[Post]:
    counts = Counter(post.slug.casefold() for post in posts)
    taken = set(counts)
    rows = _Rows(known)
    owners: set[str] = set()
    for post in sorted(posts, key=lambda post: (*rows.tell_first(post), post.is_draft, *_age(post))):
        slug = post.slug.casefold()
        if counts[slug] == 1:
            yield post
        elif slug not in owners:
            owners.add(slug)
            yield replace(post, shared_slug=post.slug)
        else:
            name = _choose_name(post.permalink, taken)
            taken.add(name.casefold())
            yield replace(post, slug=name, shared_slug=post.slug)


def _choose_name(permalink: str, taken: Collection[str]) -> str:
    name = name_by_address(permalink)
    return name if name and name.casefold() not in taken else f"{name or 'post'}-{_digest(permalink)}"


def _digest(permalink: str) -> str:
    return sha256(permalink.encode()).hexdigest()[:8]


class _Rows:
    """What is known of posts, found by address and by file; of two rows that of a post which is there."""

    def __init__(self, known: Iterable[KnownPost]) -> None:
        ordered = sorted(known, key=lambda row: row.gone_at is None)
        self._by_permalink = {row.permalink: row for row in ordered}
        self._by_source = {row.source: row for row in ordered}

    def tell_first(self, post: Post) -> tuple[datetime, bool]:
        """Sorts by first sight; of posts that were seen together, the one that has its slug as name already."""
        row = self._by_permalink.get(post.permalink) or self._by_source.get(post.source)
        return (row.first_seen_at, row.slug != post.slug) if row else (_NEVER, True)
