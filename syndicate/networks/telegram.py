"""Telegram channels and groups through the Bot API (core.telegram.org/bots/api).

The text is sent as plain text, never as HTML or Markdown: nothing in a post can then become markup or break the
call, and what planning counted is what Telegram counts. `bold = "title"` marks the title by an entity, whose
offsets are UTF-16 code units. A bot cannot read a channel, so an unknown outcome waits for the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from syndicate.errors import NetworkError, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, Option, Profile, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    pick,
    pick_digits,
    pick_text,
    pick_wait,
    refuse_misfits,
    refuse_non_number,
    require_option,
    require_secret,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import number_of, with_numbered_reply
from syndicate.text.counting import Counter

API = "https://api.telegram.org"
# Entities are given in UTF-16 units and the documented unit is not sharper: counting them is the safe side.
LIMITS = Limits(
    characters=4096, counter=Counter.UTF16, caption=1024, images=1, image_bytes=10_000_000, tallest=1 / 20, widest=20
)
PREVIEWS = ("large", "small", "above", "none")
# What the Bot API says in words where the account cannot be used; it has no finer codes.
_ACCOUNT_WORDS = (
    "chat not found",
    "administrator rights",
    "not enough rights",
    "chat_restricted",
    "chat_write_forbidden",
    "bot was kicked",
    "bot is not a member",
    "bot was blocked",
    "user is deactivated",
)
_SAME = "message is not modified"

DESCRIPTION = Description(
    name="telegram",
    title="Telegram",
    options=(
        Option("chat", 'The channel: "@name", or the number of a private one ("-100…")', required=True),
        Option("topic", "Number of the topic in a forum group (message_thread_id)"),
        Option("preview", "How the link's card looks", default="large", choices=PREVIEWS),
        Option("bold", 'What to make bold: "title" where the text begins with it', default="", choices=("", "title")),
        Option("silent", "Send without a sound", default="false", choices=("true", "false")),
        Option("protect", "Forbid forwarding and saving", default="false", choices=("true", "false")),
        Option("api", "Address of a Bot API server of your own", default=API),
    ),
    secrets=(Secret("token", "The bot's token from @BotFather (123456:ABC…)"),),
    facts=NetworkFacts(network="telegram", limits=LIMITS, media="none", can_thread=True),
    note="Telegram has no alt text, and a bot cannot read its channel: an unknown outcome waits for you.",
)


def build_message(message: Message, options: Mapping[str, str], chat: str) -> dict[str, object]:
    """The body of sendMessage."""
    return {**_build_target(message, options, chat), **build_words(message, options)}


def build_words(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """What can be changed later, too: the text, what of it is bold, and the link's card."""
    words = {"text": message.text, "link_preview_options": build_preview(message, options)}
    return words | _build_entities("entities", message, options)


