"""Nostr on fake relays over real websockets.

Of the fourteen scenarios these have no case here: 6 and 7 (a key does not expire), 9 (an equal event is the same
event, which is tested), 10 (pictures are addresses), 11 (there is no HTTP; garbage frames are tested).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import facts_of, open_network
from syndicate.networks.base import Edits
from syndicate.networks.nostr import Answer, Verdict, judge, list_events, publish_event
from syndicate.networks.nostr.event import Draft, build_note, encode_event, encode_name, read_event_id, read_hex
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake_relay import FakeRelay
from tests.networks.vault import MemoryVault

NSEC = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
NPUB = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
PUBKEY = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"
DAY = timedelta(days=1)

CASE = Case(network="nostr", secrets={"key": NSEC})
"""No line of HTTP to fail: the online part of the contract is proved below, on relays."""


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as running:
        yield running


@pytest.fixture
def second() -> Iterator[FakeRelay]:
    with FakeRelay() as running:
        yield running


def open_on(http: Client, *relays: FakeRelay | str, vault: MemoryVault | None = None, **options: str):
    addresses = ",".join(each if isinstance(each, str) else each.url for each in relays)
    account = Account(name="mine", network="nostr", options={"relays": addresses, **options})
    return open_network(account, vault or MemoryVault({"key": NSEC}), http)


def prepared(network, message: Message = TEXT) -> Message:
    return network.prepare(message, key="k")


def closed_port() -> str:
    with FakeRelay() as gone:
        return gone.url


def test_the_id_is_the_hash_of_the_specification() -> None:
    """The vector of networks.md, section 12.4."""
    pubkey = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
    tags = (("t", "python"), ("r", "https://blog.example/a/"))
    draft = Draft(pubkey, 1764000000, 1, tags, 'A "title"\nsecond line é')
    assert draft.id == "ee310f77f14064b6e81a16738dd5315202302c3e126dbd3a3eb822aa1e6fecca"


def test_names_are_bech32(http: Client) -> None:
    """The examples of NIP-19, both ways, in hex too; the public name belongs to the private one."""
    secret = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"
    assert read_hex(NSEC, "nsec").hex() == read_hex(secret.upper(), "nsec").hex() == secret
    assert read_hex(NPUB, "npub").hex() == PUBKEY
    assert encode_name("npub", bytes.fromhex(PUBKEY)) == NPUB
    assert encode_name("nsec", bytes.fromhex(secret)) == NSEC
    assert read_hex(NPUB, "nsec") == read_hex(NSEC[:-1] + "q", "nsec") == read_hex("nsec1", "nsec") == b""


def test_an_events_name_is_built_as_nip_19_builds_names() -> None:
    """Its example is a person's, with the same parts: 32 bytes, then relays; only the prefix and checksum differ."""
    profile = (
        "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuu"
        "mpv34kytnrdaksjlyr9p"
    )
    number = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
    name = encode_event(number, ("wss://r.x.com", "wss://djbas.sadkb.com"))
    assert name.removeprefix("nevent1")[:-6] == profile.removeprefix("nprofile1")[:-6]
    assert read_event_id(name) == read_event_id(f"https://njump.me/{name}") == number


@given(st.binary(min_size=32, max_size=32))
def test_every_key_survives_its_name(data: bytes) -> None:
    """Encoding and decoding are inverse."""
    assert read_hex(encode_name("nsec", data), "nsec") == data


@given(st.text())
def test_no_text_breaks_the_reading_of_a_key(text: str) -> None:
    """Anything that is no key is empty."""
    assert len(read_hex(text, "nsec")) in {0, 32}


def test_a_note_with_tags_signed_and_taken(relay: FakeRelay, http: Client) -> None:
    """The relay checks id and signature; the address names the event and where it is."""
    message = replace(TEXT, tags=("Python",), warning="Foxes")
    receipt = deliver(open_on(http, relay), message)
    (event,) = relay.events.values()
    assert (event["kind"], event["content"], event["created_at"]) == (1, TEXT.text, int(NOW.timestamp()))
    assert event["tags"] == [["t", "python"], ["r", LINK], ["content-warning", "Foxes"]]
    assert (event["pubkey"], receipt.remote_id) == (PUBKEY, event["id"])
    assert receipt.url == f"https://njump.me/{encode_event(event['id'], (relay.url,))}"


