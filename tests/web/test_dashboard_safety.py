"""The dashboard under a hostile browser, a hostile site in the next tab, and hostile content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request

from syndicate.model import Occasion, Reason, State
from syndicate.web.dashboard.security import Door, find_refusal, say_error
from tests.web.browsing import Served, browse, enter, fields, serve
from tests.web.desk import CONFIG, MESSAGE, Desk, Page, delivery, sent

PASSWORD = "correct horse battery"
HERE = {"host": "localhost:8080"}
OWN = {"host": "localhost:8080", "origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}
OPEN = Door(frozenset({"blog.example"}), "", b"k" * 32)
LOCKED = Door(frozenset({"blog.example"}), PASSWORD, b"k" * 32)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve("", tmp_path_factory.mktemp("feeds"))


@pytest.fixture
def desk(served: Served) -> Desk:
    """The desk behind the test's browser, on a day of its own."""
    served.desk.begin_another_day()
    return served.desk


@pytest.fixture
def client(served: Served, desk: Desk) -> Iterator[httpx.Client]:
    for inside in browse(served.address):
        enter(inside, desk)
        yield inside


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
        ("127.0.0.1:8080,evil.example", False, False),
        ("localhost, evil.example", False, False),
        ("evil.example,localhost", False, False),
        ("localhost:8080:80", False, False),
        ("localhost:", False, False),
        ("local host", False, False),
        ("127.0.0.1\\evil.example", False, False),
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
def test_refused_forms_change_nothing(client: httpx.Client, desk: Desk, headers: dict[str, str], status: int) -> None:
    """The walls stand before the forms of the real server, even with the right token."""
    form = fields(client)
    assert client.post("/act", data=form, headers=headers).status_code == status
    assert desk.states() == {7: "planned"}
    assert client.post("/act", data=form).status_code == 303
    assert desk.states() == {7: "held"}


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_a_form_needs_its_token(client: httpx.Client, desk: Desk, token: str) -> None:
    """None, a wrong one, and one of another start are refused on every form."""
    form = {"token": token, "action": "hold", "number": "7", "account": "a"}
    for path in ("/act", "/many", "/resume", "/login", "/logout"):
        assert client.post(path, data=form).status_code == 403
    assert desk.states() == {7: "planned"}


def test_tokens_belong_to_a_session() -> None:
    """Another session has other tokens, and without one another start; a restart leaves an open page its words."""
    other = replace(OPEN, key=b"x" * 32)
    assert len({OPEN.make_token(""), OPEN.make_token("a"), OPEN.make_token("b"), other.make_token("")}) == 4
    assert other.make_token("a") == OPEN.make_token("a")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"token=a", "text/plain", 415),
        (b"token=a", "multipart/form-data; boundary=x", 415),
        (b'{"token": "a"}', "application/json", 415),
        (b"a=" + b"x" * 1_000_000, "application/x-www-form-urlencoded", 413),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(1500)), "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded; charset=utf-8", 403),
    ],
)
def test_odd_bodies_are_refused(client: httpx.Client, body: bytes, kind: str, status: int) -> None:
    """Other types, too much, broken UTF-8, too many fields."""
    assert client.post("/act", content=body, headers={"Content-Type": kind}).status_code == status


@pytest.mark.parametrize("value", ["Words\x0b to say", "\x00Words to say", "Words to\x85 say"])
def test_control_characters_of_pasted_words_are_left_away(client: httpx.Client, desk: Desk, value: str) -> None:
    """A word processor's vertical tab is no reason to lose what was typed."""
    assert client.post("/act", data=fields(client, value=value)).status_code == 303
    assert desk.states() == {7: "held"}


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
def test_what_no_form_sends_is_an_error(client: httpx.Client, desk: Desk, form: dict[str, str]) -> None:
    """Unknown actions, odd numbers and addresses that are none come back as a sentence; nothing is done."""
    answer = client.post("/act", data=fields(client, **form), follow_redirects=True)
    assert 'role="alert"' in answer.text
    assert desk.states() == {7: "planned"}


