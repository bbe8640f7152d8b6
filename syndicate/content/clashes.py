"""Two posts that want the same place: the older one keeps it, the other is left out with a Problem.

Older is the earlier date; a post without a date is newer than any with one, a draft gives way to what is
published, and where all that is equal the path decides. So a new copy of a post never takes over the address
of the original. (Two posts with one `id:` are settled by planning, which knows whose it was.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from syndicate.model import Post, Problem

_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACES: tuple[tuple[str, Callable[[Post], str], str], ...] = (
    ("slug", lambda post: post.slug.casefold(), "give one of them another slug"),
    ("permalink", lambda post: post.permalink, "give one of them another permalink"),
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
        taken.update({(name, value_of(post)): post for name, value_of, _ in _PLACES})
    return sorted(kept, key=lambda post: post.source), problems


def _are_apart(posts: list[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    return all(len({value_of(post) for post in posts}) == len(posts) for _, value_of, _ in _PLACES)


def _age(post: Post) -> tuple[bool, datetime, str]:
    return post.is_draft, post.published_at or _NEVER, post.source


def _find_clash(post: Post, taken: dict[tuple[str, str], Post]) -> Problem | None:
    for name, value_of, hint in _PLACES:
        other = taken.get((name, value_of(post)))
        if other:
            owner = f"already belongs to {other.source}, which is older"
            message = f'the {name} "{value_of(post)}" {owner}, so this post is left out'
            return Problem(post.source, message, key=name, hint=hint)
    return None
