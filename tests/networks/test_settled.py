"""Receipts that a person wrote: an address does where a network wants its own number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicate.errors import Rejected
from syndicate.http import Client
from syndicate.model import Receipt
from syndicate.networks.matrix import event_of
from syndicate.networks.nostr_event import encode_event, encode_name, read_event_id
from syndicate.networks.settled import number_of
from syndicate.networks.slack import stamp_of
from tests.networks import test_discord, test_facebook, test_telegram
from tests.networks.case import TEXT, Case, deliver
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
