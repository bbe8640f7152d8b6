"""Tumblr on a fake. Scenarios 6 and 7 are in test_oauth2.py.

Of the fourteen scenarios these have no case here: 9 (Tumblr accepts equal posts), 10 (files go along in the call).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Account
from syndicate.networks import open_network
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, picture
from tests.networks.fake import Reply, cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_oauth import ACCESS, LOGGED_IN, FakeTumblr
from tests.networks.vault import MemoryVault

CASE = Case(
    network="tumblr",
    fake=FakeTumblr,
    options=lambda url: {"api": url, "blog": "foxes"},
    secrets=LOGGED_IN,
    publish="POST /v2/blog/",
    too_long=replace(TEXT, text="x" * 4097),
    unauthorised=Reply(401, {"meta": {"status": 401, "msg": "Unauthorized"}}),
    leaks=(ACCESS, "oauth-access-token-1", "oauth-refresh-token-1"),
)
CARD = replace(picture(), url="https://blog.example/feeds/cards/a.png")
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeTumblr]:
    with FakeTumblr() as running:
        yield running


def test_words_and_a_link_with_its_card(fake: FakeTumblr, http: Client) -> None:
    """Blocks: the words, then the link with title, summary and poster."""
    receipt = CASE.open(fake.url, http).send(replace(TEXT, card=CARD, tags=("Python", "a,b")), key="k")
    poster = [{"type": "image/png", "url": CARD.url, "width": 1200, "height": 630}]
    link = {"type": "link", "url": LINK, "title": "A title", "description": "What it says.", "poster": poster}
    assert fake.published[0]["body"] == {
        "content": [{"type": "text", "text": TEXT.text}, link],
        "tags": "Python,a b",
        "state": "published",
        "source_url": LINK,
    }
    assert (receipt.remote_id, receipt.url) == ("701", "https://foxes.tumblr.com/post/701")


def test_an_image_goes_along_with_its_alt_text(fake: FakeTumblr, http: Client) -> None:
    """One multipart call: the JSON, and the file under the name the block gives."""
    CASE.open(fake.url, http).send(replace(TEXT, image=picture()), key="k")
    post = fake.published[0]
    media = [{"type": "image/png", "identifier": "card", "width": 1200, "height": 630}]
    assert post["content"][0] == {"type": "image", "media": media, "alt_text": "A fox in snow"}
    assert post["files"]["card"].data == PIXEL


def test_words_alone_leave_no_empty_field(fake: FakeTumblr, http: Client) -> None:
    """No link is no source."""
    CASE.open(fake.url, http).send(replace(TEXT, text="Words", link=""), key="k")
    content = [{"type": "text", "text": "Words"}]
    assert fake.published[0]["body"] == {"content": content, "state": "published"}


def test_a_blog_may_be_named_by_its_host(fake: FakeTumblr, http: Client) -> None:
    """ "foxes" and "foxes.tumblr.com" are one."""
    account = Account(name="mine", network="tumblr", options={"api": fake.url, "blog": "foxes.tumblr.com"})
    open_network(account, MemoryVault(CASE.secrets), http).send(TEXT, key="k")
    assert len(fake.published) == 1


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (4096 - len(LINK)) + LINK, True),
        ("🦊" * 4096, True),
        ("狐" * 4096, True),
        ("e\u0301" * 2048, True),
        ("e\u0301" * 2048 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeTumblr, http: Client, text: str, fits: bool) -> None:
    """4,096 to a block."""
    network = CASE.open(fake.url, http)
    if fits:
        network.send(replace(TEXT, text=text), key="k")
    else:
        with pytest.raises(Rejected):
            network.send(replace(TEXT, text=text), key="k")
    assert len(fake.published) == fits


def test_a_lost_reply_is_settled_by_the_blog(fake: FakeTumblr, http: Client) -> None:
    """By words or link, also behind later posts."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on="POST /v2/blog")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    for number in range(25):
        network.send(replace(TEXT, text=f"{number}", link=""), key=f"{number}")
    assert network.find(TEXT, key="k", since=NOW - DAY).remote_id == "701"
    assert network.find(replace(TEXT, text="other words"), key="k", since=NOW - DAY).remote_id == "701"
    assert len(network.list_recent()) == 26


