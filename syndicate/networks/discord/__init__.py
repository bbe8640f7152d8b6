"""Discord, by an incoming webhook or by a bot. discord.com/developers/docs.

A webhook is one secret address, and nothing that was sent through it can be listed: an unknown outcome waits for
the person. A bot (option `channel`) sends a nonce that Discord enforces for some minutes, and reads the channel
back. Mentions are always switched off, so that no post can ring a whole server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from syndicate.errors import ConfigError
from syndicate.http import Client
from syndicate.model import Account, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.discord.message import (
    LIMITS,
    LISTED,
    build_bot_extras,
    build_edit,
    build_message,
    build_parts,
    build_snowflake,
    build_webhook_extras,
    is_gone,
    parse_failure,
    parse_receipt,
    parse_recent,
    tell_alt,
)
from syndicate.networks.toolkit.answers import pick_digits, pick_list, pick_text
from syndicate.networks.toolkit.calls import Api, refuse_misfits, refuse_non_number, require_secret, with_prepared
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import (
    CLOCK_SKEW,
    Listing,
    Page,
    find_in,
    number_of,
    read_listing,
    read_page,
    require_name,
    with_numbered_reply,
)

API = "https://discord.com/api/v10"
NONCE_LENGTH = 25
RESEND_FOR = timedelta(minutes=2)
"""Discord keeps an enforced nonce for "a few minutes"."""
PAGE = 100
USERNAME = 80

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


class DiscordWebhook(PastedLogin):
    """One channel behind one secret address."""

    limits = LIMITS
    login_fields = (
        LoginField(
            "webhook_url", "Webhook address", secret=True, help="channel settings, Integrations, Webhooks, Copy URL"
        ),
    )

    def prepare(self, message: Message, *, key: str) -> Message:
        """Learn the server's number, without which there is no permalink."""
        if "guild" in message.prepared:
            return message
        hook = self._api().read(self._hook())
        return with_prepared(message, guild=pick_text(hook, "guild_id"))

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        body = build_message(message, self._options) | build_webhook_extras(message, self._options)
        params = {"wait": "true"} | self._thread(self._options.get("thread_id", ""))
        parts = build_parts(message, body)
        parts["params"] = params
        response = self._api().publish("POST", self._hook(), **parts)
        receipt = parse_receipt(response.json(), message.prepared.get("guild", ""), where=self._name)
        return replace(receipt, ref={**receipt.ref, **self._thread_of(receipt)})

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        url = f"{self._hook()}/messages/{number_of(receipt, account=self._name)}"
        thread = self._thread_of(receipt)
        picture = _find_picture(self._api(), receipt, message, url, thread)
        body = build_edit(message, self._options, picture)
        answer = self._api().ask("PATCH", url, params=thread, json=body).json()
        changed = parse_receipt(answer, receipt.ref.get("guild", ""), where=self._name)
        return tell_alt(message, answer, replace(changed, ref={**changed.ref, **thread}))

    def delete(self, receipt: Receipt) -> None:
        url = f"{self._hook()}/messages/{number_of(receipt, account=self._name)}"
        self._api().ask_unless(is_gone, "DELETE", url, params=self._thread_of(receipt))

    def verify(self) -> Profile:
        hook = self._api().read(self._hook())
        channel = f"https://discord.com/channels/{pick_text(hook, 'guild_id')}/{pick_text(hook, 'channel_id')}"
        return Profile(name=pick_text(hook, "name") or "webhook", url=channel, abilities=("post", "edit", "delete"))

    def _thread_of(self, receipt: Receipt) -> dict[str, str]:
        """Where the message stands, whatever the options say by now."""
        kept = receipt.ref.get("thread_id", "")
        return self._thread(kept or self._options.get("thread_id", "") or self._forum_thread(receipt))

    def _forum_thread(self, receipt: Receipt) -> str:
        return receipt.ref.get("channel", "") if self._options.get("forum") == "true" else ""

    def _thread(self, number: str) -> dict[str, str]:
        return {"thread_id": number} if number else {}

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


