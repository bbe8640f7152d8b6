"""Mastodon on a fake server over real HTTP: the flows, the faults, and the cousins that behave otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from syndicate.errors import ConfigError, NotReady, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Message, Receipt
from syndicate.networks import open_network
from syndicate.networks.mastodon import Mastodon, build_status
from syndicate.networks.toolkit.oauth import challenge_of
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import Reply, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_mastodon import APP_SECRET, TOKEN, FakeMastodon
from tests.networks.vault import MemoryVault

CASE = Case(
    network="mastodon",
    fake=FakeMastodon,
    options=lambda url: {"instance": url},
    secrets={"access_token": TOKEN},
    publish="POST /api/v1/statuses",
    too_long=replace(TEXT, text="x" * 501, link=""),
)
POST = CASE.publish


@pytest.fixture
def mastodon(fake: FakeMastodon, http: Client) -> Mastodon:
    network: Mastodon = CASE.open(fake.url, http)
    return network


def test_a_status_says_what_the_message_says() -> None:
    """Text in NFC, language without region, warning as spoiler, reply and options in their fields; nothing empty."""
    message = Message(
        text="cafe\u0301",
        language="en-GB",
        warning="Food",
        visibility="unlisted",
        reply_to=Receipt("7", "https://m.example/7"),
        prepared={"media": "22"},
    )
    assert build_status(message, {"visibility": "private", "content_type": "text/plain"}) == {
        "status": "café",
        "sensitive": True,
        "spoiler_text": "Food",
        "language": "en",
        "visibility": "unlisted",
        "in_reply_to_id": "7",
        "media_ids": ["22"],
        "content_type": "text/plain",
    }
    assert build_status(Message(text="a"), {}) == {"status": "a", "sensitive": False}


def test_a_text_is_posted_with_its_key(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """The receipt is the server's own id and address, the key travels in its header."""
    receipt = mastodon.send(TEXT, key="key-1")
    assert receipt.url == f"{fake.url}/@fox/{receipt.remote_id}"
    assert receipt.ref["uri"].endswith(f"/users/fox/statuses/{receipt.remote_id}")
    (request,) = fake.sent(POST)
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["content-type"] == "application/json"
    assert request.bearer == TOKEN


