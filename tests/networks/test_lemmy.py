"""Lemmy on a fake server.

Of the fourteen scenarios these have no case here: 9 (Lemmy accepts equal posts), 10 (the server fetches the thumbnail
itself). 7 is the session: the password outlives every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account
from syndicate.networks import open_network
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.fake import Reply, cut_before_commit, drop_reply_after_commit, status
from tests.networks.fake_lemmy import COMMUNITY, EMAIL, PASSWORD, USER, FakeLemmy
from tests.networks.vault import MemoryVault


def options(url: str) -> dict[str, str]:
    return {"instance": url, "community": "foxes@lemmy.example", "username": USER}


CASE = Case(
    network="lemmy",
    fake=FakeLemmy,
    options=options,
    secrets={"password": PASSWORD},
    publish="POST /api/v3/post",
    too_long=replace(TEXT, text="x" * 10_001),
    unauthorised=status(401, {"error": "not_logged_in"})(None, None),  # type: ignore[arg-type]
    leaks=("lemmy-session-1", "lemmy-session-2"),
)
DAY = timedelta(days=1)
CREATE = "POST /api/v3/post"


@pytest.fixture
def fake() -> Iterator[FakeLemmy]:
    with FakeLemmy() as running:
        yield running


def test_a_link_post_with_words_and_thumbnail(fake: FakeLemmy, http: Client) -> None:
    """Title, link, body, and our card with its alt text."""
    card = replace(picture(), url="https://blog.example/feeds/cards/a.png")
    receipt = deliver(CASE.open(fake.url, http), replace(TEXT, card=card))
    assert fake.published[0]["body"] == {
        "name": "A title",
        "community_id": COMMUNITY,
        "url": LINK,
        "body": TEXT.text,
        "custom_thumbnail": card.url,
        "alt_text": "A fox in snow",
        "nsfw": False,
    }
    assert receipt.url == "https://lemmy.example/post/501"


def test_options_reach_the_post(fake: FakeLemmy, http: Client) -> None:
    """Language and nsfw."""
    account = Account(name="mine", network="lemmy", options={**options(fake.url), "nsfw": "true", "language_id": "37"})
    deliver(open_network(account, MemoryVault(CASE.secrets), http), TEXT)
    body = fake.published[0]["body"]
    assert (body["nsfw"], body["language_id"]) == (True, 37)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Two\nlines", "Two lines"),
        ("x" * 300, "x" * 199 + "…"),
        ("👩🏽‍🚀" * 60, "👩🏽‍🚀" * 49 + "…"),
        ("Hi", "Hi."),
        ("", "A text without a title"),
    ],
)
def test_titles_fit_lemmy(fake: FakeLemmy, http: Client, title: str, name: str) -> None:
    """One line of 3 to 200 characters."""
    deliver(CASE.open(fake.url, http), replace(TEXT, title=title, text="A text\nwithout a title"))
    assert fake.published[0]["post"]["name"] == name


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (10_000 - len(LINK)) + LINK, True),
        ("🦊" * 10_000, True),
        ("狐" * 10_000, True),
        ("e\u0301" * 5_000, True),
        ("e\u0301" * 5_000 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeLemmy, http: Client, text: str, fits: bool) -> None:
    """10,000 code points."""
    network = CASE.open(fake.url, http)
    if fits:
        deliver(network, replace(TEXT, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(network, replace(TEXT, text=text))
    assert len(fake.published) == fits


def test_one_session_serves_many_calls_and_processes(fake: FakeLemmy, http: Client) -> None:
    """It is kept in the vault, so a restart does not log in again."""
    vault = MemoryVault(CASE.secrets)
    deliver(CASE.open(fake.url, http, vault), TEXT)
    deliver(CASE.open(fake.url, http, vault), replace(TEXT, text="Another"))
    assert fake.logins == 1


def test_a_session_that_ends_in_the_middle_is_replaced(fake: FakeLemmy, http: Client) -> None:
    """A 401 did nothing: a new session, the same call, one post."""
    network = CASE.open(fake.url, http)
    message = network.prepare(TEXT, key="k")
    fake.expire()
    network.send(message, key="k")
    assert (fake.logins, len(fake.published)) == (2, 1)


def test_a_crash_after_the_login_only_costs_another(fake: FakeLemmy, http: Client) -> None:
    """The session was made and never stored; the password still works."""

    class Full(MemoryVault):
        def put(self, values: object) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        deliver(CASE.open(fake.url, http, Full(CASE.secrets)), TEXT)
    deliver(CASE.open(fake.url, http), TEXT)
    assert len(fake.published) == 1


def test_who_logs_in_by_mail_finds_their_posts_by_name(fake: FakeLemmy, http: Client) -> None:
    """The list shows names only, and the session tells ours."""
    account = Account(name="mine", network="lemmy", options={**options(fake.url), "username": EMAIL})
    network = open_network(account, MemoryVault(CASE.secrets), http)
    receipt = deliver(network, TEXT)
    assert network.find(TEXT, key="k", since=NOW - DAY) == receipt


def test_a_dead_session_taken_for_a_stranger_is_replaced(fake: FakeLemmy, http: Client) -> None:
    """The site answers everybody, without saying that the session has ended."""
    network = CASE.open(fake.url, http)
    deliver(network, TEXT)
    fake.expire()
    assert network.verify().name.startswith("fox")
    assert fake.logins == 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error": "missing_totp_token"}), Unauthorised),
        (Reply(400, {"error": "email_not_verified"}), Unauthorised),
        (Reply(200, {"jwt": None, "registration_created": True}), Unauthorised),
        (Reply(200, "<h1>Back soon</h1>"), Unavailable),
        (Reply(429, {"error": "rate_limit_error"}), RateLimited),
    ],
)
def test_a_refused_login_fails_no_message(fake: FakeLemmy, http: Client, reply: Reply, kind: type) -> None:
    """It is about the account, or passes."""
    fake.fail(lambda request, handle: reply, on="login")
    with pytest.raises(kind) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert type(caught.value) is kind


def test_an_unknown_community_fails_no_message(fake: FakeLemmy, http: Client) -> None:
    """The account waits until its option is mended."""
    account = Account(name="mine", network="lemmy", options={**options(fake.url), "community": "wolves"})
    with pytest.raises(Blocked, match="community"):
        deliver(open_network(account, MemoryVault(CASE.secrets), http), TEXT)


def test_a_wrong_password_pauses_the_account(fake: FakeLemmy, http: Client) -> None:
    """And is not repeated to anyone."""
    vault = MemoryVault({"password": "wrong-password-9"})
    with pytest.raises(Unauthorised) as caught:
        deliver(CASE.open(fake.url, http, vault), TEXT)
    assert "wrong-password-9" not in str(caught.value)


def test_a_lost_reply_is_settled_among_other_peoples_posts(fake: FakeLemmy, http: Client) -> None:
    """The community's newest, ours only, deleted ones left out."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=CREATE)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    fake.chatter(60)
    found = network.find(TEXT, key="k", since=NOW - DAY)
    assert found.url == "https://lemmy.example/post/501"
    network.delete(found)
    assert network.find(TEXT, key="k", since=NOW - DAY) is None


