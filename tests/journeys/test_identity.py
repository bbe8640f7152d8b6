"""Corrected, old and many posts on the real command line."""

from __future__ import annotations

import json
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


def test_a_slip_in_a_file_gives_its_id_and_messages_to_no_other(blog: Blog) -> None:
    """A copy with the same id waits for nothing: the original cannot be read, is gone, is a draft, and is sent once."""
    original = {"date": NOW, "body": BODY, "id": "urn:x:1"}
    blog.write("rome", **original)
    blog.run("once")
    blog.write("boats", date=NOW, body=OTHER, id="urn:x:1")
    assert "belongs to rome.md already" in blog.run("once", code=1).err.replace("\n", " ")
    before = (rows(blog), blog.entries(), blog.timeline())
    slip = blog.posts / "rome.md"
    for said in (
        '---\ntitle: "Rome\n---\n',
        "",
        None,
        f"---\ntitle: Rome\nid: urn:x:1\npublished: false\n---\n{BODY}\n",
    ):
        slip.unlink() if said is None else slip.write_text(said, encoding="utf-8")
        blog.run("once", code=1)
        blog.write("rome", **original)
        blog.run("once", code=1)
        assert (rows(blog), blog.entries(), blog.timeline()) == before


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
    said = blog.run("publish").out
    assert "7 posts at once are held on timeline" in said
    assert "will not go out" not in said
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


def held(blog: Blog) -> list[str]:
    """What waits because it may have been there before."""
    return [slug for slug, state, reason in rows(blog) if (state, reason) == ("held", "turned_up")]


