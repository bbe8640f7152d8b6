"""The conformance data of twitter-text, which stands beside the project and is never copied into it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from yaml12 import read_yaml

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "twitter-text"


def load(name: str) -> dict[str, list[Any]]:
    """The groups of one file ("extract", "validate"); the test module is skipped where the data is absent."""
    folder = Path(os.environ.get("TWITTER_TEXT_DATA") or _BESIDE)
    path = folder / f"{name}.yml"
    if not path.is_file():
        pytest.skip(f"no twitter-text data in {folder}; set TWITTER_TEXT_DATA", allow_module_level=True)
    groups: dict[str, list[Any]] = read_yaml(str(path))["tests"]
    return groups
