"""uvicorn around an application, and a limit for what connections may cost.

uvicorn closes idle connections and waits for ever for the rest of a request. Here a request has to arrive within
seconds and an exchange has to end within minutes; a new connection takes the place of the one that has waited longest;
and a share of the process' descriptors is never given to visitors, so that publishing and delivering go on.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from syndicate.errors import UsageError
from syndicate.folders import open_private

log = logging.getLogger("syndicate")

REQUEST_TIME = 15.0
"""Seconds in which a whole request has to arrive."""
EXCHANGE_TIME = 120.0
"""Seconds in which it has to be answered and the answer fetched."""
LARGEST_REQUEST = 256_000
"""Bytes of one request, its body included; what the pages and the API take is less."""
LARGEST_HEAD = 16_384
"""Bytes of its first line and its headers; the parser itself knows no limit."""
READ_AT_ONCE = 4_096
"""Bytes that one visitor's turn takes: reading tiny chunks is slow work, and others have their turn in between."""
EVENTS = "/dashboard/events"
_MOST = 512
_LEAST = 8
_REFUSED_AT_ONCE = 64
_UNDISTURBED = 10.0
"""Seconds that an exchange has before it may be ended for somebody else's."""
_SAID_EVERY = 3600.0


def choose_most(descriptors: int) -> int:
    """How many connections to keep where the process may have so many descriptors: a quarter of them."""
    return max(_LEAST, min(_MOST, descriptors // 4))


class Listener(socket.socket):
    """A listening socket that hands out a limited number of connections and refuses what comes beyond.

    It refuses at the moment of accepting: a descriptor more, in a burst, is one less for the rest of the process.
    """

    make_room: Callable[[], None] | None = None
    """Asked to end a connection as soon as there are `most`; where that is too slow, the new one is closed."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.detach())
        self.most = choose_most(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._accepted: WeakSet[socket.socket] = WeakSet()
        self._turns = 0

    def accept(self) -> tuple[socket.socket, Any]:
        self._turns += 1
        if self._turns % (max(1, self.most // 16) + 1) == 0:
            raise BlockingIOError  # not all at once: those who have to make room need a moment to do so
        for _ in range(_REFUSED_AT_ONCE):
            connection, address = super().accept()
            number = sum(one.fileno() >= 0 for one in self._accepted)
            if number >= self.most and self.make_room:
                self.make_room()
            if number < self.most + self.most // 4:
                self._accepted.add(connection)
                return connection, address
            connection.close()
        raise BlockingIOError


class Connection(HttpToolsProtocol):
    """One visitor. `began` is when the present exchange began: with the connection, or after the last answer."""

    began = 0.0
    received = 0
    """Bytes of the present request."""
    head = 0
    """Bytes of a head that is not there whole."""
    is_in_head = True

    def connection_made(self, transport: Any) -> None:
        self.began = self.loop.time()
        transport.max_size = READ_AT_ONCE
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > LARGEST_REQUEST:
            self.transport.abort()
            return
        super().data_received(data)
        self.head = self.head + len(data) if self.is_in_head else 0
        if self.head > LARGEST_HEAD:
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        self.is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.is_in_head = False
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError  # not a valid request (RFC 9112, section 3.2), which the parser passes on as its own error
        super().on_headers_complete()
        if self.parser.should_upgrade():  # to another protocol, which is answered in this one: nothing is read after it
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        if self.pipeline or not self.cycle.more_body:  # else it goes on with a request that is answered already
            self.began, self.received = self.loop.time(), 0
        super().on_response_complete()

    @property
    def is_waiting(self) -> bool:
        """Whether nothing happens until more of the request comes."""
        is_asking = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        return is_asking and not self.transport.get_write_buffer_size()

    @property
    def is_listening(self) -> bool:
        """Whether it waits for news of the dashboard, which asks for them again."""
        is_open = self.cycle is not None and not self.cycle.response_complete
        return is_open and self.cycle.scope["path"] == EVENTS

    def is_late(self, now: float) -> bool:
        return now - self.began > (REQUEST_TIME if self.is_waiting else EXCHANGE_TIME)


class Server(uvicorn.Server):
    """uvicorn, ending connections that are late or in the way of others."""

    def __init__(self, config: uvicorn.Config, listener: Listener) -> None:
        super().__init__(config)
        self._said_at = -_SAID_EVERY
        listener.make_room = self._make_room

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            for one in [one for one in self._list_connections() if one.is_late(one.loop.time())]:
                one.transport.abort()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish open answers, but wait for none that only waits for news."""
        for one in self._list_connections():
            if one.is_listening:
                one.transport.abort()
        await super().shutdown(sockets)

    def _make_room(self) -> None:
        open_ones = [one for one in self._list_connections() if one.transport and not one.transport.is_closing()]
        late = [one for one in open_ones if one.loop.time() - one.began > _UNDISTURBED]
        waiting = [one for one in open_ones if one.is_waiting] or late
        if waiting:
            min(waiting, key=lambda one: one.began).transport.abort()
        if time.monotonic() - self._said_at >= _SAID_EVERY:
            self._said_at = time.monotonic()
            log.warning("too many connections at once: those that wait longest are closed (said once an hour)")

    def _list_connections(self) -> list[Connection]:
        return [one for one in self.server_state.connections if isinstance(one, Connection)]


class OncePerHour(logging.Filter):
    """Lets each kind of line through once an hour: what strangers can cause must not fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (str(record.msg), type(record.exc_info[1]).__name__ if record.exc_info else "")
        is_new = time.monotonic() - self._said.get(kind, -_SAID_EVERY) >= _SAID_EVERY
        if is_new:
            self._said[kind] = time.monotonic()
        return is_new


# --- uvicorn around an application: alone in the foreground, or in a thread beside the daemon ---


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
    handle = open_private(path)
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
