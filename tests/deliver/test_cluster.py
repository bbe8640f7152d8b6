"""Many machines on a real PostgreSQL: rounds are handed out, and each message still goes out once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.periodic import PeriodicDeferrer, PeriodicTask

from syndicate.app.rounds import Pulse, Rounds
from syndicate.cluster import PATIENCE, keep_working, make_tasks, prepare_tables, queue_of, work
from syndicate.deliver import deliver_due
from syndicate.errors import ConfigError, StateError
from syndicate.model import State
from syndicate.store import open_store
from tests.deliver.bench import Bench, Scripted
from tests.store.conftest import postgres as postgres  # noqa: PLC0414 - a fixture of the store's tests

SITE = "cluster"


@dataclass
class Machine:
    """The rounds of one machine; delivering is the real delivery on the shared state."""

    bench: Bench
    done: Counter[str] = field(default_factory=Counter)
    trouble: Exception | None = None
    line: str = ""
    during: Callable[[], object] = field(default=lambda: None)
    """What happens while it looks after accounts."""

    def publish_round(self) -> str:
        self.done["publish"] += 1
        return self.line

    def ping_round(self) -> str:
        self.done["ping"] += 1
        return ""

    def amend_round(self, tell: Callable[[str], None]) -> str:
        self.done["amend"] += 1
        return ""

    def look_after_round(self, tell: Callable[[str], None]) -> None:
        self.done["look_after"] += 1
        self.during()
        if self.trouble:
            raise self.trouble

    def heartbeat_round(self) -> str:
        self.done["heartbeat"] += 1
        return ""

    def stop(self, seconds: float) -> tuple[str, ...]:
        raise NotImplementedError(seconds)

    def deliver_round(self, done: Callable[[str], None]) -> None:
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
def machines(postgres: str) -> Iterator[list[Machine]]:
    """Three machines with connections of their own and the same networks behind them."""
    networks = {f"a{n}": Scripted() for n in range(3)}
    stores = [open_store(postgres, SITE) for _ in range(3)]
    machines = [Machine(Bench(store)) for store in stores]
    for machine in machines:
        machine.bench.networks = dict(networks)
    yield machines
    for store in stores:
        store.close()


def run(conninfo: str, machine: Machine, *names: str, site: str = SITE) -> None:
    """Queue these rounds and work until none waits."""
    tasks = make_tasks(conninfo, site, machine)
    with tasks.open():
        for name in names:
            tasks.configure_task(name).defer(timestamp=0)
    _work_off(conninfo, machine, site)


def _work_off(conninfo: str, machine: Machine, site: str = SITE) -> None:
    tasks = make_tasks(conninfo, site, machine)
    tasks.periodic_registry.periodic_tasks.clear()  # no ticks of the true clock
    tasks.run_worker(
        queues=[queue_of(site)],
        wait=False,
        install_signal_handlers=False,
        listen_notify=False,
        delete_jobs="always",
    )


def _strand(conninfo: str) -> None:
    """Whatever waits was taken by a machine that died an hour ago."""
    with psycopg.connect(conninfo) as connection:
        query = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        dead = connection.execute(query).fetchone()
        assert dead is not None
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", dead)


def test_machines_share_the_work_and_send_each_message_once(conninfo: str, machines: list[Machine]) -> None:
    """Three workers, three accounts, twelve messages: every network gets its four, once each."""
    bench = machines[0].bench
    for number in range(12):
        bench.add(f"a{number % 3}", post=f"p{number}")
    tasks = make_tasks(conninfo, SITE, machines[0])
    with tasks.open():
        for number in range(6):
            tasks.configure_task("deliver", queueing_lock=f"deliver-{number}").defer(timestamp=0)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda machine: _work_off(conninfo, machine), machines))
    sent = bench.store.list_deliveries(states=[State.SENT])
    said = [message.text for network in bench.networks.values() for message, _ in network.calls]
    assert sum(machine.done["deliver"] for machine in machines) >= 6
    assert len(sent) == len(said) == len(set(said)) == 12


@pytest.mark.parametrize("name", ["publish", "deliver", "ping", "look_after", "heartbeat"])
def test_every_round_of_the_daemon_is_worked_on(
    conninfo: str, machines: list[Machine], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """Publishing, delivering, telling hubs and looking after accounts; what a round did is said in the log."""
    machines[0].line = "wrote 3 files"
    caplog.set_level("INFO", "syndicate")
    run(conninfo, machines[0], name)
    assert machines[0].done == {name: 1}
    assert ("wrote 3 files" in caplog.text) is (name == "publish")


def test_all_rounds_of_the_daemon_have_a_place_here(conninfo: str, machines: list[Machine]) -> None:
    """Who gives the daemon a new round gives it to workers, too."""
    daemons = {name.removesuffix("_round") for name in vars(Rounds) if name.endswith("_round")}
    tasks = make_tasks(conninfo, SITE, machines[0])
    assert {name for name, _ in tasks.periodic_registry.periodic_tasks} == {*daemons, "rescue"}


@pytest.mark.parametrize("trouble", [StateError("the database is away"), KeyError("s3cret")])
def test_a_round_that_fails_does_not_fail_the_worker(
    conninfo: str, machines: list[Machine], trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, without the words of unexpected errors, and the next round tries again."""
    machines[0].trouble = trouble
    run(conninfo, machines[0], "look_after")
    assert "look_after" in caplog.text
    assert "s3cret" not in caplog.text
    machines[0].trouble = None
    run(conninfo, machines[0], "look_after")
    assert machines[0].done["look_after"] == 2