def test_an_image_is_an_address_described_by_a_tag(relay: FakeRelay, http: Client) -> None:
    """NIP-92: type, size and alt text."""
    image = replace(picture(), url="https://blog.example/feeds/cards/a.png")
    deliver(open_on(http, relay), replace(TEXT, image=image))
    (event,) = relay.events.values()
    assert event["content"] == f"{TEXT.text}\n\n{image.url}"
    wanted = ["imeta", f"url {image.url}", "m image/png", "dim 1200x630", "alt A fox in snow"]
    assert wanted in event["tags"]
    with pytest.raises(Rejected, match="no public address"):
        deliver(open_on(http, relay), replace(TEXT, image=picture()))


def test_a_thread_names_its_root_and_the_part_before(relay: FakeRelay, http: Client) -> None:
    """NIP-10 markers."""
    network = open_on(http, relay)
    first = deliver(network, replace(TEXT, text="one"))
    second = deliver(network, replace(TEXT, text="two", reply_to=first))
    third = deliver(network, replace(TEXT, text="three", reply_to=second))
    assert ["e", first.remote_id, "", "root"] in relay.events[second.remote_id]["tags"]
    tags = relay.events[third.remote_id]["tags"]
    assert ["e", first.remote_id, "", "root"] in tags
    assert ["e", second.remote_id, "", "reply"] in tags


def test_control_characters_do_not_reach_the_hash() -> None:
    """Programs differ in how they escape them, so they would differ in the id."""
    assert build_note(Message(text="a\x00b\x1fc\td\n"), PUBKEY, 1).content == "abc\td\n"


def test_an_article_is_replaced_by_a_newer_one(relay: FakeRelay, http: Client, clock: Clock) -> None:
    """Long-form: the whole post, under a name that stays."""
    network = open_on(http, relay, kind="article")
    message = replace(TEXT, post_id="p1", markdown="# Whole", published_at=NOW - DAY)
    receipt = deliver(network, message)
    event = relay.events[receipt.remote_id]
    assert (event["kind"], event["content"]) == (30023, "# Whole")
    assert ["d", "p1"] in event["tags"]
    assert ["published_at", str(int((NOW - DAY).timestamp()))] in event["tags"]
    clock.pass_by(DAY)
    newer = network.edit(receipt, replace(message, markdown="# New"), key="e")
    assert relay.events[newer.remote_id]["created_at"] > event["created_at"]
    assert not isinstance(open_on(http, relay), Edits)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * (10_000 - len(LINK)) + LINK, True),
        ("🦊" * 10_000, True),
        ("狐" * 10_000, True),
        ("e\u0301" * 5_000, True),
        ("e\u0301" * 5_000 + "x", False),
    ],
)
def test_exactly_at_and_one_over_the_limit(relay: FakeRelay, http: Client, text: str, fits: bool) -> None:
    """10,000 characters, our own limit."""
    if fits:
        deliver(open_on(http, relay), replace(TEXT, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(open_on(http, relay), replace(TEXT, text=text))
    assert len(relay.events) == fits


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_same_event_again_is_one_event(relay: FakeRelay, http: Client, moment: str) -> None:
    """Signed once and kept: whether the first offer arrived or not, the relay has one."""
    network = open_on(http, relay)
    message = prepared(network)
    relay.drops = moment
    with pytest.raises(Uncertain):
        network.send(message, key="k")
    found = network.find(message, key="k", since=NOW - DAY)
    assert (found is not None) == (moment == "after")
    receipt = network.send(prepared(open_on(http, relay), message), key="k")
    assert list(relay.events) == [receipt.remote_id]
    assert found is None or found == receipt
    assert network.resend_until(NOW) > NOW + timedelta(days=30)


@pytest.mark.parametrize("field", ["id", "sig"])
def test_a_relay_that_shows_another_event_has_not_ours(relay: FakeRelay, http: Client, field: str) -> None:
    """Neither under our id nor with our signature alone."""
    network = open_on(http, relay)
    message = prepared(network)
    receipt = network.send(message, key="k")
    relay.changed = {field: "0" * 64}
    assert network.find(message, key="k", since=NOW - DAY) is None
    relay.changed = {}
    assert network.find(message, key="k", since=NOW - DAY) == receipt


def test_nothing_signed_is_nothing_published(relay: FakeRelay, http: Client) -> None:
    """A crash before signing left nothing to find."""
    assert open_on(http, relay).find(TEXT, key="k", since=NOW - DAY) is None


def test_enough_relays_make_a_publication(relay: FakeRelay, second: FakeRelay, http: Client) -> None:
    """One that refuses for good or is away does not matter while enough accept."""
    second.refusal = "blocked: not you"
    assert deliver(open_on(http, relay, second), TEXT).remote_id in relay.events
    assert deliver(open_on(http, relay, closed_port()), TEXT).remote_id in relay.events


def test_too_few_relays_leave_it_open(relay: FakeRelay, http: Client) -> None:
    """Two are wanted and one is away: not done, and not undone either."""
    network = open_on(http, relay, closed_port(), accept="2")
    message = prepared(network)
    with pytest.raises(Uncertain, match="1 of 2"):
        network.send(message, key="k")
    with pytest.raises(Unavailable, match="too few"):
        network.find(message, key="k", since=NOW - DAY)


def test_closed_ports_are_unavailable(http: Client) -> None:
    """Nothing was sent anywhere."""
    with pytest.raises(Unavailable):
        deliver(open_on(http, closed_port()), TEXT)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("rate-limited: slow down", RateLimited),
        ("error: disk full", Unavailable),
        ("blocked: you are banned", Blocked),
        ("restricted: members only", Blocked),
        ("mute: nobody listens", Blocked),
        ("auth-required: log in", Blocked),
        ("pow: 25 bits needed", Rejected),
        ("invalid: event too large", Rejected),
    ],
)
def test_what_relays_say(relay: FakeRelay, http: Client, words: str, kind: type) -> None:
    """By the word before the colon, with the relay's sentence."""
    relay.refusal = words
    with pytest.raises(kind, match=words.partition(": ")[2]) as caught:
        deliver(open_on(http, relay), TEXT)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("verdicts", "enough", "kind"),
    [
        ([Verdict.ACCEPTED], 1, None),
        ([Verdict.ACCEPTED, Verdict.REFUSED], 2, None),
        ([Verdict.ACCEPTED, Verdict.UNREACHED], 2, Uncertain),
        ([Verdict.UNCLEAR, Verdict.REFUSED], 1, Uncertain),
        ([Verdict.UNREACHED, Verdict.REFUSED], 1, Unavailable),
        ([Verdict.REFUSED, Verdict.REFUSED], 1, Rejected),
    ],
)
def test_what_verdicts_come_to(verdicts: list[Verdict], enough: int, kind: type | None) -> None:
    """Where the others refuse for good, one relay is as published as it will ever be."""
    answers = tuple(Answer("wss://r", verdict, "pow: no") for verdict in verdicts)
    error = judge(answers, enough, account="mine")
    assert error is None if kind is None else type(error) is kind


