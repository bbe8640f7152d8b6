"""A folder, a cache, and the output guarded as a publication has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicate.output import FolderOutput
from syndicate.publish.ownership import OwnFiles
from syndicate.store.cache import FileCache, open_cache


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[FileCache]:
    with open_cache(str(tmp_path / "cache.db")) as cache:
        yield cache


@pytest.fixture
def folder(tmp_path: Path) -> FolderOutput:
    return FolderOutput(tmp_path / "feeds")


@pytest.fixture
def files(folder: FolderOutput, cache: FileCache) -> OwnFiles:
    return OwnFiles(folder, cache, "feeds")
