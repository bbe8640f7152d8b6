"""`call`: configured addresses. One call is one attempt, and its ending is told apart exactly."""

from __future__ import annotations

import logging
import logging.config
import threading
import traceback
from collections.abc import Iterator

import httpx
import pytest

from syndicate.errors import ConfigError, NetworkError, SyndicateError, Unavailable, Uncertain
from syndicate.http import Client
from tests.networks.fake import (
    Fake,
    Fault,
    Reply,
    Request,
    answer_twice_as_long,
    cut_before_commit,
    drop_reply_after_commit,
    reset_before_read,
)

SECRET = "bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


class Api(Fake):
    def __init__(self) -> None:
        super().__init__()
        self.route("POST", "/{secret}/make", self.make)
        self.route("GET", "/{secret}/list", lambda request: Reply(200, [1]))

    def make(self, request: Request) -> Reply:
        self.published.append(request.body)
        return Reply(200, {"ok": True}, {"Set-Cookie": "session=alice; Path=/"})


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        yield api


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(timeout=httpx.Timeout(5, read=0.6)) as client:
        yield client


def test_a_configured_address_may_be_private(client: Client, api: Api) -> None:
    """A person's own server next door needs no permission."""
    assert client.call("POST", f"{api.url}/{SECRET}/make", publishes=True, json={"a": 1}).json() == {"ok": True}


def test_bodies_go_out_in_every_form(client: Client, api: Api) -> None:
    """JSON, form, files with fields, and raw bytes, each under its own content type."""
    url = f"{api.url}/{SECRET}/make"
    client.call("POST", url, json={"text": "ü"})
    client.call("POST", url, form={"a": "b c"})
    client.call("POST", url, files={"file": ("a.png", b"\x89PNG", "image/png")}, form={"alt": "ü"})
    client.call("POST", url, content=b"raw", headers={"Content-Type": "image/png"}, params={"x": "1 2"})
    json, form, files, raw = api.requests
    assert (json.headers["content-type"], json.json()) == ("application/json", {"text": "ü"})
    assert form.form() == {"a": "b c"}
    assert files.parts()["file"].data == b"\x89PNG"
    assert files.parts()["alt"].data.decode() == "ü"
    assert (raw.headers["content-type"], raw.body, dict(raw.query)) == ("image/png", b"raw", {"x": "1 2"})


def test_redirects_are_returned_not_followed(client: Client, api: Api) -> None:
    """Following would turn a POST into a GET."""
    api.fail(lambda request, handle: Reply(302, b"", {"Location": f"{api.url}/elsewhere"}))
    assert client.call("POST", f"{api.url}/{SECRET}/make", publishes=True).status == 302
    assert len(api.requests) == 1


def test_no_cookie_is_kept(client: Client, api: Api) -> None:
    """What a server sets for one account must not speak for another."""
    for _ in range(2):
        client.call("POST", f"{api.url}/{SECRET}/make")
    assert "cookie" not in api.requests[1].headers


SENT: list[tuple[str, Fault]] = [
    ("drop_reply_after_commit", drop_reply_after_commit()),
    ("cut_before_commit", cut_before_commit()),
    ("reset_before_read", reset_before_read()),
    ("answer_twice_as_long", answer_twice_as_long()),
]


@pytest.mark.parametrize("fault", [fault for _, fault in SENT], ids=[name for name, _ in SENT])
def test_a_lost_answer_is_uncertain_only_when_it_publishes(client: Client, api: Api, fault: Fault) -> None:
    """The same cut is harmless on a read and unknown on the irreversible call; neither is tried again here."""
    api.fail(fault, times=2)
    with pytest.raises(Uncertain):
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True)
    with pytest.raises(Unavailable):
        client.call("POST", f"{api.url}/{SECRET}/make")
    assert len(api.requests) == 2


def test_a_read_timeout_is_uncertain(client: Client, api: Api) -> None:
    """The work may have been done; here it was."""
    api.fail(api.delay())
    with pytest.raises(Uncertain):
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True)
    assert len(api.published) == 1


def test_an_answer_that_redirects_to_no_address_is_uncertain(client: Client, api: Api) -> None:
    """What cannot be read there is the server's answer, not our request: it was sent, and may have been carried out."""
    api.fail(lambda request, handle: Reply(301, b"", {"Location": "javascript:x"}))
    with pytest.raises(Uncertain):
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True)


def test_an_answer_that_is_too_large_is_uncertain(client: Client, api: Api) -> None:
    """A success that cannot be read proves nothing."""
    api.fail(lambda request, handle: Reply(200, bytes(8_000_001)))
    with pytest.raises(Uncertain, match="larger"):
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True)


def test_nobody_listening_is_unavailable(client: Client) -> None:
    """A refused connection published nothing."""
    with Api() as gone:
        url = gone.url
    with pytest.raises(Unavailable) as caught:
        client.call("POST", f"{url}/{SECRET}/make", publishes=True)
    assert not isinstance(caught.value, Uncertain)


def test_an_unknown_host_is_unavailable(client: Client) -> None:
    """A name that does not exist published nothing."""
    with pytest.raises(Unavailable):
        client.call("POST", "http://nobody.invalid/make", publishes=True)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:9/make", "with\nnewline"),
        ("http://127.0.0.1:9/make", "with-ü"),
        ("http://[broken/", "fine"),
        ("http://127.0.0.1:notaport/", "fine"),
        ("nothing", "fine"),
    ],
)
def test_what_cannot_be_sent_was_not_sent(client: Client, url: str, token: str) -> None:
    """A credential or an address with impossible characters is told in words, never as an unknown outcome."""
    with pytest.raises((ConfigError, Unavailable)) as caught:
        client.call("POST", url, publishes=True, headers={"Authorization": f"Bearer {token}"}, where="mine")
    assert token not in _shown(caught.value)


@pytest.mark.parametrize("fault", [fault for _, fault in SENT], ids=[name for name, _ in SENT])
def test_no_error_or_log_shows_the_address(
    client: Client, api: Api, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """Some networks' addresses are their secrets: error, cause, traceback and every logger keep silent."""
    caplog.set_level(logging.DEBUG)
    api.fail(fault)
    with pytest.raises(NetworkError) as caught:
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True, where="mine")
    answer = client.call("POST", f"{api.url}/{SECRET}/make")
    assert SECRET not in _shown(caught.value) + repr(answer) + caplog.text
    assert str(caught.value).startswith("mine: ")


def test_addresses_stay_secret_when_logging_is_set_up_later(
    client: Client, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """A web server configures logging after the client is made, which enables every logger again."""
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    caplog.set_level(logging.DEBUG)
    client.call("POST", f"{api.url}/{SECRET}/make")
    assert SECRET not in caplog.text


def _shown(error: SyndicateError) -> str:
    """All that Python would print of an error, without the source lines of this file."""
    frames = traceback.TracebackException.from_exception(error)
    lines: list[str] = []
    while frames is not None:
        lines += [*frames.format_exception_only(), repr(error)]
        frames = frames.__cause__ or (None if frames.__suppress_context__ else frames.__context__)
    return "".join(lines)


def test_every_call_has_a_connection_of_its_own(client: Client, api: Api) -> None:
    """A kept connection that the server closes just then would make an outcome unknown for nothing."""
    for _ in range(3):
        client.call("POST", f"{api.url}/{SECRET}/make", publishes=True)
    assert len({request.port for request in api.requests}) == 3


def test_threads_share_a_client(client: Client, api: Api) -> None:
    """Accounts are served side by side."""
    threads = [threading.Thread(target=client.call, args=("POST", f"{api.url}/{SECRET}/make")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.published) == 8
