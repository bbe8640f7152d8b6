"""Many files put in place together: all are safe on the disk before the first is swapped."""

from __future__ import annotations

import ctypes
import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from syndicate.errors import StateError
from syndicate.output import FolderOutput, files
from syndicate.output.files import MANY, Fresh, flush, replace_files, telling


def fresh(folder: Path, count: int) -> list[Fresh]:
    return [Fresh(f"{folder}/{number}.xml", b"new", None, has_siblings=False) for number in range(count)]


def test_a_failing_flush_leaves_every_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk refuses the bytes nothing is swapped, and nothing stays beside."""
    (tmp_path / "0.xml").write_bytes(b"old")

    def refuse(_places: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "flush", refuse)
    with pytest.raises(StateError, match="No space left"):
        replace_files(fresh(tmp_path, 3))
    assert [path.name for path in tmp_path.iterdir()] == ["0.xml"]
    assert (tmp_path / "0.xml").read_bytes() == b"old"


@pytest.mark.parametrize("count", [1, MANY])
def test_bytes_are_flushed_before_the_swap(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few or many: when they are flushed they are whole, and none is in place yet."""
    seen = []

    def look(places: list[str]) -> None:
        seen.extend(Path(place).read_bytes() for place in places)
        assert not list(tmp_path.glob("*.xml"))

    monkeypatch.setattr(files, "flush", look)
    replace_files(fresh(tmp_path, count))
    assert seen == [b"new"] * count
    assert len(list(tmp_path.glob("*.xml"))) == count


@pytest.mark.parametrize("library", [SimpleNamespace(), SimpleNamespace(syncfs=lambda _handle: -1)])
def test_each_file_is_flushed_where_all_cannot_be(
    library: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without the call for all, or one where it fails, is asked file by file."""
    places = [f"{tmp_path}/{number}" for number in range(MANY)]
    for place in places:
        Path(place).touch()
    flushed: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_given, **_named: library)
    monkeypatch.setattr(os, "fsync", flushed.append)
    flush(places)
    assert len(flushed) == len(places)


def test_what_is_being_written_is_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that clears rests away while another one flushes an old post's file leaves it alone."""
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)

    def clear(_places: object) -> None:
        FolderOutput(tmp_path).clear_rests(datetime.now(UTC) - timedelta(hours=1))

    monkeypatch.setattr(files, "flush", clear)
    replace_files([Fresh(f"{tmp_path}/0.xml", b"new", long_ago.timestamp(), has_siblings=True)])
    assert (tmp_path / "0.xml").stat().st_mtime == long_ago.timestamp()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EROFS, "Read-only file system (mount it so that it may be written"),
        (errno.EACCES, "Permission denied (check its owner)"),
        (errno.ENOSPC, "No space left on device (free space)"),
        (errno.ELOOP, "cannot be read or written: Too many levels of symbolic links"),
    ],
)
def test_trouble_with_the_disk_is_told_as_it_is(number: int, says: str) -> None:
    """The system's own word, and what helps against this very trouble."""
    with pytest.raises(StateError) as raised, telling("feeds/rss.xml"):
        raise OSError(number, os.strerror(number))
    assert says in str(raised.value)
