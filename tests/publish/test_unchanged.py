"""A publication that finds nothing changed does nothing; whatever it is made of, a change is noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import syndicate
from syndicate.app.post import MessageRequest, write_message
from syndicate.app.publish import open_last
from syndicate.app.site import OpenSite
from syndicate.model import Problem
from syndicate.output.folder import FolderOutput
from syndicate.publish import LastPublication, look_at
from syndicate.publish.publish import LOOK_AGAIN, Finished, keep_publication
from syndicate.store.store import Store
from tests.faults.site import forget_place
from tests.journeys.blog import CONFIG
from tests.publish.house import NOW, House, make_picture

OURS = Path(syndicate.__file__).parent.parent / "templates"
SETTINGS = CONFIG.replace("fetch = false", 'fetch = false\nlogo = "logo.png"')


class Last:
    """The last publication of one source, with two published files, and a way to finish another."""

    def __init__(self, store: Store, folder: FolderOutput) -> None:
        self.store = store
        self.folder = folder

    @property
    def last(self) -> LastPublication:
        """As it is now."""
        return LastPublication(self.folder, *self.store.read_publication(), lambda: ["source"])

    def finish(self, *, made_of: str = "", **more: object) -> None:
        made_of = made_of or self.last.take_fingerprint()
        values = {
            "at": NOW,
            "ends": (),
            "problems": (),
            "elsewhere": (),
            "files": {},
            "paths": {"rss.xml", "meta/a.html"},
        }
        keep_publication(Finished(**{"made_of": made_of, "posts": 1, **values, **more}), self.folder, self.store)  # type: ignore[arg-type]

    def is_current(self, at: datetime = NOW) -> bool:
        return self.last.is_current(self.last.take_fingerprint(), at)


@pytest.fixture
def last(store, folder) -> Last:
    for path in ("rss.xml", "meta/a.html"):
        (Path(folder.root) / path).parent.mkdir(parents=True, exist_ok=True)
        (Path(folder.root) / path).write_bytes(b"x")
    return Last(store, folder)


def test_a_finished_publication_is_current_for_a_day(last):
    """From its own moment on, and no longer than a day: ages of posts change with time alone."""
    last.finish()
    end = NOW + LOOK_AGAIN - timedelta(microseconds=1)
    assert [last.is_current(at) for at in (NOW, end, NOW + LOOK_AGAIN)] == [True, True, False]


def test_a_clock_that_went_back_makes_it_look_again(last):
    """Before its own moment no publication is current."""
    last.finish()
    assert not last.is_current(NOW - timedelta(seconds=1))


def test_it_ends_when_its_first_part_does(last):
    """A post that comes of age, or a picture that is worth another try, whatever is first."""
    last.finish(ends=(None, NOW + timedelta(hours=2), NOW + timedelta(hours=1)))
    assert last.is_current(NOW + timedelta(minutes=59))
    assert not last.is_current(NOW + timedelta(hours=1))


def test_nothing_is_current_before_the_first(last):
    """Nor where the memory holds something else."""
    assert not last.is_current()
    assert last.last.read_problems() == ()


@pytest.mark.parametrize("rubbish", ["", "[]", "1", "{", '{"made_of": 1}', '{"at": 5, "made_of": null}'])
def test_a_damaged_memory_makes_it_look_again(last, store, rubbish):
    """It costs a look, never an exception."""
    store.keep_publication(rubbish)
    assert not last.is_current()
    assert last.last.read_problems() == ()


def test_forgetting_reaches_a_publication_that_runs(last):
    """What was sent while files were being written is shown by the next one, also where this one ends later."""
    made_of = last.last.take_fingerprint()
    last.store.begin_turn()
    last.finish(made_of=made_of)
    assert not last.is_current()


@pytest.mark.parametrize("path", ["rss.xml", "meta/a.html"])
def test_a_published_file_that_vanished_is_noticed(last, folder, path):
    """At the root and in a folder."""
    last.finish()
    (Path(folder.root) / path).unlink()
    assert not last.is_current()


def test_a_file_it_depends_on_is_noticed(last, tmp_path):
    """A picture that changed, and one that was missing and came."""
    there, missing = tmp_path / "there.png", tmp_path / "missing.png"
    there.write_bytes(b"1")
    for change in (lambda: there.write_bytes(b"2"), lambda: missing.write_bytes(b"1"), there.unlink):
        last.finish(files=look_at([str(there), str(missing)]))
        assert last.is_current()
        change()
        assert not last.is_current()


@pytest.mark.parametrize("kind", ["repository", "worktree", "submodule"])
def test_a_commit_that_a_date_waits_for_is_noticed(tmp_path, kind):
    """Wherever git keeps it: in a worktree or a submodule that is not beside the files."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "protocol.file.allow=always"]

    def run(folder: Path, *words: str) -> None:
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)

    for name in ("other", "site"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, "init", "-q")
        run(tmp_path / name, "commit", "-q", "--allow-empty", "-m", "begin")
    root = tmp_path / "site"
    if kind == "worktree":
        root = tmp_path / "second"
        run(tmp_path / "site", "worktree", "add", "-q", str(root))
    if kind == "submodule":
        run(root, "submodule", "add", "-q", str(tmp_path / "other"), "content/posts")
    blog = House(root)
    blog.write("first", date="git Created")
    with blog.open() as app:
        app.publish()
    with blog.wired() as site:
        assert is_current(site, blog.now)
    run(blog.posts, "add", "first.md")
    run(blog.posts, "commit", "-q", "-m", "first")
    with blog.wired() as site:
        assert not is_current(site, blog.now)