class DiscordBot(PastedLogin):
    """One bot posting into one channel it can read."""

    limits = LIMITS
    login_fields = (
        LoginField("bot_token", "Bot token", secret=True, help="discord.com/developers, your application, Bot"),
    )

    def prepare(self, message: Message, *, key: str) -> Message:
        """Learn the server's number, without which there is no permalink."""
        if "guild" in message.prepared:
            return message
        return with_prepared(message, guild=self._guild())

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

    def list_recent(self, *, since: datetime | None = None) -> tuple[Recent, ...]:
        """The bot's own messages, newest first, among the last thousand of the channel."""
        return self._list(since).posts

    def _list(self, since: datetime | None) -> Listing:
        account = self._name
        me, guild = require_name(self._api().read("/users/@me"), "id", account=account), self._guild()
        oldest = int(build_snowflake(since - CLOCK_SKEW)) if since else 0

        def fetch(cursor: str) -> Page:
            query = {"limit": str(PAGE)} | ({"before": cursor} if cursor else {})
            answer = self._api().read(f"/channels/{self._channel}/messages", query)
            last = pick_digits(answer, -1, "id")
            goes_on = len(pick_list(answer)) == PAGE and last != "" and int(last) > oldest
            return read_page(
                answer,
                parse=lambda each: parse_recent(each, me, guild),
                each=LISTED,
                following=last if goes_on else "",
                account=account,
            )

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        url = f"{self._messages()}/{number_of(receipt, account=self._name)}"
        picture = _find_picture(self._api(), receipt, message, url, {})
        answer = self._api().ask("PATCH", url, json=build_edit(message, self._options, picture)).json()
        return tell_alt(message, answer, parse_receipt(answer, receipt.ref.get("guild", ""), where=self._name))

    def delete(self, receipt: Receipt) -> None:
        self._api().ask_unless(is_gone, "DELETE", f"{self._messages()}/{number_of(receipt, account=self._name)}")

    def verify(self) -> Profile:
        me = self._api().read("/users/@me")
        channel = self._api().read(f"/channels/{self._channel}")
        url = f"https://discord.com/channels/{pick_text(channel, 'guild_id')}/{self._channel}"
        name = f"{pick_text(me, 'username')} in #{pick_text(channel, 'name')}"
        return Profile(name=name, url=url, abilities=("post", "read", "edit", "delete"))

    def _guild(self) -> str:
        return pick_text(self._api().read(f"/channels/{self._channel}"), "guild_id")

    def _messages(self) -> str:
        return f"/channels/{self._channel}/messages"

    @property
    def _channel(self) -> str:
        return self._options["channel"]

    def _api(self) -> Api:
        token = require_secret(self._vault, "bot_token", self._name)
        headers, base = {"Authorization": f"Bot {token}"}, (self._options.get("api") or API).rstrip("/")
        return Api(self._http, self._name, headers, (token,), parse_failure, base)


def _find_picture(api: Api, receipt: Receipt, message: Message, url: str, params: Mapping[str, str]) -> str:
    """The number of a message's picture, "" where it has none; receipts of early versions do not say it."""
    if message.image is None or "attachment" in receipt.ref:
        return receipt.ref.get("attachment", "")
    return pick_text(api.read(url, params), "attachments", 0, "id")


def _refuse_options(account: Account) -> None:
    where, username = f"[accounts.{account.name}]", account.options.get("username", "")
    if re.search(r"clyde|discord", username, re.IGNORECASE):
        raise ConfigError('Discord forbids "discord" and "clyde" in a username', where=where)
    if len(username) > USERNAME:
        raise ConfigError(f"Discord takes a username of {USERNAME} characters at most", where=where)
    if account.options.get("thread_id") and account.options.get("forum") == "true":
        raise ConfigError("thread_id names a thread that is there, forum = true opens new ones", where=where)


def open_network(account: Account, vault: Vault, http: Client) -> DiscordWebhook | DiscordBot:
    """The webhook, or the bot where the account names a channel. Raises ConfigError for options Discord refuses."""
    refuse_non_number(account, "channel")
    refuse_non_number(account, "thread_id")
    _refuse_options(account)
    if account.options.get("channel"):
        return DiscordBot(account, vault, http)
    return DiscordWebhook(account, vault, http)
