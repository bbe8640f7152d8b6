"""How alike a post and a remembered one are, and which of those that appeared are some of those that vanished. Pure.

A file that was renamed while nobody looked is one post less and one more. Body, title and date together tell whether
it is the same one: surely, perhaps (a person is asked), or not at all. Where two candidates are about equally good, all
of them are doubtful. Numbers in a title count: "Weeknotes 41" is not "Weeknotes 42" misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from syndicate.model import Identified, KnownPost, Post, measure_likeness, read_sketch

ASKED_FOR = timedelta(days=7)
"""How long after it vanished a post is one that a new one may be: a rename comes in one read or soon after."""

_SURE, _ALIKE, _HALF, _FAIR = 0.8, 0.6, 0.4, 0.2
"""Enough of the body for a post of another date; of another title or date; to ask where nothing else is equal; for
equal title and date, or to ask where one of them is."""
_FEW = 8
"""A body with fewer shingles than this (a picture, "See you there") may be equal by accident."""
_MARGIN, _CLEARLY = 0.2, 0.4
"""By how much a pair must be better than its rivals: where nothing, or where their places, speak for those."""
_HIGHEST = 2.25
"""The score of a post and its row where nothing changed."""
_NEAR = 0.7
_COMMON = 200
"""What more rows than this share is a template, and says nothing of one of them."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Resemblance:
    """A post beside a row, piece by piece."""

    post: Post | KnownPost
    row: KnownPost

    @cached_property
    def title(self) -> int:
        """2 for equal titles, 1 for a typing error, 0 for others."""
        return compare_titles(self.post.title, self.row.title)

    @property
    def is_next_number(self) -> bool:
        """Whether the titles differ in their numbers alone, as in a series: the next release, another week."""
        ours, theirs = (" ".join(one.title.casefold().split()) for one in (self.post, self.row))
        return ours != theirs and _NUMBER.sub("", ours) == _NUMBER.sub("", theirs)

    @property
    def has_same_date(self) -> bool:
        return self.post.published_at in {self.row.published_at, self.row.dated_at} - {None}

    @property
    def has_other_date(self) -> bool:
        """Both name a date, and it is not the same: a row without one has the moment when it was first seen."""
        is_dated = self.row.dated_at is not None or self.row.published_at != self.row.first_seen_at
        return self.post.published_at is not None and is_dated and not self.has_same_date

    @property
    def has_same_body(self) -> bool:
        """As written; a row of before syndicate kept that, as shown."""
        if self.row.source_digest:
            return self.post.source_digest == self.row.source_digest
        return bool(self.post.digest) and self.post.digest == self.row.digest

    @cached_property
    def body(self) -> float:
        """How much of their bodies they share, from 0 to 1."""
        return 1.0 if self.has_same_body else measure_likeness(_numbers(self.post.sketch), _numbers(self.row.sketch))

    @property
    def is_alike(self) -> bool:
        """Whether the bodies have much in common."""
        return self.body >= _HALF

    @property
    def is_short(self) -> bool:
        return len(_numbers(self.post.sketch)) < _FEW

    @property
    def is_unknown(self) -> bool:
        """Whether the body of the row was never looked at: it is older than the sketches."""
        return not self.row.source_digest

    @property
    def are_wordless(self) -> bool:
        return not self.post.sketch and not self.row.sketch

    @property
    def is_return(self) -> bool:
        """Whether it is the same one under another date. Dated long after the other went, it may be the next one."""
        gone_at, dated_at = self.row.gone_at, self.post.published_at
        is_dated_anew = gone_at is not None and dated_at is not None and dated_at - gone_at > ASKED_FOR
        is_named_alike = bool(self.title) or self.has_same_address
        return is_named_alike and self.body >= _SURE and not self.is_short and not is_dated_anew

    @property
    def is_sure(self) -> bool:
        if self.title and self.has_same_date:
            return self.body >= _FAIR or self.is_unknown or self.are_wordless
        if self.has_other_date:
            return self.is_return
        if self.is_short:
            return bool(self.title) and self.body >= _ALIKE and bool(self.post.sketch)
        is_dated_alike = self.has_same_date and not self.is_next_number
        return self.body >= (_ALIKE if self.title or is_dated_alike else 1.0)

    @property
    def is_striking(self) -> bool:
        """Whether a person is asked about it however long ago the other one went."""
        if self.title and self.body >= _HALF:
            return True
        return (self.body >= _SURE and not self.is_short) or (self.has_same_address and self.body >= _FAIR)

    @property
    def is_trusted(self) -> bool:
        """Whether a draft is what a public post has become: its place alone does not tell."""
        return self.is_sure or self.body >= _ALIKE

    @property
    def is_possible(self) -> bool:
        agrees = bool(self.title) or self.has_same_date
        is_worded = bool(self.post.sketch)
        return (
            (is_worded and self.body >= (_FAIR if agrees else _HALF))
            or (bool(self.title) and self.has_same_date)
            or (self.title == 2 and not (is_worded or self.row.sketch))
            or (self.has_same_date and _is_precise(self.row.published_at))
            or (self.has_same_address and not self.is_other_post)
        )

    @property
    def is_copy(self) -> bool:
        """Whether it may be a copy of a post that is still there, kept beside it by hand or by a program."""
        if not self.title:
            return self.has_same_date and not self.is_next_number and not self.is_short and self.body >= _ALIKE
        if self.has_same_date:
            return self.body >= _FAIR or self.has_same_address or self.are_wordless
        if self.is_short:
            return self.title == 2 and not self.has_other_date and self.body >= _ALIKE
        if self.has_other_date:
            return self.body >= _SURE
        return self.body >= (_FAIR if self.title == 2 else _ALIKE)

    @property
    def says_the_same(self) -> bool:
        """Whether readers take it for the other one, where title and date are equal, too."""
        return bool(self.post.sketch) and (self.has_same_body or (self.body >= _SURE and not self.is_short))

    @property
    def has_same_address(self) -> bool:
        return self.post.slug == self.row.slug or self.post.permalink == self.row.permalink

    @property
    def score(self) -> float:
        return self.body + 0.25 * self.title + 0.5 * self.has_same_date + 0.25 * self.has_same_address

    @property
    def is_unrivalled(self) -> bool:
        """Whether no other one, known to us or not, could be clearly more like the row or the post: a usual edit."""
        return self.score >= _HIGHEST - _CLEARLY

    @property
    def is_other(self) -> bool:
        """Whether a file or an address was used again for another post: title, date and body are new.

        Once a post is gone, its title and much of its text may come back, too: the same market every December. And a
        title at an address is no evidence for another file: there is a Christmas every year.
        """
        if self.has_same_date or self.is_unknown:
            return False
        if self.row.gone_at is not None and self.has_other_date:
            return not self.is_return
        if self.title:
            return self.post.source != self.row.source and self.is_other_text
        return self.body < (_ALIKE if self.has_other_date else _FAIR)

    @property
    def is_other_text(self) -> bool:
        return self.has_other_date and self.body < _FAIR

    @property
    def is_other_post(self) -> bool:
        """Whether title, date and text are all others."""
        return not self.title and self.is_other_text and not self.is_unknown


