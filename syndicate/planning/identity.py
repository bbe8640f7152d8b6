"""Who is who: posts of the content folder matched with the posts the ledger remembers.

An id is fixed when a post is first seen. A post that comes back edited, moved, renamed or re-dated is recognised by
what it still shares with its row: its declared id, its path and slug (unless it changed places with another), then its
body or title, then one of them alone, and last, among the vanished, what is alike. Two posts never share a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from syndicate.errors import contain
from syndicate.model import Identified, KnownDraft, KnownPost, Ledger, Post, Site, Snapshot, make_problem
from syndicate.planning.declared import age_of, make_id, make_iris, settle_declared_ids
from syndicate.planning.resemblance import (
    ASKED_FOR,
    Resemblance,
    find_copies,
    is_changed,
    is_rewritten,
    is_used_again,
    match_moved,
    match_vanished,
)

_Key = tuple[object, ...] | None


def identify(
    snapshot: Snapshot, ledger: Ledger, site: Site, now: datetime
) -> tuple[Snapshot, tuple[Identified, ...], tuple[KnownPost, ...]]:
    """Who is who. Where a post cannot even be compared, once more without it: its file is there, so nothing is gone."""
    found: list[tuple[Snapshot, tuple[Identified, ...], tuple[KnownPost, ...]]] = []

    def match(some: Snapshot) -> None:
        matched = match_identities(
            some.posts, ledger.posts, site=site, now=now, drafts=ledger.drafts, unreadable=some.is_unreadable
        )
        found.append((some, *matched))

    with contain(lambda _error: None):
        match(snapshot)
    if not found:
        match(_leave_out_odd(snapshot, site, now))
    return found[0]


def _leave_out_odd(snapshot: Snapshot, site: Site, now: datetime) -> Snapshot:
    """Without the posts of which nobody can say who they are, each a problem."""
    kept: list[Post] = []
    problems = list(snapshot.problems)

    def tell(post: Post, error: Exception) -> None:
        problems.append(make_problem(post.source, error))

    for post in snapshot.posts:
        with contain(partial(tell, post)):
            match_identities((post,), (), site=site, now=now)
            kept.append(post)
    odd = {post.source for post in snapshot.posts} - {post.source for post in kept}
    unreadable = (*snapshot.unreadable, *sorted(odd))
    return replace(snapshot, posts=tuple(kept), problems=tuple(problems), unreadable=unreadable)


def match_identities(
    posts: Sequence[Post],
    known: Sequence[KnownPost],
    *,
    site: Site,
    now: datetime,
    drafts: Sequence[KnownDraft] = (),
    unreadable: Callable[[str], bool] = lambda _source: False,
) -> tuple[tuple[Identified, ...], tuple[KnownPost, ...]]:
    """The posts with their ids, newest first, and every row without a post; one that vanished now has no `gone_at` yet.

    Drafts take part in the matching, so that nobody else takes their row, and are left out of the answer: a post that
    becomes a draft is gone until it is published again, and its row follows what happens to it for a while. A row is
    new or changed when `is_new` or `is_changed` says so; only those need to be stored. A row whose file is
    `unreadable` has not vanished: a post like it is asked about.
    """
    ordered = sorted(posts, key=lambda post: post.source)
    ordered, claimed = settle_declared_ids(make_iris(ordered, known, site), known, unreadable)
    rows, doubts = _pair(ordered, known, unreadable, now)
    doubts |= claimed
    taken = {row.id for row in known} | {row.declared_id for row in known}
    hidden: dict[str, KnownPost] = {}
    present_slugs = {rows[post.source].id: post.slug for post in ordered if post.source in rows}
    drafts_by = _index_drafts(drafts)
    strangers = _list_strangers([post for post in ordered if post.source not in rows], drafts_by)
    lost = _list_lost(drafts, ordered, drafts_by)
    identified: list[Identified] = []
    for post in sorted(ordered, key=age_of):
        row = rows.get(post.source)
        if post.is_draft:
            if row is not None:
                hidden[row.id] = _follow_draft(row, post, now)
        elif row is None:
            fresh = _make_row(post, make_id(post, site, taken), now)
            taken.add(fresh.id)
            draft = _find_draft(post, drafts_by)
            new = Identified(
                post=post,
                known=fresh,
                is_new=True,
                is_changed=True,
                found_at=draft.first_seen_at if draft else now,
                perhaps=_name_doubt(doubts.get(post.source), present_slugs),
                may_be_draft=post.source in strangers and len(strangers) <= len(lost),
            )
            identified.append(new)
        else:
            updated = update_row(row, post, now)
            identified.append(Identified(post=post, known=updated, is_new=False, is_changed=updated != row))
    present = {item.id for item in identified}
    gone = tuple(hidden.get(row.id, row) for row in known if row.id not in present)
    return tuple(sorted(identified, key=lambda item: (item.known.published_at, item.id), reverse=True)), gone


def follow_edit(row: KnownPost, post: Post, now: datetime) -> Identified | None:
    """The post of an edited file where it surely is the one that it was, public and at its place.

    None where only a look at all posts can tell, or where its date may have to follow.
    """
    is_placed = row.gone_at is None and (row.source, row.slug) == (post.source, post.slug)
    is_dated = row.published_at <= now and post.published_at in {row.published_at, None}
    is_plain = not (post.is_draft or post.declared_id or row.declared_id)
    if not (is_placed and is_dated and is_plain):
        return None
    if is_rewritten(post, row) or (is_changed(post, row) and not Resemblance(post, row).is_unrivalled):
        return None
    updated = update_row(row, post, now)
    return Identified(post=post, known=updated, is_new=False, is_changed=updated != row)


def _name_doubt(row: KnownPost | None, present_slugs: Mapping[str, str]) -> str:
    """The post that a new one may be, as it is called now."""
    return present_slugs.get(row.id, row.slug) if row else ""


def remember_drafts(posts: Iterable[Post], known: Sequence[KnownDraft], now: datetime) -> tuple[KnownDraft, ...]:
    """The drafts of which something else is known now, each with the moment when it was first seen."""
    drafts_by = _index_drafts(known)
    remembered = []
    for post in posts:
        before = _find_draft(post, drafts_by) if post.is_draft else None
        if post.is_draft:
            at = before.first_seen_at if before else now
            remembered.append(
                KnownDraft(source=post.source, slug=post.slug, source_digest=post.source_digest, first_seen_at=at)
            )
    return tuple(draft for draft in remembered if draft not in known)


def _index_drafts(drafts: Iterable[KnownDraft]) -> dict[tuple[str, str], KnownDraft]:
    """By what may bring them back: path, slug, body. Of two, the latest to come."""
    ordered = sorted(drafts, key=lambda draft: draft.first_seen_at)
    names = ("source", "slug", "source_digest")
    return {(name, getattr(draft, name)): draft for name in names for draft in ordered}


def _find_draft(post: Post, drafts_by: Mapping[tuple[str, str], KnownDraft]) -> KnownDraft | None:
    keys = [("source", post.source), ("slug", post.slug)]
    keys += [("source_digest", post.source_digest)] if post.sketch else []
    return next((drafts_by[key] for key in keys if key in drafts_by), None)


def _list_strangers(posts: Iterable[Post], drafts_by: Mapping[tuple[str, str], KnownDraft]) -> set[str]:
    """The new posts that no draft leads to."""
    return {post.source for post in posts if not post.is_draft and _find_draft(post, drafts_by) is None}


def _list_lost(
    drafts: Iterable[KnownDraft], posts: Iterable[Post], drafts_by: Mapping[tuple[str, str], KnownDraft]
) -> list[KnownDraft]:
    """The drafts that lead to no post any more: one may be a new post, renamed and edited as it was published."""
    found = {draft.source for post in posts if (draft := _find_draft(post, drafts_by))}
    return [draft for draft in drafts if draft.slug and draft.source not in found]


# --- pairing ---------------------------------------------------------------------------------------------------


def _pair(
    posts: Sequence[Post], known: Sequence[KnownPost], unreadable: Callable[[str], bool], now: datetime
) -> tuple[dict[str, KnownPost], dict[str, KnownPost]]:
    """Source of a post → its row, and → the row of which a person is asked.

    Each step pairs what the steps before left, the surest evidence first; likeness comes last.
    """
    pairs: dict[str, KnownPost] = {}
    waiting: Sequence[Post] = posts
    rows: Sequence[KnownPost] = sorted(known, key=_presence)
    for evidence in _EVIDENCE:
        if not waiting or not rows:
            break
        if evidence is _PLACE:
            pairs |= match_moved(waiting, rows)
            waiting, rows = _leave_out_paired(waiting, rows, pairs)
        waiting, rows = _pair_by(evidence, waiting, rows, pairs)
    alike, doubts = match_vanished(waiting, rows, now)
    broken = {source: row for source, row in alike.items() if unreadable(row.source)}
    sure = {source: row for source, row in alike.items() if source not in broken}
    fresh = [post for post in sorted(waiting, key=_originality) if not post.is_draft and post.source not in sure]
    present = ((pairs[post.source], post) for post in posts if post.source in pairs)
    both = (one for row, post in present for one in _list_versions(row, post, now))
    copies = find_copies(fresh, both, lambda post: _make_row(post, post.source, now)) if known else {}
    return pairs | sure, copies | doubts | broken


def _list_versions(row: KnownPost, post: Post, now: datetime) -> Iterable[KnownPost]:
    """What a copy may be a copy of: the post as it is, and as it was before this save."""
    yield update_row(row, post, now)
    if row.source_digest != post.source_digest:
        yield row


def _originality(post: Post) -> tuple[tuple[bool, float], int, str]:
    """Sorts a post before its copy that came with it: whatever makes a copy ("Copy of …", "… (1)") adds to the name."""
    return age_of(post)[:2], len(post.source), post.source


def _presence(row: KnownPost) -> tuple[bool, float, str]:
    """Rows of present posts come first, then the latest to vanish."""
    return row.gone_at is not None, -row.gone_at.timestamp() if row.gone_at else 0.0, row.id


def _pair_by(
    evidence: _Evidence,
    posts: Sequence[Post],
    rows: Sequence[KnownPost],
    pairs: dict[str, KnownPost],
) -> tuple[list[Post], list[KnownPost]]:
    index: dict[_Key, KnownPost] = {}
    for row in rows:
        index.setdefault(evidence.of_row(row), row)
    for post in posts:
        key = evidence.of_post(post)
        found = index.get(key) if key is not None else None
        if found is not None and not evidence.contradicts(post, found):
            pairs[post.source] = index.pop(key)
    return _leave_out_paired(posts, rows, pairs)


def _leave_out_paired(
    posts: Sequence[Post], rows: Sequence[KnownPost], pairs: Mapping[str, KnownPost]
) -> tuple[list[Post], list[KnownPost]]:
    paired = {row.id for row in pairs.values()}
    return [post for post in posts if post.source not in pairs], [row for row in rows if row.id not in paired]


def _if(condition: object, *key: object) -> _Key:
    return key if condition else None


def _is_never(_post: Post, _row: KnownPost) -> bool:
    return False


class _Evidence(NamedTuple):
    """What a post and a row have in common, None for nothing, and what proves that they differ all the same."""

    of_post: Callable[[Post], _Key]
    of_row: Callable[[KnownPost], _Key]
    contradicts: Callable[[Post, KnownPost], bool] = _is_never


def _body_at(name: str) -> _Evidence:
    """The same body at the same place."""
    place = attrgetter(name)

    def read(one: Post | KnownPost) -> _Key:
        return _if(one.sketch, place(one), one.source_digest)

    return _Evidence(read, read, is_used_again)


def _read_place(one: Post | KnownPost) -> _Key:
    return one.source, one.slug


_PLACE = _Evidence(_read_place, _read_place, is_rewritten)
"""Before it is asked, posts that changed places are found."""
_EVIDENCE = (
    _Evidence(lambda post: _if(post.declared_id, post.declared_id), lambda row: (row.id,)),
    _Evidence(lambda post: _if(post.declared_id, post.declared_id), lambda row: _if(row.declared_id, row.declared_id)),
    _Evidence(_read_place, _read_place, is_changed),
    _PLACE,
    _body_at("slug"),
    _body_at("source"),
    _Evidence(
        lambda post: _if(post.title, post.source, post.title), lambda row: (row.source, row.title), is_used_again
    ),
    _Evidence(lambda post: _if(post.title, post.slug, post.title), lambda row: (row.slug, row.title), is_used_again),
    # A path alone is no evidence for a post that vanished earlier: names like "draft.md" are used again.
    _Evidence(lambda post: (post.source,), lambda row: _if(row.gone_at is None, row.source), is_used_again),
    _Evidence(lambda post: (post.slug,), lambda row: (row.slug,), is_used_again),
    _Evidence(lambda post: _if(post.permalink, post.permalink), lambda row: (row.permalink,), is_used_again),
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
        source_digest=post.source_digest,
        fields_digest=post.fields_digest,
        sketch=post.sketch,
    )


def update_row(row: KnownPost, post: Post, now: datetime) -> KnownPost:
    """The row with what may change. Until its publication a post may still be re-dated; nobody has seen it yet."""
    if row.published_at > now:
        return replace(_make_row(post, row.id, now), first_seen_at=row.first_seen_at)
    dated_at = post.published_at if post.published_at != row.published_at else None
    declared_id = row.declared_id if post.declared_id in {"", row.id} else post.declared_id
    is_named_alike = (dated_at, declared_id) == (row.dated_at, row.declared_id) and _trace(row) == _trace(post)
    if row.gone_at is None and is_named_alike and post.digest in {row.digest, ""}:
        return row
    updated_at = row.updated_at
    if _is_edited(row, post):
        declared = _declared(post, now)
        updated_at = declared if declared and declared > row.updated_at else max(now, row.updated_at)
    return replace(
        row,
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest or (row.digest if post.source_digest == row.source_digest else ""),
        updated_at=updated_at,
        gone_at=None,
        source_digest=post.source_digest,
        fields_digest=post.fields_digest,
        sketch=post.sketch,
        dated_at=dated_at,
        declared_id=declared_id,
    )


def _follow_draft(row: KnownPost, post: Post, now: datetime) -> KnownPost:
    """The row of a post that is a draft now: renamed and rewritten step by step it stays the same.

    Not for ever: what is written anew long afterwards may be next year's.
    """
    is_followed = row.gone_at is None or now - row.gone_at <= ASKED_FOR
    if not is_followed or not Resemblance(post, row).is_trusted:
        return row
    return replace(update_row(row, post, now), gone_at=row.gone_at)


def join_rows(before: KnownPost, after: KnownPost, now: datetime) -> KnownPost:
    """The row of a post that a person recognised: who it was, and what it is now."""
    written = [(row.source_digest, row.fields_digest) for row in (before, after)]
    is_edited = bool(before.source_digest) and written[0] != written[1]
    return replace(
        after,
        id=before.id,
        published_at=before.published_at,
        first_seen_at=before.first_seen_at,
        declared_id=after.declared_id or before.declared_id,
        updated_at=max(now, before.updated_at) if is_edited else before.updated_at,
        gone_at=None,
    )


def _trace(one: Post | KnownPost) -> tuple[str, ...]:
    return (one.source, one.slug, one.permalink, one.title, one.source_digest, one.fields_digest)


def _is_edited(row: KnownPost, post: Post) -> bool:
    """Whether its author changed what a reader sees.

    The author changed the source: body or fields as written. A reader sees it: the content differs, or was not
    rendered. A program that renders otherwise, and a row that an earlier one wrote, prove nothing.
    """
    before, after = (row.source_digest, row.fields_digest), (post.source_digest, post.fields_digest)
    is_same_to_readers = bool(row.digest) and row.digest == post.digest
    return bool(row.source_digest) and before != after and not is_same_to_readers


def _declared(post: Post, now: datetime) -> datetime | None:
    """The author's own date of change; one that lies in the future says nothing yet."""
    return post.updated_at if post.updated_at and post.updated_at <= now else None
