"""Receipts that a person wrote: an address does where a network wants its own number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicate.errors import Rejected
from syndicate.http import Client
from syndicate.model import Receipt
from syndicate.networks.matrix import event_of
from syndicate.networks.nostr.event import encode_event, encode_name, read_event_id
from syndicate.networks.slack import stamp_of
from syndicate.networks.toolkit.readback import name_of, number_of
from tests.networks import (
    test_bluesky,
    test_discord,
    test_facebook,
    test_linkedin,
    test_mastodon,
    test_telegram,
    test_x,
)
from tests.networks.case import NOW, TEXT, Case, deliver, picture
from tests.networks.fake_bluesky import HANDLE
from tests.networks.fake_discord import CHANNEL, GUILD

EVENT = "ee310f77f14064b6e81a16738dd5315202302c3e126dbd3a3eb822aa1e6fecca"


@pytest.mark.parametrize(
    ("remote_id", "number"),
    [
        ("57", "57"),
        ("10150_77", "10150_77"),
        ("https://t.me/foxes/57", "57"),
        ("https://t.me/c/1234567890/57?single", "57"),
        ("https://discord.com/channels/1/2/3", "3"),
        ("https://lemmy.example/post/501", "501"),
        ("https://foxes.tumblr.com/post/701/ten-2-things-3", "701"),
        ("https://www.pinterest.com/pin/801/", "801"),
    ],
)
def test_the_number_in_an_address(remote_id: str, number: str) -> None:
    """The last part of the path that is nothing but digits."""
    assert number_of(Receipt(remote_id, ""), account="mine") == number


def test_an_address_without_a_number_is_told() -> None:
    """Better than a reply to nothing."""
    with pytest.raises(Rejected, match="settled by hand"):
        number_of(Receipt("https://www.threads.com/@fox/post/DGabc12", ""), account="mine")


@pytest.mark.parametrize(
    ("remote_id", "name"),
    [
        ("113930274098239510", "113930274098239510"),
        ("https://m.example/@fox/113930274098239510", "113930274098239510"),
        ("https://gts.example/@fox/statuses/01JAB?x=1#y", "01JAB"),
        ("https://takahe.example/@fox@a.example/posts/77/", "77"),
        ("at://did:plc:fox/app.bsky.feed.post/3lgtybpyq7l23", "3lgtybpyq7l23"),
        ("https://bsky.app/profile/fox.example/post/3lgtybpyq7l23", "3lgtybpyq7l23"),
    ],
)
def test_the_name_in_an_address(remote_id: str, name: str) -> None:
    """The last part of the path."""
    assert name_of(Receipt(remote_id, "")) == name


def test_the_names_in_other_addresses() -> None:
    """Slack's stamp, Matrix's event, Nostr's id."""
    assert stamp_of(Receipt("https://foxes.slack.com/archives/C1/p1764000000000100", "")) == "1764000000.000100"
    assert stamp_of(Receipt("1764000000.000100", "")) == "1764000000.000100"
    assert event_of(Receipt("https://matrix.to/#/%21room%3Aexample.org/%24ev1?via=example.org", "")) == "$ev1"
    assert event_of(Receipt("$ev1", "")) == "$ev1"
    for name in (EVENT, encode_event(EVENT, ("wss://r",)), encode_name("note", bytes.fromhex(EVENT))):
        assert read_event_id(f"https://njump.me/{name}") == EVENT
    assert read_event_id("https://njump.me/nevent1broken") == read_event_id("") == ""


@pytest.mark.parametrize(
    ("case", "address"),
    [
        (test_telegram.CASE, "https://t.me/foxes/57"),
        (test_discord.CASE, f"https://discord.com/channels/{GUILD}/{CHANNEL}/{{}}"),
        (test_discord.BOT, f"https://discord.com/channels/{GUILD}/{CHANNEL}/{{}}"),
        (test_facebook.CASE, "https://www.facebook.com/foxes/posts/{}"),
    ],
    ids=["telegram", "discord", "discord-bot", "facebook"],
)
def test_what_was_settled_by_hand_can_be_changed_and_deleted(case: Case, address: str, http: Client) -> None:
    """By its address alone."""
    with case.fake() as fake:
        network = case.open(fake.url, http)
        number = deliver(network, TEXT).remote_id.rpartition("_")[2]
        settled = Receipt(address.format(number), address.format(number))
        network.edit(settled, replace(TEXT, text="New words"), key="e")
        network.delete(settled)
        assert fake.published == []


