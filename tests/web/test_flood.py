"""Visitors that hold connections: a real `run --serve` with few descriptors goes on publishing and delivering."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from syndicate.app.app import App
from syndicate.web import make_app
from syndicate.web.dashboard.sessions import make_ticket
from syndicate.web.server import (
    EXCHANGE_TIME,
    READ_AT_ONCE,
    REQUEST_TIME,
    Connection,
    Listener,
    OncePerHour,
    Server,
    choose_most,
    configure,
    listen,
)
from tests.formats.samples import settings
from tests.web.serving import everything

CONFIG = """
[site]
title = "Notes"
url = "https://blog.example"
[cards]
fetch = false
[schedule]
grace = "1d"
[accounts.timeline]
network = "local"
"""
POST = '---\ntitle: "{title}"\ndate: {date}\n---\nWords.\n'
DESCRIPTORS = 96
CROWD = 2_000


@dataclass(frozen=True)
class Small:
    """A server that keeps few connections, in this process."""

    server: Server
    listener: Listener

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def list_connections(self) -> list[Connection]:
        return [one for one in set(self.server.server_state.connections) if isinstance(one, Connection)]

    def age(self, seconds: float) -> None:
        """As if so much time had gone since each exchange began."""
        for one in self.list_connections():
            one.began -= seconds


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    (tmp_path / "rss.xml").write_bytes(b"<rss/>")
    with listen("127.0.0.1", 0) as listener:
        listener.most = 8
        server = Server(configure(make_app(str(tmp_path), settings(), is_published=everything)), listener)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Small(server, listener)
        server.should_exit = True
        thread.join()


def test_a_new_visitor_takes_the_place_of_who_waits_longest(small: Small) -> None:
    """However many half-sent requests there are, few are kept, and a whole one is answered."""
    crowd = [ask_half(small.port) for _ in range(40)]
    assert httpx.get(f"http://127.0.0.1:{small.port}/feeds/rss.xml").status_code == 200
    assert len(small.list_connections()) <= 10
    for one in crowd:
        one.close()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /feeds/rss.xml HT",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\nX-Drip: ",
        b"POST /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc",
        b"GET /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\n\r\nGET /feeds/ato",
    ],
)
def test_a_request_has_to_come_whole(small: Small, begun: bytes) -> None:
    """Nothing, half a head, half a body, and half of the next request: each is closed when its time is over."""
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as visitor:
        visitor.sendall(begun)
        until(small.list_connections)
        small.age(REQUEST_TIME + 1)
        until(lambda: not small.list_connections())


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_request_without_end_is_cut_off(small: Small, method: bytes) -> None:
    """Tiny chunks are slow to read: few bytes are taken at a time, and no more than a request may have."""
    head = method + b" /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as visitor:
        visitor.sendall(head)
        until(small.list_connections)
        assert small.list_connections()[0].transport.max_size == READ_AT_ONCE
        with pytest.raises(OSError, match=r"reset|pipe"):
            send_for_ever(visitor, b"1\r\na\r\n" * 1000)
        until(lambda: not small.list_connections())
    assert httpx.get(f"http://127.0.0.1:{small.port}/feeds/rss.xml").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"X: a\r\n" * 4_000,
        b"X: " + b"a" * 40_000 + b"\r\n",
        b"Host: localhost\r\nHost: blog.example\r\n",
        b"X : a\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ],
    ids=["headers without end", "a header without end", "two hosts", "a space in a name", "two lengths"],
)
def test_a_head_has_to_be_a_small_and_valid_one(small: Small, head: bytes) -> None:
    """What is not is answered 400, and the connection ends."""
    assert ask(small, b"GET /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n").startswith("HTTP/1.1 400")


def test_every_request_names_its_host(small: Small) -> None:
    """Without one it is answered 400; only HTTP/1.0 knew none."""
    assert ask(small, b"GET /feeds/rss.xml HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 400")
    assert ask(small, b"GET /feeds/rss.xml HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 200")


def test_who_asks_for_another_protocol_is_answered_in_this_one(small: Small) -> None:
    """Some clients ask so with every first request; the connection ends, as nothing after it would be read."""
    upgrade = (
        b"Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    )
    answer = ask(small, b"GET /feeds/rss.xml HTTP/1.1\r\n" + upgrade)
    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("<rss/>")


def ask(small: Small, request: bytes) -> str:
    """All that comes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as visitor:
        visitor.sendall(request)
        parts = []
        with suppress(ConnectionResetError):  # where it left something unread
            while part := visitor.recv(65_536):
                parts.append(part)
    return b"".join(parts).decode()


