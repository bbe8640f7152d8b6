"""Nostr, with the extra `nostr` installed. github.com/nostr-protocol/nips.

An event is signed once and kept before it is sent: its id is its hash, so sending it again can never publish it
twice, and every relay can be asked whether it has it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from types import ModuleType
from typing import Any

import orjson

from syndicate.errors import (
    Blocked,
    ConfigError,
    NetworkError,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, Option, Profile, Recent, Secret, Vault
from syndicate.networks.nostr.event import (
    Draft,
    build_deletion,
    build_event,
    build_long_form,
    build_note,
    encode_event,
    encode_name,
    is_event,
    read_event_id,
    read_hex,
)
from syndicate.networks.toolkit import (
    pick,
    pick_instant,
    pick_list,
    pick_text,
    refuse_misfits,
    refuse_non_number,
    refuse_unpublished_image,
    require_option,
    require_secret,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import links_of
from syndicate.text.counting import Counter

VIEWER = "https://njump.me"
# Nostr states no limit; relays commonly refuse events above 64 kB.
LIMITS = Limits(characters=10_000, counter=Counter.CODEPOINTS, max_bytes=40_000, images=1)
RESEND_FOR = timedelta(days=365)
PAGE = 100
# The machine-readable words before the colon of a refusal (NIP-01), by what follows from them.
_PASSING_WORDS = ("rate-limited", "error")
_ACCOUNT_WORDS = ("blocked", "restricted", "auth-required", "mute")

FACTS = NetworkFacts(network="nostr", limits=LIMITS, media="none", can_thread=True, warns=True)


def facts_of(account: Account) -> NetworkFacts:
    """An article is the whole post and stands alone; notes can follow one another."""
    is_article = account.options.get("kind") == "article"
    return replace(FACTS, wants_markdown=is_article, can_thread=not is_article)


DESCRIPTION = Description(
    name="nostr",
    title="Nostr",
    options=(
        Option("relays", "Addresses of your relays (wss://…)", required=True),
        Option("accept", "How many relays must take a post", "1"),
        Option("kind", "A short note, or the whole post as a long-form article", "note", choices=("note", "article")),
    ),
    secrets=(Secret("key", "Your private key (nsec1…)"),),
    facts=FACTS,
    facts_by=facts_of,
    note="Needs the extra nostr. Deleting is a request that relays may ignore.",
)


def judge(answers: tuple[Answer, ...], enough: int, *, account: str) -> NetworkError | None:
    """What the relays' verdicts come to, None where it is published. Pure."""
    taken = [answer for answer in answers if answer.verdict is Verdict.ACCEPTED]
    is_final = all(answer in taken or _is_final(answer) for answer in answers)
    if len(taken) >= enough or (taken and is_final):
        return None  # where the others refuse for good, it is as published as it will ever be
    told = "; ".join(f"{answer.relay}: {answer.words or answer.verdict}" for answer in answers)[:500]
    if taken or any(answer.verdict is Verdict.UNCLEAR for answer in answers):
        return Uncertain(f"{len(taken)} of {enough} relays took it: {told}", where=account)
    if any(answer.verdict is Verdict.UNREACHED for answer in answers):
        return Unavailable(f"relays cannot be reached: {told}", where=account)
    return _refusal(answers, told, account)


def _is_final(answer: Answer) -> bool:
    """Whether the relay will never take this event; one that is busy may."""
    return answer.verdict is Verdict.REFUSED and _reason_of(answer) not in _PASSING_WORDS


def _reason_of(answer: Answer) -> str:
    return answer.words.partition(":")[0]


def _refusal(answers: tuple[Answer, ...], told: str, account: str) -> NetworkError:
    """Every relay refused; one that only asks to wait is enough to wait."""
    reasons = set(map(_reason_of, answers))
    if "rate-limited" in reasons:
        return RateLimited(told, where=account)
    if "error" in reasons:
        return Unavailable(told, where=account)
    if reasons & set(_ACCOUNT_WORDS):
        return Blocked(told, where=account, hint="use relays that take your posts")
    return Rejected(told, where=account)


def parse_recent(event: object, relays: tuple[str, ...]) -> Recent | None:
    """A listed event of ours, None for one that cannot be."""
    number, created_at, text = pick_text(event, "id"), pick_instant(event, "created_at"), pick_text(event, "content")
    if not re.fullmatch(r"[0-9a-f]{64}", number) or created_at is None:
        return None
    named = [pick_text(tag, 1) for tag in pick_list(event, "tags") if pick_text(tag, 0) == "r"]
    return Recent(_receipt(number, relays, event), text, (*named, *links_of(text)), created_at)


