"""Threads on a fake Graph API, containers and all.

Of the fourteen scenarios these have no case here: 9 (Threads accepts equal posts), 13 (posts cannot be edited, which
is tested as the lack of the ability). 7 holds by itself: a refreshed token does not kill the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import (
    Blocked,
    ConfigError,
    NotReady,
    RateLimited,
    Rejected,
    Spoiled,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
from syndicate.networks.base import Edits
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, html_error, status
from tests.networks.fake_graph import TOKEN, FakeThreads, graph_error
from tests.networks.vault import MemoryVault

CASE = Case(
    network="threads",
    fake=FakeThreads,
    options=lambda url: {"api": url},
    secrets={"access_token": TOKEN},
    publish="POST /v1.0/me/threads_publish",
    too_long=replace(TEXT, text="x" * 501),
    unauthorised=graph_error(401, 190, f"Error validating access token: {TOKEN}"),
)
CARD = replace(picture(), url="https://blog.example/feeds/cards/a.png")
PUBLISH = "threads_publish"
DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Iterator[FakeThreads]:
    with FakeThreads() as running:
        yield running


def prepared(network, message: Message) -> Message:
    """All the steps before the call, as the delivery takes them."""
    while (further := network.prepare(message, key="k")) != message:
        message = further
    return message


def test_text_with_a_card_in_two_steps(fake: FakeThreads, http: Client) -> None:
    """A container with the link as its preview, then one publishing call; the address comes from the post."""
    receipt = deliver(CASE.open(fake.url, http), TEXT)
    post = fake.published[0]
    assert post["form"] == {"media_type": "TEXT", "text": TEXT.text, "link_attachment": LINK}
    assert (receipt.remote_id, receipt.url) == (post["id"], post["permalink"])


def test_an_image_is_fetched_by_meta_with_its_alt_text(fake: FakeThreads, http: Client) -> None:
    """The published file's address, and no link preview beside it."""
    deliver(CASE.open(fake.url, http), replace(TEXT, image=CARD))
    form = fake.published[0]["form"]
    assert (form["media_type"], form["image_url"], form["alt_text"]) == ("IMAGE", CARD.url, "A fox in snow")
    assert "link_attachment" not in form


def test_an_image_without_an_address_is_refused(fake: FakeThreads, http: Client) -> None:
    """Meta could not fetch it."""
    with pytest.raises(Rejected, match="no public address"):
        deliver(CASE.open(fake.url, http), replace(TEXT, image=picture()))
    assert fake.requests == []


def test_options_reach_the_container(fake: FakeThreads, http: Client) -> None:
    """Topic and reply control."""
    account = Account(
        name="mine", network="threads", options={"api": fake.url, "topic": "foxes", "reply_control": "everyone"}
    )
    deliver(open_network(account, MemoryVault({"access_token": TOKEN}), http), TEXT)
    form = fake.published[0]["form"]
    assert (form["topic_tag"], form["reply_control"]) == ("foxes", "everyone")


def test_a_slow_container_is_waited_for_and_kept(http: Client) -> None:
    """While Meta works the container's number is kept; nothing is published before it is ready."""
    with FakeThreads(polls=2) as fake:
        network = CASE.open(fake.url, http)
        message = network.prepare(replace(TEXT, image=CARD), key="k")
        for _ in range(2):
            with pytest.raises(NotReady) as caught:
                network.prepare(message, key="k")
            assert caught.value.retry_at == NOW + timedelta(seconds=30)
        assert network.prepare(message, key="k") == message
        network.send(message, key="k")
        assert (len(fake.containers), len(fake.published)) == (1, 1)


def test_an_expired_container_is_made_anew(fake: FakeThreads, http: Client, clock: Clock) -> None:
    """Containers die after a day; the message gets another one."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    clock.pass_by(DAY)
    fake.now += DAY
    fresh = prepared(network, message)
    assert fresh.prepared["container"] != message.prepared["container"]
    network.send(fresh, key="k")
    assert len(fake.published) == 1


def test_a_preview_that_fails_is_left_out(http: Client) -> None:
    """Where the text has the link itself, the second container goes without a preview."""
    with FakeThreads(broken=LINK) as fake:
        deliver(CASE.open(fake.url, http), TEXT)
        assert fake.published[0]["form"] == {"media_type": "TEXT", "text": TEXT.text}


def test_a_preview_that_fails_on_publishing_is_left_out_of_the_next_container(fake: FakeThreads, http: Client) -> None:
    """The container is spoiled: what is left to begin with makes one without a preview, since the text has the link."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    fake.fail(status(400, graph_error(400, -1, "card fetch failed", error_subcode=4279047).body), on=PUBLISH)
    with pytest.raises(Spoiled) as caught:
        network.send(message, key="k")
    deliver(network, replace(message, prepared=caught.value.prepared))
    assert fake.published[0]["form"] == {"media_type": "TEXT", "text": TEXT.text}
    assert len(fake.containers) == 2


