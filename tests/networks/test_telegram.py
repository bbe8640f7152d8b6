"""Telegram on a fake Bot API.

Of the fourteen scenarios these have no case here: 6 and 7 (the token never expires), 9 (Telegram accepts equal
messages), 10 (photos are handled at once). 2, 3 and 4 end with the person: a bot cannot read its channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import ConfigError, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Receipt
from syndicate.networks import open_network
from syndicate.networks.base import Finds, Resends
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, picture
from tests.networks.fake import drop_reply_after_commit
from tests.networks.fake_telegram import CHANNEL, TOKEN, FakeTelegram, nested, refusal
from tests.networks.vault import MemoryVault

CASE = Case(
    network="telegram",
    fake=FakeTelegram,
    options=lambda url: {"chat": "@foxes", "api": url},
    secrets={"token": TOKEN},
    publish="/sendMessage",
    too_long=replace(TEXT, text="x" * 4097),
    unauthorised=refusal(401, "Unauthorized"),
)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


def open_with(fake: FakeTelegram, http: Client, vault: MemoryVault | None = None, **options: str):
    account = Account(name="mine", network="telegram", options={"chat": "@foxes", "api": fake.url, **options})
    return open_network(account, vault or MemoryVault({"token": TOKEN}), http)


def test_text_goes_out_plain_with_a_large_card(fake: FakeTelegram, http: Client) -> None:
    """No parse mode, so no character of a post can be markup; the link makes the card."""
    receipt = open_with(fake, http).send(replace(TEXT, text="1 < 2 & *bold* _it_"), key="k")
    body = fake.published[0]["body"]
    assert body["text"] == "1 < 2 & *bold* _it_"
    assert "parse_mode" not in body
    assert body["link_preview_options"] == {
        "is_disabled": False,
        "url": LINK,
        "prefer_large_media": True,
        "show_above_text": False,
    }
    assert receipt == Receipt("57", "https://t.me/foxes/57", {"chat": str(CHANNEL), "kind": "text"})


@pytest.mark.parametrize(
    ("preview", "wanted"),
    [
        ("none", {"is_disabled": True}),
        ("small", {"is_disabled": False, "url": LINK, "prefer_small_media": True, "show_above_text": False}),
        ("above", {"is_disabled": False, "url": LINK, "prefer_large_media": True, "show_above_text": True}),
    ],
)
def test_the_card_follows_the_option(fake: FakeTelegram, http: Client, preview: str, wanted: dict) -> None:
    """`preview` says whether and how the link's card shows."""
    open_with(fake, http, preview=preview).send(TEXT, key="k")
    assert fake.published[0]["body"]["link_preview_options"] == wanted


@pytest.mark.parametrize(("preview", "is_above"), [("large", False), ("above", True)])
def test_without_a_link_only_the_place_of_a_card_is_said(
    fake: FakeTelegram, http: Client, preview: str, is_above: bool
) -> None:
    """The words may hold an address of their own."""
    open_with(fake, http, preview=preview).send(replace(TEXT, link=""), key="k")
    assert fake.published[0]["body"]["link_preview_options"] == {"show_above_text": is_above}


def test_other_options_reach_telegram(fake: FakeTelegram, http: Client) -> None:
    """Silence, protection, topic and a number for a chat."""
    network = open_with(fake, http, chat=str(CHANNEL), silent="true", protect="true", topic="12")
    network.send(replace(TEXT, reply_to=Receipt("41", "")), key="k")
    body = fake.published[0]["body"]
    assert body["chat_id"] == CHANNEL
    assert (body["disable_notification"], body["protect_content"], body["message_thread_id"]) == (True, True, 12)
    assert body["reply_parameters"] == {"message_id": 41}


def test_a_bold_title_is_measured_in_utf16(fake: FakeTelegram, http: Client) -> None:
    """Entities count UTF-16 units: an emoji outside the basic plane is two."""
    title = "Fox 🦊 tales"
    open_with(fake, http, bold="title").send(replace(TEXT, title=title, text=f"{title}\n\n{LINK}"), key="k")
    assert fake.published[0]["body"]["entities"] == [{"type": "bold", "offset": 0, "length": 12}]


def test_an_image_is_a_photo_with_a_caption(fake: FakeTelegram, http: Client) -> None:
    """The bytes go up in the same call; Telegram has no field for the alt text."""
    receipt = open_with(fake, http, bold="title").send(replace(TEXT, image=picture()), key="k")
    body = fake.published[0]["body"]
    assert body["photo"].data == PIXEL
    assert body["photo"].media_type == "image/png"
    assert body["caption"] == TEXT.text
    assert nested(body, "caption_entities") == [{"type": "bold", "offset": 0, "length": 7}]
    assert receipt.ref["kind"] == "photo"