def is_used_again(post: Post, row: KnownPost) -> bool:
    """Whether a post at the path, or at the address, of a row is another one all the same."""
    return Resemblance(post, row).is_other


def is_changed(post: Post, row: KnownPost) -> bool:
    """Whether title or text are others than the row's, or the row's post was gone."""
    return row.gone_at is not None or post.source_digest != row.source_digest or post.title != row.title


def is_rewritten(post: Post, row: KnownPost) -> bool:
    """The same for a post at both path and address of the row: there an edit is the rule, so dates must differ."""
    if row.gone_at is None and (post.source_digest == row.source_digest or post.title == row.title):
        return False  # nearly always, and cheap
    one = Resemblance(post, row)
    return one.has_other_date and one.is_other


def match_moved(posts: Sequence[Post], rows: Sequence[KnownPost]) -> dict[str, KnownPost]:
    """Source → row: posts that are somewhere else now, though another one is in their place or was in the new one.

    So it is when files, names or titles are exchanged. Title, date and text tell it: they speak for the pair far more
    than for the one that the places make.
    """
    index: dict[object, list[KnownPost]] = {}
    for row in rows:
        for key in _list_place_keys(row):
            index.setdefault(key, []).append(row)
    found: list[Resemblance] = []
    for post in posts:
        near = {row.id: row for key in _list_place_keys(post) for row in _few(index.get(key, ()))}
        here = [row for row in near.values() if row.gone_at is None]
        found += [Resemblance(post, row) for row in here or near.values()]
    sources = {row.source for row in rows} & {post.source for post in posts}
    return {
        one.post.source: one.row
        for one in _choose_sure(found, _CLEARLY)
        if one.post.source != one.row.source and not sources.isdisjoint((one.post.source, one.row.source))
    }