def _receipt(event: str, relays: tuple[str, ...], body: object) -> Receipt:
    roots = [pick_text(tag, 1) for tag in pick_list(body, "tags") if pick_text(tag, 3) == "root"]
    ref = {"kind": pick_text(body, "kind")} | ({"root": roots[0]} if roots else {})
    return Receipt(event, f"{VIEWER}/{encode_event(event, relays)}", ref)


class NostrNotes(PastedLogin):
    """One key writing notes to its relays."""

    limits = LIMITS
    login_fields = (LoginField("key", "Private key", secret=True, help="nsec1…, from your Nostr client's settings"),)

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._relays = tuple(filter(None, re.split(r"[,\s]+", account.options["relays"])))
        self._enough = min(int(account.options.get("accept") or 1), len(self._relays))

    def prepare(self, message: Message, *, key: str) -> Message:
        """Sign the event, once: whatever happens then, it is this very event."""
        if "event" in message.prepared:
            return message
        refuse_misfits(message, LIMITS, account=self._name)
        refuse_unpublished_image(message, account=self._name)
        if message.reply_to and not read_event_id(message.reply_to.remote_id):
            raise Rejected("the earlier note cannot be referred to", where=self._name)
        event = self._sign(self._draft(message, message.created_at or self._http.now()))
        return with_prepared(message, event=orjson.dumps(event).decode())

    def _draft(self, message: Message, created_at: datetime) -> Draft:
        return build_note(message, self._pubkey().hex(), int(created_at.timestamp()))

    def send(self, message: Message, *, key: str) -> Receipt:
        event = self._event_of(message, key)
        self._publish(event)
        return _receipt(str(event["id"]), self._relays, event)

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + RESEND_FOR

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """Whether enough relays have the signed event. Raises Unavailable where too few of them answer."""
        if "event" not in message.prepared:
            return None
        event = self._event_of(message, key)
        lists = [list_events(relay, {"ids": [event["id"]]}) for relay in self._relays]
        having = sum(any(is_event(each, event) for each in found or ()) for found in lists)
        if having >= self._enough:
            return _receipt(str(event["id"]), self._relays, event)
        if having + lists.count(None) >= self._enough:
            raise Unavailable("too few relays answer", where=self._name)
        return None

    def list_recent(self) -> tuple[Recent, ...]:
        """Our own notes and articles on all relays, newest first, the last hundred of each."""
        wanted = {"authors": [self._pubkey().hex()], "kinds": [1, 30023], "limit": PAGE}
        found: dict[str, Recent] = {}
        for relay in self._relays:
            posts = (parse_recent(event, self._relays) for event in list_events(relay, wanted) or [])
            found |= {post.receipt.remote_id: post for post in posts if post}
        return tuple(sorted(found.values(), key=lambda post: post.published_at, reverse=True))

    def delete(self, receipt: Receipt) -> None:
        """Ask every relay to forget the event."""
        created_at = int(self._http.now().timestamp())
        kind = receipt.ref.get("kind", "1")
        number = read_event_id(receipt.remote_id)
        event = self._sign(build_deletion(number, kind, self._pubkey().hex(), created_at))
        self._publish(event)

    def verify(self) -> Profile:
        """Our public name, and which relays answer."""
        name = encode_name("npub", self._pubkey())
        silent = [relay for relay in self._relays if list_events(relay, {"ids": ["0" * 64]}) is None]
        return Profile(
            name=name,
            url=f"{VIEWER}/{name}",
            abilities=("post", "read", "delete"),
            warnings=tuple(f"{relay} does not answer" for relay in silent),
        )

    def _event_of(self, message: Message, key: str) -> dict[str, object]:
        event: dict[str, object] = orjson.loads(self.prepare(message, key=key).prepared["event"])
        return event

    def _publish(self, event: Mapping[str, object]) -> None:
        """Offer an event to every relay; an id that a relay has already is accepted again."""
        answers = tuple(publish_event(relay, event) for relay in self._relays)
        error = judge(answers, self._enough, account=self._name)
        if error:
            raise error

    def _sign(self, draft: Draft) -> dict[str, object]:
        key = load_extra("coincurve").PrivateKey(self._secret())
        signature: bytes = key.sign_schnorr(bytes.fromhex(draft.id))
        return build_event(draft, signature)

    def _pubkey(self) -> bytes:
        pubkey: bytes = load_extra("coincurve").PublicKeyXOnly.from_secret(self._secret()).format()
        return pubkey

    def _secret(self) -> bytes:
        secret = read_hex(require_secret(self._vault, "key", self._name), "nsec")
        if not secret:
            raise Unauthorised("this is not an nsec1… key", where=self._name)
        return secret


class NostrArticles(NostrNotes):
    """One key writing long-form articles, which can be replaced."""

    def _draft(self, message: Message, created_at: datetime) -> Draft:
        return build_long_form(message, self._pubkey().hex(), int(created_at.timestamp()))

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """A newer event under the same name takes the place of the one before."""
        event = self._sign(self._draft(message, self._http.now()))
        self._publish(event)
        return _receipt(str(event["id"]), self._relays, event)


