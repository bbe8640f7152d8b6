"""Locked, full, read-only, damaged, foreign, newer: each in words, with nothing changed; and who may read the files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import pytest

from syndicate.errors import AlreadyRunning, ConfigError, StateError
from syndicate.store import open_store
from syndicate.store.database import Database
from syndicate.store.glance import find_damage, glance
from syndicate.store.store import Store
from tests.store.conftest import Opener
from tests.store.rows import LEASE, NOW, SITE, add, claim, identified, known, plan, planned


def test_a_locked_database_is_named_and_nothing_changes(path: Path) -> None:
    """While another program holds the write lock, writing says so after its patience; reading goes on."""
    other = sqlite3.connect(path, isolation_level=None)
    database = Database(f"sqlite:///{path}", patience_ms=20)
    store = Store(database, SITE)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match=r"another program holds the state database.*wait"):
        add(store)
    assert store.list_deliveries() == ()
    other.execute("ROLLBACK")
    assert len(add(store)) == 1
    other.close()
    store.close()


def test_a_full_disk_changes_nothing(sqlite_store: Store) -> None:
    """A transaction for which there is no room is undone whole, said in words, and works after making room."""
    first = add(sqlite_store)[0]
    many = plan(identified=tuple(identified(known(f"p{n}", title="x" * 500)) for n in range(200)))
    with _limited_pages(sqlite_store), pytest.raises(StateError, match=r"the disk is full.*make room"):
        sqlite_store.apply(many, NOW)
    assert sqlite_store.read_ledger().posts == ()
    assert sqlite_store.list_deliveries() == (first,)
    assert sqlite_store.apply(many, NOW).new_posts == 200


@contextmanager
def _limited_pages(store: Store) -> Iterator[None]:
    """SQLite's own way to a full disk: no page beyond those that are there."""
    with store._database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA max_page_count=1")
    yield
    raw.execute("PRAGMA max_page_count=1000000")


def test_a_full_disk_at_the_file_system_changes_nothing(path: Path) -> None:
    """The same under a real limit of the operating system on the size of files, in a process of its own."""
    script = (
        "import resource, signal, sys\n"
        "from syndicate.errors import StateError\n"
        "from syndicate.store import open_store\n"
        "from tests.store.rows import NOW, identified, known, plan\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = open_store(f'sqlite:///{sys.argv[1]}', 'default')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "posts = tuple(identified(known(f'p{n}', title='x' * 500)) for n in range(2000))\n"
        "try:\n"
        "    store.apply(plan(identified=posts), NOW)\n"
        "except StateError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=Path.cwd())
    assert "nothing was changed" in done.stdout
    with open_store(f"sqlite:///{path}", SITE) as store:
        assert store.read_ledger().posts == ()


def test_a_read_only_database_is_named(path: Path) -> None:
    """What SQLite opens for reading only says so, and whose rights to look at."""
    database = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StateError, match=r"may not be written.*who owns"):
        add(Store(database, SITE))
    database.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"x" * 4096, "not a state database"), (b"SQLite format 3\x00" + b"\xff" * 8000, "state database")],
    ids=["foreign", "torn"],
)
def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path, content: bytes, words: str) -> None:
    """The precious file is never replaced: a person must look."""
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with pytest.raises(StateError, match=words):
        open_store(f"sqlite:///{path}", SITE)
    assert path.read_bytes() == content


def test_a_damaged_page_is_named(path: Path) -> None:
    """Damage inside the file is told as damage, with what to do."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xee" * (path.stat().st_size - 4096))
    with pytest.raises(StateError, match=r"damaged.*backup"), open_store(f"sqlite:///{path}", SITE) as store:
        store.read_ledger()


def test_nothing_takes_the_place_of_a_file_that_went_away(path: Path) -> None:
    """A thread that connects meanwhile makes no empty one: the file comes back, and everything goes on."""
    away = path.with_name("away.db")
    with open_store(f"sqlite:///{path}", SITE) as store:
        add(store, planned("one"))
        store._database.engine.dispose()  # whoever asks next connects
        path.rename(away)
        for look in (store.read_ledger, store._database.read_mark):
            with pytest.raises(StateError, match=r"cannot be opened.*check the folder"):
                look()
        assert not path.exists()
        away.rename(path)
        assert [row.slug for row in store.list_deliveries()] == ["slug-one"]


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    """A path through a file is no folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/file/state.db", SITE)


