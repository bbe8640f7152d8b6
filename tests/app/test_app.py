"""The app's use cases, one after another on a real site: what each changes, and what it leaves."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.app.cards import check_cards, draw_cards
from syndicate.app.deliver import Composer
from syndicate.app.elsewhere import publish_elsewhere
from syndicate.app.post import list_links
from syndicate.app.publish import ask
from syndicate.app.queue import preview_waiting
from syndicate.app.site import MANY, OpenSite
from syndicate.app.status import read_status
from syndicate.deliver import AccountThreads
from syndicate.errors import ContentError, StateError, SyndicateError, Unavailable, UsageError
from syndicate.model import Artefact, Delivery, State, SyndicationLink
from syndicate.planning.deliveries.manual import ManualPlan
from syndicate.publish.publish import publish
from tests.app.late import wait_for_accounts
from tests.journeys.blog import CONFIG
from tests.journeys.test_daemon import list_children
from tests.publish.house import House
from tests.publish.test_unchanged import is_current

pytestmark = pytest.mark.slow


def strange(path: str) -> Artefact:
    return Artefact(path, "text/plain", b"theirs")


def looks(root: Path) -> dict[str, bytes]:
    """Every file of the site that a person would miss: all but the cache and locks, which change by looking."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(("cache", "state.db-")) and path.suffix != ".lock"
    }


def test_looking_changes_nothing(tmp_path):
    """Plan, previews, status, accounts, amendments, cards' judgement and a post's story write no file and no row."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("fresh", featured=True)
        app.open_all()
        before = looks(tmp_path)
        assert [row.slug for row in app.make_plan().deliveries if row.state is State.DUE or row.state is State.PLANNED]
        with app.using() as site:
            preview_waiting(site, ManualPlan())
            read_status(site, app.now())
            check_cards(site, (), app.now())
        app.list_accounts(online=False)
        app.list_amendments()
        app.tell_story("fresh")
        app.plan_post("fresh", to=(), at="", text="", again=False)
        assert looks(tmp_path) == before


def test_a_lost_content_folder_loses_nothing(tmp_path):
    """While it is away (unmounted, renamed) publishing is refused and what is published stays; then all goes on."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.publish()
        before = blog.files()
        blog.posts.rename(tmp_path / "away")
        with pytest.raises(ContentError, match="does not exist"):
            app.publish()
        assert blog.files() == before
        (tmp_path / "away").rename(blog.posts)
        assert app.publish().gone_posts == 0
    assert blog.files() == before


def test_a_settled_message_shows_its_copy(tmp_path):
    """What a person says was sent stands in syndication.json with the next publication."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        (row,) = app.list_deliveries(everything=True)
        app.change_deliveries("settle_sent", (row.id,), "https://social.example/1")
        app.publish()
    (copy,) = json.loads(blog.files()["syndication.json"])["old"]["copies"]
    assert copy["url"] == "https://social.example/1"


def test_our_own_writing_is_no_news(tmp_path):
    """A post into which we wrote its links wakes no watcher; one that somebody edits afterwards does."""
    blog = House(tmp_path, CONFIG + "\n[content]\nwrite_back = true\n")
    path = blog.write("first")
    with blog.open() as app:
        app.publish()
        assert app.is_news(path)
        app.post(app.plan_post("first", to=(), at="", text="", again=False))
        assert "syndication:" in path.read_text()
        assert not app.is_news(path)
        path.write_text(path.read_text() + "More.\n", encoding="utf-8")
        assert app.is_news(path)
        path.unlink()
        assert app.is_news(path)


def test_a_strangers_timeline_page_stops_no_message(tmp_path, caplog):
    """The message is sent and stands in timeline.json; the page stays as it is, and that is said."""
    blog = House(tmp_path)
    blog.write("first")
    blog.feeds.mkdir()
    (blog.feeds / "timeline.html").write_text("theirs")
    with blog.open() as app, caplog.at_level(logging.WARNING, "syndicate"):
        (problem,) = app.publish().problems
        assert problem.source == "feeds/timeline.html"
        (sent,) = app.post(app.plan_post("first", to=(), at="", text="", again=False))
    assert sent.state is State.SENT
    assert len(blog.timeline()) == 1
    assert (blog.feeds / "timeline.html").read_text() == "theirs"
    assert any("feeds/timeline.html" in record.getMessage() for record in caplog.records)


def test_cards_by_hand_leave_a_strangers_picture(tmp_path):
    """`cards SLUG` draws the card anew, and names the file that it must not write over."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.publish()
        (blog.feeds / "cards" / "first.png").write_bytes(b"theirs")
        with app.using() as site:
            problems = [one for one in draw_cards(site, ("first",), app.now()) if one.level == "problem"]
    assert [one.where for one in problems] == ["feeds/cards/first.png"]
    assert (blog.feeds / "cards" / "first.png").read_bytes() == b"theirs"