def test_an_image_is_uploaded_with_its_alt_text(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Bytes, file name, type and description arrive, and the status names the upload."""
    receipt = deliver(mastodon, replace(TEXT, image=picture()))
    (media,) = fake.media.values()
    assert (media["data"], media["type"], media["alt"]) == (PIXEL, "image/png", "A fox in snow")
    assert fake.published[0]["body"]["media_ids"] == [receipt.ref["media"]]


def test_a_card_is_left_to_the_server(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Servers make link cards themselves; an attached picture would suppress them."""
    deliver(mastodon, replace(TEXT, card=picture()))
    assert fake.media == {}


def test_a_slow_upload_is_waited_for(http: Client, clock: Clock) -> None:
    """202 and 206 mean later; the wait grows with the age of the upload; nothing is uploaded twice."""
    with FakeMastodon(polls=3) as fake:
        mastodon: Mastodon = CASE.open(fake.url, http)
        message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
        waits = []
        for _ in range(2):
            with pytest.raises(NotReady) as caught:
                mastodon.prepare(message, key="k")
            assert caught.value.retry_at is not None
            waits.append(caught.value.retry_at - clock.now)
            clock.pass_by(timedelta(seconds=8))
        message = mastodon.prepare(message, key="k")
        assert waits == [timedelta(seconds=1), timedelta(seconds=8)]
        assert mastodon.prepare(message, key="k") is message
        assert len(fake.sent("POST /api/v2/media")) == 1


def test_a_status_with_unfinished_media_is_not_ready(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """The server's own word for it is a reason to wait, not a refusal."""
    fake.polls = 5
    message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
    with pytest.raises(NotReady):
        mastodon.send(message, key="k")


def test_a_lost_upload_is_made_again(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """A server that forgot the file gets it once more."""
    fake.polls = 2
    message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
    fake.fail(status(404, {"error": "Record not found"}), on="GET /api/v1/media")
    fake.polls = 0
    deliver(mastodon, message)
    assert len(fake.sent("POST /api/v2/media")) == 2
    assert len(fake.published) == 1


def test_an_old_upload_is_made_again(mastodon: Mastodon, fake: FakeMastodon, clock: Clock) -> None:
    """Unused files are purged after a day, so a retry on the morrow starts with a new upload."""
    message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
    clock.pass_by(timedelta(hours=13))
    deliver(mastodon, message)
    assert len(fake.sent("POST /api/v2/media")) == 2


def test_an_upload_that_is_never_processed_is_made_again(mastodon: Mastodon, fake: FakeMastodon, clock: Clock) -> None:
    """A server that lost the work on a picture says 206 for good; after an hour it gets the file once more."""
    fake.polls = 1000
    message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
    fake.polls = 0
    clock.pass_by(timedelta(minutes=59))
    with pytest.raises(NotReady):
        mastodon.prepare(message, key="k")
    clock.pass_by(timedelta(minutes=2))
    deliver(mastodon, message)
    assert len(fake.sent("POST /api/v2/media")) == 2
    assert len(fake.published) == 1


def test_failed_processing_is_final(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """422 on the upload's state: this picture will never do."""
    fake.polls = 2
    message = mastodon.prepare(replace(TEXT, image=picture()), key="k")
    fake.fail(status(422, {"error": "Error processing thumbnail for uploaded media"}), on="GET /api/v1/media")
    with pytest.raises(Rejected, match="thumbnail"):
        mastodon.prepare(message, key="k")


@pytest.mark.parametrize(
    "text",
    ["x" * 500, "👨‍👩‍👧‍👦" * 500, "e\u0301" * 500, "日" * 500, "x" * 476 + " https://blog.example.com/" + "a" * 200],
    ids=["latin", "families", "combining", "cjk", "link"],
)
def test_a_text_at_the_limit_goes_out_and_one_more_does_not(mastodon: Mastodon, fake: FakeMastodon, text: str) -> None:
    """Graphemes count once and a link counts 23, whatever their length."""
    mastodon.read_limits()
    fake.max_characters = 10_000
    mastodon.send(Message(text=text), key="k")
    with pytest.raises(Rejected, match="501 of 500"):
        mastodon.send(Message(text=f"{text}!"), key="k2")
    assert len(fake.published) == 1


def test_the_key_is_kept_for_an_hour(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Inside the hour the first post comes back; the fake forgets afterwards, as Mastodon does."""
    first = mastodon.send(TEXT, key="k")
    fake.pass_by(timedelta(minutes=59))
    assert mastodon.send(TEXT, key="k").remote_id == first.remote_id
    fake.pass_by(timedelta(minutes=1))
    assert mastodon.send(TEXT, key="k").remote_id != first.remote_id


@pytest.mark.parametrize("reset", ["2026-11-24T09:05:00.000Z", "1795511100"], ids=["iso", "epoch"])
def test_a_limit_ends_at_the_reset(mastodon: Mastodon, fake: FakeMastodon, reset: str) -> None:
    """Mastodon writes ISO 8601, some forks write Unix time."""
    fake.fail(rate_limit({"X-RateLimit-Reset": reset}), on=POST)
    with pytest.raises(RateLimited) as caught:
        mastodon.send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, {"error": "The access token was revoked"}), Unauthorised),
        (Reply(403, {"error": "This action is outside the authorized scopes"}), Unauthorised),
        (Reply(422, b""), Unauthorised),
        (Reply(404, {"error": "Record not found"}), Rejected),
        (Reply(410, {"error": "Gone"}), Rejected),
        (Reply(422, {"error": "Validation failed: Text can't be blank"}), Rejected),
        (Reply(422, {"error": "Validation failed: Media is already attached to another status"}), Uncertain),
        (Reply(503, {"error": "Remote data could not be fetched"}), Unavailable),
        (Reply(503, {"error": "throttled"}, {"Retry-After": "30"}), RateLimited),
        (Reply(503, "<html>down</html>"), Uncertain),
    ],
)
def test_refusals_are_told_apart(mastodon: Mastodon, fake: FakeMastodon, reply: Reply, kind: type) -> None:
    """The table of errors, row by row."""
    fake.fail(lambda request, handle: reply, on=POST)
    with pytest.raises(kind) as caught:
        mastodon.send(TEXT, key="k")
    assert type(caught.value) is kind


def test_an_old_post_with_the_same_link_is_not_ours(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Only what was written since the intent (less two minutes for clocks) can be the lost post."""
    mastodon.send(TEXT, key="before")
    assert mastodon.find(TEXT, key="k", since=NOW + timedelta(minutes=3)) is None
    assert mastodon.find(TEXT, key="k", since=NOW + timedelta(minutes=2)) is not None


def test_parts_of_a_thread_are_told_apart(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """The same link in both parts: the one that answers the first is the second."""
    first = mastodon.send(TEXT, key="1")
    part = Message(text=f"More: {LINK}", link=LINK, reply_to=first)
    fake.fail(drop_reply_after_commit(), on=POST)
    with pytest.raises(Uncertain):
        mastodon.send(part, key="2")
    found = mastodon.find(part, key="2", since=NOW)
    assert found is not None
    assert found.remote_id == fake.published[0]["id"] != first.remote_id
    again = mastodon.find(TEXT, key="1", since=NOW)
    assert again is not None
    assert again.remote_id == first.remote_id


def test_a_text_without_a_link_is_found_by_its_words(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Paragraphs, escapes and hidden link parts do not stand in the way."""
    message = Message(text='Füße & "quotes" <b>\n\nhttps://a.example/b?c=d&e=f and more')
    receipt = mastodon.send(message, key="k")
    found = mastodon.find(message, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id


@pytest.mark.slow
def test_the_list_is_read_page_by_page(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """A lost post is found behind forty newer ones."""
    receipt = mastodon.send(TEXT, key="k")
    for number in range(45):
        mastodon.send(Message(text=f"number {number}"), key=f"n{number}")
    found = mastodon.find(TEXT, key="k", since=NOW)
    assert found is not None
    assert found.remote_id == receipt.remote_id
    assert len(fake.sent("GET /api/v1/accounts/42/statuses")) == 2


def test_boosts_and_broken_entries_are_left_out(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Not everything in a list is a post of ours."""
    mastodon.send(TEXT, key="k")
    fake.published += [{"id": "1", "reblog": {"id": "2"}, "created_at": "2026-11-24T09:00:00Z"}, {"id": "3"}]
    assert len(mastodon.list_recent()) == 1


def test_an_edit_keeps_the_picture(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Media that are not named would be removed."""
    receipt = deliver(mastodon, replace(TEXT, image=picture()))
    edited = mastodon.edit(receipt, replace(TEXT, text="Better words"), key="k")
    assert edited.remote_id == receipt.remote_id
    assert "Better words" in fake.published[0]["content"]
    assert [item["id"] for item in fake.published[0]["media_attachments"]] == [receipt.ref["media"]]


def test_a_server_that_cannot_delete_is_not_believed(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """404 for the method is not "already gone": the post is looked at once more."""
    receipt = mastodon.send(TEXT, key="k")
    fake.fail(status(404, "<h1>404 Not Found</h1>"), on="DELETE /api/v1/statuses")
    with pytest.raises(Rejected, match="by hand"):
        mastodon.delete(receipt)


def test_verify_names_the_account_and_its_bot_flag(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """A person posting by program is told about the etiquette."""
    assert mastodon.verify().name == "@fox@127.0.0.1"
    assert mastodon.verify().warnings == ()
    fake.is_bot = False
    assert mastodon.verify().warnings


def test_a_login_walks_through_the_servers_own_pages(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Register as a form, allow in a browser with PKCE, trade the pasted code for the token."""
    page = mastodon.begin_login({}, redirect="")
    assert page is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert query["redirect_uri"] == "urn:ietf:wg:oauth:2.0:oob"
    assert query["state"] == page.state != ""
    assert page.memory is not None
    assert query["code_challenge"] == challenge_of(page.memory["code_verifier"])
    assert mastodon.finish_login({}, page, " good-code\n") == {"access_token": TOKEN}


def test_a_pasted_token_is_enough(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """From the server's own settings: no application is registered."""
    answers = {"access_token": f" {TOKEN} "}
    assert mastodon.begin_login(answers, redirect="") is None
    assert mastodon.finish_login(answers, None, "") == {"access_token": TOKEN}
    assert fake.requests == []


def test_a_wrong_code_is_refused_without_secrets(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """The server's words are shown, the code and the client's secret are not."""
    page = mastodon.begin_login({}, redirect="http://127.0.0.1:8000/")
    with pytest.raises(Unauthorised) as caught:
        mastodon.finish_login({}, page, "good-code-not")
    assert "good-code-not" not in str(caught.value)
    assert APP_SECRET not in str(caught.value)


@pytest.mark.parametrize(("instance", "base"), [("m.example", "https://m.example"), ("http://a:1/", "http://a:1")])
def test_an_instance_may_be_written_without_scheme(http: Client, instance: str, base: str) -> None:
    """As people write it."""
    account = Account(name="mine", network="mastodon", options={"instance": instance})
    network = open_network(account, MemoryVault(), http)
    assert isinstance(network, Mastodon)
    assert network.base == base


def test_a_missing_instance_is_a_configuration_error(http: Client) -> None:
    """Told with the key to set."""
    with pytest.raises(ConfigError, match=r"accounts\.mine\.instance"):
        open_network(Account(name="mine", network="mastodon"), MemoryVault(), http)


@pytest.mark.slow
@pytest.mark.parametrize("odd", [5, {"id": 1}, ["x", {}, {"id": None}]])
def test_odd_media_hide_no_post(mastodon: Mastodon, fake: FakeMastodon, odd: object) -> None:
    """A lost post is found whatever the server says of media."""
    receipt = mastodon.send(TEXT, key="k")
    fake.published[0]["media_attachments"] = odd
    found = mastodon.find(TEXT, key="k", since=NOW)
    assert found is not None
    assert (found.remote_id, found.ref["media"]) == (receipt.remote_id, "")
