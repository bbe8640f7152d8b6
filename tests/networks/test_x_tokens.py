"""X's keys and tokens over real HTTP: signatures, tokens that turn over, logins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from syndicate.errors import Unauthorised, Unavailable, Uncertain, UsageError
from syndicate.http import Client
from syndicate.networks.toolkit.oauth import challenge_of
from syndicate.networks.x import X
from tests.networks.case import NOW, TEXT
from tests.networks.conftest import Clock
from tests.networks.fake import Handler, Reply, Request, drop_reply_after_commit
from tests.networks.fake_x import CLIENT, CLIENT_SECRET, FIRST_REFRESH, KEYS, FakeX
from tests.networks.test_x import CASE, POST, TOKENS
from tests.networks.vault import MemoryVault


@pytest.fixture
def x(fake: FakeX, http: Client) -> X:
    network: X = CASE.open(fake.url, http)
    return network


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault(TOKENS)


def test_wrong_keys_are_not_tried_twice(fake: FakeX, http: Client) -> None:
    """Keys do not expire, so a refusal is final."""
    network = CASE.open(fake.url, http, MemoryVault({**KEYS, "access_token_secret": "wrong-secret"}))
    with pytest.raises(Unauthorised, match="this machine's clock"):
        network.send(TEXT, key="k")
    assert len(fake.requests) == 1


def test_a_refresh_token_is_turned_over_and_stored_before_use(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """The new pair is in the vault before the first request carries it; the old one is worth nothing from then on."""
    writes_before_use: list[int] = []

    def watch(request: Request, handle: Handler) -> Reply:
        writes_before_use.append(len(vault.writes))
        return handle(request)

    fake.fail(watch, on=POST)
    CASE.open(fake.url, http, vault).send(TEXT, key="k")
    assert writes_before_use == [1]
    assert orjson.loads(vault.get("session"))["refresh"] == fake.refresh != FIRST_REFRESH


def test_a_token_that_dies_in_the_middle_is_renewed_once(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """401, turn over, go on: one post."""
    network = CASE.open(fake.url, http, vault)
    network.send(TEXT, key="1")
    fake.expire_token()
    network.send(replace(TEXT, text="two"), key="2")
    assert fake.turns == 2
    assert len(fake.published) == 2


def test_a_token_is_renewed_before_it_dies(fake: FakeX, http: Client, vault: MemoryVault, clock: Clock) -> None:
    """Two hours less two minutes: no call is wasted on a dead token."""
    network = CASE.open(fake.url, http, vault)
    network.send(TEXT, key="1")
    clock.pass_by(timedelta(minutes=119))
    network.send(replace(TEXT, text="two"), key="2")
    assert fake.turns == 2
    assert len(fake.sent(POST)) == 2


def test_a_process_killed_after_the_turn_goes_on(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """The pair was stored, the process died before using it: the next one uses it without another turn."""
    fake.fail(drop_reply_after_commit(), on=POST)
    with pytest.raises(Uncertain):
        CASE.open(fake.url, http, vault).send(TEXT, key="1")
    assert CASE.open(fake.url, http, vault).find(TEXT, key="1", since=NOW) is not None
    assert fake.turns == 1


def test_a_process_killed_in_the_turn_asks_for_a_login(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """X turned the token over and the answer was lost: nobody has the new one, and the account says what to do."""
    fake.fail(drop_reply_after_commit(), on="POST /2/oauth2/token")
    with pytest.raises(Unavailable):
        CASE.open(fake.url, http, vault).send(TEXT, key="1")
    with pytest.raises(Unauthorised, match="syndicate login mine") as caught:
        CASE.open(fake.url, http, vault).send(TEXT, key="1")
    assert FIRST_REFRESH not in str(caught.value)
    assert fake.published == []


def test_another_process_may_have_turned_it_over(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """A stale in-memory view does not spend the token that another process just stored."""
    one, other = CASE.open(fake.url, http, vault), CASE.open(fake.url, http, vault)
    one.send(TEXT, key="1")
    fake.expire_token()
    one.send(replace(TEXT, text="two"), key="2")
    other.send(replace(TEXT, text="three"), key="3")
    assert fake.turns == 2


def test_a_new_refresh_token_from_a_person_starts_anew(fake: FakeX, http: Client, vault: MemoryVault) -> None:
    """After another login the old session is not used any more."""
    CASE.open(fake.url, http, vault).send(TEXT, key="1")
    vault.put({"refresh_token": fake.refresh})
    CASE.open(fake.url, http, vault).send(replace(TEXT, text="two"), key="2")
    assert fake.turns == 2


def test_a_login_with_a_browser_gives_working_tokens(x: X, fake: FakeX, http: Client) -> None:
    """PKCE in the address, the code traded at once, the stored secrets post."""
    answers = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "redirect_uri": "https://blog.example/cb"}
    page = x.begin_login(answers, redirect="http://127.0.0.1:9/cb")
    assert page is not None
    assert page.memory is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert query["code_challenge"] == challenge_of(page.memory["code_verifier"])
    assert "offline.access" in query["scope"]
    assert query["redirect_uri"] == page.memory["redirect_uri"] == "https://blog.example/cb"
    secrets = x.finish_login(answers, page, "good")
    CASE.open(fake.url, http, MemoryVault(secrets)).send(TEXT, key="k")
    assert len(fake.published) == 1


def test_a_wrong_code_is_refused(x: X) -> None:
    """With advice and without the secret."""
    answers = {"client_id": CLIENT, "client_secret": CLIENT_SECRET}
    page = x.begin_login(answers, redirect="http://127.0.0.1:9/cb")
    with pytest.raises(Unauthorised) as caught:
        x.finish_login(answers, page, "bad")
    assert CLIENT_SECRET not in str(caught.value)


def test_four_pasted_keys_need_no_page(x: X) -> None:
    """OAuth 1.0a: the simplest login."""
    assert x.begin_login({}, redirect="") is None
    assert x.finish_login({name: f" {key}\n" for name, key in KEYS.items()}, None, "") == KEYS
    with pytest.raises(UsageError):
        x.finish_login({}, None, "")


def test_a_browser_login_needs_an_address_to_return_to(x: X) -> None:
    """X returns only to registered addresses."""
    with pytest.raises(UsageError, match="redirect address"):
        x.begin_login({"client_id": CLIENT}, redirect="")
