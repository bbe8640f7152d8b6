"""A folder, a state of its own, and the manifest of what is published there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syndicate.output.folder import FolderOutput
from syndicate.publish.manifest import Manifest
from syndicate.store import open_store
from syndicate.store.store import Store

Opener = Callable[[], Store]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh, migrated state: copying it is quicker than making it."""
    path = tmp_path_factory.mktemp("blank") / "state.db"
    open_store(f"sqlite:///{path}", "default").close()
    return path


@pytest.fixture
def open_state(tmp_path: Path, blank: Path) -> Iterator[Opener]:
    """Each call opens another, empty state: what was known before is lost."""
    stores: list[Store] = []

    def open_one() -> Store:
        path = shutil.copy(blank, tmp_path / f"state-{len(stores)}.db")
        stores.append(open_store(f"sqlite:///{path}", "default"))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(open_state: Opener) -> Store:
    return open_state()


@pytest.fixture
def folder(tmp_path: Path) -> FolderOutput:
    return FolderOutput(tmp_path / "feeds")


@pytest.fixture
def open_manifest(folder: FolderOutput, store: Store) -> Callable[[], Manifest]:
    """The manifest as the next publication has it."""
    return lambda: Manifest(folder, store, "feeds")
