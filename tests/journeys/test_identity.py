"""Corrected, old and many posts on the real command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.blog import CONFIG, Blog

NOW = f"{datetime.now(UTC):%Y-%m-%dT%H:00:00Z}"
YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
LONG_AGO = "2021-01-02T09:00:00Z"
BODY = (
    "We went to the old city on Monday and saw the walls, the river, the market and a little church that nobody knows. "
    "Then it rained for three days, and we read every book in the house."
)
OTHER = "Boats and harbours, and the smell of tar in the morning when the fishermen leave and nobody else is awake."


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    """A blog whose account has its baseline, with what a site gets without saying anything."""
    made = Blog(tmp_path, CONFIG.replace('old_after = "3650d"', ""))
    made.write("first", date=NOW)
    made.run("publish")
    return made


def rows(blog: Blog) -> list[tuple[str, str, str]]:
    """Everything but the baseline."""
    found = blog.run("--json", "queue", "--all").json
    return sorted((row["slug"], row["state"], row["reason"]) for row in found if row["reason"] != "baseline")


def rename(blog: Blog, before: str, after: str, **fields: str) -> None:
    (blog.posts / f"{before}.md").unlink()
    blog.write(after, **fields)


@pytest.mark.parametrize("reads", [1, 2])
@pytest.mark.parametrize(
    "after",
    [
        {"title": "A journey to Rome", "date": NOW, "body": BODY},
        {"title": "Rome in the rain", "date": NOW, "body": BODY},
        {"title": "A journey to Rome", "date": NOW, "body": BODY.replace("rained", "poured")},
    ],
    ids=["title and name", "another title", "edited, too"],
)
def test_a_correction_announces_nothing_again(blog: Blog, after: dict[str, str], reads: int) -> None:
    """Title and file name mended, in one publication or with one between."""
    blog.write("a-jurney-to-rome", title="A jurney to Rome", date=NOW, body=BODY)
    blog.run("post", "a-jurney-to-rome")
    (blog.posts / "a-jurney-to-rome.md").unlink()
    if reads == 2:
        blog.run("publish")
    blog.write("a-journey-to-rome", **after)
    blog.run("publish")
    assert [state for _, state, _ in rows(blog)] == ["sent"]


def test_a_person_says_that_it_is_the_same(blog: Blog) -> None:
    """Its messages are held; `same` joins the posts, and the old identity stays."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    rename(blog, "rome", "rain", title="Something else", date=YESTERDAY, body=BODY)
    said = blog.run("publish").out
    assert "`syndicate same rome rain`" in said.replace("\n", " ")
    assert ("rain", "held", "maybe_renamed") in rows(blog)
    blog.run("status", code=1)
    blog.run("same", "rome", "rain")
    assert [(state, reason) for _, state, reason in rows(blog)] == [("sent", "sent")]
    assert '"rain" is already the post that was "rome"' in blog.run("same", "rome", "rain").out
    blog.run("same", "paris", "rain", code=2)
    blog.run("publish")
    assert len(rows(blog)) == 1


def test_a_person_says_that_it_is_another_one(blog: Blog) -> None:
    """Released once, it is not asked about again, whatever happens to it."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    rename(blog, "rome", "rain", title="Something else", date=YESTERDAY, body=BODY)
    blog.run("publish")
    assert blog.run("queue", "release", "--all").out.startswith("Nothing of that kind")
    blog.run("queue", "release", "--all", "--slug", "rain")
    rename(blog, "rain", "rain-again", title="Something else", date=YESTERDAY, body=BODY)
    blog.run("publish")
    assert ("rain-again", "due", "") in rows(blog)
    assert blog.run("--json", "status").json["questions"] == []


def test_two_posts_with_files_are_not_joined(blog: Blog) -> None:
    """And nothing is changed."""
    blog.write("second", date=NOW, body=OTHER)
    blog.run("publish")
    assert "still has its file" in blog.run("same", "first", "second", code=2).err
    assert len(rows(blog)) == 1


@pytest.mark.parametrize("is_retitled", [False, True])
def test_a_copy_beside_its_post_is_asked_about(blog: Blog, *, is_retitled: bool) -> None:
    """A word differs, as in what a program for syncing leaves, and the original may go then: no second message."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    blog.write("rome-LAPTOP7", title="Rom" if is_retitled else "Rome", date=NOW, body=BODY.replace("three", "four"))
    blog.run("publish")
    (blog.posts / "rome.md").unlink()
    blog.run("publish")
    assert rows(blog) == [("rome", "sent", "sent"), ("rome-laptop7", "held", "maybe_renamed")]
    blog.run("same", "rome", "rome-laptop7")
    assert [row[1:] for row in rows(blog)] == [("sent", "sent")]


