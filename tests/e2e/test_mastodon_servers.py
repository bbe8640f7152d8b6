"""Mastodon's API as two servers that are not ours speak it: snac from Debian and mastodon_mock from PyPI."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from syndicate.errors import RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
from syndicate.networks.mastodon import Mastodon
from tests.e2e.fediverse.install import install_mock, install_snac
from tests.e2e.pds.install import cache_folder
from tests.networks.case import deliver, picture
from tests.networks.vault import MemoryVault

pytestmark = pytest.mark.e2e

LINK = "https://blog.example.com/a/?utm_source=fedi&n="


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, a way for a person to allow a login there, and what it is known to lack."""

    url: str
    allow: Callable[[str], str]
    """From the page of a login to the code that the server shows."""
    deletes: bool
    keeps_key: bool


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"{url} does not answer"
        else:
            return


def _start_snac(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    snac, base, port = str(install_snac()), folder / "snac", _free_port()
    answers = f"127.0.0.1\n{port}\n127.0.0.1:{port}\n\n\n"
    subprocess.run([snac, "init", str(base)], input=answers, text=True, check=True, capture_output=True, timeout=30)
    settings = json.loads((base / "server.json").read_text())
    (base / "server.json").write_text(json.dumps({**settings, "protocol": "http"}))
    subprocess.run([snac, "adduser", str(base), "fox"], check=True, capture_output=True, timeout=60)
    reset = subprocess.run([snac, "resetpwd", str(base), "fox"], check=True, capture_output=True, text=True, timeout=60)
    password = reset.stdout.split()[-1]
    process = subprocess.Popen([snac, "httpd", str(base)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    _wait_for(url)

    def allow(page: str) -> str:
        form = httpx.get(page).text
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        fields |= {"login": "fox", "passwd": password}
        shown = httpx.post(f"{url}/oauth/x-snac-login", data=fields).text
        return shown.partition("&")[0]

    return Server(url, allow, deletes=False, keeps_key=False), process


def _start_mock(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    mock, port = str(install_mock(cache_folder() / "mastodon-mock")), _free_port()
    command = [mock, "serve", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--log-level", "critical"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    _wait_for(url)

    def allow(page: str) -> str:
        choices = httpx.get(page).text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', choices))
        person = re.findall(r'name="username" value="([^"]*)"', choices)[0]
        shown = httpx.post(f"{url}/oauth/authorize", data={**fields, "username": person}).text
        return re.sub(r"<[^>]*>", " ", shown).split()[-1]

    return Server(url, allow, deletes=True, keeps_key=True), process


@pytest.fixture(scope="module", params=[_start_snac, _start_mock], ids=["snac", "mock"])
def server(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server, process = request.param(tmp_path_factory.mktemp("server"))
    try:
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def http() -> Iterator[Client]:
    with Client() as client:
        yield client


@pytest.fixture(scope="module")
def vault(server: Server, http: Client) -> MemoryVault:
    """Logged in as a person would: register, allow on the server's own page, bring the code back."""
    network = connect(server, http, MemoryVault())
    page = network.begin_login({}, redirect="")
    return MemoryVault(network.finish_login({}, page, server.allow(page.url)))


def connect(server: Server, http: Client, vault: MemoryVault) -> Mastodon:
    network = open_network(Account(name="mine", network="mastodon", options={"instance": server.url}), vault, http)
    assert isinstance(network, Mastodon)
    return network


@pytest.fixture
def mastodon(server: Server, http: Client, vault: MemoryVault) -> Mastodon:
    return connect(server, http, vault)


@pytest.fixture
def message() -> Message:
    """Another text and link in every test."""
    now = datetime.now(UTC)
    link = f"{LINK}{now.timestamp()}"
    return Message(text=f"Füße & mehr #Python\n\n{link}", link=link, language="de", created_at=now)


def _since(message: Message) -> datetime:
    assert message.created_at is not None
    return message.created_at


def test_the_token_of_a_login_names_the_account(mastodon: Mastodon) -> None:
    """The whole flow gave a token that works: the handle is the one the server itself goes by."""
    assert re.fullmatch(r"@\w+@(127\.0\.0\.1|localhost):\d+", mastodon.verify().name)


def test_limits_are_read(mastodon: Mastodon) -> None:
    """Whatever page the server states them on."""
    limits = mastodon.read_limits()
    assert limits.characters >= 500
    assert "image/png" in limits.image_types


def test_a_post_is_found_again_by_another_process(
    server: Server, http: Client, vault: MemoryVault, mastodon: Mastodon, message: Message
) -> None:
    """Send, forget the receipt, look: the server's own HTML leads back to the same post."""
    receipt = deliver(mastodon, message)
    found = connect(server, http, vault).find(message, key="key-1", since=_since(message))
    assert found is not None
    assert (found.remote_id, found.url) == (receipt.remote_id, receipt.url)
    listed = {recent.receipt.remote_id: recent for recent in mastodon.list_recent()}
    assert message.link in listed[receipt.remote_id].links


def test_what_was_not_sent_is_not_found(mastodon: Mastodon, message: Message) -> None:
    """Neither by link nor by words."""
    assert mastodon.find(message, key="key-1", since=_since(message)) is None


def test_a_picture_and_a_thread(mastodon: Mastodon, message: Message) -> None:
    """An upload with alt text, and a second part that answers the first."""
    first = deliver(mastodon, replace(message, image=picture()), key=f"{message.link}-1")
    assert first.ref["media"]
    part = replace(message, text=f"Part two of {message.link}", link="", reply_to=first)
    second = deliver(mastodon, part, key=f"{message.link}-2")
    assert second.ref["reply_to"] == first.remote_id
    found = mastodon.find(part, key="x", since=_since(message))
    assert found is not None
    assert found.remote_id == second.remote_id


def test_the_key_is_trusted_as_far_as_the_server_keeps_it(server: Server, mastodon: Mastodon, message: Message) -> None:
    """Where a second call is called safe, it makes no second post."""
    window = mastodon.resend_until(_since(message)) - _since(message)
    assert window == (timedelta(hours=1) if server.keeps_key else timedelta(0))
    if window:
        first = deliver(mastodon, message, key=message.link)
        assert deliver(mastodon, message, key=message.link).remote_id == first.remote_id


def test_an_edit_changes_the_words(mastodon: Mastodon, message: Message) -> None:
    """The same post, other words. Its address tells it: snac's ids begin with the second of the last edit."""
    receipt = deliver(mastodon, message, key=message.link)
    mastodon.edit(receipt, replace(message, text=f"Better words {message.link}"), key=message.link)
    (edited,) = [post for post in mastodon.list_recent() if post.receipt.url == receipt.url]
    assert edited.text.startswith("Better words")


def test_deleting_deletes_or_says_that_it_cannot(server: Server, mastodon: Mastodon, message: Message) -> None:
    """snac has no such method and answers 404, which is not "already gone"."""
    receipt = deliver(mastodon, message, key=message.link)
    if not server.deletes:
        with pytest.raises(Rejected, match="cannot delete"):
            mastodon.delete(receipt)
        return
    mastodon.delete(receipt)
    mastodon.delete(receipt)
    assert mastodon.find(message, key="x", since=_since(message)) is None


def test_a_wrong_token_pauses_the_account(server: Server, http: Client, message: Message) -> None:
    """In whatever way the server refuses it."""
    stranger = connect(server, http, MemoryVault({"access_token": "wrong"}))
    with pytest.raises(Unauthorised):
        stranger.send(message, key="k")
    with pytest.raises(Unauthorised):
        stranger.verify()


FAULTS = [
    ({"type": "status", "status": 500}, Uncertain),
    ({"type": "malformed"}, Uncertain),
    ({"type": "ratelimit"}, RateLimited),
]


@pytest.mark.parametrize(("effect", "error"), FAULTS, ids=["500", "malformed", "429"])
def test_faults_of_the_mock_are_told_apart(
    http: Client, tmp_path: Path, message: Message, effect: object, error: type
) -> None:
    """The mock's own fault layer: each ending has its error, and looking afterwards settles it."""
    server, process = _start_mock(tmp_path)
    try:
        mastodon = connect(server, http, MemoryVault({"access_token": "mock_token"}))
        match = {"methods": ["POST"], "path": "/api/v1/statuses"}
        rule = {"match": match, "effect": effect, "count": 1}
        httpx.post(f"{server.url}/api/v1/_mock/faults", json=rule).raise_for_status()
        with pytest.raises(error):
            deliver(mastodon, message)
        assert mastodon.find(message, key="key-1", since=_since(message)) is None
        assert deliver(mastodon, message).remote_id
    finally:
        process.terminate()
        process.wait(timeout=20)
