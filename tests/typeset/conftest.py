"""What the tests of setting text share: the fonts of the development environment and Unicode's own test data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syndicate.fonts import find_fonts
from syndicate.model import CardRules
from syndicate.typeset import FontSet

UNICODE = Path("/usr/share/unicode")
Lines = Callable[[str], Iterator[str]]


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> FontSet:
    """Every font `make` installs."""
    return find_fonts(CardRules(), str(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="session")
def base_fonts(fonts: FontSet) -> FontSet:
    """What a plain installation has: Inter and Source Serif 4."""
    return FontSet(tuple(face for face in fonts.faces if face.source.startswith("fontpkg")), phrases=fonts.phrases)


@pytest.fixture(scope="session")
def read_unicode() -> Lines:
    """Lines of a file of Debian's `unicode-data`, comments removed. Tests that read it are end-to-end tests.

    Its absence is a failure, not a skip: .ci/run installs it.
    """

    def read(name: str) -> Iterator[str]:
        path = UNICODE / name
        if not path.is_file():
            pytest.fail(f"{path} is missing: apt-get install unicode-data")
        with path.open(encoding="utf-8") as file:
            for line in file:
                content = line.partition("#")[0].strip()
                if content:
                    yield content

    return read
