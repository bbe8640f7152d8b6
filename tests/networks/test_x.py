"""X on a fake that checks signatures: keys, tokens that turn over, money, duplicates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import (
    ConfigError,
    Duplicate,
    NotReady,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client
from syndicate.model import Account, Message, Receipt
from syndicate.networks import describe, facts_of, open_network
from syndicate.networks.toolkit.oauth import Forbidden
from syndicate.networks.x import X, build_post
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import Reply, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_x import CLIENT, CLIENT_SECRET, FIRST_REFRESH, KEYS, FakeX
from tests.networks.vault import MemoryVault

CASE = Case(
    network="x",
    fake=FakeX,
    options=lambda url: {"api": url},
    secrets=KEYS,
    publish="POST /2/tweets",
    too_long=replace(TEXT, text="日" * 141, link=""),
    unauthorised=Reply(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
)
POST = CASE.publish
TOKENS = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "refresh_token": FIRST_REFRESH}


@pytest.fixture
def x(fake: FakeX, http: Client) -> X:
    network: X = CASE.open(fake.url, http)
    return network


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault(TOKENS)


def test_a_post_has_only_the_fields_it_needs() -> None:
    """X refuses unknown fields, so nothing empty is sent."""
    assert build_post(Message(text="cafe\u0301"), {}) == {"text": "café"}
    message = Message(text="a", reply_to=Receipt("7", "u"), prepared={"media": "5"})
    options = {"made_with_ai": "yes", "reply_settings": "following"}
    assert build_post(message, options) == {
        "text": "a",
        "media": {"media_ids": ["5"]},
        "reply": {"in_reply_to_tweet_id": "7"},
        "made_with_ai": True,
        "reply_settings": "following",
    }


def test_keys_sign_every_request(x: X, fake: FakeX) -> None:
    """The fake computes the signature anew, for a body and for a query."""
    receipt = x.send(TEXT, key="k")
    assert receipt.url == f"https://x.com/i/status/{receipt.remote_id}"
    assert x.list_recent()[0].receipt.remote_id == receipt.remote_id
    nonces = {request.headers["authorization"].partition('nonce="')[2][:32] for request in fake.requests}
    assert len(nonces) == len(fake.requests) == 3


def test_an_image_is_uploaded_then_described_then_posted(x: X, fake: FakeX) -> None:
    """Three calls, the alt text in the second."""
    deliver(x, replace(TEXT, image=picture()))
    ((media_id, media),) = fake.media.items()
    assert (media["data"], media["category"], media["alt"]) == (PIXEL, "tweet_image", "A fox in snow")
    assert fake.published[0]["body"]["media"]["media_ids"] == [media_id]


def test_slow_media_are_waited_for(x: X, fake: FakeX) -> None:
    """`check_after_secs` is X's own word for when to ask again."""
    fake.polls = 2
    message = x.prepare(replace(TEXT, image=picture(alt="")), key="k")
    with pytest.raises(NotReady) as caught:
        x.prepare(message, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=2)
    assert deliver(x, message).remote_id
    assert len(fake.sent("POST /2/media/upload")) == 1


def test_failed_media_are_final(x: X, fake: FakeX) -> None:
    """X could not read the picture."""
    fake.polls = 2
    message = x.prepare(replace(TEXT, image=picture()), key="k")
    fake.fail(status(200, {"data": {"id": "1", "processing_info": {"state": "failed"}}}), on="GET /2/media")
    with pytest.raises(Rejected):
        x.prepare(message, key="k")


def test_old_media_are_uploaded_again(x: X, fake: FakeX, clock: Clock) -> None:
    """Uploads live a day, and their alt text dies with them."""
    message = x.prepare(replace(TEXT, image=picture()), key="k")
    message = x.prepare(message, key="k")
    clock.pass_by(timedelta(hours=21))
    fake.now = clock.now
    deliver(x, message)
    assert len(fake.media) == 2
    assert all(media["alt"] for media in fake.media.values())


