"""Who is who: posts of the content folder matched with the posts the ledger remembers.

An id is fixed when a post is first seen. A post that comes back edited, moved, renamed or re-dated is recognised by
what it still shares with its row: its declared id, its path and slug, then its content or title, then one of them
alone, and last, among the vanished, equal content or an equal title and date. Two posts never share a row.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from syndicate.model import Identified, KnownPost, Post, Problem, Site

_Key = tuple[object, ...] | None


def match_identities(
    posts: Sequence[Post], known: Sequence[KnownPost], *, site: Site, now: datetime
) -> tuple[tuple[Identified, ...], tuple[KnownPost, ...]]:
    """The posts with their ids, newest first, and every row without a post; one that vanished now has no `gone_at` yet.

    Drafts take part in the matching, so that nobody else takes their row, and are left out of the answer: a post that
    becomes a draft is gone until it is published again. A row is new or changed when `is_new` or `is_changed` says
    so; only those need to be stored.
    """
    ordered = sorted(posts, key=lambda post: post.source)
    ordered = _settle_declared_ids(ordered, known)
    rows = _pair(ordered, known)
    taken = {row.id for row in known}
    identified: list[Identified] = []
    for post in sorted(ordered, key=_age):
        row = rows.get(post.source)
        if post.is_draft:
            continue
        if row is None:
            fresh = _make_row(post, _new_id(post, site, taken), now)
            taken.add(fresh.id)
            identified.append(Identified(post=post, known=fresh, is_new=True, is_changed=True))
        else:
            updated = _update_row(row, post, now)
            identified.append(Identified(post=post, known=updated, is_new=False, is_changed=updated != row))
    present = {item.id for item in identified}
    gone = tuple(row for row in known if row.id not in present)
    return tuple(sorted(identified, key=lambda item: (item.known.published_at, item.id), reverse=True)), gone


def _age(post: Post) -> tuple[bool, float, str]:
    return post.published_at is None, post.published_at.timestamp() if post.published_at else 0.0, post.source


# --- which post owns a declared id -----------------------------------------------------------------------------


def _settle_declared_ids(posts: Sequence[Post], known: Sequence[KnownPost]) -> list[Post]:
    """A declared id that several posts carry (a copied file) stays with the one the ledger knows, else the first."""
    claims: dict[str, list[Post]] = {}
    for post in posts:
        if post.declared_id:
            claims.setdefault(post.declared_id, []).append(post)
    rows = {row.id: row for row in known}
    losers = {
        post.source: owner.source
        for claimants in claims.values()
        if len(claimants) > 1
        for owner in [_owner(claimants, rows.get(claimants[0].declared_id))]
        for post in claimants
        if post is not owner
    }
    return [_without_id(post, losers[post.source]) if post.source in losers else post for post in posts]


def _owner(claimants: Sequence[Post], row: KnownPost | None) -> Post:
    def rank(post: Post) -> tuple[object, ...]:
        likeness = () if row is None else (post.source != row.source, post.slug != row.slug, post.digest != row.digest)
        return (post.is_draft, *likeness, *_age(post))

    return min(claimants, key=rank)


def _without_id(post: Post, owner: str) -> Post:
    problem = Problem(
        source=post.source,
        message=f'the id "{post.declared_id}" belongs to {owner} already',
        key="id",
        hint="give this post an id of its own, or none",
    )
    return replace(post, declared_id="", problems=(*post.problems, problem))


# --- pairing ---------------------------------------------------------------------------------------------------


def _pair(posts: Sequence[Post], known: Sequence[KnownPost]) -> dict[str, KnownPost]:
    """Source of a post → its row. Each step pairs what the steps before left, the surest evidence first."""
    pairs: dict[str, KnownPost] = {}
    waiting: Sequence[Post] = posts
    rows: Sequence[KnownPost] = sorted(known, key=_presence)
    for post_key, row_key in _EVIDENCE:
        if not waiting or not rows:
            break
        waiting, rows = _pair_by(waiting, rows, post_key, row_key, pairs)
    return pairs


def _presence(row: KnownPost) -> tuple[bool, float, str]:
    """Rows of present posts come first, then the latest to vanish."""
    return row.gone_at is not None, -row.gone_at.timestamp() if row.gone_at else 0.0, row.id


def _pair_by(
    posts: Sequence[Post],
    rows: Sequence[KnownPost],
    post_key: Callable[[Post], _Key],
    row_key: Callable[[KnownPost], _Key],
    pairs: dict[str, KnownPost],
) -> tuple[list[Post], list[KnownPost]]:
    index: dict[_Key, KnownPost] = {}
    for row in rows:
        index.setdefault(row_key(row), row)
    left: list[Post] = []
    for post in posts:
        key = post_key(post)
        if key is not None and key in index:
            pairs[post.source] = index.pop(key)
        else:
            left.append(post)
    paired = {row.id for row in pairs.values()}
    return left, [row for row in rows if row.id not in paired]


def _if(condition: object, *key: object) -> _Key:
    return key if condition else None


_EVIDENCE: tuple[tuple[Callable[[Post], _Key], Callable[[KnownPost], _Key]], ...] = (
    (lambda post: _if(post.declared_id, post.declared_id), lambda row: (row.id,)),
    (lambda post: (post.source, post.slug), lambda row: (row.source, row.slug)),
    (lambda post: _if(post.digest, post.slug, post.digest), lambda row: (row.slug, row.digest)),
    (lambda post: _if(post.digest, post.source, post.digest), lambda row: (row.source, row.digest)),
    (lambda post: _if(post.title, post.source, post.title), lambda row: (row.source, row.title)),
    (lambda post: _if(post.title, post.slug, post.title), lambda row: (row.slug, row.title)),
    # A path alone is no evidence for a post that vanished earlier: names like "draft.md" are used again.
    (lambda post: (post.source,), lambda row: _if(row.gone_at is None, row.source)),
    (lambda post: (post.slug,), lambda row: (row.slug,)),
    (lambda post: _if(post.permalink, post.permalink), lambda row: (row.permalink,)),
    (lambda post: _if(post.digest, post.digest), lambda row: (row.digest,)),
    (
        lambda post: _if(post.title and post.published_at, post.title, post.published_at),
        lambda row: (row.title, row.published_at),
    ),
)


# --- rows ------------------------------------------------------------------------------------------------------


def _make_row(post: Post, post_id: str, now: datetime) -> KnownPost:
    published_at = post.published_at or now
    return KnownPost(
        id=post_id,
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest,
        published_at=published_at,
        updated_at=max(published_at, _declared(post, now) or published_at),
        first_seen_at=now,
    )


def _update_row(row: KnownPost, post: Post, now: datetime) -> KnownPost:
    """The row with what may change. Until its publication a post may still be re-dated; nobody has seen it yet."""
    if row.published_at > now:
        return replace(_make_row(post, row.id, now), first_seen_at=row.first_seen_at)
    updated_at = row.updated_at
    if post.digest != row.digest:
        declared = _declared(post, now)
        updated_at = declared if declared and declared > row.updated_at else max(now, row.updated_at)
    changed = (post.source, post.slug, post.permalink, post.title, post.digest, updated_at, None)
    if changed == (row.source, row.slug, row.permalink, row.title, row.digest, row.updated_at, row.gone_at):
        return row
    return replace(
        row,
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest,
        updated_at=updated_at,
        gone_at=None,
    )


def _declared(post: Post, now: datetime) -> datetime | None:
    """The author's own date of change; one that lies in the future says nothing yet."""
    return post.updated_at if post.updated_at and post.updated_at <= now else None


def _new_id(post: Post, site: Site, taken: Container[str]) -> str:
    """The declared id, else a tag URI (RFC 4151) that the same content would get again after a lost database.

    A post without a date takes its permalink, since the day it was first seen would be another one then.
    """
    if post.declared_id:
        return post.declared_id
    host = urlsplit(site.url).hostname or "localhost"
    base = f"tag:{host},{post.published_at:%Y-%m-%d}:{quote(post.slug)}" if post.published_at else post.permalink
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    return candidate
