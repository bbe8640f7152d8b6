"""uvicorn around an application: alone in the foreground, or in a thread beside the daemon."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from syndicate.errors import UsageError

log = logging.getLogger("syndicate")


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises UsageError where nobody can listen there."""
    with listen(host, port) as listener:
        uvicorn.Server(_configure(app)).run(sockets=[listener])


def make_server(app: ASGIApp, host: str, port: int) -> Callable[[threading.Event], None]:
    """A loop for a thread: serves until the event is set, then finishes open answers.

    Raises UsageError at once where nobody can listen there.
    """
    listener = listen(host, port)

    def run(stop: threading.Event) -> None:
        server = uvicorn.Server(_configure(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="syndicate-web")
        thread.start()
        stop.wait()
        server.should_exit = True
        thread.join()
        listener.close()

    return run


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises UsageError where that is not possible."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint="try another --port or --host") from error
    place = f"[{host}]" if ":" in host else host
    log.info("serving on http://%s:%s", place, listener.getsockname()[1])
    return listener


def _configure(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=10)
