"""Publishing into an object store, against obstore's store in memory."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from obstore.store import MemoryStore, S3Store

from syndicate.errors import ConfigError, StateError, UsageError
from syndicate.model import Artefact
from syndicate.output import choose_cache_control, open_output
from syndicate.output.bucket import BucketOutput
from tests.networks.fake import Fake, Reply

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
    assert set(output.list_files()) == {RSS.path}
    assert output.remove([RSS.path, "other.xml"]) == (RSS.path,)
    assert set(output.list_files()) == frozenset()


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
    assert set(output.list_files()) == {RSS.path}
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
    before = output.list_files()
    assert output.stat_files([RSS.path, "gone.xml"]) == before
    output.write([Artefact(RSS.path, RSS.media_type, b"<RSS/>")])
    assert output.list_files() != before
    assert output.fingerprint([RSS.path]) == ""


@pytest.mark.parametrize(
    ("status", "says", "hint"),
    [
        (0, "the object store cannot be reached", "see whether it is up"),
        (500, "the object store answers 500", "see whether it is up"),
        (503, "the object store answers 503", "see whether it is up"),
        (401, "the object store refused", "check its credentials"),
        (403, "the object store refused", "check its credentials"),
        (404, "the object store has no such bucket", "check [storage] publish_to"),
        (400, "the object store failed", "see whether its address, region and credentials are right"),
    ],
)
def test_what_is_wrong_with_a_bucket_is_told(status: int, says: str, hint: str) -> None:
    """One that is down is not one that refuses, whether it is listed or written to; no address is told."""
    with answering(status) as address:
        store = S3Store(
            "bucket",
            endpoint=address,
            access_key_id="KEYID",
            secret_access_key="hidden",
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
        )
        for ask in (BucketOutput(store).list_files, lambda: BucketOutput(store)._write_one(RSS)):
            with pytest.raises(StateError) as raised:
                ask()
            assert raised.value.message.startswith(says)
            assert raised.value.hint.startswith(hint)
            assert "127.0.0.1" not in str(raised.value)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """An object store that answers everything with one status; 0 for none that listens."""
    if not status:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        return
    with Fake() as fake:
        for method in ("GET", "PUT", "HEAD"):
            fake.route(method, "/{bucket}", lambda _: Reply(status, ""))
            fake.route(method, "/{bucket}/{folder}/{more}/{name}", lambda _: Reply(status, ""))
        yield fake.url