@pytest.mark.parametrize(
    ("text", "image", "fits"),
    [
        ("🦊" * 2048, False, True),
        ("🦊" * 2048 + "x", False, False),
        ("e\u0301" * 2048, False, True),
        ("狐" * 4096, False, True),
        ("狐" * 4097, False, False),
        ("x" * (4096 - len(LINK)) + LINK, False, True),
        ("x" * 1024, True, True),
        ("🦊" * 512 + "x", True, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(
    fake: FakeTelegram, http: Client, text: str, image: bool, fits: bool
) -> None:
    """4,096 UTF-16 units, 1,024 under a photo: what we count is what Telegram counts."""
    message = replace(TEXT, text=text, image=picture() if image else None)
    network = open_with(fake, http)
    if fits:
        network.send(message, key="k")
    else:
        with pytest.raises(Rejected):
            network.send(message, key="k")
    assert len(fake.published) == fits


def test_a_lost_reply_cannot_be_settled_here(fake: FakeTelegram, http: Client) -> None:
    """A bot cannot read its channel: the outcome is unknown and nothing offers to look or to send again."""
    network = open_with(fake, http)
    fake.fail(drop_reply_after_commit(), on="/sendMessage")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    assert len(fake.published) == 1
    assert not isinstance(network, Finds | Resends)


def test_a_limit_is_kept_to_the_second(fake: FakeTelegram, http: Client) -> None:
    """Telegram says in the body when to come back."""
    fake.fail(lambda request, handle: refusal(429, "Too Many Requests: retry after 35", {"retry_after": 35}))
    with pytest.raises(RateLimited) as caught:
        open_with(fake, http).send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=35)


@pytest.mark.parametrize(
    ("code", "description"),
    [
        (401, "Unauthorized"),
        (404, "Not Found"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: need administrator rights in the channel chat"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (400, "Bad Request: CHAT_RESTRICTED"),
        (403, "Forbidden: bot is not a member of the channel chat"),
        (403, "Forbidden: bot was kicked from the channel chat"),
    ],
)
def test_a_broken_account_is_told_from_a_bad_message(
    fake: FakeTelegram, http: Client, code: int, description: str
) -> None:
    """Telegram's words for "you may not" pause the account."""
    fake.fail(lambda request, handle: refusal(code, description))
    with pytest.raises(Unauthorised):
        open_with(fake, http).send(TEXT, key="k")


@pytest.mark.parametrize(
    "description", ["can't parse entities: …", "message text is empty", "PHOTO_INVALID_DIMENSIONS"]
)
def test_a_bad_message_is_refused_with_telegrams_words(fake: FakeTelegram, http: Client, description: str) -> None:
    """Everything else with 400 is about the message."""
    fake.fail(lambda request, handle: refusal(400, f"Bad Request: {description}"))
    with pytest.raises(Rejected, match="Bad Request"):
        open_with(fake, http).send(TEXT, key="k")


def test_a_group_that_became_a_supergroup_is_followed(fake: FakeTelegram, http: Client) -> None:
    """The first call surely did nothing; the next one, even after a restart, goes to the new number."""
    fake.moved_to = -1009999999999
    vault = MemoryVault({"token": TOKEN})
    with pytest.raises(Unavailable, match="-1009999999999"):
        open_with(fake, http, vault, chat="-42").send(TEXT, key="k")
    assert fake.published == []
    open_with(fake, http, vault, chat="-42").send(TEXT, key="k")
    assert fake.published[0]["body"]["chat_id"] == -1009999999999


def test_private_channels_have_member_links(http: Client) -> None:
    """Without a public name the link is the one for members."""
    with FakeTelegram(username="") as fake:
        receipt = open_with(fake, http, chat=str(CHANNEL)).send(TEXT, key="k")
    assert receipt.url == "https://t.me/c/1234567890/57"


def test_text_and_caption_are_edited_and_an_equal_edit_is_fine(fake: FakeTelegram, http: Client) -> None:
    """Editing again with the same words is no error."""
    network = open_with(fake, http)
    text = network.send(TEXT, key="k")
    photo = network.send(replace(TEXT, image=picture()), key="k2")
    for _ in range(2):
        network.edit(text, replace(TEXT, text="New words"), key="e")
        network.edit(photo, replace(TEXT, text="New caption", image=picture()), key="e2")
    assert [fake.published[0]["text"], fake.published[1]["caption"]] == ["New words", "New caption"]


def test_an_edit_keeps_the_title_bold(fake: FakeTelegram, http: Client) -> None:
    """An edit says everything anew, formatting included."""
    network = open_with(fake, http, bold="title")
    text = network.send(TEXT, key="k")
    photo = network.send(replace(TEXT, image=picture()), key="k2")
    network.edit(text, replace(TEXT, text="A title, better"), key="e")
    network.edit(photo, replace(TEXT, text="A title, better", image=picture()), key="e2")
    bold = [{"type": "bold", "offset": 0, "length": 7}]
    assert fake.sent("/editMessageText")[0].json()["entities"] == bold
    assert fake.sent("/editMessageCaption")[0].json()["caption_entities"] == bold


def test_deleting_twice_is_fine(fake: FakeTelegram, http: Client) -> None:
    """A message that is gone already is no error."""
    network = open_with(fake, http)
    receipt = network.send(TEXT, key="k")
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []


def test_verify_names_bot_and_channel_and_warns_of_a_missing_right(http: Client) -> None:
    """`doctor --online` shows who posts where, and what is missing."""
    with FakeTelegram(can_post=False) as fake:
        profile = open_with(fake, http).verify()
    assert (profile.name, profile.url) == ("@fox_bot in Foxes", "https://t.me/foxes")
    assert profile.warnings == ("the bot may not post into this channel",)
    with FakeTelegram() as fake:
        assert open_with(fake, http).verify().warnings == ()


@pytest.mark.parametrize("options", [{"chat": ""}, {"topic": "news"}])
def test_bad_options_are_told_at_once(fake: FakeTelegram, http: Client, options: dict[str, str]) -> None:
    """A chat is needed, a topic is a number."""
    with pytest.raises(ConfigError):
        open_with(fake, http, **options)


def test_login_is_a_pasted_token(fake: FakeTelegram, http: Client) -> None:
    """@BotFather's token is all there is."""
    network = open_with(fake, http, MemoryVault())
    assert network.begin_login({"token": TOKEN}, redirect="") is None
    assert network.finish_login({"token": f" {TOKEN}\n"}, None, "") == {"token": TOKEN}
