"""What was published, file by file: what is current, what is ours."""

from __future__ import annotations

import os

import pytest

from syndicate.model import Artefact
from syndicate.output import FolderOutput
from syndicate.publish.jobs import AT_ONCE, batches
from syndicate.publish.manifest import Register
from syndicate.publish.ownership import OwnFiles
from syndicate.store.cache import FileCache

PATH = "meta/a.html"


def write(files: OwnFiles, cache: FileCache, path: str = PATH, seal: str = "seal", data: bytes = b"data") -> Register:
    """A publication that writes one file."""
    register = Register(files, cache)
    files.write([Artefact(path, "text/html", data)])
    register.note({path: seal})
    return register


def test_a_file_is_current_while_nothing_changed(files, cache):
    """For this publication, and for the next one, which reads what this one remembered."""
    assert write(files, cache).is_current(PATH, "seal")
    assert Register(files, cache).is_current(PATH, "seal")
    assert not Register(files, cache).is_current(PATH, "another seal")


def test_what_has_no_seal_is_never_current(files, cache):
    """It is made anew each time, and still counts as ours."""
    write(files, cache, seal="")
    register = Register(files, cache)
    assert not register.is_current(PATH, "")
    assert register.own == {PATH}


@pytest.mark.parametrize("how", ["replaced", "written", "touched", "removed", "size"])
def test_a_file_that_somebody_touched_is_not_current(files, folder, cache, how):
    """Whatever was done to it since we wrote it shows in the listing, also where its size and time are the same."""
    write(files, cache)
    place = folder.root / PATH
    before = place.stat()
    if how == "replaced":
        place.with_name("b").write_bytes(b"atad")
        os.utime(place.with_name("b"), ns=(before.st_atime_ns, before.st_mtime_ns))
        place.with_name("b").rename(place)
    elif how == "removed":
        place.unlink()
    else:
        place.write_bytes({"written": b"atad", "touched": b"data", "size": b"longer data"}[how])
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not Register(files, cache).is_current(PATH, "seal")


def test_only_what_was_noted_is_ours(files, folder, cache):
    """A file that merely lies there is listed, and is not ours."""
    folder.write([Artefact("theirs.txt", "text/plain", b"x")])
    write(files, cache)
    register = Register(files, cache)
    assert set(register.paths) == {PATH, "theirs.txt"}
    assert register.own == {PATH}
    assert register.has(PATH, 4)
    assert not register.has(PATH, 5)
    assert not register.has("theirs.txt", 1)


def test_a_refused_file_is_never_current(files, folder, cache):
    """So that every publication tries again, and tells again."""
    folder.write([Artefact(PATH, "text/html", b"theirs")])
    register = write(files, cache)
    assert not register.is_current(PATH, "seal")
    assert not Register(files, cache).is_current(PATH, "seal")
    assert Register(files, cache).own == frozenset()


def test_what_is_forgotten_is_gone(files, cache):
    """For this publication and the next, though the file may still lie there."""
    register = write(files, cache)
    register.forget([PATH])
    assert PATH not in register.paths
    assert Register(files, cache).own == frozenset()


def test_a_lost_cache_makes_everything_stale_and_nothing_ours(files, folder, tmp_path):
    """The register alone never claims a file that it does not know of."""
    with FileCache(tmp_path / "lost.db", 1) as before:
        write(files, before)
    (tmp_path / "lost.db").unlink()
    with FileCache(tmp_path / "lost.db", 1) as cache:
        register = Register(FolderOutput(folder.root), cache)
    assert set(register.paths) == {PATH}
    assert not register.is_current(PATH, "seal")
    assert register.own == frozenset()


@pytest.mark.parametrize("number", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_batches_hold_everything_once_and_in_order(number):
    """No batch is empty, none is larger than memory shall hold, and they are taken one at a time."""
    taken = []
    items = (taken.append(item) or item for item in range(number))
    seen = []
    for some in batches(items):
        assert 0 < len(some) <= AT_ONCE
        seen += some
        assert len(taken) == len(seen)
    assert seen == list(range(number))
