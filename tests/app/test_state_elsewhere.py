"""A site whose state lives in a branch: every run begins with an empty home."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.app.deliver import FRESH, Composer
from syndicate.app.queue import choose_all, preview_waiting
from syndicate.app.rounds import Pass, make_pass
from syndicate.app.state import back_up_state, restore_state
from syndicate.app.state_place import LEAST_ROOM, look_at_disk, tell_disk
from syndicate.app.status import read_status
from syndicate.errors import ConfigError, Unavailable
from syndicate.model import Decision, Reason, State
from syndicate.planning.deliveries.manual import ManualPlan
from tests.networks.fake import Fake, Reply, Request
from tests.networks.fake_oauth import GIVEN, FakeTumblr
from tests.publish.house import House

KEY = "0123456789abcdef0123456789abcdef"
CONFIG = """
[site]
title = "Notes"
url = "{pages}"
author = "Ada"
allow_private = true
[cards]
fetch = false
[schedule]
old_after = "3650d"
[storage]
state = "git:state"
[accounts.foxes]
network = "tumblr"
api = "{tumblr}"
blog = "foxes"
media = "none"
"""
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class SlowPages(Fake):
    """Pages that a deploy brings up later."""

    is_live = False

    def __init__(self) -> None:
        super().__init__()
        self.route("GET", "/blog/{slug}/", self.show)

    def show(self, request: Request) -> Reply:
        return Reply(200, f"<h1>{request.args['slug']}</h1>") if self.is_live else Reply(404, "not yet")


class Place:
    """A bare repository, a blog, and the servers around it."""

    def __init__(self, root: Path, closing: ExitStack) -> None:
        self.root, self.site = root, root / "site"
        self.pages, self.tumblr = closing.enter_context(SlowPages()), closing.enter_context(FakeTumblr())
        for words in (("init", "--quiet", "--bare", "origin.git"), ("init", "--quiet", "site")):
            subprocess.run(["git", *words], cwd=root, check=True)
        subprocess.run(["git", "remote", "add", "origin", "../origin.git"], cwd=self.site, check=True)
        (self.site / "content" / "posts").mkdir(parents=True)
        config = CONFIG.format(pages=self.pages.url, tumblr=self.tumblr.url)
        (self.site / "syndicate.toml").write_text(config)
        self.now = self.tumblr.now = NOW
        self.slept: list[float] = []

    def write(self, slug: str) -> None:
        text = f'---\ntitle: "{slug}"\ndate: "2026-01-05T09:00:00Z"\nsocialShare: "Read {slug}."\n---\n\nText.\n'
        (self.site / "content" / "posts" / f"{slug}.md").write_text(text)

    def run(self, wait: timedelta = timedelta(0)) -> Pass:
        """One pass on a machine that remembers nothing."""
        for rest in (".syndicate", "feeds"):
            shutil.rmtree(self.site / rest, ignore_errors=True)
        with App(self.site / "syndicate.toml", lambda: self.now) as app:
            return make_pass(app, wait, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.tumblr.now = self.now
        self.pages.is_live = len(self.slept) > 1

    def show(self, name: str) -> str:
        words = ["git", "--git-dir=origin.git", "show", f"state:{name}"]
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"SYNDICATE_FOXES_{name.upper()}", value)
    monkeypatch.delenv("SYNDICATE_STATE_KEY", raising=False)
    with ExitStack() as closing:
        yield Place(tmp_path, closing)


@pytest.mark.slow
def test_a_renewed_token_travels_sealed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh token that works once is spent once: the next run, which remembers nothing, has its successor. The
    pass stays for the page; a machine without the key asks nothing of such an account."""
    monkeypatch.setenv("SYNDICATE_STATE_KEY", KEY)
    place.write("old")
    place.run()
    place.write("one")
    made = place.run(timedelta(minutes=10))
    assert [(one.slug, one.state) for one in made.touched] == [("one", State.SENT)]
    assert len(place.slept) > 1  # the page was not there yet, and then it was
    assert place.tumblr.turns == 1
    assert '"name":"foxes/' in place.show("secrets.jsonl")
    place.now += timedelta(days=1)  # the access token is dead by now
    place.tumblr.now = place.now
    place.write("two")
    assert [(one.slug, one.state) for one in place.run().touched] == [("two", State.SENT)]
    assert place.tumblr.turns == 2
    branch = subprocess.run(
        ["git", "--git-dir=origin.git", "log", "-p", "state"],
        cwd=place.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "oauth-" not in branch
    monkeypatch.delenv("SYNDICATE_STATE_KEY")
    place.write("three")
    made = place.run()
    assert [(one.slug, one.state, one.reason) for one in made.touched] == [("three", State.DUE, Reason.ACCOUNT_BLOCKED)]
    assert any("SYNDICATE_STATE_KEY" in line for line in made.status.unready)
    assert place.tumblr.turns == 2
    monkeypatch.setenv("SYNDICATE_STATE_KEY", KEY)
    place.now += timedelta(hours=1)
    assert [(one.slug, one.state) for one in place.run().touched] == [("three", State.SENT)]
    assert len(place.tumblr.published) == 3


@pytest.fixture
def blog(tmp_path: Path) -> House:
    """One that has published, with a message that waits."""
    blog = House(tmp_path / "blog")
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("fresh")
        app.publish()
    return blog


def open_copy(folder: Path) -> House:
    return House(folder, (folder / "syndicate.toml").read_text(encoding="utf-8"))


def test_a_copied_folder_sends_nothing_beside_the_first(blog: House, tmp_path: Path) -> None:
    """A copy with the state in it is refused while the first is there; the first, a moved and a linked one go on."""
    shutil.copytree(blog.root, tmp_path / "copy")
    copy = open_copy(tmp_path / "copy")
    with (
        copy.wired() as site,
        pytest.raises(ConfigError, match=r"is a copy of .*, which is still there") as caught,
    ):
        assert site.store
    assert f"if the site moved here, remove {blog.root}/.syndicate/state.db;" in caught.value.hint
    (tmp_path / "link").symlink_to(blog.root)
    for there in (open_copy(tmp_path / "link"), blog):
        with there.wired() as site:
            assert site.check_state() == ""
    blog.root.rename(tmp_path / "moved")
    for place in ("moved", "copy"):  # the folder that used it last is gone: then each is just a moved one
        with open_copy(tmp_path / place).open() as app:
            sent = app.deliver_due() if place == "moved" else ()
        assert [row.state for row in sent] == ([State.SENT] if place == "moved" else [])
        shutil.rmtree(tmp_path / place)


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["as the backup", "ahead", "behind", "lost"])
def test_a_backup_is_believed_only_where_the_cache_proves_it(blog: House, tmp_path: Path, cache: str) -> None:
    """Nobody else knows that nothing was sent since: with an older or a newer cache, or none, nothing is sent."""
    backup, before = tmp_path / "backup.db", tmp_path / "before"
    shutil.copytree(blog.root / ".syndicate", before)
    with blog.open() as app:
        steps = [lambda: back_up_state(app._site, backup), app.deliver_due]
        for step in steps[:1] if cache in {"as the backup", "lost"} else steps if cache == "ahead" else steps[::-1]:
            step()
    if cache in {"behind", "lost"}:
        blog.lose_cache()
    for path in before.glob("cache*") if cache == "behind" else ():
        shutil.copy(path, blog.root / ".syndicate")
    with blog.open() as app, app.using() as site:
        restore_state(site, backup)
    with blog.open() as app:
        assert bool(app.find_contradiction()) == (cache != "as the backup")
        assert len(app.deliver_due()) == (cache == "as the backup")


