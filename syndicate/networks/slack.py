"""Slack, by an incoming webhook or by a bot. docs.slack.dev.

A webhook is one secret address that answers "ok" and gives no id: nothing can be found, changed or deleted, and
an unknown outcome waits for the person. A bot (option `channel`) posts with chat.postMessage, reads the channel
back and can change and delete. Text is sent as plain text: `& < >` are escaped and Slack's own markup is off
(above a picture, in a section, asterisks and underscores still work).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from syndicate.errors import ConfigError, NetworkError, Rejected, Unauthorised, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    pick,
    pick_text,
    refuse_misfits,
    refuse_unpublished_image,
    require_secret,
    say,
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
    read_listing,
    read_page,
    require_name,
)
from syndicate.text.counting import Counter
from syndicate.text.links import find_http_addresses

API = "https://slack.com/api"
# Slack takes 40,000 characters and advises below 4,000; beside a picture 3,000 are enough.
LIMITS = Limits(characters=4000, counter=Counter.UTF16, caption=3000, alt=2000, images=1)
PAGE = 100
# The words of chat.* and of webhooks, by what the person or we must do.
_DEAD_TOKENS = frozenset(
    {"account_inactive", "invalid_auth", "invalid_token", "not_authed", "token_expired", "token_revoked"}
)
_CLOSED_CHANNELS = frozenset({"channel_is_archived", "channel_not_found", "is_archived", "not_in_channel"})
_CLOSED_TEAMS = frozenset({"no_active_hooks", "no_service", "no_team", "org_login_required", "team_disabled"})
_LACKING_RIGHTS = frozenset({"action_prohibited", "missing_scope", "not_allowed_token_type"})
_ACCOUNT_ERRORS = _DEAD_TOKENS | _CLOSED_CHANNELS | _CLOSED_TEAMS | _LACKING_RIGHTS
_UNCLEAR_ERRORS = frozenset({"fatal_error", "internal_error", "request_timeout", "rollup_error", "service_unavailable"})
_GONE = "message_not_found"

FACTS = NetworkFacts(network="slack", limits=LIMITS, media="none", edits_alt=True)


def facts_of(account: Account) -> NetworkFacts:
    """A bot can answer its own messages and reads the channel back; a webhook can neither."""
    return replace(FACTS, can_thread=bool(account.options.get("channel")))


DESCRIPTION = Description(
    name="slack",
    title="Slack",
    look=Look(tags=False),
    options=(
        Option("channel", "Id of the channel a bot posts into (C…); without it a webhook is used"),
        Option("unfurl", "Let Slack draw the link's card", "true", choices=("true", "false")),
        Option("hooks", "Address of another server of webhooks than the one in the address"),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(
        Secret("webhook_url", "The webhook's whole address", required=False),
        Secret("bot_token", "The bot's token (xoxb-…), where `channel` is set", required=False),
    ),
    facts=FACTS,
    facts_by=facts_of,
    note="A webhook cannot be read back: an unknown outcome waits for you. With a bot it settles itself.",
)


def build_message(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The body of a webhook and of chat.postMessage: text alone, or text over a picture with its alt text."""
    unfurl = options.get("unfurl") != "false"
    body: dict[str, object] = {
        "text": build_text(message.text),
        "mrkdwn": False,
        "unfurl_links": unfurl,
        "unfurl_media": unfurl,
    }
    return body | ({"blocks": build_blocks(message)} if message.image else {})


def build_edit(message: Message) -> dict[str, object]:
    """The body of chat.update, which knows no `mrkdwn`: only blocks keep the text as it is written there."""
    return {"text": build_text(message.text), "parse": "none", "link_names": False, "blocks": build_blocks(message)}


def build_blocks(message: Message) -> list[dict[str, object]]:
    """The words in a block where nothing is read as formatting or as a mention, and links show where they lead."""
    blocks: list[dict[str, object]] = []
    if message.text:
        section = {"type": "rich_text_section", "elements": list(_build_elements(message.text))}
        blocks.append({"type": "rich_text", "elements": [section]})
    if message.image:
        alt = message.image.alt or "image"
        blocks.append({"type": "image", "image_url": message.image.url, "alt_text": alt})
    return blocks


def _build_elements(text: str) -> Iterator[dict[str, object]]:
    at = 0
    for link in find_http_addresses(text):
        if link.start > at:
            yield {"type": "text", "text": text[at : link.start]}
        yield {"type": "link", "url": link.url}
        at = link.end
    if at < len(text):
        yield {"type": "text", "text": text[at:]}


