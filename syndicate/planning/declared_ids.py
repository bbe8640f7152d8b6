"""What an id in the front matter means, and which post owns it."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit

from syndicate.model import KnownPost, Post, Problem, Site

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[^\s<>\"{}|\\^`\[\]%#]|%[0-9A-Fa-f]{2})+(?:#[^\s<>\"{}|\\^`\[\]%#]*)?")
_DECLARED = ":id/"
"""Stands before a declared id in a tag URI; a slug has no "/"."""
_NO_YEAR = 2000


def make_iris(posts: Sequence[Post], known: Sequence[KnownPost], site: Site) -> list[Post]:
    """The posts with declared ids that feeds may carry: "12" becomes a tag URI.

    Whoever is known keeps the id that readers have seen: "12" itself, or the tag URI, whatever site or year it names.
    """
    kept = {name for row in known for name in (row.id, row.declared_id)}
    tags = {name: one for one in kept if (name := one.partition(_DECLARED)[2]) and one.startswith("tag:")}
    return [
        post
        if not post.declared_id or post.declared_id in kept or _IRI.fullmatch(post.declared_id)
        else replace(post, declared_id=tags.get(quote(post.declared_id, safe="")) or _to_tag(post, site))
        for post in posts
    ]


def _to_tag(post: Post, site: Site) -> str:
    """RFC 4151 wants a day on which the host was the author's."""
    year = post.published_at.year if post.published_at else _NO_YEAR
    return f"tag:{_host(site)},{year}{_DECLARED}{quote(post.declared_id, safe='')}"


def settle_declared_ids(posts: Sequence[Post], known: Sequence[KnownPost]) -> list[Post]:
    """A declared id that several posts carry (a copied file) stays with the one the ledger knows, else the first.

    One that we gave to a post whose file is still there is not for another file to take.
    """
    claims: dict[str, list[Post]] = {}
    for post in posts:
        if post.declared_id:
            claims.setdefault(post.declared_id, []).append(post)
    rows = {row.declared_id: row for row in known} | {row.id: row for row in known}
    losers = {
        post.source: owner.source
        for claimants in claims.values()
        if len(claimants) > 1
        for owner in [_owner(claimants, rows.get(claimants[0].declared_id))]
        for post in claimants
        if post is not owner
    }
    places = {(post.source, post.slug) for post in posts}
    for post in posts:
        row = rows.get(post.declared_id) if post.declared_id else None
        if row and _is_given(row) and row.source != post.source and (row.source, row.slug) in places:
            losers[post.source] = row.source
    return [_without_id(post, losers[post.source]) if post.source in losers else post for post in posts]


def _is_given(row: KnownPost) -> bool:
    """Whether the id of a present post was made by `make_id`, not declared by its author."""
    is_tag = row.id.startswith("tag:") and _DECLARED not in row.id
    return row.gone_at is None and (is_tag or row.id == row.permalink)


def _owner(claimants: Sequence[Post], row: KnownPost | None) -> Post:
    def rank(post: Post) -> tuple[object, ...]:
        likeness = () if row is None else (post.source != row.source, post.slug != row.slug, post.digest != row.digest)
        return (post.is_draft, *likeness, *age_of(post))

    return min(claimants, key=rank)


def _without_id(post: Post, owner: str) -> Post:
    problem = Problem(
        source=post.source,
        message=f'the id "{post.declared_id}" belongs to {owner} already',
        key="id",
        hint="give this post an id of its own, or none",
    )
    return replace(post, declared_id="", problems=(*post.problems, problem))


def _host(site: Site) -> str:
    return urlsplit(site.url).hostname or "localhost"


def age_of(post: Post) -> tuple[bool, float, str]:
    """Sorts the older first, and those without a date last."""
    return post.published_at is None, post.published_at.timestamp() if post.published_at else 0.0, post.source


def make_id(post: Post, site: Site, taken: Container[str]) -> str:
    """The declared id, else a tag URI (RFC 4151) that the same content would get again after a lost database.

    A post without a date takes its permalink, since the day it was first seen would be another one then.
    """
    if post.declared_id:
        return post.declared_id
    base = f"tag:{_host(site)},{post.published_at:%Y-%m-%d}:{quote(post.slug)}" if post.published_at else post.permalink
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    return candidate
