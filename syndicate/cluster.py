"""Many machines on one PostgreSQL: Procrastinate hands out the rounds, and any number of workers take them.

A round does what the daemon's does, through the same use cases. Procrastinate only says when; that nothing goes out
twice is still the business of unique rows and leases, so a round that is started twice is harmless. Rounds that must
not overlap (publishing, looking after accounts) share a lock; delivering may run on all machines at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from syndicate.errors import ConfigError, StateError, SyndicateError

if TYPE_CHECKING:
    from procrastinate import App, JobContext

# Procrastinate and its driver are an extra, and slow to load.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")

DELIVER_EVERY = "* * * * * */10"
"""Cron with seconds as the sixth field."""
PUBLISH_EVERY = "* * * * *"
LOOK_AFTER_EVERY = "*/30 * * * *"
RESCUE_EVERY = "* * * * *"
CONCURRENCY = 4
"""Rounds that one machine works on at once."""
QUEUE = "syndicate"


class Hall(Protocol):
    """The use cases that machines share."""

    def publish(self) -> object: ...

    def deliver_due(self) -> object: ...

    def look_after(self) -> object: ...

    def reload(self) -> object: ...


def work(database: str, hall: Hall) -> None:
    """Be one of the workers until SIGTERM or SIGINT; rounds that run are finished first.

    `database` is the SQLAlchemy URL of the state. Raises ConfigError where that is not PostgreSQL.
    """
    conninfo = _conninfo_of(database)
    prepare_tables(conninfo)
    log.info("this machine works on the rounds of the site")
    make_tasks(conninfo, hall).run_worker(queues=[QUEUE], concurrency=CONCURRENCY, delete_jobs="always")


def _conninfo_of(database: str) -> str:
    """libpq's form of the URL. Raises ConfigError for SQLite, or where the extra is not installed."""
    if not database.startswith("postgresql"):
        hint = "one machine needs no workers: `syndicate run`"
        raise ConfigError("many machines need PostgreSQL", where="[storage] database", hint=hint)
    try:
        import procrastinate  # noqa: F401 - only whether it is there
        import psycopg  # noqa: F401
    except ImportError as error:
        raise ConfigError("workers need an extra that is not installed", hint="install syndicate[postgres]") from error
    scheme, _, rest = database.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def prepare_tables(conninfo: str) -> None:
    """Create Procrastinate's tables where they are missing; machines that start together wait for one another."""
    import psycopg
    from procrastinate import App, SyncPsycopgConnector

    try:
        with psycopg.connect(conninfo) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('syndicate tasks', 0))")
            if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
                with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
                    app.schema_manager.apply_schema()
    except psycopg.Error as error:
        raise StateError(f"the state database refused: {type(error).__name__}") from error


def make_tasks(conninfo: str, hall: Hall) -> App:
    """The Procrastinate application: the rounds, and when they are due. Of each, one waits at most."""
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=conninfo))
    _add_round(app, "deliver", DELIVER_EVERY, hall.deliver_due)
    _add_round(app, "publish", PUBLISH_EVERY, lambda: (hall.reload(), hall.publish()), lock="publish")
    _add_round(app, "look_after", LOOK_AFTER_EVERY, hall.look_after, lock="look_after")
    rescue = app.task(name="rescue", queue=QUEUE, queueing_lock="rescue", pass_context=True)(_rescue)
    app.periodic(cron=RESCUE_EVERY)(rescue)
    return app


def _add_round(app: App, name: str, cron: str, use_case: Callable[[], object], *, lock: str | None = None) -> None:
    """Without a lock a round may run on several machines at once."""
    task = app.task(name=name, queue=QUEUE, lock=lock, queueing_lock=name)(_make_round(name, use_case))
    app.periodic(cron=cron)(task)


def _make_round(name: str, use_case: Callable[[], object]) -> Callable[[int], None]:
    """One round. Its failure is said and the next one tries again: a round that failed needs no retry of its own."""

    def run(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate says when the round was due
        try:
            use_case()
        except SyndicateError as error:
            log.warning("%s: %s", name, error)
        except Exception as error:  # noqa: BLE001 - the texts of others may repeat a secret
            log.error("%s: unexpected %s", name, type(error).__name__)  # noqa: TRY400

    return run


async def _rescue(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - as above
    """Rounds of machines that died go back into the queue, or their lock would stop all later ones."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        log.info("%s: its machine is gone, another one takes it", job.task_name)
        await manager.retry_job(job)
