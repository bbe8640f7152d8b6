"""What keeps running: `run`, `serve`, `worker`."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from syndicate.cli.root import DONE, app, globals_of

Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="Port to listen on; 0 takes a free one.")]


def set_up_log(verbosity: int) -> None:
    """Lines for a person or the journal on standard error; libraries stay silent below warnings."""
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG if verbosity > 0 else logging.ERROR)
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    logging.getLogger("syndicate").setLevel(level)


@app.command()
def run(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the feeds and the dashboard as well.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8080,
) -> int:
    """Run the daemon: watch, publish, deliver, ping hubs.

    Stops cleanly on SIGTERM: what runs is finished first.
    """
    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall:
        hall.run(serve=(host, port) if serve else None)
    return DONE


@app.command()
def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8080) -> int:
    """Serve the feeds over HTTP, and the dashboard."""
    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall:
        hall.serve(host, port)
    return DONE


@app.command()
def worker(context: typer.Context) -> int:
    """Deliver as one of many machines on PostgreSQL."""
    given = globals_of(context)
    set_up_log(given.verbosity)
    with given.open_app() as hall:
        hall.work()
    return DONE
