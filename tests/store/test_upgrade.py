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
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from syndicate.errors import StateError
from syndicate.model import Occasion, OccasionKind
from syndicate.planning.deliveries import say_reason
from syndicate.store import open_store
from syndicate.store.mapping import make_key
from syndicate.store.migrations import _STEPS, run_steps
from syndicate.store.schema import HEAD, metadata
from tests.store.conftest import Opener
from tests.store.rows import SITE


def test_the_steps_lead_to_the_tables_of_the_code(opener: Opener) -> None:
    """On both databases, migrating from nothing gives exactly what `schema.py` says."""
    with opener()._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_steps_are_one_line_that_ends_where_the_code_says() -> None:
    """In order, no gaps, and `HEAD` is the last."""
    assert list(_STEPS) == [f"{number:04}" for number in range(1, int(HEAD) + 1)]


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
        other.execute("CREATE TABLE alembic_version (version_num)")
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, other.commit).start()
        with open_store(f"sqlite:///{path}", SITE) as store:
            assert store.list_deliveries() == ()


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


# --- sentences become data --------------------------------------------------------------------------------------

_OLD_DELIVERY = """
    INSERT INTO deliveries (id, site, post_id, slug, account, network, occasion, part, state, due_at, key, text, reason,
                            attempts, looks, cost, created_at, lease_owner)
    VALUES (:number, :site, 'p', 's', :account, 'bluesky', :occasion, 1, 'planned', :at, :key, '', :sentence,
            0, 0, 0.0, :at, '')
"""
_OLD_ATTEMPT = """
    INSERT INTO attempts (site, delivery_id, at, action, outcome, state, detail)
    VALUES (:site, :number, :at, 'plan', 'planned', 'planned', :sentence)
"""
AT = 1_774_747_800_000_000

OLD = [
    # the sentence that the first schema kept, and what it is now
    ("", "new", "", "", None),
    ("its post is gone: deleted, or a draft again", "new", "post_gone", "", None),
    ('its category "A) "B" (C" is excluded on this account', "new", "excluded_category", 'A) "B" (C', None),
    ("not in the account's categories (Go, Rust)", "featured", "not_in_categories", "Go, Rust", None),
    ("the post is no longer featured", "featured", "unflagged", "featured", None),
    ("missed its time, 2026-03-01 09:00 UTC: release it to send it", "new", "missed", "2026-03-01 09:00 UTC", None),
    ("missed its time, 2026-03-01 09:00 UTC", "new", "missed", "2026-03-01 09:00 UTC", None),
    ("the limit of 3 messages in 24 hours is reached", "new", "per_day", "3", None),
    ("waits for the end of the quiet hours, 22:00-07:00", "evergreen-2026-03", "quiet_hours", "22:00-07:00", None),
    ("gave up after 48 hours: it: says\nno", "new", "gave_up", "48 hours\nit: says\nno", None),
    ("not there after 1 of 3 looks", "new", "not_there_yet", "1\n3", None),
    (
        "may be published (no (whole) answer): look yourself, then `syndicate settle`",
        "new",
        "look_yourself",
        "no (whole) answer",
        None,
    ),
    ("sent: https://social.example/1", "manual-2", "sent", "https://social.example/1", "post"),
    ("waits for its page: it answers 404", "manual", "page_not_live", "it answers 404", "post"),
    ("moved by you", "new", "", "", "move"),
    ("held by you", "new", "", "", "hold"),
    ("asked for by hand", "featured", "", "", "post"),
    ("post_gone", "new", "own_words", "post_gone", None),
    ("bluesky: 400 InvalidRequest", "new", "own_words", "bluesky: 400 InvalidRequest", None),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database as the first schema left it: a delivery and a line of its trail for each sentence."""
    url = f"sqlite:///{tmp_path}/old.db"
    if request.param == "postgresql":
        server = make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
        name = f"old_{next(request.getfixturevalue('numbers'))}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        url = server.set(database=name).render_as_string(hide_password=False)
    engine = create_engine(url)
    with engine.begin() as connection:
        run_steps(connection, "0001")
        for number, (sentence, occasion, *_) in enumerate(OLD, 1):
            names = {"number": number, "site": SITE, "occasion": occasion, "sentence": sentence, "at": AT}
            key = make_key(SITE, "p", f"sky-{number}", Occasion(OccasionKind.NEW, occasion), 1)
            connection.execute(text(_OLD_DELIVERY), {"key": key, "account": f"sky-{number}", **names})
            connection.execute(text(_OLD_ATTEMPT), names)
    engine.dispose()
    return url


def test_sentences_of_the_first_schema_become_data(old: str) -> None:
    """Each known sentence gives its reason, data and choice; any other is kept word for word; keys stay the same."""
    with open_store(old, SITE) as store:
        rows = sorted(store.list_deliveries(), key=lambda row: row.id)
        trail = [store.list_attempts(row.id)[0] for row in rows]
    assert [(row.occasion.name, row.reason, row.detail, row.chosen) for row in rows] == [one[1:] for one in OLD]
    for row, line in zip(rows, trail, strict=True):
        assert row.key == make_key(SITE, "p", row.account, row.occasion, 1)
        assert row.chosen_due_at == (row.due_at if row.chosen in {"move", "post"} else None)
        assert row.chosen or (line.reason, line.detail) == (row.reason, row.detail)
    assert {row.occasion.name: row.occasion.kind.value for row in rows} == {
        "new": "new",
        "featured": "flag",
        "evergreen-2026-03": "evergreen",
        "manual": "manual",
        "manual-2": "manual",
    }


def test_a_sentence_is_shown_as_it_was(old: str) -> None:
    """What a person read of an old delivery, `why` still says; two sentences were worded anew."""
    anew = {
        "not there after 1 of 3 looks",
        "missed its time, 2026-03-01 09:00 UTC",
        "the limit of 3 messages in 24 hours is reached",
    }
    with open_store(old, SITE) as store:
        shown = {
            say_reason(store.list_attempts(row.id)[0].reason, store.list_attempts(row.id)[0].detail)
            for row in store.list_deliveries()
        }
    assert {sentence for sentence, _, reason, *_ in OLD if reason} - shown == anew
