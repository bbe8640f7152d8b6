"""Matrix rooms through the client-server API. spec.matrix.org.

The transaction id in the address is our key: the same call again gives the same event, and the server tells us the id
back on our own events, so an unknown outcome is settled exactly. Encrypted rooms are refused: what is sent there in
the clear would be a leak.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

import orjson

from syndicate.errors import (
    Blocked,
    ConfigError,
    NetworkError,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
    UsageError,
)
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    is_missing,
    pick,
    pick_list,
    pick_text,
    refuse_misfits,
    require_option,
    require_secret,
    retry_at_of,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import Forbidden, PastedLogin
from syndicate.networks.toolkit.readback import (
    Is,
    Listing,
    Page,
    can_read,
    find_in,
    fits,
    links_of,
    read_listing,
    require_list,
    require_name,
)
from syndicate.text.counting import Counter

# An event may have 65,536 bytes; half of it is left to the envelope and to JSON's escapes.
LIMITS = Limits(characters=32_000, counter=Counter.CODEPOINTS, max_bytes=32_000, images=1, image_bytes=10_000_000)
DEVICE = "SYNDICATE"
"""One device for every login, because a transaction id is remembered per device."""
RESEND_FOR = timedelta(minutes=30)
PAGE = 100

DESCRIPTION = Description(
    name="matrix",
    title="Matrix",
    look=Look(tags=False),
    options=(
        Option("homeserver", "Address of your homeserver's API (https://matrix.example)", required=True),
        Option("room", "The room: its alias (#news:example) or id (!…)", required=True),
        Option("notice", "Send as a bot's notice, which rings nobody", "false", choices=("true", "false")),
    ),
    secrets=(Secret("access_token", "An access token of the account that posts"),),
    facts=NetworkFacts(network="matrix", limits=LIMITS, media="none", keeps_picture=True),
    place=("homeserver",),
    note="Readers' own servers draw the card of a link. A picture's caption takes the place of its alt text.",
)


def build_content(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The content of the event: words, or a picture with the words as its caption (the alt text without words)."""
    nobody: dict[str, object] = {"m.mentions": {}}  # without it, names in the text would ring people
    if message.image is None:
        kind = "m.notice" if options.get("notice") == "true" else "m.text"
        return {"msgtype": kind, "body": message.text, **nobody}
    image = message.image
    info = {"mimetype": image.media_type, "size": len(image.data), "w": image.width, "h": image.height}
    return {
        "msgtype": "m.image",
        "body": message.text or image.alt,
        "filename": _filename(image),
        "url": message.prepared.get("media", ""),
        "info": info,
        **nobody,
    }


def build_edit(content: Mapping[str, object], event: str) -> dict[str, object]:
    """An event that replaces another; older clients show its own body."""
    relation = {"rel_type": "m.replace", "event_id": event}
    fallback = {"msgtype": content["msgtype"], "body": f"* {content['body']}"}
    return {**content, **fallback, "m.new_content": content, "m.relates_to": relation}


def _filename(image: Attachment) -> str:
    return "card.png" if image.media_type == "image/png" else "card.jpg"


def build_permalink(room: str, event: str, via: str) -> str:
    """A link that opens in the reader's own client."""
    return f"https://matrix.to/#/{quote(room, safe='!:')}/{quote(event, safe='$:')}?via={quote(via)}"


def event_of(receipt: Receipt) -> str:
    """The event's id, also out of a matrix.to address, as a person may have given it."""
    found = re.search(r"\$[^/?]+", unquote(receipt.remote_id))
    return found[0] if found else receipt.remote_id


LISTED = {
    "sender": Is.NAME,
    "event_id": Is.NAME,
    "origin_server_ts": Is.NAME,
    "content": Is.OBJECT,
    "content.body": Is.TEXT,
}


def parse_recent(answer: object, me: str, room: str, via: str) -> list[tuple[str, Recent]]:
    """Our own messages in a page of a room, each with the transaction id it was sent under ("" when forgotten)."""
    found = []
    for event in pick_list(answer, "chunk"):
        body, number, sent_at = pick_text(event, "content", "body"), pick_text(event, "event_id"), _sent_at(event)
        is_edit = pick(event, "content", "m.relates_to", "rel_type") == "m.replace"
        if pick_text(event, "sender") != me or not fits(number, Is.NAME) or not body or is_edit or sent_at is None:
            continue
        media = pick_text(event, "content", "url")
        ref = {"room": room} | ({"media": media} if media else {})
        receipt = Receipt(number, build_permalink(room, number, via), ref)
        key = pick_text(event, "unsigned", "transaction_id")
        found.append((key, Recent(receipt, body, links_of(body), sent_at)))
    return found