def build_text(text: str) -> str:
    """Slack's escaping: these three characters and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def parse_text(text: str) -> str:
    """A text as Slack gives it back, as it was: links without brackets and labels, escapes undone."""
    return html.unescape(re.sub(r"<(https?://[^|<>]+)(?:\|[^<>]*)?>", r"\1", text))


def parse_receipt(answer: object, *, where: str) -> Receipt:
    """What chat.postMessage says. Raises Uncertain where it says yes and nothing more."""
    stamp, channel = pick_text(answer, "ts"), pick_text(answer, "channel")
    if not stamp:
        raise Uncertain("Slack accepted the post without a timestamp", where=where)
    return Receipt(stamp, "", {"channel": channel})


LISTED = {"ts": Is.NAME, "user": Is.TEXT, "text": Is.TEXT}


def parse_recent(listed: object, me: str, channel: str) -> Recent | None:
    """A listed message, None for somebody else's."""
    stamp, text, thread = pick_text(listed, "ts"), parse_text(pick_text(listed, "text")), pick_text(listed, "thread_ts")
    if pick_text(listed, "user") != me or not stamp:
        return None
    ref = {"channel": channel} | ({REPLIES_TO: thread} if thread not in {"", stamp} else {})
    return Recent(Receipt(stamp, "", ref), text, links_of(text), parse_stamp(stamp))


def parse_stamp(stamp: str) -> datetime:
    """Slack's message id is its instant: seconds and a serial number behind the point."""
    seconds = stamp.partition(".")[0]
    return datetime.fromtimestamp(int(seconds) if seconds.isdecimal() and len(seconds) < 12 else 0, UTC)


def stamp_of(receipt: Receipt) -> str:
    """The message's id, also out of its permalink (…/p1764000000000100), as a person may have given it."""
    found = re.search(r"/p(\d{10})(\d{6})", receipt.remote_id)
    return f"{found[1]}.{found[2]}" if found else receipt.remote_id


def parse_failure(refusal: Refusal) -> NetworkError:
    """A webhook's plain-text refusals and the API's `ok: false`, which comes with status 200."""
    code = say(refusal.find("error") or refusal.response.text)
    if refusal.status == 429 or code in {"ratelimited", "rate_limited"}:
        return refusal.wait(said="Slack asks to slow down")
    if code in _ACCOUNT_ERRORS:
        hint = "" if code in _DEAD_TOKENS else "is the app installed and in the channel?"
        return refusal.to(Unauthorised, f"Slack says {code}", hint=hint)
    if code in _UNCLEAR_ERRORS or refusal.status >= 500:  # trouble inside Slack is told as the 500 it is
        return replace(refusal, response=replace(refusal.response, status=max(refusal.status, 500))).by_status()
    if refusal.status in {403, 404, 410}:
        return refusal.to(Unauthorised, refusal.by_status().message, hint="make a new webhook")
    return refusal.to(Rejected, f"Slack says {code}") if refusal.response.is_success else refusal.by_status()


class SlackWebhook(PastedLogin):
    """One channel behind one secret address."""

    limits = LIMITS
    login_fields = (
        LoginField(
            "webhook_url", "Webhook address", secret=True, help="api.slack.com/apps, your app, Incoming Webhooks"
        ),
    )

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        refuse_unpublished_image(message, account=self._name)
        address, secrets = self._hook()
        api = Api(self._http, self._name, secrets=secrets, parse_failure=parse_failure)
        response = api.publish("POST", address, json=build_message(message, self._options))
        if response.text.strip() != "ok":
            raise Uncertain("Slack's webhook did not say ok", where=self._name)
        return Receipt(key, "")

    def verify(self) -> Profile:
        """Check the address's form: a webhook cannot be asked anything without posting."""
        self._hook()
        return Profile(name="incoming webhook", abilities=("post",))

    def _hook(self) -> tuple[str, tuple[str, ...]]:
        """The address to post to, and what of it must never be shown."""
        url = require_secret(self._vault, "webhook_url", self._name)
        path = re.search(r"/(?:services|workflows|triggers)/[\w/-]+$", url)
        if not path:
            hint = "it looks like https://hooks.slack.com/services/T…/B…/…"
            raise ConfigError("this is not the address of a Slack webhook", where=self._name, hint=hint)
        base = (self._options.get("hooks") or url[: path.start()]).rstrip("/")
        return base + path[0], (url, path[0], path[0].rsplit("/", 1)[-1])


