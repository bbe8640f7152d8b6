"""Sites for tests of the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.web import FakeWeb, Site
from tests.store.conftest import blank as blank  # noqa: PLC0414 - a fixture of the store's tests

MakeSite = Callable[..., Site]


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    with FakeWeb() as web:
        yield web


@pytest.fixture
def make_site(tmp_path: Path, web: FakeWeb) -> Iterator[MakeSite]:
    """Makes the site with these hubs' names or addresses."""
    made: list[Site] = []

    def make(*hubs: str, key: str = "") -> Site:
        made.append(Site(tmp_path, web, [hub if "://" in hub else web.hub(hub) for hub in hubs], key))
        return made[-1]

    yield make
    for site in made:
        site.close()
