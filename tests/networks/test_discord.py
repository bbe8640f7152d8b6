"""Discord on a fake, by webhook and by bot.

Of the fourteen scenarios these have no case here: 6 and 7 (neither a webhook nor a bot token expires), 9 (Discord
accepts equal messages), 10 (files are handled at once). For the webhook 2, 3 and 4 end with the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Blocked, ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Message, Receipt
from syndicate.networks import facts_of, open_network
from syndicate.networks.base import Finds, Resends
from syndicate.networks.discord import LIMITS
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.fake import cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_discord import BOT_TOKEN, CHANNEL, GUILD, HOOK_ID, HOOK_TOKEN, FakeDiscord
from tests.networks.vault import MemoryVault

HOOK = f"https://discord.com/api/webhooks/{HOOK_ID}/{HOOK_TOKEN}"
SECRETS = {"webhook_url": HOOK, "bot_token": BOT_TOKEN}

CASE = Case(
    network="discord",
    fake=FakeDiscord,
    options=lambda url: {"api": url},
    secrets={"webhook_url": HOOK},
    publish="POST /webhooks/",
    too_long=replace(TEXT, text="x" * 2001),
    unauthorised=status(401, {"message": "Invalid Webhook Token", "code": 50027})(None, None),  # type: ignore[arg-type]
    leaks=(HOOK_TOKEN,),
)
BOT = Case(
    network="discord",
    label="discord-bot",
    fake=FakeDiscord,
    options=lambda url: {"api": url, "channel": CHANNEL},
    secrets={"bot_token": BOT_TOKEN},
    publish="POST /channels/",
    too_long=replace(TEXT, text="x" * 2001),
)
MORE_CASES = (BOT,)
CARD = replace(picture(), url="https://blog.example/feeds/cards/a.png")

both = pytest.mark.parametrize("case", [CASE, BOT], ids=["webhook", "bot"])


@pytest.fixture
def fake() -> Iterator[FakeDiscord]:
    with FakeDiscord() as running:
        yield running


def open_with(fake: FakeDiscord, http: Client, **options: str):
    account = Account(name="mine", network="discord", options={"api": fake.url, **options})
    return open_network(account, MemoryVault(SECRETS), http)


@both
def test_text_with_a_permalink(fake: FakeDiscord, http: Client, case: Case) -> None:
    """The link stays bare for Discord's crawler; the receipt names server, channel and message."""
    receipt = deliver(case.open(fake.url, http), TEXT)
    message = fake.published[0]
    assert message["content"] == TEXT.text
    assert "embeds" not in message["body"]
    assert receipt.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}/{message['id']}"


@both
def test_a_card_of_ours_replaces_discords(fake: FakeDiscord, http: Client, case: Case) -> None:
    """An embed with title, words and picture; the link in the text is hushed, so that no second card appears."""
    deliver(case.open(fake.url, http), replace(TEXT, card=CARD, published_at=NOW))
    message = fake.published[0]
    assert message["content"] == f"A title\n\n<{LINK}>"
    assert message["embeds"] == [
        {
            "title": "A title",
            "url": LINK,
            "description": "What it says.",
            "image": {"url": CARD.url},
            "timestamp": "2026-11-24T09:00:00+00:00",
        }
    ]


@both
def test_a_card_of_ours_is_plain_text_within_discords_fields(fake: FakeDiscord, http: Client, case: Case) -> None:
    """256 and 4,096 UTF-16 units, counted with the backslashes, cut between what people see as characters."""
    message = replace(TEXT, card=CARD, title="snake_case " + "🦊" * 130, summary="*" * 3000)
    deliver(case.open(fake.url, http), message)
    (embed,) = fake.published[0]["embeds"]
    assert embed["title"] == "snake\\_case " + "🦊" * 121 + "…"
    assert embed["description"] == "\\*" * 2047 + "…"


