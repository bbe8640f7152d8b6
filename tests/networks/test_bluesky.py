"""Bluesky on a fake data server over real HTTP: keys, cards, sessions that expire in the middle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.errors import ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
from syndicate.networks.bluesky import Bluesky
from syndicate.networks.bluesky.record import build_embed, build_post, tid_of
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import Reply, drop_reply_after_commit, html_error, rate_limit, status
from tests.networks.fake_bluesky import DID, HANDLE, PASSWORD, FakeBluesky
from tests.networks.vault import MemoryVault

CASE = Case(
    network="bluesky",
    fake=FakeBluesky,
    options=lambda url: {"handle": HANDLE, "service": url},
    secrets={"app_password": PASSWORD},
    publish="POST /xrpc/com.atproto.repo.putRecord",
    too_long=replace(TEXT, text="x" * 301),
    unauthorised=Reply(401, {"error": "AuthMissing", "message": "Authentication Required"}),
    leaks=("signature-access-1", "signature-refresh-1"),
)
PUT = CASE.publish
CARD = replace(TEXT, card=picture())


@pytest.fixture
def bluesky(fake: FakeBluesky, http: Client, vault: MemoryVault) -> Bluesky:
    network: Bluesky = CASE.open(fake.url, http, vault)
    return network


def _open(fake: FakeBluesky, http: Client, **options: str) -> Bluesky:
    account = Account(name="mine", network="bluesky", options={**CASE.options(fake.url), **options})
    network = open_network(account, MemoryVault(CASE.secrets), http)
    assert isinstance(network, Bluesky)
    return network


def test_a_post_stands_under_the_key_of_its_intent(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """The record key follows from moment and key; the permalink names the identifier that survives a new handle."""
    receipt = bluesky.send(TEXT, key="key-1")
    rkey = tid_of(NOW, "key-1")
    assert receipt.remote_id == f"at://{DID}/app.bsky.feed.post/{rkey}"
    assert receipt.url == f"https://bsky.app/profile/{DID}/post/{rkey}"
    body = fake.sent(PUT)[0].json()
    assert body["swapRecord"] is None
    assert body["validate"] is True
    assert body["record"]["createdAt"] == "2026-11-24T09:00:00.000Z"


def test_a_record_leaves_out_what_is_absent() -> None:
    """The protocol has no nulls, and no empty lists either."""
    assert build_post(Message(text="cafe\u0301"), created_at=NOW) == {
        "$type": "app.bsky.feed.post",
        "text": "café",
        "createdAt": "2026-11-24T09:00:00.000Z",
    }


def test_a_link_gets_a_card_with_its_picture(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """Title, description and thumb go out with the post: nobody else makes them."""
    deliver(bluesky, CARD)
    external = fake.published[0]["value"]["embed"]["external"]
    assert (external["uri"], external["title"], external["description"]) == (LINK, "A title", "What it says.")
    assert external["thumb"]["ref"]["$link"] in fake.blobs
    assert external["thumb"]["mimeType"] == "image/png"


def test_an_image_goes_out_with_alt_text_and_shape(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """An attached image takes the place of the card."""
    deliver(bluesky, replace(TEXT, image=picture()))
    embed = fake.published[0]["value"]["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert embed["images"][0]["alt"] == "A fox in snow"
    assert embed["images"][0]["aspectRatio"] == {"width": 1200, "height": 630}


def test_a_card_needs_no_picture_and_no_title() -> None:
    """The required fields are there all the same, and long ones are cut."""
    embed = build_embed(Message(text="", link=LINK, summary="x" * 400))
    assert embed is not None
    assert embed["external"]["title"] == LINK
    assert len(embed["external"]["description"]) == 300
    assert "thumb" not in embed["external"]
    assert build_embed(Message(text="a")) is None


def test_mentions_are_resolved_before_the_post_is_fixed(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """Once resolved the answer is kept, so a second call builds the very same record."""
    message = Message(text="With @owl.example.com and @nobody.example.com", created_at=NOW)
    deliver(bluesky, message)
    (facet,) = fake.published[0]["value"]["facets"]
    assert facet["features"][0]["did"] == "did:plc:owl"
    assert len(fake.sent("resolveHandle")) == 2


def test_languages_labels_and_warnings(fake: FakeBluesky, http: Client) -> None:
    """Labels of the account and a warning that is one go out together."""
    network = _open(fake, http, labels="nudity")
    network.send(replace(TEXT, language="de", warning="graphic-media"), key="k")
    record = fake.published[0]["value"]
    assert record["langs"] == ["de"]
    assert record["labels"]["values"] == [{"val": "nudity"}, {"val": "graphic-media"}]


@pytest.mark.parametrize("message", [replace(TEXT, warning="Spoilers"), replace(TEXT, visibility="private")])
def test_what_bluesky_cannot_say_is_refused(bluesky: Bluesky, fake: FakeBluesky, message: Message) -> None:
    """A warning or a small circle must not get lost on the way."""
    with pytest.raises(Rejected):
        bluesky.send(message, key="k")
    assert fake.requests == []


def test_a_thread_names_its_root_and_parent(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """The third part still knows the first."""
    first = bluesky.send(TEXT, key="1")
    second = bluesky.send(Message(text="two", created_at=NOW, reply_to=first), key="2")
    bluesky.send(Message(text="three", created_at=NOW, reply_to=second), key="3")
    reply = fake.posts[tid_of(NOW, "3")]["value"]["reply"]
    assert reply["root"] == {"uri": first.ref["uri"], "cid": first.ref["cid"]}
    assert reply["parent"] == {"uri": second.ref["uri"], "cid": second.ref["cid"]}


@pytest.mark.parametrize(
    "text",
    ["x" * 300, "👨‍👩‍👧‍👦" * 120, "e\u0301" * 300, "日" * 300, "x" * (299 - len(LINK)) + f" {LINK}"],
    ids=["latin", "families", "combining", "cjk", "link"],
)
def test_a_text_at_the_limit_goes_out(bluesky: Bluesky, fake: FakeBluesky, text: str) -> None:
    """300 graphemes, and no more than 3,000 bytes (families are 25 each)."""
    bluesky.send(Message(text=text, created_at=NOW), key="k")
    assert len(fake.published) == 1


@pytest.mark.parametrize("text", ["x" * 301, "👨‍👩‍👧‍👦" * 121, "日" * 301, "x" * (300 - len(LINK)) + f" {LINK}"])
def test_a_text_over_either_limit_is_refused_here(bluesky: Bluesky, fake: FakeBluesky, text: str) -> None:
    """One grapheme or a few bytes too many."""
    with pytest.raises(Rejected):
        bluesky.send(Message(text=text, created_at=NOW), key="k")
    assert fake.requests == []


def test_sending_again_is_a_no_op(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """The same record under the same key: the server changes nothing and answers with the first."""
    fake.fail(drop_reply_after_commit(), on=PUT)
    with pytest.raises(Uncertain):
        deliver(bluesky, CARD)
    receipt = deliver(bluesky, CARD)
    assert len(fake.posts) == 1
    assert receipt.ref["cid"] == fake.published[0]["cid"]


def test_an_edited_copy_is_adopted(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """InvalidSwap: our key holds other words by now, so the post is there."""
    bluesky.send(TEXT, key="k")
    receipt = bluesky.send(replace(TEXT, text="Other words"), key="k")
    assert receipt.ref["cid"] == fake.published[0]["cid"]
    assert fake.published[0]["value"]["text"] == TEXT.text


def test_a_lost_blob_is_uploaded_again(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """BlobNotFound: the bytes go up once more, and the next attempt sends the same record."""
    message = bluesky.prepare(CARD, key="k")
    fake.blobs.clear()
    with pytest.raises(Unavailable):
        bluesky.send(message, key="k")
    assert bluesky.send(message, key="k").remote_id
    assert len(fake.sent("uploadBlob")) == 2


def test_an_old_blob_is_uploaded_again(bluesky: Bluesky, fake: FakeBluesky, clock: Clock) -> None:
    """A server may drop an unused blob after an hour."""
    message = bluesky.prepare(CARD, key="k")
    clock.pass_by(timedelta(minutes=50))
    assert bluesky.prepare(message, key="k").prepared["blob"] == message.prepared["blob"]
    assert len(fake.sent("uploadBlob")) == 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error": "InvalidRequest", "message": "Invalid record: grapheme too big"}), Rejected),
        (Reply(413, {"error": "PayloadTooLarge", "message": "request entity too large"}), Rejected),
        (Reply(403, {"error": "AccountNotFound", "message": "no"}), Unauthorised),
        (Reply(429, {"error": "RateLimitExceeded"}), RateLimited),
        (Reply(500, {"error": "InternalServerError", "message": "Internal Server Error"}), Uncertain),
        (Reply(502, {"error": "UpstreamFailure", "message": "Upstream Failure"}), Uncertain),
        (Reply(503, "busy"), Uncertain),
    ],
)
def test_refusals_are_told_apart(bluesky: Bluesky, fake: FakeBluesky, reply: Reply, kind: type) -> None:
    """The table of errors, row by row."""
    fake.fail(lambda request, handle: reply, on=PUT)
    with pytest.raises(kind) as caught:
        bluesky.send(TEXT, key="k")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("AccountTakedown", "takes an appeal"),
        ("AccountSuspended", "takes an appeal"),
        ("RepoTakendown", "takes an appeal"),
        ("AccountDeactivated", "activates it again"),
        ("AccountNotFound", "correct `handle` or `service`"),
        ("RepoNotFound", "correct `handle` or `service`"),
    ],
)
def test_a_closed_account_is_paused(bluesky: Bluesky, fake: FakeBluesky, name: str, advice: str) -> None:
    """Whatever status code a server gives it, with what helps: no app password would."""
    for on in (PUT, "createSession"):
        fake.fail(status(400, {"error": name, "message": "no"}), on=on)
        with pytest.raises(Unauthorised, match=advice) as caught:
            bluesky.sessions.log_in(bluesky.sessions.get()) if on != PUT else bluesky.send(TEXT, key="k")
        assert "app password" not in str(caught.value)


def test_a_limit_ends_at_the_reset(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """RateLimit-Reset is Unix time."""
    ends_at = NOW + timedelta(minutes=10)
    headers = {"RateLimit-Reset": str(int(ends_at.timestamp()))}
    fake.fail(rate_limit(headers, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}), on=PUT)
    with pytest.raises(RateLimited) as caught:
        bluesky.send(TEXT, key="k")
    assert caught.value.retry_at == ends_at


@pytest.mark.parametrize("reply", [Reply(400, {"error": "InvalidRequest", "message": "Could not locate record"})])
def test_not_found_has_two_wordings(bluesky: Bluesky, fake: FakeBluesky, reply: Reply) -> None:
    """A proxy may lose the error's name."""
    fake.fail(lambda request, handle: reply, on="getRecord")
    assert bluesky.find(TEXT, key="k", since=NOW) is None


