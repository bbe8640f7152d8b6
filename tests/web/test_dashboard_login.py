"""Who gets in: the login of the dashboard, and where it is shown at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from syndicate.app.dashboard import read_password
from syndicate.errors import ConfigError
from syndicate.web.dashboard import open_door
from syndicate.web.dashboard.security import Door, is_loopback, list_names, name_cookie
from syndicate.web.dashboard.sessions import LOGIN_LASTS, Sessions
from tests.formats.samples import settings
from tests.web.browsing import Served, browse, fields, serve
from tests.web.desk import Desk, find_token

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(PASSWORD, tmp_path_factory.mktemp("feeds"))


@pytest.fixture
def desk(served: Served) -> Desk:
    """The desk behind the test's browser, on a day of its own."""
    served.desk.begin_another_day()
    return served.desk


@pytest.fixture
def outside(served: Served, desk: Desk) -> Iterator[httpx.Client]:
    """A browser that is not logged in."""
    yield from browse(served.address)


def log_in(client: httpx.Client, password: str = PASSWORD, **headers: str) -> httpx.Response:
    token = find_token(client.get("/login").text)
    return client.post("/login", data={"token": token, "password": password}, headers=headers)


def test_nothing_is_shown_before_the_login(outside: httpx.Client, desk: Desk) -> None:
    """Every page leads to the login, a form changes nothing, and the login tells nothing of the outbox."""
    for path in ("/", "/post/hello", "/nothing"):
        answer = outside.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/login")
    token = find_token(outside.get("/login").text)
    assert outside.post("/act", data={"token": token, "action": "hold", "number": "7"}).status_code == 403
    assert desk.states() == {7: "planned"}
    assert "hello" not in outside.get("/login").text


def test_the_password_opens_a_session(outside: httpx.Client, desk: Desk) -> None:
    """The cookie is for this path and browser alone; logging out ends it on the server."""
    answer = log_in(outside)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/dashboard"} < set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "hello" in outside.get("/list").text
    assert outside.post("/act", data=fields(outside)).status_code == 303
    assert desk.states() == {7: "held"}
    outside.post("/logout", data=fields(outside))
    assert outside.get("/").status_code == 303


def test_the_cookie_is_secure_behind_tls(outside: httpx.Client) -> None:
    """A proxy on this machine that speaks TLS says so."""
    assert "Secure" in log_in(outside, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]


def test_a_token_from_before_the_login_is_void(outside: httpx.Client, desk: Desk) -> None:
    """Anybody may read the login's token, so no session takes it."""
    token = find_token(outside.get("/login").text)
    log_in(outside)
    assert outside.post("/act", data=fields(outside, token=token)).status_code == 403
    assert desk.states() == {7: "planned"}


def test_a_session_ends(outside: httpx.Client, desk: Desk) -> None:
    """After twelve hours the password is asked for again; a made-up cookie never opens."""
    log_in(outside)
    desk.at += timedelta(hours=11)
    assert outside.get("/").status_code == 200
    desk.at += timedelta(hours=1)
    assert outside.get("/").status_code == 303
    outside.cookies.set(name_cookie(desk.app.settings), "x" * 43, path="/dashboard")
    assert outside.get("/").status_code == 303


def test_words_outlive_the_session(outside: httpx.Client, desk: Desk) -> None:
    """A form that comes after the session has ended, or from before the last login, shows what was written in it."""
    log_in(outside)
    form = fields(outside, action="edit", value="Long <b>words</b>", alt="And more", back="/message/7")
    desk.at += timedelta(days=1)
    answer = outside.post("/act", data=form)
    assert answer.status_code == 403
    assert "You are logged out" in answer.text
    assert "Long &lt;b&gt;words&lt;/b&gt;</textarea>" in answer.text
    assert "And more</textarea>" in answer.text
    log_in(outside)
    answer = outside.post("/act", data=form)
    assert (answer.status_code, "from before your last login" in answer.text) == (403, True)
    assert 'href="/dashboard/message/7"' in answer.text
    assert desk.states() == {7: "planned"}


