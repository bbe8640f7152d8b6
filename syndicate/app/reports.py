"""What use cases answer: values that the command line, the pages and the API show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syndicate.model import Attempt, Delivery, KnownPost


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor` or `cards --check`. Levels: "problem", "warning", "repair", "ok"."""

    level: str
    text: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One look at the whole."""

    posts: int
    problems: int
    counts: Mapping[str, int] = field(default_factory=dict)
    """Deliveries by state."""
    next_at: datetime | None = None
    coming: tuple[Delivery, ...] = ()
    """The few messages that go out next."""
    daemon: bool = False
    disk: str = ""
    """That there is no room for the state, "" where there is."""
    paused: tuple[str, ...] = ()
    resting: tuple[str, ...] = ()
    """Accounts whose servers fail, since when, and when they are tried again."""
    unready: tuple[str, ...] = ()
    """Accounts that cannot send before somebody logs in."""
    dying: tuple[str, ...] = ()
    """Accounts whose token dies before a message that waits is due."""
    doubts: tuple[str, ...] = ()
    """What the settings leave open, though everything works."""
    needs_you: tuple[Delivery, ...] = ()
    leased: tuple[str, ...] = ()
    """Accounts with messages that wait for a lease: for whose, on what, and until when."""
    questions: tuple[str, ...] = ()
    """What a person is asked about many rows at once, or about a post that may be renamed."""
    amendments: tuple[str, ...] = ()
    """Edits and removals of published messages that a person must decide, a line for each reason."""
    contradiction: str = ""
    """Why nothing is sent and what to do, where the state does not know everything."""
    damaged: tuple[str, ...] = ()
    """What of the state cannot be read, and what could not be looked at."""

    @property
    def needs_person(self) -> bool:
        asked = (self.questions, self.needs_you, self.amendments, self.dying)
        return any((self.contradiction, self.disk, self.damaged, self.paused, self.unready, *asked))


LEAST_ROOM = 2**20
"""Bytes without which the state cannot be written."""


def tell_disk(free: int) -> str:
    """That nothing can be written any more, "" where there is room."""
    return "the disk is full: nothing is published or sent before there is room" if free < LEAST_ROOM else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All about one post: in sentences, and as the state database has it."""

    slug: str
    lines: tuple[str, ...]
    post: KnownPost | None = None
    deliveries: tuple[Delivery, ...] = ()
    attempts: Mapping[int, tuple[Attempt, ...]] = field(default_factory=dict)
    """By delivery."""
    contradiction: str = ""
    """As in `Status`."""


class AccountCondition(StrEnum):
    """Whether an account can do its work; the words are those that people read."""

    READY = "ready"
    OFF = "off"
    PAUSED = "paused"
    RESTING = "resting"
    NO_CREDENTIALS = "no credentials"
    REFUSED = "refused"

    @property
    def needs_person(self) -> bool:
        return self in {self.PAUSED, self.NO_CREDENTIALS, self.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account as `accounts` shows it."""

    name: str
    network: str
    state: AccountCondition
    who: str = ""
    expires: str = ""
    note: str = ""
    """Everything to know, with what to do at a terminal."""
    why: str = ""
    """Why it cannot work, and nothing else."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A post and the earlier one that it is; no news where that was known."""

    post: KnownPost
    is_news: bool
    copy_of: str = ""
    """The slug of the earlier one, where it is still there, too."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is on an account, as its network counts."""

    account: str
    count: int
    limit: int
    excess: str
    """How much too long it is ("512 of 500 characters"), "" where it fits."""