def test_a_picture_that_is_not_there_yet_is_a_warning_of_the_check(tmp_path):
    """It may come with the next try, so it fails no build, but the card is not called good either."""
    blog = House(tmp_path)
    blog.write("first", image="http://127.0.0.1:9/a.jpg", imageAlt="A hill")
    with blog.open() as app:
        app.publish()
        with app.using() as site:
            finding, summary = check_cards(site, (), app.now())
    assert (finding.level, finding.where) == ("warning", "first.md")
    assert finding.text.startswith("the card is without its picture, http://127.0.0.1:9/a.jpg: ")
    assert (summary.level, summary.text) == ("ok", "1 card: all in order (1 poster)")


def test_a_slug_nobody_has_is_named(tmp_path):
    """Cards, stories and messages of a wrong slug are refused with the nearest right one."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.publish()
        for use in (
            lambda: app.tell_story("frist"),
            lambda: app.plan_post("frist", to=(), at="", text="", again=False),
        ):
            with pytest.raises(UsageError) as caught:
                use()
            assert "first" in f"{caught.value} {caught.value.hint}"


def test_an_object_store_is_as_good_as_a_folder(tmp_path):
    """A stranger's object stays and is named, the rest is written, and the same again puts nothing."""
    blog = House(tmp_path, CONFIG + '\n[storage]\npublish_to = "memory:///"\n')
    blog.write("first", featured=True)
    with blog.wired() as site:
        site.output.write([strange("index.html"), strange("featured/rss.xml")])
        for number in range(2):
            done = publish(site, site.accounts.facts, ask(site, "", blog.now))
            assert {problem.source.rpartition(":")[2].lstrip("/") for problem in done.problems} == {
                "index.html",
                "featured/rss.xml",
            }
            assert (len(done.written) > 0) == (number == 0)
        assert site.output.read("index.html") == b"theirs"
        assert site.output.read("rss.xml")
        blog.lose_cache()
    with blog.wired() as site:
        blog.wait(hours=1)
        done = publish(site, site.accounts.facts, ask(site, "", blog.now))
        assert done.problems == ()


def test_what_is_due_is_delivered_by_number_only(tmp_path):
    """A message by hand sends its own rows and leaves others that are due to their round."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("one")
        blog.write("two")
        app.publish()
        blog.wait(hours=1)
        app.post(app.plan_post("one", to=(), at="", text="", again=False))
        assert {row.slug: row.state for row in app.list_deliveries(everything=True) if row.slug != "old"} == {
            "one": State.SENT,
            "two": State.PLANNED,
        }
        assert [row.slug for row in app.deliver_due()] == ["two"]


def test_the_first_round_after_a_start_looks_at_everything(tmp_path):
    """Nobody knows how the process before ended: `open_all` makes the next publication a whole one, and only that."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.publish()
        app.open_all()
        with blog.wired() as site:
            assert not is_current(site, blog.now)
        assert app.publish().written == ()
        with blog.wired() as site:
            assert is_current(site, blog.now + timedelta(hours=1))


def test_what_lives_long_lets_another_process_publish_much(tmp_path, caplog):
    """It answers as a command does, and what it says stands in the same log."""
    blog = House(tmp_path, CONFIG.replace("[cards]", '[cards]\nlayout = "own"'))
    layout = tmp_path / "templates" / "cards" / "own.toml"
    layout.parent.mkdir(parents=True)
    layout.write_text("nonsense")
    blog.fill(MANY)
    blog.write("old")
    found = []
    for is_long_lived in (True, False):
        with App(blog.config) as app, caplog.at_level(logging.DEBUG, "syndicate"):
            if is_long_lived:
                app.open_all()
            found.append(app.publish())
        shutil.rmtree(tmp_path / ".syndicate")
        shutil.rmtree(tmp_path / "feeds")
    assert found[0] == found[1]
    said = [record for record in caplog.records if record.getMessage().startswith("the cards")]
    assert [record.process == os.getpid() for record in said] == [False, True]


def test_what_fails_elsewhere_fails_here_with_the_same_words(tmp_path):
    """Whoever asked for the publication hears of it as if it had been its own."""
    blog = House(tmp_path)
    blog.fill(MANY)
    failures = []
    for is_long_lived in (True, False):
        with App(blog.config) as app:
            if is_long_lived:
                app.open_all()
                with closing(sqlite3.connect(tmp_path / ".syndicate" / "state.db")) as state:
                    state.execute("DROP TABLE published_files")
            with pytest.raises(SyndicateError) as caught:
                app.publish()
            failures.append((caught.type, str(caught.value)))
    assert failures[0] == failures[1]