@both
def test_an_image_goes_along_with_its_alt_text(fake: FakeDiscord, http: Client, case: Case) -> None:
    """One multipart call: the message, the file, and the description of the file."""
    deliver(case.open(fake.url, http), replace(TEXT, image=picture()))
    message = fake.published[0]
    assert message["file"].data == PIXEL
    assert message["file"].filename == "card.png"
    assert message["body"]["attachments"] == [{"id": "0", "filename": "card.png", "description": "A fox in snow"}]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("*bold* _it_ ~no~ a|b `c` \\", "\\*bold\\* \\_it\\_ \\~no\\~ a\\|b \\`c\\` \\\\"),
        ("# not a heading\n> not a quote\n-# small", "\\# not a heading\n\\> not a quote\n\\-# small"),
        ("#Python is a tag", "#Python is a tag"),
        ("see https://blog.example/a_b_c/*x* now_", "see https://blog.example/a_b_c/*x* now\\_"),
        ("[safe](https://evil.example/) <@1> <#2>", "\\[safe\\](https://evil.example/) \\<@1> \\<#2>"),
        ("- no list\n1. nor this", "\\- no list\n1\\. nor this"),
    ],
)
def test_markdown_is_switched_off_outside_of_links(text: str, content: str) -> None:
    """Words are shown as they are, and no link hides where it leads."""
    assert LIMITS.escape(text) == content


def test_backslashes_count(fake: FakeDiscord, http: Client) -> None:
    """A text that fits only without them is refused before the call, never sent unescaped."""
    webhook = CASE.open(fake.url, http)
    webhook.send(Message(text="_" * 1000), key="k")
    with pytest.raises(Rejected, match="2,002 of 2,000"):
        webhook.send(Message(text="_" * 1001), key="k2")
    assert [message["content"] for message in fake.published] == ["\\_" * 1000]


@both
def test_a_corrected_alt_text_reaches_the_picture(fake: FakeDiscord, http: Client, case: Case) -> None:
    """The picture stays; what Discord kept is read back, and told where it is not what was asked."""
    network = case.open(fake.url, http)
    illustrated = replace(TEXT, image=picture("Befor"))
    receipt = deliver(network, illustrated)
    changed = network.edit(receipt, replace(TEXT, image=picture("Before")), key="e")
    assert (fake.published[0]["attachments"][0]["description"], changed.remark) == ("Before", "")
    early = replace(receipt, ref={name: value for name, value in receipt.ref.items() if name != "attachment"})
    fake.changes_alt = False
    changed = network.edit(early, replace(TEXT, image=picture("After")), key="e2")
    assert "keeps the picture's alt text" in changed.remark


def test_options_of_a_webhook_reach_discord(fake: FakeDiscord, http: Client) -> None:
    """Name, picture, silence, no unfurling, a thread."""
    network = open_with(
        fake, http, username="Fox", avatar="https://blog.example/fox.png", silent="true", unfurl="false", thread_id="55"
    )
    receipt = deliver(network, TEXT)
    body = fake.published[0]["body"]
    assert (body["username"], body["avatar_url"]) == ("Fox", "https://blog.example/fox.png")
    assert body["flags"] == (1 << 2) | (1 << 12)
    assert receipt.url.startswith(f"https://discord.com/channels/{GUILD}/55/")


def test_a_thread_without_a_title_is_named_by_its_words(http: Client) -> None:
    """One line of at most 100 UTF-16 units."""
    with FakeDiscord(is_forum=True) as fake:
        deliver(open_with(fake, http, forum="true"), replace(TEXT, title="", text="Two\nlines " + "🦊" * 60))
        assert fake.published[0]["body"]["thread_name"] == "Two lines " + "🦊" * 44 + "…"


def test_a_forum_gets_a_thread_with_the_posts_title(http: Client) -> None:
    """Forum channels need a thread's name; edits then name the thread."""
    with FakeDiscord(is_forum=True) as fake:
        with pytest.raises(Blocked, match="thread_name"):
            deliver(open_with(fake, http), TEXT)
        network = open_with(fake, http, forum="true")
        receipt = deliver(network, TEXT)
        assert fake.published[0]["body"]["thread_name"] == "A title"
        network.edit(receipt, TEXT, key="e")
        assert fake.sent("PATCH")[0].query["thread_id"] == receipt.ref["channel"]


def test_a_message_is_changed_and_deleted_in_the_thread_it_was_sent_to(fake: FakeDiscord, http: Client) -> None:
    """Discord needs the thread named; by the options of today the message would seem gone."""
    receipt = deliver(open_with(fake, http, thread_id="55"), TEXT)
    now = open_with(fake, http, thread_id="66")
    assert now.edit(receipt, replace(TEXT, text="New words"), key="e") == receipt
    now.delete(receipt)
    assert [request.query["thread_id"] for request in fake.requests[-2:]] == ["55", "55"]


