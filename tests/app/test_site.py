"""How rooms are joined, lent and exchanged: a changed syndicate.toml is taken up whole, or not at all."""

from __future__ import annotations

import sqlite3
import stat
import threading
import weakref
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.app.rounds import Rounds
from syndicate.app.site import Shared
from syndicate.errors import ConfigError, StateError
from tests.journeys.blog import CONFIG
from tests.publish.house import House


class Room:
    """Stands for a site: it is only lent and closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def share() -> tuple[Shared, Room]:
    room = Room()
    return Shared(room), room  # type: ignore[arg-type]


def test_an_idle_site_is_closed_when_it_is_replaced():
    """At once, since nobody works with it; and only once."""
    shared, old = share()
    with shared.borrow():
        pass
    shared.replace(Room())  # type: ignore[arg-type]
    assert old.closed == 1


def test_a_borrowed_site_is_closed_by_the_last_who_gives_it_back():
    """Two use cases began with it; each keeps it to its end, and new ones get the new."""
    shared, old = share()
    fresh = Room()
    with shared.borrow() as first:
        with shared.borrow() as second:
            shared.replace(fresh)  # type: ignore[arg-type]
            with shared.borrow() as third:
                assert (first, second, third) == (old, old, fresh)
            assert old.closed == 0
        assert old.closed == 0
    assert (old.closed, fresh.closed) == (1, 0)


def test_a_use_case_that_fails_gives_back_too():
    """An exception leaves no site open for ever."""
    shared, old = share()

    def fail() -> None:
        with shared.borrow():
            shared.replace(Room())  # type: ignore[arg-type]
            raise ValueError("trouble")

    with pytest.raises(ValueError, match="trouble"):
        fail()
    assert old.closed == 1


def test_a_site_that_came_and_went_while_nobody_looked():
    """Replaced twice while the first is still at work: each is closed once."""
    shared, first = share()
    second = Room()
    with shared.borrow():
        shared.replace(second)  # type: ignore[arg-type]
        shared.replace(Room())  # type: ignore[arg-type]
        assert (first.closed, second.closed) == (0, 1)
    assert (first.closed, second.closed) == (1, 1)


@pytest.mark.parametrize("is_borrowed", [True, False], ids=["while it is lent", "while it is idle"])
def test_a_replaced_site_is_kept_by_nobody(is_borrowed: bool):
    """A daemon that takes up changed settings for months does not collect the posts of each."""
    shared, old = share()
    kept = weakref.ref(old)
    with shared.borrow():
        if is_borrowed:
            shared.replace(Room())  # type: ignore[arg-type]
    if not is_borrowed:
        shared.replace(Room())  # type: ignore[arg-type]
    del old
    assert kept() is None


def test_threads_share_a_site_while_it_is_exchanged():
    """Eight threads borrow, a ninth exchanges: none is closed under their hands, and all but the last at the end."""
    shared, old = share()
    rooms, seen_closed = [old], []

    def work() -> None:
        for _ in range(200):
            with shared.borrow() as room:
                seen_closed.append(room.closed)  # type: ignore[attr-defined]

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        rooms.append(Room())
        shared.replace(rooms[-1])  # type: ignore[arg-type]
    for thread in threads:
        thread.join()
    assert set(seen_closed) == {0}
    assert [room.closed for room in rooms] == [1] * 50 + [0]


def rewrite(blog: House, config: str) -> None:
    blog.config.write_text(config, encoding="utf-8")


@pytest.mark.slow
def test_an_unchanged_file_is_not_taken_up(tmp_path):
    """Also where it was written anew."""
    blog = House(tmp_path)
    with blog.open() as app:
        before = app.settings
        assert not app.reload()
        rewrite(blog, CONFIG)
        assert not app.reload()
        assert app.settings is before


@pytest.mark.slow
def test_a_changed_file_is_taken_up_with_the_state_it_has(tmp_path):
    """The next use case sees the new settings; the database and the daemon's lock on it stay as they are."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app, app.lock_daemon():
        app.open_all()
        app.publish()
        rewrite(blog, CONFIG.replace('"Notes"', '"Other notes"'))
        assert app.reload()
        assert app.settings.site.title == "Other notes"
        assert "rss.xml" in app.publish().written
        assert len(app.list_deliveries(everything=True)) == 1
    assert b"Other notes" in blog.files()["rss.xml"]


@pytest.mark.slow
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_link_to_another_release_is_a_change(tmp_path, is_linked):
    """Each release is a folder of its own with the same settings; state and feeds lie beside them, or are linked."""
    shared = f'\n[storage]\ndatabase = "sqlite:///{tmp_path}/state.db"\npublish_to = "{tmp_path}/feeds"\n'
    blogs = [House(tmp_path / name, CONFIG + ("" if is_linked else shared)) for name in ("one", "two")]
    for name in ("state", "feeds"):
        (tmp_path / name).mkdir()
    for blog in blogs:
        blog.write("first", title=f"In {blog.root.name}")
        (blog.root / ".syndicate").symlink_to(tmp_path / "state")
        (blog.root / "feeds").symlink_to(tmp_path / "feeds")
    current = tmp_path / "current"
    current.symlink_to(blogs[0].root)
    with App(current / "syndicate.toml", lambda: blogs[0].now) as app:
        app.open_all()
        app.publish()
        current.unlink()
        current.symlink_to(blogs[1].root)
        assert app.reload()
        app.publish()
        assert not app.reload()
    assert "In two" in (tmp_path / "feeds" / "feed.json").read_text()


