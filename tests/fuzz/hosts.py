"""Answers of hostile hosts, byte by byte on a loopback socket, to those who ask: pictures, pages, hubs."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from syndicate.app.hubs import Ping, fetch_visible, submit_indexnow, tell_hub
from syndicate.cards.photo import read_facts
from syndicate.http import Client
from syndicate.model import Picture
from syndicate.pages import check_page, find_sign_of_life
from syndicate.pictures import find_pictures, read_picture
from syndicate.store.cache import open_cache
from tests.fuzz import address_guard
from tests.fuzz.pictures import PICTURES
from tests.fuzz.target import Check, Target
from tests.fuzz.words import CONTROLS, WORDS, addresses
from tests.networks.case import NOW

_PATIENCE = timedelta(seconds=0.3)


@dataclass(frozen=True, slots=True)
class Script:
    """What a server says: pieces with a pause before each, and how it ends."""

    pieces: tuple[bytes, ...]
    pause: float = 0
    resets: bool = False
    repeats: bool = False
    """The last piece again and again until the client leaves."""


_bodies = st.one_of(
    st.binary(max_size=300),
    PICTURES.inputs,
    st.sampled_from(
        (b"", b"<title>A</title>", b'<link rel="canonical" href="http://[">', b"<![<" * 99, b"A" * 9_000_000)
    ),
    st.sampled_from(
        (
            gzip.compress(b"A" * 30_000_000, 1),
            zlib.compress(b"A" * 30_000_000, 1),
            gzip.compress(b"A")[:9],
            gzip.compress(gzip.compress(b"A" * 999)),
        )
    ),
)
_raw = st.one_of(
    st.sampled_from((*WORDS, *CONTROLS)).map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=12)
)
_lines = st.one_of(
    st.sampled_from(
        (b"HTTP/1.1 200 OK", b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 404 x", b"HTTP/1.0 200", b"HTTP/2 200", b"HTTP/1.1 999 x", b"HTTP/1.1 000 x",
         b"HTTP/1.1 99999999 x", b"HTTP/1.1 -1 x", b"HTTP/1.1", b"ICY 200 OK", b"", b"HTTP/1.1 200 \x1b[2J", b"HTTP/1.1 429 x", b"HTTP/1.1 503 x",
         b"HTTP/1.1 204 x", b"HTTP/1.1 206 x", b"HTTP/1.1 302 x", b"HTTP/1.1 307 x", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
         b"HTTP/1.1 103 x\r\nLink: a\r\n\r\n" * 30 + b"HTTP/1.1 200 OK", b"HTTP/1.1 101 Switching Protocols", b"\x16\x03\x01\x02\0")
    ),
    _raw,
)  # fmt: skip
_headers = st.lists(
    st.one_of(
        st.sampled_from(
            (b"Content-Type: image/jpeg", b"Content-Type: text/html; charset=\x00", b"Content-Type: text/html; charset=utf-7", b"Content-Length: 3",
             b"Content-Length: 99999999999", b"Content-Length: -1", b"Content-Length: 3, 4", b"Content-Length: 0x3", b"Content-Encoding: gzip",
             b"Content-Encoding: br", b"Content-Encoding: deflate", b"Content-Encoding: zstd", b"Content-Encoding: gzip, gzip, gzip, gzip", b"Content-Encoding: x",
             b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip", b"Connection: upgrade", b"Upgrade: h2c",
             b"Cache-Control: max-age=" + b"9" * 5000, b"Cache-Control: max-age=-1", b"Cache-Control: max-age=\xc2\xb2", b"Cache-Control: max-age=99999999999",
             b"ETag: \"\x1b\"", b"ETag: " + b"a" * 60_000, b"Last-Modified: x", b"Expires: 0", b"Retry-After: 99999999999999", b"Retry-After: x",
             b"Set-Cookie: a=b", b" folded", b":", b"a", b"a: \0", b"A" * 200_000 + b": b", b"Location:", b"Location: http://[", b"Location: //",
             b"Location: /", b"Location: file:///etc/passwd", b"Location: http://xn--/", b"Location: http://10.0.0.1/", b"Location: \xff")
        ),
        addresses.map(lambda url: b"Location: " + url.encode("utf-8", "surrogatepass")),
        st.tuples(_raw, _raw).map(b": ".join),
    ),
    max_size=6,
)  # fmt: skip


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


_framed = st.one_of(
    _bodies,
    _bodies.map(_chunk),
    st.sampled_from(
        (
            b"ffffffffffffffffff\r\n",
            b"-1\r\na",
            b"3;" + b"x" * 99_999 + b"\r\nabc\r\n0\r\n\r\n",
            b"3\r\nabcd",
            b"0\r\na: b\r\n" * 999,
        )
    ),
)
_answers = st.tuples(_lines, _headers, st.sampled_from((b"\r\n\r\n", b"\n\n", b"\r\n", b"")), _framed).map(
    lambda parts: (b"\r\n".join((parts[0], *parts[1])) + parts[2], parts[3])
)
_scripts = st.one_of(
    st.builds(Script, _answers, resets=st.booleans()),
    st.builds(Script, _answers.map(lambda parts: (parts[0][:1], parts[0][1:], *parts[1:])), resets=st.booleans()),
    st.builds(lambda parts: Script((parts[0], b"a"), pause=0.02, repeats=True), _answers),
    st.builds(
        lambda pieces: Script(pieces, pause=0.02, repeats=True),
        st.sampled_from(
            ((b"H", b"T"), (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"), (b"HTTP/1.1 100 x\r\n\r\n",), (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
             (b"",), (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a"), (b"HTTP/1.1 200 OK\r\na: ", b"b"))
        ),
    ),
)  # fmt: skip


class RawHost:
    """A server that plays the script it was given to whoever connects, without reading more than a little."""

    def __init__(self) -> None:
        self.script = Script(())
        self._server = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._play, args=(connection, self.script), daemon=True).start()

    def _play(self, connection: socket.socket, script: Script) -> None:
        with connection, suppress(OSError):
            connection.settimeout(3)
            connection.recv(65_536)
            for piece in script.pieces:
                time.sleep(script.pause)
                connection.sendall(piece)
            ends = time.monotonic() + 3
            while script.repeats and script.pieces and time.monotonic() < ends:
                time.sleep(script.pause)
                connection.sendall(script.pieces[-1] or b"\r\n")
            if script.resets:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _ask(http: Client, url: str, folder: str) -> Sequence[str]:
    """Everything that asks strangers, once each; what they are told in words."""
    ping = Ping(f"{url}/hub", "https://blog.example/feeds/rss.xml", "d")
    with open_cache(f"{folder}/cache.db") as cache:
        picture = Picture(f"{url}/a.jpg")
        found = find_pictures([picture], http=http, cache=cache, now=NOW, describe=read_facts)[picture.url]
        assert bool(found.digest) != bool(found.reason), "neither a picture nor a reason"
        read_picture(found, cache)
        again = find_pictures([picture], http=http, cache=cache, now=NOW + timedelta(days=40), describe=read_facts)
        told = [found.reason, again[picture.url].reason]
    told += [check_page(http, f"{url}/a/", "A"), find_sign_of_life(http, f"{url}/a/")]
    told += [*tell_hub(http, [ping], patience=_PATIENCE).values()]
    told += [submit_indexnow(http, "blog.example", "k", [f"{url}/a/"], endpoint=f"{url}/indexnow")]
    fetch_visible(http, f"{url}/feeds/rss.xml")
    return told


@contextmanager
def open_host() -> Iterator[Check]:
    host = RawHost()
    with (
        address_guard.allow(host.url),
        Client(allow_private=True, patience=_PATIENCE) as http,
        TemporaryDirectory() as folder,
    ):
        rounds = 0

        def check(script: Script) -> None:
            """Each exchange ends in its time with a value; nobody else is asked."""
            nonlocal rounds
            rounds += 1
            host.script = script
            address_guard.asked.clear()
            began = time.monotonic()
            told = _ask(http, f"{host.url}/{rounds}", folder)
            assert time.monotonic() - began < 7 * 3 * _PATIENCE.total_seconds() + 8, "an exchange outlived its deadline"
            assert all(len(one) < 1000 for one in told), "a remark longer than a remark"

        yield check
    host.close()


HOSTS = Target(name="hosts", inputs=_scripts, open=open_host, longest=30, memory=700)