def _list_place_keys(one: Post | KnownPost) -> Iterable[object]:
    return (*enumerate((one.source, one.slug, one.title.casefold())), *([one.source_digest] if one.sketch else []))


def match_vanished(
    posts: Sequence[Post], rows: Sequence[KnownPost], now: datetime
) -> tuple[dict[str, KnownPost], dict[str, KnownPost]]:
    """Source → row: those that are surely the same, and those about which a person is asked.

    What vanished with this read comes before what was gone already.
    """
    pairs: dict[str, KnownPost] = {}
    late = now - ASKED_FOR
    all_found = [
        one for one in _find_alike(posts, rows) if one.is_sure or one.is_striking or (one.row.gone_at or now) >= late
    ]
    for found in ([one for one in all_found if one.row.gone_at is None], all_found):
        taken = {row.id for row in pairs.values()}
        free = [one for one in found if one.post.source not in pairs and one.row.id not in taken]
        pairs |= {one.post.source: one.row for one in _choose_sure(free)}
    taken = {row.id for row in pairs.values()}
    doubts: dict[str, KnownPost] = {}
    for one in sorted(all_found, key=lambda one: (-one.score, one.row.id)):
        if one.post.source not in pairs and one.row.id not in taken:
            doubts.setdefault(one.post.source, one.row)
    return pairs, doubts


def find_copies(
    posts: Sequence[Post], rows: Iterable[KnownPost], make_row: Callable[[Post], KnownPost]
) -> dict[str, KnownPost]:
    """Source → row: new posts that may be copies of others that are there, or of one that came with them."""
    wanted = {key for post in posts for key in _list_copy_keys(post)}
    index: dict[object, list[KnownPost]] = {}

    def add(row: KnownPost) -> None:
        for key in _list_copy_keys(row):
            if key in wanted:
                index.setdefault(key, []).append(row)

    for row in rows if posts else ():
        add(row)
    found: dict[str, KnownPost] = {}
    for post in posts:
        near = {row.id: row for key in _list_copy_keys(post) for row in _few(index.get(key, ()))}
        copies = [one for row in near.values() if (one := Resemblance(post, row)).is_copy]
        if copies:
            found[post.source] = max(copies, key=lambda one: (one.score, one.row.id)).row
        add(make_row(post))
    return found


def doubt_echoes(items: Sequence[Identified]) -> tuple[Identified, ...]:
    """The posts, a new one doubtful where text and words for networks are those of another: a copy on its way.

    A title and a date of its own may be the first that it gets.
    """
    if not any(item.is_new for item in items):
        return tuple(items)
    said: dict[object, list[Identified]] = {}
    for item in items:
        if item.post.social_share and item.post.sketch:
            said.setdefault((item.post.social_share, item.post.source_digest), []).append(item)

    def doubt(item: Identified) -> Identified:
        alike = said.get((item.post.social_share, item.post.source_digest), ())
        other = next((one for one in alike if not one.is_new), None)
        return replace(item, perhaps=other.post.slug) if item.is_new and other and not item.perhaps else item

    return tuple(map(doubt, items))