def test_get_changes_nothing(client: httpx.Client, desk: Desk) -> None:
    """A link to a form's address does nothing."""
    assert client.get("/act", params=fields(client)).status_code == 405
    assert client.get("/logout").status_code == 405
    assert desk.states() == {7: "planned"}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/login", {}, 303),
        ("/week", {}, 200),
        ("/message/7", {}, 200),
        ("/message/8", {}, 404),
        ("/desk.js", {}, 200),
        ("/post/other", {}, 404),
        ("/nothing", {}, 404),
        ("/act", {}, 405),
        ("/", {"Host": "evil.example"}, 403),
    ],
)
def test_every_answer_is_guarded(client: httpx.Client, path: str, headers: dict[str, str], status: int) -> None:
    """Pages, redirects and errors: no script but ours, no frame, cache, referrer or sniffing."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    check_headers(answer)


FOR_EVER = "private, max-age=31536000, immutable"


def check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'"} < set(policy)
    assert answer.headers["cache-control"] == (FOR_EVER if answer.url.path.endswith(".js") else "no-store")
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_what_breaks_is_said_without_entrails(client: httpx.Client, desk: Desk) -> None:
    """A broken template and a broken state are sentences, without a trace of the program; both are guarded."""
    own = desk.posts.parents[1] / "templates" / "pages" / "dashboard" / "list.html"
    own.parent.mkdir(parents=True)
    own.write_text("{% if %}", encoding="utf-8")
    refused = client.get("/list")
    own.unlink()
    assert (refused.status_code, refused.text.partition(":")[0]) == (500, "The template is broken")
    desk.rename_column("due_at", "gone")
    broken = client.get("/list")
    desk.rename_column("gone", "due_at")
    assert (broken.status_code, broken.text.partition(":")[0]) == (500, "The state database refused")
    check_headers(refused)
    check_headers(broken)


def test_what_nobody_foresaw_is_said_in_two_words(client: httpx.Client, desk: Desk) -> None:
    """A clock that fails in the gate stands for it; behind the gate the dashboard's own handler says the same."""
    at, desk.at = desk.at, None  # type: ignore[assignment]
    gate = client.get("/list")
    desk.at = at
    behind = say_error(Request({"type": "http"}), ValueError("entrails"))
    assert (gate.status_code, gate.content) == (behind.status_code, behind.body) == (500, b"Something broke.\n")


def test_each_answer_has_its_own_nonce(client: httpx.Client) -> None:
    """Style sheet and script are let in by a nonce that nobody can know before."""
    first, second = client.get("/"), client.get("/")
    nonces = [Page(answer.text).find_all("link", "nonce")[0] for answer in (first, second)]
    assert f"style-src 'nonce-{nonces[0]}'; script-src 'nonce-{nonces[0]}'" in first.headers["content-security-policy"]
    assert nonces[0] != nonces[1]


# --- hostile content --------------------------------------------------------------------------------------------

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'


