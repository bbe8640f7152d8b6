"""The daemon's lock in bad times: whatever becomes of its holder, its file or its connection."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text

from syndicate.errors import StateError
from syndicate.store import open_store
from syndicate.store.file import ProcessLock, clear_dead
from syndicate.store.store import Store
from tests.store.conftest import Opener
from tests.store.rows import SITE


def _fail_while_locked(store: Store) -> None:
    with store.lock_daemon():
        raise ZeroDivisionError


def test_a_holder_that_fails_lets_go(opener: Opener) -> None:
    """At once, though its process and its other connections live on."""
    first, second = opener(), opener()
    with suppress(ZeroDivisionError):
        _fail_while_locked(first)
    with second.lock_daemon():
        pass


@pytest.mark.slow
def test_a_server_that_was_restarted_does_not_trouble_the_end(postgres: str) -> None:
    """The lock went with its connection; whoever held it ends as always, and another one may begin."""
    url = f"{postgres}{'&' if '?' in postgres else '?'}application_name=cut"
    with open_store(url, "cut") as store, open_store(postgres, "cut") as other:
        with store.lock_daemon(), other._database.writing() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'")
            )
        with other.lock_daemon():
            pass


def _refuse(*_given: object) -> None:
    raise psycopg.OperationalError("connection refused")


@pytest.mark.slow
def test_a_server_that_is_gone_is_told_in_words(postgres: str) -> None:
    """As for everything else that is asked of the state."""
    with open_store(postgres, "gone") as store:
        store._database.engine.dispose()
        event.listen(store._database.engine, "do_connect", _refuse)
        with pytest.raises(StateError), store.lock_daemon():
            pass


def test_a_lock_that_cannot_be_had_is_told_in_words(path: Path) -> None:
    """With the file's name, and what helps against that very failure."""
    path.with_name("state.db.lock").mkdir()
    with (
        open_store(f"sqlite:///{path}", SITE) as store,
        pytest.raises(StateError, match=r"state\.db\.lock: cannot be opened: Is a directory \(check the folder and"),
        store.lock_daemon(),
    ):
        pass


def test_a_full_disk_stops_no_daemon(path: Path) -> None:
    """The number in the file is a courtesy for whoever comes second; the lock needs no room."""
    path.with_name("state.db.lock").symlink_to("/dev/full")
    with open_store(f"sqlite:///{path}", SITE) as store, store.lock_daemon():
        assert store.is_daemon_running()


def test_a_process_that_lives_is_not_taken_for_dead(tmp_path: Path) -> None:
    """Its file is locked; only once it is gone does somebody hear of it, once."""
    dead: list[str] = []
    process = ProcessLock(tmp_path)
    clear_dead(tmp_path, dead.append)
    assert dead == []
    process.close()
    clear_dead(tmp_path, dead.append)
    clear_dead(tmp_path, dead.append)
    assert dead == [process.name]
    assert list(tmp_path.iterdir()) == []


def test_a_dead_process_is_not_forgotten_before_its_leases_are_free(tmp_path: Path) -> None:
    """Where the database refuses just then, the next one tries again."""

    def refuse(_name: str) -> None:
        raise StateError("locked")

    process = ProcessLock(tmp_path)
    process.close()
    with pytest.raises(StateError):
        clear_dead(tmp_path, refuse)
    dead: list[str] = []
    clear_dead(tmp_path, dead.append)
    assert dead == [process.name]


def test_without_a_place_for_its_file_a_process_works_all_the_same(tmp_path: Path) -> None:
    """Its leases end by their time, then."""
    (tmp_path / "file").touch()
    process = ProcessLock(tmp_path / "file")
    assert process.name
    process.close()
