"""What keeps running: `run`, `serve`, `worker`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.root import DONE, command, globals_of, leave, leave_after

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from syndicate.app.app import App
    from syndicate.web.connections import Listener

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
]


def set_up_log(verbosity: int) -> None:
    """Lines for a person or the journal on standard error; libraries stay silent below warnings."""
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG if verbosity > 0 else logging.ERROR)
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    logging.getLogger("syndicate").setLevel(level)


@command()
def run(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the feeds and the dashboard as well.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8080,
) -> int:
    """Watch, publish, deliver on schedule, ping hubs: until stopped.

    Ctrl-C or SIGTERM ends it within 30 seconds: nothing new begins, and open calls may finish.
    """
    from syndicate.app.rounds import Rounds
    from syndicate.daemon import Daemon

    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall, hall.lock_daemon(), ExitStack() as closing:
        alongside = []
        if serve:
            from syndicate.web.server import make_server

            alongside.append(make_server(*closing.enter_context(_open_web(hall, host, port))))
        if not Daemon(Rounds(hall)).run(alongside=alongside):
            leave(DONE)
    return DONE


@contextmanager
def _open_web(hall: App, host: str, port: int) -> Iterator[tuple[ASGIApp, Listener]]:
    """What is served, and where it listens."""
    from syndicate.web.server import find_local_address, listen, told_where

    web = _make_web(hall, host)
    with listen(host, port) as listener, told_where(hall.server_file, find_local_address(listener)):
        yield web, listener


def _make_web(hall: App, host: str) -> ASGIApp:
    """The feeds and the dashboard as one application, which follows the settings of the hall."""
    from syndicate.app.dashboard import read_password
    from syndicate.web import Current, make_app
    from syndicate.web.dashboard.routes import open_dashboard

    dashboard = open_dashboard(hall.make_desk(), listening=host, password=read_password(os.environ))
    return Current(
        lambda: hall.settings,
        lambda now: make_app(now.storage.publish_to, now, is_published=hall.is_published, dashboard=dashboard),
    )


@command()
def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8080) -> int:
    """Serve the feeds over HTTP, and the dashboard: until stopped."""
    from syndicate.web import server

    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall, _open_web(hall, host, port) as (web, listener):
        server.serve(web, listener)
    return DONE


@command()
def worker(context: typer.Context) -> int:
    """Work as one of many machines on PostgreSQL."""
    from syndicate.app.rounds import Rounds
    from syndicate.cluster import work

    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall:
        work(hall.settings.storage.database, hall.settings.site.name, lambda: Rounds(hall), leave_after)
    return DONE
