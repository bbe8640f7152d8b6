"""Whose an id in the front matter is: nobody takes the row of a post that is still there by naming its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syndicate.model import Identified, KnownPost, Post
from syndicate.planning.identity import match_identities
from tests.planning.blog import NOW, SITE, edit, make_body, make_post, write_body

LATER = NOW + timedelta(days=1)
ONE = make_post("one", slug="uno")
VICTIM = make_post("victim", declared_id="urn:x:1")
THIEF = make_post("thief", declared_id="urn:x:1", published_at=NOW - timedelta(days=1))
GIVEN = "tag:blog.example.com,2026-11-22:victim"
STUB = write_body(replace(VICTIM, declared_id=""), "This post has moved.")


def match(
    posts: Iterable[Post], known: Sequence[KnownPost] = (), *, unreadable: Sequence[str] = ()
) -> dict[str, Identified]:
    """By source."""
    found, _ = match_identities(tuple(posts), known, site=SITE, now=LATER, unreadable=unreadable.__contains__)
    return {item.post.source: item for item in found}


def remember(*posts: Post) -> tuple[KnownPost, ...]:
    """The rows after a first publish."""
    return tuple(item.known for item in match_identities(posts, (), site=SITE, now=NOW)[0])


def place(post: Post, name: str, **fields: str) -> Post:
    """The post in another file, at another address."""
    return replace(post, source=f"{name}.md", slug=name, permalink=f"{SITE.url}/blog/{name}/", **fields)


def test_a_declared_id_wins_over_path_and_slug() -> None:
    """The post that names the id is the post, wherever its file went and whoever took its place."""
    known = remember(make_post("a", declared_id="urn:a"))
    moved = make_post("z", declared_id="urn:a", digest="other")
    newcomer = make_post("a", title="Other", body=make_body("third"), published_at=NOW)
    found = match([moved, newcomer], known)
    assert found["z.md"].id == "urn:a"
    assert found["a.md"].is_new


def test_the_id_we_gave_to_a_post_is_not_for_another_file_to_take() -> None:
    """Feeds show it to everybody; whoever names it takes neither the row nor the messages of that post."""
    known = remember(make_post("a"))
    thief = make_post("z", declared_id=known[0].id, digest="other")
    found = match([make_post("a"), thief], known)
    assert found["a.md"].id == known[0].id
    assert found["z.md"].is_new
    assert any(problem.key == "id" for problem in found["z.md"].post.problems)


def test_an_id_declared_later_is_what_feeds_say_while_the_row_stays() -> None:
    """The author's id shows at once, and nothing is announced again, since the ledger's key does not move."""
    known = remember(ONE)
    found = match([replace(ONE, declared_id="urn:mine")], known)["one.md"]
    assert (found.id, found.entry_id) == (known[0].id, "urn:mine")


@pytest.mark.parametrize("name", ["urn:mine", "post-17"])
def test_an_id_declared_later_is_remembered(name: str) -> None:
    """Renamed, retitled, re-dated and rewritten afterwards, the post is known by it; a copy does not get it."""
    given = match([replace(ONE, declared_id=name)], remember(ONE))["one.md"]
    other = make_post("z", declared_id=name, published_at=LATER)
    found = match([other], [given.known])["z.md"]
    assert (found.id, found.is_new, found.entry_id) == (given.id, False, given.entry_id)
    both = match([other, replace(edit(ONE), declared_id=name)], [given.known])
    assert (both["one.md"].id, both["z.md"].is_new) == (given.id, True)
    assert both["z.md"].entry_id != given.entry_id


def test_an_id_that_is_no_iri_keeps_what_readers_have_seen() -> None:
    """A row with the bare id, or with its tag URI of another site and year, stays as it is."""
    before = make_post("b", declared_id="12")
    for seen in ("12", "tag:old.example,2001:id/12"):
        known = [replace(row, id=seen) for row in remember(before)]
        found = match([replace(before, source="new.md", slug="new", digest="other")], known)["new.md"]
        assert (found.id, found.entry_id, found.is_new) == (seen, seen, False)


def test_a_copied_id_stays_with_the_original() -> None:
    """A file copied as a start for the next post brings its id along: the copy is told, and gets another."""
    original = make_post("b", declared_id="urn:b")
    copy = make_post("a", declared_id="urn:b", digest="edited")
    found = match([original, copy], remember(original))
    assert found["b.md"].id == found["b.md"].entry_id == "urn:b"
    assert found["a.md"].entry_id == found["a.md"].id != "urn:b"
    assert [problem.key for problem in found["a.md"].post.problems] == ["id"]


# --- posts that are away for a moment, or say nothing ----------------------------------------------------------


@pytest.mark.parametrize("name", ["urn:x:1", GIVEN], ids=["declared", "given"])
@pytest.mark.parametrize("is_known", [True, False])
def test_an_id_does_not_lead_to_a_post_whose_file_cannot_be_read(name: str, *, is_known: bool) -> None:
    """A slip in the YAML for one save gives its row to nobody; a new file that names the id is asked about."""
    victim, thief = (replace(post, declared_id=name) for post in (VICTIM, THIEF))
    known = remember(victim, thief) if is_known else remember(victim)
    found = match([thief], known, unreadable=["victim.md"])["thief.md"]
    assert (found.id == name, found.is_new, found.perhaps) == (False, not is_known, "" if is_known else "victim")
    assert ["belongs to victim.md" in problem.message for problem in found.post.problems] == [True]
    mended = match([victim, thief], [*known, found.known] if found.is_new else known)
    assert (mended["victim.md"].id, mended["victim.md"].is_new) == (name, False)


@pytest.mark.parametrize("beside", [replace(VICTIM, declared_id=""), edit(replace(VICTIM, declared_id="urn:other"))])
def test_an_id_no_longer_declared_stays_with_its_post(beside: Post) -> None:
    """Its author took it out, or wrote another; whoever names the old one then gets neither row nor message."""
    found = match([beside, THIEF], remember(VICTIM))
    assert (found["victim.md"].id, found["thief.md"].perhaps) == ("urn:x:1", "victim")


@pytest.mark.parametrize("day", [0, 1], ids=["in the same read", "later"])
def test_a_draft_keeps_its_row_from_another_file_with_its_id(day: int) -> None:
    """`published: false` is no reason to lose it: back again, it is the same post."""
    draft = replace(VICTIM, is_draft=True)
    known = [replace(row, gone_at=NOW if day else None) for row in remember(VICTIM)]
    identified, gone = match_identities([draft, THIEF], known, site=SITE, now=LATER)
    assert ([item.perhaps for item in identified], [row.id for row in gone]) == (["victim"], ["urn:x:1"])


def test_a_post_known_as_another_takes_no_row_while_a_file_is_away() -> None:
    """The original was gone for one read, and its copy stays who it is."""
    rows = remember(VICTIM, THIEF)
    alone = match([THIEF], rows)["thief.md"]
    assert alone.id == next(row.id for row in rows if row.source == "thief.md")


def test_an_id_that_nobody_declared_leads_nowhere_but_to_a_question() -> None:
    """The post is gone for one read, and another text names the id that feeds showed; a moved file is believed."""
    known = remember(replace(VICTIM, declared_id=""))
    assert match([replace(THIEF, declared_id=GIVEN)], known)["thief.md"].perhaps == "victim"
    assert match([place(edit(VICTIM), "new", declared_id=GIVEN)], known)["new.md"].id == GIVEN
    moved = place(replace(VICTIM, declared_id=""), "new")
    found = match([moved, replace(THIEF, declared_id=GIVEN)], known)
    assert (found["new.md"].id, found["thief.md"].is_new) == (GIVEN, True)


# --- what authors do -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old",
    [
        [],
        [STUB],
        [replace(STUB, declared_id="urn:x:1")],
        [make_post("victim", title="Quite other", body=make_body("new"), published_at=NOW)],
    ],
    ids=["gone", "a page that leads on", "that page with the id", "another post"],
)
def test_a_post_that_moved_takes_its_id_along(old: list[Post]) -> None:
    """Whatever its old file is now; what still looks like the post there is asked about."""
    found = match([place(VICTIM, "new"), *old], remember(VICTIM))
    assert (found["new.md"].id, found["new.md"].is_new) == ("urn:x:1", False)
    assert [bool(found["victim.md"].perhaps) for _ in old] == [post.title == VICTIM.title for post in old]


def test_a_file_that_went_over_another_one_takes_its_id_along() -> None:
    """The row of what was there before waits."""
    other = make_post("other", declared_id="urn:x:2")
    found = match([replace(VICTIM, source="other.md", slug="other")], remember(VICTIM, other))
    assert found["other.md"].id == "urn:x:1"


@pytest.mark.parametrize("count", [2, 3])
def test_files_that_exchange_their_ids_exchange_their_rows(count: int) -> None:
    """The author says so, and nothing is new; where one of them says nothing, all stay who they were."""
    posts = [make_post(f"p{n}", declared_id=f"urn:{n}") for n in range(count)]
    turned = [replace(post, declared_id=f"urn:{(n + 1) % count}") for n, post in enumerate(posts)]
    found = match(turned, remember(*posts))
    assert {item.id: item.post.source for item in found.values()} == {p.declared_id: p.source for p in turned}
    stopped = match([*turned[:-1], replace(turned[-1], declared_id="")], remember(*posts))
    assert {item.id: item.post.source for item in stopped.values()} == {p.declared_id: p.source for p in posts}


def test_of_an_original_rewritten_and_its_copy_the_words_tell() -> None:
    """The copy kept the text: it is the post. Edited, the original stays, and the third file with the id is told."""
    copy, third = place(VICTIM, "copy"), THIEF
    rewritten = write_body(replace(VICTIM, title="New words", published_at=NOW), make_body("new"))
    assert match([rewritten, copy, third], remember(VICTIM))["copy.md"].id == "urn:x:1"
    found = match([edit(VICTIM), copy, third], remember(VICTIM))
    assert (found["victim.md"].id, len(found["thief.md"].post.problems)) == ("urn:x:1", 1)


ROUNDS = st.tuples(
    st.sampled_from(["there", "silent", "edited", "draft", "unreadable", "gone"]),
    st.sampled_from([(), ("urn:x:1",), (GIVEN,), ("urn:x:1", GIVEN)]),
)


@given(st.booleans(), st.lists(ROUNDS, max_size=6))
def test_no_post_is_new_a_second_time_because_another_named_its_id(
    is_declared: bool,
    rounds: list[tuple[str, tuple[str, ...]]],
) -> None:
    """Whatever becomes of its file meanwhile: it keeps its row, or a person is asked.

    But not where the file went, another took over its id, as after a move, and it came back without that id.
    """
    states = [state for state, _ in rounds]
    assume("gone" not in states or "silent" not in states[states.index("gone") :])
    victim = VICTIM if is_declared else replace(VICTIM, declared_id="")
    known: tuple[KnownPost, ...] = remember(victim)
    for state, names in [*rounds, ("there", ())]:
        shapes = {"there": victim, "silent": replace(victim, declared_id=""), "edited": edit(victim)}
        shapes |= {"draft": replace(victim, is_draft=True)}
        thieves = [replace(place(THIEF, f"thief{n}"), declared_id=name) for n, name in enumerate(names)]
        broken = ["victim.md"] if state == "unreadable" else []
        identified, gone = match_identities(
            [*thieves, *(shapes[state] for _ in "1" if state in shapes)],
            known,
            site=SITE,
            now=LATER,
            unreadable=broken.__contains__,
        )
        own = [item for item in identified if item.post.source == "victim.md"]
        assert all(item.perhaps or not item.is_new for item in own)
        away = (
            row if state == "unreadable" and row.source == "victim.md" else replace(row, gone_at=row.gone_at or LATER)
            for row in gone
        )
        known = (*(item.known for item in identified), *away)