def open_network(account: Account, vault: Vault, http: Client) -> NostrNotes:
    """The key behind an account. Raises ConfigError without relays, or without the extra `nostr`."""
    for relay in filter(None, re.split(r"[,\s]+", require_option(account, "relays"))):
        if not relay.startswith(("wss://", "ws://")):
            raise ConfigError(
                f"a relay's address begins with wss://, not {relay!r}", where=f"[accounts.{account.name}]"
            )
    refuse_non_number(account, "accept")
    load_extra("websockets.sync.client")
    load_extra("coincurve")
    return (NostrArticles if account.options.get("kind") == "article" else NostrNotes)(account, vault, http)


# --- One conversation with one Nostr relay over a websocket (NIP-01). The extra `nostr` brings the libraries ---

PATIENCE = 10.0
"""Seconds for opening, and for a whole answer: a relay may chatter for ever without giving one."""
MOST_FRAMES = 1000
MAX_FRAME = 1_000_000
MAX_TALK = 8_000_000
"""Bytes of all frames of one conversation."""


class Verdict(StrEnum):
    """What a relay did with an event."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHED = "unreached"  # nothing was sent
    UNCLEAR = "unclear"  # sent, and no answer came back


@dataclass(frozen=True, slots=True)
class Answer:
    """One relay's verdict in its own words."""

    relay: str
    verdict: Verdict
    words: str = ""


def load_extra(name: str) -> ModuleType:
    """A library of the extra. Raises ConfigError naming the extra where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        hint = 'pip install "syndicate-feeds[nostr]"'
        raise ConfigError(f"Nostr needs the library {name.partition('.')[0]}", hint=hint) from error


def publish_event(relay: str, event: Mapping[str, object], *, patience: float = PATIENCE) -> Answer:
    """Offer an event to a relay and wait for its verdict. Never raises for what the relay does."""
    try:
        with _connect(relay) as socket:
            return _offer(socket, relay, event, patience)
    except (OSError, _errors()) as error:
        return Answer(relay, Verdict.UNREACHED, type(error).__name__)


def _offer(socket: Any, relay: str, event: Mapping[str, object], patience: float) -> Answer:
    try:
        socket.send(orjson.dumps(["EVENT", event]).decode())
        for frame in _frames(socket, patience):
            if pick(frame, 0) == "OK" and pick(frame, 1) == event["id"]:
                return _parse_verdict(relay, frame)
    except (OSError, TimeoutError, _errors()) as error:
        return Answer(relay, Verdict.UNCLEAR, type(error).__name__)
    return Answer(relay, Verdict.UNCLEAR, "no verdict")


def _parse_verdict(relay: str, frame: object) -> Answer:
    """What the relay has already is taken, whether it says so with yes or with no."""
    words = pick_text(frame, 3)[:300]
    is_taken = pick(frame, 2) is True or words.startswith("duplicate:")
    return Answer(relay, Verdict.ACCEPTED if is_taken else Verdict.REFUSED, words)


def list_events(relay: str, wanted: Mapping[str, object]) -> list[object] | None:
    """The stored events that fit a filter, None where the relay does not answer to the end."""
    try:
        with _connect(relay) as socket:
            socket.send(orjson.dumps(["REQ", "syndicate", wanted]).decode())
            return _collect(socket)
    except (OSError, TimeoutError, _errors()):
        return None


def _collect(socket: Any) -> list[object] | None:
    events: list[object] = []
    for frame in _frames(socket, PATIENCE):
        kind = pick(frame, 0)
        if kind == "EVENT" and pick(frame, 1) == "syndicate":
            events.append(pick(frame, 2))
        if kind == "EOSE":
            return events
        if kind == "CLOSED":
            return None
    return None


def _frames(socket: Any, patience: float) -> Iterator[object]:
    """What the relay says, as JSON; other chatter (NOTICE, AUTH, garbage) passes by, without end it is cut."""
    ends, heard = time.monotonic() + patience, 0
    for _ in range(MOST_FRAMES):
        frame = socket.recv(timeout=max(0.0, ends - time.monotonic()))
        heard += len(frame)
        if heard > MAX_TALK:
            return
        with contextlib.suppress(orjson.JSONDecodeError):
            yield orjson.loads(frame)


def _connect(relay: str) -> Any:
    client = load_extra("websockets.sync.client")
    return client.connect(relay, open_timeout=PATIENCE, close_timeout=1, max_size=MAX_FRAME, compression=None)


def _errors() -> type[Exception]:
    found: type[Exception] = load_extra("websockets.exceptions").WebSocketException
    return found
