"""One post in several languages: which posts belong together, and which of them an account announces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from syndicate.model import Identified, KnownDelivery, Occasion, Reason, State, Why

Groups = Mapping[str, tuple[Identified, ...]]
"""By `Post.group`, those alone that have several languages."""

_SAYS_NOTHING = frozenset({
    Reason.NO_TRANSLATION, Reason.OTHER_LANGUAGE, Reason.ASKED_TO_SKIP, Reason.NOT_IN_CATEGORIES,
    Reason.EXCLUDED_CATEGORY, Reason.NOT_AN_OCCASION, Reason.UNFLAGGED, Reason.POST_GONE,
})  # fmt: skip
"""Why a translation was not announced, which leaves the announcement to another one."""


def group_translations(identified: Iterable[Identified]) -> Groups:
    """Posts that share a group and no language. Two of one language are not translations of each other."""
    found: dict[str, list[Identified]] = {}
    for one in identified:
        if one.post.group and one.post.language:
            found.setdefault(one.post.group, []).append(one)
    return {group: tuple(some) for group, some in found.items() if len(some) > 1 and _are_apart(some)}


def _are_apart(some: Sequence[Identified]) -> bool:
    return len({one.post.language.lower() for one in some}) == len(some)


def link_translations(public: Sequence[Identified]) -> list[Identified]:
    """The posts, each with language and address of its translations that readers may see, too."""
    groups = group_translations(public)
    return [
        replace(one, translations=_list_others(one, groups[one.post.group])) if one.post.group in groups else one
        for one in public
    ]


def _list_others(one: Identified, group: Iterable[Identified]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((other.post.language, other.post.permalink) for other in group if other.id != one.id))


def is_spoken(groups: Groups, wanted: str) -> bool:
    """Whether anything is there in this language and another one. Elsewhere a lone post's language says nothing."""
    return any(_choose(group, wanted) for group in groups.values())


def find_language_reason(
    item: Identified, groups: Groups, wanted: str, rows: Mapping[str, Sequence[KnownDelivery]], occasion: Occasion
) -> Why | None:
    """Why an account leaves a post to its translation, or to nobody: it announces all of them once.

    `wanted` is the account's language.
    """
    group = groups.get(item.post.group, (item,))
    if not item.post.group or not item.post.language:
        return None
    chosen = _choose(group, wanted)
    if chosen is None:
        return Why(Reason.NO_TRANSLATION, wanted)
    if chosen.id != item.id:
        return Why(Reason.OTHER_LANGUAGE, chosen.post.slug)
    announced = (one for one in group if one.id != item.id and _counts(rows.get(one.id, ()), occasion))
    first = next(announced, None)
    return Why(Reason.TRANSLATION_ANNOUNCED, first.post.slug) if first else None


def _choose(group: Iterable[Identified], wanted: str) -> Identified | None:
    """The translation in the language, else in a dialect of it ("pt" for "pt-BR")."""
    exact = {one.post.language.lower(): one for one in group}
    near = {language.partition("-")[0]: one for language, one in exact.items()}
    return exact.get(wanted.lower()) or near.get(wanted.lower().partition("-")[0])


def _counts(rows: Iterable[KnownDelivery], occasion: Occasion) -> bool:
    """Whether these rows of a translation announced it, or said that it needs no announcement."""
    own = (row for row in rows if row.occasion == occasion)
    return any(row.reason not in _SAYS_NOTHING and row.state is not State.CANCELLED for row in own)