@pytest.mark.parametrize("fault", [html_error(502), status(500, {"error": "InternalServerError"}), html_error(200)])
def test_a_look_that_fails_decides_nothing(bluesky: Bluesky, fake: FakeBluesky, fault: object) -> None:
    """Only the server's own words count as "not there"."""
    fake.fail(fault, on="getRecord")  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        bluesky.find(TEXT, key="k", since=NOW)


@pytest.mark.slow
def test_own_posts_are_listed_page_by_page(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """A hundred at a time, newest first."""
    for number in range(101):
        moment = NOW + timedelta(seconds=number)
        bluesky.send(Message(text=f"number {number}", created_at=moment), key="k")
    recent = bluesky.list_recent()
    assert len(recent) == 101
    assert recent[0].text == "number 100"


def test_the_document_of_the_page_comes_before_the_post(fake: FakeBluesky, http: Client) -> None:
    """With a publication the richer card: one document per page, named in the embed, the same on every try."""
    network = _open(fake, http, publication="at://did:plc:fox/site.standard.publication/self")
    message = replace(CARD, post_id="p1", published_at=datetime(2026, 1, 2, tzinfo=UTC), tags=("Python",))
    deliver(network, message)
    deliver(network, message)
    ((place, document),) = [item for item in fake.records.items() if item[0][0] == "site.standard.document"]
    assert place[1] == tid_of(datetime(2026, 1, 2, tzinfo=UTC), "p1")
    assert document["value"]["path"] == "/a/"
    assert document["value"]["tags"] == ["Python"]
    external = fake.published[0]["value"]["embed"]["external"]
    assert external["associatedRefs"] == [{"uri": document["uri"], "cid": document["cid"]}]
    assert len(fake.posts) == 1


def test_verify_tells_a_suspended_account(bluesky: Bluesky, fake: FakeBluesky) -> None:
    """A session may be given to an account that may not post."""
    assert bluesky.verify().name == f"@{HANDLE}"
    fake.active = False
    with pytest.raises(Unauthorised, match="suspended"):
        bluesky.verify()


def test_logging_in_asks_for_the_app_password_only(bluesky: Bluesky) -> None:
    """No page to open."""
    assert bluesky.begin_login({}, redirect="") is None
    assert bluesky.finish_login({"app_password": " pw \n"}, None, "") == {"app_password": "pw"}


def test_a_missing_handle_is_a_configuration_error(http: Client) -> None:
    """Told with the key to set."""
    with pytest.raises(ConfigError, match=r"accounts\.mine\.handle"):
        open_network(Account(name="mine", network="bluesky"), MemoryVault(), http)


@pytest.mark.slow
@pytest.mark.parametrize(
    "odd",
    [{"reply": {"parent": "x"}}, {"reply": {"parent": {}}}, {"facets": 5}, {"facets": [{"features": 5}]}, {"embed": 1}],
)
def test_an_odd_record_hides_no_other(bluesky: Bluesky, fake: FakeBluesky, odd: dict[str, object]) -> None:
    """Other programs write into the same repository."""
    receipt = bluesky.send(TEXT, key="k")
    bluesky.send(Message(text="odd", created_at=NOW), key="k2")
    fake.posts[tid_of(NOW, "k2")]["value"].update(odd)
    assert receipt.remote_id in {recent.receipt.remote_id for recent in bluesky.list_recent()}