@pytest.mark.parametrize("words", ["rate-limited: slow down", "error: disk full"])
def test_a_busy_relay_is_asked_again_where_it_is_needed(
    relay: FakeRelay, second: FakeRelay, http: Client, words: str
) -> None:
    """Two are wanted and one asks to wait: the same event is offered again, not called done."""
    network = open_on(http, relay, second, accept="2")
    message = prepared(network)
    second.refusal = words
    with pytest.raises(Uncertain, match="1 of 2"):
        network.send(message, key="k")
    assert network.find(message, key="k", since=NOW - DAY) is None
    second.refusal = ""
    receipt = network.send(message, key="k")
    assert list(relay.events) == list(second.events) == [receipt.remote_id]


def test_a_refusal_of_what_is_there_is_none(relay: FakeRelay, http: Client) -> None:
    """Some relays say no to an event that they have."""
    relay.refusal = "duplicate: have it"
    assert deliver(open_on(http, relay), TEXT).remote_id


def test_endless_chatter_is_no_verdict(relay: FakeRelay) -> None:
    """A relay that talks on without answering is left after a while."""
    relay.chatters_for_ever = True
    event = {"id": "0" * 64, "pubkey": PUBKEY, "created_at": 1, "kind": 1, "tags": [], "content": "", "sig": "00"}
    assert publish_event(relay.url, event, patience=0.1).verdict is Verdict.UNCLEAR


def test_a_relay_cannot_fill_the_memory(relay: FakeRelay) -> None:
    """Frame after frame within the limit of one: beyond eight megabytes together nobody listens."""
    relay.chatter = [json.dumps(["EVENT", "syndicate", "x" * 900_000])] * 12
    event = {"id": "0" * 64, "pubkey": PUBKEY, "created_at": 1, "kind": 1, "tags": [], "content": "", "sig": "00"}
    assert publish_event(relay.url, event).verdict is Verdict.UNCLEAR
    assert list_events(relay.url, {"ids": []}) is None


