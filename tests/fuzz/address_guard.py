"""Watches every connection of this process: no name is looked up outside, and nobody is asked who may not be."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_resolve = socket.getaddrinfo
_allowed: set[int] = set()
asked: list[str] = []
"""Connections to addresses that no check allowed."""


def install() -> None:
    """Names mean nothing here but numbers and localhost; a connection that nobody allowed is noted and refused."""

    def getaddrinfo(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or ""
        if name.rstrip(".").lower() == "inside.example":
            name = "10.0.0.1"
        elif name.rstrip(".").lower() != "localhost":
            named["flags"] = socket.AI_NUMERICHOST
            more = more[:3]
        return _resolve(name, port, *more, **named)

    socket.getaddrinfo = getaddrinfo
    sys.addaudithook(_watch)


def _watch(event: str, given: tuple[Any, ...]) -> None:
    if event != "socket.connect" or given[0].family == socket.AF_UNIX:
        return
    host, port = given[1][:2]
    if port not in _allowed:
        asked.append(f"{host}:{port}")
        raise OSError(f"no way out to {host}:{port}")


@contextmanager
def allow(url: str) -> Iterator[None]:
    """The server at this address may be asked."""
    port = int(url.rpartition(":")[2])
    _allowed.add(port)
    try:
        yield
    finally:
        _allowed.discard(port)
