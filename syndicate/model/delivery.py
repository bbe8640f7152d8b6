"""A delivery, and the message it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.model.reason import Action, Occasion, Reason, State
from syndicate.text import plain_line
from syndicate.text.counting import Counter, count
from syndicate.text.links import keep_web_address
from syndicate.text.plain import escape_markdown

MAX_ID = 2000
"""Characters of a network's own id that are kept: some are addresses."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network accepts. Plain numbers, so that they can be cached and shown."""

    characters: int
    counter: Counter = Counter.GRAPHEMES
    per_link: int | None = None
    """What any link counts, None for its real length."""
    max_bytes: int | None = None
    """UTF-8 bytes of the text, where the network limits them too."""
    caption: int | None = None
    """Characters of the text when an image is attached, where that differs."""
    alt: int = 1500
    images: int = 4
    """0: the network takes none, and no link card."""
    image_bytes: int = 950_000
    image_types: tuple[str, ...] = ("image/jpeg", "image/png")
    tallest: float = 0.0
    """Width by height of an attached image, at least; 0 for any."""
    widest: float = 0.0
    """And at most."""
    links: int | None = None
    hashtags: int | None = None
    marks: str = ""
    """What formats a text there (see `escape_markdown`): the text is sent with these escaped, and counts so."""

    def count(self, text: str) -> int:
        """How much of `characters` the text uses, as this network counts."""
        return count(self.escape(text), self.counter, per_link=self.per_link)

    def escape(self, text: str) -> str:
        """The text as it is sent, so that it shows as it is written."""
        return escape_markdown(text, self.marks)

    def fits(self, text: str, *, with_image: bool = False) -> bool:
        """Whether the network would accept the text."""
        return not self.find_excess(text, with_image=with_image)

    def find_excess(self, text: str, *, with_image: bool = False) -> str:
        """How much too long the text is, "" where the network would accept it."""
        room = self.caption if with_image and self.caption is not None else self.characters
        if self.max_bytes is not None and (size := len(text.encode())) > self.max_bytes:
            return f"{size:,} of {self.max_bytes:,} bytes"
        used = self.count(text)
        return f"{used:,} of {room:,} characters" if used > room else ""

    def takes_shape(self, width: int, height: int) -> bool:
        """Whether the network would accept an attached image of this shape."""
        shape = width / max(height, 1)
        return self.tallest <= shape and (shape <= self.widest or not self.widest)

    def say_shapes(self) -> str:
        """ "from 0.8 to 1.91 times as wide as high"."""
        return f"from {self.tallest:g} to {self.widest:g} times as wide as high"

    def fits_alt(self, alt: str) -> bool:
        """Whether the network would accept the alt text, counted on the strict side: no network says in what."""
        strict = Counter.UTF16 if self.counter is Counter.UTF16 else Counter.CODEPOINTS
        return count(alt, strict) <= self.alt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An image of a message. `path` is below the publish root; `data` is filled just before sending."""

    path: str
    media_type: str
    alt: str
    width: int
    height: int
    url: str = ""
    """Where the published file can be fetched by networks that download themselves."""
    data: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a publication: the network's own id, the public URL, and what a reply needs to know.

    A network's words reach files, logs and pages from here, so none can be made that holds anything but plain words
    and an address of the web ("" for any other).
    """

    remote_id: str
    url: str
    ref: Mapping[str, str] = field(default_factory=dict)
    remark: str = field(default="", compare=False)
    """What the network did not do as asked, one sentence for a person; "" where it did it all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "remote_id", plain_line(self.remote_id)[:MAX_ID])
        object.__setattr__(self, "url", keep_web_address(self.url))
        object.__setattr__(self, "ref", {name: plain_line(value) for name, value in self.ref.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one account will say: composed, fitted, frozen before the first call."""

    text: str
    """The final text, link and hashtags included where this network wants them in the text."""
    link: str = ""
    """The permalink with its UTM parameters, empty when the message carries none."""
    title: str = ""
    summary: str = ""
    card: Attachment | None = None
    """Thumbnail of a link card (networks where we build the card ourselves)."""
    image: Attachment | None = None
    """An image attached to the message itself. Never both."""
    tags: tuple[str, ...] = ()
    """Hashtags without the sign, as they stand in the text."""
    language: str = ""
    visibility: str = ""
    warning: str = ""
    """Content warning."""
    reply_to: Receipt | None = None
    """The part of a thread before this one."""
    created_at: datetime | None = None
    """The moment of intent, fixed with the key before the first call; aware UTC, whole microseconds."""
    prepared: Mapping[str, str] = field(default_factory=dict)
    """Remote ids reached so far (uploads, containers), saved step by step."""
    post_id: str = ""
    published_at: datetime | None = None
    origin: str = ""
    """Digest of what the author had written when it was composed: tells a changed post from a changed template."""
    markdown: str = field(default="", repr=False)
    """The whole post for networks that publish articles (dev.to); empty elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox: unique by (site, post_id, account, occasion, part)."""

    id: int
    post_id: str
    slug: str
    account: str
    network: str
    occasion: Occasion
    part: int = 1
    """1 for the message, 2… for the further parts of a thread, sent after the part before."""
    state: State
    due_at: datetime
    key: str
    """Deterministic, unique, random-looking; the network's idempotency key."""
    text: str = ""
    """A person's own text, which wins over composing."""
    alt: str = ""
    """A person's own alt text of the picture."""
    media: str = ""
    """What a person wants to go with it, "card", "image" (the card as a picture), "photo" (the post's lead picture),
    "photo-1f2e3d4c" (one of its text) or "none"; "" for what the post or the account asks for."""
    message: Message | None = None
    """As it was prepared; frozen from the first call on that may have published it."""
    reason: Reason = Reason.NONE
    """Why it is where it is; `planning.deliveries.say_why` makes the sentence."""
    detail: str = ""
    """The data that belongs to the reason: a slug, a category, a time, a network's words."""
    chosen: Action | None = None
    """What a person did to it last; no wait that comes later takes it away."""
    chosen_due_at: datetime | None = None
    """The time a person gave it: quiet hours, other dates and fresh posts do not move it."""
    overruled: Reason = Reason.NONE
    """Why it stood still when a person let it go: that reason stops it no more."""
    attempts: int = 0
    looks: int = 0
    """How often an uncertain outcome was looked for."""
    created_at: datetime | None = None
    look_at: datetime | None = None
    """When an uncertain outcome is looked for again; None while uncertain: only a person can say."""
    decided_at: datetime | None = None
    """When a worker decided last how long it waits: a moment in the future shows that the clock was set back since."""
    started_at: datetime | None = None
    """When it was first taken up: back-off, giving up and the ready deadline count from here."""
    intent_at: datetime | None = None
    """When the oldest call whose outcome is not settled was about to be made."""
    cost: float = 0.0
    """US dollars that sending costs."""
    sent_at: datetime | None = None
    receipt: Receipt | None = None
    lease_owner: str = ""
    lease_until: datetime | None = None

    @property
    def is_own(self) -> bool:
        """Whether a person chose words or a picture for it."""
        return bool(self.text or self.alt or self.media)


