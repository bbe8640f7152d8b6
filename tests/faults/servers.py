"""Fake networks behind the real protocol: they keep what was published, and fail in every way that is known.

The kinds differ in what they offer for settling an unknown outcome, as the real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syndicate.errors import NotReady, PaymentRequired, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.model import Limits, Message, Receipt
from tests.faults.world import World

LAG = timedelta(seconds=5)
"""How long a published message stays invisible to readers."""
LINGER = timedelta(seconds=15)
"""How long a call may go on at the network after we gave it up."""


@dataclass(slots=True)
class Copy:
    """What readers see: one published message, dated by the network's own clock."""

    remote_id: str
    key: str
    text: str
    at: datetime
    reply_to: str

    @property
    def receipt(self) -> Receipt:
        return Receipt(self.remote_id, f"https://fake.example/{self.remote_id}")


@dataclass(slots=True)
class Server:
    """One account's page on its network."""

    name: str
    kind: str
    world: World
    copies: list[Copy] = field(default_factory=list)
    lingering: list[tuple[datetime, Message, str]] = field(default_factory=list)
    containers: dict[str, datetime] = field(default_factory=dict)
    calls: int = 0

    def catch_up(self) -> None:
        """Calls that lingered have ended by now."""
        done = [one for one in self.lingering if one[0] <= self.world.now]
        self.lingering = [one for one in self.lingering if one[0] > self.world.now]
        for _, message, key in done:
            self.publish(message, key)

    def publish(self, message: Message, key: str) -> Copy:
        """What the network does with a call that reached it: kinds that keep keys publish one copy a key."""
        kept = KEEPS_KEY[self.kind]
        known = next((one for one in self.copies if one.key == key and self.world.now - one.at < kept), None)
        if known is not None:
            return known
        number = f"{self.name}-{len(self.copies) + 1}"
        reply_to = message.reply_to.remote_id if message.reply_to else ""
        self.copies.append(Copy(number, key, message.text, self.world.now, reply_to))
        return self.copies[-1]

    def visible(self) -> list[Copy]:
        self.catch_up()
        return [one for one in self.copies if one.at + LAG <= self.world.now]


FOREVER = timedelta(days=36500)
KEEPS_KEY: Mapping[str, timedelta] = {
    "blind": timedelta(0),  # Telegram, Discord and Slack webhooks
    "listing": timedelta(0),  # X, LinkedIn, most others
    "container": timedelta(0),  # Threads, Instagram
    "idempotent": timedelta(hours=1),  # Mastodon
    "keyed": FOREVER,  # Bluesky, Matrix
    "webhook": FOREVER,  # our signed webhook
}
KINDS = tuple(KEEPS_KEY)
READS_BACK = frozenset(KINDS) - {"blind"}


class Blind:
    """Publishes and answers, no more."""

    limits = Limits(characters=500)

    def __init__(self, server: Server) -> None:
        self.server = server
        self.world = server.world

    def send(self, message: Message, *, key: str) -> Receipt:
        self.server.catch_up()
        self.world.step("call", may_stall=False)
        self.server.calls += 1
        fault = self._choose_fault()
        self.world.count(f"send: {fault}")
        self.world.tell(f"{self.server.name}: send {message.text!r}: {fault}")
        return FAULTS[fault](self.server, message, key)

    def _choose_fault(self) -> str:
        if not self.world.happens(0.6):
            return "none"
        faults = [name for name in FAULTS if name != "lingers" or self.world.calls_may_linger]
        return self.world.rng.choice(faults)


class Listing(Blind):
    """Its own recent posts can be listed: matched by text, newest first."""

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        self.world.step("find", may_stall=False)
        if self.world.happens(0.25):
            raise self.world.rng.choice(_read_faults(self.world))
        found = [one for one in self._matches(message, key) if one.at >= since]
        self.world.tell(f"{self.server.name}: looked for {message.text!r}: {'there' if found else 'not there'}")
        return found[-1].receipt if found else None

    def _matches(self, message: Message, key: str) -> list[Copy]:
        return [one for one in self.server.visible() if one.text == message.text]


