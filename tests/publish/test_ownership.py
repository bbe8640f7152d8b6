"""Other people's files in the published folder are neither written over nor removed; ours are known again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from syndicate.cards import card_paths
from syndicate.model import Artefact
from syndicate.output import Output
from syndicate.output.bucket import BucketOutput
from syndicate.output.folder import FolderOutput
from syndicate.publish.manifest import Manifest
from syndicate.store import open_store
from syndicate.store.store import Store
from tests.publish.house import NOW

PATH = "notes/page.txt"
"""A name that shows nothing: only the memory knows it."""
OLD, NEW, NEWER = b"old", b"new", b"newer"
STRANGE = b"somebody else's"


class Killed(BaseException):
    """The process ends here."""


class Dying:
    """An output whose process is killed before it writes."""

    def __init__(self, inner: Output) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def write(self, artefacts: object) -> tuple[str, ...]:
        raise Killed


@pytest.fixture(params=["folder", "bucket"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    return FolderOutput(tmp_path / "feeds") if request.param == "folder" else BucketOutput(MemoryStore())


def text(data: bytes, path: str = PATH) -> Artefact:
    return Artefact(path, "text/plain", data)


def ours(output: Output, store: Store, *, listed: bool = True) -> Manifest:
    """The output as the next publication has it."""
    manifest = Manifest(output, store, "feeds")
    if listed:
        manifest.paths  # noqa: B018 - a publication looks before it writes
    return manifest


def take_away(manifest: Manifest, paths: Sequence[str]) -> tuple[str, ...]:
    """What a publication removes that needs all files but these."""
    return manifest.sweep(set(manifest.paths) - set(paths), timedelta(0), NOW)


@pytest.mark.parametrize("listed", [True, False])
def test_a_strangers_file_stays(output: Output, store: Store, *, listed: bool) -> None:
    """It is neither overwritten nor removed, it is named with a hint, and the other files are written."""
    output.write([text(STRANGE)])
    files = ours(output, store, listed=listed)
    assert files.write([text(NEW), text(NEW, "other.txt")]) == ("other.txt",)
    assert output.read(PATH) == STRANGE
    (problem,) = files.problems
    assert problem.source == f"feeds/{PATH}"
    assert "not written by syndicate" in problem.message
    assert "publish_to" in problem.hint
    assert take_away(files, [PATH]) == ()
    assert output.read(PATH) == STRANGE


def test_a_file_that_comes_after_the_listing_stays(tmp_path: Path, store: Store) -> None:
    """A generator that runs beside us writes its page while we draw: it is seen when ours would be written."""
    output = FolderOutput(tmp_path / "feeds")
    files = ours(output, store)
    output.write([text(STRANGE)])
    assert files.write([text(NEW)]) == ()
    assert output.read(PATH) == STRANGE
    assert len(files.problems) == 1


def test_what_is_as_we_wrote_it_is_ours(output: Output, store: Store) -> None:
    """The memory of what was written is enough to write over it and to remove it."""
    for data in (OLD, NEW, NEWER):
        assert ours(output, store).write([text(data)]) == (PATH,)
    assert take_away(ours(output, store), [PATH]) == (PATH,)
    assert output.read(PATH) is None


def test_a_file_that_somebody_changed_is_theirs(output: Output, store: Store) -> None:
    """A file of ours that was replaced since stays as it is, also where it is needed no more."""
    ours(output, store).write([text(OLD)])
    output.write([text(STRANGE)])
    files = ours(output, store)
    assert files.write([text(NEW)]) == ()
    assert take_away(files, [PATH]) == ()
    assert output.read(PATH) == STRANGE


def test_a_file_with_the_same_bytes_becomes_ours(output: Output, store: Store) -> None:
    """So a lost memory is had again wherever nothing changed meanwhile."""
    output.write([text(OLD)])
    assert ours(output, store).write([text(OLD)]) == ()
    assert ours(output, store).write([text(NEW)]) == (PATH,)


@pytest.mark.parametrize("before", [None, OLD])
@pytest.mark.parametrize("kills", [1, 2, 3])
def test_a_kill_between_remembering_and_writing(output: Output, store: Store, before: bytes | None, kills: int) -> None:
    """However often it happens, each time with other bytes, the next publication writes its file."""
    if before is not None:
        ours(output, store).write([text(before)])
    for number in range(kills):
        with pytest.raises(Killed):
            Manifest(Dying(output), store, "feeds").write([text(b"never written %d" % number)])  # type: ignore[arg-type]
    assert ours(output, store).write([text(NEW)]) == (PATH,)


def test_a_kill_gives_nobody_elses_file_away(output: Output, store: Store) -> None:
    """What we meant to write and never did makes no file of a stranger ours."""
    with pytest.raises(Killed):
        Manifest(Dying(output), store, "feeds").write([text(OLD)])  # type: ignore[arg-type]
    output.write([text(STRANGE)])
    assert ours(output, store).write([text(NEW)]) == ()


def test_an_unchanged_file_costs_no_write_of_memory(output: Output, store: Store) -> None:
    """Publishing the same again leaves the memory as it is, byte for byte."""
    ours(output, store).write([text(OLD)])
    ours(output, store).write([text(NEW)])
    before = [*store.list_published()]
    ours(output, store).write([text(NEW)])
    assert [*store.list_published()] == before


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("kind", ["folder", "link to a file", "link to a folder", "dangling link"])
def test_what_is_no_file_is_left(tmp_path: Path, store: Store, kind: str, *, listed: bool) -> None:
    """A folder or a link in place of our file is told and left, and the other files are written."""
    root, theirs = tmp_path / "feeds", tmp_path / "theirs"
    (root / "notes").mkdir(parents=True)
    theirs.mkdir()
    (theirs / "file").write_bytes(OLD)
    place = root / PATH
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to({"link to a file": theirs / "file", "link to a folder": theirs, "dangling link": "x"}[kind])
    files = ours(FolderOutput(root), store, listed=listed)
    assert files.write([text(NEW), text(NEW, "other.txt")]) == ("other.txt",)
    (problem,) = files.problems
    assert problem.source == f"feeds/{PATH}"
    assert "folder or a link" in problem.message
    assert place.is_dir() if kind == "folder" else place.is_symlink()
    assert (theirs / "file").read_bytes() == OLD


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("kind", ["file", "link out of the folder"])
def test_something_on_the_way_is_left(tmp_path: Path, store: Store, kind: str, *, listed: bool) -> None:
    """Where our folder should be there is somebody's file or link: told, left, and the others are written."""
    root, theirs = tmp_path / "feeds", tmp_path / "theirs"
    root.mkdir()
    theirs.mkdir()
    if kind == "file":
        (root / "notes").write_bytes(STRANGE)
    else:
        (root / "notes").symlink_to(theirs)
    files = ours(FolderOutput(root), store, listed=listed)
    assert files.write([text(NEW), text(NEW, "other.txt")]) == ("other.txt",)
    assert len(files.problems) == 1
    assert list(theirs.iterdir()) == []
    assert (root / "notes").is_symlink() or (root / "notes").read_bytes() == STRANGE


