"""The folder as it is read and remembered: by several processes, with a busy cache, and with what nobody foresaw."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.content import reading as many
from syndicate.content import scan
from syndicate.content.folder import ContentFolder
from syndicate.content.post_dates import History, Span
from syndicate.content.reading import Reader
from syndicate.content.records import Memory
from syndicate.errors import StateError
from syndicate.model import Settings, Site, Snapshot, Storage
from tests.content.golden import make_settings, read_snapshot


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "posts").mkdir()
    for number in range(30):
        text = f"---\ntitle: Post {number}\ndate: 2025-01-02\n---\nText *{number}* [on]({(number + 1) % 31}.md).\n"
        (tmp_path / "posts" / f"{number}.md").write_text(text, encoding="utf-8")
    (tmp_path / "posts" / "broken.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    site = Site(title="B", url="https://blog.example", content="posts")
    return Settings(root=str(tmp_path), site=site, storage=Storage(database="", publish_to="", cache=""))


@pytest.fixture
def alone(settings: Settings) -> Snapshot:
    return read_snapshot(settings)


def with_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "MANY", 1)
    monkeypatch.setattr(many, "_AT_ONCE", 4)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))


@pytest.mark.slow
def test_processes_read_what_one_process_reads(
    settings: Settings, alone: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same posts, same bodies, same problems, in the same order, and nobody is left running."""
    started = []
    popen = subprocess.Popen
    with_processes(monkeypatch)
    monkeypatch.setattr(
        subprocess, "Popen", lambda *given, **named: started.append(popen(*given, **named)) or started[-1]
    )
    assert read_snapshot(settings) == alone
    assert len(started) == 2
    assert all(one.poll() is not None for one in started)


@pytest.mark.slow
@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false"])
def test_files_are_read_in_one_process(
    executable: str, settings: Settings, alone: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process cannot be started, or dies, everything is read all the same."""
    with_processes(monkeypatch)
    monkeypatch.setattr(sys, "executable", executable)
    assert read_snapshot(settings) == alone


def test_few_files_need_no_second_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One edited post starts no process."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))
    monkeypatch.setattr(many, "Process", lambda *_given: pytest.fail("a process was started"))
    assert read_snapshot(replace(settings)).posts


# --- What the cache of posts may not do when it could not store: give what was for what is ---


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """An empty content folder."""
    (tmp_path / "posts").mkdir()
    return make_settings(tmp_path)


def _write(site: Settings, source: str, title: str) -> None:
    text = f"---\ntitle: {title}\n---\nBody of {title}.\n"
    Path(site.root, "posts", source).write_text(text, encoding="utf-8")


class _Busy(Memory):
    """A cache that stores nothing for a while: its disk is full, or another program holds it."""

    is_busy = False

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        if not self.is_busy:
            super().put_many(kind, items)


def test_a_body_that_could_not_be_kept_is_read_from_its_file(site: Settings) -> None:
    """The cache still has the one of before, which must not stand below the new title."""
    _write(site, "a.md", "Old")
    cache = _Busy()
    folder = ContentFolder(site, cache)
    folder.read()
    cache.is_busy = True
    _write(site, "a.md", "New")
    (post,) = folder.fill(folder.read().posts)
    assert (post.title, post.markdown) == ("New", "Body of New.")


def test_a_post_that_could_not_be_kept_is_kept_with_the_next_one(site: Settings) -> None:
    """Else the next process would take what the cache has of it for what the file says now."""
    _write(site, "a.md", "Old")
    _write(site, "b.md", "B")
    cache = _Busy()
    folder = ContentFolder(site, cache)
    folder.read()
    cache.is_busy = True
    _write(site, "a.md", "New")
    folder.read()
    cache.is_busy = False
    _write(site, "b.md", "Other")
    folder.read()
    assert [post.title for post in ContentFolder(site, cache).read().posts] == ["New", "Other"]


def test_a_body_of_a_read_that_was_killed_is_not_taken_for_the_one_before(site: Settings) -> None:
    """Bodies are kept before the index: after a kill in between, and an author who goes back, they do not fit."""
    _write(site, "a.md", "Old")
    cache = Memory()
    ContentFolder(site, cache).read()
    killed = _Forgetting(cache)
    _write(site, "a.md", "New")
    ContentFolder(site, killed).read()
    _write(site, "a.md", "Old")
    folder = ContentFolder(site, cache)
    (post,) = folder.fill(folder.read().posts)
    assert (post.title, post.markdown) == ("Old", "Body of Old.")


class _Forgetting(Memory):
    """Stores the bodies in another cache, and dies before the rest."""

    def __init__(self, other: Memory) -> None:
        super().__init__()
        self._items = dict(other._items)
        self._other = other

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        if kind.startswith("body"):
            self._other.put_many(kind, items)


# --- What nobody foresaw costs the one post that it happens to ---


class PanicException(BaseException):
    """As a Rust library raises it."""


TROUBLES = [
    ValueError("a"), AssertionError("a"), RecursionError(), MemoryError(), UnicodeDecodeError("utf-8", b"a", 0, 1, "a"),
    OSError(5, "a"), KeyError("a"), StopIteration(), subprocess.SubprocessError(), PanicException("a"),
]  # fmt: skip


class BrokenHistory(History):
    """Asked for one post's dates, git's history raises."""

    def __init__(self, trouble: BaseException) -> None:
        self._trouble = trouble

    def find(self, source: str) -> Span | None:
        raise self._trouble


def _read(tmp_path: Path, trouble: BaseException) -> tuple[Reader, list[str | None]]:
    """Three posts, the second of which asks git."""
    (tmp_path / "posts").mkdir()
    for name, line in (("a", ""), ("b", "date: git Created\n"), ("c", "")):
        (tmp_path / "posts" / f"{name}.md").write_text(f"---\ntitle: {name}\n{line}---\nBody\n")
    settings = make_settings(tmp_path)
    reader = Reader(settings, BrokenHistory(trouble))
    readings = reader.read_many([(file, None, None) for file in scan(settings).files])
    said = []
    for reading in readings:
        assert reading.outcome
        said.append(None if reading.outcome.post else reading.outcome.problems[0].text)
    return reader, said


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: type(one).__name__)
def test_one_post_that_nobody_foresaw_stops_no_other(tmp_path: Path, trouble: BaseException) -> None:
    """The other two are read, the one becomes a problem, and asking for its body alone raises nothing either."""
    reader, (first, second, third) = _read(tmp_path, trouble)
    assert (first, third) == (None, None)
    assert second
    assert second.endswith("(please report it)") or isinstance(trouble, PanicException)
    assert reader.read_body("b.md") is None
    assert reader.read_body("c.md")


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(), StateError("locked"), OSError(28, "disk full")])
def test_what_ends_the_round_is_no_problem_of_a_post(tmp_path: Path, end: BaseException) -> None:
    """The wish to stop, a broken state and a full disk go on to the caller."""
    with pytest.raises(type(end)):
        _read(tmp_path, end)