class Keyed(Listing):
    """Every message lies under the key that we chose."""

    def _matches(self, message: Message, key: str) -> list[Copy]:
        return [one for one in self.server.visible() if one.key == key]

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + FOREVER


class Idempotent(Listing):
    """Keeps keys for an hour, and lists."""

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + timedelta(minutes=55)


class Webhook(Blind):
    """Its receiver keeps keys; nothing can be read back."""

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + FOREVER


class Container(Listing):
    """An upload and a container come first; the container takes its time."""

    def prepare(self, message: Message, *, key: str) -> Message:
        self.world.step("prepare")
        if self.world.happens(0.2):
            raise self.world.rng.choice([*_read_faults(self.world), Rejected("image refused"), Uncertain("cut")])
        if "upload" not in message.prepared:
            return replace(message, prepared={"upload": "u1"})
        if "container" not in message.prepared:
            number = f"c{len(self.server.containers)}"
            self.server.containers[number] = self.world.now + timedelta(seconds=self.world.rng.choice((0, 20, 400)))
            return replace(message, prepared={**message.prepared, "container": number})
        if self.server.containers[message.prepared["container"]] > self.world.now:
            raise NotReady("still processing", retry_at=None)
        return message


OPEN: Mapping[str, type[Blind]] = {
    "blind": Blind,
    "listing": Listing,
    "container": Container,
    "idempotent": Idempotent,
    "keyed": Keyed,
    "webhook": Webhook,
}

Fault = Callable[[Server, Message, str], Receipt]


def _answer(server: Server, message: Message, key: str) -> Receipt:
    copy = server.publish(message, key)
    server.world.step("answer", may_stall=False)
    return copy.receipt


def _commit_then(error: Exception) -> Fault:
    def fail(server: Server, message: Message, key: str) -> Receipt:
        server.publish(message, key)
        server.world.step("answer", may_stall=False)
        raise error

    return fail


def _refuse(error: Exception) -> Fault:
    def fail(server: Server, message: Message, key: str) -> Receipt:
        raise error

    return fail


def _linger(server: Server, message: Message, key: str) -> Receipt:
    server.lingering.append((server.world.now + LINGER * server.world.rng.random(), message, key))
    raise Uncertain("timeout")


def _limit_rate(server: Server, message: Message, key: str) -> Receipt:
    raise RateLimited("slow down", retry_at=server.world.clock() + timedelta(seconds=server.world.rng.randint(1, 900)))


def _refuse_duplicate(server: Server, message: Message, key: str) -> Receipt:
    """A network that knows the same words already says so, and does not say which copy."""
    if any(one.text == message.text for one in server.copies):
        raise Uncertain("duplicate")
    return _answer(server, message, key)


FAULTS: Mapping[str, Fault] = {
    "none": _answer,
    "commit then timeout": _commit_then(Uncertain("timeout")),
    "commit then cut": _commit_then(Uncertain("cut")),
    "commit then 5xx": _commit_then(Uncertain("502")),
    "commit then malformed": _commit_then(Uncertain("malformed")),
    "commit then our own mistake": _commit_then(KeyError("id")),
    "lost on the way": _refuse(Uncertain("timeout")),
    "5xx": _refuse(Uncertain("500")),
    "lingers": _linger,
    "429 with Retry-After": _limit_rate,
    "429 without": _refuse(RateLimited("slow down")),
    "unreachable": _refuse(Unavailable("cannot be reached")),
    "expired token": _refuse(Unauthorised("the token is dead")),
    "no credit": _refuse(PaymentRequired("no credit")),
    "refused": _refuse(Rejected("too long")),
    "duplicate refused": _refuse_duplicate,
}


def _read_faults(world: World) -> list[Exception]:
    retry_at = world.clock() + timedelta(seconds=30)
    return [Unavailable("down"), RateLimited("slow", retry_at=retry_at), Unauthorised("dead"), KeyError("data")]
