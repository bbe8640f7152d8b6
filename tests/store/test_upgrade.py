"""From nothing, from older and from newer databases to the schema that the code knows."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import syndicate.store.migrations as steps
from syndicate.errors import StateError
from syndicate.store import open_store
from syndicate.store.schema import HEAD, metadata
from tests.store.conftest import Opener
from tests.store.rows import SITE


def test_the_steps_lead_to_the_tables_of_the_code(opener: Opener) -> None:
    """On both databases, migrating from nothing gives exactly what `schema.py` says."""
    with opener()._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_steps_are_one_line_that_ends_where_the_code_says() -> None:
    """No branches, no gaps, and `HEAD` is the last."""
    config = Config()
    config.set_main_option("script_location", str(Path(next(iter(steps.__path__)))))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    names = [step.revision for step in scripts.walk_revisions()]
    assert names == [f"{number:04}" for number in range(int(HEAD), 0, -1)]


def test_a_database_from_a_newer_syndicate_is_left_alone(opener: Opener) -> None:
    """An older program does not touch what it does not understand, and says so."""
    store = opener()
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateError, match=r"newer syndicate \(schema 9999"):
        opener()
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")


def test_two_that_start_at_once_make_one_schema(tmp_path: Path) -> None:
    """Four processes open a database that is not there yet, at the same moment, again and again: all succeed."""
    script = (
        "import sys, time; from syndicate.store import open_store\n"
        "for round in range(8):\n"
        "    time.sleep(0.3 - time.time() % 0.3)\n"
        "    with open_store(f'sqlite:///{sys.argv[1]}/{round}.db', 'default') as store: store.list_deliveries()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [one.wait(60) for one in running] == [0, 0, 0, 0]


def test_write_ahead_waits_for_another_program(tmp_path: Path) -> None:
    """SQLite itself refuses that step at once while somebody else writes."""
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
        other.execute("CREATE TABLE there (is_one)")
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, other.commit).start()
        with open_store(f"sqlite:///{path}", SITE) as store:
            assert store.list_deliveries() == ()


def test_an_up_to_date_start_needs_no_alembic(path: Path) -> None:
    """Alembic costs a tenth of a second and is loaded only when there is something to do."""
    script = (
        "import sys; from syndicate.store import open_store; open_store(sys.argv[1], 'default').read_ledger()\n"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{path}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"


def test_importing_the_room_or_the_cache_loads_no_sqlalchemy() -> None:
    """`syndicate --help`, and a run where nothing changed, do not pay for the database."""
    script = "import sys, syndicate.store, syndicate.store.cache; print('sqlalchemy' in sys.modules)"
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"


def test_an_empty_file_becomes_a_state(tmp_path: Path) -> None:
    """An empty file, as `touch` makes it, is a database with nothing in it."""
    (tmp_path / "state.db").touch()
    with open_store(f"sqlite:///{tmp_path}/state.db", SITE) as store:
        assert store.list_deliveries() == ()
