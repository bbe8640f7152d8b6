"""A bench on a real SQLite state for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicate.store import open_store
from tests.deliver.bench import Bench


@pytest.fixture(scope="session")
def blank_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "state.db"
    open_store(f"sqlite:///{path}", "default").close()
    return path


@pytest.fixture
def bench(tmp_path: Path, blank_state: Path) -> Iterator[Bench]:
    path = shutil.copy(blank_state, tmp_path / "state.db")
    with open_store(f"sqlite:///{path}", "default") as store:
        yield Bench(store)