def test_a_link_that_stands_only_in_its_card_is_found(fake: FakeTumblr, http: Client) -> None:
    """The block of the link names it."""
    network = CASE.open(fake.url, http)
    receipt = network.send(replace(TEXT, text="Words alone"), key="k")
    assert network.find(replace(TEXT, text="Words, mended there"), key="k", since=NOW - DAY) == receipt
    (recent,) = network.list_recent()
    assert (recent.text, recent.links) == ("Words alone", (LINK,))


def test_a_pinned_post_ends_no_search(fake: FakeTumblr, http: Client) -> None:
    """It stands first whatever its age, and ours may be a page further on."""
    network = CASE.open(fake.url, http)
    network.send(TEXT, key="k")
    for number in range(25):
        network.send(replace(TEXT, text=f"{number}", link=""), key=f"{number}")
    fake.now = NOW - timedelta(days=300)
    network.send(replace(TEXT, text="Pinned", link=""), key="pinned")
    assert network.find(TEXT, key="k", since=NOW - DAY).remote_id == "701"


def test_a_call_that_never_arrived_is_not_found(fake: FakeTumblr, http: Client) -> None:
    """An old copy does not count, and reading stops at the intent."""
    network = CASE.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    for _ in range(45):
        network.send(TEXT, key="old")
    fake.now = NOW
    fake.fail(cut_before_commit(), on="POST /v2/blog")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    assert network.find(TEXT, key="k", since=NOW - DAY) is None
    assert {request.query["offset"] for request in fake.sent("GET /v2/blog")} == {"0"}


def test_a_blog_too_long_to_look_through_stays_unknown(fake: FakeTumblr, http: Client) -> None:
    """Ten pages of newer posts prove nothing."""
    network = CASE.open(fake.url, http)
    for number in range(201):
        network.send(replace(TEXT, text=f"{number}", link=""), key=f"{number}")
    with pytest.raises(Uncertain, match="too many"):
        network.find(TEXT, key="k", since=NOW - DAY)


def test_a_limit_is_kept(fake: FakeTumblr, http: Client) -> None:
    """429 with Retry-After."""
    fake.fail(rate_limit({"Retry-After": "60"}), on="POST /v2/blog")
    with pytest.raises(RateLimited) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(("code", "kind"), [(400, Rejected), (403, Unauthorised), (404, Blocked), (500, Uncertain)])
def test_tumblrs_words_are_shown(fake: FakeTumblr, http: Client, code: int, kind: type) -> None:
    """The detail of the first error."""
    errors = [{"title": "Bad Request", "code": 8001, "detail": "The media is broken."}]
    fake.fail(status(code, {"meta": {"status": code, "msg": "x"}, "errors": errors}), on="POST /v2/blog")
    with pytest.raises(kind, match="The media is broken"):
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert len(fake.sent("POST /v2/blog")) == 1


def test_edit_and_delete(fake: FakeTumblr, http: Client) -> None:
    """The whole post is written anew; deleting twice is fine, changing what is gone is refused."""
    network = CASE.open(fake.url, http)
    receipt = network.send(TEXT, key="k")
    assert network.edit(receipt, replace(TEXT, text="New words"), key="e") == receipt
    assert fake.published[0]["content"][0]["text"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []
    with pytest.raises(Rejected):
        network.edit(receipt, TEXT, key="e")


def test_verify_warns_of_somebody_elses_blog(fake: FakeTumblr, http: Client) -> None:
    """The login, and whether the blog belongs to it."""
    assert CASE.open(fake.url, http).verify().warnings == ()
    other = Account(name="mine", network="tumblr", options={"api": fake.url, "blog": "wolves"})
    profile = open_network(other, MemoryVault(CASE.secrets), http).verify()
    assert profile.warnings == ("wolves.tumblr.com is not among your blogs",)


def test_a_blog_is_needed(http: Client) -> None:
    """Told at once."""
    with pytest.raises(ConfigError, match="blog"):
        replace(CASE, options=lambda url: {}).open("", http)