@pytest.mark.parametrize(
    "text",
    ["x" * 280, "日" * 140, "👨‍👩‍👧‍👦" * 140, "e\u0301" * 280, "x" * 256 + " https://blog.example.com/" + "a" * 99],
    ids=["latin", "cjk", "families", "combining", "link"],
)
def test_a_text_at_the_limit_goes_out_and_one_more_does_not(x: X, fake: FakeX, text: str) -> None:
    """Weights, not characters; a link weighs 23."""
    x.send(Message(text=text), key="k")
    with pytest.raises(Rejected, match="281 of 280"):
        x.send(Message(text=f"{text}!"), key="k2")
    assert len(fake.published) == 1


def test_an_account_may_write_longer_posts(fake: FakeX, http: Client) -> None:
    """Where the person pays X for it and says so."""
    account = Account(name="mine", network="x", options={"api": fake.url, "max_length": "25000"})
    network = open_network(account, MemoryVault(KEYS), http)
    assert isinstance(network, X)
    assert network.limits.characters == 25_000
    assert network.send(Message(text="x" * 5000), key="k").remote_id


def test_posts_with_a_link_are_said_to_cost_more() -> None:
    """The plan shows the price before anything is sent."""
    facts = describe("x").facts
    assert 0 < facts.cost < facts.cost_with_link


def test_prices_and_length_are_the_accounts_own() -> None:
    """X changes its prices, and what a plan may write: options say both, and planning knows before any call."""
    usual = facts_of(Account(name="mine", network="x"))
    own = {"price": "0.01", "price_with_link": "1", "max_length": "4000"}
    facts = facts_of(Account(name="mine", network="x", options=own))
    assert (usual.cost, usual.cost_with_link, usual.limits.characters) == (0.015, 0.20, 280)
    assert (facts.cost, facts.cost_with_link, facts.limits.characters) == (0.01, 1.0, 4000)


@pytest.mark.parametrize("price", ["free", "-1", "0,20", "nan", "1e9", "$1"])
def test_a_price_that_is_no_number_is_refused(price: str) -> None:
    """A cap on spending cannot be kept with it."""
    with pytest.raises(ConfigError, match="not a price"):
        facts_of(Account(name="mine", network="x", options={"price_with_link": price}))


def test_equal_words_are_refused_as_a_duplicate(x: X, fake: FakeX) -> None:
    """X says that the post exists, not which: the delivery knows whether it may be ours."""
    x.send(TEXT, key="k")
    with pytest.raises(Duplicate) as caught:
        x.send(TEXT, key="k2")
    assert caught.value.remote_id == ""
    assert len(fake.published) == 1


