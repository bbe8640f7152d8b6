"""Without a password the dashboard opens to an address that works once, and to nobody else on the machine."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from syndicate.app.app import App
from syndicate.cli.daemon import _make_web
from syndicate.web.dashboard import make_dashboard, open_door
from syndicate.web.dashboard.sessions import make_ticket
from syndicate.web.server import find_server, told_where
from tests.journeys.blog import Blog
from tests.web.browsing import Served, browse, enter, serve
from tests.web.desk import Desk, find_token
from tests.web.serving import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve("", tmp_path_factory.mktemp("feeds"))


@pytest.fixture
def desk(served: Served) -> Desk:
    served.desk.begin_another_day()
    return served.desk


@pytest.fixture
def outside(served: Served, desk: Desk) -> Iterator[httpx.Client]:
    yield from browse(served.address)


def test_nothing_is_shown_to_other_users_of_the_machine(outside: httpx.Client, desk: Desk) -> None:
    """Pages lead to a sentence on how to get in, forms change nothing."""
    for path in ("/", "/post/hello", "/nothing"):
        answer = outside.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/login")
    page = outside.get("/login").text
    assert "syndicate token --browser" in page
    assert "hello" not in page
    assert "<form" not in page
    assert outside.post("/act", data={"token": "x", "action": "hold", "number": "7"}).status_code == 403
    assert outside.post("/login", data={"token": "x", "password": ""}).status_code == 403
    assert desk.states() == {7: "planned"}


def test_every_route_needs_a_session(outside: httpx.Client, desk: Desk) -> None:
    """But for the ways in, the way back from a network, style sheet and script: those of tomorrow, too."""
    door = open_door(desk.app, listening="127.0.0.1", password="")
    assert door
    gate = make_dashboard(desk.app, door)
    found = set()
    for route in gate._app.routes:
        path = re.sub(r"{(\w+)(:\w+)?}", lambda name: {"number": "7"}.get(name[1], "timeline"), route.path)
        for method in route.methods - {"HEAD"}:
            answer = outside.request(method, path, data={"token": "x"} if method == "POST" else None)
            is_led_away = (answer.status_code, answer.headers.get("location")) == (303, "/dashboard/login")
            if not is_led_away and 'id="stale"' not in answer.text:
                found.add(f"{method} {path}")
    assert found == {"GET /login", "POST /login", "GET /enter", "GET /back", "GET /desk.css", "GET /desk.js"}
    assert desk.states() == {7: "planned"}


def test_an_address_opens_one_session_once(outside: httpx.Client, served: Served, desk: Desk) -> None:
    """The cookie lasts 30 days and is for this path and browser alone; a second visit gets nothing."""
    ticket = make_ticket(desk.app)
    answer = outside.get("/enter", params={"key": ticket})
    assert answer.headers["location"] == "/dashboard/"
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/dashboard", "Max-Age=2592000"} < set(cookie.split("; "))
    assert "hello" in outside.get("/list").text
    for stranger in browse(served.address):
        answer = stranger.get("/enter", params={"key": ticket}, follow_redirects=True)
        assert "used already" in answer.text
        assert stranger.get("/").status_code == 303
    assert ticket not in repr(outside.cookies)


def test_a_session_ends_after_thirty_days_or_by_logging_out(outside: httpx.Client, desk: Desk) -> None:
    """On the server, whatever the browser still holds."""
    enter(outside, desk)
    desk.at += timedelta(days=29)
    token = find_token(outside.get("/").text)
    held = dict(outside.cookies)
    assert outside.post("/logout", data={"token": token}).status_code == 303
    outside.cookies.update(held)
    assert outside.get("/").status_code == 303
    enter(outside, desk)
    desk.at += timedelta(days=31)
    assert outside.get("/").status_code == 303


@pytest.mark.parametrize("key", ["", "x", "0" * 43, "é", "a" * 5_000])
def test_a_guessed_address_opens_nothing(outside: httpx.Client, desk: Desk, key: str) -> None:
    """Nor does one that is ten minutes old, one asked for by HEAD, or by another name than this machine's."""
    for answer in (
        outside.get("/enter", params={"key": key}),
        outside.head("/enter", params={"key": make_ticket(desk.app)}),
    ):
        assert (answer.headers["location"], "set-cookie" in answer.headers) == ("/dashboard/login?used", False)
    assert (
        outside.get("/enter", params={"key": make_ticket(desk.app)}, headers={"Host": "evil.example"}).status_code
        == 403
    )
    old = make_ticket(desk.app)
    desk.at += timedelta(minutes=10)
    assert "set-cookie" not in outside.get("/enter", params={"key": old}).headers


