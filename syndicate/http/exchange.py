"""One exchange with a server that is over at its deadline, whatever the server does.

httpx has time limits for single steps only: a byte now and then, or one interim answer (1xx) after the other, never
reaches them, and nothing limits the system's search for a name. So an exchange runs in a thread of its own, and who
waits for it goes on at the deadline. The socket is shut down then, which ends the thread; where it still waits for the
system it ends a little later, and sends nothing.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import httpx

from syndicate.errors import FetchError

Result = TypeVar("Result")


class DeadlinePassed(Exception):
    """The exchange was not over in time."""


class Exchange:
    """One use, one exchange: `run` the work, whose requests carry `trace` as httpx's extension of that name."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_over = False
        self.has_sent = False
        """Whether a byte of a request may have reached the server."""
        self.has_answered = False
        """Whether the server answered the last request, at least with its headers."""

    def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises. Raises DeadlinePassed where it takes too long."""
        results: list[Result] = []
        errors: list[BaseException] = []

        def carry_out() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below, by the one who waits
                errors.append(error)

        thread = threading.Thread(target=carry_out, name="exchange", daemon=True)
        thread.start()
        try:
            thread.join(self._patience.total_seconds())
        finally:
            self._end()
        if errors:
            try:
                raise errors[0]
            finally:
                errors.clear()  # what was read so far would live as long as error and frame know each other
        if not results:
            raise DeadlinePassed
        return results[0]

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Called by httpx at each step; see its documentation of the extension "trace"."""
        with self._lock:
            if event.endswith("connect_tcp.started"):
                self._require_time()
            elif event.endswith("connect_tcp.complete"):
                self._hold(info["return_value"])
                self._require_time()
            elif event == "http11.send_request_headers.started":
                self._require_time()
                self.has_sent, self.has_answered = True, False
            elif event == "http11.receive_response_headers.complete":
                self.has_answered = True

    def _require_time(self) -> None:
        if self._is_over:
            raise DeadlinePassed

    def _hold(self, stream: object) -> None:
        """Keep a handle on the connection: TLS takes the socket itself away."""
        taken: socket.socket = stream.get_extra_info("socket")  # type: ignore[attr-defined]
        if self._is_over:
            taken.close()
            return
        if self._socket:
            self._socket.close()
        self._socket = taken.dup()

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            if self._socket:
                with suppress(OSError):  # it is closed already, as after every answer
                    self._socket.shutdown(socket.SHUT_RDWR)
                self._socket.close()


# --- what went wrong on the way, in words for a person ---

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ssl.SSLError, "no encrypted connection comes about"),
    (socket.gaierror, "the host name cannot be resolved"),
    (ConnectionRefusedError, "it refuses connections"),
    (DeadlinePassed, "it takes too long"),
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.ConnectError, "no way to it"),
    (httpx.PoolTimeout, "too many connections at once"),
    (httpx.ReadTimeout, "it fell silent"),
    (httpx.WriteTimeout, "it stopped listening"),
    (httpx.NetworkError, "the connection broke"),
    (httpx.RemoteProtocolError, "the connection was cut, or what came is no HTTP"),
    (httpx.LocalProtocolError, "what was to be sent is no HTTP"),
    (httpx.ProxyError, "the proxy refuses"),
    (httpx.UnsupportedProtocol, "the address is neither http nor https"),
    (httpx.DecodingError, "what came cannot be unpacked"),
)
"""The first that fits anything in the chain of causes."""


def describe(error: BaseException | None) -> str:
    """The kind of failure; the name of its class where there are no words for it."""
    if isinstance(error, FetchError):
        return error.message
    chain = tuple(_follow(error))
    words = (said for kind, said in _WORDS if any(isinstance(one, kind) for one in chain))
    return next(words, type(error).__name__)


def _follow(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from; httpcore, between httpx and the system, says no "from"."""
    while error is not None:
        yield error
        is_between = not isinstance(error, (httpx.HTTPError, OSError))
        error = error.__cause__ or (error.__context__ if is_between else None)
