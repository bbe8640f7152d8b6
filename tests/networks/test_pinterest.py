"""Pinterest on a fake. Turning tokens over in general is in test_oauth2.py.

Of the fourteen scenarios these have no case here: 9 (Pinterest accepts equal pins), 10 (pictures go along in the
call, or are fetched by Pinterest after it).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, picture
from tests.networks.conftest import Clock
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_oauth import ACCESS, BOARD, CLIENT_ID, CLIENT_SECRET, GIVEN, LOGGED_IN, FakePinterest
from tests.networks.vault import MemoryVault

PIN = replace(TEXT, image=picture())
CASE = Case(
    network="pinterest",
    fake=FakePinterest,
    options=lambda url: {"api": url, "board": BOARD},
    secrets=LOGGED_IN,
    publish="POST /v5/pins",
    message=PIN,
    too_long=replace(PIN, text="x" * 801),
    leaks=(ACCESS, "oauth-access-token-1", "oauth-refresh-token-1"),
)
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakePinterest]:
    with FakePinterest() as running:
        yield running


def test_a_pin_with_its_picture_in_the_call(fake: FakePinterest, http: Client) -> None:
    """Title, words, link, alt text; the bytes as base64 where the file is not published."""
    receipt = CASE.open(fake.url, http).send(PIN, key="k")
    pin = fake.published[0]
    assert (pin["title"], pin["description"], pin["link"]) == ("A title", TEXT.text, LINK)
    assert (pin["alt_text"], pin["board_id"]) == ("A fox in snow", BOARD)
    assert pin["media_source"] == {
        "source_type": "image_base64",
        "content_type": "image/png",
        "data": base64.b64encode(PIXEL).decode(),
    }
    assert (receipt.remote_id, receipt.url) == ("801", "https://www.pinterest.com/pin/801/")


def test_a_published_picture_is_fetched_by_pinterest(fake: FakePinterest, http: Client) -> None:
    """Image or card, by its address."""
    card = replace(picture(), url="https://blog.example/feeds/cards/a.png")
    CASE.open(fake.url, http).send(replace(TEXT, card=card), key="k")
    assert fake.published[0]["media_source"] == {"source_type": "image_url", "url": card.url}


def test_a_message_without_a_picture_is_refused(fake: FakePinterest, http: Client) -> None:
    """Before any call."""
    with pytest.raises(Rejected, match="picture"):
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert fake.requests == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (800 - len(LINK)) + LINK, True),
        ("🦊" * 800, True),
        ("狐" * 800, True),
        ("e\u0301" * 400, True),
        ("e\u0301" * 400 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakePinterest, http: Client, text: str, fits: bool) -> None:
    """800 characters; a long title is cut, a long link refused."""
    network = CASE.open(fake.url, http)
    if fits:
        network.send(replace(PIN, text=text, title="x" * 300), key="k")
    else:
        with pytest.raises(Rejected):
            network.send(replace(PIN, text=text), key="k")
    assert len(fake.published) == fits


def test_a_title_is_cut_between_characters(fake: FakePinterest, http: Client) -> None:
    """What people see as one is left whole."""
    CASE.open(fake.url, http).send(replace(PIN, title="👩🏽‍🚀" * 30), key="k")
    assert fake.published[0]["title"] == "👩🏽‍🚀" * 24 + "…"


def test_a_link_too_long_is_refused(fake: FakePinterest, http: Client) -> None:
    """2,048 characters; a link cut would lead nowhere."""
    with pytest.raises(Rejected, match="2048"):
        CASE.open(fake.url, http).send(replace(PIN, link=LINK + "x" * 2048), key="k")


def test_a_lost_reply_is_settled_by_the_board(fake: FakePinterest, http: Client) -> None:
    """On any page, for the board has no order."""
    network = CASE.open(fake.url, http)
    for number in range(260):
        fake.published.append({"id": f"{number}", "created_at": "2026-11-24T08:00:00", "description": f"{number}"})
    fake.fail(drop_reply_after_commit(), on="POST /v5/pins")
    with pytest.raises(Uncertain):
        network.send(PIN, key="k")
    assert network.find(PIN, key="k", since=NOW - DAY).remote_id == "801"
    assert network.list_recent()[0].receipt.remote_id == "801"


def test_a_pin_whose_words_were_changed_is_found_by_its_link(fake: FakePinterest, http: Client) -> None:
    """And not by other words without it."""
    network = CASE.open(fake.url, http)
    receipt = network.send(replace(PIN, text="Words alone"), key="k")
    assert network.find(replace(PIN, text="Other words"), key="k", since=NOW - DAY) == receipt
    assert network.find(replace(PIN, text="Other words", link=""), key="k", since=NOW - DAY) is None


def test_a_call_that_never_arrived_is_not_found(fake: FakePinterest, http: Client) -> None:
    """An old pin does not count."""
    network = CASE.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    network.send(PIN, key="old")
    fake.now = NOW
    fake.fail(cut_before_commit(), on="POST /v5/pins")
    with pytest.raises(Uncertain):
        network.send(PIN, key="k")
    assert network.find(PIN, key="k", since=NOW - DAY) is None


def test_a_limit_is_kept(fake: FakePinterest, http: Client) -> None:
    """429 with a reset in seconds."""
    fake.fail(rate_limit({"X-RateLimit-Reset": "30"}, {"code": 8, "message": "slow down"}), on="POST /v5/pins")
    with pytest.raises(RateLimited) as caught:
        CASE.open(fake.url, http).send(PIN, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(("code", "kind"), [(400, Rejected), (403, Unauthorised), (404, Blocked), (500, Uncertain)])
def test_what_a_status_means(fake: FakePinterest, http: Client, code: int, kind: type) -> None:
    """Errors are a number and a sentence; a board that is not there fails no pin."""
    fake.fail(status(code, {"code": 1, "message": "The board is gone."}), on="POST /v5/pins")
    with pytest.raises(kind, match="The board is gone"):
        CASE.open(fake.url, http).send(PIN, key="k")
    assert len(fake.sent("POST /v5/pins")) == 1


def test_words_change_and_deleting_twice_is_fine(fake: FakePinterest, http: Client) -> None:
    """A pin's picture never changes."""
    network = CASE.open(fake.url, http)
    receipt = network.send(PIN, key="k")
    network.edit(receipt, replace(PIN, text="New words"), key="e")
    assert fake.sent("PATCH")[0].json().keys() == {"title", "description", "link", "alt_text"}
    assert fake.published[0]["description"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []


def test_the_login_is_renewed_before_its_end(fake: FakePinterest, http: Client, clock: Clock) -> None:
    """What dies is the refresh token, sixty days after its last use; renewing takes no lock of its own."""
    vault = MemoryVault(GIVEN)
    network = CASE.open(fake.url, http, vault)
    assert network.expires_at() is None
    with vault.lock():
        assert network.renew() == NOW + timedelta(days=60)
    assert fake.sent("/v5/oauth/token")[0].form()["continuous_refresh"] == "true"
    clock.pass_by(timedelta(days=50))
    fake.now += timedelta(days=50)
    assert network.renew() == clock.now + timedelta(days=60)
    assert network.verify().expires_at == clock.now + timedelta(days=60)
    assert network.verify().name == "fox on Foxes"


def test_login_page(fake: FakePinterest, http: Client) -> None:
    """The scopes it needs."""
    answers = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": "https://blog.example/done"}
    network = CASE.open(fake.url, http, MemoryVault())
    page = network.begin_login(answers, redirect="")
    assert "boards%3Aread%2Cpins%3Aread%2Cpins%3Awrite" in page.url
    assert network.finish_login(answers, page, "good-code")["refresh_token"] == "oauth-refresh-token-1"


@pytest.mark.parametrize("board", ["", "foxes"])
def test_a_board_is_a_number(http: Client, board: str) -> None:
    """Told at once."""
    with pytest.raises(ConfigError):
        replace(CASE, options=lambda url: {"board": board}).open("", http)