@pytest.mark.parametrize("waits", [False, True], ids=["nothing waits", "the next one waits"])
def test_a_machine_that_died_stops_no_later_round(conninfo: str, machines: list[Machine], waits: bool) -> None:
    """Its lock would: rescue takes its round away, also where the next one was queued meanwhile."""
    tasks = make_tasks(conninfo, SITE, machines[0])
    with tasks.open():
        tasks.configure_task("look_after").defer(timestamp=0)
        _strand(conninfo)
        if waits:
            tasks.configure_task("look_after").defer(timestamp=1)
    run(conninfo, machines[0], "rescue")
    if not waits:
        run(conninfo, machines[0], "look_after")
    assert machines[0].done["look_after"] == 1


def test_a_machine_that_only_slept_goes_on(conninfo: str, machines: list[Machine]) -> None:
    """Its round was taken away while it ran; it works on the next ones all the same."""

    def take_away() -> None:
        with psycopg.connect(conninfo) as connection:
            connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'look_after'")

    machines[0].during = take_away
    run(conninfo, machines[0], "look_after", "ping")
    run(conninfo, machines[0], "look_after")
    assert machines[0].done["look_after"] == 2
    assert machines[0].done["ping"] == 1


def test_sites_on_one_database_keep_apart(conninfo: str, machines: list[Machine]) -> None:
    """Each site's rounds are queued beside the other's, and worked on by its own machines only."""
    one, other = machines[:2]
    for machine, site in ((one, "one"), (other, "other")):
        tasks = make_tasks(conninfo, site, machine)
        with tasks.open():
            tasks.configure_task("look_after").defer(timestamp=0)
    _work_off(conninfo, one, "one")
    assert (one.done["look_after"], other.done["look_after"]) == (1, 0)
    _work_off(conninfo, other, "other")
    assert (one.done["look_after"], other.done["look_after"]) == (1, 1)


def test_the_ticks_of_sites_keep_apart(conninfo: str, machines: list[Machine]) -> None:
    """One moment's tick is queued once for each site, however many machines say it."""
    for site in ("one", "other", "one"):
        tasks = make_tasks(conninfo, site, machines[0])
        with tasks.open():
            _tick(tasks, "look_after", site)
    with psycopg.connect(conninfo) as connection:
        query = "SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'look_after' ORDER BY 1"
        assert connection.execute(query).fetchall() == [(queue_of("one"),), (queue_of("other"),)]


def _tick(tasks: App, name: str, site: str) -> None:
    """What a worker does at the moment zero of a periodic task."""
    found = tasks.periodic_registry.periodic_tasks[name, site]
    asyncio.run(_defer(tasks, found))


async def _defer(tasks: App, found: PeriodicTask) -> None:
    async with tasks.open_async():
        await PeriodicDeferrer(tasks.periodic_registry).defer_jobs([(found, 0)])


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


def test_one_machine_is_told_that_it_needs_no_workers(machines: list[Machine]) -> None:
    """SQLite is for one machine; the error says what to run instead."""
    with pytest.raises(ConfigError, match="syndicate run"):
        keep_working("sqlite:////tmp/state.db", SITE, lambda: machines[0], print, Pulse(PATIENCE))


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Any) -> None:
    """The error names no secret."""
    with pytest.raises(StateError) as caught:
        prepare_tables(f"postgresql://user:s3cret@/name?host={tmp_path}")
    assert "s3cret" not in str(caught.value)


@pytest.fixture
def guest(postgres: str) -> Iterator[str]:
    """The address of somebody who may come in and make no tables."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE guests")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 's3cret'")
        yield postgres.replace("postgres:@/postgres?", "guest:s3cret@/guests?")
        connection.execute("DROP DATABASE guests WITH (FORCE)")
        connection.execute("DROP ROLE guest")


def test_who_may_make_no_tables_is_told_so(guest: str, postgres: str) -> None:
    """In words, without the password, whichever library noticed."""
    with psycopg.connect(postgres.replace("/postgres?", "/guests?"), autocommit=True) as connection:
        connection.execute("REVOKE ALL ON SCHEMA public FROM public")
    with pytest.raises(StateError, match=r"the state database refused: (?!Connector)") as caught:
        prepare_tables(guest)
    assert "s3cret" not in str(caught.value)


def test_a_worker_whose_database_goes_away_says_so(guest: str, machines: list[Machine]) -> None:
    """It ends with a sentence, and whoever keeps it running starts it again."""

    def begin() -> Machine:
        with psycopg.connect(guest) as connection:
            connection.execute("DROP TABLE procrastinate_jobs CASCADE")
        return machines[0]

    with psycopg.connect(guest.replace("guest:s3cret@", "postgres:@")) as connection:
        connection.execute("GRANT ALL ON SCHEMA public TO guest")
    with pytest.raises(StateError, match="the state database refused"):
        work(guest, SITE, begin, print, pulse=Pulse(PATIENCE), stop=threading.Event())
