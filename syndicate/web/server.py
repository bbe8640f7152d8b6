"""uvicorn around an application: alone in the foreground, or in a thread beside the daemon."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

log = logging.getLogger("syndicate")


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    log.info("serving on http://%s:%s", host, port)
    uvicorn.Server(_configure(app, host, port)).run()


def make_server(app: ASGIApp, host: str, port: int) -> Callable[[threading.Event], None]:
    """A loop for a thread: serves until the event is set, then finishes open answers."""

    def run(stop: threading.Event) -> None:
        server = uvicorn.Server(_configure(app, host, port))
        thread = threading.Thread(target=server.run, name="syndicate-web")
        thread.start()
        log.info("serving on http://%s:%s", host, port)
        stop.wait()
        server.should_exit = True
        thread.join()

    return run


def _configure(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=host, port=port, log_level="warning", server_header=False, timeout_graceful_shutdown=10
    )
