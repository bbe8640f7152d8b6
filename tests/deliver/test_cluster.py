"""Many machines on a real PostgreSQL: rounds are handed out, and each message still goes out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from syndicate.cluster import make_tasks, prepare_tables, work
from syndicate.deliver import deliver_due
from syndicate.errors import ConfigError, StateError
from syndicate.model import State
from syndicate.store import open_store
from tests.deliver.bench import Bench, Scripted
from tests.store.conftest import postgres as postgres  # noqa: PLC0414 - a fixture of the store's tests

SITE = "cluster"


@dataclass
class Hall:
    """The use cases of one machine; delivering is the real corridor on the shared state."""

    bench: Bench
    done: Counter[str] = field(default_factory=Counter)
    trouble: Exception | None = None

    def publish(self) -> None:
        self.done["publish"] += 1

    def reload(self) -> None:
        self.done["reload"] += 1

    def look_after(self) -> None:
        self.done["look after"] += 1
        if self.trouble:
            raise self.trouble

    def deliver_due(self) -> None:
        self.done["deliver"] += 1
        tools = replace(self.bench.tools(), owner=f"machine-{id(self)}-{self.done['deliver']}")
        deliver_due(tools, threads=2)


@pytest.fixture
def conninfo(postgres: str) -> str:
    prepare_tables(postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    return postgres


@pytest.fixture
def halls(postgres: str) -> Iterator[list[Hall]]:
    """Three machines with connections of their own and the same networks behind them."""
    networks = {f"a{n}": Scripted() for n in range(3)}
    stores = [open_store(postgres, SITE) for _ in range(3)]
    halls = [Hall(Bench(store)) for store in stores]
    for hall in halls:
        hall.bench.networks = dict(networks)
    yield halls
    for store in stores:
        store.close()


def run(conninfo: str, hall: Hall, wanted: dict[str, Any]) -> None:
    """Queue some rounds and work until none waits."""
    tasks = make_tasks(conninfo, hall)
    with tasks.open():
        for name in wanted:
            tasks.configure_task(name).defer(timestamp=0)
    _work_off(conninfo, hall)


def _work_off(conninfo: str, hall: Hall) -> None:
    tasks = make_tasks(conninfo, hall)
    tasks.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="always")


def test_machines_share_the_work_and_send_each_message_once(conninfo: str, halls: list[Hall]) -> None:
    """Three workers, three accounts, twelve messages: every network gets its four, once each."""
    bench = halls[0].bench
    for number in range(12):
        bench.add(f"a{number % 3}", post=f"p{number}")
    tasks = make_tasks(conninfo, halls[0])
    with tasks.open():
        for number in range(6):
            tasks.configure_task("deliver", queueing_lock=f"deliver-{number}").defer(timestamp=0)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda hall: _work_off(conninfo, hall), halls))
    sent = bench.store.list_deliveries(states=[State.SENT])
    said = [message.text for network in bench.networks.values() for message, _ in network.calls]
    assert sum(hall.done["deliver"] for hall in halls) >= 6
    assert len(sent) == len(said) == len(set(said)) == 12


def test_every_round_calls_its_use_case(conninfo: str, halls: list[Hall]) -> None:
    """Publishing takes up a changed configuration first; a round that waits already is not queued twice."""
    run(conninfo, halls[0], {"publish": None, "look_after": None, "deliver": None})
    assert {"publish", "reload", "look after", "deliver"} <= set(halls[0].done)


@pytest.mark.parametrize("trouble", [StateError("the database is away"), KeyError("s3cret")])
def test_a_round_that_fails_does_not_fail_the_worker(
    conninfo: str, halls: list[Hall], trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, without the words of unexpected errors, and the next round tries again."""
    halls[0].trouble = trouble
    run(conninfo, halls[0], {"look_after": None})
    assert "look_after" in caplog.text
    assert "s3cret" not in caplog.text
    halls[0].trouble = None
    run(conninfo, halls[0], {"look_after": None})
    assert halls[0].done["look after"] == 2


def test_a_round_of_a_machine_that_died_goes_back_into_the_queue(conninfo: str, halls: list[Hall]) -> None:
    """Its lock would stop every later round: rescue hands it to another machine."""
    tasks = make_tasks(conninfo, halls[0])
    with tasks.open():
        tasks.configure_task("publish").defer(timestamp=0)
    with psycopg.connect(conninfo) as connection:
        query = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        dead = connection.execute(query).fetchone()
        assert dead is not None
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", dead)
    run(conninfo, halls[0], {"rescue": None})
    assert halls[0].done["publish"] == 1


def test_machines_that_start_together_prepare_the_tables_once(postgres: str) -> None:
    """Four at once: none fails."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS fresh")
        connection.execute("CREATE DATABASE fresh")
    url = postgres.replace("/postgres?", "/fresh?")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare_tables, [url] * 4))
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_one_machine_is_told_that_it_needs_no_workers(halls: list[Hall]) -> None:
    """SQLite is for one machine; the error says what to run instead."""
    with pytest.raises(ConfigError, match="syndicate run"):
        work("sqlite:////tmp/state.db", halls[0])


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Any) -> None:
    """The error names no secret."""
    with pytest.raises(StateError) as caught:
        prepare_tables(f"postgresql://user:s3cret@/name?host={tmp_path}")
    assert "s3cret" not in str(caught.value)