@pytest.mark.parametrize("ending", ["image/jpeg", "image/png"])
def test_cards_are_known_by_their_names(output: Output, store: Store, ending: str) -> None:
    """A card names its own bytes, and its other name holds a copy of one that does: no memory is needed."""
    named, stable = card_paths("hello", OLD, ending, "1080x1080")
    output.write([text(OLD, named), text(OLD, stable)])
    files = ours(output, store)
    assert files.write([text(NEW, stable)]) == (stable,)
    assert take_away(files, [named]) == (named,)
    assert files.problems == ()


def test_pictures_with_names_like_cards_stay(output: Output, store: Store) -> None:
    """A name alone proves nothing: neither ten digits nor the folder cards/ makes a picture ours."""
    paths = ["cards/hello.0123456789.jpg", "cards/hello.jpg", "cards/0123456789.png"]
    output.write([text(STRANGE, path) for path in paths])
    files = ours(output, store)
    assert files.write([text(NEW, path) for path in paths]) == ()
    assert take_away(files, paths) == ()
    assert len(files.problems) == 3


def test_packed_files_of_a_stranger_stay(tmp_path: Path, store: Store) -> None:
    """The packed forms beside a refused file are not touched either."""
    output = FolderOutput(tmp_path)
    for ending in ("", ".gz", ".br"):
        (tmp_path / f"index.html{ending}").write_bytes(STRANGE)
    ours(output, store).write([Artefact("index.html", "text/html", NEW * 500)])
    assert {path.name: path.read_bytes() for path in tmp_path.glob("index*")} == {
        f"index.html{ending}": STRANGE for ending in ("", ".gz", ".br")
    }


ACTIONS = ("we write", "we write the same", "we are killed", "we remove", "they write", "they remove", "manifest lost")


class World:
    """One file, and whose it is."""

    def __init__(self, root: Path, blank: Path, output: Output, *, listed: bool) -> None:
        self.root = root
        self.blank = blank
        self.output = output
        self.listed = listed
        self.owner = ""
        self.number = 0
        self.last = b""
        self.is_known = True
        self.losses = 0
        self.store = self.open_state()

    def open_state(self) -> Store:
        path = shutil.copy(self.blank, self.root / f"state-{self.losses}.db")
        return open_store(f"sqlite:///{path}", "default")

    def forget(self) -> None:
        self.losses += 1
        self.store.close()
        self.store = self.open_state()
        self.is_known = self.owner != "us"

    def manifest(self, output: object = None) -> Manifest:
        return ours(output or self.output, self.store, listed=self.listed)  # type: ignore[arg-type]

    def make(self, who: str) -> bytes:
        self.number += 1
        return f"{who} {self.number}".encode()

    def act(self, action: str) -> None:
        before, owner = self.output.read(PATH), self.owner
        if action in {"we write", "we write the same"}:
            self.write(self.last if action == "we write the same" and self.last else self.make("us"))
        elif action == "we are killed":
            self.last = self.make("us")
            with pytest.raises(Killed):
                self.manifest(Dying(self.output)).write([text(self.last)])
        elif action == "we remove":
            if take_away(self.manifest(), [PATH]):
                assert owner == "us"
                self.owner = ""
        elif action == "they write":
            self.output.write([text(self.make("they"))])
            self.owner = "they"
        elif action == "they remove":
            self.output.remove([PATH])
            self.owner = ""
        else:
            self.forget()
        if owner == "they" and not action.startswith("they"):
            assert self.output.read(PATH) == before

    def write(self, data: bytes) -> None:
        files = self.manifest()
        files.write([text(data)])
        if self.output.read(PATH) == data:
            self.owner, self.last, self.is_known = "us", data, True
        else:
            assert files.problems
            assert self.owner == "they" or not self.is_known


@pytest.mark.slow
@given(st.lists(st.sampled_from(ACTIONS), max_size=12), st.booleans(), st.booleans())
def test_theirs_is_never_lost_and_ours_never_stuck(
    blank: Path, actions: list[str], is_folder: bool, listed: bool
) -> None:
    """No action of ours changes a byte of theirs; where the manifest was not lost, our file can always be written."""
    with TemporaryDirectory() as root:
        output = FolderOutput(f"{root}/feeds") if is_folder else BucketOutput(MemoryStore())
        world = World(Path(root), blank, output, listed=listed)
        for action in actions:
            world.act(action)
        world.store.close()
