"""The tokens of Threads over real HTTP: sixty days, renewed again and again; Instagram's come from the same code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from syndicate.errors import Rejected, Unauthorised, Unavailable, UsageError
from syndicate.http import Client
from tests.networks.case import NOW, TEXT, deliver
from tests.networks.conftest import Clock
from tests.networks.fake import drop_reply_after_commit, status
from tests.networks.fake_graph import (
    APP_ID,
    APP_SECRET,
    LONG_TOKEN,
    NEXT_TOKEN,
    SIXTY_DAYS,
    TOKEN,
    FakeThreads,
    graph_error,
)
from tests.networks.test_threads import CASE, PUBLISH, prepared
from tests.networks.vault import MemoryVault


@pytest.fixture
def fake() -> Iterator[FakeThreads]:
    with FakeThreads() as running:
        yield running


def test_a_dead_token_in_the_middle_pauses_and_a_new_one_goes_on(fake: FakeThreads, http: Client) -> None:
    """The container is kept; after a new login the same one is published."""
    vault = MemoryVault({"access_token": TOKEN})
    network = CASE.open(fake.url, http, vault)
    message = prepared(network, TEXT)
    fake.dead.add(TOKEN)
    with pytest.raises(Unauthorised) as caught:
        network.send(message, key="k")
    assert TOKEN not in str(caught.value)
    vault.put({"access_token": LONG_TOKEN})
    network.send(message, key="k")
    assert (len(fake.containers), len(fake.published)) == (1, 1)


def logged_in(http: Client, fake: FakeThreads) -> MemoryVault:
    """What `syndicate login` stores of a pasted token."""
    return MemoryVault(CASE.open(fake.url, http, MemoryVault()).finish_login({"token": TOKEN}, None, ""))


def test_a_token_is_renewed_and_used_from_then_on(fake: FakeThreads, http: Client, clock: Clock) -> None:
    """Another sixty days, kept beside what the person gave, for that is never overwritten."""
    vault = logged_in(http, fake)
    network = CASE.open(fake.url, http, vault)
    clock.pass_by(timedelta(days=51))
    assert network.expires_at() == NOW + timedelta(days=60)
    assert network.renew() == clock.now + timedelta(seconds=SIXTY_DAYS) == network.expires_at()
    assert fake.sent("refresh_access_token")[0].bearer == TOKEN
    assert vault.get("access_token") == TOKEN
    fake.dead.add(TOKEN)
    deliver(network, TEXT)
    assert fake.sent(PUBLISH)[0].bearer == NEXT_TOKEN


def test_another_given_token_starts_another_session(fake: FakeThreads, http: Client, clock: Clock) -> None:
    """A new token in the environment is used at once, and its end is unknown."""
    vault = logged_in(http, fake)
    clock.pass_by(timedelta(days=51))
    CASE.open(fake.url, http, vault).renew()
    vault.secrets["access_token"] = LONG_TOKEN
    network = CASE.open(fake.url, http, vault)
    deliver(network, TEXT)
    assert fake.sent(PUBLISH)[0].bearer == LONG_TOKEN
    assert network.expires_at() is None


def test_a_token_younger_than_a_day_is_left_alone(fake: FakeThreads, http: Client) -> None:
    """Meta would refuse it."""
    assert CASE.open(fake.url, http, logged_in(http, fake)).renew() == NOW + timedelta(days=60)
    assert fake.requests == []


def test_a_crash_while_renewing_loses_nothing(fake: FakeThreads, http: Client) -> None:
    """The answer was lost: the token before still works and is renewed the next time."""
    vault = MemoryVault({"access_token": TOKEN})
    network = CASE.open(fake.url, http, vault)
    fake.fail(drop_reply_after_commit(), on="refresh")
    with pytest.raises(Unavailable):
        network.renew()
    assert vault.writes == []
    assert network.renew() == NOW + timedelta(seconds=SIXTY_DAYS)


def test_login_by_browser(fake: FakeThreads, http: Client) -> None:
    """Code, short token, long token; the app's secret is not kept."""
    network = CASE.open(fake.url, http, MemoryVault())
    answers = {"app_id": APP_ID, "app_secret": APP_SECRET, "redirect_uri": "https://blog.example/done"}
    page = network.begin_login(answers, redirect="http://127.0.0.1:8123/")
    assert page.url.startswith("https://threads.net/oauth/authorize?client_id=990001&redirect_uri=https%3A%2F%2Fblog")
    assert f"state={page.state}" in page.url
    stored = network.finish_login(answers, page, "good-code#_")
    assert stored["access_token"] == LONG_TOKEN
    assert APP_SECRET not in str(stored)
    renewed = CASE.open(fake.url, http, MemoryVault(stored))
    assert renewed.expires_at() == NOW + timedelta(seconds=SIXTY_DAYS)
    with pytest.raises(Rejected) as caught:
        network.finish_login(answers, page, "bad-code#_")
    assert APP_SECRET not in str(caught.value)
    assert "bad-code" not in str(caught.value)
    fake.fail(status(400, graph_error(400, 190, f"no token {TOKEN}").body), on="GET /access_token")
    with pytest.raises(Unauthorised) as refused:
        network.finish_login(answers, page, "good-code")
    assert TOKEN not in str(refused.value)


def test_login_by_a_pasted_token(fake: FakeThreads, http: Client) -> None:
    """A token from the app's page is taken to be fresh: sixty days."""
    network = CASE.open(fake.url, http, MemoryVault())
    assert network.begin_login({"token": TOKEN}, redirect="") is None
    vault = logged_in(http, fake)
    assert vault.get("access_token") == TOKEN
    assert CASE.open(fake.url, http, vault).expires_at() == NOW + timedelta(days=60)


def test_login_without_enough_is_told(fake: FakeThreads, http: Client) -> None:
    """Meta takes https redirects only."""
    answers = {"app_id": APP_ID, "app_secret": APP_SECRET, "redirect_uri": "http://127.0.0.1/"}
    with pytest.raises(UsageError, match="https"):
        CASE.open(fake.url, http, MemoryVault()).begin_login(answers, redirect="")


def test_verify_names_the_account_and_warns_of_a_full_day(fake: FakeThreads, http: Client) -> None:
    """250 posts in 24 hours are the limit."""
    network = CASE.open(fake.url, http, logged_in(http, fake))
    profile = network.verify()
    assert (profile.name, profile.expires_at, profile.warnings) == ("@fox", NOW + timedelta(days=60), ())
    fake.used = 250
    assert network.verify().warnings == ("250 of 250 posts a day are used",)
