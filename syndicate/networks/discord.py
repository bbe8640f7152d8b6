"""Discord, by an incoming webhook or by a bot. discord.com/developers/docs.

A webhook is one secret address, and nothing that was sent through it can be listed: an unknown outcome waits for
the person. A bot (option `channel`) sends a nonce that Discord enforces for some minutes, and reads the channel
back. Mentions are always switched off, so that no post can ring a whole server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import orjson

from syndicate.errors import Blocked, ConfigError, NetworkError, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Parts,
    Refusal,
    pick,
    pick_digits,
    pick_instant,
    pick_list,
    pick_text,
    pick_wait,
    refuse_misfits,
    refuse_non_number,
    require_secret,
    shorten,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import (
    CLOCK_SKEW,
    REPLIES_TO,
    Is,
    Listing,
    Page,
    find_in,
    links_of,
    number_of,
    read_listing,
    read_page,
    require_name,
    with_numbered_reply,
)
from syndicate.text.counting import Counter, count, fit

# Discord does not say what a character is; UTF-16 code units are the strictest reading.
LIMITS = Limits(characters=2000, counter=Counter.UTF16, alt=1024, images=1, image_bytes=10_485_760, marks="\\`*_~|[]<")
EMBED_TITLE, EMBED_DESCRIPTION, THREAD_NAME = 256, 4096, 100
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # ids hold the milliseconds since then, 22 bits to the left
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
_GONE = (UNKNOWN_CHANNEL, 10015, 50027)
_RIGHTS, _FORUM = (50001, 50013), (220001, 220003)


def build_message(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The fields a webhook and a bot share. A card of ours replaces the one that Discord would draw."""
    card = message.card
    silence = SUPPRESS_NOTIFICATIONS if options.get("silent") == "true" else 0
    flags = silence | (SUPPRESS_EMBEDS if options.get("unfurl") == "false" and not card else 0)
    content, image = LIMITS.escape(message.text), message.image
    optional = {
        "flags": flags,
        "embeds": [_build_embed(message, card.url)] if card else [],
        "attachments": [{"id": "0", "filename": _filename(message), "description": image.alt}] if image else [],
    }
    always = {"content": _hush_link(content, message.link) if card else content, "allowed_mentions": {"parse": []}}
    return always | {name: value for name, value in optional.items() if value}


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
    named = " ".join((message.title or message.text).split()) if options.get("forum") == "true" else ""
    extras = {
        "username": options.get("username", ""),
        "avatar_url": options.get("avatar", ""),
        "thread_name": shorten(named, THREAD_NAME, Counter.UTF16),
    }
    return {name: value for name, value in extras.items() if value}


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


# --- The webhook and the bot ---

API = "https://discord.com/api/v10"
NONCE_LENGTH, PAGE, USERNAME = 25, 100, 80
RESEND_FOR = timedelta(minutes=2)
"""Discord keeps an enforced nonce for "a few minutes"."""

FACTS = NetworkFacts(network="discord", limits=LIMITS, media="none", edits_alt=True, keeps_picture=True)


def facts_of(account: Account) -> NetworkFacts:
    """A bot can answer its own messages and reads the channel back; a webhook can neither."""
    return replace(FACTS, can_thread=bool(account.options.get("channel")))