def test_where_there_is_no_other_process_it_is_done_here(tmp_path, monkeypatch):
    """The interpreter may be gone, or the package another one: the feeds are written all the same."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    blog = House(tmp_path)
    blog.fill(MANY)
    blog.write("old")
    with blog.open() as app:
        app.open_all()
        assert "feed.json" in app.publish().written


def say_otherwise(blog: House, old: str, new: str) -> None:
    blog.config.write_text(blog.config.read_text().replace(old, new))


def write_namesake(blog: House, file: str) -> None:
    path = blog.write(file, permalink=f"/{file}/one/", date="2026-01-01T00:00:00Z")
    path.write_text(path.read_text().replace("---\n", "---\nslug: one\n", 1))


MOMENTS: dict[str, Callable[[House], object]] = {
    "nothing": lambda blog: None,
    "its words": lambda blog: blog.write("one", socialShare="Other words."),
    "its text and picture": lambda blog: blog.write("one", body="Another.", image="/images/none.jpg"),
    "another post": lambda blog: blog.write("two", body="Other text."),
    "a new post": lambda blog: blog.write("three"),
    "a new post of its name": lambda blog: write_namesake(blog, "aaa"),
    "its file's name": lambda blog: (blog.posts / "one.md").rename(blog.posts / "renamed.md"),
    "it went": lambda blog: (blog.posts / "one.md").unlink(),
    "it is damaged": lambda blog: (blog.posts / "one.md").write_text("---\ntitle: [\n---\n"),
    "it is a draft": lambda blog: blog.write("one", draft=True),
    "its folder is away": lambda blog: blog.posts.rename(blog.root / "away"),
    "the settings": lambda blog: say_otherwise(blog, "notes.example", "pages.example"),
    "the template": lambda blog: Path(blog.root, "templates/messages/default.txt").write_text("See {{ link }}"),
    "the cache is lost": House.lose_cache,
}


@pytest.mark.parametrize("what", MOMENTS)
def test_a_message_is_the_one_that_all_posts_together_make(tmp_path, what):
    """Composed from its post alone, with all of them, or by another process, whatever changed a moment ago, and once
    that is published."""
    blog = House(tmp_path)
    (tmp_path / "templates" / "messages").mkdir(parents=True)
    blog.write("old")
    blog.run("publish")
    for slug in ("one", "two"):
        blog.write(slug, image=f"https://images.example/{slug}.jpg")
    write_namesake(blog, "namesake")
    with blog.open() as app:
        app.publish()
    MOMENTS[what](blog)
    composed = compose_all_ways(blog)
    assert len(composed) == 3
    assert all(alone == together == elsewhere for alone, together, elsewhere in composed)
    with blog.open() as app, suppress(SyndicateError):
        app.publish()
    assert all(alone == together == elsewhere for alone, together, elsewhere in compose_all_ways(blog))
    with blog.wired() as site:
        assert what == "its folder is away" or site.look_back()


def compose_all_ways(blog: House) -> list[tuple[object, object, object]]:
    """Each message that waits, composed from its post alone where that is possible, from a look at all of them, and
    from what another process tells of them."""

    def compose_all(*, is_elsewhere: bool = False) -> list[object]:
        with blog.wired() as site:
            if is_elsewhere:
                site.many = 0
                site.open_all(blog.config)
            rows = site.store.list_deliveries(states=(State.PLANNED, State.HELD, State.DUE))
            return [compose(site, row) for row in rows]

    def compose(site: OpenSite, row: Delivery) -> object:
        try:
            return Composer(site).compose(row)
        except SyndicateError as error:
            return type(error), str(error)

    alone = compose_all()
    with blog.wired() as site:
        known = site.cache.get("publication", "brief default")
        site.cache.drop("publication", ["brief default"])
    together, elsewhere = compose_all(), compose_all(is_elsewhere=True)
    with blog.wired() as site:
        site.cache.put_many("publication", {"brief default": known} if known else {})
    return list(zip(alone, together, elsewhere, strict=True))


def compose_elsewhere(site: OpenSite) -> str:
    (row,) = site.store.list_deliveries(states=(State.PLANNED,))
    return Composer(site).compose(row).text


def test_where_no_other_process_starts_that_is_told_and_published_all_the_same(tmp_path, monkeypatch, caplog):
    """After minutes, where it hangs: somebody must be able to see why."""
    blog = House(tmp_path)
    blog.write("old")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with blog.wired() as site, caplog.at_level(logging.WARNING):
        assert publish_elsewhere(blog.config, site, "").written
    assert "no other process starts" in caplog.text


def test_a_message_goes_minutes_after_its_post_can_be_read_again(tmp_path):
    """However long a conflict was left unresolved: waiting longer and longer would make it an hour late."""
    blog = House(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        path = blog.write("fresh", date="2026-03-02T08:59:00Z")
        app.publish()
        whole = path.read_text()
        path.write_text(whole.replace("title:", "<<<<<<< HEAD\ntitle:"))
        app.publish()
        for _ in range(20):
            app.deliver_due()
            blog.wait(minutes=3)
        path.write_text(whole)
        app.publish()
        blog.wait(minutes=5)
        assert [one.state for one in app.deliver_due()] == [State.SENT]


def test_a_reader_that_was_killed_costs_no_message(tmp_path):
    """Nobody knows what the post says then: it is tried again, by another process."""
    blog = House(tmp_path)
    blog.write("old")
    blog.run("publish")
    blog.write("fresh")
    with blog.open() as app:
        app.publish()
    with blog.wired() as site:
        site.many = 0
        site.open_all(blog.config)
        for words in ("Other words.", "Others again."):
            blog.write("fresh", socialShare=words)
            assert words in compose_elsewhere(site)
            (reader,) = list_children(os.getpid())
            os.kill(reader, signal.SIGKILL)
            with pytest.raises(Unavailable, match="the process that reads posts hung or was killed"):
                compose_elsewhere(site)
        assert words in compose_elsewhere(site)


def test_only_addresses_of_the_web_are_written() -> None:
    """No script, file, relative address or login reaches a post, whatever a network or an old row says."""
    good = ["https://toot.example/@me/1", "http://blog.example/feeds/timeline.html#k"]
    bad = ["javascript:alert(1)", "file:///srv/feeds/timeline.html#k", "", "/1", "data:text/html,x", "https://"]
    copies = [SyndicationLink("toot", "mastodon", url) for url in (*bad[:3], *good, *bad[3:])]
    assert list_links(copies) == good


KEY = "0123456789abcdef"
FOREIGN = {
    "draft.html": b"<!doctype html><title>Not yet</title>",
    "secrets.env": b"TOKEN=x",
    "syndicate.toml": CONFIG.encode(),
    "post.md": b"---\ntitle: Draft\n---\n",
    "cards/holiday.jpg": b"\xff\xd8",
    "cards/one.0123456789.jpg": b"\xff\xd8",
    "data.json": b'{"a": 1}',
    "sub/timeline.json": b"[]",
    "fedcba9876543210.txt": KEY.encode(),
    "atom.xml.bak": b"<feed/>",
}


def test_only_what_was_published_is_given_out(tmp_path: Path) -> None:
    """Every file of ours, the timeline and the key for IndexNow; no draft, secret or picture of somebody else."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
        app.post(app.plan_post("one", to=(), at="", text="", again=False))
        ours = blog.files()
        assert {"index.html", "rss.xml", "timeline.json", "timeline.html", "syndication.json"} <= ours.keys()
        assert any(path.startswith("cards/") for path in ours)
        plant(blog.feeds)
        assert find_refused(app, ours) == []
        assert find_refused(app, FOREIGN) == sorted(FOREIGN)
        assert app.is_published(f"{KEY}.txt", f"{KEY}\n".encode())
        assert not app.is_published(f"{KEY}.txt", b"something else")


