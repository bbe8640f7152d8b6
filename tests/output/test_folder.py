"""Publishing into a folder: whole files, only where bytes differ, never outside."""

from __future__ import annotations

import ctypes
import errno
import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import StateError, UsageError
from syndicate.formats.assembly import unpack
from syndicate.model import Artefact
from syndicate.output import check_path, folder, open_output
from syndicate.output.folder import MANY, FolderOutput, Fresh, flush, replace_files, telling

AT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
TEXT = b"<rss>" + b"many words, " * 200 + b"</rss>"


def feed(data: bytes = TEXT, path: str = "rss.xml", at: datetime | None = AT) -> Artefact:
    return Artefact(path, "application/rss+xml", data, at)


@pytest.fixture
def output(tmp_path: Path) -> FolderOutput:
    return FolderOutput(tmp_path / "feeds")


def stamps(output: FolderOutput) -> dict[str, tuple[int, int]]:
    found = (path for path in Path(output.root).rglob("*") if path.is_file())
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def test_writing_twice_writes_once(output: FolderOutput) -> None:
    """The first write reports the path; the same bytes again touch neither the file nor its siblings."""
    assert output.write([feed()]) == ("rss.xml",)
    before = stamps(output)
    assert output.write([feed()]) == ()
    assert stamps(output) == before
    assert output.read("rss.xml") == TEXT


def test_siblings_hold_the_same_bytes(output: FolderOutput) -> None:
    """gzip, Brotli and Zstandard siblings unpack to the file; pictures, crumbs and include files have none."""
    output.write([feed(), Artefact("a/b.jpg", "image/jpeg", TEXT), feed(b"<rss/>", "small.xml")])
    output.write([Artefact("meta/a.html", "text/html", TEXT)])
    assert gzip.decompress((Path(output.root) / "rss.xml.gz").read_bytes()) == TEXT
    assert brotli.decompress((Path(output.root) / "rss.xml.br").read_bytes()) == TEXT
    assert unpack((Path(output.root) / "rss.xml.zst").read_bytes()) == TEXT
    names = {path.name for path in Path(output.root).rglob("*") if path.is_file()}
    assert names == {"rss.xml", "rss.xml.gz", "rss.xml.br", "rss.xml.zst", "b.jpg", "small.xml", "a.html"}


def test_an_archive_has_the_one_form_that_everybody_takes(output: FolderOutput) -> None:
    """gzip; what an earlier version compressed otherwise stays beside the bytes it holds, and goes when they change."""
    output.write([feed(path="archive/1.rss")])
    archive = Path(output.root) / "archive"
    assert gzip.decompress((archive / "1.rss.gz").read_bytes()) == TEXT
    (archive / "1.rss.br").write_bytes(brotli.compress(TEXT))
    assert output.write([feed(path="archive/1.rss")]) == ()
    assert sorted(path.name for path in archive.iterdir()) == ["1.rss", "1.rss.br", "1.rss.gz"]
    output.write([feed(TEXT + b"\n", path="archive/1.rss")])
    assert sorted(path.name for path in archive.iterdir()) == ["1.rss", "1.rss.gz"]


def test_siblings_are_part_of_their_file(output: FolderOutput) -> None:
    """They are not listed, and go when their file goes or becomes too small for them."""
    output.write([feed(), feed(path="category/go/rss.xml")])
    assert set(output.list_files()) == {"rss.xml", "category/go/rss.xml"}
    output.write([feed(b"<rss/>")])
    assert output.remove(["category/go/rss.xml", "never/there.xml"]) == ("category/go/rss.xml",)
    assert [path.name for path in Path(output.root).rglob("*")] == ["rss.xml"]


def test_lost_siblings_come_back(output: FolderOutput) -> None:
    """A crash between file and sibling is mended by the next publish, though the file itself is unchanged."""
    output.write([feed()])
    (Path(output.root) / "rss.xml.gz").unlink()
    os.utime(Path(output.root) / "rss.xml.br", (0, 0))
    assert output.write([feed()]) == ()
    modified = {path.stat().st_mtime for path in Path(output.root).iterdir()}
    assert modified == {AT.timestamp()}


def test_a_stale_sibling_never_stands_beside_new_bytes(output: FolderOutput) -> None:
    """Between a new file and its siblings there are none, so no server hands out old bytes."""
    output.write([feed()])
    output.write_plain([feed(TEXT + b"\n")])
    assert [path.name for path in Path(output.root).iterdir()] == ["rss.xml"]


def test_an_orphaned_sibling_is_a_file_like_any_other(output: FolderOutput) -> None:
    """Without its file a sibling is listed, so that whoever cleans up finds it."""
    output.write([feed()])
    (Path(output.root) / "rss.xml").unlink()
    assert set(output.list_files()) == {"rss.xml.gz", "rss.xml.br", "rss.xml.zst"}


def test_the_file_carries_the_date_of_its_newest_change(output: FolderOutput) -> None:
    """The modification time is the artefact's, so a static server's Last-Modified is true."""
    output.write([feed()])
    assert (Path(output.root) / "rss.xml").stat().st_mtime == AT.timestamp()


@pytest.mark.parametrize("at", [AT, AT - timedelta(days=5)])
def test_new_bytes_are_always_newer(output: FolderOutput, at: datetime) -> None:
    """Bytes that change without a newer date (a post taken away) still move Last-Modified forward."""
    output.write([feed()])
    output.write([feed(TEXT.replace(b"many", b"some"), at=at)])
    assert (Path(output.root) / "rss.xml").stat().st_mtime == AT.timestamp() + 1