def test_an_image_that_never_arrives_fails_the_delivery(http: Client) -> None:
    """After three containers the words of Meta are handed on."""
    with FakeThreads(broken=CARD.url) as fake:
        with pytest.raises(Rejected, match="could not be fetched"):
            deliver(CASE.open(fake.url, http), replace(TEXT, image=CARD))
        assert len(fake.containers) == 3
        assert fake.published == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (500 - len(LINK)) + LINK, True),
        ("狐" * 500, True),
        ("狐" * 501, False),
        ("e\u0301" * 250, True),
        ("🦊" * 125, True),
        ("🦊" * 125 + "x", False),
        ("x" * 501, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeThreads, http: Client, text: str, fits: bool) -> None:
    """500 characters, an emoji counting its four bytes."""
    network = CASE.open(fake.url, http)
    if fits:
        deliver(network, replace(TEXT, text=text, link=""))
    else:
        with pytest.raises(Rejected):
            deliver(network, replace(TEXT, text=text, link=""))
    assert len(fake.published) == fits


def test_more_links_than_five_are_refused_with_metas_words(fake: FakeThreads, http: Client) -> None:
    """Counted over text and preview."""
    text = " ".join(f"https://blog.example/{number}" for number in range(6))
    with pytest.raises(Rejected, match="LINK_LIMIT"):
        deliver(CASE.open(fake.url, http), replace(TEXT, text=text, link=""))


def test_a_lost_reply_is_settled_by_the_container_and_the_listing(fake: FakeThreads, http: Client) -> None:
    """PUBLISHED says it is out; the listing says where."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    fake.fail(drop_reply_after_commit(), on=PUBLISH)
    with pytest.raises(Uncertain):
        network.send(message, key="k")
    found = network.find(message, key="k", since=NOW - DAY)
    assert (found.remote_id, found.url) == (fake.published[0]["id"], fake.published[0]["permalink"])


def test_published_but_not_listed_waits_and_then_does_without_the_address(
    fake: FakeThreads, http: Client, clock: Clock
) -> None:
    """The container's word is enough: it is never published again, whatever the listing shows."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    network.send(message, key="k")
    fake.lists = False
    with pytest.raises(Unavailable, match="not listed yet"):
        network.find(message, key="k", since=NOW - DAY)
    clock.pass_by(timedelta(hours=2))
    found = network.find(message, key="k", since=NOW - DAY)
    assert (found.remote_id, found.url) == (message.prepared["container"], "")


def test_a_container_published_behind_our_back_is_adopted(fake: FakeThreads, http: Client) -> None:
    """A call that commits after every look said no: the next attempt sees PUBLISHED and publishes nothing."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    network.send(message, key="k")
    calls = len(fake.sent(PUBLISH))
    receipt = network.send(prepared(network, message), key="k")
    assert receipt.remote_id == fake.published[0]["id"]
    assert (len(fake.sent(PUBLISH)), len(fake.published)) == (calls, 1)


def test_a_call_that_never_arrived_is_not_found_and_may_go_again(fake: FakeThreads, http: Client) -> None:
    """FINISHED means not published; the same container is published by the next attempt."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    fake.fail(cut_before_commit(), on=PUBLISH)
    with pytest.raises(Uncertain):
        network.send(message, key="k")
    assert network.find(message, key="k", since=NOW - DAY) is None
    network.send(prepared(network, message), key="k")
    assert (len(fake.containers), len(fake.published)) == (1, 1)


def test_a_crash_before_any_container_finds_nothing(fake: FakeThreads, http: Client) -> None:
    """An intent without a container and without a post."""
    assert CASE.open(fake.url, http).find(TEXT, key="k", since=NOW - DAY) is None


def test_a_container_that_is_gone_leaves_the_listing_to_decide(fake: FakeThreads, http: Client) -> None:
    """Meta forgets containers; the post is found all the same."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    network.send(message, key="k")
    fake.containers.clear()
    assert network.find(message, key="k", since=NOW - DAY).remote_id == fake.published[0]["id"]


def test_a_reply_is_made_and_found_among_replies(fake: FakeThreads, http: Client) -> None:
    """The same words as a reply are another post."""
    network = CASE.open(fake.url, http)
    first = deliver(network, TEXT)
    reply = prepared(network, replace(TEXT, reply_to=first))
    second = network.send(reply, key="k2")
    assert fake.published[0]["form"]["reply_to_id"] == first.remote_id
    assert network.find(reply, key="k2", since=NOW).remote_id == second.remote_id


def test_a_listing_that_fails_does_not_doubt_the_container(fake: FakeThreads, http: Client, clock: Clock) -> None:
    """Replies need a right of their own to be listed; PUBLISHED is enough without it."""
    network = CASE.open(fake.url, http)
    reply = prepared(network, replace(TEXT, reply_to=deliver(network, TEXT)))
    network.send(reply, key="k2")
    clock.pass_by(timedelta(hours=2))
    fake.fail(status(403, graph_error(403, 10).body), on="me/replies")
    assert network.find(reply, key="k2", since=NOW).remote_id == reply.prepared["container"]


def test_a_permalink_that_cannot_be_had_undoes_nothing(fake: FakeThreads, http: Client) -> None:
    """The publication stands without its address."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    fake.fail(status(500), on="GET /v1.0/")
    assert network.send(message, key="k").url == ""


