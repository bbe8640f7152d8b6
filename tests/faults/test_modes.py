"""The state folder and everything in it is its owner's alone, whatever the process's mask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicate.app.rounds import Rounds
from tests.app.late import wait_for_accounts
from tests.faults.site import Site, Town


@pytest.fixture(params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def mask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _list_modes(folder: Path) -> dict[str, str]:
    paths = [folder, *folder.rglob("*")]
    return {path.relative_to(folder).as_posix(): oct(path.stat().st_mode & 0o777) for path in paths}


@pytest.mark.usefixtures("mask")
@pytest.mark.parametrize("is_there", [False, True], ids=["new folder", "an open folder"])
def test_the_state_is_private(tmp_path: Path, town: Town, is_there: bool) -> None:
    """State, cache, journals, locks, vault and its key have mode 600 while the daemon runs, in a folder of mode 700.

    A folder that somebody made before keeps its mode; what is put into it is private all the same.
    """
    site = Site(tmp_path / "site", town)
    state = site.root / ".syndicate"
    if is_there:
        state.mkdir(parents=True)
    site.found(has_slots=False)
    site.write("fresh")
    with site.open() as app, app.lock_daemon():
        app.store_login("toot", {"access_token": "mastodon-access-token-1"})
        daemon = Rounds(app)
        daemon.publish_round()
        app.deliver_due()
        daemon.look_after_round(lambda _lines: None)
        wait_for_accounts()
        modes = _list_modes(state)
    modes |= _list_modes(state)
    assert {"state.db", "state.db-wal", "cache.db", "publish.lock", "secrets.vault", "secrets.key"} <= set(modes)
    folder = modes.pop(".")
    assert folder == "0o700" or is_there
    assert modes.pop("processes") == "0o700"
    assert {name: mode for name, mode in modes.items() if mode != "0o600"} == {}
