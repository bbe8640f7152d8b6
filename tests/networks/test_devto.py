"""dev.to on a fake Forem.

Of the fourteen scenarios these have no case here: 6 and 7 (a key does not expire), 8 (the message's words are not
sent; tags and title are cut, which is tested), 10 (the site fetches the picture itself).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import ConfigError, Duplicate, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Account
from syndicate.networks import open_network
from syndicate.networks.devto import build_tags, canonical_of
from tests.networks.case import LINK, NOW, TEXT, Case, picture
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_devto import KEY, FakeForem
from tests.networks.vault import MemoryVault

CASE = Case(
    network="devto",
    fake=FakeForem,
    options=lambda url: {"api": url},
    secrets={"api_key": KEY},
    publish="POST /api/articles",
)
POST = replace(
    TEXT,
    link=f"{LINK}?utm_source=devto&utm_medium=social",
    markdown="# A title\n\nThe whole *post*.",
    tags=("Python", "WebDev", "C++", "fast_api", "python", "more", "evenMore"),
    card=replace(picture(), url="https://blog.example/feeds/cards/a.png"),
)
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeForem]:
    with FakeForem() as running:
        yield running


def test_the_whole_post_names_its_original(fake: FakeForem, http: Client) -> None:
    """Markdown, canonical address without visit counters, picture, tags that Forem takes."""
    receipt = CASE.open(fake.url, http).send(POST, key="k")
    assert fake.published[0]["article"] == {
        "title": "A title",
        "body_markdown": POST.markdown,
        "published": True,
        "canonical_url": LINK,
        "main_image": "https://blog.example/feeds/cards/a.png",
        "description": "What it says.",
        "tags": ["python", "webdev", "c", "fastapi"],
    }
    assert (receipt.remote_id, receipt.url) == ("101", "https://dev.to/fox/article-101")


def test_options_reach_the_article(fake: FakeForem, http: Client) -> None:
    """A draft in a series of an organisation."""
    options = {"api": fake.url, "series": "Foxes", "organization": "7", "draft": "true"}
    account = Account(name="mine", network="devto", options=options)
    open_network(account, MemoryVault(CASE.secrets), http).send(POST, key="k")
    article = fake.published[0]["article"]
    assert (article["series"], article["organization_id"], article["published"]) == ("Foxes", 7, False)
    with pytest.raises(ConfigError):
        open_network(replace(account, options={"organization": "foxes"}), MemoryVault(), http)


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        (f"{LINK}?utm_source=x&page=2&utm_campaign=y", f"{LINK}?page=2"),
        (LINK, LINK),
        ("", ""),
        (f"{LINK}?utm=kept#part", f"{LINK}?utm=kept#part"),
        (f"{LINK}?print&utm_source=x&q=a%20b", f"{LINK}?print&q=a%20b"),
    ],
)
def test_a_canonical_address_counts_no_visits(link: str, canonical: str) -> None:
    """Only the counting parameters go."""
    assert canonical_of(link) == canonical


def test_tags_are_cut_to_what_forem_takes() -> None:
    """Four, each once, letters and digits; an accent takes no letter along."""
    assert build_tags(("日本", "Été", "Go", "go", "A-B", "c", "d")) == ["ete", "go", "ab", "c"]


def test_title_and_description_are_cut_between_characters(fake: FakeForem, http: Client) -> None:
    """128 and 150, and what people see as one character is left whole."""
    CASE.open(fake.url, http).send(replace(POST, title="👩🏽‍🚀" * 40, summary="word " * 40), key="k")
    article = fake.published[0]["article"]
    assert article["title"] == "👩🏽‍🚀" * 31 + "…"
    assert article["description"].endswith("word…")
    assert len(article["description"]) <= 150


def test_an_article_needs_a_title(fake: FakeForem, http: Client) -> None:
    """Told before the call."""
    with pytest.raises(Rejected, match="title"):
        CASE.open(fake.url, http).send(replace(POST, title=""), key="k")
    assert fake.requests == []


def test_a_second_article_with_the_same_original_is_a_duplicate(fake: FakeForem, http: Client) -> None:
    """Forem keeps the canonical address unique: sending again cannot publish twice."""
    network = CASE.open(fake.url, http)
    network.send(POST, key="k")
    with pytest.raises(Duplicate):
        network.send(POST, key="k")
    assert len(fake.published) == 1


def test_a_lost_reply_is_settled_by_the_original(fake: FakeForem, http: Client) -> None:
    """Whatever its date, the article with our address is ours."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on="POST")
    with pytest.raises(Uncertain):
        network.send(POST, key="k")
    assert network.find(POST, key="k", since=NOW + timedelta(days=9)).remote_id == "101"