BROKEN = {
    "no TOML": "[site",
    "an unknown key": CONFIG + "\n[feeds]\nitem = 3\n",
    "an unknown network": CONFIG.replace('"local"', '"lokal"'),
    "an option the network lacks": CONFIG + 'instance = "https://a.example"\n',
    "another database": CONFIG + '\n[storage]\ndatabase = "sqlite:///other.db"\n',
    "another site in it": CONFIG.replace("[site]", '[site]\nname = "other"'),
    "an unknown scheme": CONFIG + '\n[storage]\npublish_to = "ftp://host/feeds"\n',
}


@pytest.mark.slow
@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_file_leaves_everything_as_it_is(tmp_path, why):
    """It is refused with the place, and the app goes on with what it had, to publish and to send."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.open_all()
        before = app.settings
        rewrite(blog, BROKEN[why])
        with pytest.raises(ConfigError) as caught:
            app.reload()
        assert "syndicate.toml" in str(caught.value) or caught.value.where
        assert app.settings is before
        assert app.publish().new_posts == 1
        rewrite(blog, CONFIG)
        assert not app.reload()


@pytest.mark.slow
def test_a_vanished_file_leaves_everything_as_it_is(tmp_path):
    """An editor that replaces a file in two steps stops no daemon."""
    blog = House(tmp_path)
    with blog.open() as app:
        app.open_all()
        blog.config.unlink()
        with pytest.raises(ConfigError):
            app.reload()
        rewrite(blog, CONFIG)
        assert not app.reload()


@pytest.mark.slow
def test_the_daemon_says_once_that_the_file_is_broken(tmp_path, caplog):
    """Rounds go on with the settings of before, and say when they took up the mended ones; broken again is news."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        rounds = Rounds(app)
        rounds.publish_round()
        rewrite(blog, CONFIG + "\n[feeds]\nitem = 3\n")
        blog.write("second")
        assert "1 new post" in rounds.publish_round()
        rounds.publish_round()
        kept = [record for record in caplog.records if "keeping the previous settings" in record.message]
        assert [(one.levelname, "items" in one.message) for one in kept] == [("WARNING", True)]
        rewrite(blog, CONFIG + "\n[feeds]\nitems = 1\n")
        assert "took up the changed syndicate.toml" in rounds.publish_round()
        rewrite(blog, CONFIG + "\n[feeds]\nitem = 3\n")
        rounds.publish_round()
        assert caplog.text.count("keeping the previous settings") == 2
    assert set(blog.entries()) == {"Second"} or set(blog.entries()) == {"First"}


@pytest.mark.slow
def test_a_use_case_keeps_the_site_it_began_with(tmp_path):
    """A publication that runs while the file changes ends with the settings it had."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.open_all()

        def change(_what: str, _done: int, _all: int) -> None:
            rewrite(blog, CONFIG.replace('"Notes"', '"Other notes"'))
            app.reload()

        app.publish(progress=change)
        assert b"<title>Notes</title>" in blog.files()["rss.xml"]
        app.publish()
    assert b"<title>Other notes</title>" in blog.files()["rss.xml"]


@pytest.mark.slow
def test_the_state_folder_is_its_owners(tmp_path):
    """Nobody else may read it, and no repository wants it."""
    blog = House(tmp_path)
    with blog.wired() as site:
        site.open_all(blog.config)
        folder = site.state_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.iterdir())


def test_an_open_state_folder_is_closed(tmp_path):
    """A folder and a database that others could read, from a tool or an archive, are their owner's afterwards."""
    blog = House(tmp_path)
    folder = blog.root / ".syndicate"
    with blog.wired() as site:
        assert site.store
    folder.chmod(0o755)
    (folder / "state.db").chmod(0o644)
    with blog.wired() as site:
        assert site.store
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "state.db")] == [0o700, 0o600]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_state_that_vanishes_stops_the_work(tmp_path, how):
    """Two states would announce a post twice: publishing and sending are refused with what to do."""
    blog = House(tmp_path)
    blog.write("first")
    with blog.open() as app:
        app.publish()
        state = blog.root / ".syndicate" / "state.db"
        state.rename(tmp_path / "away.db")
        if how == "replaced":
            sqlite3.connect(state).close()
        for use in (app.publish, app.deliver_due):
            with pytest.raises(StateError, match="deleted or replaced") as caught:
                use()
            assert "put the file back" in caught.value.hint
        state.unlink(missing_ok=True)
        (tmp_path / "away.db").rename(state)
        app.publish()
        assert app.deliver_due() == ()


@pytest.mark.slow
def test_two_sites_share_a_folder_and_no_cache(tmp_path):
    """Each site of a shared state has its own cache and its own turn."""
    blog = House(tmp_path)
    blog.write("first")
    other = tmp_path / "other.toml"
    other.write_text(
        CONFIG.replace("[site]", '[site]\nname = "two"') + '\n[storage]\npublish_to = "two"\n', encoding="utf-8"
    )
    for config in (blog.config, other):
        with App(config, lambda: blog.now) as app:
            assert app.publish().new_posts == 1
    names = {path.name for path in Path(tmp_path, ".syndicate").iterdir()}
    assert {"cache.db", "cache-two.db", "publish.lock", "publish-two.lock", "state.db"} <= names


def test_a_local_account_writes_into_the_site_wherever_it_is_called(tmp_path, monkeypatch):
    """Its folder in the settings is one of the site's, as the published folder is."""
    blog = House(tmp_path / "blog", f'{CONFIG}\nfolder = "said"\n')
    monkeypatch.chdir(tmp_path)
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("first")
        app.publish()
        blog.wait(days=1)
        assert [one.slug for one in app.deliver_due()] == ["first"]
    assert (blog.root / "said" / "timeline.json").is_file()
