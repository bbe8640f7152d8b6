"""OAuth: 2.0 with PKCE and tokens that turn over, and signatures of 1.0a."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Unauthorised, Unavailable, UsageError
from syndicate.http import Client
from syndicate.networks.toolkit.oauth import Keys, build_header, encode, sign
from tests.networks.case import TEXT
from tests.networks.conftest import Clock
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, garbage_body, status
from tests.networks.fake_oauth import CLIENT_ID, CLIENT_SECRET, GIVEN, REFRESH, FakeTumblr
from tests.networks.test_tumblr import CASE as LOGGED_IN_CASE
from tests.networks.vault import MemoryVault

CASE = replace(LOGGED_IN_CASE, secrets=GIVEN)
"""Only what a person gave: the first call makes the first token."""
TOKEN = "POST /v2/oauth2/token"


@pytest.fixture
def fake() -> Iterator[FakeTumblr]:
    with FakeTumblr() as running:
        yield running


def test_a_token_is_made_once_and_kept_for_the_next_process(fake: FakeTumblr, http: Client) -> None:
    """Another start with the same vault uses the same token."""
    vault = MemoryVault(CASE.secrets)
    for _ in range(2):
        CASE.open(fake.url, http, vault).send(TEXT, key="k")
    assert fake.turns == 1
    assert vault.get("refresh_token") == REFRESH


def test_a_token_near_its_end_is_renewed_before_the_call(fake: FakeTumblr, http: Client, clock: Clock) -> None:
    """Two minutes early, so that it does not die on the way."""
    network = CASE.open(fake.url, http)
    network.send(TEXT, key="k")
    for passed in (timedelta(minutes=39), timedelta(minutes=2)):
        clock.pass_by(passed)
        fake.now += passed
        network.send(TEXT, key="k")
    assert (fake.turns, len(fake.published)) == (2, 3)


def test_a_token_that_dies_in_the_middle_is_renewed_and_the_call_made_again(fake: FakeTumblr, http: Client) -> None:
    """A 401 did nothing: one post."""
    network = CASE.open(fake.url, http)
    network.send(TEXT, key="k")
    fake.expire()
    network.send(TEXT, key="k2")
    assert (fake.turns, len(fake.published)) == (2, 2)


def test_the_new_refresh_token_is_stored_before_the_new_token_is_used(fake: FakeTumblr, http: Client) -> None:
    """A process killed right after the renewal finds everything in the vault."""
    vault = MemoryVault(CASE.secrets)
    fake.fail(status(500), on="/posts")
    with pytest.raises(Exception, match="500"):
        CASE.open(fake.url, http, vault).send(TEXT, key="k")
    restarted = MemoryVault(vault.secrets)
    fake.expire()
    CASE.open(fake.url, http, restarted).send(TEXT, key="k")
    assert (fake.turns, len(fake.published)) == (2, 1)


def test_a_vault_that_cannot_be_written_stops_the_call(fake: FakeTumblr, http: Client) -> None:
    """The token exists nowhere else, so it is not used before it is safe."""

    class Full(MemoryVault):
        def put(self, values: object) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        CASE.open(fake.url, http, Full(CASE.secrets)).send(TEXT, key="k")
    assert fake.sent("/posts") == []


def test_a_renewal_lost_on_the_way_asks_for_a_login(fake: FakeTumblr, http: Client) -> None:
    """The network has turned the token over and nobody knows the new one: the account pauses, nothing is lost."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=TOKEN)
    with pytest.raises(Unavailable):
        network.send(TEXT, key="k")
    with pytest.raises(Unauthorised, match="login") as caught:
        network.send(TEXT, key="k")
    assert REFRESH not in str(caught.value)
    assert fake.published == []


@pytest.mark.parametrize("fault", [cut_before_commit(), status(503), status(429)])
def test_trouble_at_the_token_endpoint_is_only_a_delay(fake: FakeTumblr, http: Client, fault) -> None:
    """Nothing was turned over; the next attempt goes through."""
    network = CASE.open(fake.url, http)
    fake.fail(fault, on=TOKEN)
    with pytest.raises(Unavailable):
        network.send(TEXT, key="k")
    network.send(TEXT, key="k")
    assert len(fake.published) == 1


def test_an_unreadable_token_is_unavailable(fake: FakeTumblr, http: Client) -> None:
    """A body cut in the middle holds no token."""
    fake.fail(garbage_body(), on=TOKEN)
    with pytest.raises(Unavailable, match="cannot be read"):
        CASE.open(fake.url, http).send(TEXT, key="k")