def test_a_duplicate_after_a_lost_answer_is_found(x: X, fake: FakeX) -> None:
    """Lost, refused as a duplicate, then found by its link behind t.co: one post."""
    message = replace(TEXT, image=picture())
    fake.fail(drop_reply_after_commit(), on=POST)
    with pytest.raises(Uncertain):
        deliver(x, message)
    with pytest.raises(Duplicate):
        deliver(x, message)
    found = x.find(message, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == fake.published[0]["id"]


def test_words_without_a_link_are_found_beside_a_picture(x: X, fake: FakeX) -> None:
    """The t.co link of the attached picture is not part of the words."""
    message = Message(text="Just words & signs <3 &amp; https://a.example/?b=1&copy=2", image=picture())
    receipt = deliver(x, message)
    found = x.find(message, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id


@pytest.mark.parametrize("link", ["https://blog.example/photo/foxes/", "https://blog.example/video/1"])
def test_a_blog_of_photographs_is_found_by_its_link(x: X, fake: FakeX, link: str) -> None:
    """Only X's own address of a post's picture is left out, not every address with such a word."""
    message = replace(TEXT, text=f"Look {link}", link=link)
    receipt = deliver(x, message)
    assert x.list_recent()[0].links == (link,)
    found = x.find(replace(message, text="Other words"), key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id


@pytest.mark.parametrize(
    "odd",
    [
        {"entities": []},
        {"entities": {"urls": ["x", {"url": 1}, {"expanded_url": []}, {}]}},
        {"entities": {"urls": {"url": "x"}}},
        {"referenced_tweets": ["x", {}, {"type": "replied_to"}]},
        {"text": None},
    ],
)
def test_an_odd_post_hides_no_other(x: X, fake: FakeX, odd: dict[str, object]) -> None:
    """One entry of another shape than promised does not end the reading."""
    receipt = x.send(TEXT, key="k")
    x.send(Message(text="odd"), key="k2")
    fake.published[0].update(odd)
    found = x.find(TEXT, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id


@pytest.mark.parametrize("wait", ["soon", [], -1, 10**30, None])
def test_an_odd_word_about_waiting_is_still_a_wait(x: X, fake: FakeX, wait: object) -> None:
    """The picture is asked for again, when it suits us."""
    fake.polls = 2
    message = x.prepare(replace(TEXT, image=picture()), key="k")
    info = {"state": "in_progress", "check_after_secs": wait}
    fake.fail(status(200, {"data": {"processing_info": info}}), on="GET /2/media")
    with pytest.raises(NotReady):
        x.prepare(message, key="k")


def test_what_is_read_back_costs_little(x: X, fake: FakeX, clock: Clock) -> None:
    """Five posts at a time from the moment of sending on, nothing behind the copy, and who we are is asked once."""
    x.send(Message(text="of yesterday"), key="k0")
    fake.pass_by(timedelta(days=1))
    clock.pass_by(timedelta(days=1))
    since = fake.now
    for number in range(7):
        x.send(Message(text=f"post {number}"), key=f"k{number}")
    assert x.find(Message(text="post 4"), key="k4", since=since) is not None
    assert x.find(Message(text="post 5"), key="k5", since=since) is not None
    assert len(fake.sent("/2/users/me")) == 1
    assert fake.posts_read == 10
    assert x.take_spent() == pytest.approx((10 + 1) * 0.005)
    assert x.take_spent() == 0


def test_deleting_costs_money(x: X, fake: FakeX) -> None:
    """A cent, which counts in `max_cost`, once."""
    receipt = x.send(TEXT, key="k")
    x.delete(receipt)
    assert x.take_spent() == pytest.approx(0.010)
    assert x.take_spent() == 0


def test_other_prices_can_be_said(fake: FakeX, http: Client) -> None:
    """X tells them nowhere; a price that is none is refused."""
    options = {"api": fake.url, "price_read": "0.1", "price_delete": "free"}
    with pytest.raises(ConfigError, match="free"):
        open_network(Account(name="mine", network="x", options=options), MemoryVault(KEYS), http)


@pytest.mark.parametrize("named", ["tweet.fields", "post.fields"])
def test_fields_are_asked_for_by_either_name(x: X, fake: FakeX, named: str) -> None:
    """Guides and documents of X disagree: on a refusal the other name is tried once, and remembered."""
    fake.fields = named
    first = x.send(TEXT, key="k")
    answer = replace(Message(text="part two"), reply_to=first)
    second = x.send(answer, key="k2")
    for _ in range(2):
        found = x.find(answer, key="k2", since=NOW)
        assert found is not None
        assert found.remote_id == second.remote_id
    assert len(fake.sent("/tweets")[2:]) == (2 if named == "tweet.fields" else 3)


def test_no_credit_pauses_the_account(x: X, fake: FakeX) -> None:
    """402: nothing is lost, nothing is tried in a loop."""
    fake.credit = 0
    with pytest.raises(PaymentRequired):
        x.send(TEXT, key="k")


RESET = NOW + timedelta(minutes=15)
TOMORROW = NOW + timedelta(hours=20)


@pytest.mark.parametrize(
    ("headers", "retry_at"),
    [
        ({"x-rate-limit-reset": str(int(RESET.timestamp()))}, RESET),
        (
            {
                "x-rate-limit-reset": str(int(RESET.timestamp())),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": str(int(TOMORROW.timestamp())),
            },
            TOMORROW,
        ),
    ],
)
def test_a_limit_ends_with_its_window(x: X, fake: FakeX, headers: dict[str, str], retry_at: object) -> None:
    """Fifteen minutes, or the day where that is used up."""
    fake.fail(rate_limit(headers, {"title": "Too Many Requests", "status": 429}), on=POST)
    with pytest.raises(RateLimited) as caught:
        x.send(TEXT, key="k")
    assert caught.value.retry_at == retry_at


def _problem(code: int, detail: str, kind: str = "about:blank") -> Reply:
    return Reply(code, {"title": "T", "detail": detail, "type": kind, "status": code})


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (_problem(400, "bad", "https://api.x.com/2/problems/invalid-request"), Rejected),
        (_problem(403, "You are not permitted to perform this action."), Rejected),
        (_problem(403, "no", "https://api.x.com/2/problems/client-forbidden"), Forbidden),
        (_problem(403, "no", "https://api.x.com/2/problems/oauth1-permissions"), Forbidden),
        (_problem(429, "cap", "https://api.x.com/2/problems/usage-capped"), PaymentRequired),
        (Reply(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), RateLimited),
        (_problem(503, "busy"), Uncertain),
        (Reply(201, {"errors": [{"message": "odd"}]}), Uncertain),
    ],
)
def test_refusals_are_told_apart(x: X, fake: FakeX, reply: Reply, kind: type) -> None:
    """The table of errors, row by row."""
    fake.fail(lambda request, handle: reply, on=POST)
    with pytest.raises(kind) as caught:
        x.send(TEXT, key="k")
    assert type(caught.value) is kind


def test_the_list_is_read_until_the_intent(x: X, fake: FakeX) -> None:
    """A post behind ten newer ones is found; what is older than the intent is not paid for."""
    receipt = x.send(TEXT, key="k")
    for number in range(24):
        x.send(Message(text=f"number {number}"), key="k")
    found = x.find(TEXT, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id
    assert len(fake.sent("GET /2/users/370773112")) == 5
    x.find(TEXT, key="k", since=NOW + timedelta(hours=1))
    assert len(fake.sent("GET /2/users/370773112")) == 6


def test_a_list_without_end_is_no_proof(x: X, fake: FakeX) -> None:
    """After a hundred newer posts nobody says "not there"."""
    for number in range(105):
        x.send(Message(text=f"number {number}"), key="k")
    with pytest.raises(Uncertain):
        x.find(TEXT, key="k", since=NOW)


@pytest.mark.parametrize("answer", [{}, {"errors": [{"title": "Not Found Error"}]}, {"meta": {"result_count": 5}}])
def test_a_list_that_says_nothing_is_no_proof(x: X, fake: FakeX, answer: dict[str, object]) -> None:
    """X may send errors with a 200: only an empty count says that nothing is there."""
    fake.fail(status(200, answer), on="/tweets")
    with pytest.raises(Unavailable):
        x.find(TEXT, key="k", since=NOW)
    assert x.find(TEXT, key="k", since=NOW) is None


@pytest.mark.parametrize("message", [replace(TEXT, warning="Food"), replace(TEXT, visibility="private")])
def test_what_x_cannot_say_is_refused(x: X, fake: FakeX, message: Message) -> None:
    """X has neither warnings nor small circles."""
    with pytest.raises(Rejected):
        x.send(message, key="k")
    assert fake.requests == []


def test_threads_are_told_apart(x: X, fake: FakeX) -> None:
    """The part that answers the first is the second."""
    first = x.send(TEXT, key="1")
    part = Message(text=f"More {LINK}", link=LINK, reply_to=first)
    second = x.send(part, key="2")
    found = x.find(part, key="2", since=NOW)
    assert found is not None
    assert found.remote_id == second.remote_id
