"""Servers that want to hold us: every exchange is over at its deadline, and its ending is told apart."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from syndicate.errors import ConfigError, FetchError, HostAway, Unavailable, Uncertain
from syndicate.http import Client

SOON = timedelta(seconds=0.1)
OK = b"HTTP/1.1 200 OK\r\n"


class Peer:
    """What a hostile server does with one visitor."""

    def __init__(self, link: socket.socket, is_over: threading.Event) -> None:
        self.link = link
        self._is_over = is_over

    def say(self, data: bytes) -> None:
        self.link.sendall(data)

    def drip(self, data: bytes) -> None:
        """The same, again and again, until the visitor leaves."""
        while not self._is_over.wait(0.01):
            self.link.sendall(data)

    def pause(self) -> None:
        self._is_over.wait(0.01)

    def flood(self, data: bytes) -> None:
        while not self._is_over.is_set():
            self.link.sendall(data)

    def wait(self) -> None:
        """Until the visitor leaves."""
        while self.link.recv(65536):
            pass


Act = Callable[[Peer], object]


@contextmanager
def serve(act: Act) -> Iterator[str]:
    """A server that reads what a visitor asks and then does as told."""
    is_over = threading.Event()
    threads: list[threading.Thread] = []

    def meet(link: socket.socket) -> None:
        with link, suppress(OSError):
            link.recv(65536)
            act(Peer(link, is_over))

    def listen() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=meet, args=(door.accept()[0],), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        is_over.set()
        door.shutdown(socket.SHUT_RDWR)
        listening.join()
    for thread in threads:
        thread.join()


ENDLESS: dict[str, Act] = {
    "says nothing": lambda peer: peer.wait(),
    "drips its first line": lambda peer: (peer.say(b"HTTP/1.1 200 "), peer.drip(b"O")),
    "drips a header": lambda peer: (peer.say(OK + b"X: "), peer.drip(b"x")),
    "drips headers": lambda peer: (peer.say(OK), peer.drip(b"X: 1\r\n")),
    "drips its body": lambda peer: (peer.say(OK + b"Content-Length: 1000000\r\n\r\n"), peer.drip(b"x")),
    "drips a body without end": lambda peer: (peer.say(OK + b"\r\n"), peer.drip(b"x")),
    "drips chunks": lambda peer: (
        peer.say(OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        peer.drip(b"1\r\nx\r\n"),
    ),
    "drips a chunk's name": lambda peer: (
        peer.say(OK + b"Transfer-Encoding: chunked\r\n\r\n1"),
        peer.drip(b"; x"),
    ),
    "drips packed nothing": lambda peer: (
        peer.say(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]),
        peer.drip(b"\0\0\0\xff\xff"),
    ),
    "floods interim answers": lambda peer: peer.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    "drips interim answers": lambda peer: peer.drip(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_server_holds_a_fetch_beyond_its_deadline(name: str) -> None:
    """Whatever it sends or does not: the fetch ends, and the server is known to be away."""
    with serve(ENDLESS[name]) as url, Client(allow_private=True, patience=SOON) as client:
        with pytest.raises(HostAway) as caught:
            client.fetch(f"{url}/picture")
        assert caught.value.server == url


@pytest.mark.parametrize("name", ENDLESS)
def test_no_server_holds_a_publishing_call_beyond_its_deadline(name: str) -> None:
    """The request was sent, so nobody knows whether it was carried out."""
    with serve(ENDLESS[name]) as url, Client(patience=SOON) as client, pytest.raises(Uncertain):
        client.call("POST", url, publishes=True, json={"text": "hello"})


def test_what_follows_the_end_of_a_packed_answer_is_not_read() -> None:
    """It would fill the memory, and nothing of it counts."""
    packed = OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello")
    with serve(lambda peer: (peer.say(packed), peer.flood(bytes(65536)))) as url, Client(allow_private=True) as client:
        assert client.fetch(url).body == b"hello"


@pytest.mark.parametrize(
    "begun", [gzip.compress(b"", mtime=0)[:10], b"\x1f\x8b\x08\x08" + bytes(6)], ids=["empty", "named"]
)
def test_a_packed_answer_without_content_is_bounded_too(begun: bytes) -> None:
    """Empty blocks, or a name, without end: no byte comes of them, so the packed ones are counted."""
    packed, more = OK + b"Content-Encoding: gzip\r\n\r\n" + begun, b"\1\0\0\xff\xff".replace(b"\1", b"\0") * 9_000
    act: Act = lambda peer: (peer.say(packed), peer.flood(more if begun[3] == 0 else b"x" * 65536))  # noqa: E731
    with serve(act) as url, Client(allow_private=True) as client, pytest.raises(FetchError, match="larger than"):
        client.fetch(url, max_bytes=1_000_000)


def test_redirects_share_one_deadline() -> None:
    """A chain of slow redirects lasts no longer than one slow answer."""

    def send_on(peer: Peer) -> None:
        peer.say(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nX: ")
        for _ in range(10):
            peer.say(b"x")
            peer.pause()
        peer.say(b"\r\nContent-Length: 0\r\n\r\n")

    with serve(send_on) as url, Client(allow_private=True, patience=SOON) as client, pytest.raises(HostAway):
        client.fetch(url)


def test_the_search_for_a_name_counts() -> None:
    """A name server that lets us wait is not waited for, and nothing is sent afterwards."""
    is_over, asked = threading.Event(), list[bytes]()

    def resolve(_host: str, _port: int) -> list[str]:
        is_over.wait()
        return ["127.0.0.1"]

    with serve(lambda peer: asked.append(b"")) as url:
        with Client(allow_private=True, patience=SOON, resolve=resolve) as client:
            with pytest.raises(HostAway):
                client.fetch(url.replace("127.0.0.1", "slow.example"))
            before = [thread for thread in threading.enumerate() if thread.name == "exchange"]
            is_over.set()
            for thread in before:
                thread.join()
        assert asked == []


def test_a_call_that_ran_out_of_time_before_it_was_sent_is_not_sent_later() -> None:
    """The connection hangs in the handshake: surely nothing was published, and it never will be."""
    with serve(lambda peer: peer.wait()) as url, Client(patience=SOON) as client:
        with pytest.raises(Unavailable) as caught:
            client.call("POST", url.replace("http:", "https:"), publishes=True, json={})
        assert not isinstance(caught.value, Uncertain)


def test_an_upload_has_more_time() -> None:
    """A file is on its way for longer than a question."""
    is_asked = threading.Event()

    def answer(peer: Peer) -> None:
        is_asked.wait()  # until the deadline of the question has passed
        peer.say(OK + b"Content-Length: 2\r\n\r\nok")

    with serve(answer) as url, Client(patience=SOON) as client, ThreadPoolExecutor() as pool:
        upload = pool.submit(client.call, "POST", url, content=b"a picture")
        with pytest.raises(Unavailable):
            client.call("POST", url, json={})
        is_asked.set()
        assert upload.result().body == b"ok"


BROKEN: dict[str, bytes] = {
    "no http": b"SSH-2.0-x\r\n\r\n",
    "nothing": b"",
    "half a header": OK + b"X: ",
    "a header of a megabyte": OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "an invalid header": OK + b"X\0Y: z\r\n\r\n",
    "a header that is no text": OK + b"X: \xff\xfe\r\nContent-Length: -5\r\n\r\n",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a length too great": OK + b"Content-Length: 99\r\n\r\nhello",
    "a length beyond numbers": OK + b"Content-Length: " + b"9" * 60 + b"\r\n\r\nhello",
    "a chunk cut": OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhello",
    "a chunk of nonsense": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello",
    "a chunk of beyond": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nhello",
    "no status": b"HTTP/1.1 abc OK\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + b"x" * 100,
    "packed nonsense": OK + b"Content-Encoding: gzip\r\n\r\nhello",
    "packed twice": OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"hello")),
    "packed by zstd": OK + b"Content-Encoding: zstd\r\n\r\n" + b"(\xb5/\xfd\x04X)\0\0hello",
}


@pytest.mark.parametrize("name", BROKEN)
def test_answers_that_are_none_cost_one_fetch(name: str) -> None:
    """Each is a FetchError or, where it can be read as one, an answer."""
    answer = BROKEN[name]
    with serve(lambda peer: peer.say(answer)) as url, Client(allow_private=True) as client, suppress(FetchError):
        assert client.fetch(url).status in range(100, 600)


@pytest.mark.parametrize("name", BROKEN)
def test_answers_that_are_none_leave_a_publishing_call_uncertain(name: str) -> None:
    """Only a whole answer proves anything."""
    with serve(lambda peer: peer.say(BROKEN[name])) as url, Client() as client, suppress(Uncertain):
        assert client.call("POST", url, publishes=True, json={}).status in range(100, 600)


LOCATIONS = (
    b"\xff\xfe\xfd", b"http://xn--/", b"http://xn--a/", b"http://a..example/", b"http://.example/", b"http://[",
    b"http://[::1%25eth0]/", b"http://" + b"a" * 300 + b".example/", b"http://a:99999/", b"http://a:-1/", b"http://a:x/",
    "http://127。0。0。1/".encode(), b"http://%31%32%37.0.0.1/", b"http://me:s3cret@10.0.0.1/",
    b"file:///etc/passwd", b"data:text/plain,x", b"//", b"http:", b"\xf0\x9f\x92\xa9:", b"http://\xc3\x9f\xe2\x80\x8d/",
    b"http://169.254.169.254/latest/meta-data/", b"http://metadata.invalid/", b"http://[::ffff:7f00:1]/",
    b"http://xn--\xf0\x9f\x92\xa9/", b"http://" + b"xn--" * 70 + b"/",
)  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: repr(location[:30]))
def test_no_redirect_leads_anywhere_else(location: bytes) -> None:
    """Impossible hosts, other schemes and private addresses: each costs the one fetch, in words without a password."""
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    visits = list[Peer]()

    def resolve(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host == "start.example" else []

    def send_on(peer: Peer) -> None:
        visits.append(peer)
        peer.say(answer)

    refused = pytest.raises(FetchError)
    with serve(send_on) as url, Client(allow_private=True, resolve=resolve) as client, refused as caught:
        client.fetch(url.replace("127.0.0.1", "start.example"))
    assert "s3cret" not in str(caught.value)
    assert len(visits) in {1, 6}  # where it is a path, it leads to the same server, five times


@pytest.mark.parametrize("error", [ValueError, AssertionError, RecursionError, MemoryError, UnicodeError, KeyError])
def test_whatever_goes_wrong_costs_one_exchange(error: type[Exception]) -> None:
    """An error nobody foresaw on the way is this fetch's alone."""

    def resolve(_host: str, _port: int) -> list[str]:
        raise error

    with Client(resolve=resolve) as client, pytest.raises(FetchError):
        client.fetch("http://a.example/")


class Odd:
    """A header's value that nobody can send."""

    def __str__(self) -> str:
        raise AssertionError


def test_what_goes_wrong_before_sending_was_not_sent() -> None:
    """Also where nobody foresaw it: never "perhaps published"."""
    with Client() as client, pytest.raises((ConfigError, Unavailable)) as caught:
        client.call("POST", "http://127.0.0.1:9/", publishes=True, headers={"X": Odd()})  # type: ignore[dict-item]
    assert not isinstance(caught.value, Uncertain)
