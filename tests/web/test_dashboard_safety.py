"""The dashboard under a hostile browser, a hostile site in the next tab, and hostile content."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from syndicate.app.dashboard import read_password
from syndicate.app.reports import AccountRow
from syndicate.errors import ConfigError, StateError
from syndicate.model import Problem, State
from syndicate.web import make_app
from syndicate.web.dashboard import open_dashboard
from syndicate.web.guard import Door, find_refusal, is_loopback, list_names
from tests.formats.samples import settings
from tests.web.desk import MESSAGE, MemoryDesk, Page, delivery, find_token, sent
from tests.web.serving import serving

PASSWORD = "correct horse battery"
HERE = {"host": "localhost:8080"}
OWN = {"host": "localhost:8080", "origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}
OPEN = Door(frozenset({"blog.example"}), "", b"k" * 32)
LOCKED = Door(frozenset({"blog.example"}), PASSWORD, b"k" * 32)


@dataclass(frozen=True)
class Served:
    desk: MemoryDesk
    address: str


@pytest.fixture(scope="module")
def served_openly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve("", tmp_path_factory.mktemp("feeds"))


@pytest.fixture(scope="module")
def served_locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(PASSWORD, tmp_path_factory.mktemp("feeds"))


def serve(password: str, root: Path) -> Iterator[Served]:
    desk = MemoryDesk()
    dashboard = open_dashboard(desk, listening="127.0.0.1", password=password)
    with serving(make_app(str(root), desk.settings, dashboard)) as address:
        yield Served(desk, address)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> MemoryDesk:
    """The desk behind the test's browser, on a day of its own."""
    name = "served_locked" if "outside" in request.fixturenames else "served_openly"
    desk: MemoryDesk = request.getfixturevalue(name).desk
    desk.begin_another_day()
    return desk


@pytest.fixture
def client(served_openly: Served, desk: MemoryDesk) -> Iterator[httpx.Client]:
    yield from browse(served_openly.address)


@pytest.fixture
def outside(served_locked: Served, desk: MemoryDesk) -> Iterator[httpx.Client]:
    """A browser at a dashboard with a password."""
    yield from browse(served_locked.address)


