"""Signed webhooks against a receiver that checks signatures.

Of the fourteen scenarios these have no case here: 6 and 7 (a secret does not expire; changing it is tested), 9
(receivers acknowledge what they know), 10 (no media is uploaded).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.networks.base import Resends
from syndicate.networks.webhook import build_signature
from tests.networks.case import NOW, TEXT, Case, picture
from tests.networks.conftest import Clock
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, status
from tests.networks.fake_webhook import SECRET, FakeReceiver
from tests.networks.vault import MemoryVault

OTHER = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA=="

CASE = Case(
    network="webhook",
    fake=FakeReceiver,
    options=lambda url: {"url": f"{url}/hook"},
    secrets={"secret": SECRET},
    publish="POST /hook",
    too_long=replace(TEXT, text="x" * 20_001),
    reads_success=False,
    leaks=(SECRET.removeprefix("whsec_"),),
)


@pytest.fixture
def fake() -> Iterator[FakeReceiver]:
    with FakeReceiver() as running:
        yield running


def test_the_signature_is_the_conventions() -> None:
    """The vector of networks.md, section 12.4."""
    body = b'{"type":"post.published","data":{"id":"a"}}'
    assert build_signature(SECRET, "msg_a", "1764000000", body) == "v1,8Nus+wEBqVZqx9cKq7A4OzrF1Nm2ruAj8+45APvTZw4="


def test_the_event_carries_the_whole_message(fake: FakeReceiver, http: Client) -> None:
    """Everything a receiver may want to show, and no field that moves on a retry but the timestamp."""
    image = replace(picture(), url="https://blog.example/feeds/cards/a.png")
    message = replace(TEXT, post_id="p1", image=image, tags=("Python",), language="en", published_at=NOW)
    receipt = CASE.open(fake.url, http).send(message, key="k1")
    event = fake.published[0]
    assert (event["type"], event["timestamp"]) == ("post.published", "2026-11-24T09:00:00Z")
    assert event["data"] == {
        "id": "p1",
        "url": message.link,
        "title": "A title",
        "summary": "What it says.",
        "text": message.text,
        "image": {"url": image.url, "alt": "A fox in snow"},
        "tags": ["Python"],
        "language": "en",
        "published_at": "2026-11-24T09:00:00Z",
    }
    assert (receipt.remote_id, receipt.url) == ("msg_k1", message.link)


@pytest.mark.parametrize("fault", [drop_reply_after_commit(), cut_before_commit()], ids=["after commit", "before"])
def test_sending_again_after_an_unknown_outcome_shows_it_once(fake: FakeReceiver, http: Client, fault) -> None:
    """The same webhook-id on every try: whether the first one arrived or not, the message is there once."""
    network = CASE.open(fake.url, http)
    fake.fail(fault)
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k1")
    assert isinstance(network, Resends)
    assert network.resend_until(NOW) > NOW + timedelta(days=7)
    assert network.send(TEXT, key="k1").remote_id == "msg_k1"
    assert len(fake.published) == 1


def test_a_retry_is_signed_with_its_own_time(fake: FakeReceiver, http: Client, clock: Clock) -> None:
    """Receivers refuse old timestamps, so a late retry carries a new one."""
    network = CASE.open(fake.url, http)
    clock.pass_by(timedelta(hours=3))
    fake.now += 3 * 3600
    network.send(TEXT, key="k1")
    assert len(fake.published) == 1


@pytest.mark.parametrize("believed", [SECRET, OTHER])
def test_both_secrets_sign_during_a_change(http: Client, believed: str) -> None:
    """A receiver that knows either secret accepts the message."""
    with FakeReceiver(believed) as fake:
        vault = MemoryVault({"secret": OTHER, "old_secret": SECRET})
        CASE.open(fake.url, http, vault).send(TEXT, key="k1")
        assert len(fake.published) == 1


def test_login_keeps_the_secret_before(fake: FakeReceiver, http: Client) -> None:
    """A new secret moves the present one aside instead of losing it."""
    network = CASE.open(fake.url, http)
    assert network.begin_login({"secret": OTHER}, redirect="") is None
    assert network.finish_login({"secret": OTHER}, None, "") == {"secret": OTHER, "old_secret": SECRET}
    assert network.finish_login({"secret": SECRET}, None, "") == {"secret": SECRET}


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64!", "whsec_abcd!efgh", "c3luZGljYXRl"])
def test_a_malformed_secret_is_told(fake: FakeReceiver, http: Client, secret: str) -> None:
    """Before anything is sent, and without repeating it."""
    network = CASE.open(fake.url, http, MemoryVault({"secret": secret}))
    with pytest.raises(ConfigError, match="whsec_"):
        network.send(TEXT, key="k1")
    with pytest.raises(ConfigError):
        network.verify()
    assert fake.requests == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (410, Blocked),
        (401, Unauthorised),
        (403, Unauthorised),
        (400, Unavailable),
        (404, Unavailable),
        (422, Unavailable),
        (429, RateLimited),
        (500, Uncertain),
        (503, Uncertain),
    ],
)
def test_what_the_receivers_status_means(fake: FakeReceiver, http: Client, code: int, kind: type) -> None:
    """410 is the end; other refusals are tried again, as the convention asks."""
    fake.fail(status(code))
    with pytest.raises(kind) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k1")
    assert type(caught.value) is kind


def test_a_refusal_with_retry_after_says_when(fake: FakeReceiver, http: Client) -> None:
    """Any refusal may name the moment to come back."""
    fake.fail(status(409, headers={"Retry-After": "60"}))
    with pytest.raises(RateLimited) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k1")
    assert caught.value.retry_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("text", "fits"), [("狐" * 20_000, True), ("e\u0301" * 10_000, True), ("🦊" * 20_000, True), ("x" * 20_001, False)]
)
def test_exactly_at_and_one_over_the_limit(fake: FakeReceiver, http: Client, text: str, fits: bool) -> None:
    """20,000 code points, our own limit."""
    network = CASE.open(fake.url, http)
    if fits:
        network.send(replace(TEXT, text=text), key="k1")
    else:
        with pytest.raises(Rejected):
            network.send(replace(TEXT, text=text), key="k1")
    assert len(fake.published) == fits


def test_edits_and_deletions_are_events_of_their_own(fake: FakeReceiver, http: Client) -> None:
    """A deletion repeated has the same id, so a receiver sees it once."""
    network = CASE.open(fake.url, http)
    receipt = network.send(replace(TEXT, post_id="p1"), key="k1")
    network.edit(receipt, replace(TEXT, text="New words"), key="k2")
    network.delete(receipt)
    network.delete(receipt)
    assert [event["type"] for event in fake.published] == ["post.published", "post.updated", "post.deleted"]
    assert {event["timestamp"] for event in fake.published} == {"2026-11-24T09:00:00Z"}
    assert fake.published[2]["data"] == {"id": "p1", "url": TEXT.link, "message": "msg_k1"}


def test_verify_warns_of_plain_http(fake: FakeReceiver, http: Client) -> None:
    """A webhook cannot be asked who it is; its address can be looked at."""
    profile = CASE.open(fake.url, http).verify()
    assert profile.name == "127.0.0.1"
    assert "not https" in profile.warnings[0]


def test_an_address_is_needed(http: Client) -> None:
    """Without `url` there is nowhere to post to."""
    with pytest.raises(ConfigError, match="url"):
        replace(CASE, options=lambda url: {}).open("", http)
