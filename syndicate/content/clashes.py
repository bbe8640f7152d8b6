"""Two posts that want the same place: the older one keeps it, the other is left out with a Problem.

Older is the earlier date; a post without a date is newer than any with one, a draft gives way to what is
published, and where all that is equal the path decides. So a new copy of a post never takes over the address
of the original.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from syndicate.model import Post, Problem

_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACES: tuple[tuple[str, Callable[[Post], str], str], ...] = (
    ("slug", lambda post: post.slug.casefold(), "give one of them another slug"),
    ("permalink", lambda post: post.permalink, "give one of them another permalink"),
    ("id", lambda post: post.declared_id, "an id belongs to one post for ever; remove it from the copy"),
)


def settle_clashes(posts: Iterable[Post]) -> tuple[list[Post], list[Problem]]:
    """The posts that may stay, by source, and a Problem for each that may not."""
    posts = sorted(posts, key=lambda post: post.source)
    if _are_apart(posts):
        return posts, []
    kept: list[Post] = []
    problems: list[Problem] = []
    taken: dict[tuple[str, str], Post] = {}
    for post in sorted(posts, key=_age):
        clash = _find_clash(post, taken)
        if clash:
            problems.append(clash)
            continue
        kept.append(post)
        taken.update({(name, value): post for name, value_of, _ in _PLACES if (value := value_of(post))})
    return sorted(kept, key=lambda post: post.source), sorted(problems, key=lambda problem: problem.source)


def _are_apart(posts: list[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    values = [[value for post in posts if (value := value_of(post))] for _, value_of, _ in _PLACES]
    return all(len(set(some)) == len(some) for some in values)


def _age(post: Post) -> tuple[bool, datetime, str]:
    return post.is_draft, post.published_at or _NEVER, post.source


def _find_clash(post: Post, taken: dict[tuple[str, str], Post]) -> Problem | None:
    for name, value_of, hint in _PLACES:
        value = value_of(post)
        other = taken.get((name, value)) if value else None
        if other:
            message = (
                f'the {name} "{value}" already belongs to {other.source}, which is older, so this post is left out'
            )
            return Problem(post.source, message, key=name, hint=hint)
    return None
