"""Facebook Pages on a fake Graph API.

Of the fourteen scenarios these have no case here: 6 and 7 (a Page's token from a long-lived user token does not
expire; its death pauses the account), 10 (uploads are handled at once).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import (
    Blocked,
    ConfigError,
    Duplicate,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
    UsageError,
)
from syndicate.http import Client
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, status
from tests.networks.fake_graph import (
    APP_ID,
    APP_SECRET,
    LONG_USER_TOKEN,
    PAGE,
    PAGE_TOKEN,
    USER_TOKEN,
    FakeFacebook,
    graph_error,
)
from tests.networks.vault import MemoryVault

CASE = Case(
    network="facebook",
    fake=FakeFacebook,
    options=lambda url: {"api": url, "page": PAGE},
    secrets={"access_token": PAGE_TOKEN},
    publish=f"POST /v25.0/{PAGE}/feed",
    too_long=replace(TEXT, text="x" * 63_207),
    unauthorised=graph_error(400, 190, f"Error validating access token {PAGE_TOKEN}", error_subcode=460),
)
FEED = f"POST /v25.0/{PAGE}/feed"
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeFacebook]:
    with FakeFacebook() as running:
        yield running


def test_text_with_a_link_card(fake: FakeFacebook, http: Client) -> None:
    """Meta's crawler draws the card of `link`; the answer brings the address."""
    receipt = deliver(CASE.open(fake.url, http), TEXT)
    post = fake.published[0]
    assert post["form"] == {
        "message": TEXT.text,
        "published": "true",
        "fields": "id,permalink_url",
        "link": LINK,
    }
    assert (receipt.remote_id, receipt.url) == (post["id"], post["permalink_url"])


def test_an_image_is_uploaded_unseen_and_then_attached(fake: FakeFacebook, http: Client) -> None:
    """The upload publishes nothing and carries the alt text; its number is kept for the next attempt."""
    network = CASE.open(fake.url, http)
    message = network.prepare(replace(TEXT, image=picture()), key="k")
    assert network.prepare(message, key="k") == message
    photo = message.prepared["photo"]
    assert fake.photos[photo] == {"published": b"false", "alt_text_custom": b"A fox in snow", "source": PIXEL}
    assert fake.published == []
    network.send(message, key="k")
    form = fake.published[0]["form"]
    assert form["attached_media[0]"] == f'{{"media_fbid":"{photo}"}}'
    assert "link" not in form