def test_a_copy_is_kept_quiet_while_its_original_is_there(blog: Blog) -> None:
    """`same` is told of both files; one that a program left after a conflict is no post at all."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    blog.write("rome-LAPTOP7", title="Rome", date=NOW, body=BODY.replace("three", "four"))
    blog.run("publish")
    assert "is a copy of" in blog.run("same", "rome", "rome-laptop7").out
    assert rows(blog)[1][:2] == ("rome-laptop7", "skipped")
    blog.write("rome.sync-conflict-20261101-101010-ABCDEFG", title="Rome", date=NOW, body=OTHER)
    blog.run("publish", code=1)
    assert len(rows(blog)) == 2


def test_all_questions_are_answered_at_once(blog: Blog) -> None:
    """A person who moved a whole blog says it once."""
    bodies = {name: " ".join(f"{name}{number}" for number in range(60)) for name in ("rome", "pisa", "siena")}
    for name, body in bodies.items():
        blog.write(name, date=NOW, body=body)
        blog.run("post", name)
    for name, body in bodies.items():
        rename(blog, name, f"old-{name}", title=f"Back from {name}", date=YESTERDAY, body=body)
    blog.run("publish")
    blog.run("same", code=2)
    blog.run("same", "--all")
    assert {row[1] for row in rows(blog)} == {"sent"}
    assert blog.run("same", "--all").out.startswith("Nothing of that kind")


def test_a_namesake_takes_neither_address_nor_message(blog: Blog) -> None:
    """An older post of the same name is imported; the known one keeps its place, and may give it away as told."""
    blog.write("xmas", title="Merry Christmas", date=NOW, body=BODY)
    blog.run("post", "xmas")
    (blog.posts / "2019").mkdir()
    blog.write("2019/xmas", title="Merry Christmas", date=LONG_AGO, body=OTHER)
    blog.run("publish", code=1)
    assert "belongs to xmas.md, which was there before" in blog.run("doctor", code=1).out.replace("\n", " ")
    rename(blog, "xmas", "xmas-again", title="Merry Christmas", date=NOW, body=BODY)
    blog.run("publish")
    assert rows(blog) == [("xmas", "sent", "sent"), ("xmas", "skipped", "old_when_found")]


def test_an_id_given_later_is_remembered(blog: Blog) -> None:
    """Everything else may change afterwards."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    blog.write("rome", date=NOW, body=BODY, id="post-17")
    blog.run("publish")
    rename(blog, "rome", "boats", title="Boats", date=YESTERDAY, body=OTHER, id="post-17")
    blog.run("publish")
    assert [row[1:] for row in rows(blog)] == [("sent", "sent")]


def test_old_posts_are_one_line_and_may_be_released(blog: Blog) -> None:
    """`plan` and `publish` say it; a person may send them all the same."""
    for number in range(12):
        blog.write(f"old-{number}", date=LONG_AGO, body=f"{OTHER} {number}")
    assert "12 posts were old when found" in blog.run("plan").out
    assert "12 posts were old when found" in blog.run("publish").out
    assert blog.run("--json", "status").json["questions"] == []
    blog.run("queue", "release", "--all", "--reason", "old-when-found", "--slug", "old-3")
    assert [row[:2] for row in rows(blog) if row[1] != "skipped"] == [("old-3", "due")]


def test_many_posts_at_once_are_one_question(blog: Blog) -> None:
    """In `publish`, `queue` and `status`; skipped or released by account."""
    for number in range(7):
        blog.write(f"new-{number}", date=NOW, body=f"{OTHER} {number}")
    assert "7 posts at once are held on timeline" in blog.run("publish").out
    assert blog.run("queue").out.count("\n") == 1
    status = blog.run("--json", "status", code=1).json
    assert (len(status["questions"]), status["needs_you"]) == (1, [])
    blog.run("queue", "skip", "--all", "--account", "nobody", code=2)
    blog.run("queue", "skip", "--all", "--reason", "many_at_onec", code=2)
    blog.run("queue", "skip", "--all", "--account", "timeline")
    assert {state for _, state, _ in rows(blog)} == {"skipped"}
    blog.run("status")


def test_the_line_about_one_old_post_lets_no_other_go(blog: Blog) -> None:
    """Twelve were imported before; what the line says to type sends the thirteenth alone."""
    for number in range(12):
        blog.write(f"old-{number}", date=LONG_AGO, body=f"{OTHER} {number}")
    blog.run("publish")
    blog.write("typo", date="2021-05-05T09:00:00Z", body=BODY)
    said = blog.run("publish").out.replace("\n", " ")
    assert "`syndicate queue release --all --slug typo --reason old_when_found`" in said
    blog.run("queue", "release", "--all", "--slug", "typo", "--reason", "old_when_found")
    assert [slug for slug, state, _ in rows(blog) if state != "skipped"] == ["typo"]


def test_the_answer_for_many_leaves_what_a_person_holds(blog: Blog) -> None:
    """Whether it names the reason or only the account."""
    blog.write("mine", date=NOW, body=BODY)
    blog.run("publish")
    (number,) = [row["id"] for row in blog.run("--json", "queue").json if row["slug"] == "mine"]
    blog.run("queue", "hold", str(number))
    for each in range(7):
        blog.write(f"new-{each}", date=NOW, body=f"{OTHER} {each}")
    said = blog.run("publish").out.replace("\n", " ")
    assert "`syndicate queue release --all --account timeline --reason many_at_once`" in said
    blog.run("queue", "release", "--all", "--account", "timeline")
    assert [slug for slug, state, _ in rows(blog) if state == "held"] == ["mine"]


def test_a_question_that_grows_counts_all_that_its_answer_touches(blog: Blog) -> None:
    """Seven are held, two more come: the line speaks of nine."""
    for number in range(7):
        blog.write(f"new-{number}", date=NOW, body=f"{OTHER} {number}")
    blog.run("publish")
    for number in (7, 8):
        blog.write(f"new-{number}", date=NOW, body=f"{BODY} {number}")
    assert "9 posts at once are held on timeline" in blog.run("publish").out
