"""Micropub on fake sites of different abilities.

Of the fourteen scenarios these have no case here: 6 and 7 (a pasted token is renewed by its site's pages only), 9
(sites accept equal posts), 10 (uploads are handled at once). Where a site lists nothing, 2, 3 and 4 end with the
person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import ConfigError, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account
from syndicate.networks import open_network
from syndicate.networks.micropub import find_endpoint
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.fake import Handler, Reply, Request, cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_micropub import TOKEN, FakeSite
from tests.networks.vault import MemoryVault

CASE = Case(
    network="micropub",
    fake=FakeSite,
    options=lambda url: {"endpoint": f"{url}/micropub"},
    secrets={"token": TOKEN},
    publish="POST /micropub",
    illustrated=replace(TEXT, image=picture()),
    too_long=replace(TEXT, text="x" * 20_001),
    reads_success=False,
)
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


@pytest.mark.parametrize("created", [201, 202])
def test_a_note_with_its_permalink(http: Client, created: int) -> None:
    """Created at once or accepted for later: the Location is the entry, and may be relative."""
    with FakeSite(created=created) as fake:
        receipt = CASE.open(fake.url, http).send(replace(TEXT, tags=("Python",)), key="k")
        assert fake.requests[-1].json() == {
            "type": ["h-entry"],
            "properties": {"content": [TEXT.text], "category": ["Python"]},
        }
        assert receipt.url == receipt.remote_id == f"{fake.url}/notes/1"


def test_an_article_has_a_name_and_a_destination(fake: FakeSite, http: Client) -> None:
    """Both by option."""
    options = {"endpoint": f"{fake.url}/micropub", "kind": "article", "destination": "https://fox.micro.blog/"}
    account = Account(name="mine", network="micropub", options=options)
    open_network(account, MemoryVault(CASE.secrets), http).send(TEXT, key="k")
    properties = fake.published[0]["properties"]
    assert (properties["name"], properties["mp-destination"]) == (["A title"], ["https://fox.micro.blog/"])


def test_only_the_chosen_blogs_posts_are_listed(fake: FakeSite, http: Client) -> None:
    """Where the account has several."""
    blog = "https://fox.micro.blog/"
    account = Account(
        name="mine", network="micropub", options={"endpoint": f"{fake.url}/micropub", "destination": blog}
    )
    network = open_network(account, MemoryVault(CASE.secrets), http)
    network.send(TEXT, key="k")
    assert len(network.list_recent()) == 1
    assert fake.requests[-1].query == {"q": "source", "mp-destination": blog}
    CASE.open(fake.url, http).list_recent()
    assert fake.requests[-1].query == {"q": "source"}


def test_a_published_image_is_named_with_its_alt_text(fake: FakeSite, http: Client) -> None:
    """The site fetches or links the published file."""
    image = replace(picture(), url="https://blog.example/feeds/cards/a.png")
    deliver(CASE.open(fake.url, http), replace(TEXT, image=image))
    assert fake.published[0]["properties"]["photo"] == [{"value": image.url, "alt": "A fox in snow"}]
    assert fake.files == []


def test_an_image_without_an_address_is_uploaded_once(fake: FakeSite, http: Client) -> None:
    """Ask where to, upload, and keep both for the next attempt."""
    network = CASE.open(fake.url, http)
    message = replace(TEXT, image=picture())
    while (further := network.prepare(message, key="k")) != message:
        message = further
    network.prepare(message, key="k")
    network.send(message, key="k")
    assert [file.data for file in fake.files] == [PIXEL]
    photo = {"value": f"{fake.url}/media/1.png", "alt": "A fox in snow"}
    assert fake.published[0]["properties"]["photo"] == [photo]


def test_a_site_without_uploads_says_what_to_do(http: Client) -> None:
    """Nothing is sent without its picture behind one's back."""
    with FakeSite(uploads=False) as fake:
        with pytest.raises(ConfigError, match="media"):
            deliver(CASE.open(fake.url, http), replace(TEXT, image=picture()))
        assert fake.published == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (20_000 - len(LINK)) + LINK, True),
        ("🦊" * 20_000, True),
        ("狐" * 20_000, True),
        ("e\u0301" * 10_000, True),
        ("e\u0301" * 10_000 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeSite, http: Client, text: str, fits: bool) -> None:
    """Our own limit: Micropub has none."""
    network = CASE.open(fake.url, http)
    if fits:
        network.send(replace(TEXT, text=text), key="k")
    else:
        with pytest.raises(Rejected):
            network.send(replace(TEXT, text=text), key="k")
    assert len(fake.published) == fits