def test_commands_in_sentences_are_shown_as_code(client: httpx.Client, desk: Desk) -> None:
    """What stands between backticks is code, and no more than text; a lone backtick stays one."""
    reasons = ("then `syndicate settle`", "`<b>`", "a lone ` here", "")
    desk.put(
        *(
            delivery(number, State.HELD, reason=Reason.OWN_WORDS, detail=one, post_id=f"p{number}")
            for number, one in enumerate(reasons, 1)
        )
    )
    page = client.get("/needs").text
    assert "Then <code>syndicate settle</code>" in page
    assert "<code>&lt;b&gt;</code>" in page
    assert ">A lone ` here<" in page


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site whose title, posts and rows are made of markup."""
    root = tmp_path_factory.mktemp("evil")
    yield from serve("", root, CONFIG.replace('"Blog"', f"'{EVIL}'"))


def test_content_is_shown_and_never_run(evil: Served) -> None:
    """Whatever posts, networks and settings say stays text: no tag, attribute, template or link of its own."""
    desk = evil.desk
    (desk.posts / "broken.md").write_text(f"---\ntitle: [{EVIL}\n---\n", encoding="utf-8")
    message = replace(MESSAGE, title=EVIL, text=EVIL, language=EVIL, card=replace(MESSAGE.card, path=EVIL, alt=EVIL))
    own = {
        "slug": EVIL,
        "account": EVIL,
        "network": EVIL,
        "occasion": Occasion.of_flag(EVIL),
        "reason": Reason.OWN_WORDS,
        "detail": EVIL,
        "message": message,
    }
    states = [state for state in State if state is not State.SENT]
    rows = [delivery(number, state, part=number, **own) for number, state in enumerate(states, 1)]
    desk.put(*rows, sent(20, "javascript:alert(1)", part=20, **own))
    for client in browse(evil.address):
        enter(client, desk)
        stories = [href for href in Page(client.get("/list").text).find_all("a", "href") if "/post/" in href]
        views = ("week", "month", "list", "needs", "sent", "message/1", stories[0].removeprefix("/dashboard/"))
        for path in (*views, "post/..%2F..%2Flogin%00", f"list?q={EVIL}&account={EVIL}&occasion={EVIL}"):
            check_page(Page(client.get(f"/{path}").text))
        assert "<script>alert(1)</script>" in Page(client.get("/list").text).words


def check_page(page: Page) -> None:
    assert "49" not in page.words
    assert not [tag for tag, _ in page.tags if tag in {"iframe", "object", "base", "style"}]
    assert [given["src"].partition("?")[0] for tag, given in page.tags if tag == "script"] in (
        [],
        ["/dashboard/desk.js"],
    )
    assert not [name for _, given in page.tags for name in given if name.startswith("on") or name == "style"]
    assert all(source.startswith("/feeds/") for source in page.find_all("img", "src"))
    assert all(href.startswith(("/", "#", "?", "https://")) for href in page.find_all("a", "href"))


def test_no_address_puts_words_into_the_page(client: httpx.Client) -> None:
    """The outcome of an action is kept on the server and shown once."""
    assert "Send money" not in client.get("/", params={"note": "Send money"}).text
    answer = client.post("/act", data=fields(client))
    assert "it waits until you release it" in client.get(answer.headers["location"].removeprefix("/dashboard")).text
    assert "it waits until" not in client.get(answer.headers["location"].removeprefix("/dashboard")).text


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "\\evil.example",
        "/../x",
        "/%2e%2e/x",
        "/week?\r\nX: y",
        "/./../x",
        "week",
    ],
)
def test_a_redirect_stays_here(client: httpx.Client, back: str) -> None:
    """Whatever a form says it came from, the answer leads to a page of the dashboard."""
    place = client.post("/act", data=fields(client, back=back)).headers["location"]
    assert place.startswith("/dashboard/?note=")


def test_a_redirect_leads_back(client: httpx.Client) -> None:
    """To the very page with its filters, without the note of before."""
    place = client.post("/act", data=fields(client, back="/list?account=a+b&note=x&page=2")).headers["location"]
    assert place.startswith("/dashboard/list?account=a+b&page=2&note=")


def test_five_hundred_messages_fit_a_page(client: httpx.Client, desk: Desk) -> None:
    """The first page of every view stays below 100 KB without its pictures, however many messages there are."""
    said = replace(MESSAGE, text="Words about it, as long as many networks take. " * 8)
    rows = [
        delivery(
            number,
            State.HELD if number % 3 else State.PLANNED,
            post_id=f"p{number // 8}",
            slug=f"a-post-with-a-rather-long-slug-{number // 8}",
            part=number,
            due_at=desk.at + timedelta(hours=number % 100),
            message=said,
        )
        for number in range(1, 505)
    ]
    desk.put(*rows)
    for view in ("week", "month", "list", "needs", "posts", "history"):
        assert len(client.get(f"/{view}").content) < 100_000, view
