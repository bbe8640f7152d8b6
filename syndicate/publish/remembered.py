"""What the last publication was made of, post by post: kept in the disposable cache, for who comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from syndicate.content import SeenPosts, digest_marks
from syndicate.model import Cache, Identified, Post, fingerprint

if TYPE_CHECKING:
    from syndicate.planning.feeds import Members

_KIND, _KEY, _VERSION = "publication", "posts", 1
Names = tuple[str, str, str, Any]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the last publication was made of, post by post."""

    made_of: str
    """That publication's own fingerprint."""
    schema: str
    """Of the state that it wrote to."""
    seen: SeenPosts
    ids: Mapping[str, str]
    """Of public posts, by source."""
    places: Mapping[str, str]
    """What `tell_place` said, by source."""
    names: Mapping[str, Names]
    """Slug, the slug as written, id and translations of posts that all posts together gave one of these, by id."""
    members: tuple[Members, ...]


def remember(
    made_of: str, schema: str, seen: SeenPosts, public: Iterable[Identified], members: Sequence[Members]
) -> Remembered:
    """What is to be remembered of a whole publication."""
    ours = {one.post.source: one for one in public}
    named = (one for one in ours.values() if one.translations or one.post.shared_slug or one.post.declared_id)
    return Remembered(
        made_of=made_of,
        schema=schema,
        seen=seen,
        ids={source: one.id for source, one in ours.items()},
        places={source: tell_place(one.post) for source, one in ours.items()},
        names={one.id: (one.post.slug, one.post.shared_slug, one.post.declared_id, one.translations) for one in named},
        members=tuple(members),
    )


def tell_place(post: Post) -> str:
    """Everything of a post that decides where it stands, and what is said of it elsewhere."""
    return fingerprint(
        post.slug,
        post.permalink,
        post.published_at,
        post.is_draft,
        sorted(post.flags),
        post.categories,
        post.authors,
        post.language,
        post.group,
        post.declared_id,
        post.picture,
        post.syndication,
        post.problems,
    )


def keep_remembered(cache: Cache, site: str, known: Remembered) -> None:
    """Feeds that share a folder are told apart by nobody; then there is nothing to remember."""
    names = [one.name for one in known.members]
    if len(set(names)) < len(names):
        return
    at = {number: place for place, source in enumerate(known.seen.marks) if (number := known.ids.get(source))}
    value = {
        "version": _VERSION,
        "made_of": known.made_of,
        "schema": known.schema,
        "rest": known.seen.rest,
        "posts": [[s, mark, known.ids.get(s, ""), known.places.get(s, "")] for s, mark in known.seen.marks.items()],
        "names": known.names,
        "members": [
            [one.name, one.label, [at[number] for number in one.ids], one.shown, one.updated_at.isoformat()]
            for one in known.members
        ],
    }
    cache.put_many(_KIND, {f"{_KEY} {site}": orjson.dumps(value)})


def read_remembered(cache: Cache, site: str) -> Remembered | None:
    """None where nothing is remembered, or another version did."""
    from syndicate.planning.feeds import Members  # noqa: PLC0415 - plans feeds: who only looks needs no names

    raw = _read(cache, site)
    if raw is None:
        return None
    posts = raw["posts"]
    marks = {source: mark for source, mark, _, _ in posts}
    return Remembered(
        made_of=raw["made_of"],
        schema=raw["schema"],
        seen=SeenPosts(marks, digest_marks(marks), raw["rest"]),
        ids={source: number for source, _, number, _ in posts if number},
        places={source: place for source, _, number, place in posts if number},
        names=_parse_names(raw),
        members=tuple(
            Members(name, label, tuple(posts[at][2] for at in some), shown, datetime.fromisoformat(updated_at))
            for name, label, some, shown, updated_at in raw["members"]
        ),
    )


def read_names(cache: Cache, site: str) -> tuple[str, str, Mapping[str, Names]] | None:
    """`made_of`, `schema` and `names` alone."""
    raw = _read(cache, site)
    return None if raw is None else (raw["made_of"], raw["schema"], _parse_names(raw))


def _read(cache: Cache, site: str) -> dict[str, Any] | None:
    raw: dict[str, Any] = orjson.loads(cache.get(_KIND, f"{_KEY} {site}") or b"{}")
    return raw if raw.get("version") == _VERSION else None


def _parse_names(raw: Mapping[str, Any]) -> Mapping[str, Names]:
    return {number: (*names, tuple(map(tuple, others))) for number, (*names, others) in raw["names"].items()}