def test_files_and_folder_are_their_owners_alone(tmp_path: Path) -> None:
    """Nobody else reads the outbox: database, journal, lock and the folder they lie in."""
    folder = tmp_path / ".syndicate"
    with open_store(f"sqlite:///{folder}/state.db", SITE) as store, store.lock_daemon():
        add(store)
        assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o77] == []
        assert folder.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/x", "sqlite://", "sqlite:///:memory:"])
def test_only_a_file_or_postgresql_holds_state(url: str) -> None:
    """Anything else is a mistake in the configuration, named with an example."""
    with pytest.raises(ConfigError, match="sqlite:///"):
        open_store(url, SITE)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    """PostgreSQL that is away: the address is told, the password never."""
    with pytest.raises(StateError, match="the state database refused") as caught:
        open_store(f"postgresql://user:sesame@/name?host={tmp_path}", SITE)
    assert "sesame" not in str(caught.value)
    assert "user" in caught.value.where


def test_every_change_is_on_the_disk_when_it_returns(sqlite_store: Store) -> None:
    """Journal and syncing are as the invariants need them, on every connection."""
    with sqlite_store._database.reading() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_one_daemon_at_a_time(opener: Opener) -> None:
    """A second one is refused with a clear word, and may start when the first is gone."""
    first, second = opener(), opener()
    with first.lock_daemon():
        with pytest.raises(AlreadyRunning, match="already runs"), second.lock_daemon():
            pass
        add(second, planned("other"))
    with second.lock_daemon():
        pass


def test_who_only_asks_stops_no_daemon(opener: Opener) -> None:
    """Asking takes the lock for an instant; a daemon that starts right then waits for it instead of giving up."""
    asking, starting = opener(), opener()
    with ExitStack() as asked:
        asked.enter_context(asking.lock_daemon())
        assert starting.is_daemon_running()
        threading.Timer(0.1, asked.close).start()
        with starting.lock_daemon():
            assert asking.is_daemon_running()
    assert not asking.is_daemon_running()


def test_who_asks_is_not_taken_for_a_daemon(opener: Opener) -> None:
    """Pages, events and `status` ask all the time, at the same time: none of them sees another one."""
    stores = [opener() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda store: [store.is_daemon_running() for _ in range(100)], stores)
        assert not any(chain.from_iterable(found))


def test_sites_on_one_state_have_a_daemon_each(path: Path) -> None:
    """The lock is the state's and the site's; the refusal names the site and what another one needs."""
    url = f"sqlite:///{path}"
    with open_store(url, SITE) as first, open_store(url, "second") as other, open_store(url, "second") as again:
        refusal = pytest.raises(AlreadyRunning, match=r'site "second".*name of its own')
        with first.lock_daemon(), other.lock_daemon(), refusal, again.lock_daemon():
            pass
        with again.lock_daemon():
            pass


def test_a_daemon_that_was_killed_leaves_no_lock(path: Path) -> None:
    """kill -9 of the holder frees the state at once: the operating system lets go."""
    script = (
        "import sys\n"
        "from syndicate.store import open_store\n"
        "store = open_store(f'sqlite:///{sys.argv[1]}', 'default')\n"
        "with store.lock_daemon():\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder,
        open_store(f"sqlite:///{path}", SITE) as store,
    ):
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(AlreadyRunning, match=str(holder.pid)), store.lock_daemon():
            pass
        holder.kill()
        holder.wait(10)
        with store.lock_daemon():
            pass


def test_leases_outlive_their_connection(opener: Opener) -> None:
    """A lease is a row, not a lock: it holds after its owner's connection is closed, until its time."""
    store = opener()
    add(store)
    row = claim(store)
    store.close()
    assert opener().claim("other", NOW, LEASE) is None
    assert opener().get_delivery(row.id).lease_owner == "me"


def test_who_looks_at_its_own_open_state_keeps_its_locks(path: Path) -> None:
    """Another program that comes and goes must not throw away the journal that we go on writing to."""
    read = (
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM deliveries').fetchone())"
    )

    def count() -> str:
        ended = subprocess.run([sys.executable, "-c", read, str(path)], capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    with open_store(f"sqlite:///{path}", SITE) as store:
        add(store, planned("one"))
        assert find_damage(path) == ""
        glance(path, SITE)
        Database(f"sqlite:///{path}").close()
        assert count() == "(1,)"
        add(store, planned("two"))
        assert count() == "(2,)"