def test_noise_and_garbage_pass_by(relay: FakeRelay, http: Client) -> None:
    """Notices, challenges, other events' verdicts and things that are no JSON."""
    other = json.dumps(["OK", "0" * 64, False, "invalid: not yours"])
    relay.chatter = ['["NOTICE","hello"]', '["AUTH","challenge"]', "no json", "[]", "{}", "17", other]
    network = open_on(http, relay)
    message = prepared(network)
    receipt = network.send(message, key="k")
    assert network.find(message, key="k", since=NOW - DAY) == receipt


def test_a_relay_that_shows_nothing_is_no_proof(relay: FakeRelay, http: Client) -> None:
    """CLOSED instead of a list: the outcome stays unknown."""
    network = open_on(http, relay)
    message = prepared(network)
    network.send(message, key="k")
    relay.is_closed_to_readers = True
    with pytest.raises(Unavailable):
        network.find(message, key="k", since=NOW - DAY)
    assert network.verify().warnings == (f"{relay.url} does not answer",)


def test_list_recent_joins_the_relays(relay: FakeRelay, second: FakeRelay, http: Client, clock: Clock) -> None:
    """Each event once, newest first, ours only."""
    both = open_on(http, relay, second)
    deliver(both, TEXT)
    deliver(open_on(http, second), replace(TEXT, text="Later", created_at=NOW + DAY))
    deliver(open_on(http, relay, vault=MemoryVault({"key": "11" * 32})), replace(TEXT, text="Somebody else"))
    recent = both.list_recent()
    assert [post.text for post in recent] == ["Later", TEXT.text]
    assert LINK in recent[1].links


def test_deleting_asks_every_relay_and_twice_is_fine(relay: FakeRelay, second: FakeRelay, http: Client) -> None:
    """Kind 5 with the event and its kind."""
    network = open_on(http, relay, second)
    receipt = deliver(network, TEXT)
    network.delete(receipt)
    network.delete(receipt)
    for one in (relay, second):
        (deletion,) = [event for event in one.events.values() if event["kind"] == 5]
        assert deletion["tags"] == [["e", receipt.remote_id], ["k", "1"]]


def test_verify_names_the_public_key(relay: FakeRelay, http: Client) -> None:
    """As others know it."""
    profile = open_on(http, relay).verify()
    assert (profile.name, profile.warnings) == (NPUB, ())


@pytest.mark.parametrize("key", ["", "nsec1wrong", NPUB])
def test_a_missing_or_wrong_key_blocks_the_account(relay: FakeRelay, http: Client, key: str) -> None:
    """Before anything is sent, and without repeating it."""
    with pytest.raises(Unauthorised) as caught:
        deliver(open_on(http, relay, vault=MemoryVault({"key": key})), TEXT)
    assert relay.offers == 0
    assert not key or key not in str(caught.value)


def test_no_key_reaches_a_log_or_repr(relay: FakeRelay, http: Client, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    network = open_on(http, relay)
    message = prepared(network)
    network.send(message, key="k")
    shown = caplog.text + repr(network) + repr(message)
    assert NSEC not in shown
    assert "67dea2ed018072d6" not in shown


@pytest.mark.parametrize(
    "options", [{"relays": ""}, {"relays": "https://relay.example"}, {"relays": "wss://r", "accept": "all"}]
)
def test_bad_options_are_told_at_once(http: Client, options: dict[str, str]) -> None:
    """Relays are websockets, `accept` is a number."""
    with pytest.raises(ConfigError):
        open_network(Account(name="mine", network="nostr", options=options), MemoryVault(), http)


@pytest.mark.parametrize("library", ["coincurve", "websockets.sync.client"])
def test_a_missing_extra_is_named(http: Client, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """With the place that says how to install it: on PyPI "syndicate" is another program."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match="syndicate-feeds\\[nostr"):
        open_network(Account(name="mine", network="nostr", options={"relays": "wss://r"}), MemoryVault(), http)


def test_planning_gives_articles_the_whole_post_and_no_thread() -> None:
    """A second part under the same name would take the place of the first."""
    note = facts_of(Account(name="mine", network="nostr"))
    article = facts_of(Account(name="mine", network="nostr", options={"kind": "article"}))
    assert (note.wants_markdown, note.can_thread) == (False, True)
    assert (article.wants_markdown, article.can_thread) == (True, False)


def test_login_is_a_pasted_key(http: Client) -> None:
    """From the Nostr client's settings."""
    network = open_on(http, "wss://r", vault=MemoryVault())
    assert network.begin_login({}, redirect="") is None
    assert network.finish_login({"key": f" {NSEC} "}, None, "") == {"key": NSEC}
