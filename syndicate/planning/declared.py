"""What posts say of one another: ids in the front matter and who owns them, and one post in several languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit

from syndicate.model import Identified, KnownDelivery, KnownPost, Occasion, Post, Problem, Reason, Site, State, Why
from syndicate.planning.resemblance import Resemblance, is_rewritten, is_used_again

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


def settle_declared_ids(
    posts: Sequence[Post], known: Sequence[KnownPost], unreadable: Callable[[str], bool]
) -> tuple[list[Post], dict[str, KnownPost]]:
    """A declared id that several posts carry (a copied file) stays with the one the ledger knows, else the first.

    Whoever names the id of a row gets it where the row's own file is gone, or is another post now: feeds show ids to
    everybody. The rows told beside the posts are those of which a person is asked, by source.
    """
    if not any(post.declared_id for post in posts):
        return list(posts), {}
    rows = {row.declared_id: row for row in known} | {row.id: row for row in known}
    claims = _Claims(posts, known, rows, unreadable)
    claims.settle()
    fresh: dict[str, list[Post]] = {}
    for post in posts:
        if post.declared_id and post.declared_id not in rows:
            fresh.setdefault(post.declared_id, []).append(post)
    for several in fresh.values():
        first = min(several, key=lambda post: (post.is_draft, *age_of(post)))
        claims.losers |= {post.source: first.source for post in several if post is not first}
    losers = claims.losers
    told = [_without_id(post, losers[post.source]) if post.source in losers else post for post in posts]
    return told, claims.doubts


class _Claims:
    """Which post gets which row by its id."""

    def __init__(
        self,
        posts: Sequence[Post],
        known: Sequence[KnownPost],
        rows: Mapping[str, KnownPost],
        unreadable: Callable[[str], bool],
    ) -> None:
        self.losers: dict[str, str] = {}
        """Source of a post → of the one that has its id."""
        self.doubts: dict[str, KnownPost] = {}
        self._unreadable = unreadable
        self._posts = {post.source: post for post in posts}
        self._texts = {(post.title, post.source_digest): post for post in posts}
        self._claims = {
            post.source: rows[post.declared_id] for post in posts if post.declared_id and post.declared_id in rows
        }
        self._claimants: dict[str, list[Post]] = {}
        for source, row in self._claims.items():
            self._claimants.setdefault(row.id, []).append(self._posts[source])
        self._rows_at: dict[str, list[KnownPost]] = {}
        for row in known:
            self._rows_at.setdefault(row.source, []).append(row)

    def settle(self) -> None:
        """Refuse claims until the rest can stand together: two files that exchange their ids free each other's row."""
        waiting = list({row.id: row for row in self._claims.values()}.values())
        while waiting:
            row = waiting.pop()
            lost = self._refuse(row)
            for post in lost:
                waiting += self._rows_at.get(post.source, ())  # it stays who it was
            if lost and row.source in self._claims:
                waiting.append(self._claims[row.source])

    def _refuse(self, row: KnownPost) -> list[Post]:
        """Those who claim the row and do not get it."""
        claimants = [post for post in self._claimants.get(row.id, ()) if self._claims.get(post.source) is row]
        if not claimants or [post.source for post in claimants] == [row.source]:
            return []
        keeper = self._find_keeper(row, claimants)
        lost = [post for post in claimants if post is not keeper]
        for post in lost:
            del self._claims[post.source]
            self.losers[post.source] = keeper.source if keeper else row.source
            if not _is_copied(post, keeper, row):
                self.doubts[post.source] = row
        here = self._posts.get(row.source)
        if here and here is not keeper and self._stays(here, row):
            self.doubts[here.source] = row  # a page that leads on to where its post moved
        return lost

    def _find_keeper(self, row: KnownPost, claimants: Sequence[Post]) -> Post | None:
        """The post of the row; None where it is in a file that cannot be read, or cannot be told."""
        here = self._posts.get(row.source)
        moved = [post for post in (*claimants, self._find_text(row)) if post and _is_text_of(post, row)]
        if here is None and self._unreadable(row.source):
            return None
        if here is not None and self._stays(here, row) and (not moved or Resemblance(here, row).is_trusted):
            return here
        able = moved or [post for post in claimants if self._may_take(post, row)]
        return min(able, key=lambda post: _rank(post, row), default=None)

    def _find_text(self, row: KnownPost) -> Post | None:
        """A new file that is word for word the row's post, if it does not claim to be another one."""
        post = self._texts.get((row.title, row.source_digest))
        is_free = post and post.source not in self._rows_at and self._claims.get(post.source, row) is row
        return post if is_free else None

    def _stays(self, here: Post, row: KnownPost) -> bool:
        """Whether the post in the row's file is the row's still."""
        if here.source in self._claims:
            return self._claims[here.source] is row
        if here.slug != row.slug:
            return row.gone_at is None and not is_used_again(here, row)
        return not is_rewritten(here, row)

    def _may_take(self, post: Post, row: KnownPost) -> bool:
        """Whether an id alone says enough: not for one that is known as another, nor for an id that nobody declared.

        The other one may be away for a moment; if the two are alike, it will be asked about when it is back.
        """
        if Resemblance(post, row).is_copy:
            return True
        own = [one for one in self._rows_at.get(post.source, ()) if one is not row and one.gone_at is None]
        is_known = any(not self._is_claimed(one, post) and not is_rewritten(post, one) for one in own)
        return not is_known and not (post.declared_id == row.id and _is_given(row))

    def _is_claimed(self, row: KnownPost, but: Post) -> bool:
        return any(self._claims.get(post.source) is row for post in self._claimants.get(row.id, ()) if post is not but)


def _is_given(row: KnownPost) -> bool:
    """Whether the row's id was made by `make_id`, not declared by its author."""
    return (row.id.startswith("tag:") and _DECLARED not in row.id) or row.id == row.permalink


def _is_text_of(post: Post, row: KnownPost) -> bool:
    return bool(row.sketch) and post.source_digest == row.source_digest


def _is_copied(post: Post, keeper: Post | None, row: KnownPost) -> bool:
    """Whether the post brought its id along from another one that says so itself.

    Alone of the row's own date it may be the row's post, back after another file took the row.
    """
    names = {row.id, row.declared_id} - {""}
    if keeper is None or keeper.is_draft or keeper.declared_id not in names:
        return False
    return post.published_at != row.published_at or keeper.published_at == row.published_at


def _rank(post: Post, row: KnownPost) -> tuple[object, ...]:
    likeness = (post.source != row.source, not _is_text_of(post, row), post.slug != row.slug, post.digest != row.digest)
    return (*likeness, post.is_draft, *age_of(post))


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


# --- one post in several languages: which posts belong together, and which of them an account announces ---

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