def browse(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/dashboard", headers={"Origin": address}) as client:
        yield client


def log_in(client: httpx.Client, password: str = PASSWORD, **headers: str) -> httpx.Response:
    token = find_token(client.get("/login").text)
    return client.post("/login", data={"token": token, "password": password}, headers=headers)


def fields(client: httpx.Client, **more: str) -> dict[str, str]:
    return {"token": find_token(client.get("/").text), "action": "hold", "number": "7"} | more


# --- walls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "open_answers", "locked_answers"),
    [
        ("localhost:8080", True, True),
        ("LOCALHOST", True, True),
        ("127.0.0.1:8080", True, True),
        ("127.8.9.1", True, True),
        ("[::1]:8080", True, True),
        ("blog.example", False, True),
        ("BLOG.example:443", False, True),
        ("192.168.1.5:8080", False, True),
        ("[fe80::1]", False, True),
        ("evil.example", False, False),
        ("localhost.evil.example", False, False),
        ("blog.example.evil.example", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("evil.example@localhost", False, False),
        ("localhost/evil.example", False, False),
        ("[::1", False, False),
        ("", False, False),
    ],
)
def test_only_known_names_are_answered(host: str, *, open_answers: bool, locked_answers: bool) -> None:
    """A rebound DNS name is refused always; others than this machine's names need the password."""
    assert (find_refusal("GET", {"host": host}, OPEN) == "") == open_answers
    assert (find_refusal("GET", {"host": host}, LOCKED) == "") == locked_answers


@pytest.mark.parametrize("mark", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"])
def test_a_proxy_needs_a_password(mark: str) -> None:
    """Whoever stands behind a proxy is not this machine, even where Host says so."""
    assert "password" in find_refusal("GET", {**HERE, mark: "1.2.3.4"}, OPEN)
    assert find_refusal("GET", {**HERE, mark: "1.2.3.4"}, LOCKED) == ""


@pytest.mark.parametrize(
    ("method", "headers", "is_welcome"),
    [
        ("GET", {}, True),
        ("GET", {"sec-fetch-site": "none"}, True),
        ("GET", {"sec-fetch-site": "same-origin", "sec-fetch-dest": "image"}, True),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, True),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, False),
        ("HEAD", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, False),
        ("POST", {"origin": "http://localhost:8080"}, True),
        ("POST", {"sec-fetch-site": "same-origin"}, True),
        ("POST", {"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}, True),
        ("POST", {"origin": "https://localhost:8080"}, True),
        ("POST", {}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {"origin": "http://localhost:8081"}, False),
        ("POST", {"origin": "http://evil.example"}, False),
        ("POST", {"origin": "http://localhost:8080.evil.example"}, False),
        ("POST", {"origin": "file://localhost:8080"}, False),
        ("POST", {"origin": "http://localhost:8080", "sec-fetch-site": "same-site"}, False),
        ("POST", {"origin": "http://localhost:8080", "sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("DELETE", {}, False),
    ],
)
def test_only_our_own_pages_send_forms(method: str, headers: dict[str, str], *, is_welcome: bool) -> None:
    """Another site may link here, and nothing else: no frame, script or form of its own."""
    assert (find_refusal(method, {**HERE, **headers}, OPEN) == "") == is_welcome


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403)],
)
def test_refused_forms_change_nothing(
    client: httpx.Client, desk: MemoryDesk, headers: dict[str, str], status: int
) -> None:
    """The walls stand before the forms of the real server, even with the right token."""
    form = fields(client)
    assert client.post("/act", data=form, headers=headers).status_code == status
    assert desk.done == []
    assert client.post("/act", data=form).status_code == 303
    assert desk.done == [("hold", 7, "")]


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_a_form_needs_its_token(client: httpx.Client, desk: MemoryDesk, token: str) -> None:
    """None, a wrong one, and one of another start are refused on every form."""
    form = {"token": token, "action": "hold", "number": "7", "account": "a"}
    for path in ("/act", "/resume", "/login", "/logout"):
        assert client.post(path, data=form).status_code == 403
    assert desk.done == []


def test_tokens_belong_to_a_start_and_a_session() -> None:
    """Another start, or another session, has other tokens."""
    other = replace(OPEN, key=b"x" * 32)
    assert len({OPEN.make_token(""), OPEN.make_token("a"), other.make_token(""), other.make_token("a")}) == 4


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"token=a", "text/plain", 415),
        (b"token=a", "multipart/form-data; boundary=x", 415),
        (b'{"token": "a"}', "application/json", 415),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=%00", "application/x-www-form-urlencoded", 400),
        (b"a=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(20)), "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded; charset=utf-8", 403),
    ],
)
def test_odd_bodies_are_refused(client: httpx.Client, body: bytes, kind: str, status: int) -> None:
    """Other types, too much, broken UTF-8, control characters, too many fields."""
    assert client.post("/act", content=body, headers={"Content-Type": kind}).status_code == status


@pytest.mark.parametrize(
    "form",
    [
        {"action": "destroy"},
        {"action": ""},
        {"number": ""},
        {"number": "-1"},
        {"number": "7e1"},
        {"number": "٧"},
        {"number": "9" * 30},
        {"action": "settle_sent", "value": ""},
        {"action": "settle_sent", "value": "javascript:alert(1)"},
        {"action": "settle_sent", "value": "https://"},
        {"action": "settle_sent", "value": "https://[::1"},
        {"action": "settle_sent", "value": "https://a.example/a b"},
        {"action": "settle_sent", "value": "https://a.example/" + "x" * 2048},
    ],
)
def test_what_no_form_sends_is_an_error(client: httpx.Client, desk: MemoryDesk, form: dict[str, str]) -> None:
    """Unknown actions, odd numbers and addresses that are none come back as a sentence; nothing is done."""
    answer = client.post("/act", data=fields(client, **form), follow_redirects=True)
    assert 'role="alert"' in answer.text
    assert desk.done == []