def _sent_at(event: object) -> datetime | None:
    stamp = pick(event, "origin_server_ts")
    is_sane = isinstance(stamp, int) and 0 <= stamp < 10**14
    return datetime.fromtimestamp(stamp / 1000, UTC) if is_sane and isinstance(stamp, int) else None


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful answer means, by its errcode."""
    code = refusal.find("errcode")
    if refusal.status == 429 or code == "M_LIMIT_EXCEEDED":
        return refusal.wait(retry_at_of(refusal.response) or _after_milliseconds(refusal.response))
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"}:
        return refusal.to(Unauthorised)
    # Synapse says M_UNKNOWN of a room in which nobody here is.
    if code == "M_NOT_FOUND" or (refusal.status == 404 and code == "M_UNKNOWN"):
        return refusal.to(Blocked, hint="check `room`") if refusal.publishes else refusal.to(Missing)
    if code == "M_FORBIDDEN" or refusal.status == 403:
        return refusal.to(Forbidden, hint="has the account joined the room, and may it speak there?")
    return refusal.by_status()


def _after_milliseconds(response: Response) -> datetime | None:
    wait = pick(response.json(), "retry_after_ms")
    is_sane = isinstance(wait, int) and 0 <= wait < 10**10
    return response.received_at + timedelta(milliseconds=wait) if is_sane and isinstance(wait, int) else None


class Missing(Rejected):
    """The homeserver says that there is no such thing."""


class Matrix(PastedLogin):
    """One account posting into one room."""

    limits = LIMITS
    login_fields = (
        LoginField(
            "token",
            "Access token (leave empty to log in with a password)",
            secret=True,
            help="Element: All settings, Help & About, Access token; needed where the server uses a single sign-on",
        ),
        LoginField("user", "User name", help="only with a password"),
        LoginField("password", "Password", secret=True, help="used once, never stored"),
    )

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._base = account.options["homeserver"].rstrip("/")

    def prepare(self, message: Message, *, key: str) -> Message:
        """Find the room and make sure that it is not encrypted, then upload the picture."""
        if "room" not in message.prepared:
            return with_prepared(message, room=self._open_room())
        if message.image and "media" not in message.prepared:
            refuse_misfits(message, LIMITS, account=self._name)
            return with_prepared(message, media=self._upload(message.image))
        return message

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        room = message.prepared.get("room") or self._open_room()
        response = self._api().publish("PUT", self._sending(room, key), json=build_content(message, self._options))
        event = pick_text(response.json(), "event_id")
        if not event:
            raise Uncertain("the homeserver accepted the post without an event id", where=self._name)
        media = {"media": message.prepared["media"]} if "media" in message.prepared else {}
        return Receipt(event, build_permalink(room, event, self._via), {"room": room, **media})

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + RESEND_FOR

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """By the transaction id where the server still tells it, else by the words."""
        keyed, is_whole = self._list(message.prepared.get("room") or self._room_id(), since)
        for found_key, recent in keyed:
            if found_key == key:
                return recent.receipt
        posts = tuple(recent for found_key, recent in keyed if not found_key)
        return find_in(Listing(posts, is_whole=is_whole), message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The account's own messages in the room, newest first."""
        return tuple(recent for _, recent in self._list(self._room_id(), None)[0])

    def _list(self, room: str, since: datetime | None) -> tuple[list[tuple[str, Recent]], bool]:
        me = require_name(self._api().read("/_matrix/client/v3/account/whoami"), "user_id", account=self._name)
        wanted = orjson.dumps({"types": ["m.room.message"], "senders": [me]}).decode()
        keyed: list[tuple[str, Recent]] = []

        def fetch(cursor: str) -> Page:
            query = {"dir": "b", "limit": str(PAGE), "filter": wanted} | ({"from": cursor} if cursor else {})
            answer = self._api().read(f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages", query)
            events = require_list(answer, "chunk", account=self._name)
            found = parse_recent(answer, me, room, self._via)
            keyed.extend(found)
            is_past = since is not None and any(recent.published_at < since for _, recent in found)
            return Page((), "" if is_past else pick_text(answer, "end"), can_read(events, LISTED))

        return keyed, read_listing(fetch).is_whole

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Replace the words, or a picture's caption."""
        if "media" in receipt.ref:
            content = build_content(with_prepared(message, media=receipt.ref["media"]), self._options)
        else:
            content = build_content(replace(message, image=None), self._options)
        body = build_edit(content, event_of(receipt))
        self._api().ask("PUT", self._sending(receipt.ref.get("room") or self._room_id(), key), json=body)
        return receipt

    def delete(self, receipt: Receipt) -> None:
        """Redact the event; the transaction id comes from it, so that doing it twice is one redaction."""
        txn = hashlib.sha256(event_of(receipt).encode()).hexdigest()[:32]
        room, event = quote(receipt.ref.get("room") or self._room_id(), safe=""), quote(event_of(receipt), safe="")
        url = f"/_matrix/client/v3/rooms/{room}/redact/{event}/{txn}"
        self._api().ask_unless(is_missing, "PUT", url, json={})

    def verify(self) -> Profile:
        """Who we are, and whether the room can be spoken in."""
        me = pick_text(self._api().read("/_matrix/client/v3/account/whoami"), "user_id")
        self._open_room()
        return Profile(
            name=f"{me} in {self._options['room']}",
            url=f"https://matrix.to/#/{quote(me, safe='@:')}",
            abilities=("post", "read", "edit", "delete"),
        )

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The pasted token, or one that the homeserver gives for a password."""
        if answers.get("token"):
            return {"access_token": answers["token"].strip()}
        if not (answers.get("user") and answers.get("password")):
            raise UsageError("give an access token, or a user name and a password")
        given = (answers["password"],)
        api = Api(self._http, self._name, secrets=given, parse_failure=parse_failure, base=self._base)
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": answers["user"]},
            "password": answers["password"],
            "device_id": DEVICE,
            "initial_device_display_name": "syndicate",
        }
        try:
            answer = api.ask("POST", "/_matrix/client/v3/login", json=body).json()
        except Forbidden as error:
            said = f"the user name or the password is wrong: {error.message}"
            raise Unauthorised(said, where=self._name) from None
        token = pick_text(answer, "access_token")
        if not token:
            raise Unauthorised("the homeserver gave no token", where=self._name)
        return {"access_token": token}

    def _open_room(self) -> str:
        """The room's id; a public one is joined. Raises Blocked where it is encrypted, or may be."""
        room = self._room_id()
        try:
            try:
                self._ask_for_encryption(room)
            except Forbidden:
                self._join(room)
                self._ask_for_encryption(room)
        except Missing:
            return room  # there is no such state: the room is in the clear
        except Rejected as error:
            raise Blocked(error.message, where=self._name, hint="check `homeserver` and `room`") from None
        hint = "use a room without encryption"
        raise Blocked("the room is encrypted, and syndicate does not encrypt", where=self._name, hint=hint)

    def _ask_for_encryption(self, room: str) -> None:
        self._api().read(f"/_matrix/client/v3/rooms/{quote(room, safe='')}/state/m.room.encryption")

    def _join(self, room: str) -> None:
        """Raises Blocked where there is no such room, or only an invitation opens it."""
        url = f"/_matrix/client/v3/join/{quote(room, safe='')}"
        try:
            self._api().ask("POST", url, params={"server_name": self._via, "via": self._via}, json={})
        except Missing as error:
            said = f"the homeserver finds no such room: {error.message}"
            raise Blocked(said, where=self._name, hint="check `room`") from None
        except Forbidden as error:
            hint = f"invite {self._me()} and accept, or make the room public"
            said = f"the account is not in the room and may not join it: {error.message}"
            raise Blocked(said, where=self._name, hint=hint) from None

    def _me(self) -> str:
        return pick_text(self._api().read("/_matrix/client/v3/account/whoami"), "user_id") or "the account"

    def _room_id(self) -> str:
        room = self._options["room"]
        if not room.startswith("#"):
            return room
        try:
            answer = self._api().read(f"/_matrix/client/v3/directory/room/{quote(room, safe='')}")
        except Rejected as error:
            raise Blocked(error.message, where=self._name, hint="check `room`") from None
        if not pick_text(answer, "room_id"):
            raise Unavailable("the homeserver does not say which room the alias means", where=self._name)
        return pick_text(answer, "room_id")

    def _upload(self, image: Attachment) -> str:
        url = "/_matrix/media/v3/upload"
        headers = {"Content-Type": image.media_type}
        query = {"filename": _filename(image)}
        answer = self._api().ask("POST", url, params=query, headers=headers, content=image.data).json()
        if not pick_text(answer, "content_uri"):
            raise Unavailable("the homeserver gave no address for the picture", where=self._name)
        return pick_text(answer, "content_uri")

    def _sending(self, room: str, key: str) -> str:
        return f"/_matrix/client/v3/rooms/{quote(room, safe='')}/send/m.room.message/{quote(key, safe='')}"

    @property
    def _via(self) -> str:
        """A server that is in the room: the one the room was named on, else our own."""
        return self._options["room"].partition(":")[2] or urlsplit(self._base).hostname or ""

    def _api(self) -> Api:
        token = require_secret(self._vault, "access_token", self._name)
        headers = {"Authorization": f"Bearer {token}"}
        return Api(self._http, self._name, headers, (token,), parse_failure, self._base)


def open_network(account: Account, vault: Vault, http: Client) -> Matrix:
    """The room behind an account. Raises ConfigError without homeserver or room."""
    require_option(account, "homeserver")
    if require_option(account, "room")[0] not in "!#":
        raise ConfigError('room must be an alias ("#…") or an id ("!…")', where=f"[accounts.{account.name}]")
    return Matrix(account, vault, http)
