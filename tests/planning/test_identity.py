"""Ids are fixed at first sight, whatever happens to a file afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.model import Identified, KnownPost, Post
from syndicate.planning.identity import match_identities
from tests.planning.blog import NOW, SITE, edit, make_body, make_post, write_body

LATER = NOW + timedelta(days=1)


def match(posts: Iterable[Post], known: Sequence[KnownPost] = (), *, now: Any = LATER) -> dict[str, Identified]:
    """By source."""
    return {item.post.source: item for item in match_identities(tuple(posts), known, site=SITE, now=now)[0]}


def remember(*posts: Post, now: Any = NOW) -> tuple[KnownPost, ...]:
    """The rows after a first publish."""
    return tuple(item.known for item in match(posts, now=now).values())


ONE = make_post("one", slug="uno")


@pytest.mark.parametrize(
    "changed",
    [
        replace(edit(ONE), title="Other"),
        replace(ONE, source="folder/else.md"),
        replace(ONE, slug="new-slug", permalink=f"{SITE.url}/blog/new-slug/"),
        replace(edit(ONE), slug="new-slug", permalink="https://other.example/new-slug/"),
        replace(edit(ONE), published_at=NOW - timedelta(days=99)),
        replace(ONE, published_at=None),
        replace(ONE, source="x.md", slug="y", permalink="https://z/", title="T"),
        replace(edit(ONE), source="x.md", slug="y", permalink="https://z/"),
        replace(edit(ONE), source="x.md", title="T"),
        replace(edit(ONE), source="x.md", slug="y", title="T"),
    ],
    ids=["edited", "moved", "slug", "slug and domain", "re-dated", "undated", "content alone", "title and date alone",
         "slug alone", "permalink alone"],
)  # fmt: skip
def test_a_changed_post_keeps_its_id(changed: Post) -> None:
    """Edited, moved, renamed, re-dated: the same post, published when it was."""
    known = remember(ONE, make_post("two"))
    found = match([changed, make_post("two")], known)[changed.source]
    assert (found.id, found.is_new, found.is_changed) == (
        known[0].id,
        False,
        changed != replace(ONE, published_at=None),
    )
    assert found.known.published_at == known[0].published_at


def test_an_unchanged_post_is_not_changed() -> None:
    """Planning again finds nothing to store."""
    known = remember(ONE)
    found = match([ONE], known)["one.md"]
    assert found.known is known[0]
    assert not found.is_new
    assert not found.is_changed


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        (ONE, "tag:blog.example.com,2026-11-22:uno"),
        (make_post("ü", slug="über uns"), "tag:blog.example.com,2026-11-22:%C3%BCber%20uns"),
        (make_post("n", published_at=None), "https://blog.example.com/blog/n/"),
        (make_post("d", declared_id="urn:uuid:1"), "urn:uuid:1"),
        (make_post("g", declared_id="http://["), "tag:blog.example.com,2026:id/http%3A%2F%2F%5B"),
        (make_post("e", declared_id="12"), "tag:blog.example.com,2026:id/12"),
        (make_post("f", declared_id="a: b/ü", published_at=None), "tag:blog.example.com,2000:id/a%3A%20b%2F%C3%BC"),
    ],
)
def test_new_ids_can_be_made_again(post: Post, expected: str) -> None:
    """A lost database gives the same ids: nothing in them depends on the day they were made."""
    assert match([post], now=NOW)[post.source].id == match([post], now=LATER)[post.source].id == expected


def test_equal_slugs_of_one_day_get_different_ids() -> None:
    """The second one is numbered; the older file name comes first."""
    posts = [make_post("b", slug="same"), make_post("a", slug="same")]
    ids = {source: item.id.rpartition(":")[2] for source, item in match(posts).items()}
    assert ids == {"a.md": "same", "b.md": "same-2"}


def test_two_posts_that_swap_slugs_keep_their_ids() -> None:
    """Files tell them apart …"""
    a, b = make_post("a"), make_post("b")
    ids = {row.source: row.id for row in remember(a, b)}
    swapped = [replace(a, slug="b", permalink=b.permalink), replace(b, slug="a", permalink=a.permalink)]
    found = match(swapped, remember(a, b))
    assert (found["a.md"].id, found["b.md"].id) == (ids["a.md"], ids["b.md"])


def test_two_posts_that_swap_files_keep_their_ids() -> None:
    """… and slugs with content do when the files are swapped."""
    a, b = make_post("a"), make_post("b")
    ids = {row.source: row.id for row in remember(a, b)}
    found = match([replace(a, source="b.md"), replace(b, source="a.md")], remember(a, b))
    assert (found["b.md"].id, found["a.md"].id) == (ids["a.md"], ids["b.md"])


def _move_to(post: Post, place: Post) -> Post:
    """The post in the file, and at the address, of another one."""
    return replace(post, source=place.source, slug=place.slug, permalink=place.permalink)


STONES = make_post("stones", title="Old stones", body=make_body("a"))
VIOLINS = make_post("violins", title="Violins by night", body=make_body("b"))
LATE = replace(VIOLINS, published_at=NOW + timedelta(hours=5))
KETTLES = make_post("stones", title="Kettles and copper", body=make_body("c"))
ELSEWHERE = make_post("elsewhere")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((STONES, VIOLINS), (_move_to(STONES, VIOLINS), _move_to(VIOLINS, STONES))),
        ((STONES, VIOLINS), (_move_to(edit(STONES), VIOLINS), _move_to(edit(VIOLINS), STONES))),
        (
            (replace(_move_to(STONES, LATE), title=LATE.title), replace(_move_to(LATE, STONES), title=STONES.title)),
            (STONES, LATE),
        ),
        ((STONES, VIOLINS), (_move_to(STONES, VIOLINS), _move_to(VIOLINS, ELSEWHERE), KETTLES)),
    ],
    ids=["files of one day", "and edited", "files and titles", "a new one moves all of a day on"],
)
def test_posts_that_take_each_others_places_stay_who_they_are(before: Sequence[Post], after: Sequence[Post]) -> None:
    """A place does not outweigh title, date and text, also where all have the same date."""
    rows = match(before, remember(*before))
    found = match(after, remember(*before))
    assert [found[one.source].known.id for one in after[:2]] == [rows[one.source].known.id for one in before]
    assert all(found[one.source].is_new for one in after[2:])


def test_two_posts_that_swap_names_while_the_folder_is_empty_keep_their_ids() -> None:
    """One of them without a date of its own, so that nothing but its words tells it from the other."""
    a = make_post("a", title="Violins by the harbour", body=make_body("a"), published_at=None)
    b = make_post("b", title="An orchard in May", body=make_body("b"), published_at=NOW - timedelta(days=700))
    known = tuple(replace(row, gone_at=NOW) for row in remember(a, b))
    ids = {row.source: row.id for row in known}
    names = [
        replace(one, source=other.source, slug=other.slug, permalink=other.permalink) for one, other in ((a, b), (b, a))
    ]
    found = match(names, known)
    assert (found["b.md"].id, found["a.md"].id) == (ids["a.md"], ids["b.md"])


def test_a_new_post_on_an_old_path_is_new() -> None:
    """The post that left the path is recognised by its slug, so the newcomer gets an id of its own."""
    known = remember(ONE)
    newcomer = make_post("one", title="Quite other", body=make_body("new"))
    moved = replace(ONE, source="archive/one.md")
    found = match([moved, newcomer], known)
    assert found["archive/one.md"].id == known[0].id
    assert found["one.md"].is_new


@pytest.mark.parametrize("is_dated", [True, False], ids=["the one that moved has a date", "neither has a date"])
def test_an_undated_post_in_the_whole_place_of_one_that_moved_is_new(*, is_dated: bool) -> None:
    """… although its title is like the other's: what moved word for word cannot be in its old file as well."""
    old = make_post("one", title="Notes on old stones", published_at=ONE.published_at if is_dated else None)
    newcomer = make_post("one", title="Old notes on stones", body=make_body("new"), published_at=None)
    moved = replace(old, source="two.md", slug="two", permalink=f"{SITE.url}/blog/two/")
    known = remember(old)
    found = match([moved, newcomer], known)
    assert (found["two.md"].id, found["one.md"].is_new) == (known[0].id, True)


