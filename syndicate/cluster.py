"""Many machines on one PostgreSQL: Procrastinate hands out the rounds, and any number of workers take them.

The rounds are the daemon's. Procrastinate only says when; that nothing goes out twice is still the business of unique
rows and leases, so a round that is started twice is harmless. Rounds that must not overlap (publishing, telling hubs,
looking after accounts) share a lock; delivering may run on all machines at once. Sites that share one database have
queues and locks of their own.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from syndicate.app.rounds import Pulse, Rounds
from syndicate.errors import ConfigError, StateError, survive, tell_for_log

if TYPE_CHECKING:
    from procrastinate import App

# Procrastinate and its driver are an extra, and slow to load.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")

DELIVER_EVERY = "* * * * * */10"
"""Cron with seconds as the sixth field."""
PUBLISH_EVERY = "* * * * *"
PING_EVERY = "* * * * *"
AMEND_EVERY = "* * * * *"
LOOK_AFTER_EVERY = "*/30 * * * *"
HEARTBEAT_EVERY = "*/5 * * * *"
RESCUE_EVERY = "* * * * *"
GRACE = 20.0
"""Seconds that what runs has to finish after SIGTERM."""
WAIT_AGAIN = 5.0
"""Seconds between two looks for a PostgreSQL that is away."""
BEAT_EVERY = 10.0
PATIENCE = {"worker": 60.0}
"""Seconds without a sign of life after which a worker counts as standing still."""
CONCURRENCY = 4
"""Rounds that one machine works on at once."""


def keep_working(
    database: str, site: str, begin: Callable[[], Rounds], leave_after: Callable[[float], object], pulse: Pulse
) -> None:
    """Be one of the workers until SIGTERM or SIGINT. Where PostgreSQL is away it is waited for.

    `database` is the SQLAlchemy URL of the state; `begin` opens what the rounds share; `leave_after` ends the process
    after so many seconds, whatever still runs then. Raises ConfigError where the state is not in PostgreSQL, and
    StateError where it is there and refuses.
    """
    conninfo, stop, begun = _conninfo_of(database), threading.Event(), list[Rounds]()

    def begin_once() -> Rounds:
        if not begun:
            begun.append(begin())
        return begun[0]

    with _stopping(stop):
        while not stop.is_set():
            try:
                work(conninfo, site, begin_once, leave_after, pulse=pulse, stop=stop)
            except StateError as error:
                # Back already after a quick restart, it is no reason to end what has worked with it before.
                if not begun and not _is_away(conninfo):
                    raise
                log.warning("%s; trying again every %d s", error, WAIT_AGAIN)
                while not stop.wait(WAIT_AGAIN) and _is_away(conninfo):
                    pass
                log.info("PostgreSQL is back" if not stop.is_set() else "stopped while PostgreSQL was away")


def _is_away(conninfo: str) -> bool:
    """Whether nobody answers there now, or who answers is not ready for anyone."""
    import psycopg

    try:
        psycopg.connect(conninfo, connect_timeout=3).close()
    except psycopg.OperationalError:
        return True
    return False


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT end the waiting, too. While rounds run, the event loop has handlers of its own."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def work(
    conninfo: str,
    site: str,
    begin: Callable[[], Rounds],
    leave_after: Callable[[float], object],
    *,
    pulse: Pulse,
    stop: threading.Event,
) -> None:
    """Work until a signal comes; then nothing new begins, and what runs has GRACE to finish.

    Sets `stop` when the signal came. Raises StateError where the database goes away.
    """
    prepare_tables(conninfo)
    rounds = begin()
    log.info("this machine works on the rounds of the site")

    def end() -> None:
        stop.set()
        log.info("stopping: nothing new begins, what runs has %d seconds to finish", GRACE)
        leave_after(GRACE)
        threading.Thread(target=rounds.stop, args=(0,), name="syndicate-stop", daemon=True).start()

    with _telling():
        asyncio.run(_run_worker(make_tasks(conninfo, site, rounds), site, end, pulse))
    if not stop.is_set():  # Procrastinate ends by itself where it cannot listen any more
        raise StateError("the state database went away")
    rounds.stop(GRACE)


async def _beat(tasks: App, pulse: Pulse) -> None:
    """The event loop is there, and PostgreSQL answers. Where one of them hangs, `/healthz` turns red."""
    from procrastinate.exceptions import ConnectorException

    while True:
        with suppress(ConnectorException):
            await tasks.connector.execute_query_one_async("SELECT 1")
            pulse.beat("worker")
        await asyncio.sleep(BEAT_EVERY)


async def _run_worker(tasks: App, site: str, stop: Callable[[], None], pulse: Pulse) -> None:
    async with tasks.open_async():
        beating = asyncio.create_task(_beat(tasks, pulse))
        worker = asyncio.create_task(
            tasks.run_worker_async(
                queues=[queue_of(site)], concurrency=CONCURRENCY, delete_jobs="always", install_signal_handlers=False
            )
        )

        def ask() -> None:
            stop()
            worker.cancel()  # it takes no further round, and ends after those that run

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ask)
        try:
            with suppress(asyncio.CancelledError):
                await worker
        finally:
            beating.cancel()


def queue_of(site: str) -> str:
    return f"syndicate {site}"


def _conninfo_of(database: str) -> str:
    """libpq's form of the URL. Raises ConfigError for SQLite, or where the extra is not installed."""
    if not database.startswith("postgresql"):
        hint = "one machine needs no workers: `syndicate run`"
        raise ConfigError("many machines need PostgreSQL", where="[storage] database", hint=hint)
    try:
        import procrastinate  # noqa: F401 - only whether it is there
        import psycopg  # noqa: F401
    except ImportError as error:
        raise ConfigError("workers need the extra postgres", hint='pip install "syndicate-feeds[postgres]"') from error
    scheme, _, rest = database.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def prepare_tables(conninfo: str) -> None:
    """Create Procrastinate's tables where they are missing; machines that start together wait for one another."""
    import psycopg
    from procrastinate import App, SyncPsycopgConnector

    with _telling(), psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('syndicate tasks', 0))")
        if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
            with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
                app.schema_manager.apply_schema()