@pytest.mark.parametrize(
    "case",
    [test_mastodon.CASE, test_bluesky.CASE, test_x.CASE, test_linkedin.CASE],
    ids=["mastodon", "bluesky", "x", "linkedin"],
)
def test_what_was_settled_by_hand_is_really_deleted(case: Case, http: Client) -> None:
    """By the address that a browser shows; nothing is called gone that still stands there."""
    with case.fake() as fake:
        network = case.open(fake.url, http)
        receipt = deliver(network, TEXT)
        network.delete(Receipt(receipt.url, receipt.url))
        assert fake.published == []


@pytest.mark.parametrize("case", [test_bluesky.CASE, test_x.CASE, test_linkedin.CASE], ids=["bluesky", "x", "linkedin"])
def test_an_address_that_names_nothing_deletes_nothing(case: Case, http: Client) -> None:
    """Better told than called done."""
    with case.fake() as fake, pytest.raises(Rejected, match="by hand"):
        case.open(fake.url, http).delete(Receipt("https://www.linkedin.com/posts/fox_title-activity-a", ""))


def test_an_edit_by_address_keeps_the_picture(http: Client) -> None:
    """Mastodon removes media that are not named, so they are read first."""
    with test_mastodon.CASE.fake() as fake:
        network = test_mastodon.CASE.open(fake.url, http)
        url = deliver(network, replace(TEXT, image=picture())).url
        network.edit(Receipt(url, url), replace(TEXT, text="Better words"), key="e")
        assert "Better words" in fake.published[0]["content"]
        assert len(fake.published[0]["media_attachments"]) == 1


def test_linkedins_posts_are_edited_by_their_address(http: Client) -> None:
    """As the browser shows it, or with its signs spelt in percents."""
    with test_linkedin.CASE.fake() as fake:
        network = test_linkedin.CASE.open(fake.url, http)
        urn = deliver(network, TEXT).remote_id.replace(":", "%3A")
        network.edit(Receipt(f"https://www.linkedin.com/feed/update/{urn}/", ""), replace(TEXT, text="New"), key="e")
        assert fake.published[0]["text"] == "New"


@pytest.mark.parametrize("case", [test_mastodon.CASE, test_x.CASE], ids=["mastodon", "x"])
def test_a_part_after_one_settled_by_hand_is_sent_and_found(case: Case, http: Client) -> None:
    """It answers the post behind the address, and is looked for there."""
    with case.fake() as fake:
        network = case.open(fake.url, http)
        first = deliver(network, TEXT)
        part = replace(TEXT, text="two", link="", reply_to=Receipt(first.url, first.url))
        second = deliver(network, part, key="two")
        body = fake.published[0]["body"]
        assert body.get("in_reply_to_id", body.get("reply", {}).get("in_reply_to_tweet_id")) == first.remote_id
        assert network.find(part, key="two", since=NOW).remote_id == second.remote_id


@pytest.mark.parametrize("who", [HANDLE, "did:plc:fox"])
def test_a_bluesky_thread_goes_on_after_a_part_settled_by_hand(http: Client, who: str) -> None:
    """The root and the parent are asked for before the post is fixed."""
    with test_bluesky.CASE.fake() as fake:
        network = test_bluesky.CASE.open(fake.url, http)
        first = deliver(network, TEXT, key="1")
        second = deliver(network, replace(TEXT, text="two", reply_to=first), key="2")
        url = f"https://bsky.app/profile/{who}/post/{second.remote_id.rpartition('/')[2]}"
        third = deliver(network, replace(TEXT, text="three", reply_to=Receipt(url, url)), key="3")
        reply = fake.records["app.bsky.feed.post", third.remote_id.rpartition("/")[2]]["value"]["reply"]
        assert (reply["root"]["uri"], reply["parent"]["uri"]) == (first.remote_id, second.remote_id)
        assert third.ref["root_uri"] == first.remote_id


def test_a_bluesky_thread_does_not_go_on_after_a_wrong_address(http: Client) -> None:
    """Nothing stands there, so nothing is answered."""
    message = replace(TEXT, reply_to=Receipt("https://bsky.app/profile/fox.example/post/nothing", ""))
    with test_bluesky.CASE.fake() as fake, pytest.raises(Rejected, match="referred to"):
        deliver(test_bluesky.CASE.open(fake.url, http), message)


@pytest.mark.parametrize("case", [test_telegram.CASE, test_discord.BOT], ids=["telegram", "discord-bot"])
def test_a_thread_goes_on_after_a_part_settled_by_hand(case: Case, http: Client) -> None:
    """The next part answers the number in the address."""
    with case.fake() as fake:
        network = case.open(fake.url, http)
        first = deliver(network, TEXT)
        deliver(network, replace(TEXT, text="two", reply_to=Receipt(first.url, first.url)), key="two")
        answered = [
            each["body"].get("reply_parameters") or each["body"].get("message_reference") for each in fake.published
        ]
        (reply,) = filter(None, answered)
        assert str(reply["message_id"]) == first.remote_id
