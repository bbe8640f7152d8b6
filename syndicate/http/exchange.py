"""One exchange with a server that is over at its deadline, whatever the server does.

httpx has time limits for single steps only: a byte now and then, or one interim answer (1xx) after the other, never
reaches them, and nothing limits the system's search for a name. So an exchange runs in a thread of its own, and who
waits for it goes on at the deadline. The socket is shut down then, which ends the thread; where it still waits for the
system it ends a little later, and sends nothing.
"""

# ruff: noqa: PLC0415 - see at the client

from __future__ import annotations

import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from syndicate.errors import FetchError, TooLarge

if TYPE_CHECKING:
    import httpx

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


@cache
def _list_words() -> Sequence[tuple[type[BaseException], str]]:
    """The first that fits anything in the chain of causes."""
    import httpx

    return (
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
        (httpx.RemoteProtocolError, "the connection was cut, or the answer is not HTTP"),
        (httpx.LocalProtocolError, "what was to be sent is not valid HTTP"),
        (httpx.ProxyError, "the proxy refuses"),
        (httpx.UnsupportedProtocol, "the address is neither http nor https"),
        (httpx.DecodingError, "what came cannot be unpacked"),
    )


def is_unsent(error: BaseException) -> bool:
    """Whether httpx raises it before a byte of the request has left: the network cannot have acted."""
    import httpx

    kinds = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
    return isinstance(error, kinds)


def is_unsendable(error: BaseException) -> bool:
    import httpx

    return isinstance(error, httpx.InvalidURL | httpx.LocalProtocolError | UnicodeError)


def describe(error: BaseException | None) -> str:
    """The kind of failure; the name of its class where there are no words for it."""
    if isinstance(error, FetchError):
        return error.message
    chain = tuple(_follow(error))
    words = (said for kind, said in _list_words() if any(isinstance(one, kind) for one in chain))
    return next(words, type(error).__name__)


def _follow(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from; httpcore, between httpx and the system, says no "from"."""
    import httpx

    while error is not None:
        yield error
        is_between = not isinstance(error, (httpx.HTTPError, OSError))
        error = error.__cause__ or (error.__context__ if is_between else None)


# --- Reading an answer whole, within its limit of size, whatever the server would like ---

MAX_BODY = 8_000_000
ENCODINGS = "gzip"
"""What we ask for. Brotli is left out: its decoder cannot be stopped at a size, so a small answer could fill memory."""
_GZIP_OR_ZLIB = 47
"""zlib's window bits for "find out which of the two it is"."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read whole. `headers` has lower-case names; `received_at` is aware UTC."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    received_at: datetime

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The parsed body, None where it is not JSON (proxies answer in HTML)."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(slots=True)
class Budget:
    """How much of one answer may still come."""

    max_bytes: int
    size: int = 0

    def spend(self, chunk: bytes) -> bytes:
        """The chunk, counted; raises FetchError once the size is used up."""
        self.size += len(chunk)
        if self.size > self.max_bytes:
            raise self.too_large()
        return chunk

    def too_large(self) -> TooLarge:
        return TooLarge(f"the answer is larger than {self.max_bytes:,} bytes")

    @property
    def left(self) -> int:
        return self.max_bytes - self.size


def read_body(answer: httpx.Response, budget: Budget) -> bytes:
    """The body, decoded. Raises FetchError for one that is too large, cut, or encoded unasked."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return _read_plain(answer, budget)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _inflate(answer, budget)
    raise FetchError(f'the answer is encoded as "{encoding[:20]}", which nobody asked for')


def _read_plain(answer: httpx.Response, budget: Budget) -> bytes:
    """One that says that it is too large is not even begun."""
    stated = answer.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:15]) > budget.left and answer.request.method != "HEAD":
        raise budget.too_large()
    body = BytesIO()  # gives its bytes away without a copy
    for chunk in answer.iter_raw():
        body.write(budget.spend(chunk))
    return body.getvalue()


def _inflate(answer: httpx.Response, budget: Budget) -> bytes:
    """Never more in memory than the budget allows, however well it was packed, and never more packed than unpacked.

    What follows the end of what was packed is not read.
    """
    parts, decoder, is_empty, packed = [], zlib.decompressobj(_GZIP_OR_ZLIB), True, Budget(budget.max_bytes)
    try:
        for chunk in answer.iter_raw():
            is_empty = False
            parts.append(budget.spend(decoder.decompress(packed.spend(chunk), budget.left + 1)))
            if decoder.eof:
                break
    except zlib.error:
        raise FetchError("the answer cannot be unpacked") from None
    if not is_empty and not decoder.eof:
        raise FetchError("the answer ends too early")
    return b"".join(parts)