@both
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("🦊" * 1000, True),
        ("🦊" * 1000 + "x", False),
        ("e\u0301" * 1000, True),
        ("狐" * 2000, True),
        ("x" * (2000 - len(LINK)) + LINK, True),
        ("x" * 2001, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(fake: FakeDiscord, http: Client, case: Case, text: str, fits: bool) -> None:
    """2,000 UTF-16 units, as the fake counts too."""
    network = case.open(fake.url, http)
    if fits:
        deliver(network, replace(TEXT, text=text))
    else:
        with pytest.raises(Rejected):
            deliver(network, replace(TEXT, text=text))
    assert len(fake.published) == fits


def test_a_webhooks_lost_reply_cannot_be_settled_here(fake: FakeDiscord, http: Client) -> None:
    """Nothing sent through a webhook can be listed, and it keeps no key."""
    network = CASE.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on="POST")
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    assert len(fake.published) == 1
    assert not isinstance(network, Finds | Resends)


def test_a_bot_finds_what_a_lost_reply_left(fake: FakeDiscord, http: Client) -> None:
    """Escaped words, an embed-hushed link and other people's messages around it do not hide the copy."""
    network = BOT.open(fake.url, http)
    message = replace(TEXT, text=f"*A* title\n\n{LINK}", card=CARD)
    fake.chatter(3)
    fake.fail(drop_reply_after_commit(), on="POST")
    with pytest.raises(Uncertain):
        deliver(network, message)
    fake.chatter(150)
    found = network.find(message, key="key-1", since=NOW - timedelta(days=1))
    mine = [each for each in fake.published if each["author"]["id"] != "9"]
    assert [found.remote_id] == [each["id"] for each in mine]
    assert found.url.endswith(f"/{GUILD}/{CHANNEL}/{found.remote_id}")


def test_a_bot_finds_nothing_where_nothing_was_published(fake: FakeDiscord, http: Client) -> None:
    """A call that died before the commit, and an older copy from long before, are both "not there"."""
    network = BOT.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    deliver(network, TEXT, key="older")
    fake.now = NOW
    fake.fail(cut_before_commit(), on="POST")
    with pytest.raises(Uncertain):
        deliver(network, TEXT)
    assert network.find(TEXT, key="key-1", since=NOW) is None


def test_a_channel_too_busy_to_look_through_stays_unknown(fake: FakeDiscord, http: Client) -> None:
    """A thousand newer messages are no proof that ours is not behind them."""
    fake.chatter(1001)
    with pytest.raises(Uncertain, match="too many"):
        BOT.open(fake.url, http).find(TEXT, key="key-1", since=NOW - timedelta(days=1))


def test_a_bots_nonce_makes_a_second_call_safe_for_some_minutes(fake: FakeDiscord, http: Client) -> None:
    """The same key gives the same message; afterwards Discord has forgotten it, and we say so."""
    network = BOT.open(fake.url, http)
    first = deliver(network, TEXT, key="k" * 40)
    assert deliver(network, TEXT, key="k" * 40) == first
    assert fake.published[0]["body"]["nonce"] == "k" * 25
    assert len(fake.published) == 1
    assert NOW < network.resend_until(NOW) < NOW + timedelta(minutes=5)


def test_a_bot_answers_in_a_thread_and_finds_its_answer(fake: FakeDiscord, http: Client) -> None:
    """A reply is another message than the same words on their own."""
    network = BOT.open(fake.url, http)
    first = deliver(network, TEXT, key="one")
    second = replace(TEXT, reply_to=first)
    reply = deliver(network, second, key="two")
    assert fake.published[0]["body"]["message_reference"]["message_id"] == first.remote_id
    assert network.find(second, key="two", since=NOW).remote_id == reply.remote_id
    assert network.find(TEXT, key="one", since=NOW).remote_id == first.remote_id


@both
@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({}, {"message": "You are being rate limited.", "retry_after": 0.65, "global": False}, 0.65),
        ({"Retry-After": "3"}, {"message": "…"}, 3.0),
        ({"X-RateLimit-Reset-After": "1.5"}, {"message": "…"}, 1.5),
        ({"Retry-After": "90"}, "<html><title>Cloudflare</title></html>", 90.0),
    ],
)
def test_every_spelling_of_a_limit(
    fake: FakeDiscord, http: Client, case: Case, headers: dict, body: object, wait: float
) -> None:
    """A float in the body, headers, and Cloudflare's page in front."""
    fake.fail(rate_limit(headers, body), on=case.publish)
    with pytest.raises(RateLimited) as caught:
        deliver(case.open(fake.url, http), TEXT)
    assert caught.value.retry_at == NOW + timedelta(seconds=wait)