def test_a_draft_is_found_too(fake: FakeForem, http: Client) -> None:
    """It has no date, and is there all the same."""
    account = Account(name="mine", network="devto", options={"api": fake.url, "draft": "true"})
    network = open_network(account, MemoryVault(CASE.secrets), http)
    receipt = network.send(POST, key="k")
    assert network.find(POST, key="k", since=NOW) == receipt


def test_a_call_that_never_arrived_is_not_found(fake: FakeForem, http: Client) -> None:
    """Other articles do not count."""
    network = CASE.open(fake.url, http)
    network.send(replace(POST, link="https://blog.example/b/"), key="other")
    fake.fail(cut_before_commit(), on="POST")
    with pytest.raises(Uncertain):
        network.send(POST, key="k")
    assert network.find(POST, key="k", since=NOW - DAY) is None


def test_a_post_without_an_address_is_found_by_its_title(fake: FakeForem, http: Client) -> None:
    """The only thing left to go by."""
    network = CASE.open(fake.url, http)
    receipt = network.send(replace(POST, link=""), key="k")
    assert network.find(replace(POST, link=""), key="k", since=NOW - DAY) == receipt
    assert network.find(replace(POST, link="", title="Another"), key="k", since=NOW - DAY) is None


def test_every_page_is_read(fake: FakeForem, http: Client) -> None:
    """A hundred to a page."""
    network = CASE.open(fake.url, http)
    first = network.send(POST, key="k")
    for number in range(120):
        network.send(replace(POST, link=f"{LINK}{number}/"), key=f"{number}")
    assert network.find(POST, key="k", since=NOW) == first
    assert len(network.list_recent()) == 121


def test_more_articles_than_are_read_prove_nothing(fake: FakeForem, http: Client) -> None:
    """Ours may be behind the first thousand; the newest are listed all the same."""
    network = CASE.open(fake.url, http)
    network.send(replace(POST, link="https://blog.example/b/"), key="other")
    fake.published *= 1001
    with pytest.raises(Uncertain, match="too many"):
        network.find(POST, key="k", since=NOW)
    assert len(network.list_recent()) == 1000
    assert network.list_recent()[0].links == ("https://blog.example/b/", "https://dev.to/fox/article-101")


def test_a_limit_is_kept(fake: FakeForem, http: Client) -> None:
    """429 with Retry-After."""
    fake.fail(rate_limit({"Retry-After": "30"}))
    with pytest.raises(RateLimited) as caught:
        CASE.open(fake.url, http).send(POST, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "kind"), [(401, Unauthorised), (403, Unauthorised), (422, Rejected), (500, Uncertain)]
)
def test_what_a_status_means(fake: FakeForem, http: Client, code: int, kind: type) -> None:
    """422 about anything but the address is about the article."""
    fake.fail(status(code, {"error": "Validation failed: Title is too long", "status": code}))
    with pytest.raises(kind) as caught:
        CASE.open(fake.url, http).send(POST, key="k")
    assert type(caught.value) is kind


def test_edit_and_unpublish(fake: FakeForem, http: Client) -> None:
    """The API deletes nothing: an article is taken back to a draft, twice without harm."""
    network = CASE.open(fake.url, http)
    receipt = network.send(POST, key="k")
    assert network.edit(receipt, replace(POST, markdown="New"), key="e") == receipt
    assert fake.published[0]["article"]["body_markdown"] == "New"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published[0]["article"]["published"] is False
    fake.published.clear()
    network.delete(receipt)


def test_verify_and_login(fake: FakeForem, http: Client) -> None:
    """The key's owner; the key is pasted."""
    network = CASE.open(fake.url, http)
    assert network.verify().name == "@fox"
    assert network.finish_login({"api_key": KEY}, None, "") == {"api_key": KEY}