def test_an_answer_has_to_be_fetched(small: Small, tmp_path: Path) -> None:
    """Who asks for much and reads nothing is closed, later than who asks for nothing."""
    (tmp_path / "rss.xml").write_bytes(b"x" * 30_000_000)
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as visitor:
        visitor.sendall(b"GET /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: small.server.server_state.total_requests)
        small.age(REQUEST_TIME + 1)
        assert not small.list_connections()[0].is_late(small.list_connections()[0].began + EXCHANGE_TIME - 1)
        small.age(EXCHANGE_TIME)
        until(lambda: not small.list_connections())


def test_most_of_the_descriptors_stay_ours() -> None:
    """Visitors get a quarter, whatever the limit; a limit of a million is not taken at its word."""
    assert [choose_most(number) for number in (16, 64, 256, 1024, 1_000_000)] == [8, 16, 64, 256, 512]


def test_what_strangers_cause_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """A hundred broken requests are one line, another kind of trouble is another."""
    logger = logging.getLogger("test.flood")
    logger.addFilter(OncePerHour())
    for _ in range(100):
        logger.warning("Invalid HTTP request received.")
    logger.error("something else: %s", "a")
    assert [record.message for record in caplog.records] == ["Invalid HTTP request received.", "something else: a"]


@pytest.mark.slow
def test_half_sent_requests_stop_nothing(tmp_path: Path) -> None:
    """Under 2,000 of them a saved post is published and delivered, visitors are answered, and the log stays short."""
    posts = tmp_path / "content" / "posts"
    posts.mkdir(parents=True)
    (tmp_path / "syndicate.toml").write_text(CONFIG)
    (posts / "old.md").write_text(POST.format(title="Old", date="2026-01-01"))
    with running(tmp_path) as (port, log):
        until((tmp_path / "feeds" / "rss.xml").exists)
        crowd = [ask_half(port) for _ in range(CROWD)]
        try:
            (posts / "fresh.md").write_text(POST.format(title="Fresh", date=time.strftime("%Y-%m-%dT%H:%M:%SZ")))
            until(lambda: "Fresh" in read_timeline(tmp_path))
            answer = httpx.get(f"http://127.0.0.1:{port}/feeds/rss.xml")
            assert answer.status_code == 200
            assert "Fresh" in answer.text
        finally:
            for one in crowd:
                one.close()
    assert len(log.read_bytes()) < 4_000, log.read_text()


@pytest.mark.slow
def test_open_event_streams_stop_nothing(tmp_path: Path) -> None:
    """Nor do hundreds of pages of a browser that was let in, none of which reads what it hears."""
    posts = tmp_path / "content" / "posts"
    posts.mkdir(parents=True)
    (tmp_path / "syndicate.toml").write_text(CONFIG)
    with running(tmp_path) as (port, log):
        until((tmp_path / "feeds" / "rss.xml").exists)
        with App(tmp_path / "syndicate.toml") as app:
            entered = httpx.get(f"http://127.0.0.1:{port}/dashboard/enter", params={"key": make_ticket(app)})
        cookie = entered.headers["set-cookie"].partition(";")[0]
        crowd = [hear(port, cookie) for _ in range(CROWD // 4)]
        try:
            (posts / "fresh.md").write_text(POST.format(title="Fresh", date=time.strftime("%Y-%m-%dT%H:%M:%SZ")))
            until(lambda: "Fresh" in read_timeline(tmp_path))
            here = f"http://127.0.0.1:{port}"
            assert httpx.get(f"{here}/dashboard/list", headers={"Cookie": cookie}).status_code == 200
            assert httpx.get(f"{here}/feeds/rss.xml").status_code == 200
        finally:
            for one in crowd:
                one.close()
    assert len(log.read_bytes()) < 4_000, log.read_text()


def read_timeline(root: Path) -> list[str]:
    path = root / "feeds" / "timeline.json"
    return [item.get("title", "") for item in json.loads(path.read_bytes())["items"]] if path.exists() else []


def send_for_ever(one: socket.socket, data: bytes) -> None:
    while True:
        one.sendall(data)


def ask_half(port: int) -> socket.socket:
    """The beginning of a request, whose end never comes."""
    one = socket.create_connection(("127.0.0.1", port), timeout=10)
    one.sendall(b"GET /feeds/rss.xml HTTP/1.1\r\nHost: localhost\r\nX-")
    return one


def hear(port: int, cookie: str) -> socket.socket:
    """A page that asks for news and reads none."""
    one = socket.create_connection(("127.0.0.1", port), timeout=10)
    one.sendall(f"GET /dashboard/events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    return one


def until(is_done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def running(root: Path) -> Iterator[tuple[int, Path]]:
    """`run --serve` with few descriptors; its port, and its log."""
    log = root / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", f"ulimit -n {DESCRIPTORS}; exec {sys.executable} -m syndicate run --serve --port 0"],
            cwd=root,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            until(lambda: b"serving on" in log.read_bytes() or process.poll() is not None)
            found = re.search(r"serving on http://127\.0\.0\.1:(\d+)", log.read_text())
            assert found, log.read_text()
            yield int(found[1]), log
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0, log.read_text()