def test_who_logged_in_before_is_never_locked_out(outside: httpx.Client, served: Served, desk: Desk) -> None:
    """Neither by a hundred strangers, nor by one at the same address: the browser is known, the address as well."""
    home = {"X-Forwarded-For": "10.9.9.9"}
    log_in(outside, **home)
    with contextmanager(browse)(served.address) as stranger:
        form = {"token": find_token(stranger.get("/login").text), "password": "wrong"}
        for number in range(100):
            stranger.post("/login", data=form, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for _ in range(5):
            stranger.post("/login", data=form, headers=home)
        assert log_in(stranger, **{"X-Forwarded-For": "10.1.1.1"}).headers["retry-after"] == "300"
        assert log_in(stranger, **home).headers["retry-after"] == "60"
        outside.post("/logout", data=fields(outside))
        assert log_in(outside, **home).status_code == 303
        desk.at += timedelta(minutes=2)
        assert log_in(stranger, **home).status_code == 303


def test_what_a_browser_holds_ends_with_the_password(desk: Desk) -> None:
    """Sessions and known browsers of one password are nothing under another, nor without one."""
    app = desk.app
    session, browser = (Sessions(app, PASSWORD).open(LOGIN_LASTS), Sessions(app, PASSWORD).remember("10.0.0.1"))
    assert Sessions(app, PASSWORD).is_open(session)
    assert Sessions(app, PASSWORD).find_known(browser, "") == browser
    for other in ("", "another password"):
        assert not Sessions(app, other).is_open(session)
        assert Sessions(app, other).find_known(browser, "10.0.0.1") == ""


def test_guessing_is_slow(outside: httpx.Client, desk: Desk) -> None:
    """Five wrong passwords, and even the right one has to wait five minutes."""
    for wrong in ("", "x", "Correct horse battery", "correct horse battery ", "é"):
        answer = log_in(outside, wrong)
        assert (answer.headers["location"], "set-cookie" in answer.headers) == ("/dashboard/login?wrong", False)
        assert "That is not the password." in outside.get("/login?wrong").text
    answer = log_in(outside)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
    desk.at += timedelta(minutes=6)
    assert log_in(outside).status_code == 303


def test_many_addresses_guess_no_faster(outside: httpx.Client) -> None:
    """Fifty wrong passwords from anywhere close the login for everybody who is not in yet."""
    form = {"token": find_token(outside.get("/login").text), "password": "wrong"}
    for number in range(50):
        answer = outside.post("/login", data=form, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        assert answer.status_code == 303
    assert log_in(outside, **{"X-Forwarded-For": "10.0.1.1"}).status_code == 429


# --- where it listens -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("blog.example", False),
        ("", False),
    ],
)
def test_others_need_a_password(desk: Desk, host: str, *, loopback: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Where others reach the server, there is a dashboard only with a password; the log says so."""
    assert is_loopback(host) == loopback
    with caplog.at_level(logging.WARNING, "syndicate"):
        assert (open_door(desk.app, listening=host, password="") is not None) == loopback
    assert ("SYNDICATE_DASHBOARD_PASSWORD" in caplog.text) != loopback
    assert open_door(desk.app, listening=host, password=PASSWORD) is not None


def test_names_are_those_of_site_and_server() -> None:
    """The site's host, the feeds' host, and the name it listens on."""
    site = replace(settings().site, url="https://Blog.example", feeds_url="https://feeds.example/x")
    assert list_names(site, "desk.example") == {"blog.example", "feeds.example", "desk.example"}


def test_the_password_is_nowhere() -> None:
    """Neither password nor key is part of what is printed of the door, and no password fits an open one."""
    locked, unlocked = (Door(frozenset(), word, b"k" * 32) for word in (PASSWORD, ""))
    assert PASSWORD not in repr(locked)
    assert "kkk" not in repr(locked)
    assert locked.fits(PASSWORD)
    assert not unlocked.fits("")


def test_the_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """The variable wins; a file may end with a line end; neither means none."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    file = {"SYNDICATE_DASHBOARD_PASSWORD_FILE": str(path)}
    assert read_password({}) == ""
    assert read_password(file) == PASSWORD
    assert read_password(file | {"SYNDICATE_DASHBOARD_PASSWORD": "another one"}) == "another one"


@pytest.mark.parametrize(
    ("content", "where"), [(None, "_FILE"), (b"", "_FILE"), (b"\xff\xfe", "_FILE"), (b"short", "PASSWORD")]
)
def test_a_bad_password_is_refused_at_the_start(tmp_path: Path, content: bytes | None, where: str) -> None:
    """A file that is missing, empty or no text, or a short password, is an error, never an open door."""
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read_password({"SYNDICATE_DASHBOARD_PASSWORD_FILE": str(path)})
    assert raised.value.where.endswith(where)
