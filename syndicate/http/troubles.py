"""What went wrong on the way, in words for a person.

Never the exception's own text: httpx puts whole URLs and header values, and so secrets, into messages.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from syndicate.errors import FetchError
from syndicate.http.exchange import DeadlinePassed

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