@pytest.mark.parametrize("headers", [{}, {"Location": "http://["}, {"Location": "javascript:alert(1)"}])
def test_a_success_without_an_address_is_unknown(fake: FakeSite, http: Client, headers: dict[str, str]) -> None:
    """201 needs a Location, one of the web."""
    fake.fail(status(201, b"", headers))
    with pytest.raises(Uncertain, match="address"):
        CASE.open(fake.url, http).send(TEXT, key="k")


def test_a_lost_reply_is_settled_where_the_site_lists(fake: FakeSite, http: Client) -> None:
    """By the words; old posts do not count."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on="POST")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    assert network.find(TEXT, key="k", since=NOW - DAY).url == f"{fake.url}/notes/1"
    assert network.find(TEXT, key="k", since=NOW + DAY) is None


def test_words_given_back_as_html_are_recognised(fake: FakeSite, http: Client) -> None:
    """Many sites keep what they show, not what they were given."""
    network = CASE.open(fake.url, http)
    receipt = network.send(TEXT, key="k")
    shown = f'<p>A title</p><p><a href="{LINK}">{LINK}</a></p>'
    fake.published[0]["properties"]["content"] = [{"html": shown}]
    assert network.find(replace(TEXT, link=""), key="k", since=NOW - DAY) == receipt


def test_a_call_that_never_arrived_is_not_found(fake: FakeSite, http: Client) -> None:
    """The list does not have it."""
    network = CASE.open(fake.url, http)
    fake.fail(cut_before_commit(), on="POST")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    assert network.find(TEXT, key="k", since=NOW - DAY) is None


def test_a_list_that_ends_before_the_intent_proves_nothing(fake: FakeSite, http: Client) -> None:
    """A site shows its newest posts: where all are newer, ours may stand behind them."""
    network = CASE.open(fake.url, http)
    for number in range(10):
        network.send(replace(TEXT, text=f"{number}", link=""), key=f"{number}")
    with pytest.raises(Uncertain, match="too many"):
        network.find(TEXT, key="k", since=NOW - DAY)
    fake.published[-1]["properties"]["published"] = [(NOW - 2 * DAY).isoformat()]
    assert network.find(TEXT, key="k", since=NOW - DAY) is None


def test_an_entry_without_a_date_proves_nothing(fake: FakeSite, http: Client) -> None:
    """It may be ours."""
    network = CASE.open(fake.url, http)
    network.send(TEXT, key="k")
    del fake.published[0]["properties"]["published"]
    with pytest.raises(Uncertain):
        network.find(TEXT, key="k", since=NOW - DAY)


def test_an_address_keeps_its_own_query(fake: FakeSite, http: Client) -> None:
    """Where the site is one program, the query says that it is Micropub; reading adds to it as posting does."""
    account = Account(name="mine", network="micropub", options={"endpoint": f"{fake.url}/micropub?take=micropub"})
    network = open_network(account, MemoryVault(CASE.secrets), http)
    network.send(TEXT, key="k")
    network.verify()
    assert [request.query["take"] for request in fake.requests] == ["micropub", "micropub"]
    assert fake.requests[-1].query["q"] == "config"


def test_a_site_that_does_not_list_leaves_it_to_the_person(http: Client) -> None:
    """Both spellings of "cannot" keep the outcome unknown: never "not there"."""
    with FakeSite(lists=False) as fake:
        network = CASE.open(fake.url, http)
        with pytest.raises(Rejected):
            network.find(TEXT, key="k", since=NOW - DAY)
        fake.fail(status(200, {"destination": []}), on="GET")
        with pytest.raises(Uncertain, match="does not list"):
            network.find(TEXT, key="k", since=NOW - DAY)


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (400, {"error": "invalid_request", "error_description": "no content"}, Rejected),
        (401, {"error": "unauthorized"}, Unauthorised),
        (401, {"error": "insufficient_scope", "scope": "create"}, Unauthorised),
        (400, {"error": "insufficient_scope"}, Unauthorised),
        (403, {"error": "forbidden"}, Unauthorised),
        (403, "no", Unauthorised),
        (500, "oops", Uncertain),
    ],
)
def test_the_specifications_errors(fake: FakeSite, http: Client, code: int, body: object, kind: type) -> None:
    """What each refusal means."""
    fake.fail(status(code, body))
    with pytest.raises(kind) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert type(caught.value) is kind


def test_a_limit_is_kept(fake: FakeSite, http: Client) -> None:
    """429 with Retry-After."""
    fake.fail(rate_limit({"Retry-After": "60"}))
    with pytest.raises(RateLimited) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=60)


def test_edit_and_delete(fake: FakeSite, http: Client) -> None:
    """An entry may move while it changes; deleting twice is fine."""
    network = CASE.open(fake.url, http)
    receipt = network.send(TEXT, key="k")
    assert network.edit(receipt, replace(TEXT, text="New words"), key="e") == receipt
    assert fake.published[0]["properties"]["content"] == ["New words"]
    fake.fail(status(201, b"", {"Location": "/notes/moved"}))
    assert network.edit(receipt, TEXT, key="e").url == f"{fake.url}/notes/moved"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []


def test_login_finds_the_sites_address(fake: FakeSite, http: Client) -> None:
    """From the page the person names; the token is pasted."""
    network = open_network(Account(name="mine", network="micropub"), MemoryVault(), http)
    stored = network.finish_login({"site": f"{fake.url}/", "token": TOKEN}, None, "")
    assert stored == {"token": TOKEN, "endpoint": f"{fake.url}/micropub?x=1"}
    opened = open_network(Account(name="mine", network="micropub"), MemoryVault(stored), http)
    assert opened.verify().name == "Fox's notes"
    with pytest.raises(Unauthorised):
        network.finish_login({"site": fake.url, "token": ""}, None, "")


def test_an_unknown_address_is_told(http: Client) -> None:
    """Neither option nor login."""
    network = open_network(Account(name="mine", network="micropub"), MemoryVault(CASE.secrets), http)
    with pytest.raises(ConfigError, match="login"):
        network.send(TEXT, key="k")


@pytest.mark.parametrize(
    ("header", "page", "found"),
    [
        ('<https://a.example/mp>; rel="micropub"', "", "https://a.example/mp"),
        ('</hub>; rel="hub", </mp>; rel=micropub', "", "https://fox.example/mp"),
        ("", '<LINK REL="micropub" HREF="mp">', "https://fox.example/mp"),
        ("", '<link rel="x"><link href="/a" rel="micropub"><link href="/b" rel="micropub">', "https://fox.example/a"),
    ],
)
def test_discovery(header: str, page: str, found: str) -> None:
    """The header before the page, the first before the others, relative to the page."""
    headers = {"link": header} if header else {}
    assert find_endpoint(Response(200, headers, page.encode(), "https://fox.example/", NOW)) == found


@pytest.mark.parametrize("page", ["<p>hello", "<![<" * 50_000, "<" * 100_000, '<link rel="micropub" href="http://[">'])
def test_a_page_without_an_address_is_told(page: str) -> None:
    """With what it needs, and whatever stands there instead."""
    for header in ({}, {"link": "<" * 50_000}, {"link": '<javascript:x>; rel="micropub"'}):
        with pytest.raises(ConfigError, match="rel="):
            find_endpoint(Response(200, header, page.encode(), "https://fox.example/", NOW))


@pytest.mark.parametrize("location", ["http://[", "javascript:alert(1)", "https://a" + "\u0301\u0316" * 5_000])
def test_a_success_with_no_web_address_is_unknown(fake: FakeSite, http: Client, location: str) -> None:
    """It is the entry's id: with this one it would never be edited or removed."""
    network = CASE.open(fake.url, http)

    def fault(request: Request, handle: Handler) -> Reply:
        return replace(handle(request), headers={"Location": location})

    fake.fail(fault, on=CASE.publish)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
