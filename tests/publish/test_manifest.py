"""What was published, file by file: what is current, what is ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syndicate.formats import Document
from syndicate.model import Artefact
from syndicate.publish.card_renderer import AT_ONCE, batches
from syndicate.publish.manifest import Manifest
from syndicate.publish.write import write_documents
from syndicate.store import open_store
from syndicate.store.cache import open_cache
from syndicate.store.file import back_up
from tests.containment.troubles import TROUBLES, name_of

PATH = "meta/a.html"


def write(manifest: Manifest, path: str = PATH, made_of: str = "this", data: bytes = b"data") -> Manifest:
    """A publication that writes one file."""
    manifest.is_current(path, made_of)
    manifest.write([Artefact(path, "text/html", data, fingerprint=made_of)])
    return manifest


def test_a_file_is_current_while_nothing_changed(open_manifest):
    """For this publication, and for the next one, which reads what this one remembered."""
    assert write(open_manifest()).is_current(PATH, "this")
    assert open_manifest().is_current(PATH, "this")
    assert not open_manifest().is_current(PATH, "that")


def test_what_has_no_fingerprint_is_never_current(open_manifest):
    """It is made anew each time, and still counts as ours."""
    write(open_manifest(), made_of="")
    assert not open_manifest().is_current(PATH, "")
    assert open_manifest().is_ours(PATH, b"data")


@pytest.mark.parametrize("how", ["replaced", "written", "touched", "removed", "size"])
def test_a_file_that_somebody_touched_is_not_current(open_manifest, folder, how):
    """Whatever was done to it since we wrote it shows in the listing, also where its size and time are the same."""
    write(open_manifest())
    place = Path(folder.root) / PATH
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
    assert not open_manifest().is_current(PATH, "this")


def test_a_refused_file_is_never_current(open_manifest, folder):
    """So that every publication tries again, and tells again."""
    folder.write([Artefact(PATH, "text/html", b"theirs")])
    assert not write(open_manifest()).is_current(PATH, "this")
    assert not open_manifest().is_current(PATH, "this")
    assert not open_manifest().is_ours(PATH, b"theirs")


def test_what_is_kept_travels_with_the_state(open_manifest, folder, store, tmp_path):
    """A backup of the state knows every file of its moment; an empty state makes all stale and claims none."""
    write(open_manifest())
    back_up(tmp_path / "state-0.db", tmp_path / "backup.db")
    with open_store(f"sqlite:///{tmp_path / 'backup.db'}", "default") as restored:
        assert Manifest(folder, restored, "feeds").is_current(PATH, "this")
        assert [*restored.list_published()] == [*store.list_published()]
    with open_store(f"sqlite:///{tmp_path / 'empty.db'}", "default") as empty:
        manifest = Manifest(folder, empty, "feeds")
        assert set(manifest.paths) == {PATH}
        assert not manifest.is_current(PATH, "this")
        assert not manifest.is_ours(PATH, b"data")


def test_two_sites_in_one_state_know_nothing_of_each_other(folder, store, open_manifest, tmp_path):
    """Each has its own lines and its own last publication."""
    write(open_manifest())
    store.keep_publication("{}")
    with open_store(f"sqlite:///{tmp_path / 'state-0.db'}", "other") as other:
        assert [*other.list_published()] == []
        assert other.read_publication() == ("", "")
        other.forget_published([PATH])
    assert [one.path for one in store.list_published()] == [PATH]


def test_more_files_than_one_question_holds(open_manifest, store):
    """Databases limit the names in a question: a thousand files are found, kept and forgotten all the same."""
    many = [Artefact(f"meta/{number}.html", "text/html", b"x", fingerprint="f") for number in range(1001)]
    assert len(open_manifest().write(many)) == 1001
    assert len(store.find_published([one.path for one in many])) == 1001
    store.forget_published([one.path for one in many])
    assert [*store.list_published()] == []


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


@pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)
def test_a_file_that_cannot_be_rendered_stops_no_other(open_manifest, tmp_path, trouble) -> None:
    """meta/<slug>.html of one post is a problem that names it; those of the others are there."""

    def make(path):
        def render(_cache):
            if "odd" in path:
                raise trouble
            return Artefact(path, "text/html", b"x")

        return Document(path, "", render)

    paths = ("meta/good.html", "meta/odd.html", "meta/fine.html")
    with open_cache(str(tmp_path / "cache.db")) as cache:
        written = write_documents(map(make, paths), open_manifest(), cache)
    assert ([one.source for one in written.problems], sorted(written.paths)) == (
        ["meta/odd.html"],
        ["meta/fine.html", "meta/good.html"],
    )