def test_files_of_ours_that_others_wrote_over_are_not(tmp_path: Path) -> None:
    """A name that we published says nothing of other bytes under it."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
        assert find_refused(app, dict.fromkeys(blog.files(), b"secret")) == sorted(blog.files())


def test_a_lost_cache_is_made_good_by_the_next_publication(tmp_path: Path) -> None:
    """On a fresh checkout everything is served again as soon as something was published."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
    before = blog.files()
    blog.lose_cache()
    plant(blog.feeds)
    with blog.open() as app:
        assert "rss.xml" not in find_refused(app, before)
        app.publish()
        assert find_refused(app, {path: data for path, data in blog.files().items() if path not in FOREIGN}) == []
        assert find_refused(app, FOREIGN) == sorted(FOREIGN)


def write(root: Path) -> House:
    blog = House(root, CONFIG + f'\n[feeds]\nindexnow_key = "{KEY}"\n')
    for slug in ("one", "two"):
        blog.write(slug)
    return blog


def plant(folder: Path) -> None:
    for path, data in FOREIGN.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)


def find_refused(app: App, files: dict[str, bytes]) -> list[str]:
    return sorted(path for path, data in files.items() if not app.is_published(path, data))


def test_a_failure_that_lasts_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk fills no log: an account says the same again only after it went well in between."""
    with House(tmp_path).open() as app, app.using() as site:
        for said in ("full", "full", "", "full", "broken"):
            threads = AccountThreads()
            app.start(threads, "toots", site, partial(fail, said))
            wait_for_accounts()
    assert [record.message.partition(" (")[0] for record in caplog.records] == [
        "toots: full",
        "toots: full",
        "toots: broken",
    ]


def fail(said: str) -> None:
    if said:
        raise StateError(said)
