"""A post that was renamed while nobody looked is still the same post, and a new one is not taken for an old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syndicate.model import Identified, KnownPost, Post
from syndicate.planning.identity import match_identities
from syndicate.planning.resemblance import compare_titles
from tests.planning.blog import NOW, SITE, make_body, make_post, write_body

SOON = NOW + timedelta(minutes=1)
OLD = make_post("a-jurney-to-rome", title="A jurney to Rome")
UNDATED = replace(OLD, published_at=None)
WORDLESS = write_body(OLD, "")


def renamed(post: Post, title: str = "", **fields: object) -> Post:
    """The post under another file name and address, with everything else that is given."""
    blank = make_post("a-journey-to-rome", title=title or post.title)
    return replace(post, source=blank.source, slug=blank.slug, permalink=blank.permalink, title=blank.title, **fields)  # type: ignore[arg-type]


def worded(post: Post, words: int, name: str = "new") -> Post:
    """The post with its last words replaced."""
    kept = post.markdown.split()[: 60 - words]
    return write_body(post, " ".join([*kept, *make_body(name, words).split()]))


def remember(*posts: Post, now: datetime = NOW) -> tuple[KnownPost, ...]:
    return tuple(item.known for item in match_identities(posts, (), site=SITE, now=now)[0])


def match(posts: Sequence[Post], known: Sequence[KnownPost], now: datetime = SOON) -> dict[str, Identified]:
    return {item.post.source: item for item in match_identities(posts, known, site=SITE, now=now)[0]}


MENDED = "A journey to Rome"
SAME = [
    (OLD, renamed(OLD, MENDED)),
    (OLD, renamed(worded(OLD, 10), MENDED)),
    (OLD, renamed(worded(OLD, 30), MENDED)),
    (OLD, renamed(worded(OLD, 10), "Quite another title")),
    (OLD, renamed(OLD, MENDED, published_at=NOW)),
    (UNDATED, renamed(UNDATED, MENDED)),
    (UNDATED, renamed(UNDATED, "Quite another title")),
    (UNDATED, renamed(worded(UNDATED, 10))),
    (UNDATED, renamed(worded(UNDATED, 10), MENDED)),
    (WORDLESS, renamed(WORDLESS, MENDED)),
    (write_body(OLD, "See you there."), renamed(write_body(OLD, "See you there!"), MENDED)),
    (write_body(OLD, "昨日は友達と一緒にローマへ行きました。天気がとても良かったです。"),
     renamed(write_body(OLD, "昨日は友達と一緒にローマに行きました。天気がとても良かったです。"), MENDED)),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), SAME)
@pytest.mark.parametrize("is_one_read", [True, False])
def test_a_renamed_post_is_the_same_post(before: Post, after: Post, *, is_one_read: bool) -> None:
    """Body, title or date tell, and one of them may be mended; also where the old file vanished a read earlier."""
    known = remember(before, make_post("other"))
    if not is_one_read:
        known = tuple(replace(row, gone_at=NOW) if row.slug == before.slug else row for row in known)
    found = match([after, make_post("other")], known)[after.source]
    row = next(row for row in known if row.slug == before.slug)
    assert (found.id, found.is_new, found.known.published_at) == (row.id, False, row.published_at)


DOUBTFUL = [
    (OLD, renamed(worded(OLD, 35), MENDED, published_at=NOW)),
    (OLD, renamed(OLD, "Quite another title", published_at=NOW)),
    (OLD, renamed(write_body(OLD, make_body("rewritten")))),
    (UNDATED, renamed(worded(UNDATED, 35), MENDED)),
    (WORDLESS, renamed(WORDLESS, published_at=NOW)),
    (replace(OLD, published_at=NOW - timedelta(hours=2, minutes=3, seconds=7)),
     renamed(write_body(OLD, make_body("rewritten")), "Quite another title",
             published_at=NOW - timedelta(hours=2, minutes=3, seconds=7))),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), DOUBTFUL)
def test_where_it_is_not_sure_a_person_is_asked(before: Post, after: Post) -> None:
    """Some of the body, or title and date alone: a new post, and it names the one that it may be."""
    (found,) = match([after], remember(before)).values()
    assert (found.is_new, found.perhaps) == (True, before.slug)


def test_nobody_is_asked_about_what_vanished_long_ago() -> None:
    """A likeness that is only fair is a question of days."""
    gone = [replace(row, gone_at=NOW) for row in remember(OLD)]
    (found,) = match([DOUBTFUL[0][1]], gone, NOW + timedelta(days=30)).values()
    assert (found.is_new, found.perhaps) == (True, "")


NEW = [
    (OLD, make_post("lisbon", published_at=OLD.published_at)),
    (make_post("w41", title="Weeknotes"), make_post("w42", title="Weeknotes", published_at=NOW)),
    (make_post("w41", title="Weeknotes 41"), make_post("w42", title="Weeknotes 42", published_at=NOW)),
    (make_post("draft", slug="rome"), make_post("draft", slug="paris", title="Paris", body=make_body("paris"),
                                                published_at=NOW)),
    (WORDLESS, replace(make_post("lisbon"), markdown="", sketch="")),
    (write_body(OLD, "Via a friend."), write_body(make_post("lisbon", published_at=NOW), "Found here.")),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), NEW)
def test_a_new_post_on_the_day_an_old_one_goes_is_new(before: Post, after: Post) -> None:
    """The same date, series, path or lack of words make no other post of it."""
    (found,) = match([after], remember(before)).values()
    assert (found.is_new, found.perhaps) == (True, "")


def test_a_series_with_one_template_asks_rather_than_loses() -> None:
    """Most of the body is the same every week: neither is announced twice nor swallowed."""
    template = make_body("template", 100)
    week = [
        write_body(make_post(f"w{n}", title=f"Weeknotes {n}", published_at=NOW - timedelta(days=7 * (3 - n))),
                   f"{template} {make_body(f'week{n}', 20)}")
        for n in (1, 2)
    ]  # fmt: skip
    (found,) = match([week[1]], remember(week[0])).values()
    assert (found.is_new, found.perhaps) == (True, "w1")


def test_an_address_used_again_years_later_is_a_new_post() -> None:
    """Nothing but the slug is the same, or the title, too."""
    gone = [replace(row, gone_at=NOW) for row in remember(OLD)]
    later = NOW + timedelta(days=700)
    for title in ("Rome, again", OLD.title):
        again = replace(make_post("x", title=title, published_at=later), slug=OLD.slug, permalink=OLD.permalink)
        for source in (again.source, OLD.source):
            (found,) = match([replace(again, source=source)], gone, later).values()
            assert (found.is_new, found.perhaps, found.id == gone[0].id) == (True, "", False)


def test_a_file_written_over_with_another_post_is_new() -> None:
    """Path and address are the same, title, date and body are not; where the title is, it was edited."""
    again = replace(make_post("x", title="Lisbon", published_at=NOW), source=OLD.source, slug=OLD.slug)
    (found,) = match([again], remember(OLD)).values()
    assert (found.is_new, found.perhaps) == (True, "")
    edited = replace(again, title=OLD.title)
    assert not match([edited], remember(OLD))[OLD.source].is_new


def test_two_candidates_are_both_asked_about() -> None:
    """A vanished post and two that equal it, or two vanished ones and a post of both."""
    one, two = renamed(OLD, MENDED), replace(renamed(OLD, MENDED), source="b.md", slug="b", permalink="https://b/")
    assert [item.perhaps for item in match([one, two], remember(OLD)).values()] == [OLD.slug, OLD.slug]
    other = write_body(make_post("other", published_at=OLD.published_at), make_body("other", 60))
    merged = write_body(renamed(OLD, "Rome and more"), f"{OLD.markdown} {other.markdown}")
    (found,) = match([merged], remember(OLD, other)).values()
    assert (found.is_new, bool(found.perhaps)) == (True, True)


def test_the_better_candidate_takes_the_row() -> None:
    """A post whose half became another one: the half with the title stays the post, the other one is new."""
    first = write_body(renamed(OLD, MENDED), make_body(OLD.slug, 40))
    second = write_body(make_post("rest", published_at=NOW), " ".join(OLD.markdown.split()[40:]))
    found = match([first, second], remember(OLD))
    assert (found[first.source].is_new, found["rest.md"].is_new, found["rest.md"].perhaps) == (False, True, "")


def test_a_copy_of_a_post_that_is_still_there_is_asked_about() -> None:
    """Word for word under the same title; with a title and date of its own it is the next post of a series."""
    copy = renamed(OLD, published_at=NOW)
    assert match([OLD, copy], remember(OLD))[copy.source].perhaps == OLD.slug
    assert match([OLD, replace(copy, title="Lisbon")], remember(OLD))[copy.source].perhaps == ""


COPIES = [
    worded(OLD, 5),
    replace(worded(OLD, 5), title="A jurney to Rom"),
    replace(worded(OLD, 5), title="Quite another title"),
    worded(OLD, 35),
    replace(worded(OLD, 2), published_at=NOW),
]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_copy_that_was_edited_is_asked_about(copy: Post, *, is_known: bool) -> None:
    """A program for syncing, or "save as", leaves it beside the post; in the read that finds the post, too."""
    copy = replace(copy, source="z.md", slug="z", permalink="https://z/")
    known = remember(OLD, make_post("other")) if is_known else remember(make_post("other"))
    found = match([OLD, copy, make_post("other")], known)
    asked = [item.perhaps for item in found.values() if item.perhaps]
    assert asked == [OLD.slug] if is_known else len(asked) == 1


def test_a_short_undated_copy_is_asked_about() -> None:
    """A title and three words may be all there is."""
    post = write_body(UNDATED, "See you there.")
    copy = replace(post, source="z.md", slug="z", permalink="https://z/")
    assert match([post, copy], remember(post))["z.md"].perhaps == OLD.slug


def test_an_undated_copy_that_was_much_edited_is_asked_about() -> None:
    """Nothing but the title and a part of the text is left to tell; another text under the title is news."""
    copy = replace(worded(UNDATED, 25), source="z.md", slug="z", permalink="https://z/")
    assert match([UNDATED, copy], remember(UNDATED))["z.md"].perhaps == OLD.slug
    other = write_body(copy, make_body("other"))
    assert match([UNDATED, other], remember(UNDATED))["z.md"].perhaps == ""


def test_a_copy_of_a_post_whose_year_is_mended_with_it_is_asked_about() -> None:
    """The original is compared as it is now, not as it was remembered."""
    before = replace(OLD, published_at=OLD.published_at and OLD.published_at - timedelta(days=365))
    copy = replace(worded(OLD, 25), source="z.md", slug="z", permalink="https://z/")
    assert match([OLD, copy], remember(before))["z.md"].perhaps == OLD.slug


def test_a_copy_of_a_post_that_is_rewritten_in_the_same_save_is_asked_about() -> None:
    """What was said already is said by the copy now."""
    copy = replace(OLD, source="z.md", slug="z", permalink="https://z/", title="Another title")
    assert match([write_body(OLD, make_body("new")), copy], remember(OLD))["z.md"].perhaps == OLD.slug


def test_the_next_one_of_a_series_is_not_a_copy() -> None:
    """Much the same text beside it, and another number in the title."""
    first = make_post("r12", title="Release 1.2", published_at=OLD.published_at)
    second = replace(worded(first, 10), source="r13.md", slug="r13", permalink="https://r13/", title="Release 1.3")
    assert match([first, second], remember(first))["r13.md"].perhaps == ""


def test_a_number_in_the_title_is_asked_about() -> None:
    """A release that takes the place of another one on the same day is no release renamed; who knows."""
    first = make_post("r12", title="Release 1.2", published_at=OLD.published_at)
    second = replace(worded(first, 8), source="r13.md", slug="r13", permalink="https://r13/", title="Release 1.3")
    (found,) = match([second], remember(first)).values()
    assert (found.is_new, found.perhaps) == (True, "r12")


@pytest.mark.parametrize("words", [0, 2, 15, 25])
@pytest.mark.parametrize("is_same_file", [True, False])
def test_what_comes_every_year_is_asked_about(words: int, *, is_same_file: bool) -> None:
    """The title, and some or all of the text, of a post that went long before this one was dated."""
    gone = [replace(row, gone_at=NOW) for row in remember(OLD)]
    later = NOW + timedelta(days=300)
    again = replace(worded(OLD, words), published_at=later)
    again = again if is_same_file else replace(again, source="x.md", slug="x", permalink="https://x/")
    (found,) = match([again], gone, later).values()
    assert (found.is_new, found.perhaps) == (True, OLD.slug)


def test_a_text_that_comes_back_is_asked_about_however_long_it_was_away() -> None:
    """Word for word, under another name, title and date."""
    gone = [replace(row, gone_at=NOW) for row in remember(OLD)]
    back = renamed(OLD, "Quite another title", published_at=NOW + timedelta(days=5))
    (found,) = match([back], gone, NOW + timedelta(days=40)).values()
    assert (found.is_new, found.perhaps) == (True, OLD.slug)


def test_a_namesake_takes_no_row() -> None:
    """There is a Christmas every year: title and address are equal, file, date and text are not."""
    xmas = make_post("2026/xmas", slug="xmas", title="Merry Christmas")
    other = make_post("2019/xmas", slug="xmas", title="Merry Christmas", published_at=NOW - timedelta(days=2500))
    moved = replace(xmas, source="2026/xmas-26.md", slug="xmas-26", permalink="https://26/")
    for after in (moved, replace(xmas, slug="xmas-26", permalink="https://26/"), worded(moved, 10)):
        found = match([after, other], remember(xmas))
        assert (found[after.source].is_new, found[other.source].is_new) == (False, True)


def test_a_file_that_is_put_away_leaves_its_name_to_the_next_one() -> None:
    """The old text goes to the archive word for word; title and path belong to another text now."""
    now_page = make_post("now", title="Now")
    kept = replace(now_page, source="now-2026-11.md", slug="now-2026-11", permalink="https://11/")
    fresh = make_post("now", title="Now", body=make_body("fresh"), published_at=NOW)
    found = match([kept, fresh], remember(now_page))
    assert (found[kept.source].is_new, found["now.md"].is_new) == (False, True)
    backup = match([now_page, kept], remember(now_page))
    assert (backup["now.md"].is_new, backup[kept.source].perhaps) == (False, "now")


def test_two_renamed_at_once_keep_apart() -> None:
    """Each is compared with each."""
    a, b = make_post("a", title="Alpha"), make_post("b", title="Beta")
    known = remember(a, b)
    after = [replace(renamed(b), source="1.md", slug="1"), replace(renamed(a), source="2.md", slug="2")]
    found = match(after, known)
    assert [found[name].id.rpartition(":")[2] for name in ("1.md", "2.md")] == ["b", "a"]


def test_rows_of_an_earlier_syndicate_are_recognised_by_what_they_have() -> None:
    """No body was looked at: title and date, or what is shown, tell. The rest is filled at the first sight."""
    row = replace(remember(OLD)[0], source_digest="", fields_digest="", sketch="")
    for after in (renamed(OLD), renamed(OLD, "Another"), write_body(renamed(OLD), "other")):
        (found,) = match([after], [row]).values()
        assert (found.id, found.is_new) == (row.id, False)
    (filled,) = match([OLD], [row]).values()
    assert (filled.known.sketch, filled.known.updated_at) == (OLD.sketch, row.updated_at)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("A  Title", "a title", 2),
        ("Helo wrld", "Hello world", 1),
        ("日本旅行", "日本旅行記", 1),
        ("Weeknotes 41", "Weeknotes 42", 0),
        ("Part one", "Part two", 0),
        ("Rome", "Lisbon", 0),
    ],
)
def test_titles_are_equal_misspelt_or_others(one: str, other: str, expected: int) -> None:
    """Numbers are no spelling."""
    assert compare_titles(one, other) == expected


def test_a_file_that_cannot_be_read_has_not_vanished() -> None:
    """Half of it was saved, or it holds the marks of a merge: a post like it may be another one."""
    known = remember(OLD)
    after = renamed(worded(OLD, 10), MENDED)
    found, gone = match_identities([after], known, site=SITE, now=SOON, unreadable=lambda name: name == OLD.source)
    assert ([(item.is_new, item.perhaps) for item in found], gone) == ([(True, OLD.slug)], known)


def write_note(name: str, words: str, days: int = 0) -> Post:
    """A post without a title, which is called by its first words."""
    return write_body(make_post(name, title=words[:80], note=words, published_at=NOW - timedelta(days=days)), words)


GREETING = "Good morning from the harbour, where nothing has changed since I last wrote to you all about it"
NOTES = [write_note(f"12{n:02}", GREETING if n % 2 else "Ship it.", n) for n in range(10)]


def test_notes_of_the_same_words_keep_their_ids_when_all_are_renamed() -> None:
    """The day tells them apart."""
    known = remember(*NOTES)
    found = match([renamed_note(post) for post in NOTES], known)
    assert {one.id: one.post.published_at for one in found.values()} == {row.id: row.published_at for row in known}


def renamed_note(post: Post) -> Post:
    blank = make_post(f"note-{post.slug}")
    return replace(post, source=blank.source, slug=blank.slug, permalink=blank.permalink)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ship it.", "Ship it."),
        (GREETING, f"{GREETING}. {make_body('new')}"),
        (f"{GREETING}. {make_body('old')}", f"{GREETING}. {make_body('new')}"),
    ],
)
def test_a_note_that_begins_like_one_that_went_is_not_that_one(before: str, after: str) -> None:
    """Two days, two notes, be their first words the same: a person is asked at most."""
    known = remember(write_note("1201", before, 9), write_note("titled", "Something else altogether", 8))
    found = match([write_note("1202", after, 1), write_note("titled", "Something else altogether", 8)], known)
    assert found["1202.md"].is_new


def test_a_note_whose_first_word_is_mended_as_it_is_renamed_is_the_same() -> None:
    before = write_note("1201", "Godo morning! The tomatoes are up, all eleven of them, and I am happy.", 3)
    after = write_note("tomatoes", "Good morning! The tomatoes are up, all eleven of them, and I am happy.", 3)
    assert not match([after], remember(before))["tomatoes.md"].is_new
