"""A loopback HTTP server with routes, a request log and a fault layer: the floor every fake network stands on.

A fake is a subclass that adds routes in `__init__` and keeps its own state:

    class FakeThing(Fake):
        def __init__(self) -> None:
            super().__init__()
            self.route("POST", "/things/{id}", self.make)

        def make(self, request: Request) -> Reply:
            self.published.append(request.json())
            return Reply(200, {"id": request.args["id"]})

    with FakeThing() as fake:
        fake.fail(drop_reply_after_commit(), on="POST /things/")

A fault is a function from a request and the handler behind it to a Reply, or to CUT or RESET for a connection
that ends without one. Faults wait in a row; each is used `times` times on the requests whose "METHOD /path"
contains `on`.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server read it. Header names are lower case; `args` come from the route's braces."""

    method: str
    path: str
    """Percent-encoding kept, query left out."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    args: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    """The client's port: tells its connections apart."""

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}

    def parts(self) -> dict[str, Part]:
        """The fields of a multipart body by name."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return {part.name: part for part in map(_part, message.iter_parts())}  # type: ignore[attr-defined]

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    filename: str
    media_type: str
    data: bytes


def _part(part: Any) -> Part:
    params = part["content-disposition"].params
    return Part(
        params["name"], params.get("filename", ""), part.get_content_type(), part.get_payload(decode=True) or b""
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: a dict or list becomes JSON, text is sent as it is."""

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        """The bytes and their media type."""
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/html; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json"


class _Ending:
    """How a connection ends without an answer."""


CUT = _Ending()
RESET = _Ending()

Handler = Callable[[Request], Reply]
Fault = Callable[[Request, Handler], "Reply | _Ending"]


def drop_reply_after_commit() -> Fault:
    """The server does the work; the connection ends before the answer."""

    def fault(request: Request, handle: Handler) -> _Ending:
        handle(request)
        return CUT

    return fault


def cut_before_commit() -> Fault:
    """The server reads the request, does nothing and hangs up."""
    return lambda request, handle: CUT


def reset_before_read() -> Fault:
    """A TCP reset instead of any work."""
    return lambda request, handle: RESET


def status(code: int, body: object = b"", headers: Mapping[str, str] | None = None) -> Fault:
    """A plain refusal without any work."""
    return lambda request, handle: Reply(code, body, headers or {})


def rate_limit(headers: Mapping[str, str] | None = None, body: object = None) -> Fault:
    """429 with whatever headers the network speaks in."""
    return status(429, body or {"error": "Too many requests"}, headers)


def html_error(code: int = 502) -> Fault:
    """What a proxy in front of the network says."""
    page = f"<!doctype html><html><head><title>{code}</title></head><body><h1>Bad gateway</h1></body></html>"
    return status(code, page)


def garbage_body() -> Fault:
    """The work is done and the status is right, but the body is cut in the middle of nothing."""

    def fault(request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        return Reply(reply.status, b'{"id": "12', {})

    return fault


def answer_twice_as_long() -> Fault:
    """The work is done; the body ends before the promised length."""

    def fault(request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        body, _ = reply.encoded()
        return Reply(reply.status, body, {**reply.headers, "Content-Length": str(len(body) * 2 + 10)})

    return fault


class Fake:
    """The server. `published` is what the network would show the world; `requests` is everything it was sent."""

    def __init__(self) -> None:
        self.glance = 0.002
        """How often it looks whether it should close, in seconds."""
        self.requests: list[Request] = []
        self.published: list[Any] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._faults: list[list[Any]] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self._server.fake = self
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        self._server.serve_forever(self.glance)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Answer by TLS from now on; handshakes happen in the threads of their connections."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def route(self, method: str, pattern: str, handler: Handler) -> None:
        """Answer `method` on a path; `{name}` matches one segment and arrives, decoded, in `request.args`."""
        regex = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))
        self._routes.append((method, regex, handler))

    def fail(self, fault: Fault, *, on: str = "", times: int = 1) -> None:
        """Put a fault in the row."""
        self._faults.append([fault, on, times])

    def heal(self) -> None:
        """Forget the faults that are left."""
        self._faults.clear()

    def wait_for_silence(self) -> None:
        """Until every connection has ended: a client that died has nothing on its way here any more."""
        while self._server.is_busy:
            self._stopping.wait(0.005)

    def delay(self, seconds: float = 5.0) -> Fault:
        """The work is done; the answer comes after the client's patience (or when the server stops)."""

        def fault(request: Request, handle: Handler) -> Reply | _Ending:
            reply = handle(request)
            self._stopping.wait(seconds)
            return CUT if self._stopping.is_set() else reply

        return fault

    def sent(self, on: str) -> list[Request]:
        """The logged requests whose "METHOD /path" contains `on`."""
        return [request for request in self.requests if on in f"{request.method} {request.path}"]

    def answer(self, request: Request) -> Reply | _Ending:
        with self._lock:
            self.requests.append(request)
            fault = self._next_fault(f"{request.method} {request.path}")
        return fault(request, self._locked) if fault else self._locked(request)

    def _next_fault(self, line: str) -> Fault | None:
        for waiting in self._faults:
            if waiting[1] in line and waiting[2] > 0:
                waiting[2] -= 1
                fault: Fault = waiting[0]
                return fault
        return None

    def _locked(self, request: Request) -> Reply:
        with self._lock:
            return self._dispatch(request)

    def _dispatch(self, request: Request) -> Reply:
        for method, regex, handler in self._routes:
            match = regex.fullmatch(request.path)
            if match and method == request.method:
                args = {name: unquote(value) for name, value in match.groupdict().items()}
                return handler(_with_args(request, args))
        return Reply(404, {"error": "no such route in this fake"})


def _with_args(request: Request, args: Mapping[str, str]) -> Request:
    return replace(request, args=args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    fake: Fake

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    @property
    def is_busy(self) -> bool:
        return bool(self._open)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep alive, so that no thread waits for them."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up first is a normal sight here."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        reply = self.server.fake.answer(self._read_request())
        if isinstance(reply, Reply):
            self._write(reply)
            return
        self.close_connection = True
        if reply is RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close() if reply is RESET else self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815 (http.server's names)

    def _read_request(self) -> Request:
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(self.command, split.path, query, headers, body, port=self.client_address[1])

    def _write(self, reply: Reply) -> None:
        body, media_type = reply.encoded()
        headers = {"Content-Type": media_type, "Content-Length": str(len(body)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} Fake", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.wfile.write("\r\n".join(lines).encode() + (b"" if self.command == "HEAD" else body))
        self.close_connection = self.close_connection or int(headers["Content-Length"]) != len(body)

    def log_message(self, *args: object) -> None:
        """Silence: the log is `fake.requests`."""
