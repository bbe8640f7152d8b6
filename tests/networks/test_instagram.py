"""Instagram on a fake Graph API. What it shares with Threads (containers, logins) is proved more fully there.

Of the fourteen scenarios these have no case here: 9 (Instagram accepts equal posts), 12 and 13 (nothing can be deleted
or edited, which is tested as the lack of the abilities). 7 holds by itself: renewing kills no token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, NotReady, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.networks.base import Deletes, Edits
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, status
from tests.networks.fake_graph import (
    APP_ID,
    APP_SECRET,
    LONG_TOKEN,
    NEXT_TOKEN,
    SIXTY_DAYS,
    TOKEN,
    USER,
    FakeInstagram,
    graph_error,
)
from tests.networks.vault import MemoryVault

CARD = replace(picture(), media_type="image/jpeg", url="https://blog.example/feeds/cards/a.jpg")
POST = replace(TEXT, image=CARD)
CASE = Case(
    network="instagram",
    fake=FakeInstagram,
    options=lambda url: {"api": url, "codes": url, "user": USER},
    secrets={"access_token": TOKEN},
    publish=f"POST /v25.0/{USER}/media_publish",
    message=POST,
    illustrated=POST,
    too_long=replace(POST, text="x" * 2201),
)
PUBLISH = "media_publish"
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeInstagram]:
    with FakeInstagram() as running:
        yield running


def test_a_picture_with_caption_and_alt_text(fake: FakeInstagram, http: Client) -> None:
    """Meta fetches the published file; the address comes from the post."""
    receipt = deliver(CASE.open(fake.url, http), POST)
    post = fake.published[0]
    assert post["form"] == {"image_url": CARD.url, "caption": TEXT.text, "alt_text": "A fox in snow"}
    assert (receipt.remote_id, receipt.url) == (post["id"], post["permalink"])


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "without a picture"),
        (replace(CARD, media_type="image/png"), "image/png"),
        (replace(CARD, url=""), "public address"),
        (replace(CARD, width=1200, height=600), "1200 by 600"),
        (replace(CARD, width=700, height=1000), "700 by 1000"),
    ],
)
def test_what_instagram_would_refuse_is_refused_here(fake: FakeInstagram, http: Client, image, words: str) -> None:
    """No picture, no JPEG, no address, a shape that does not fit: before any call."""
    with pytest.raises(Rejected, match=words):
        deliver(CASE.open(fake.url, http), replace(TEXT, image=image))
    assert fake.requests == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (2200 - len(LINK)) + LINK, True),
        ("🦊" * 2200, True),
        ("狐" * 2200, True),
        ("e\u0301" * 1100, True),
        ("e\u0301" * 1100 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeInstagram, http: Client, text: str, fits: bool) -> None:
    """2,200 characters."""
    if fits:
        deliver(CASE.open(fake.url, http), replace(POST, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(CASE.open(fake.url, http), replace(POST, text=text))
    assert len(fake.published) == fits


def test_a_slow_picture_is_waited_for(http: Client) -> None:
    """One container, published once it is ready."""
    with FakeInstagram(polls=1) as fake:
        network = CASE.open(fake.url, http)
        message = network.prepare(POST, key="k")
        with pytest.raises(NotReady):
            network.prepare(message, key="k")
        network.send(network.prepare(message, key="k"), key="k")
        assert (len(fake.containers), len(fake.published)) == (1, 1)


def test_a_picture_that_never_arrives_fails_the_delivery(http: Client) -> None:
    """After three containers, with Meta's words."""
    with FakeInstagram(broken=True) as fake:
        with pytest.raises(Rejected, match="could not be fetched"):
            deliver(CASE.open(fake.url, http), POST)
        assert len(fake.containers) == 3


@pytest.mark.parametrize("published", [0, 1])
def test_a_lost_reply_is_settled(fake: FakeInstagram, http: Client, published: int) -> None:
    """By the container, and by the caption in the listing."""
    network = CASE.open(fake.url, http)
    message = network.prepare(POST, key="k")
    fake.fail(drop_reply_after_commit() if published else cut_before_commit(), on=PUBLISH)
    with pytest.raises(Uncertain):
        network.send(message, key="k")
    found = network.find(message, key="k", since=NOW - DAY)
    assert (found is not None) == bool(published)
    assert network.send(network.prepare(message, key="k"), key="k").remote_id == fake.published[0]["id"]
    assert len(fake.published) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (graph_error(400, 9007, error_subcode=2207027), NotReady),
        (graph_error(400, 9, error_subcode=2207042), RateLimited),
        (graph_error(400, 25, error_subcode=2207051), Blocked),
        (graph_error(400, 36003, error_subcode=2207009), Rejected),
        (graph_error(400, 9004, error_subcode=2207052), Rejected),
        (graph_error(400, 190), Unauthorised),
        (graph_error(500, 2), Uncertain),
    ],
)
def test_instagrams_codes(fake: FakeInstagram, http: Client, reply, kind: type) -> None:
    """By code and subcode."""
    network = CASE.open(fake.url, http)
    message = network.prepare(POST, key="k")
    fake.fail(status(reply.status, reply.body), on=PUBLISH)
    with pytest.raises(kind) as caught:
        network.send(message, key="k")
    assert type(caught.value) is kind


def test_login_and_renewal(fake: FakeInstagram, http: Client, clock: Clock) -> None:
    """Instagram's own grant types and hosts; a dead token in the middle is told."""
    network = CASE.open(fake.url, http, MemoryVault())
    answers = {"app_id": APP_ID, "app_secret": APP_SECRET, "redirect_uri": "https://blog.example/done"}
    page = network.begin_login(answers, redirect="")
    assert page.url.startswith("https://www.instagram.com/oauth/authorize?")
    vault = MemoryVault(network.finish_login(answers, page, "code"))
    assert vault.get("access_token") == LONG_TOKEN
    assert fake.sent("GET /access_token")[0].query["grant_type"] == "ig_exchange_token"
    clock.pass_by(DAY)
    network = CASE.open(fake.url, http, vault)
    assert network.renew() == clock.now + timedelta(seconds=SIXTY_DAYS)
    fake.dead.add(LONG_TOKEN)
    message = network.prepare(POST, key="k")
    assert fake.requests[-1].bearer == NEXT_TOKEN
    fake.dead.add(NEXT_TOKEN)
    with pytest.raises(Unauthorised):
        network.send(message, key="k")


def test_verify_warns_of_a_full_day(fake: FakeInstagram, http: Client) -> None:
    """As the network counts."""
    network = CASE.open(fake.url, http)
    assert (network.verify().name, network.verify().warnings) == ("@fox", ())
    fake.used = 50
    assert network.verify().warnings == ("50 of 50 posts a day are used",)


def test_nothing_can_be_changed(fake: FakeInstagram, http: Client) -> None:
    """Neither edit nor deletion is offered."""
    assert not isinstance(CASE.open(fake.url, http), Edits | Deletes)


@pytest.mark.parametrize("user", ["", "fox"])
def test_a_user_is_a_number(http: Client, user: str) -> None:
    """Told at once."""
    with pytest.raises(ConfigError):
        replace(CASE, options=lambda url: {"user": user}).open("", http)


@pytest.mark.parametrize("asked", [{"warning": "Food"}, {"visibility": "private"}])
def test_what_instagram_cannot_say_is_refused(fake: FakeInstagram, http: Client, asked: dict[str, str]) -> None:
    """A warning is not lost, and what is meant for few is not shown to everybody."""
    with pytest.raises(Rejected):
        deliver(CASE.open(fake.url, http), replace(POST, **asked))
    assert fake.requests == []