def test_another_given_refresh_token_starts_anew(fake: FakeTumblr, http: Client) -> None:
    """A login, or a new value in the environment, takes the place of the kept session."""
    vault = MemoryVault(CASE.secrets)
    CASE.open(fake.url, http, vault).send(TEXT, key="k")
    fake.refresh = "oauth-refresh-token-given"
    vault.secrets["refresh_token"] = fake.refresh
    CASE.open(fake.url, http, vault).send(TEXT, key="k")
    assert (fake.turns, len(fake.published)) == (2, 2)


def test_racing_threads_renew_once(fake: FakeTumblr, http: Client) -> None:
    """The vault's lock, and a second look behind it."""
    vault = MemoryVault(CASE.secrets)
    threads = [
        threading.Thread(target=CASE.open(fake.url, http, vault).send, args=(TEXT,), kwargs={"key": f"{number}"})
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (fake.turns, len(fake.published)) == (1, 4)


def test_login_by_browser(fake: FakeTumblr, http: Client) -> None:
    """A page with state, a code, and everything that renewing needs afterwards."""
    network = CASE.open(fake.url, http, MemoryVault())
    answers = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    page = network.begin_login(answers, redirect="http://127.0.0.1:8123/")
    assert page.url.startswith("https://www.tumblr.com/oauth2/authorize?client_id=oauth-client-1&redirect_uri=http%3A")
    assert "scope=basic+write+offline_access" in page.url
    assert f"state={page.state}" in page.url
    stored = network.finish_login(answers, page, " good-code\n")
    assert fake.sent(TOKEN)[0].form()["redirect_uri"] == "http://127.0.0.1:8123/"
    CASE.open(fake.url, http, MemoryVault(stored)).send(TEXT, key="k")
    assert (fake.turns, len(fake.published)) == (1, 1)


def test_a_failed_login_shows_no_secret(fake: FakeTumblr, http: Client) -> None:
    """Neither the code nor the client's secret."""
    network = CASE.open(fake.url, http, MemoryVault())
    answers = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    page = network.begin_login(answers, redirect="http://127.0.0.1:8123/")
    with pytest.raises(Unauthorised) as caught:
        network.finish_login(answers, page, "bad-code")
    assert CLIENT_SECRET not in str(caught.value)
    with pytest.raises(UsageError):
        network.begin_login({"client_id": CLIENT_ID}, redirect="http://127.0.0.1/")


# --- OAuth 1.0a signatures against the published example and a computed one ---

EXAMPLE = Keys(
    "xvz1evFS4wEEPTGEFPHBog",
    "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
)
PARAMS = {
    "include_entities": "true",
    "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
    "oauth_consumer_key": EXAMPLE.consumer_key,
    "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1318622958",
    "oauth_token": EXAMPLE.token,
    "oauth_version": "1.0",
}


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://api.twitter.com/1/statuses/update.json", "tnnArxj06cWHq44gCs1OSKk/jLY="),
        ("https://api.twitter.com/1.1/statuses/update.json", "hCtSmYh+iHYCEqBWrE7C7hYmtUk="),
        ("https://api.x.com/1.1/statuses/update.json", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="),
    ],
)
def test_the_published_example_is_met(url: str, signature: str) -> None:
    """The documentation's dummy keys give the documentation's signatures."""
    assert sign(EXAMPLE, "POST", url, PARAMS) == signature


def test_a_json_body_stays_unsigned() -> None:
    """The header of a post to X, with its computed signature percent-encoded."""
    keys = Keys("ck", "cs", "tok", "ts")
    header = build_header(keys, "POST", "https://api.x.com/2/tweets", {}, nonce="n0nce", timestamp=1764000000)
    parts = dict(re.findall(r'(\w+)="([^"]*)"', header))
    assert header.startswith('OAuth oauth_consumer_key="ck", ')
    assert parts["oauth_signature"] == encode("Myfi1VHybzydGn+116BLYCSr5LM=")
    assert (parts["oauth_timestamp"], parts["oauth_version"]) == ("1764000000", "1.0")


def test_only_unreserved_characters_stay() -> None:
    """RFC 5849 section 3.6: everything else, also the tilde's neighbours, is encoded."""
    assert encode("Az09-._~ +/&=ü☃") == "Az09-._~%20%2B%2F%26%3D%C3%BC%E2%98%83"


def test_keys_hide_in_their_repr() -> None:
    """A logged value shows none of the four."""
    assert repr(EXAMPLE) == "Keys()"
