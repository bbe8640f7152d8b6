"""One town with a site in it, for attacks on the app itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.audience import secrets_at_hand
from tests.faults.site import SECRETS, Site, Town


@pytest.fixture
def town() -> Iterator[Town]:
    with secrets_at_hand(SECRETS), Town() as town:
        yield town


@pytest.fixture
def site(tmp_path: Path, town: Town) -> Site:
    """A post called fresh is in the outbox of both accounts, and due."""
    site = Site(tmp_path / "site", town)
    site.found(has_slots=False)
    site.write("fresh")
    with site.open() as app:
        app.publish()
    return site