def test_a_message_is_composed_from_the_post_of_now(blog: House) -> None:
    """A round that lasts reads the posts again after two seconds, and not before."""
    seconds = 10.0
    with blog.wired() as site:
        (row,) = site.store.list_deliveries(states=(State.PLANNED,))
        composer = Composer(site, lambda: seconds)
        before = composer.compose(row).text
        blog.write("fresh", socialShare="Mended.")
        seconds += FRESH
        assert composer.compose(row).text == before
        seconds += 0.1
        assert "Mended." in composer.compose(row).text
        (blog.posts / "fresh.md").unlink()
        seconds += FRESH + 0.1
        with pytest.raises(Unavailable, match="no longer there"):
            composer.compose(row)


def test_a_person_releases_what_was_counted_and_not_what_they_skipped(blog: House) -> None:
    """`--all --reason` lets go what waits for that answer; what was answered before with no stays so."""
    with blog.open() as app:
        (row,) = app.list_deliveries()
        store = app._site.store
        store.record(
            store.claim("test", app.now(), timedelta(minutes=1)),
            "wait",
            Decision(state=State.HELD, outcome="held", reason=Reason.MANY_AT_ONCE),
            app.now(),
        )
        with app.using() as site:
            assert choose_all(site, reason="many_at_once") == (row.id,)
            app.change_deliveries("skip", (row.id,))
            assert choose_all(site, reason="many_at_once") == ()