def test_a_path_used_again_after_a_deletion_is_a_new_post() -> None:
    """Only content, title with date, slug or link bring a vanished post back; "draft.md" is used for many."""
    gone = tuple(replace(row, gone_at=NOW) for row in remember(ONE))
    other = make_post("one", slug="other", title="Other", body=make_body("other"), published_at=NOW)
    assert match([other], gone)["one.md"].is_new
    back = replace(other, title=ONE.title, published_at=ONE.published_at)
    assert not match([back], gone)["one.md"].is_new


def test_a_deleted_post_is_gone_and_keeps_its_id_for_its_return() -> None:
    """The row stays without a date until the store writes it; the return clears it."""
    known = remember(ONE)
    identified, gone = match_identities((), known, site=SITE, now=LATER)
    assert (identified, gone) == ((), known)
    returned = match([ONE], [replace(known[0], gone_at=LATER)], now=LATER + timedelta(days=9))["one.md"]
    assert (returned.id, returned.is_new, returned.is_changed, returned.known.gone_at) == (
        known[0].id,
        False,
        True,
        None,
    )
    assert returned.known.updated_at == known[0].updated_at


@pytest.mark.parametrize("copy", ["Copy of one.md", "one (1).md", "one copy.md", "one - Kopie.md", "a copy/one.md"])
def test_of_a_post_and_its_copy_the_copy_is_asked_about(copy: str) -> None:
    """Where both come at once; every name that programs give to a copy is longer than the one it was made of."""
    known = remember(make_post("two"))
    twin = replace(ONE, source=copy, slug="copy", permalink="https://copy/")
    identified, _ = match_identities((twin, ONE), known, site=SITE, now=LATER)
    assert {item.post.source: item.perhaps for item in identified} == {copy: ONE.slug, ONE.source: ""}