def configure(blog: Blog, before: str, after: str) -> None:
    config = blog.root / "syndicate.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[cards]", '[content]\nignore = ["notes/**"]\n\n[cards]'),
        ("[cards]", '[content]\ninclude = ["*.md"]\n\n[cards]'),
        ("[site]", '[site]\ngenerator = "hugo"'),
    ],
    ids=["ignore", "include", "generator"],
)
def test_what_a_changed_setting_brings_to_light_is_asked_about(blog: Blog, before: str, after: str) -> None:
    """Undated notes were left out, and a new post that comes after them is news as ever."""
    (blog.posts / "notes").mkdir()
    if "hugo" in after:
        blog.write("notes/index", date=NOW, body=BODY)
        blog.run("publish")
    for name in ("one", "two"):
        (blog.posts / "notes" / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n{OTHER} {name}\n", encoding="utf-8")
    configure(blog, before, after)
    blog.run("publish")
    configure(blog, after, before)
    assert "2 posts that may have been there before are held on timeline" in blog.run("publish").out
    blog.write("news", date=NOW, body=" ".join(f"news{number}" for number in range(60)))
    blog.run("publish")
    assert held(blog) == ["one", "two"]
    assert blog.run("queue", "skip", "--all", "--account", "timeline", "--reason", "turned_up").code == 0
    assert [state for slug, state, _ in rows(blog) if slug == "news"] == ["planned"]


def test_a_field_of_another_name_features_no_post_of_before(blog: Blog) -> None:
    """`[fields] featured = "sticky"`: what is sticky already is asked about."""
    blog.write("old-and-sticky", date=NOW, body=OTHER, sticky=True)
    blog.run("publish")
    blog.run("post", "old-and-sticky")
    configure(blog, "[cards]", '[fields]\nfeatured = "sticky"\n\n[cards]')
    blog.run("publish")
    assert [row for row in rows(blog) if row[1] in {"planned", "due"}] == []


def test_what_could_not_be_read_at_the_first_run_is_asked_about(tmp_path: Path) -> None:
    """Mended as `doctor` says, it is not announced; one broken later is news when it is mended."""
    blog = Blog(tmp_path, CONFIG)
    blog.write("first", date=NOW)
    broken = "---\ntitle: One: two\n---\n"
    (blog.posts / "before.md").write_text(f"{broken}{BODY}\n", encoding="utf-8")
    blog.run("publish", code=1)
    (blog.posts / "after.md").write_text(f"{broken}{OTHER}\n", encoding="utf-8")
    blog.run("publish", code=1)
    blog.write("before", date=NOW, body=BODY)
    blog.write("after", date=NOW, body=OTHER)
    blog.run("publish")
    assert held(blog) == ["before"]
    assert ("after", "planned", "") in rows(blog)


def test_a_file_without_front_matter_is_not_a_post(blog: Blog) -> None:
    """A README or a list of things to do is told as a problem, and stays where it is."""
    (blog.posts / "TODO.md").write_text("# TODO\n\n* pay the hosting\n", encoding="utf-8")
    blog.run("publish", code=1)
    assert rows(blog) == []
    assert "has no front matter" in blog.run("doctor", code=1).out


@pytest.mark.parametrize(("names", "expected"), [(["one"], []), (["one", "two"], ["one", "two"])])
def test_several_posts_in_a_folder_that_was_empty_are_asked_about(
    tmp_path: Path, names: list[str], expected: list[str]
) -> None:
    """A submodule that arrives after the first run; a single one is the first post of a new blog."""
    blog = Blog(tmp_path)
    blog.run("publish")
    for name in names:
        blog.write(name, date=NOW, body=f"{OTHER} {name}")
    blog.run("publish")
    assert held(blog) == expected


def test_posts_of_one_slug_are_all_published_and_commands_ask_which(tmp_path: Path) -> None:
    """The address is the key: one post more of a known slug changes nothing for the first and is announced once."""
    config = CONFIG.replace("[cards]", 'permalink = "/{path}/"\n[cards]')
    blog = Blog(tmp_path, config.replace('old_after = "3650d"', ""))
    for year in ("2025", "2026"):
        (blog.posts / year).mkdir()
    blog.write("2025/review", title="The year", date="2025-12-30")
    blog.run("publish")
    blog.write("2026/review", title="Another year", date=NOW, body=OTHER)
    blog.run("publish")
    blog.run("post", "/2026/review/")
    assert rows(blog) == [("2026-review", "sent", "sent")]
    assert {path.stem for path in (blog.feeds / "meta").glob("*review*")} == {"review", "2026-review"}
    said = blog.run("why", "review", code=2).err
    assert "/2025/review/ (2025/review.md), /2026/review/ (2026/review.md)" in said.replace("\n", " ")
    for word in (
        "/2026/review/",
        "2026/review.md",
        "content/posts/2026/review.md",
        "https://notes.example/2026/review/",
    ):
        assert "Another year" in blog.run("why", word).out
        assert len(blog.run("--json", "queue", "--all", "--slug", word).json) == 1
    blog.run("post", "review", code=2)
    (blog.posts / "2025/review.md").unlink()
    blog.run("publish")
    assert [state for _, state, _ in rows(blog)] == ["sent"]
    assert "Another year" in blog.run("why", "review").out


def test_nothing_raw_goes_out(blog: Blog) -> None:
    """Code that nobody resolved stands in no published file, and its message is held until the post is mended."""
    path = blog.write("four", title="Four {{ page.version }} for {{ somebody }}", date=NOW, version="4.2", body=OTHER)
    said = blog.run("publish", code=1).err
    assert "four.md:2" in said
    assert "{{ somebody }}" in said
    published = [
        file.read_text(errors="ignore") for file in blog.feeds.rglob("*") if file.suffix in {".xml", ".json", ".html"}
    ]
    assert any("Four 4.2" in text for text in published)
    assert not [text for text in published if "{{" in text]
    assert ("four", "held", "generator_code") in rows(blog)
    assert "{{ somebody }}" in blog.run("why", "four").out
    path.write_text(path.read_text().replace("{{ somebody }}", "you"))
    blog.run("publish")
    assert [state for slug, state, _ in rows(blog) if slug == "four"] == ["planned"]


def test_nothing_goes_out_against_a_wish_that_cannot_be_understood(blog: Blog) -> None:
    """Neither a message nor an edit of one, until the post is mended; a name that is nobody's is told by doctor."""
    path = blog.write("four", date=NOW, body=OTHER, social={"timeline": {"txt": "Own words."}, "timelin": "Else."})
    assert '"txt" of "timeline" cannot be understood' in blog.run("publish", code=1).err
    assert ("four", "held", "unclear_wish") in rows(blog)
    assert "four.md:5" in blog.run("why", "four").out
    assert '"timelin", which is neither an account nor a network' in blog.run("doctor", code=1).out
    path.write_text(path.read_text().replace("txt", "text"))
    blog.run("post", "four")
    toml = blog.root / "syndicate.toml"
    toml.write_text(toml.read_text() + 'on_edit = "edit"\n')
    path.write_text(path.read_text().replace('"text": "Own words."', '"text": ["New words."]'))
    blog.run("publish", code=1)
    assert "Nothing to amend." in blog.run("amend").out
    path.write_text(path.read_text().replace('["New words."]', '"New words."'))
    blog.run("publish")
    assert "edited" in blog.run("amend").out
    assert blog.timeline()[0]["content_text"].startswith("New words.")


@pytest.mark.parametrize("body", [BODY, BODY.replace("three", "four")])
def test_a_copy_stands_in_no_feed_beside_its_post(blog: Blog, body: str) -> None:
    """Whatever made it, and however its post is edited meanwhile; alone, or told apart by a person, it does."""
    blog.write("rome", date=NOW, body=BODY)
    blog.run("post", "rome")
    blog.write("rome 2", title="Rome", date=NOW, body=body)
    for edit in ("", " Well."):
        blog.write("rome", date=NOW, body=BODY + edit)
        said = blog.run("publish").err
        assert "rome 2.md says what rome.md says: it stands in no feed" in said.replace("\n", " ")
        assert _list_addresses(blog) == ["/blog/rome/", "/blog/first/"]
    blog.write("rome 2", title="Pisa", date=NOW, body=body)
    blog.run("publish")
    assert len(_list_addresses(blog)) == 3
    blog.write("rome 2", title="Rome", date=NOW, body=body)
    blog.run("publish")
    blog.run("queue", "release", "--all", "--slug", "rome-2", "--reason", "maybe_renamed")
    blog.run("once")
    blog.run("publish")
    assert len(_list_addresses(blog)) == 3


def _list_addresses(blog: Blog) -> list[str]:
    items = json.loads((blog.feeds / "feed.json").read_text(encoding="utf-8"))["items"]
    return [item["url"].removeprefix("https://notes.example") for item in items]
