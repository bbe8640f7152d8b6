"""A bench on a real SQLite state for every test."""

from __future__ import annotations

import pytest

from syndicate.store.store import Store
from tests.deliver.bench import Bench
from tests.store.conftest import blank as blank  # noqa: PLC0414 - fixtures of the store's tests
from tests.store.conftest import sqlite_store as sqlite_store  # noqa: PLC0414 - as above
from tests.store.conftest import worn_store as worn_store  # noqa: PLC0414 - as above


@pytest.fixture
def bench(sqlite_store: Store) -> Bench:
    return Bench(sqlite_store)
