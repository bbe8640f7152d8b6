"""Bluesky against the reference data server itself, on loopback: what the fake only imitates is true here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from syndicate.errors import Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Attachment, Limits, Message
from syndicate.networks import open_network
from syndicate.networks.bluesky import Bluesky
from syndicate.networks.bluesky.record import tid_of
from tests.e2e.pds.install import cache_folder, install
from tests.networks.case import deliver
from tests.networks.fake import Fake, Fault, Reply, Request, cut_before_commit, drop_reply_after_commit
from tests.networks.vault import MemoryVault

pytestmark = pytest.mark.e2e

HANDLE = "fox.test"
LINK = "https://blog.example.com/a/"
POSTS = "app.bsky.feed.post"


@dataclass(frozen=True, slots=True)
class Server:
    """A running data server with one account."""

    url: str
    jwt_secret: str
    did: str
    app_password: str

    def get(self, name: str, **params: str) -> Any:
        return httpx.get(f"{self.url}/xrpc/{name}", params=params).raise_for_status().json()

    def records(self, collection: str = POSTS) -> list[dict[str, Any]]:
        listed = self.get("com.atproto.repo.listRecords", repo=self.did, collection=collection, limit="100")
        records: list[dict[str, Any]] = listed["records"]
        return records


class Way(Fake):
    """The way to the server, which can lose answers."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._client = httpx.Client(timeout=30)
        for method in ("GET", "POST"):
            self.route(method, "/xrpc/{name}", self.forward)

    def forward(self, request: Request) -> Reply:
        kept = {name: value for name, value in request.headers.items() if name in {"authorization", "content-type"}}
        url = f"{self._target}{request.path}"
        answer = self._client.request(
            request.method, url, params=dict(request.query), headers=kept, content=request.body
        )
        media_type = {"Content-Type": answer.headers.get("content-type", "application/json")}
        return Reply(answer.status_code, answer.content, media_type)

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._client.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    installed = install(cache_folder() / "pds")
    command = [str(installed.node), str(installed.server)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        started = json.loads(process.stdout.readline())
        yield _with_account(started["url"], started["jwtSecret"])
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def _with_account(url: str, jwt_secret: str) -> Server:
    person = {"email": "fox@example.com", "handle": HANDLE, "password": "a-long-password"}
    made = httpx.post(f"{url}/xrpc/com.atproto.server.createAccount", json=person, timeout=30).raise_for_status().json()
    headers = {"Authorization": f"Bearer {made['accessJwt']}"}
    asked = f"{url}/xrpc/com.atproto.server.createAppPassword"
    app = httpx.post(asked, json={"name": "syndicate"}, headers=headers, timeout=30).raise_for_status().json()
    return Server(url, jwt_secret, made["did"], app["password"])


@pytest.fixture(scope="module")
def http() -> Iterator[Client]:
    with Client(allow_private=True) as client:
        yield client


@pytest.fixture
def vault(server: Server) -> MemoryVault:
    return MemoryVault({"app_password": server.app_password})


@pytest.fixture
def way(server: Server) -> Iterator[Way]:
    with Way(server.url) as way:
        yield way


def connect(url: str, vault: MemoryVault, http: Client, **options: str) -> Bluesky:
    account = Account(name="mine", network="bluesky", options={"handle": HANDLE, "service": url, **options})
    network = open_network(account, vault, http)
    assert isinstance(network, Bluesky)
    return network


@pytest.fixture
def bluesky(server: Server, vault: MemoryVault, http: Client) -> Bluesky:
    return connect(server.url, vault, http)


@pytest.fixture
def message() -> Message:
    """Another message in every test: the moment is its identity."""
    now = datetime.now(UTC)
    text = f"Füße 👍🏽 siehe {LINK} (neu) #Python {now.isoformat()}"
    return Message(text=text, link=LINK, title="A title", summary="What it says", language="en", created_at=now)


def picture(colour: str) -> Attachment:
    data = io.BytesIO()
    Image.new("RGB", (120, 63), colour).save(data, "PNG")
    return Attachment(
        path="cards/a.png", media_type="image/png", alt="One colour", width=120, height=63, data=data.getvalue()
    )


def test_a_card_is_stored_whole(server: Server, bluesky: Bluesky, message: Message) -> None:
    """The server validates the record, keeps the facets by bytes and gives the thumb back byte for byte."""
    card = picture("red")
    receipt = deliver(bluesky, replace(message, card=card))
    found = server.get(
        "com.atproto.repo.getRecord", repo=server.did, collection=POSTS, rkey=tid_of(message.created_at, "key-1")
    )  # type: ignore[arg-type]
    assert (found["uri"], found["cid"]) == (receipt.remote_id, receipt.ref["cid"])
    index = found["value"]["facets"][0]["index"]
    assert message.text.encode()[index["byteStart"] : index["byteEnd"]].decode() == LINK
    thumb = found["value"]["embed"]["external"]["thumb"]
    blob = httpx.get(
        f"{server.url}/xrpc/com.atproto.sync.getBlob", params={"did": server.did, "cid": thumb["ref"]["$link"]}
    )
    assert blob.content == card.data


def test_an_image_is_stored_with_its_alt_text(bluesky: Bluesky, server: Server, message: Message) -> None:
    """The other embed."""
    receipt = deliver(bluesky, replace(message, image=picture("blue")))
    (record,) = [record for record in server.records() if record["uri"] == receipt.remote_id]
    assert record["value"]["embed"]["images"][0]["alt"] == "One colour"


def test_sending_again_changes_nothing(bluesky: Bluesky, server: Server, message: Message) -> None:
    """Two calls, one record, one cid."""
    first = deliver(bluesky, message)
    assert deliver(bluesky, message) == first
    assert [record["uri"] for record in server.records()].count(first.remote_id) == 1


@pytest.mark.parametrize(("fault", "arrived"), [(drop_reply_after_commit(), True), (cut_before_commit(), False)])
def test_a_lost_answer_is_settled(
    way: Way, server: Server, vault: MemoryVault, http: Client, message: Message, fault: Fault, arrived: bool
) -> None:
    """Whether the call arrived or not: look, send again, and there is exactly one."""
    bluesky = connect(way.url, vault, http)
    before = len(server.records())
    way.fail(fault, on="putRecord")
    with pytest.raises(Uncertain):
        deliver(bluesky, message)
    found = bluesky.find(message, key="key-1", since=datetime.now(UTC))
    receipt = deliver(bluesky, message)
    assert found == (receipt if arrived else None)
    assert len(server.records()) == before + 1


def test_racing_senders_make_one_record(bluesky: Bluesky, server: Server, message: Message) -> None:
    """Four threads, one key."""
    before = len(server.records())
    senders = [threading.Thread(target=bluesky.send, args=(message,), kwargs={"key": "same"}) for _ in range(4)]
    bluesky.sessions.get()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(server.records()) == before + 1


def test_what_is_not_there_is_not_found(bluesky: Bluesky, message: Message) -> None:
    """RecordNotFound, in the server's own words."""
    assert bluesky.find(message, key="never", since=datetime.now(UTC)) is None


def test_an_edited_record_is_adopted(bluesky: Bluesky, server: Server, message: Message) -> None:
    """InvalidSwap, in the server's own words."""
    bluesky.send(message, key="k")
    receipt = bluesky.send(replace(message, text="Other words"), key="k")
    (record,) = [record for record in server.records() if record["uri"] == receipt.remote_id]
    assert record["value"]["text"] == message.text


def test_an_expired_token_is_renewed(bluesky: Bluesky, server: Server, vault: MemoryVault, message: Message) -> None:
    """A token that the server itself finds too old; our clock stands still, so nothing is renewed ahead of time."""
    session = _stored(bluesky, vault)
    expired = _expire(session["access"], server.jwt_secret)
    vault.put({"session": orjson.dumps({**session, "access": expired}).decode()})
    then = datetime.now(UTC) - timedelta(days=2)
    with Client(allow_private=True, clock=lambda: then) as late:
        connect(server.url, vault, late).send(message, key="k")
    renewed = orjson.loads(vault.get("session"))
    assert renewed["access"] != expired
    assert renewed["refresh"] != session["refresh"]


def test_a_nonsense_token_is_renewed(bluesky: Bluesky, server: Server, vault: MemoryVault, message: Message) -> None:
    """InvalidToken, and a refresh token that is nonsense too: back to the password."""
    session = {**_stored(bluesky, vault), "access": "a.b.c", "refresh": "d.e.f"}
    vault.put({"session": orjson.dumps(session).decode()})
    assert bluesky.send(message, key="k").remote_id


def _stored(bluesky: Bluesky, vault: MemoryVault) -> dict[str, str]:
    bluesky.sessions.get()
    session: dict[str, str] = orjson.loads(vault.get("session"))
    return session


def _expire(token: str, secret: str) -> str:
    """The same token, ended an hour ago and signed again with the server's secret."""
    head, middle, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    claims["exp"] = int(datetime.now(UTC).timestamp()) - 3600
    body = f"{head}.{_base64(json.dumps(claims).encode())}"
    return f"{body}.{_base64(hmac.digest(secret.encode(), body.encode(), hashlib.sha256))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_wrong_password_is_refused(server: Server, http: Client) -> None:
    """The account is paused with the server's words."""
    with pytest.raises(Unauthorised, match="refused"):
        connect(server.url, MemoryVault({"app_password": "wrong-wrong-wrong"}), http).verify()


def test_the_server_counts_graphemes_as_we_do(bluesky: Bluesky, message: Message) -> None:
    """300 families' worth of text is bounded by bytes; 300 and 301 graphemes fall on the same side here and there."""
    unlimited = copy(bluesky)
    unlimited.limits = Limits(characters=10_000)
    for text in ("x" * 300, "e\u0301" * 300, "日" * 300, "🇩🇪" * 300):
        assert bluesky.limits.fits(text)
        unlimited.send(replace(message, text=text), key=text)
        assert not bluesky.limits.fits(f"{text}!")
        with pytest.raises(Rejected):
            unlimited.send(replace(message, text=f"{text}!"), key=f"{text}!")


def test_a_blob_that_was_never_uploaded_is_uploaded(bluesky: Bluesky, server: Server, message: Message) -> None:
    """BlobNotFound at its first use; the same record goes through on the next attempt."""
    with_card = replace(message, card=picture("green"))
    foreign = replace(with_card, card=picture("purple"))
    prepared = bluesky.prepare(foreign, key="k").prepared
    blob = orjson.loads(prepared["blob"])
    gone = {**blob, "ref": {"$link": "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"}}
    lost = replace(with_card, prepared={**prepared, "blob": orjson.dumps(gone).decode()})
    with pytest.raises(Unavailable):
        bluesky.send(lost, key="k")
    assert bluesky.send(bluesky.prepare(with_card, key="k"), key="k").remote_id


def test_a_thread_hangs_together(bluesky: Bluesky, server: Server, message: Message) -> None:
    """The second part answers the first, and both are listed."""
    first = bluesky.send(message, key="1")
    second = bluesky.send(replace(message, text="two", link="", reply_to=first), key="2")
    listed = {recent.receipt.remote_id: recent for recent in bluesky.list_recent()}
    assert listed[second.remote_id].receipt.ref["reply_to"] == first.remote_id
    assert LINK in listed[first.remote_id].links


def test_deleting_twice_is_no_error(bluesky: Bluesky, server: Server, message: Message) -> None:
    """Gone after the first time, and still gone."""
    receipt = bluesky.send(message, key="k")
    bluesky.delete(receipt)
    bluesky.delete(receipt)
    assert receipt.remote_id not in {record["uri"] for record in server.records()}


def test_the_page_gets_its_document(server: Server, vault: MemoryVault, http: Client, message: Message) -> None:
    """A site.standard.document beside the post, once, however often it is prepared."""
    network = connect(server.url, vault, http, publication="https://blog.example.com")
    page = replace(message, post_id="p1", published_at=datetime(2026, 1, 2, tzinfo=UTC), card=picture("orange"))
    receipt = deliver(network, page)
    deliver(network, page)
    (document,) = server.records("site.standard.document")
    (record,) = [record for record in server.records() if record["uri"] == receipt.remote_id]
    assert document["value"]["title"] == "A title"
    assert record["value"]["embed"]["external"]["associatedRefs"][0]["cid"] == document["cid"]


def test_the_account_says_who_it_is(bluesky: Bluesky) -> None:
    """By its handle."""
    assert bluesky.verify().name == f"@{HANDLE}"
