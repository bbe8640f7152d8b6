"""What went wrong on the way is said in words for a person, and gives away no secret."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import pytest

from syndicate.errors import ConfigError, Unavailable
from syndicate.http import Client
from syndicate.http.exchange import describe

SHORT = httpx.Timeout(0.2)


@contextmanager
def listener(says: bytes | None) -> Iterator[int]:
    """A server that says something to whoever comes and hangs up; with None it never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            visitor, _ = server.accept()
            with visitor:
                visitor.recv(1000)
                visitor.sendall(says) if says is not None else visitor.recv(1)

        Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def complain(url: str) -> str:
    with Client(allow_private=True, timeout=SHORT) as client, pytest.raises(Unavailable) as refusal:
        client.call("GET", url, where="here")
    return refusal.value.message


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (None, "no whole answer: it fell silent"),
        (b"", "no whole answer: the connection was cut, or the answer is not HTTP"),
        (b"SSH-2.0-x\r\n", "no whole answer: the connection was cut, or the answer is not HTTP"),
    ],
    ids=["silent", "cut", "ssh"],
)
def test_servers_that_do_not_answer(says: bytes | None, words: str) -> None:
    """Each kind of silence has its own words."""
    with listener(says) as port:
        assert complain(f"http://127.0.0.1:{port}/secret-token") == words


def test_a_closed_port() -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert complain(f"http://127.0.0.1:{port}/secret-token") == "cannot be reached: it refuses connections"


def test_no_encryption_where_it_is_asked_for() -> None:
    """A server that answers https with plain text is told from one that is away."""
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert complain(f"https://127.0.0.1:{port}/") == "cannot be reached: no encrypted connection comes about"


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ssl.SSLCertVerificationError(1, "expired https://secret"), "its certificate is not valid"),
        (socket.gaierror(-2, "secret.example"), "the host name cannot be resolved"),
        (OSError(101, "unreachable"), "no way to it"),
    ],
    ids=["certificate", "name", "route"],
)
def test_the_first_cause_gives_the_words(cause: OSError, words: str) -> None:
    """httpx says no more than "connect error"; below it the system says which."""
    error = httpx.ConnectError("https://secret.example/token")
    error.__cause__ = cause
    assert describe(error) == words


def test_what_has_no_words_is_named_by_its_class() -> None:
    """Better an odd name than none, and never the text."""
    assert describe(RuntimeError("secret")) == "RuntimeError"


def test_a_credential_of_two_lines_is_the_persons_mistake() -> None:
    """Nothing was sent, and trying again would not help; the credential is not repeated."""
    with listener(None) as port, Client(allow_private=True, timeout=SHORT) as client:
        with pytest.raises(ConfigError, match="credential cannot be sent as it is written") as refusal:
            client.call("POST", f"http://127.0.0.1:{port}/", publishes=True, headers={"Authorization": "a\ns3cret"})
        assert "s3cret" not in str(refusal.value)