def test_get_changes_nothing(client: httpx.Client, desk: MemoryDesk) -> None:
    """A link to a form's address does nothing."""
    assert client.get("/act", params=fields(client)).status_code == 405
    assert client.get("/logout").status_code == 405
    assert desk.done == []


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/login", {}, 303),
        ("/post/hello", {}, 200),
        ("/post/other", {}, 404),
        ("/nothing", {}, 404),
        ("/act", {}, 405),
        ("/", {"Host": "evil.example"}, 403),
    ],
)
def test_every_answer_is_guarded(client: httpx.Client, path: str, headers: dict[str, str], status: int) -> None:
    """Pages, redirects and errors: no script, frame, cache, referrer or sniffing."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    check_headers(answer)


def check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'"} < set(policy)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StateError("the database is locked", hint="wait"), "The database is locked: wait.\n"),
        (KeyError("secret"), "Something broke.\n"),
    ],
)
def test_what_breaks_is_said_without_entrails(
    client: httpx.Client, desk: MemoryDesk, error: Exception, words: str
) -> None:
    """Our own errors are sentences, others say nothing of the inside; both are guarded."""
    desk.broken = error
    answer = client.get("/")
    assert (answer.status_code, answer.text) == (500, words)
    check_headers(answer)


def test_each_answer_has_its_own_nonce(client: httpx.Client) -> None:
    """The style sheet runs by a nonce that nobody can know before."""
    first, second = client.get("/"), client.get("/")
    nonces = [Page(answer.text).find_all("style", "nonce")[0] for answer in (first, second)]
    assert f"'nonce-{nonces[0]}'" in first.headers["content-security-policy"]
    assert nonces[0] != nonces[1]


# --- hostile content --------------------------------------------------------------------------------------------

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'


def test_content_is_shown_and_never_run(client: httpx.Client, desk: MemoryDesk) -> None:
    """Whatever posts, networks and settings say stays text: no tag, attribute, template or link of its own."""
    message = replace(MESSAGE, title=EVIL, text=EVIL, language=EVIL, card=replace(MESSAGE.card, path=EVIL, alt=EVIL))
    own = {"slug": EVIL, "account": EVIL, "network": EVIL, "occasion": EVIL, "reason": EVIL, "message": message}
    states = [state for state in State if state is not State.SENT]
    desk.deliveries = [delivery(number, state, **own) for number, state in enumerate(states, 1)]
    desk.deliveries.append(sent(20, "javascript:alert(1)", **own))
    desk.accounts = [AccountRow(name=EVIL, network=EVIL, state="paused", note=EVIL, expires=EVIL)]
    desk.problems = (Problem(EVIL, EVIL, 3, EVIL, EVIL),)
    desk.settings = replace(desk.settings, site=replace(desk.settings.site, title=EVIL))
    place = Page(client.get("/").text).find_all("a", "href")
    story = next(href for href in place if "/post/" in href)
    for path in ("/", story.removeprefix("/dashboard"), "/post/..%2F..%2Flogin%00"):
        page = Page(client.get(path).text)
        assert "49" not in page.words
        assert not [tag for tag, _ in page.tags if tag in {"script", "iframe", "object", "link", "base"}]
        assert not [name for _, given in page.tags for name in given if name.startswith("on") or name == "style"]
        assert all(source.startswith("/feeds/") for source in page.find_all("img", "src"))
        assert all(href.startswith(("/", "#", "https://")) for href in page.find_all("a", "href"))
    assert "<script>alert(1)</script>" in Page(client.get("/").text).words


def test_no_address_puts_words_into_the_page(client: httpx.Client, desk: MemoryDesk) -> None:
    """The outcome of an action is kept on the server and shown once."""
    assert "Send money" not in client.get("/", params={"note": "Send money"}).text
    answer = client.post("/act", data=fields(client))
    assert "it waits until you release it" in client.get(answer.headers["location"].removeprefix("/dashboard")).text
    assert "it waits until" not in client.get(answer.headers["location"].removeprefix("/dashboard")).text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "\\evil.example", "../../x"])
def test_a_redirect_stays_here(client: httpx.Client, back: str) -> None:
    """Whatever a form says it came from, the answer leads to a page of the dashboard."""
    place = client.post("/act", data=fields(client, back=back)).headers["location"]
    assert place.startswith("/dashboard/post/")
    assert place.count("/") == 3


# --- login ------------------------------------------------------------------------------------------------------


def test_nothing_is_shown_before_the_login(outside: httpx.Client, desk: MemoryDesk) -> None:
    """Every page leads to the login, every form too, and the login tells nothing of the outbox."""
    for path in ("/", "/post/hello", "/nothing"):
        answer = outside.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/login")
    token = find_token(outside.get("/login").text)
    assert outside.post("/act", data={"token": token, "action": "hold", "number": "7"}).status_code == 303
    assert desk.done == []
    assert "Read it." not in outside.get("/login").text


def test_the_password_opens_a_session(outside: httpx.Client, desk: MemoryDesk) -> None:
    """The cookie is for this path and browser alone; logging out ends it on the server."""
    answer = log_in(outside)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/dashboard"} < set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Read it." in outside.get("/").text
    assert outside.post("/act", data=fields(outside)).status_code == 303
    assert desk.done == [("hold", 7, "")]
    outside.post("/logout", data=fields(outside))
    assert outside.get("/").status_code == 303


def test_the_cookie_is_secure_behind_tls(outside: httpx.Client) -> None:
    """A proxy on this machine that speaks TLS says so."""
    assert "Secure" in log_in(outside, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]


def test_a_token_from_before_the_login_is_void(outside: httpx.Client, desk: MemoryDesk) -> None:
    """Anybody may read the login's token, so no session takes it."""
    token = find_token(outside.get("/login").text)
    log_in(outside)
    assert outside.post("/act", data=fields(outside, token=token)).status_code == 403
    assert desk.done == []