def test_a_post_that_becomes_a_draft_is_gone_and_nobody_takes_its_row() -> None:
    """An unpublished post waits for its return; a look-alike does not inherit its id."""
    known = remember(ONE)
    twin = replace(ONE, source="copy.md", slug="copy", permalink="https://copy/")
    identified, gone = match_identities((replace(ONE, is_draft=True), twin), known, site=SITE, now=LATER)
    assert gone == known
    assert [item.is_new for item in identified] == [True]


def test_a_draft_is_followed_step_by_step() -> None:
    """Taken back, renamed, retitled and re-dated as a draft, and published long afterwards: the same post."""
    (row,) = remember(ONE)
    steps = [
        replace(ONE, is_draft=True),
        replace(ONE, is_draft=True, source="two.md", slug="dos", permalink="https://dos/"),
        replace(edit(ONE), is_draft=True, source="two.md", slug="dos", permalink="https://dos/", title="Two"),
        replace(edit(ONE), is_draft=True, source="3.md", slug="3", permalink="https://3/", title="Two"),
    ]
    for day, step in enumerate(steps):
        (found,) = match_identities([step], [row], site=SITE, now=NOW + timedelta(days=day))[1]
        assert (found.id, found.source, found.gone_at) == (row.id, step.source, row.gone_at)
        row = replace(found, gone_at=found.gone_at or NOW)
    back = replace(steps[-1], is_draft=False, published_at=NOW + timedelta(days=6))
    found_again = match([back], [row], now=NOW + timedelta(days=80))["3.md"]
    assert (found_again.id, found_again.is_new) == (row.id, False)


@pytest.mark.parametrize(
    ("draft", "day"),
    [(replace(edit(ONE), title="Next year"), 30), (make_post("one", body=make_body("x"), published_at=None), 1)],
    ids=["long afterwards", "another text"],
)
def test_a_draft_that_may_be_another_post_is_not_followed(draft: Post, day: int) -> None:
    """The row stays as it was."""
    gone = [replace(row, gone_at=NOW) for row in remember(ONE)]
    (row,) = match_identities([replace(draft, is_draft=True)], gone, site=SITE, now=NOW + timedelta(days=day))[1]
    assert row == gone[0]


def test_a_post_is_known_by_the_date_it_names_now() -> None:
    """Re-dated once and rewritten later: the second edit changes no date, so it is an edit."""
    known = remember(ONE)
    redated = replace(ONE, published_at=ONE.published_at + timedelta(hours=1))  # type: ignore[operator]
    known = tuple(item.known for item in match([redated], known).values())
    assert known[0].published_at == ONE.published_at
    rewritten = write_body(replace(redated, title="Other"), make_body("rewritten"))
    assert not match([rewritten], known)["one.md"].is_new


def test_a_draft_never_seen_has_no_row() -> None:
    """Nothing is remembered of what was never public."""
    assert match_identities((replace(ONE, is_draft=True),), (), site=SITE, now=NOW) == ((), ())


# --- dates -----------------------------------------------------------------------------------------------------


EDITED = {"source_digest": "new", "digest": "new"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, NOW - timedelta(days=2)),
        (EDITED, LATER),
        (EDITED | {"updated_at": NOW}, NOW),
        (EDITED | {"updated_at": NOW - timedelta(days=99)}, LATER),
        (EDITED | {"updated_at": LATER + timedelta(days=1)}, LATER),
        ({"fields_digest": "new", "digest": "new"}, LATER),
        ({"source_digest": "new"}, NOW - timedelta(days=2)),
        ({"digest": "rendered otherwise"}, NOW - timedelta(days=2)),
        ({"digest": ""}, NOW - timedelta(days=2)),
        (EDITED | {"digest": ""}, LATER),
        ({"updated_at": NOW}, NOW - timedelta(days=2)),
        ({"title": "Other", "slug": "moved"}, NOW - timedelta(days=2)),
    ],
    ids=["same", "edited", "declared", "declared before", "declared in the future", "its fields edited",
         "edited unseen", "another program", "not rendered", "edited, not rendered", "declared alone", "renamed"],
)  # fmt: skip
def test_updated_moves_only_with_what_the_author_changed_for_readers(fields: dict[str, Any], expected: Any) -> None:
    """To the declared date where that is news, else to now."""
    assert match([replace(ONE, **fields)], remember(ONE))["one.md"].known.updated_at == expected