_NEEDS_PERSON = frozenset({State.FAILED, State.HELD, State.MISSED})


def needs_person(delivery: Delivery) -> bool:
    """Whether nothing happens to it before a person acts."""
    is_unsettled = delivery.state is State.UNCERTAIN and delivery.look_at is None
    return delivery.state in _NEEDS_PERSON or is_unsettled


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of a delivery's trail: what happened, and where it went."""

    delivery_id: int
    at: datetime
    action: str
    """"claim", "prepare", "send", "find", "settle", "hold" …"""
    outcome: str
    state: State
    reason: Reason = Reason.NONE
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a delivery goes after something happened: made by `planning.deliveries.retry`, recorded by the store."""

    state: State
    outcome: str
    """One word for the trail: "sent", "rejected", "rate limited" …"""
    reason: Reason
    detail: str = ""
    """The data that belongs to the reason."""
    due_at: datetime | None = None
    """When it is due again; None keeps the time it has."""
    look_at: datetime | None = None
    looks: int = 0
    receipt: Receipt | None = None
    pause: str = ""
    """Why the whole account must wait, empty when it need not."""
    pause_until: datetime | None = None
    """When the account tries again by itself; None: not before a person acts."""
    notice: str = ""
    """What to tell the person, empty when nothing is broken."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account sent lately: instants of the last 26 hours (a thread counts once), costs of the last 30 days."""

    sent_at: tuple[datetime, ...] = ()
    """Oldest first."""
    last_sent_at: datetime | None = None
    costs: tuple[tuple[datetime, float], ...] = ()
    """Instants and US dollars, oldest first."""


@dataclass(frozen=True, slots=True)
class Reactions:
    """How often others answered a message; None where the network does not say. Never who did."""

    likes: int | None = None
    boosts: int | None = None
    replies: int | None = None
    quotes: int | None = None

    @property
    def total(self) -> int:
        return sum(number or 0 for number in (self.likes, self.boosts, self.replies, self.quotes))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted at a moment, and still so when it was looked at last."""

    at: datetime
    looked_at: datetime
    reactions: Reactions


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """What planning may know about the network behind an account, without opening it."""

    network: str
    limits: Limits
    media: str = "image"
    """What suits it: "card" (we build the link card), "image" (attach the card), "none" (its crawler does)."""
    cost: float = 0.0
    """US dollars for a post, and for one that carries a link."""
    cost_with_link: float = 0.0
    can_thread: bool = False
    warns: bool = False  # it has content warnings
    edits_alt: bool = False
    """Whether an edit can change the alt text of a picture."""
    keeps_picture: bool = False
    """Whether an edit leaves the picture that was sent, so that the alt text of another one must not reach it."""
    needs_page: bool = True
    """Whether somebody follows the link at once (a crawler, a reader), so that the page must be live before."""
    wants_markdown: bool = False
    """Whether it publishes whole articles: messages then carry the post's Markdown."""
    expires_at: datetime | None = None
    """When the account's token dies, where known."""
    renews: bool = False
    """Whether the token is renewed in time without a person, as long as syndicate runs."""