@contextmanager
def _telling() -> Iterator[None]:
    """Trouble with the database by its kind: the texts of both libraries may hold the address with its password."""
    import psycopg
    from procrastinate.exceptions import ConnectorException

    try:
        yield
    except (psycopg.Error, ConnectorException) as error:
        raise StateError(f"the state database refused: {type(error.__cause__ or error).__name__}") from error


def make_tasks(conninfo: str, site: str, work: Rounds) -> App:
    """The Procrastinate application: the rounds, and when they are due. Of each, one waits at most."""
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=conninfo))
    _add_round(app, site, "deliver", DELIVER_EVERY, lambda: _start_deliveries(work))
    _add_round(app, site, "publish", PUBLISH_EVERY, work.publish_round, is_alone=True)
    _add_round(app, site, "ping", PING_EVERY, work.ping_round, is_alone=True)
    _add_round(app, site, "amend", AMEND_EVERY, lambda: work.amend_round(_log), is_alone=True)
    _add_round(app, site, "look_after", LOOK_AFTER_EVERY, lambda: _start_looking_after(work), is_alone=True)
    _add_round(app, site, "heartbeat", HEARTBEAT_EVERY, work.heartbeat_round, is_alone=True)
    _add_task(app, site, "rescue", RESCUE_EVERY, _make_rescue(app, queue_of(site)))
    return app


def _add_round(
    app: App, site: str, name: str, cron: str, do_round: Callable[[], str], *, is_alone: bool = False
) -> None:
    """A round that is not alone may run on several machines at once."""
    lock = f"{name} {site}" if is_alone else None
    _add_task(app, site, name, cron, _make_round(name, do_round), lock=lock)


def _add_task(
    app: App, site: str, name: str, cron: str, do: Callable[[int], object], *, lock: str | None = None
) -> None:
    """The site's name keeps its ticks apart: Procrastinate queues one for each task, id and moment."""
    task = app.task(name=name, queue=queue_of(site), lock=lock, queueing_lock=f"{name} {site}")(do)
    app.periodic(cron=cron, periodic_id=site)(task)


def _make_round(name: str, do_round: Callable[[], str]) -> Callable[[int], None]:
    """One round. Its failure is said and the next one tries again: a round that failed needs no retry of its own."""

    def run(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate says when the round was due
        with survive(lambda error: log.error("%s: %s", name, tell_for_log(error))):  # no secret in it
            _log(do_round())

    return run


def _start_deliveries(work: Rounds) -> str:
    work.deliver_round(_log)
    return ""  # said by each account when it is done


def _start_looking_after(work: Rounds) -> str:
    work.look_after_round(_log)
    return ""  # as above


def _log(lines: str) -> None:
    for line in lines.splitlines():
        log.info("%s", line)


def _make_rescue(app: App, queue: str) -> Callable[[int], Awaitable[None]]:
    """Rounds of machines that died leave the queue, or their lock would stop all later ones.

    They are not queued again: the next tick's may wait already, and of each round one waits at most.
    """

    async def rescue(timestamp: int) -> None:  # noqa: ARG001 - as above
        from procrastinate.jobs import Status

        for job in await app.job_manager.get_stalled_jobs(queue=queue):
            log.info("%s: its machine is gone, the next round is another one's", job.task_name)
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)

    return rescue
