"""The Ledger (what the store remembers) and the Plan (what would happen now)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.model.delivery import Message
from syndicate.model.post import Post, Problem
from syndicate.model.reason import Action, Occasion, Reason, State


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post as the state database remembers it. `id` and `first_seen_at` never change."""

    id: str
    source: str
    slug: str
    permalink: str
    title: str
    digest: str
    published_at: datetime
    updated_at: datetime
    first_seen_at: datetime
    gone_at: datetime | None = None
    """When its file vanished; the identity stays for its return."""
    source_digest: str = ""
    fields_digest: str = ""
    sketch: str = ""
    """As of the post; empty, all three, in a row that an earlier syndicate wrote."""
    dated_at: datetime | None = None
    """The date that the post names now, where that is another one than `published_at`."""
    declared_id: str = ""
    """The id that its author declared later, where that is another one than `id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDraft:
    """A post that was seen before its publication: the time it lay there does not make it old."""

    source: str
    slug: str
    """ "" for a file, or a folder ending in "/", that was there and could not be read."""
    source_digest: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class KnownDelivery:
    """The part of an outbox row that planning needs."""

    id: int
    post_id: str
    account: str
    occasion: Occasion
    part: int
    state: State
    due_at: datetime
    sent_at: datetime | None = None
    reason: Reason = Reason.NONE
    """Planning takes back only what planning itself decided."""
    detail: str = ""
    chosen: Action | None = None
    """What a person did to it last."""
    chosen_due_at: datetime | None = None
    """The time a person gave it."""
    overruled: Reason = Reason.NONE
    """Why it stood still when a person let it go: planning stops it no more for that."""
    url: str = ""
    """Public address of the sent copy, for a person who asks where it already is."""
    created_at: datetime | None = None
    """When it was planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything planning may know about the past."""

    posts: tuple[KnownPost, ...] = ()
    drafts: tuple[KnownDraft, ...] = ()
    deliveries: tuple[KnownDelivery, ...] = ()
    baselined: frozenset[str] = frozenset()
    """Accounts whose existing posts were recorded as already there."""
    baselined_at: Mapping[str, datetime] = field(default_factory=dict)
    """When that was, by account."""
    away: Mapping[str, datetime] = field(default_factory=dict)
    """Accounts with a baseline that syndicate.toml did not name the last time, and since when."""
    reading: str = ""
    """A digest of the settings with which posts were read the last time; "" where that is not known."""
    listening: frozenset[tuple[str, str]] = frozenset()
    """(account, flag) for flags whose posts of before were recorded as already there."""
    limits: tuple[tuple[str, object], ...] = ()
    """(account, Limits) as last read from the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A post with its place in the ledger: the row to store, and whether it is new or changed."""

    post: Post
    known: KnownPost
    is_new: bool
    is_changed: bool
    found_at: datetime | None = None
    """When a new post was first seen, as a draft, too."""
    translations: tuple[tuple[str, str], ...] = ()
    """Language and address of each public translation; filled where feeds and pages are made."""
    perhaps: str = ""
    """The slug of the earlier post that a new one may be, renamed: a person is asked."""
    copy_of: str = ""
    """The source of the post that was known before and says the same: feeds show that one alone."""
    may_be_draft: bool = False
    """Whether a draft vanished as it came, which it may be, renamed and edited as it was published."""

    @property
    def id(self) -> str:
        """The key of the post in the state database; fixed at first sight."""
        return self.known.id

    @property
    def entry_id(self) -> str:
        """What feeds call this post: the id its author declares (even later), else the one fixed at first sight."""
        return self.post.declared_id or self.known.id


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """What a person wants to go with a message, and its alt text: as `Delivery.media` and `Delivery.alt`."""

    media: str = ""
    alt: str = ""


NO_PICTURE = OwnPicture()
"""Nothing was chosen: what the post or the account asks for goes with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A row to add to the outbox, or the reason why there is none."""

    post_id: str
    slug: str
    account: str
    network: str
    occasion: Occasion
    part: int
    state: State
    due_at: datetime
    reason: Reason = Reason.NONE
    detail: str = ""
    chosen: Action | None = None
    """What a person did, where one asked for it."""
    chosen_due_at: datetime | None = None
    text: str = ""
    """A person's own text, stored with the row; empty means composed."""
    media: str = ""
    alt: str = ""
    message: Message | None = None
    """Composed for preview; composed again at the intent unless a person fixed the text."""
    count: int = 0
    limit: int = 0
    cost: float = 0.0
    """US dollars, 0 where posting is free."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """A row already in the outbox that content now wants otherwise: cancelled, moved, or brought back.

    The store applies it only while `can_move(row.state, state)` or the state stays the same; a row that has
    gone on in the meantime is left alone.
    """

    delivery_id: int
    state: State
    due_at: datetime
    reason: Reason = Reason.NONE
    detail: str = ""
    chosen: Action | None = None
    """What a person did, where one asked for it; None keeps what is there, like `chosen_due_at`."""
    chosen_due_at: datetime | None = None
    text: str = ""
    """A person's own text, stored with the row; empty keeps what is there, as do `media` and `alt`."""
    media: str = ""
    alt: str = ""
    asked: str = ""
    """What the trail calls who asked for it, where that is not the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about many rows that is said once: a question to a person, or what became of old posts."""

    reason: Reason
    about: str
    """The account of many posts at once; the slug of before of a post that may be renamed."""
    slugs: tuple[str, ...]
    """Of the posts, a slug each."""
    is_asked: bool
    """Whether the same question is open already."""

    @property
    def is_question(self) -> bool:
        """Whether a person has to answer it, and has not been asked yet."""
        return self.reason is not Reason.OLD_WHEN_FOUND and not self.is_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen now: shared by dry run, preview and the real run."""

    now: datetime
    identified: tuple[Identified, ...] = ()
    """Every post that is or may be public, drafts left out, newest first."""
    gone: tuple[KnownPost, ...] = ()
    """Every row without a post; one that vanished just now has no `gone_at` yet."""
    hidden: tuple[KnownPost, ...] = ()
    """Those of them whose post is a draft and was changed, as it is now."""
    drafts: tuple[KnownDraft, ...] = ()
    """Drafts to remember: those that are new or changed."""
    reading: str = ""
    """A digest of the settings with which posts are read, to remember; "" where that is as it was."""
    deliveries: tuple[PlannedDelivery, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    problems: tuple[Problem, ...] = ()
    elsewhere: tuple[Problem, ...] = ()
    """Those of them that no file of a post explains: of templates and accounts."""
    warnings: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    baselined: frozenset[str] = frozenset()
    """Accounts whose baseline this plan sets."""
    forgotten: frozenset[str] = frozenset()
    """Accounts that were not configured for long: their baseline is dropped, so that coming back floods nobody."""
    away: Mapping[str, datetime | None] = field(default_factory=dict)
    """Accounts that are not configured from now on, and since when; None for those that are back."""
    listening: frozenset[tuple[str, str]] | None = None
    """(account, flag) to remember from now on, None where that is as it was."""
    next_change_at: datetime | None = None
    """When the plan changes by itself (a future post becomes public)."""