def test_a_post_without_a_link_is_found_by_its_words(fake: FakeLemmy, http: Client) -> None:
    """Which are the post's body."""
    network, message = CASE.open(fake.url, http), replace(TEXT, text="Only words", link="")
    receipt = deliver(network, message)
    assert network.find(message, key="k", since=NOW - DAY) == receipt
    assert network.find(replace(message, text="Other words"), key="k", since=NOW - DAY) is None


def test_a_call_that_never_arrived_is_not_found(fake: FakeLemmy, http: Client) -> None:
    """Neither is a post from before the intent, nor the same words of somebody else."""
    network = CASE.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    deliver(network, TEXT)
    fake.now = NOW
    fake.published.insert(0, fake._view({"name": "A title", "body": TEXT.text, "url": LINK}, "somebody"))
    fake.fail(cut_before_commit(), on=CREATE)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    assert network.find(TEXT, key="k", since=NOW - DAY) is None
    assert len(network.list_recent()) == 1


def test_reading_stops_at_the_intent(fake: FakeLemmy, http: Client) -> None:
    """What other people wrote before it is not read through."""
    fake.now = NOW - timedelta(days=3)
    fake.chatter(120)
    assert CASE.open(fake.url, http).find(TEXT, key="k", since=NOW - DAY) is None
    assert len(fake.sent("GET /api/v3/post/list")) == 1


def test_a_community_too_busy_stays_unknown(fake: FakeLemmy, http: Client) -> None:
    """Ten pages without reaching the intent prove nothing."""
    fake.chatter(501)
    with pytest.raises(Uncertain, match="too many"):
        CASE.open(fake.url, http).find(TEXT, key="k", since=NOW - DAY)


@pytest.mark.parametrize("code", [429, 400])
def test_a_limit_comes_with_two_statuses(fake: FakeLemmy, http: Client, code: int) -> None:
    """Lemmy says rate_limit_error with 400 as well."""
    fake.fail(status(code, {"error": "rate_limit_error"}, {"Retry-After": "60"}), on=CREATE)
    with pytest.raises(RateLimited) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert caught.value.retry_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("code", "error", "kind"),
    [
        (400, "invalid_url", Rejected),
        (400, "site_ban", Blocked),
        (403, "banned_from_community", Blocked),
        (400, "incorrect_login", Unauthorised),
        (500, "unknown", Uncertain),
    ],
)
def test_the_servers_codes(fake: FakeLemmy, http: Client, code: int, error: str, kind: type) -> None:
    """What each refusal means."""
    fake.fail(status(code, {"error": error}), on=CREATE, times=2)
    with pytest.raises(kind) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert type(caught.value) is kind


def test_edit_and_delete(fake: FakeLemmy, http: Client) -> None:
    """Words change in place; deleting what is gone is fine, also when it is gone for good."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    assert network.edit(receipt, replace(TEXT, text="New words"), key="e") == receipt
    assert fake.published[0]["post"]["body"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    fake.published.clear()
    network.delete(receipt)


def test_verify_and_login(fake: FakeLemmy, http: Client) -> None:
    """Who we are; the password is pasted."""
    network = CASE.open(fake.url, http)
    assert network.verify().name == "fox in foxes@lemmy.example"
    assert network.finish_login({"password": PASSWORD}, None, "") == {"password": PASSWORD}


@pytest.mark.parametrize("missing", ["instance", "community", "username"])
def test_options_that_are_needed(http: Client, missing: str) -> None:
    """Told at once."""
    given = {**options("http://l"), missing: ""}
    with pytest.raises(ConfigError, match=missing):
        open_network(Account(name="mine", network="lemmy", options=given), MemoryVault(), http)