def test_a_full_disk_is_said() -> None:
    """Nothing of it can be kept for later, so `status` looks at the disk itself."""
    assert "the disk is full" in tell_disk(LEAST_ROOM - 1)
    assert tell_disk(LEAST_ROOM) == ""


def test_a_state_that_nobody_may_write_to_is_said(tmp_path: Path) -> None:
    """Its files or their folder are locked, or the whole disk became read-only."""
    state = tmp_path / "state.db"
    state.touch()
    assert look_at_disk(tmp_path) == ""
    state.chmod(0o400)
    assert str(state) in look_at_disk(tmp_path)


def test_what_comes_next_waits_for_the_rest_of_its_account(blog: House) -> None:
    """`status` and `plan` name the rest beside a time that has passed, and what is paused is not next."""
    with blog.open() as app:
        store, now = app._site.store, app.now()
        (row,) = app.list_deliveries()
        app.change_deliveries("move", (row.id,), now.isoformat())
        until = now + timedelta(hours=1)
        store.rest_account("timeline", "send", "429", now, until, since=now)
        with app.using() as site:
            seen, (planned,) = read_status(site, now), preview_waiting(site, ManualPlan())
            assert (seen.next_at, seen.coming[0].reason, planned.reason) == (until, *2 * (Reason.ACCOUNT_RESTING,))
            store.pause_account("timeline", "the token is dead", now)
            assert read_status(site, now).next_at is None


def test_a_look_waits_for_its_account_as_a_message_does(blog: House) -> None:
    """What may be published is looked for after the rest of its account, and not while that is paused."""
    with blog.open() as app, app.using() as site:
        store, now = app._site.store, app.now()
        until = now + timedelta(hours=1)
        unknown = Decision(state=State.UNCERTAIN, outcome="unknown", reason=Reason.NONE, look_at=now)
        claimed = store.claim("test", now, timedelta(minutes=1))
        store.record(store.intend(claimed, now, timedelta(minutes=1)), "send", unknown, now)
        assert read_status(site, now).next_at == now
        store.rest_account("timeline", "send", "500", now, until, since=now)
        assert read_status(site, now).next_at == until
        store.pause_account("timeline", "the token is dead", now)
        assert read_status(site, now).next_at is None


def test_an_account_that_is_gone_needs_nobody(blog: House) -> None:
    """Neither its pause nor its rest is told any more: nothing can be done about it."""
    with blog.open() as app, app.using() as site:
        now, hour = app.now(), timedelta(hours=1)
        app._site.store.pause_account("gone", "the token is dead", now)
        app._site.store.rest_account("gone", "send", "429", now, now + hour, since=now)
        seen = read_status(site, now)
        assert (seen.paused, seen.resting) == ((), ())


def test_what_a_person_asks_for_wakes_a_paused_account(blog: House) -> None:
    """`queue retry` tries it now, and the sentence of a pause names what else does."""
    with blog.open() as app:
        store = app._site.store
        (row,) = app.list_deliveries()
        with app.using() as site:
            secrets = site.accounts.digest_secrets(site.accounts.get("timeline"))
            store.pause_account("timeline", "the token is dead", app.now(), secrets=secrets)
            (said,) = read_status(site, app.now()).paused
        assert "`syndicate accounts --resume timeline`" in said
        app.change_deliveries("retry", (row.id,))
        assert [(one.paused_at, one.paused_with) for one in store.list_accounts()] == [(None, "")]
