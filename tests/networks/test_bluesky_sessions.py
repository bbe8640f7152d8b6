"""Bluesky's sessions over real HTTP: made once, shared, renewed in the middle, begun again where nothing else helps."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from syndicate.errors import RateLimited, Unauthorised, Unavailable
from syndicate.http import Client
from syndicate.networks.bluesky import Bluesky
from syndicate.networks.bluesky.session import parse_expiry, parse_session
from tests.networks.case import TEXT
from tests.networks.conftest import Clock
from tests.networks.fake import Reply, drop_reply_after_commit, status
from tests.networks.fake_bluesky import DID, HANDLE, FakeBluesky
from tests.networks.test_bluesky import CARD, CASE, PUT
from tests.networks.vault import MemoryVault


@pytest.fixture
def bluesky(fake: FakeBluesky, http: Client, vault: MemoryVault) -> Bluesky:
    network: Bluesky = CASE.open(fake.url, http, vault)
    return network


def test_a_session_is_made_once_and_shared(fake: FakeBluesky, http: Client, vault: MemoryVault) -> None:
    """Logins are rationed: three processes, one login."""
    for number in range(3):
        CASE.open(fake.url, http, vault).send(TEXT, key=f"k{number}")
    assert fake.logins == 1


def test_a_token_that_dies_between_two_calls_is_renewed(
    bluesky: Bluesky, fake: FakeBluesky, vault: MemoryVault
) -> None:
    """ExpiredToken in the middle of a message: refresh, store, go on; still one post and one login."""
    message = bluesky.prepare(CARD, key="k")
    fake.expire_token()
    bluesky.send(message, key="k")
    assert (fake.logins, len(fake.sent("refreshSession")), len(fake.posts)) == (1, 1, 1)
    assert orjson.loads(vault.get("session"))["access"] in fake.access


def test_a_token_is_renewed_before_it_dies(bluesky: Bluesky, fake: FakeBluesky, clock: Clock) -> None:
    """The end stands in the token: two minutes before it no call is wasted on it."""
    bluesky.send(TEXT, key="1")
    clock.pass_by(timedelta(hours=1, minutes=59))
    fake.now = clock.now
    bluesky.send(replace(TEXT, text="two"), key="2")
    assert len(fake.sent("refreshSession")) == 1
    assert len(fake.sent(PUT)) == 2


def test_a_spent_refresh_token_leads_back_to_the_password(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """After ninety days the app password logs in again."""
    bluesky.send(TEXT, key="1")
    fake.expire_token()
    fake.refresh.clear()
    bluesky.send(replace(TEXT, text="two"), key="2")
    assert fake.logins == 2


def test_a_refreshed_token_that_is_refused_too_leads_to_a_login(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """Refresh once, log in once; what is refused even then is told, and tried no more."""
    bluesky.send(TEXT, key="1")
    refusal = status(400, {"error": "InvalidToken", "message": "Token could not be verified"})
    fake.fail(refusal, on=PUT, times=2)
    bluesky.send(replace(TEXT, text="two"), key="2")
    assert (fake.logins, len(fake.sent("refreshSession")), len(fake.posts)) == (2, 1, 2)
    fake.fail(refusal, on=PUT, times=9)
    with pytest.raises(Unauthorised):
        bluesky.send(replace(TEXT, text="three"), key="3")
    assert (fake.logins, len(fake.sent(PUT))) == (3, 7)


def test_a_process_killed_after_the_refresh_loses_nothing(fake: FakeBluesky, http: Client, vault: MemoryVault) -> None:
    """The new pair was never stored: the old refresh token still works."""
    CASE.open(fake.url, http, vault).send(TEXT, key="1")
    fake.expire_token()
    fake.fail(drop_reply_after_commit(), on="refreshSession")
    with pytest.raises(Unavailable):
        CASE.open(fake.url, http, vault).send(replace(TEXT, text="two"), key="2")
    CASE.open(fake.url, http, vault).send(replace(TEXT, text="two"), key="2")
    assert (fake.logins, len(fake.posts)) == (1, 2)


def test_racing_threads_renew_once(fake: FakeBluesky, http: Client, vault: MemoryVault) -> None:
    """Whoever holds the lock renews, the others take the result."""
    CASE.open(fake.url, http, vault).send(TEXT, key="0")
    fake.expire_token()
    senders = [
        threading.Thread(target=CASE.open(fake.url, http, vault).send, args=(TEXT,), kwargs={"key": f"t{number}"})
        for number in range(6)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(fake.sent("refreshSession")) == 1
    assert len(fake.posts) == 7


def test_a_session_of_another_login_is_not_used(fake: FakeBluesky, http: Client, vault: MemoryVault) -> None:
    """A changed handle starts anew; a damaged session too."""
    CASE.open(fake.url, http, vault).send(TEXT, key="0")
    stored = orjson.loads(vault.get("session"))
    for session in ({**stored, "identifier": "owl.example"}, {"strange": 1}):
        vault.put({"session": orjson.dumps(session).decode()})
        CASE.open(fake.url, http, vault).send(TEXT, key="0")
    assert fake.logins == 3


def test_a_wrong_password_pauses_the_account(fake: FakeBluesky, http: Client) -> None:
    """With the advice to make an app password and to name the present handle, and without showing the wrong one."""
    network = CASE.open(fake.url, http, MemoryVault({"app_password": "my-main-password"}))
    with pytest.raises(Unauthorised, match=r"app password.*`handle` that you have now") as caught:
        network.send(TEXT, key="k")
    assert "my-main-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            Reply(401, {"error": "AuthFactorTokenRequired", "message": "A sign in code was sent"}),
            Unauthorised,
            "app pass",
        ),
        (
            Reply(401, {"error": "AccountTakedown", "message": "Account has been taken down"}),
            Unauthorised,
            "taken down",
        ),
        (Reply(429, {"error": "RateLimitExceeded"}, {"RateLimit-Reset": "1795513200"}), RateLimited, "429"),
        (Reply(502, "<html>down</html>"), Unavailable, "502"),
    ],
)
def test_a_login_that_fails_publishes_nothing(
    bluesky: Bluesky, fake: FakeBluesky, reply: Reply, kind: type, words: str
) -> None:
    """Logins are rationed and come before the post: their trouble is never "may be published"."""
    fake.fail(lambda request, handle: reply, on="createSession")
    with pytest.raises(kind, match=words) as caught:
        bluesky.send(TEXT, key="k")
    assert type(caught.value) is kind
    assert fake.sent(PUT) == []
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_at == datetime(2026, 11, 24, 9, 40, tzinfo=UTC)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"])
def test_a_token_without_an_end_is_used_as_it_is(token: str) -> None:
    """Not every server's tokens can be read."""
    assert parse_expiry(token) is None


@pytest.mark.parametrize(
    ("service", "end", "pds"),
    [
        ("https://bsky.social", "https://x.host.example", "https://x.host.example"),
        ("https://bsky.social", "http://10.0.0.1", "https://bsky.social"),
        ("https://pds.example", "https://x.host.example", "https://pds.example"),
        ("https://bsky.social", None, "https://bsky.social"),
    ],
)
def test_the_accounts_own_server_is_learnt_from_the_entryway_only(service: str, end: str | None, pds: str) -> None:
    """A server that a person chose stays chosen, and no token travels without TLS."""
    document = {"service": [{"id": "#atproto_pds", "serviceEndpoint": end}]}
    answer = {"did": DID, "accessJwt": "a", "refreshJwt": "r", "didDoc": document}
    session = parse_session(answer, HANDLE, service)
    assert session is not None
    assert session.pds == pds