class SlackBot(PastedLogin):
    """One app posting into one channel it is a member of."""

    limits = LIMITS
    login_fields = (
        LoginField(
            "bot_token",
            "Bot token",
            secret=True,
            help="api.slack.com/apps, your app, OAuth: scopes chat:write and channels:history, then install",
        ),
    )

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._channel = account.options["channel"]

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        refuse_unpublished_image(message, account=self._name)
        body = build_message(message, self._options) | {"channel": self._channel}
        if message.reply_to:
            body["thread_ts"] = stamp_of(message.reply_to)
        answer = self._publish("chat.postMessage", body)
        return self._with_link(parse_receipt(answer, where=self._name))

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        query = {"oldest": f"{(since - CLOCK_SKEW).timestamp():.6f}"}
        if message.reply_to:  # the history of a channel leaves out what stands in threads
            parent = stamp_of(message.reply_to)
            message = replace(message, reply_to=Receipt(parent, ""))
            listing = self._list("conversations.replies", query | {"ts": parent})
        else:
            listing = self._list("conversations.history", query)
        found = find_in(listing, message, since=since, account=self._name)
        return self._with_link(found) if found else None

    def list_recent(self) -> tuple[Recent, ...]:
        """The bot's own messages, newest first, among the last thousand of the channel."""
        return self._list("conversations.history", {}).posts

    def _list(self, method: str, query: Mapping[str, str]) -> Listing:
        account = self._name
        me = require_name(self._ask("auth.test", {}), "user_id", account=account)

        def fetch(cursor: str) -> Page:
            here = {**query, "cursor": cursor} if cursor else query
            answer = self._ask(method, {"channel": self._channel, "limit": str(PAGE), **here})
            return read_page(
                answer,
                "messages",
                parse=lambda each: parse_recent(each, me, self._channel),
                each=LISTED,
                following=pick_text(answer, "response_metadata", "next_cursor"),
                account=account,
            )

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        self._change("chat.update", {**build_edit(message), **self._target(receipt)})
        return receipt

    def delete(self, receipt: Receipt) -> None:
        try:
            self._change("chat.delete", self._target(receipt))
        except Rejected as error:
            if _GONE not in error.message:
                raise

    def _target(self, receipt: Receipt) -> dict[str, str]:
        return {"channel": receipt.ref.get("channel") or self._channel, "ts": stamp_of(receipt)}

    def verify(self) -> Profile:
        who = self._ask("auth.test", {})
        name = f"{pick_text(who, 'user')} in {pick_text(who, 'team')}"
        return Profile(name=name, url=pick_text(who, "url"), abilities=("post", "read", "edit", "delete"))

    def _with_link(self, receipt: Receipt) -> Receipt:
        """The receipt with its permalink; one that cannot be had now must not undo the publication."""
        query = {"channel": receipt.ref["channel"], "message_ts": receipt.remote_id}
        try:
            url = pick_text(self._ask("chat.getPermalink", query), "permalink")
        except (NetworkError, ConfigError):  # the latter where it named a channel that no request can hold
            url = ""
        return Receipt(receipt.remote_id, url, receipt.ref)

    def _publish(self, method: str, body: Mapping[str, object]) -> object:
        return self._checked(self._api().publish("POST", f"/{method}", json=body), publishes=True)

    def _change(self, method: str, body: Mapping[str, object]) -> object:
        return self._checked(self._api().ask("POST", f"/{method}", json=body), publishes=False)

    def _ask(self, method: str, query: Mapping[str, str]) -> object:
        return self._checked(self._api().ask("GET", f"/{method}", params=query), publishes=False)

    def _checked(self, response: Response, *, publishes: bool) -> object:
        """The answer, where it is not a refusal in the dress of a success."""
        answer: object = response.json()
        if pick(answer, "ok") is True:
            return answer
        refusal = Refusal(response, self._name, publishes, self._api().secrets)
        raise parse_failure(refusal) if pick(answer, "ok") is False else refusal.by_status()

    def _api(self) -> Api:
        token = require_secret(self._vault, "bot_token", self._name)
        headers = {"Authorization": f"Bearer {token}"}
        base = (self._options.get("api") or API).rstrip("/")
        return Api(self._http, self._name, headers, (token,), parse_failure, base)


def open_network(account: Account, vault: Vault, http: Client) -> SlackWebhook | SlackBot:
    """The webhook, or the bot where the account names a channel."""
    return SlackBot(account, vault, http) if account.options.get("channel") else SlackWebhook(account, vault, http)