def test_the_usage_header_says_when_calls_are_free_again(fake: FakeThreads, http: Client) -> None:
    """Minutes to regain access, from the header Meta speaks in."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    usage = '{"1": [{"type": "threads", "call_count": 101, "estimated_time_to_regain_access": 17}]}'
    error = graph_error(400, 4, "Application request limit reached")
    fake.fail(status(400, error.body, {"X-Business-Use-Case-Usage": usage}), on=PUBLISH)
    with pytest.raises(RateLimited) as caught:
        network.send(message, key="k")
    assert caught.value.retry_at == NOW + timedelta(minutes=17)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (graph_error(400, 190, error_subcode=460), Unauthorised),
        (graph_error(403, 10), Unauthorised),
        (graph_error(400, 200), Unauthorised),
        (graph_error(400, 368), Blocked),
        (graph_error(400, 100, error_subcode=2207051), Blocked),
        (graph_error(400, 24, error_subcode=4279009), NotReady),
        (graph_error(400, -1, error_subcode=4279047), Spoiled),
        (graph_error(400, 613), RateLimited),
        (graph_error(400, 100), Rejected),
        (graph_error(500, 1), Uncertain),
        (graph_error(400, 2, is_transient=True), Uncertain),
        (graph_error(400, 77, is_transient=True), Uncertain),
        (graph_error(500, 99), Uncertain),
    ],
)
def test_graph_codes_on_the_publishing_call(fake: FakeThreads, http: Client, reply, kind: type) -> None:
    """By code and subcode; what may be passing may have published."""
    network = CASE.open(fake.url, http)
    message = prepared(network, TEXT)
    fake.fail(status(reply.status, reply.body), on=PUBLISH)
    with pytest.raises(kind) as caught:
        network.send(message, key="k")
    assert type(caught.value) is kind


def test_passing_trouble_while_preparing_is_only_a_delay(fake: FakeThreads, http: Client) -> None:
    """Making a container publishes nothing, so it may be made again."""
    fake.fail(html_error(502), on="POST /v1.0/me/threads")
    with pytest.raises(Unavailable) as caught:
        CASE.open(fake.url, http).prepare(TEXT, key="k")
    assert not isinstance(caught.value, Uncertain)


def test_deleting_twice_is_fine_and_editing_does_not_exist(fake: FakeThreads, http: Client) -> None:
    """Threads has no edit."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []
    assert not isinstance(network, Edits)


def test_a_post_that_may_not_be_deleted_is_not_called_gone(fake: FakeThreads, http: Client) -> None:
    """Meta's words for both are the same, so the post is looked at once more."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    said = "Unsupported delete request. Object does not exist, cannot be loaded due to missing permissions"
    fake.fail(status(400, graph_error(400, 100, said, error_subcode=33).body), on="DELETE")
    with pytest.raises(Rejected, match="missing permissions"):
        network.delete(receipt)


@pytest.mark.parametrize("topic", ["x" * 51, "a.b", "R&D"])
def test_a_topic_that_threads_would_refuse_is_told_at_once(http: Client, topic: str) -> None:
    """Not with every post anew."""
    account = Account(name="mine", network="threads", options={"topic": topic})
    with pytest.raises(ConfigError, match=r"accounts\.mine\.topic"):
        open_network(account, MemoryVault(), http)


def test_list_recent_follows_the_cursors(fake: FakeThreads, http: Client) -> None:
    """For `adopt`: several pages, with the links of text and preview."""
    network = CASE.open(fake.url, http)
    for number in range(30):
        deliver(network, replace(TEXT, text=f"Post {number}"), key=f"k{number}")
    recent = network.list_recent()
    assert len(recent) == 30
    assert recent[0].text == "Post 29"
    assert recent[0].links == (LINK,)


@pytest.mark.parametrize("asked", [{"warning": "Food"}, {"visibility": "private"}])
def test_what_threads_cannot_say_is_refused(fake: FakeThreads, http: Client, asked: dict[str, str]) -> None:
    """A warning is not lost, and what is meant for few is not shown to everybody."""
    with pytest.raises(Rejected):
        deliver(CASE.open(fake.url, http), replace(TEXT, **asked))
    assert fake.requests == []


def test_an_entry_without_a_number_is_never_ours(fake: FakeThreads, http: Client) -> None:
    """The post behind it is."""
    network = CASE.open(fake.url, http)
    receipt = deliver(network, TEXT)
    fake.published.insert(0, {**fake.published[0], "id": None})
    assert network.find(TEXT, key="k", since=NOW).remote_id == receipt.remote_id
