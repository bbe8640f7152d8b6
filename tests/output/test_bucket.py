"""Publishing into an object store, against obstore's store in memory."""

from __future__ import annotations

import pytest
from obstore.store import MemoryStore

from syndicate.errors import ConfigError, UsageError
from syndicate.model import Artefact
from syndicate.output import open_output
from syndicate.output.bucket import BucketOutput
from syndicate.output.caching import choose_cache_control

RSS = Artefact("category/go/rss.xml", "application/rss+xml", b"<rss/>")


@pytest.fixture
def output() -> BucketOutput:
    return BucketOutput(MemoryStore())


def test_writing_twice_writes_once(output: BucketOutput) -> None:
    """Objects are put only where their bytes differ."""
    assert output.read(RSS.path) is None
    assert output.write([RSS]) == (RSS.path,)
    assert output.write([RSS]) == ()
    assert output.read(RSS.path) == b"<rss/>"


def test_objects_are_listed_and_removed(output: BucketOutput) -> None:
    """Listing names every object; removing reports those that were there."""
    output.write([RSS])
    assert output.list_paths() == {RSS.path}
    assert output.remove([RSS.path, "other.xml"]) == (RSS.path,)
    assert output.list_paths() == frozenset()


def test_removing_nothing_asks_nobody() -> None:
    """Each publication may have something to remove, few have: the store is not listed for it."""
    assert BucketOutput(None).remove([]) == ()  # type: ignore[arg-type]


def test_objects_tell_type_and_age() -> None:
    """Content type and cache rules travel with the object."""
    store = MemoryStore()
    BucketOutput(store).write([RSS])
    about = store.get(RSS.path).attributes
    assert about["Content-Type"] == "application/rss+xml"
    assert about["Cache-Control"] == choose_cache_control(RSS.path)


def test_paths_are_checked_here_too(output: BucketOutput) -> None:
    """No object outside the prefix."""
    with pytest.raises(UsageError):
        output.read("../other-bucket/x")


def test_an_address_opens_a_store() -> None:
    """A URL is opened with obstore; an unknown scheme says what would work."""
    output = open_output("memory:///")
    assert output.write([RSS]) == (RSS.path,)
    assert output.list_paths() == {RSS.path}
    with pytest.raises(ConfigError, match="s3://"):
        open_output("ftp://host/feeds")


@pytest.mark.parametrize(
    ("path", "is_immutable"),
    [
        ("archive/12.atom", True),
        ("archive/recent.atom", False),
        ("cards/hello.3fa9c1.jpg", True),
        ("cards/hello.jpg", False),
        ("rss.xml", False),
        ("category/archive/rss.xml", False),
        ("index.html", False),
    ],
)
def test_only_what_never_changes_may_be_kept_for_ever(path: str, is_immutable: bool) -> None:
    """Closed archives and cards named by their bytes are immutable, everything else is asked for again."""
    assert ("immutable" in choose_cache_control(path)) is is_immutable


def test_facts_tell_that_an_object_was_replaced(output: BucketOutput) -> None:
    """Size and tag are the same in a listing and for one object, and others after a change."""
    output.write([RSS])
    before = output.list_facts()
    assert output.find_facts([RSS.path, "gone.xml"]) == before
    output.write([Artefact(RSS.path, RSS.media_type, b"<RSS/>")])
    assert output.list_facts() != before
    assert output.stamp([RSS.path]) == ""