def test_a_session_ends(outside: httpx.Client, desk: MemoryDesk) -> None:
    """After twelve hours the password is asked for again; a made-up cookie never opens."""
    log_in(outside)
    desk.at += timedelta(hours=11)
    assert outside.get("/").status_code == 200
    desk.at += timedelta(hours=1)
    assert outside.get("/").status_code == 303
    outside.cookies.set("syndicate", "x" * 43, path="/dashboard")
    assert outside.get("/").status_code == 303


def test_guessing_is_slow(outside: httpx.Client, desk: MemoryDesk) -> None:
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
def test_others_need_a_password(host: str, *, loopback: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Where others reach the server, there is a dashboard only with a password; the log says so."""
    desk = MemoryDesk()
    assert is_loopback(host) == loopback
    with caplog.at_level(logging.WARNING, "syndicate"):
        assert (open_dashboard(desk, listening=host, password="") is not None) == loopback
    assert ("SYNDICATE_DASHBOARD_PASSWORD" in caplog.text) != loopback
    assert open_dashboard(desk, listening=host, password=PASSWORD) is not None


def test_names_are_those_of_site_and_server() -> None:
    """The site's host, the feeds' host, and the name it listens on."""
    site = replace(settings().site, url="https://Blog.example", feeds_url="https://feeds.example/x")
    assert list_names(site, "desk.example") == {"blog.example", "feeds.example", "desk.example"}


def test_the_password_is_nowhere() -> None:
    """Neither password nor key is part of what is printed of the door, and no password fits an open one."""
    assert PASSWORD not in repr(LOCKED)
    assert "kkk" not in repr(LOCKED)
    assert LOCKED.fits(PASSWORD)
    assert not OPEN.fits("")


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