@both
@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (404, {"message": "Unknown Webhook", "code": 10015}, Unauthorised),
        (401, {"message": "Invalid Webhook Token", "code": 50027}, Unauthorised),
        (403, {"message": "Missing Permissions", "code": 50013}, Unauthorised),
        (400, {"message": "Invalid Form Body", "code": 50035}, Rejected),
        (400, {"message": "Cannot send an empty message", "code": 50006}, Rejected),
        (413, {"message": "Request entity too large", "code": 40005}, Rejected),
        (400, {"message": "forum", "code": 220001}, Blocked),
        (403, "error code: 1010", Unavailable),
        (503, {"message": "…"}, Uncertain),
    ],
)
def test_discords_codes(fake: FakeDiscord, http: Client, case: Case, code: int, body: object, kind: type) -> None:
    """What each refusal means for the delivery and the account."""
    fake.fail(status(code, body), on=case.publish)
    with pytest.raises(kind) as caught:
        deliver(case.open(fake.url, http), TEXT)
    assert type(caught.value) is kind


@both
def test_edit_and_delete(fake: FakeDiscord, http: Client, case: Case) -> None:
    """Words change in place; deleting twice is fine."""
    network = case.open(fake.url, http)
    receipt = deliver(network, replace(TEXT, image=picture()))
    assert network.edit(receipt, replace(TEXT, text="New words"), key="e").remote_id == receipt.remote_id
    assert fake.published[0]["content"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []


@both
def test_what_stood_in_a_deleted_thread_is_gone(fake: FakeDiscord, http: Client, case: Case) -> None:
    """Deleting it again is no trouble of the account."""
    network = case.open(fake.url, http)
    receipt = deliver(network, TEXT)
    fake.fail(status(404, {"message": "Unknown Channel", "code": 10003}), on="DELETE")
    network.delete(receipt)


@both
def test_verify_names_the_place(fake: FakeDiscord, http: Client, case: Case) -> None:
    """Who posts where."""
    profile = case.open(fake.url, http).verify()
    assert profile.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}"
    assert profile.name in {"Foxes", "foxbot in #news"}


def test_a_deleted_webhook_blocks_the_account_before_the_call(fake: FakeDiscord, http: Client) -> None:
    """Asking for the server's number tells it, and nothing is sent."""
    fake.deleted = True
    with pytest.raises(Unauthorised):
        deliver(CASE.open(fake.url, http), TEXT)
    assert fake.sent("POST") == []


@pytest.mark.parametrize("url", ["https://discord.com/api/webhooks/", "https://evil.example/x", "hello"])
def test_an_address_that_is_no_webhook_is_refused(fake: FakeDiscord, http: Client, url: str) -> None:
    """And not repeated: it may be a secret of something else."""
    network = CASE.open(fake.url, http, MemoryVault({"webhook_url": url}))
    with pytest.raises(ConfigError) as caught:
        deliver(network, TEXT)
    assert url not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"username": "Discord News"},
        {"username": "x" * 81},
        {"channel": "news"},
        {"thread_id": "x"},
        {"thread_id": "5", "forum": "true"},
    ],
)
def test_bad_options_are_told_at_once(fake: FakeDiscord, http: Client, options: dict[str, str]) -> None:
    """Forbidden and long names, names where numbers belong, two threads at once."""
    with pytest.raises(ConfigError):
        open_with(fake, http, **options)


@both
def test_login_is_pasting(fake: FakeDiscord, http: Client, case: Case) -> None:
    """The webhook's address, or the bot's token."""
    network = case.open(fake.url, http, MemoryVault())
    name = network.login_fields[0].name
    assert network.begin_login({}, redirect="") is None
    assert network.finish_login({name: " x "}, None, "") == {name: "x"}


def test_list_recent_shows_only_the_bots_own(fake: FakeDiscord, http: Client) -> None:
    """For `adopt`: links and all, other people's messages left out."""
    network = BOT.open(fake.url, http)
    fake.chatter(2)
    deliver(network, TEXT)
    (recent,) = network.list_recent()
    assert (recent.links, recent.published_at) == ((LINK,), NOW)
    assert isinstance(recent.receipt, Receipt)


def test_planning_knows_what_a_bot_can_and_a_webhook_cannot() -> None:
    """A bot threads and reads back, so links may go into replies and lost answers settle themselves."""
    webhook = facts_of(Account(name="mine", network="discord"))
    bot = facts_of(Account(name="mine", network="discord", options={"channel": "333333333333333333"}))
    assert not webhook.can_thread
    assert bot.can_thread