DESCRIPTION = Description(
    name="discord",
    title="Discord",
    place=("channel",),
    look=Look(tags=False),
    options=(
        Option("channel", "Number of the channel a bot posts into; without it a webhook is used"),
        Option("username", "Name a webhook shows instead of its own"),
        Option("avatar", "Address of a picture a webhook shows instead of its own"),
        Option("thread_id", "Number of the thread a webhook posts into"),
        Option("forum", "Open a thread named like the post (forum channels)", "false", choices=("true", "false")),
        Option("unfurl", "Let Discord draw the link's card", "true", choices=("true", "false")),
        Option("silent", "Send without a notification", "false", choices=("true", "false")),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(
        Secret("webhook_url", "The webhook's whole address", required=False),
        Secret("bot_token", "The bot's token, where `channel` is set", required=False),
    ),
    facts=FACTS,
    facts_by=facts_of,
    note="A webhook cannot be read back: an unknown outcome waits for you. With a bot it settles itself.",
)


class Discord(PastedLogin):
    """What a webhook and a bot share."""

    limits = LIMITS

    def prepare(self, message: Message, *, key: str) -> Message:
        """Learn the server's number, without which there is no permalink."""
        return message if "guild" in message.prepared else with_prepared(message, guild=self._guild())

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        url, thread = self._url_of(receipt), self._thread_of(receipt)
        picture = self._find_picture(receipt, message, url, thread)
        answer = self._api().ask("PATCH", url, params=thread, json=build_edit(message, self._options, picture)).json()
        changed = parse_receipt(answer, receipt.ref.get("guild", ""), where=self._name)
        return tell_alt(message, answer, replace(changed, ref={**changed.ref, **thread}))

    def delete(self, receipt: Receipt) -> None:
        self._api().ask_unless(is_gone, "DELETE", self._url_of(receipt), params=self._thread_of(receipt))

    def _find_picture(self, receipt: Receipt, message: Message, url: str, params: Mapping[str, str]) -> str:
        """The number of a message's picture, "" where it has none; receipts of early versions do not say it."""
        if message.image is None or "attachment" in receipt.ref:
            return receipt.ref.get("attachment", "")
        return pick_text(self._api().read(url, params), "attachments", 0, "id")

    def _url_of(self, receipt: Receipt) -> str:
        return f"{self._messages()}/{number_of(receipt, account=self._name)}"

    def _thread_of(self, receipt: Receipt | None) -> dict[str, str]:
        return {}

    def _messages(self) -> str:
        raise NotImplementedError

    def _guild(self) -> str:
        raise NotImplementedError

    def _api(self) -> Api:
        raise NotImplementedError


class DiscordWebhook(Discord):
    """One channel behind one secret address."""

    login_fields = (
        LoginField(
            "webhook_url", "Webhook address", secret=True, help="channel settings, Integrations, Webhooks, Copy URL"
        ),
    )

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        body = build_message(message, self._options) | build_webhook_extras(message, self._options)
        parts = build_parts(message, body)
        parts["params"] = {"wait": "true"} | self._thread_of(None)
        response = self._api().publish("POST", self._hook(), **parts)
        receipt = parse_receipt(response.json(), message.prepared.get("guild", ""), where=self._name)
        return replace(receipt, ref={**receipt.ref, **self._thread_of(receipt)})

    def verify(self) -> Profile:
        hook = self._api().read(self._hook())
        channel = f"https://discord.com/channels/{pick_text(hook, 'guild_id')}/{pick_text(hook, 'channel_id')}"
        return Profile(name=pick_text(hook, "name") or "webhook", url=channel, abilities=("post", "edit", "delete"))

    def _thread_of(self, receipt: Receipt | None) -> dict[str, str]:
        """Where the message stands, whatever the options say by now."""
        ref = receipt.ref if receipt else {}
        opened = ref.get("channel", "") if self._options.get("forum") == "true" else ""
        number = ref.get("thread_id", "") or self._options.get("thread_id", "") or opened
        return {"thread_id": number} if number else {}

    def _messages(self) -> str:
        return f"{self._hook()}/messages"

    def _guild(self) -> str:
        return pick_text(self._api().read(self._hook()), "guild_id")

    def _hook(self) -> str:
        """The webhook's address at the configured API, whatever host the pasted one has (ptb, canary …)."""
        url = require_secret(self._vault, "webhook_url", self._name)
        found = re.search(r"/webhooks/(\d+)/([\w.-]+)/?$", url.split("?")[0])
        if not found:
            hint = "it ends in /api/webhooks/<number>/<token>"
            raise ConfigError("this is not the address of a Discord webhook", where=self._name, hint=hint)
        return f"{(self._options.get('api') or API).rstrip('/')}/webhooks/{found[1]}/{found[2]}"

    def _api(self) -> Api:
        hook = self._hook()
        return Api(self._http, self._name, secrets=(hook, hook.rsplit("/", 1)[-1]), parse_failure=parse_failure)


class DiscordBot(Discord):
    """One bot posting into one channel it can read."""

    login_fields = (
        LoginField("bot_token", "Bot token", secret=True, help="discord.com/developers, your application, Bot"),
    )

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        message = with_numbered_reply(message, account=self._name)
        body = build_message(message, self._options) | build_bot_extras(message, key[:NONCE_LENGTH])
        response = self._api().publish("POST", self._messages(), **build_parts(message, body))
        return parse_receipt(response.json(), message.prepared.get("guild", ""), where=self._name)

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + RESEND_FOR

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        message = with_numbered_reply(message, account=self._name)
        sent = replace(message, text=str(build_message(message, self._options)["content"]))
        return find_in(self._list(since), sent, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The bot's own messages, newest first, among the last thousand of the channel."""
        return self._list(None).posts

    def _list(self, since: datetime | None) -> Listing:
        me, guild = require_name(self._api().read("/users/@me"), "id", account=self._name), self._guild()
        oldest = int(build_snowflake(since - CLOCK_SKEW)) if since else 0

        def fetch(cursor: str) -> Page:
            query = {"limit": str(PAGE)} | ({"before": cursor} if cursor else {})
            answer = self._api().read(self._messages(), query)
            last = pick_digits(answer, -1, "id")
            following = last if len(pick_list(answer)) == PAGE and last and int(last) > oldest else ""
            parse = partial(parse_recent, me=me, guild=guild)
            return read_page(answer, parse=parse, each=LISTED, following=following, account=self._name)

        return read_listing(fetch)

    def verify(self) -> Profile:
        me, number = self._api().read("/users/@me"), self._options["channel"]
        channel = self._api().read(f"/channels/{number}")
        url = f"https://discord.com/channels/{pick_text(channel, 'guild_id')}/{number}"
        name = f"{pick_text(me, 'username')} in #{pick_text(channel, 'name')}"
        return Profile(name=name, url=url, abilities=("post", "read", "edit", "delete"))

    def _guild(self) -> str:
        return pick_text(self._api().read(f"/channels/{self._options['channel']}"), "guild_id")

    def _messages(self) -> str:
        return f"/channels/{self._options['channel']}/messages"

    def _api(self) -> Api:
        token = require_secret(self._vault, "bot_token", self._name)
        headers, base = {"Authorization": f"Bot {token}"}, (self._options.get("api") or API).rstrip("/")
        return Api(self._http, self._name, headers, (token,), parse_failure, base)


def open_network(account: Account, vault: Vault, http: Client) -> Discord:
    """The webhook, or the bot where the account names a channel. Raises ConfigError for options Discord refuses."""
    refuse_non_number(account, "channel")
    refuse_non_number(account, "thread_id")
    where, username = f"[accounts.{account.name}]", account.options.get("username", "")
    if re.search(r"clyde|discord", username, re.IGNORECASE):
        raise ConfigError('Discord forbids "discord" and "clyde" in a username', where=where)
    if len(username) > USERNAME:
        raise ConfigError(f"Discord takes a username of {USERNAME} characters at most", where=where)
    if account.options.get("thread_id") and account.options.get("forum") == "true":
        raise ConfigError("thread_id names a thread that is there, forum = true opens new ones", where=where)
    return (DiscordBot if account.options.get("channel") else DiscordWebhook)(account, vault, http)
