"""Matrix on a fake homeserver.

Of the fourteen scenarios these have no case here: 6 and 7 (the token does not expire), 9 (equal messages are fine; an
equal transaction id is the same message, which is tested), 10 (uploads are handled at once).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Uncertain, UsageError
from syndicate.http import Client
from syndicate.model import Account
from syndicate.networks import open_network
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_matrix import ALIAS, ME, PASSWORD, ROOM, TOKEN, FakeMatrix
from tests.networks.vault import MemoryVault

CASE = Case(
    network="matrix",
    fake=FakeMatrix,
    options=lambda url: {"homeserver": url, "room": ALIAS},
    secrets={"access_token": TOKEN},
    publish="PUT /_matrix/client/v3/rooms/",
    too_long=replace(TEXT, text="x" * 32_001),
)
DAY = timedelta(days=1)
SEND = "/send/m.room.message/"


@pytest.fixture
def fake() -> Iterator[FakeMatrix]:
    with FakeMatrix() as running:
        yield running


def test_text_with_a_link_anyone_can_open(fake: FakeMatrix, http: Client) -> None:
    """The alias becomes the room's id; the key is the transaction id in the address."""
    receipt = deliver(CASE.open(fake.url, http), TEXT, key="key-1")
    assert fake.published[0]["content"] == {"msgtype": "m.text", "body": TEXT.text, "m.mentions": {}}
    assert fake.sent(SEND)[0].path.endswith("/%21room%3Aexample.org/send/m.room.message/key-1")
    assert receipt.url == "https://matrix.to/#/!room:example.org/$event1:example.org?via=example.org"


def test_a_notice_rings_nobody(fake: FakeMatrix, http: Client) -> None:
    """The option changes the kind of message."""
    account = Account(name="mine", network="matrix", options={"homeserver": fake.url, "room": ROOM, "notice": "true"})
    deliver(open_network(account, MemoryVault(CASE.secrets), http), TEXT)
    assert fake.published[0]["content"]["msgtype"] == "m.notice"


def test_an_image_is_uploaded_once_and_captioned(fake: FakeMatrix, http: Client) -> None:
    """The upload's address is kept; without words the alt text is the body."""
    network = CASE.open(fake.url, http)
    deliver(network, replace(TEXT, image=picture()), key="a")
    deliver(network, replace(TEXT, text="", image=picture()), key="b")
    upload = fake.media[0]
    assert (upload.body, upload.headers["content-type"], upload.query["filename"]) == (PIXEL, "image/png", "card.png")
    assert fake.published[1]["content"] == {
        "msgtype": "m.image",
        "body": TEXT.text,
        "filename": "card.png",
        "url": "mxc://example.org/1",
        "info": {"mimetype": "image/png", "size": len(PIXEL), "w": 1200, "h": 630},
        "m.mentions": {},
    }
    assert fake.published[0]["content"]["body"] == "A fox in snow"


def test_an_encrypted_room_is_refused_before_anything_is_sent(http: Client) -> None:
    """What would stand there in the clear would be a leak."""
    with FakeMatrix(encrypted=True) as fake:
        with pytest.raises(Blocked, match="encrypted"):
            deliver(CASE.open(fake.url, http), TEXT)
        assert fake.sent(SEND) == []


def test_only_the_homeservers_own_word_means_not_encrypted(fake: FakeMatrix, http: Client) -> None:
    """Some other server's 404 does not."""
    fake.fail(status(404, "<h1>Not found</h1>"), on="m.room.encryption")
    with pytest.raises(Blocked, match="homeserver"):
        deliver(CASE.open(fake.url, http), TEXT)
    assert fake.sent(SEND) == []


def test_a_public_room_is_joined(http: Client) -> None:
    """The account need not be brought there by hand."""
    with FakeMatrix(joined=False) as fake:
        deliver(CASE.open(fake.url, http), TEXT)
        assert fake.joined
        assert len(fake.published) == 1


def test_a_room_by_invitation_is_told_from_one_that_is_not_there(http: Client) -> None:
    """Both are refused before anything is sent, each with what to do."""
    with FakeMatrix(joined=False) as fake:
        fake.is_public = False
        with pytest.raises(Blocked, match=r"may not join it.*not invited.*invite @fox:example.org"):
            deliver(CASE.open(fake.url, http), TEXT)
        fake.exists = False
        with pytest.raises(Blocked, match=r"no such room.*check `room`"):
            deliver(CASE.open(fake.url, http), TEXT)
        assert fake.published == []


