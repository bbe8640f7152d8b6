"""What Discord is sent and what it answers: bodies, embeds, Markdown, codes. Pure. discord.com/developers/docs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from syndicate.errors import Blocked, NetworkError, Unauthorised, Unavailable, Uncertain
from syndicate.http import Response
from syndicate.model import Limits, Message, Receipt
from syndicate.networks.base import Recent
from syndicate.networks.toolkit.answers import Refusal, pick, pick_instant, pick_list, pick_text, pick_wait
from syndicate.networks.toolkit.calls import Parts, shorten
from syndicate.networks.toolkit.readback import REPLIES_TO, Is, links_of
from syndicate.text.counting import Counter, count, fit

# Discord does not say what a character is; UTF-16 code units are the strictest reading.
MARKS = "\\`*_~|[]<"
LIMITS = Limits(characters=2000, counter=Counter.UTF16, alt=1024, images=1, image_bytes=10_485_760, marks=MARKS)
EMBED_TITLE, EMBED_DESCRIPTION, THREAD_NAME = 256, 4096, 100
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Discord's ids hold the milliseconds since then, 22 bits to the left."""
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
_GONE = (UNKNOWN_CHANNEL, 10015, 50027)
_RIGHTS = (50001, 50013)
_FORUM = (220001, 220003)


def build_message(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The fields a webhook and a bot share. A card of ours replaces the one that Discord would draw."""
    card = message.card
    flags = (SUPPRESS_NOTIFICATIONS if options.get("silent") == "true" else 0) | (
        SUPPRESS_EMBEDS if options.get("unfurl") == "false" and not card else 0
    )
    content = LIMITS.escape(message.text)
    body: dict[str, object] = {
        "content": _hush_link(content, message.link) if card else content,
        "allowed_mentions": {"parse": []},
    }
    if flags:
        body["flags"] = flags
    if card:
        body["embeds"] = [_build_embed(message, card.url)]
    if message.image:
        body["attachments"] = [{"id": "0", "filename": _filename(message), "description": message.image.alt}]
    return body


def _hush_link(content: str, link: str) -> str:
    """The link in angle brackets, which keeps Discord from drawing a second card; where there is room for them."""
    hushed = content.replace(link, f"<{link}>", 1) if link and f"<{link}>" not in content else content
    return hushed if count(hushed, Counter.UTF16) <= LIMITS.characters else content


def _build_embed(message: Message, image_url: str) -> dict[str, object]:
    embed: dict[str, object] = {
        "title": _fill(message.title, EMBED_TITLE),
        "url": message.link,
        "description": _fill(message.summary, EMBED_DESCRIPTION),
        "image": {"url": image_url} if image_url else None,
        "timestamp": message.published_at.isoformat() if message.published_at else None,
    }
    return {name: value for name, value in embed.items() if value}


def _fill(text: str, limit: int) -> str:
    """A field of an embed, where Markdown works as in messages."""
    return LIMITS.escape(fit(text, lambda part: LIMITS.count(part) <= limit))


def build_edit(message: Message, options: Mapping[str, str], picture: str) -> dict[str, object]:
    """The body of PATCH. Pictures that are not named would go; the one there keeps its bytes and gets the alt text."""
    body = {name: value for name, value in build_message(message, options).items() if name != "attachments"}
    if not picture or not message.image:
        return body
    return {**body, "attachments": [{"id": picture, "description": message.image.alt}]}


def tell_alt(message: Message, answer: object, receipt: Receipt) -> Receipt:
    """The receipt of an edit, with a remark where the picture does not have the alt text it was given."""
    kept = pick_text(answer, "attachments", 0, "description")
    if message.image is None or not message.image.alt or kept == message.image.alt:
        return receipt
    return replace(receipt, remark="Discord keeps the picture's alt text of before")


def build_webhook_extras(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """What only a webhook may say: who it is, and the thread it opens."""
    extras = {
        "username": options.get("username", ""),
        "avatar_url": options.get("avatar", ""),
        "thread_name": _name_thread(message) if options.get("forum") == "true" else "",
    }
    return {name: value for name, value in extras.items() if value}


def _name_thread(message: Message) -> str:
    """The title on one line, else the beginning of the words."""
    return shorten(" ".join((message.title or message.text).split()), THREAD_NAME, Counter.UTF16)


def build_parts(message: Message, body: Mapping[str, object]) -> Parts:
    """JSON alone, or multipart where a picture goes along."""
    if message.image is None:
        return {"json": body}
    file = (_filename(message), message.image.data, message.image.media_type)
    return {"form": {"payload_json": orjson.dumps(body).decode()}, "files": {"files[0]": file}}


def _filename(message: Message) -> str:
    return "card.png" if message.image and message.image.media_type == "image/png" else "card.jpg"


def build_bot_extras(message: Message, nonce: str) -> dict[str, object]:
    """What only a bot may say: the nonce that Discord enforces, and the message it answers."""
    extras: dict[str, object] = {"nonce": nonce, "enforce_nonce": True}
    if message.reply_to:
        extras["message_reference"] = {"message_id": message.reply_to.remote_id, "fail_if_not_exists": False}
    return extras


def build_snowflake(moment: datetime) -> str:
    """The smallest id that Discord gives at a moment."""
    return str(max(0, (moment - EPOCH) // timedelta(milliseconds=1)) << 22)


def parse_receipt(answer: object, guild: str, *, where: str) -> Receipt:
    """The message in an answer. Raises Uncertain where there is none to read."""
    number, channel = pick_text(answer, "id"), pick_text(answer, "channel_id")
    if not number:
        raise Uncertain("Discord accepted the post without a message id", where=where)
    url = f"https://discord.com/channels/{guild}/{channel}/{number}" if guild and channel else ""
    reply = pick_text(answer, "message_reference", "message_id")
    picture = pick_text(answer, "attachments", 0, "id")
    ref = {"channel": channel, "guild": guild, REPLIES_TO: reply, "attachment": picture}
    return Receipt(number, url, {name: value for name, value in ref.items() if value})


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful answer means, by Discord's own codes."""
    code = pick(refusal.response.json(), "code")
    if refusal.status == 429:
        return refusal.wait(pick_wait(refusal.response, "retry_after"))
    if refusal.status == 404 and code in _GONE:
        return refusal.to(Unauthorised, hint="it was deleted; make a new webhook or check `channel`")
    if code in _FORUM:
        return refusal.to(Blocked, hint="set forum = true for a forum channel, and only there")
    if refusal.status == 403 and code is None and re.search(r"error code: 10\d\d", refusal.response.text):
        return refusal.to(Unavailable, "Cloudflare in front of Discord refuses this address for now")
    if refusal.status == 403 or code in _RIGHTS:
        return refusal.to(Unauthorised, hint="the bot needs View Channel and Send Messages there")
    return refusal.by_status()


LISTED = {"id": Is.NAME, "author.id": Is.NAME, "timestamp": Is.MOMENT, "content": Is.TEXT}


def parse_recent(listed: object, me: str, guild: str) -> Recent | None:
    """A listed message, None for somebody else's; its text as it was sent, escapes included."""
    if pick_text(listed, "author", "id") != me or not pick_text(listed, "id"):
        return None
    text, published_at = pick_text(listed, "content"), pick_instant(listed, "timestamp") or EPOCH
    links = links_of(text, *(pick_text(each, "url") for each in pick_list(listed, "embeds")))
    return Recent(parse_receipt(listed, guild, where=""), text, links, published_at)


def is_gone(response: Response) -> bool:
    """Whether the message was deleted before, or the thread it stood in."""
    return pick(response.json(), "code") in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL)