def test_a_session_survives_a_restart_and_stands_nowhere(tmp_path: Path) -> None:
    """The state holds digests: a new process takes the cookie, the database tells nobody what it is."""
    blog = Blog(tmp_path)
    blog.write("one")
    blog.run("publish")
    with App(blog.root / "syndicate.toml") as app, serving(_make_web(app, "127.0.0.1")) as address:
        ticket = make_ticket(app)
        cookies = httpx.get(f"{address}/dashboard/enter?key={ticket}").cookies
    with App(blog.root / "syndicate.toml") as app, serving(_make_web(app, "127.0.0.1")) as address:
        assert httpx.get(f"{address}/dashboard/", cookies=cookies).status_code == 200
        assert httpx.get(f"{address}/dashboard/").status_code == 303
    kept = b"".join(path.read_bytes() for path in (blog.root / ".syndicate").rglob("*") if path.is_file())
    assert not [one for one in (ticket, *cookies.values()) if one.encode() in kept]


def test_a_server_is_found_while_it_runs(tmp_path: Path) -> None:
    """A file that a dead server left behind names nobody: its lock is free."""
    path = tmp_path / "serve.lock"
    assert find_server(path) == ""
    with told_where(path, "http://127.0.0.1:8080"):
        assert find_server(path) == "http://127.0.0.1:8080"
        with told_where(path, "http://127.0.0.1:9090"):
            assert find_server(path) == "http://127.0.0.1:8080"
    assert path.read_text() == "http://127.0.0.1:8080"
    assert find_server(path) == ""


@pytest.mark.slow
def test_a_terminal_is_told_the_address_and_a_log_is_not(tmp_path: Path) -> None:
    """`run --serve` prints it to a person; a journal gets the command; `token --browser` prints another."""
    blog = Blog(tmp_path)
    with running(blog.root) as lines:
        address = find_address(lines)
        with httpx.Client(follow_redirects=True) as client:
            assert "Messages" in client.get(address).text
        log = tmp_path / "log"
        with log.open("wb") as out:
            told = subprocess.run([*COMMAND, "token", "--browser"], cwd=blog.root, stdout=out, stderr=out, check=False)
        assert told.returncode == 0, log.read_text()
        other = log.read_text().strip()
        assert other != address
        assert httpx.get(other).headers["location"] == "/dashboard/"
        assert httpx.get(other).headers["location"] == "/dashboard/login?used"
    after = subprocess.run([*COMMAND, "token", "--browser"], cwd=blog.root, capture_output=True, text=True, check=False)
    assert (after.returncode, after.stdout) == (2, "")
    assert "nothing serves this site now" in after.stderr


COMMAND = (sys.executable, "-m", "syndicate")


@contextmanager
def running(root: Path) -> Iterator[Iterator[str]]:
    """`run --serve` at a terminal; the lines it shows."""
    ours, its = pty.openpty()
    process = subprocess.Popen([*COMMAND, "run", "--serve", "--port", "0"], cwd=root, stdout=its, stderr=its)
    os.close(its)
    with closing(os.fdopen(ours, errors="replace")) as terminal:
        yield iter(terminal.readline, "")
        rest = threading.Thread(target=lambda: _drain(terminal.fileno()), daemon=True)
        rest.start()
        process.terminate()
        assert process.wait(timeout=30) == 0
        rest.join(10)


def _drain(terminal: int) -> None:
    """Read until the other end is closed, so that nobody waits to write."""
    try:
        while os.read(terminal, 1024):
            pass
    except OSError:
        return


def find_address(lines: Iterator[str]) -> str:
    return next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+/dashboard/enter\S+", line)))
