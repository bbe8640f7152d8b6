"""A publication that finds nothing changed does nothing; whatever it is made of, a change is noticed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import syndicate
from syndicate.model import Problem
from syndicate.publish.unchanged import LOOK_AGAIN, Made, Stamp, look_at
from tests.journeys.blog import CONFIG
from tests.publish.house import NOW, House, make_picture

OURS = Path(syndicate.__file__).parent.parent / "templates"
SETTINGS = CONFIG.replace("fetch = false", 'fetch = false\nlogo = "logo.png"')


def remember(stamp: Stamp, *, mark: str = "", **more: object) -> None:
    values = {"at": NOW, "ends": (), "problems": (), "files": {}, "paths": frozenset({"rss.xml", "meta/a.html"})}
    stamp.remember(Made(**{"stamp": mark or stamp.make(), **values, **more}))  # type: ignore[arg-type]


@pytest.fixture
def stamp(cache, folder) -> Stamp:
    """A stamp over one source, with two published files."""
    for path in ("rss.xml", "meta/a.html"):
        (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / path).write_bytes(b"x")
    return Stamp(cache, folder, sources=lambda: ["source"])


def test_a_finished_publication_is_current_for_a_day(stamp):
    """From its own moment on, and no longer than a day: ages of posts change with time alone."""
    remember(stamp)
    last = NOW + LOOK_AGAIN - timedelta(microseconds=1)
    assert [stamp.is_current(stamp.make(), at) for at in (NOW, last, NOW + LOOK_AGAIN)] == [True, True, False]


def test_a_clock_that_went_back_makes_it_look_again(stamp):
    """Before its own moment no publication is current."""
    remember(stamp)
    assert not stamp.is_current(stamp.make(), NOW - timedelta(seconds=1))


def test_it_ends_when_its_first_part_does(stamp):
    """A post that comes of age, or a picture that is worth another try, whatever is first."""
    remember(stamp, ends=(None, NOW + timedelta(hours=2), NOW + timedelta(hours=1)))
    assert stamp.is_current(stamp.make(), NOW + timedelta(minutes=59))
    assert not stamp.is_current(stamp.make(), NOW + timedelta(hours=1))


def test_nothing_is_current_before_the_first(stamp):
    """Nor where the memory holds something else."""
    assert not stamp.is_current(stamp.make(), NOW)
    assert stamp.read_problems() == ()


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"1", b"\xff", b'{"stamp": 1}', b'{"at": 5, "stamp": null}'])
def test_a_damaged_memory_makes_it_look_again(stamp, cache, rubbish):
    """It costs a look, never an exception."""
    cache.put_many("stamp", {"publish": rubbish})
    assert not stamp.is_current(stamp.make(), NOW)
    assert stamp.read_problems() == ()


def test_forgetting_reaches_a_publication_that_runs(stamp):
    """What was sent while files were being written is shown by the next one, also where this one ends later."""
    mark = stamp.make()
    stamp.forget()
    remember(stamp, mark=mark)
    assert not stamp.is_current(stamp.make(), NOW)


@pytest.mark.parametrize("path", ["rss.xml", "meta/a.html"])
def test_a_published_file_that_vanished_is_noticed(stamp, folder, path):
    """At the root and in a folder."""
    remember(stamp)
    (folder.root / path).unlink()
    assert not stamp.is_current(stamp.make(), NOW)


def test_a_file_it_depends_on_is_noticed(stamp, tmp_path):
    """A picture that changed, and one that was missing and came."""
    there, missing = tmp_path / "there.png", tmp_path / "missing.png"
    there.write_bytes(b"1")
    for change in (lambda: there.write_bytes(b"2"), lambda: missing.write_bytes(b"1"), there.unlink):
        remember(stamp, files=look_at([str(there), str(missing)]))
        assert stamp.is_current(stamp.make(), NOW)
        change()
        assert not stamp.is_current(stamp.make(), NOW)


def test_problems_are_told_again(stamp):
    """Nothing changed, so they are still there: word for word."""
    problem = Problem("posts/a.md", "is broken", line=3, hint="mend it")
    remember(stamp, problems=(problem,))
    assert stamp.read_problems() == (problem,)


def edit(path: str, text: str) -> Callable[[House], object]:
    def change(blog: House) -> None:
        place = blog.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    return change


def copy_template(name: str) -> Callable[[House], object]:
    def change(blog: House) -> None:
        place = blog.root / "templates" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(OURS / name, place)

    return change


CHANGES: dict[str, Callable[[House], object]] = {
    "a post is added": lambda blog: blog.write("second"),
    "a post is edited": lambda blog: blog.write("first", title="Other", image="/a.png"),
    "a post is removed": lambda blog: (blog.posts / "first.md").unlink(),
    "a post is renamed": lambda blog: (blog.posts / "first.md").rename(blog.posts / "second.md"),
    "the settings": edit("syndicate.toml", SETTINGS.replace("Ada", "Eve")),
    "a page's template": copy_template("pages/index.html"),
    "a layout": copy_template("cards/type.toml"),
    "a message's template": copy_template("messages/default.txt"),
    "the logo comes": lambda blog: (blog.root / "logo.png").write_bytes(make_picture(64, 64)),
    "the post's picture": lambda blog: (blog.root / "static" / "a.png").write_bytes(make_picture(900, 500)),
    "a missing picture comes": lambda blog: (blog.root / "static" / "b.png").write_bytes(make_picture(900, 500)),
    "a published feed vanishes": lambda blog: (blog.feeds / "rss.xml").unlink(),
    "a published card vanishes": lambda blog: (blog.feeds / "cards" / "first.jpg").unlink(),
    "the timeline's page vanishes": lambda blog: (blog.feeds / "timeline.html").unlink(),
    "the state is lost": lambda blog: (blog.root / ".syndicate" / "state.db").unlink(),
    "the cache is lost": lambda blog: blog.lose_cache(),
    "a message is sent": lambda blog: blog.run("post", "first"),
    "a day passes": lambda blog: blog.wait(days=1),
    "a post comes of age": lambda blog: blog.wait(hours=3),
    "the clock goes back": lambda blog: blog.wait(seconds=-1),
}


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Path:
    """A site that was published and has all kinds of sources."""
    blog = House(tmp_path_factory.mktemp("published"), SETTINGS)
    (blog.root / "static").mkdir()
    (blog.root / "static" / "a.png").write_bytes(make_picture())
    blog.write("first", image="/a.png")
    blog.write("lacking", image="/b.png")
    blog.write("later", date=(NOW + timedelta(hours=3)).isoformat())
    with blog.open() as app:
        app.publish()
    return blog.root


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_every_source_is_noticed(tmp_path, published, change):
    """Nothing changed: current. Then one thing changes, and the next publication looks at everything; and only that."""
    blog = House(tmp_path, SETTINGS)
    shutil.copytree(published, blog.root, dirs_exist_ok=True)
    with blog.open() as app:
        app.publish()  # the copied files are other files
        assert app.publish().written == ()
    with blog.wired() as wiring:
        assert wiring.stamp.is_current(wiring.stamp.make(), blog.now)
    CHANGES[change](blog)
    with blog.wired() as wiring:
        assert not wiring.stamp.is_current(wiring.stamp.make(), blog.now)
    with blog.open() as app:
        if app.find_contradiction():
            app.adopt("timeline")
        app.publish()
        assert app.publish().written == ()
    with blog.wired() as wiring:
        assert wiring.stamp.is_current(wiring.stamp.make(), blog.now)