def test_an_address_is_built_where_the_answer_has_none(fake: FakeFacebook, http: Client) -> None:
    """Page and post number make one."""
    fake.fail(status(200, {"id": f"{PAGE}_7"}), on=FEED)
    assert deliver(CASE.open(fake.url, http), TEXT).url == f"https://www.facebook.com/{PAGE}/posts/7"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("狐" * 63_206, True),
        ("🦊" * 63_206, True),
        ("e\u0301" * 31_603, True),
        ("x" * (63_206 - len(LINK)) + LINK, True),
        ("x" * 63_207, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeFacebook, http: Client, text: str, fits: bool) -> None:
    """63,206 characters."""
    network = CASE.open(fake.url, http)
    if fits:
        deliver(network, replace(TEXT, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(network, replace(TEXT, text=text))
    assert len(fake.published) == fits


def test_a_lost_reply_is_settled_by_the_feed(fake: FakeFacebook, http: Client) -> None:
    """By the words, else by the link behind Meta's shim."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=FEED)
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    found = network.find(TEXT, key="k", since=NOW - DAY)
    assert found.url == fake.published[0]["permalink_url"]
    fake.published[0]["message"] = "somebody changed the words"
    assert network.find(TEXT, key="k", since=NOW - DAY) == found


def test_a_call_that_never_arrived_is_not_found(fake: FakeFacebook, http: Client) -> None:
    """Nothing there, and nothing old counts."""
    network = CASE.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    deliver(network, TEXT)
    fake.now = NOW
    fake.fail(cut_before_commit(), on=FEED)
    with pytest.raises(Uncertain):
        deliver(network, replace(TEXT, text="Other words"))
    assert network.find(TEXT, key="k", since=NOW) is None


def test_a_feed_too_long_to_look_through_stays_unknown(fake: FakeFacebook, http: Client) -> None:
    """Ten pages of other posts prove nothing."""
    for number in range(251):
        fake.published.append({"id": f"{PAGE}_{number}", "message": f"{number}", "created_time": fake.stamp()})
    with pytest.raises(Uncertain, match="too many"):
        CASE.open(fake.url, http).find(TEXT, key="k", since=NOW - DAY)
    assert len(CASE.open(fake.url, http).list_recent()) == 250


def test_an_equal_post_is_a_duplicate(fake: FakeFacebook, http: Client) -> None:
    """Error 506 proves that an equal post is the newest one: a refusal, told as such."""
    network = CASE.open(fake.url, http)
    deliver(network, TEXT)
    with pytest.raises(Duplicate):
        deliver(network, TEXT)
    assert len(fake.published) == 1


@pytest.mark.parametrize("header", ["X-Business-Use-Case-Usage", "X-App-Usage"])
def test_usage_headers_say_when_calls_are_free_again(fake: FakeFacebook, http: Client, header: str) -> None:
    """The longest wait of all rows counts; nonsense is no wait."""
    rows = '{"1": [{"estimated_time_to_regain_access": 3}, {"estimated_time_to_regain_access": 42}], "2": "x"}'
    error = graph_error(400, 32, "Page request limit reached")
    fake.fail(status(400, error.body, {header: rows}), on=FEED)
    with pytest.raises(RateLimited) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert caught.value.retry_at == NOW + timedelta(minutes=42)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (graph_error(400, 190, error_subcode=458), Unauthorised),
        (graph_error(400, 102), Unauthorised),
        (graph_error(403, 299), Unauthorised),
        (graph_error(400, 100, error_subcode=1404078), Unauthorised),
        (graph_error(400, 368), Blocked),
        (graph_error(400, 80001), RateLimited),
        (graph_error(400, 100, error_subcode=1390008), RateLimited),
        (graph_error(400, 1609005), Rejected),
        (graph_error(400, 100), Rejected),
        (graph_error(500, 2), Uncertain),
        (graph_error(400, 1, is_transient=True), Uncertain),
    ],
)
def test_graph_codes(fake: FakeFacebook, http: Client, reply, kind: type) -> None:
    """By code and subcode."""
    fake.fail(status(reply.status, reply.body), on=FEED)
    with pytest.raises(kind) as caught:
        deliver(CASE.open(fake.url, http), TEXT)
    assert type(caught.value) is kind


def test_the_sentence_for_people_is_shown(fake: FakeFacebook, http: Client) -> None:
    """Graph often has a better one than `message`."""
    reply = graph_error(400, 100, "(#100) Invalid parameter", error_user_msg="The link is broken.")
    fake.fail(status(400, reply.body), on=FEED)
    with pytest.raises(Rejected, match=r"The link is broken\. \(code 100\)"):
        deliver(CASE.open(fake.url, http), TEXT)


def test_proof_of_the_apps_secret_goes_along(http: Client) -> None:
    """Every call carries it where the secret is known; without it the app refuses."""
    with FakeFacebook(wants_proof=True) as fake:
        with pytest.raises(Rejected, match="appsecret_proof"):
            deliver(CASE.open(fake.url, http), TEXT)
        vault = MemoryVault({"access_token": PAGE_TOKEN, "app_secret": APP_SECRET})
        network = CASE.open(fake.url, http, vault)
        receipt = deliver(network, replace(TEXT, image=picture()))
        network.edit(receipt, TEXT, key="e")
        assert network.find(TEXT, key="k", since=NOW) == receipt
        network.delete(receipt)
        assert network.verify().name == "Foxes"


def test_an_upload_that_fails_is_only_a_delay(fake: FakeFacebook, http: Client) -> None:
    """Nothing is published by it."""
    fake.fail(drop_reply_after_commit(), on="photos")
    with pytest.raises(Unavailable):
        CASE.open(fake.url, http).prepare(replace(TEXT, image=picture()), key="k")


def test_words_are_edited_and_deleting_twice_is_fine(fake: FakeFacebook, http: Client) -> None:
    """Facebook changes the words only; what is gone may be deleted again, not changed."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    assert network.edit(receipt, replace(TEXT, text="New words"), key="e") == receipt
    assert fake.published[0]["message"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []
    with pytest.raises(Rejected):
        network.edit(receipt, TEXT, key="e")


def test_a_post_that_may_not_be_deleted_is_not_called_gone(fake: FakeFacebook, http: Client) -> None:
    """Meta's words for both are the same, so the post is looked at once more."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    said = "Unsupported delete request. Object does not exist, cannot be loaded due to missing permissions"
    fake.fail(status(400, graph_error(400, 100, said, error_subcode=33).body), on="DELETE")
    with pytest.raises(Rejected, match="missing permissions"):
        network.delete(receipt)


def test_login_makes_a_page_token_that_lasts(fake: FakeFacebook, http: Client) -> None:
    """Short user token, long user token, the Page's own."""
    network = CASE.open(fake.url, http, MemoryVault())
    answers = {"app_id": APP_ID, "app_secret": APP_SECRET, "user_token": USER_TOKEN}
    assert network.begin_login(answers, redirect="") is None
    assert network.finish_login(answers, None, "") == {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET}
    with pytest.raises(UsageError, match="User token"):
        network.finish_login({"app_id": APP_ID, "app_secret": APP_SECRET}, None, "")
    with pytest.raises(Unauthorised) as caught:
        network.finish_login({**answers, "user_token": "EAA-wrong"}, None, "")
    assert "EAA-wrong" not in str(caught.value)
    fake.fail(status(400, graph_error(400, 190, f"no token {LONG_USER_TOKEN}").body), on="me/accounts")
    with pytest.raises(Unauthorised) as refused:
        network.finish_login(answers, None, "")
    assert LONG_USER_TOKEN not in str(refused.value)


def test_login_for_a_page_one_does_not_administer_names_those_one_does(fake: FakeFacebook, http: Client) -> None:
    """The hint holds names and numbers to put into the configuration."""
    other = replace(CASE, options=lambda url: {"api": url, "page": "1"})
    answers = {"app_id": APP_ID, "app_secret": APP_SECRET, "user_token": USER_TOKEN}
    with pytest.raises(Unauthorised) as caught:
        other.open(fake.url, http, MemoryVault()).finish_login(answers, None, "")
    assert f"Foxes ({PAGE})" in caught.value.hint


def test_verify_shows_rights_and_the_end_of_data_access(fake: FakeFacebook, http: Client) -> None:
    """A missing right is a warning; a token that may not be asked about is none."""
    network = CASE.open(fake.url, http)
    profile = network.verify()
    assert (profile.name, profile.warnings) == ("Foxes", ())
    assert profile.expires_at.year == 2027
    fake.scopes = ["pages_read_engagement"]
    assert "pages_manage_posts" in network.verify().warnings[0]
    fake.fail(graph_fault(), on="debug_token")
    assert network.verify().expires_at is None


def graph_fault():
    return status(400, graph_error(400, 100).body)


@pytest.mark.parametrize("page", ["", "foxes"])
def test_a_page_is_a_number(http: Client, page: str) -> None:
    """Names change, numbers do not."""
    with pytest.raises(ConfigError):
        replace(CASE, options=lambda url: {"page": page}).open("", http)


@pytest.mark.parametrize("asked", [{"warning": "Food"}, {"visibility": "private"}])
def test_what_facebook_cannot_say_is_refused(fake: FakeFacebook, http: Client, asked: dict[str, str]) -> None:
    """A warning is not lost, and what is meant for few is not shown to everybody."""
    with pytest.raises(Rejected):
        deliver(CASE.open(fake.url, http), replace(TEXT, **asked))
    assert fake.requests == []


def test_an_entry_without_a_number_hides_no_other(fake: FakeFacebook, http: Client) -> None:
    """And is never taken for ours."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    fake.published.insert(0, {**fake.published[0], "id": None})
    assert network.find(TEXT, key="k", since=NOW) == receipt