def test_problems_are_told_again(last):
    """Nothing changed, so they are still there: word for word."""
    problem = Problem("posts/a.md", "is broken", line=3, hint="mend it")
    last.finish(problems=(problem,))
    assert last.last.read_problems() == (problem,)


def test_a_part_is_remembered_beside_everything(last):
    """Feeds alone are current after either; everything only after everything, whose problems stay."""
    problem = Problem("cards", "no font")
    last.finish(elsewhere=(problem,))
    made_of = last.last.take_fingerprint()
    assert last.last.is_current(made_of, NOW, "")
    last.finish(only="feeds", made_of="another")
    assert last.last.is_current("another", NOW, "feeds")
    assert not last.last.is_current("another", NOW)
    assert last.last.is_current(made_of, NOW)
    assert last.last.read_elsewhere() == (problem,)
    last.finish()
    assert not last.last.is_current("another", NOW, "feeds")


def is_current(site: OpenSite, at: datetime) -> bool:
    last = open_last(site)
    return last.is_current(last.take_fingerprint(), at)


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
    "another publication begins a turn": lambda blog: blog.begin_turn(),
    "a message is sent": lambda blog: send(blog, "first"),
    "a day passes": lambda blog: blog.wait(days=1),
    "a post comes of age": lambda blog: blog.wait(hours=3),
    "the clock goes back": lambda blog: blog.wait(seconds=-1),
}


def send(blog: House, slug: str) -> None:
    """And nothing is published after it."""
    with blog.open() as app:
        with app.changing() as site:
            write_message(site, MessageRequest(post=slug, to=("timeline",), again=True), blog.now)
        assert app.deliver_due()


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
    forget_place(blog.root / ".syndicate" / "state.db")
    with blog.open() as app:
        app.publish()  # the copied files are other files
        assert app.publish().written == ()
    with blog.wired() as site:
        assert is_current(site, blog.now)
    CHANGES[change](blog)
    with blog.wired() as site:
        assert not is_current(site, blog.now)
    with blog.open() as app:
        if app.find_contradiction():
            app.adopt("timeline")
        app.publish()
        assert app.publish().written == ()
    with blog.wired() as site:
        assert is_current(site, blog.now)


def test_a_publication_without_news_loads_no_heavy_room(tmp_path):
    """Neither SQLAlchemy, feedgen, HTTP nor pictures: a look at file times costs no second."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("first")
    with blog.open() as app:
        app.publish()
        assert app.publish(only="feeds").written == app.publish(only="cards").written == ()
        blog.write("second")
        assert app.publish(only="feeds").new_posts == 1
    told = "import sys; print(*sorted({'sqlalchemy', 'feedgen', 'httpx', 'PIL', 'jinja2'} & set(sys.modules)))"
    script = f"from syndicate.app.app import open_app; open_app().publish(only='feeds'); {told}"
    words = [sys.executable, "-c", script]
    ran = subprocess.run(words, cwd=tmp_path, env=blog.environment(), capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