def mark_copies(items: Sequence[Identified], own: Container[str], now: datetime) -> tuple[Identified, ...]:
    """The posts, those marked that readers would see twice: one known before has the title, the date, nearly the text.

    Not those whose ids are `own`: they were announced, or a person said that they are other posts.
    """
    groups: dict[object, list[Identified]] = {}
    for item in items:
        if item.post.title and item.known.published_at <= now:
            groups.setdefault((item.post.title.casefold(), item.post.published_at, item.post.language), []).append(item)
    copies: dict[str, str] = {}
    for group in groups.values():
        group.sort(key=lambda one: (one.known.first_seen_at, len(one.post.source), one.post.source))
        for at, item in enumerate(group if len(group) <= _COMMON else ()):
            before = (one.post.source for one in group[:at] if Resemblance(item.post, one.known).says_the_same)
            copies[item.id] = next(before, "") if item.id not in own else ""
    return tuple(replace(item, copy_of=copies[item.id]) if copies.get(item.id) else item for item in items)


def find_copy(row: KnownPost, others: Iterable[KnownPost]) -> KnownPost | None:
    """Another post that may be a copy of the one in the row."""
    return next((other for other in others if Resemblance(other, row).is_copy), None)


def _list_copy_keys(one: Post | KnownPost) -> Iterable[object]:
    """What a copy shares with its original, cheap to tell: two of much the same text share one of their first signs."""
    dated_at = one.dated_at if isinstance(one, KnownPost) else None
    return (one.title.casefold(), one.published_at, dated_at, one.source_digest, *read_sketch(one.sketch[:44]))


def _choose_sure(found: Sequence[Resemblance], margin: float = _MARGIN) -> list[Resemblance]:
    """The sure ones without a rival that is about as good."""
    rivals: dict[str, list[Resemblance]] = {}
    for one in found:
        rivals.setdefault(f"post {one.post.source}", []).append(one)
        rivals.setdefault(f"row {one.row.id}", []).append(one)
    return [
        one
        for one in found
        if one.is_sure
        and all(
            other is one or other.score < one.score - margin
            for other in (*rivals[f"post {one.post.source}"], *rivals[f"row {one.row.id}"])
        )
    ]


def _find_alike(posts: Sequence[Post], rows: Sequence[KnownPost]) -> list[Resemblance]:
    """Every pair that may be the same, found by what they share, without comparing each with each."""
    if not posts or not rows:
        return []
    index: dict[object, list[KnownPost]] = {}
    for row in rows:
        for key in _keys(row):
            index.setdefault(key, []).append(row)
    found: list[Resemblance] = []
    for post in posts:
        near = {row.id: row for key in _keys(post) for row in _few(index.get(key, ()))}
        alike = (Resemblance(post, row) for row in near.values())
        found += [one for one in alike if one.is_sure or one.is_possible]
    return found


def _few(rows: Sequence[KnownPost]) -> Sequence[KnownPost]:
    return rows if len(rows) <= _COMMON else ()


def _keys(one: Post | KnownPost) -> Iterable[object]:
    words = (one.title.casefold(), one.published_at, one.slug, one.permalink, one.digest)
    dated_at = one.dated_at if isinstance(one, KnownPost) else None
    return (*enumerate(words), (1, dated_at), *_numbers(one.sketch))


@lru_cache(maxsize=4000)
def _numbers(sketch: str) -> frozenset[int]:
    return read_sketch(sketch)


def _is_precise(at: datetime) -> bool:
    """To the minute or second, as a program writes it: hardly two posts have the same."""
    return bool(at.minute % 15 or at.second or at.microsecond)


def compare_titles(one: str, other: str) -> int:
    """2 for equal ones (case and space do not count), 1 for a typing error, 0 for others."""
    one, other = " ".join(one.casefold().split()), " ".join(other.casefold().split())
    if one == other:
        return 2
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return 0
    ours, theirs = _pairs_of(one), _pairs_of(other)
    return int(2 * len(ours & theirs) >= _NEAR * (len(ours) + len(theirs)) > 0)


def _pairs_of(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