def test_a_first_sight_takes_the_declared_dates() -> None:
    """So that a lost database gives the same bytes again."""
    known = match([replace(ONE, updated_at=NOW - timedelta(days=1))])["one.md"].known
    assert (known.published_at, known.updated_at) == (NOW - timedelta(days=2), NOW - timedelta(days=1))


def test_an_undated_post_was_published_when_first_seen() -> None:
    """And stays so."""
    undated = replace(ONE, published_at=None)
    known = remember(undated)
    assert match([undated], known)["one.md"].known.published_at == NOW


def test_a_future_post_may_still_be_re_dated() -> None:
    """Nobody has seen it; once public its date is fixed."""
    soon, later = NOW + timedelta(days=2), NOW + timedelta(days=5)
    known = remember(replace(ONE, published_at=soon))
    moved = match([replace(ONE, published_at=later)], known)["one.md"].known
    assert (moved.id, moved.published_at, moved.updated_at, moved.first_seen_at) == (known[0].id, later, later, NOW)
    public = match([replace(ONE, published_at=later)], known, now=soon + timedelta(days=1))["one.md"].known
    assert public.published_at == soon


# --- properties ------------------------------------------------------------------------------------------------

NAMES = ["a", "b", "c", "d", "e"]
POSTS = [make_post(name) for name in NAMES]
Change = Callable[[Post, int], Post]
CHANGES: list[Change] = [
    lambda post, n: edit(post, f"more{n}"),
    lambda post, n: replace(post, source=f"moved/{n}/{post.source}"),
    lambda post, n: replace(edit(post, f"more{n}"), slug=f"{post.slug}-{n}", permalink=f"{post.permalink}{n}/"),
    lambda post, n: replace(edit(post, f"more{n}"), title=f"{post.title} {n}"),
    lambda post, n: replace(edit(post, f"more{n}"), source=f"{n}.md"),
    lambda post, n: replace(edit(post, f"more{n}"), published_at=NOW - timedelta(days=n + 20)),
]


@given(st.permutations(POSTS), st.permutations(POSTS))
def test_the_order_of_files_means_nothing(first: list[Post], second: list[Post]) -> None:
    """Any order gives the same ids, new and known alike."""
    rows = remember(*first)
    assert {row.source: row.id for row in rows} == {row.source: row.id for row in remember(*second)}
    assert match(second, rows[::-1]) == match(first, rows)


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(CHANGES)), max_size=12))
def test_a_long_life_changes_no_id(life: list[tuple[int, Change]]) -> None:
    """One change after another, to any post: every post keeps its id, nobody shares one, nobody is new."""
    posts, known = list(POSTS), remember(*POSTS)
    ids = [next(row.id for row in known if row.source == post.source) for post in posts]
    for number, (index, change) in enumerate(life):
        posts[index] = change(posts[index], number)
        found = match(posts, known)
        known = tuple(item.known for item in found.values())
        assert [found[post.source].id for post in posts] == ids
        assert not any(item.is_new for item in found.values())


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_posts_that_leave_and_return_keep_their_ids(first: set[str], second: set[str]) -> None:
    """Whoever was deleted in whatever company comes back as the same post."""
    known = remember(*POSTS)
    ids = {row.source: row.id for row in known}
    for leaving in (first, second, set[str]()):
        staying = [post for post in POSTS if post.slug not in leaving]
        identified, gone = match_identities(staying, known, site=SITE, now=LATER)
        known = (*(item.known for item in identified), *(replace(row, gone_at=row.gone_at or LATER) for row in gone))
        assert {item.post.source: item.id for item in identified} == {p.source: ids[p.source] for p in staying}
    assert all(row.gone_at is None for row in known)


@given(
    st.lists(
        st.tuples(*[st.sampled_from("abc")] * 4, st.booleans()).map(
            lambda t: make_post(t[0], slug=t[1], title=t[2], digest=t[3], declared_id="urn:x" if t[4] else "")
        ),
        max_size=6,
        unique_by=lambda post: post.source,
    ),
    st.lists(st.sampled_from("abc"), max_size=3, unique=True),
)
def test_no_two_posts_share_an_id(posts: list[Post], before: list[str]) -> None:
    """However posts resemble each other and their past."""
    found = match(posts, remember(*(make_post(name) for name in before)))
    assert len({item.id for item in found.values()}) == len({item.entry_id for item in found.values()}) == len(posts)