def test_an_unknown_alias_fails_no_message(fake: FakeMatrix, http: Client) -> None:
    """The account waits until its option is mended."""
    options = {"homeserver": fake.url, "room": "#wolves:example.org"}
    account = Account(name="mine", network="matrix", options=options)
    with pytest.raises(Blocked, match="room"):
        deliver(open_network(account, MemoryVault(CASE.secrets), http), TEXT)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (32_000 - len(LINK)) + LINK, True),
        ("🦊" * 8_000, True),
        ("🦊" * 8_000 + "x", False),
        ("狐" * 10_666, True),
        ("e\u0301" * 10_666, True),
        ("x" * 32_001, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeMatrix, http: Client, text: str, fits: bool) -> None:
    """32,000 bytes, half of what an event may have."""
    network = CASE.open(fake.url, http)
    if fits:
        deliver(network, replace(TEXT, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(network, replace(TEXT, text=text))
    assert len(fake.published) == fits


@pytest.mark.parametrize("fault", [drop_reply_after_commit(), cut_before_commit()], ids=["after commit", "before"])
def test_the_same_key_again_is_one_message(fake: FakeMatrix, http: Client, fault) -> None:
    """Whether the first call arrived or not, the second leaves one event."""
    network = CASE.open(fake.url, http)
    fake.fail(fault, on=SEND)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    receipt = deliver(network, TEXT)
    assert [event["event_id"] for event in fake.published] == [receipt.remote_id]
    assert network.resend_until(NOW) > NOW


@pytest.mark.parametrize("forgets", [False, True])
def test_a_lost_reply_is_settled_by_id_or_by_words(fake: FakeMatrix, http: Client, forgets: bool) -> None:
    """The server tells our transaction id back; one that forgot it still shows our words."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=SEND)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    fake.forgets = forgets
    assert network.find(TEXT, key="key-1", since=NOW - DAY).remote_id == fake.published[0]["event_id"]


def test_another_messages_id_is_not_ours(fake: FakeMatrix, http: Client) -> None:
    """The same words under another key are another message; so is a redacted or an edited one."""
    network = CASE.open(fake.url, http)
    first = deliver(network, TEXT, key="other")
    assert network.find(TEXT, key="key-1", since=NOW - DAY) is None
    network.edit(first, replace(TEXT, text="New words"), key="edit")
    fake.forgets = True
    assert network.find(replace(TEXT, text="* New words", link=""), key="key-1", since=NOW - DAY) is None
    network.delete(first)
    assert network.find(TEXT, key="other", since=NOW - DAY) is None


def test_older_pages_are_read_until_the_intent(fake: FakeMatrix, http: Client) -> None:
    """Ours may stand behind a page of later ones."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT, key="key-1")
    for number in range(120):
        deliver(network, replace(TEXT, text=f"{number}", link=""), key=f"later-{number}")
    assert network.find(TEXT, key="key-1", since=NOW - DAY) == receipt
    assert len(network.list_recent()) == 121


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "7"}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 99_000}, 7.0),
        ({}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, 1.5),
    ],
)
def test_a_limit_is_kept(fake: FakeMatrix, http: Client, headers: dict, body: dict, wait: float) -> None:
    """The header before the old field in the body."""
    fake.fail(rate_limit(headers, body), on=SEND)
    with pytest.raises(RateLimited) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert caught.value.retry_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "…", "soft_logout": True}, Unauthorised),
        (403, {"errcode": "M_FORBIDDEN", "error": "You are muted"}, Unauthorised),
        (404, {"errcode": "M_NOT_FOUND", "error": "Unknown room"}, Blocked),
        (413, {"errcode": "M_TOO_LARGE", "error": "…"}, Rejected),
        (400, {"errcode": "M_BAD_JSON", "error": "…"}, Rejected),
        (502, {"errcode": "M_UNKNOWN", "error": "…"}, Uncertain),
    ],
)
def test_errcodes(fake: FakeMatrix, http: Client, code: int, body: dict, kind: type) -> None:
    """What each refusal means."""
    fake.fail(status(code, body), on=SEND)
    with pytest.raises(kind) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert isinstance(caught.value, kind)


def test_edits_replace_and_keep_the_picture(fake: FakeMatrix, http: Client) -> None:
    """An edit is an event that names the one it replaces."""
    network = CASE.open(fake.url, http)
    words = deliver(network, TEXT, key="a")
    network.edit(words, replace(TEXT, text="New words"), key="edit-1")
    content = fake.published[0]["content"]
    assert content["body"] == "* New words"
    assert content["m.new_content"] == {"msgtype": "m.text", "body": "New words", "m.mentions": {}}
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": words.remote_id}
    photo = deliver(network, replace(TEXT, image=picture()), key="b")
    network.edit(photo, replace(TEXT, text="New caption", image=picture()), key="edit-2")
    assert fake.published[0]["content"]["m.new_content"]["url"] == "mxc://example.org/1"


def test_deleting_twice_is_fine(fake: FakeMatrix, http: Client) -> None:
    """A redaction of what is gone is no error."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published[0]["content"] == {}
    fake.published.clear()
    network.delete(receipt)


def test_login_by_password_or_token(fake: FakeMatrix, http: Client) -> None:
    """The password is used once and never kept."""
    network = CASE.open(fake.url, http, MemoryVault())
    assert network.begin_login({}, redirect="") is None
    assert network.finish_login({"user": "fox", "password": PASSWORD}, None, "") == {"access_token": TOKEN}
    assert fake.sent("login")[0].json()["device_id"] == "SYNDICATE"
    assert network.finish_login({"token": " t "}, None, "") == {"access_token": "t"}
    with pytest.raises(Unauthorised) as caught:
        network.finish_login({"user": "fox", "password": "wrong-password"}, None, "")
    assert "wrong-password" not in str(caught.value)
    assert "the user name or the password is wrong" in str(caught.value)
    assert "room" not in str(caught.value)
    with pytest.raises(UsageError):
        network.finish_login({"user": "fox"}, None, "")


def test_verify(fake: FakeMatrix, http: Client) -> None:
    """Who speaks where."""
    assert CASE.open(fake.url, http).verify().name == f"{ME} in {ALIAS}"


@pytest.mark.parametrize("options", [{}, {"homeserver": "https://m.example"}, {"homeserver": "x", "room": "news"}])
def test_bad_options_are_told_at_once(http: Client, options: dict[str, str]) -> None:
    """A homeserver, and a room that is an alias or an id."""
    with pytest.raises(ConfigError):
        replace(CASE, options=lambda url: options).open("", http)