def build_caption(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The same of a photo."""
    return {"caption": message.text} | _build_entities("caption_entities", message, options)


def _build_entities(name: str, message: Message, options: Mapping[str, str]) -> dict[str, object]:
    entities = _bold_title(message) if options.get("bold") == "title" else []
    return {name: entities} if entities else {}


def build_preview(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """How the link's card looks; the link makes one even where it is not in the text."""
    style = options.get("preview") or "large"
    if style == "none":
        return {"is_disabled": True}
    if not message.link:
        return {"show_above_text": style == "above"}
    size = "prefer_small_media" if style == "small" else "prefer_large_media"
    return {"is_disabled": False, "url": message.link, size: True, "show_above_text": style == "above"}


def build_photo(message: Message, options: Mapping[str, str], chat: str) -> dict[str, str]:
    """The fields of sendPhoto beside the file: a form, so nested values are JSON in text."""
    fields = {**_build_target(message, options, chat), **build_caption(message, options)}
    return {name: _as_field(value) for name, value in fields.items() if value}


def _build_target(message: Message, options: Mapping[str, str], chat: str) -> dict[str, object]:
    target: dict[str, object] = {
        "chat_id": _chat_id(chat),
        "disable_notification": options.get("silent") == "true",
        "protect_content": options.get("protect") == "true",
    }
    if options.get("topic"):
        target["message_thread_id"] = int(options["topic"])
    if message.reply_to:
        target["reply_parameters"] = {"message_id": int(message.reply_to.remote_id)}
    return target


def _chat_id(chat: str) -> int | str:
    return int(chat) if re.fullmatch(r"-?[0-9]{1,20}", chat) else chat


def _bold_title(message: Message) -> list[dict[str, object]]:
    if not message.title or not message.text.startswith(message.title):
        return []
    return [{"type": "bold", "offset": 0, "length": len(message.title.encode("utf-16-le")) // 2}]


def _as_field(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def parse_receipt(answer: Any, *, where: str) -> Receipt:
    """The Message in an answer. Raises Uncertain where there is none to read."""
    result = pick(answer, "result")
    number, chat = pick_digits(result, "message_id"), pick_text(result, "chat", "id")
    if not number or not chat:
        raise Uncertain("Telegram accepted the post without a message number", where=where)
    kind = "photo" if pick(result, "photo") else "text"
    return Receipt(
        number, _permalink(pick_text(result, "chat", "username"), chat, number), {"chat": chat, "kind": kind}
    )


def _permalink(username: str, chat: str, number: str) -> str:
    if username:
        return f"https://t.me/{username}/{number}"
    return f"https://t.me/c/{chat.removeprefix('-100')}/{number}" if chat.startswith("-100") else ""


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful answer means: Telegram's codes are few, its descriptions are stable."""
    description = refusal.find("description")
    if refusal.status == 429:
        return refusal.wait(pick_wait(refusal.response, "parameters", "retry_after"))
    if refusal.status == 404 and description in {"Not Found", ""}:
        hint = f"copy it again from @BotFather, and run: syndicate login {refusal.account}"
        return refusal.to(Unauthorised, "Telegram does not know this token", hint=hint)
    if refusal.status == 403 or any(words in description.lower() for words in _ACCOUNT_WORDS):
        hint = "make the bot an administrator of the channel with the right to post, and check `chat`"
        return refusal.to(Unauthorised, hint=hint)
    return refusal.by_status()


class Telegram(PastedLogin):
    """One bot posting into one chat."""

    limits = LIMITS
    login_fields = (
        LoginField("token", "Bot token", secret=True, help="talk to @BotFather, /newbot, and copy the token"),
    )

    def send(self, message: Message, *, key: str) -> Receipt:
        api = self._api()
        refuse_misfits(message, LIMITS, account=self._name)
        message = with_numbered_reply(message, account=self._name)
        response = self._send_photo(api, message, message.image) if message.image else self._send_text(api, message)
        return parse_receipt(response.json(), where=self._name)

    def _send_text(self, api: Api, message: Message) -> Response:
        return api.publish(
            "POST", self._method("sendMessage"), json=build_message(message, self._options, self._chat())
        )

    def _send_photo(self, api: Api, message: Message, image: Attachment) -> Response:
        file = ("card", image.data, image.media_type)
        form = build_photo(message, self._options, self._chat())
        return api.publish("POST", self._method("sendPhoto"), form=form, files={"photo": file})

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change the text; a photo's caption where the message has one."""
        target = self._target(receipt)
        if receipt.ref.get("kind") == "photo":
            self._ask_unless(_SAME, "editMessageCaption", target | build_caption(message, self._options))
        else:
            self._ask_unless(_SAME, "editMessageText", target | build_words(message, self._options))
        return receipt

    def delete(self, receipt: Receipt) -> None:
        self._ask_unless("message to delete not found", "deleteMessage", self._target(receipt))

    def _target(self, receipt: Receipt) -> dict[str, object]:
        chat = receipt.ref.get("chat") or self._chat()
        return {"chat_id": _chat_id(chat), "message_id": int(number_of(receipt, account=self._name))}

    def verify(self) -> Profile:
        """Who the bot is, and whether it may post into the chat."""
        bot = self._ask("getMe", {})
        chat = self._ask("getChat", {"chat_id": self._chat()})
        member = self._ask("getChatMember", {"chat_id": self._chat(), "user_id": pick(bot, "id")})
        name, channel = pick_text(bot, "username"), pick_text(chat, "username")
        may_post = pick_text(member, "status") == "creator" or pick(member, "can_post_messages") is True
        is_channel = pick_text(chat, "type") == "channel"
        warnings = ("the bot may not post into this channel",) if is_channel and not may_post else ()
        return Profile(
            name=f"@{name} in {pick_text(chat, 'title') or self._chat()}",
            url=f"https://t.me/{channel}" if channel else "",
            abilities=("post", "edit", "delete"),
            warnings=warnings,
        )

    def _ask(self, method: str, body: Mapping[str, object]) -> object:
        return pick(self._api().ask("POST", self._method(method), json=body).json(), "result")

    def _ask_unless(self, fulfilled: str, method: str, body: Mapping[str, object]) -> None:
        def says_so(response: Response) -> bool:
            return fulfilled in pick_text(response.json(), "description")

        self._api().ask_unless(says_so, "POST", self._method(method), json=body)

    def _method(self, name: str) -> str:
        token = require_secret(self._vault, "token", self._name)
        return f"{(self._options.get('api') or API).rstrip('/')}/bot{token}/{name}"

    def _chat(self) -> str:
        """The configured chat, or where Telegram said that it moved to."""
        chat = self._options.get("chat", "")
        return self._vault.get("moved_to") if chat and self._vault.get("moved_from") == chat else chat

    def _api(self) -> Api:
        token = require_secret(self._vault, "token", self._name)
        return Api(self._http, self._name, secrets=(token,), parse_failure=self._parse_failure)

    def _parse_failure(self, refusal: Refusal) -> NetworkError:
        moved_to = refusal.find("parameters", "migrate_to_chat_id")
        if not moved_to:
            return parse_failure(refusal)
        # A group that became a supergroup has a new number. Nothing was sent, so the next attempt uses it.
        self._vault.put({"moved_from": self._options.get("chat", ""), "moved_to": moved_to})
        return refusal.to(Unavailable, f"the group moved to {moved_to}", hint=f'set chat = "{moved_to}"')


def open_network(account: Account, vault: Vault, http: Client) -> Telegram:
    """The bot behind an account. Raises ConfigError for a missing chat or a topic that is not a number."""
    require_option(account, "chat")
    refuse_non_number(account, "topic")
    return Telegram(account, vault, http)
