"""The disposable cache: quick, shared by threads, and never a reason to stop."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.model import Cache
from syndicate.store.cache import FileCache, open_cache


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache.db"


@pytest.fixture
def cache(path: Path) -> Iterator[FileCache]:
    with open_cache(str(path)) as cache:
        yield cache


def test_what_was_put_is_there_after_reopening(cache: FileCache, path: Path) -> None:
    """Bytes by kind and key; kinds do not mix; the file is its owner's alone."""
    kept: Cache = cache
    kept.put_many("post", {"a": b"1", "b": b"2"})
    kept.put_many("card", {"a": b"3"})
    kept.put_many("post", {"a": b"4"})
    with open_cache(str(path)) as again:
        assert again.get_all("post") == {"a": b"4", "b": b"2"}
        assert again.get_many("post", ["b", "c"]) == {"b": b"2"}
        assert again.get("card", "a") == b"3"
        assert again.get("card", "b") is None
    assert path.stat().st_mode & 0o77 == 0


def test_dropping_forgets(cache: FileCache) -> None:
    """Dropped keys are gone, others stay; dropping what is not there is no error."""
    cache.put_many("post", {"a": b"1", "b": b"2"})
    cache.drop("post", ["a", "x"])
    assert cache.get_all("post") == {"b": b"2"}


@given(st.dictionaries(st.text(), st.binary()))
def test_any_keys_and_bytes_come_back(items: dict[str, bytes]) -> None:
    """No key or value is special, not even where no file can be had."""
    with open_cache("/dev/null/no/cache") as cache:
        encodable = {key: data for key, data in items.items() if key.isprintable()}
        cache.put_many("any", encodable)
        assert cache.get_many("any", encodable) == encodable


@pytest.mark.parametrize(
    "content",
    [b"", b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 5000],
    ids=["empty", "text", "torn"],
)
def test_a_file_that_is_no_cache_is_replaced(path: Path, content: bytes) -> None:
    """Rubbish is thrown away without a word and the cache works."""
    path.parent.mkdir()
    path.write_bytes(content)
    with open_cache(str(path)) as cache:
        cache.put_many("post", {"a": b"1"})
    with open_cache(str(path)) as cache:
        assert cache.get("post", "a") == b"1"


@pytest.mark.parametrize("statement", ["PRAGMA user_version=99", "CREATE TABLE other (x)"])
def test_a_database_of_another_making_is_replaced(path: Path, statement: str) -> None:
    """A later version's cache, or a file with tables of its own, is begun anew."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE items (x)")
        connection.execute(statement)
    connection.close()
    with open_cache(str(path)) as cache:
        cache.put_many("post", {"a": b"1"})
        assert cache.get("post", "a") == b"1"


def test_a_file_damaged_while_in_use_is_replaced(cache: FileCache, path: Path) -> None:
    """Damage found by a read costs what was kept, and the next write is kept again."""
    cache.put_many("post", {str(n): b"x" * 1000 for n in range(500)})
    cache.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xee" * 400_000)
    with open_cache(str(path)) as damaged:
        assert damaged.get_all("post") == {}
        damaged.put_many("post", {"a": b"1"})
        assert damaged.get("post", "a") == b"1"


def test_a_busy_file_is_left_alone(path: Path) -> None:
    """A cache that another process writes is not deleted under it: what is put meanwhile is not kept, no more."""
    with open_cache(str(path)) as first:
        first.put_many("post", {"a": b"1"})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_cache(str(path), patience_ms=1) as cache:
        assert cache.get("post", "a") == b"1"
        cache.put_many("post", {"b": b"2"})
        assert cache.get("post", "b") is None
    other.close()
    with open_cache(str(path)) as again:
        assert again.get_all("post") == {"a": b"1"}


def test_a_full_disk_loses_only_time(path: Path) -> None:
    """Where nothing more fits, storing stores nothing and reading goes on."""
    with open_cache(str(path)) as cache:
        cache.put_many("post", {"a": b"1"})
        cache._connection.execute("PRAGMA max_page_count=1")
        cache.put_many("post", {"big": b"x" * 1_000_000})
        assert cache.get("post", "big") is None
        assert cache.get("post", "a") == b"1"


@pytest.mark.slow
def test_threads_share_a_cache(cache: FileCache) -> None:
    """Eight threads put and get at once; nothing is lost."""

    def work(number: int) -> None:
        for step in range(20):
            cache.put_many("post", {f"{number}-{step}": b"x"})
            cache.get_all("post")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(cache.get_all("post")) == 160