def test_files_can_be_read_by_the_web_server(output: FolderOutput) -> None:
    """Published files and new folders are readable for everybody, under any umask: another user's server has them."""
    before = os.umask(0o077)
    try:
        output.write([feed(), feed(path="tags/sea/rss.xml")])
    finally:
        os.umask(before)
    root = Path(output.root)
    assert {path.stat().st_mode & 0o777 for path in root.rglob("*.xml")} == {0o644}
    assert [path.stat().st_mode & 0o777 for path in (root / "tags", root / "tags" / "sea")] == [0o755, 0o755]


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./x", "a/.hidden", "a\\b", "a\x00b", "x" * 300, "\ud800", "a/"],
)
def test_paths_that_leave_the_root_are_refused(output: FolderOutput, path: str) -> None:
    """No path climbs out, hides, or carries control characters; nothing is written."""
    with pytest.raises(UsageError):
        output.write([feed(path=path)])
    assert not Path(output.root).exists()


@given(st.text(st.sampled_from("ab./\\\x00é"), max_size=12))
def test_an_accepted_path_stays_below_the_root(path: str) -> None:
    """Whatever is accepted resolves to a place inside."""
    try:
        check_path(path)
    except UsageError:
        return
    assert Path("/root/feeds", path).resolve().is_relative_to("/root/feeds")


def test_a_link_out_of_the_root_is_not_followed(output: FolderOutput, tmp_path: Path) -> None:
    """A folder that is a link to somewhere else is refused."""
    output.write([feed()])
    (tmp_path / "elsewhere").mkdir()
    (Path(output.root) / "cards").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="link"):
        output.write([feed(path="cards/x.xml")])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(output: FolderOutput) -> None:
    """Where the new bytes cannot be put down, the old ones stay and no rest remains; the error says where."""
    output.write([feed(path="a/rss.xml")])
    (Path(output.root) / "a" / "taken").mkdir()
    with pytest.raises(StateError, match="taken"):
        output.write([feed(path="a/taken")])
    assert output.read("a/rss.xml") == TEXT
    assert not list(Path(output.root).rglob(".*"))


def test_a_missing_file_reads_as_nothing(output: FolderOutput) -> None:
    """None for a file that is not there, a folder, and a path through a file."""
    output.write([feed(path="a/b.xml")])
    assert [output.read(path) for path in ("c.xml", "a", "a/b.xml/c")] == [None, None, None]


def test_hidden_files_are_not_ours(output: FolderOutput) -> None:
    """A .git folder or a half-written file is neither listed nor touched."""
    output.write([feed()])
    (Path(output.root) / ".git").mkdir()
    (Path(output.root) / ".git" / "config").write_text("x")
    assert set(output.list_files()) == {"rss.xml"}


def test_facts_tell_that_a_file_was_replaced(output: FolderOutput) -> None:
    """Whoever replaces a file, even by one of the same size and time, leaves other facts."""
    output.write([feed()])
    before = output.list_files()
    assert set(before) == {"rss.xml"}
    assert output.stat_files(["rss.xml", "gone.xml", "a/b"]) == before
    place = Path(output.root) / "rss.xml"
    status = place.stat()
    place.with_name("other").write_bytes(place.read_bytes().swapcase())
    os.utime(place.with_name("other"), ns=(status.st_atime_ns, status.st_mtime_ns))
    place.with_name("other").replace(place)
    assert output.list_files() != before


def test_the_stamp_tells_what_came_and_went(output: FolderOutput) -> None:
    """A stamp over files and folders changes with a file of the folder, and with nothing else."""
    output.write([feed(), feed(path="cards/a.xml"), feed(path="cards/b.xml")])
    before = output.fingerprint(["rss.xml", "cards"])
    output.write([feed(), feed(path="other.xml")])
    assert output.fingerprint(["rss.xml", "cards"]) == before
    output.remove(["cards/a.xml"])
    assert output.fingerprint(["rss.xml", "cards"]) != before
    assert output.fingerprint(["nowhere"]) == output.fingerprint(["nowhere"])


def test_what_a_killed_process_left_is_cleared(output: FolderOutput) -> None:
    """Old half-written files go, young ones may belong to a process that still writes, hidden ones of others stay."""
    output.write([feed(path="cards/a.xml")])
    old, young, other = (Path(output.root) / "cards" / name for name in (".syndicate-1-1", ".syndicate-2-2", ".keep"))
    for place in (old, young, other):
        place.write_text("half")
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    output.clear_rests(datetime(2001, 1, 1, tzinfo=UTC))
    assert [place.exists() for place in (old, young, other)] == [False, True, True]


def test_a_plain_folder_is_the_default(tmp_path: Path) -> None:
    """An address without a scheme is a folder."""
    assert isinstance(open_output(str(tmp_path)), FolderOutput)


def fresh(folder: Path, count: int) -> list[Fresh]:
    return [Fresh(f"{folder}/{number}.xml", b"new", None, has_siblings=False) for number in range(count)]


def test_a_failing_flush_leaves_every_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk refuses the bytes nothing is swapped, and nothing stays beside."""
    (tmp_path / "0.xml").write_bytes(b"old")

    def refuse(_places: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "flush", refuse)
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

    monkeypatch.setattr(folder, "flush", look)
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

    monkeypatch.setattr(folder, "flush", clear)
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
