"""What is needed no more is removed: ours, and nothing else."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.cards import card_paths
from syndicate.model import Artefact
from syndicate.publish.manifest import REST_AGE
from tests.publish.house import NOW

KEEP = timedelta(days=30)
NAMED, STABLE = card_paths("a", b"picture", "image/png")


@pytest.fixture
def sweep(open_manifest):
    """One publication's sweep at a moment, with what is needed."""
    return lambda needed=(), after=timedelta(0): open_manifest().sweep(needed, KEEP, NOW + after)


@pytest.fixture
def write(open_manifest):
    """A publication that writes files."""

    def write(*paths, data=b"picture"):
        open_manifest().write([Artefact(path, "text/plain", data, fingerprint="this") for path in paths])

    return write


def test_only_ours_and_only_what_is_not_needed(folder, sweep, write):
    """Files of others stay, wherever they lie; empty folders of ours go with their last file."""
    theirs = ["own.txt", "meta/b.html", "cards/b.png", "cards/b.0123456789.png", "featured/notes/rss.xml"]
    folder.write([Artefact(path, "text/plain", b"theirs") for path in theirs])
    write("rss.xml", "meta/a.html", "category/go/rss.xml")
    assert set(sweep(["rss.xml"])) == {"meta/a.html", "category/go/rss.xml"}
    assert set(folder.list_files()) == {*theirs, "rss.xml"}
    assert not (Path(folder.root) / "category").exists()


def test_what_somebody_put_in_place_of_ours_stays(folder, sweep, write):
    """It is left where it is, and forgotten: another publication does not ask again."""
    write("meta/a.html")
    folder.write([Artefact("meta/a.html", "text/plain", b"theirs")])
    assert sweep() == ()
    assert sweep() == ()
    assert folder.read("meta/a.html") == b"theirs"


def test_a_replaced_card_is_kept_for_a_while(folder, sweep, write):
    """Networks cache by address: an old card lives on for thirty days from the first time it was not needed."""
    write(NAMED, STABLE)
    assert sweep([STABLE]) == ()
    assert sweep([STABLE], KEEP - timedelta(seconds=1)) == ()
    assert sweep([STABLE], KEEP) == (NAMED,)
    assert set(folder.list_files()) == {STABLE}


def test_a_card_that_is_needed_again_begins_anew(sweep, write):
    """Thirty days count from the last time it was needed."""
    write(NAMED)
    sweep()
    sweep([NAMED], timedelta(days=20))
    assert sweep([], timedelta(days=40)) == ()
    assert sweep([], timedelta(days=70)) == (NAMED,)


def test_cards_are_known_after_the_memory_is_lost(tmp_path, folder, sweep, write):
    """A card that names its own bytes is swept thirty days after somebody first saw that it is not needed."""
    files = [Artefact(NAMED, "image/png", b"picture"), Artefact("cards/b.0123456789.png", "image/png", b"theirs")]
    folder.write(files)
    assert sweep() == ()
    assert sweep([], KEEP) == (NAMED,)
    assert set(folder.list_files()) == {"cards/b.0123456789.png"}


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_jumps_removes_no_needed_card(folder, sweep, write, days):
    """Whatever the clock says, what is needed stays."""
    write(NAMED, STABLE)
    sweep([NAMED, STABLE])
    assert sweep([NAMED, STABLE], timedelta(days=days)) == ()
    assert set(folder.list_files()) == {NAMED, STABLE}


def test_rests_of_a_killed_process_go(folder, sweep, write):
    """What was left half written an hour ago is taken away; what may be being written now stays."""
    write("rss.xml")
    old, young = Path(folder.root) / ".syndicate-1-1", Path(folder.root) / ".syndicate-2-2"
    for path in (old, young, Path(folder.root) / ".theirs"):
        path.write_bytes(b"half")
    long_ago = (NOW - REST_AGE - timedelta(seconds=1)).timestamp()
    for path in (old, Path(folder.root) / ".theirs"):
        os.utime(path, (long_ago, long_ago))
    os.utime(young, (NOW.timestamp(), NOW.timestamp()))
    sweep(["rss.xml"])
    assert {path.name for path in Path(folder.root).glob(".*")} == {young.name, ".theirs"}


def test_a_card_of_a_clock_that_was_ahead_counts_from_now(sweep, write):
    """A wrong moment costs a card neither its thirty days nor its end."""
    write(NAMED)
    sweep([], timedelta(days=4000))
    assert sweep() == ()
    assert sweep([], KEEP - timedelta(seconds=1)) == ()
    assert sweep([], KEEP) == (NAMED,)
