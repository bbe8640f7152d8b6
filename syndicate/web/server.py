"""uvicorn around an application: alone in the foreground, or in a thread beside the daemon."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from syndicate.errors import UsageError
from syndicate.model import Settings
from syndicate.web.connections import Connection, Listener, OncePerHour, Server

log = logging.getLogger("syndicate")


def serve(app: ASGIApp, listener: Listener) -> None:
    """Serve until SIGTERM or SIGINT."""
    Server(configure(app), listener).run(sockets=[listener])


def make_server(app: ASGIApp, listener: Listener) -> Callable[[threading.Event], None]:
    """A loop for a thread: serves until the event is set, then finishes open answers."""

    def run(stop: threading.Event) -> None:
        server = Server(configure(app), listener)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="syndicate-web")
        thread.start()
        stop.wait()
        server.should_exit = True
        thread.join()
        listener.close()

    return run


def listen(host: str, port: int) -> Listener:
    """A listening socket; port 0 takes a free one. Raises UsageError where that is not possible."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = Listener(socket.create_server((host, port), family=family, backlog=2048))
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint="try another --port or --host") from error
    place = f"[{host}]" if ":" in host else host
    log.info("serving on http://%s:%s", place, listener.getsockname()[1])
    return listener


def find_local_address(listener: socket.socket) -> str:
    """The address of the server for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what it listens on, as it was asked
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def told_where(path: Path, address: str) -> Iterator[None]:
    """Write down where this site is served, as long as it is: the file is locked until then.

    A second server of the same site is not written down.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        os.ftruncate(handle, 0)
        os.pwrite(handle, address.encode(), 0)
    try:
        yield
    finally:
        os.close(handle)


def find_server(path: Path) -> str:
    """The address that a running server wrote down there, "" where none runs."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 200, 0).decode("ascii", "replace")
    else:
        return ""
    finally:
        os.close(handle)


def configure(app: ASGIApp) -> uvicorn.Config:
    """uvicorn's settings: everything it could do without being asked is off."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, OncePerHour) for one in logger.filters):
            logger.addFilter(OncePerHour())
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


# --- the server of the settings as they are now ---


class Current:
    """An ASGI application that is made anew whenever `read` gives other settings."""

    def __init__(self, read: Callable[[], Settings], make: Callable[[Settings], ASGIApp]) -> None:
        self._read = read
        self._make = make
        self._made_of = read()
        self._app = make(self._made_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._read()
        if settings is not self._made_of:
            self._app, self._made_of = self._make(settings), settings
        await self._app(scope, receive, send)
