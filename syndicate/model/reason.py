"""What a message is about, where it is and why: enumerated, so that rules compare values and never sentences.

`planning.deliveries` makes the sentences, when they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a delivery waits, stopped, or is done. The comment says what `detail` holds beside it, if anything."""

    NONE = ""
    # What planning decides.
    ACCOUNT_GONE = "account_gone"
    APPROVAL = "approval"
    ASKED_TO_SKIP = "asked_to_skip"
    BASELINE = "baseline"
    EMBARGO = "embargo"  # until when
    EXCLUDED_CATEGORY = "excluded_category"  # the category
    FEWER_PARTS = "fewer_parts"
    FLAGGED_FROM_THE_START = "flagged_from_the_start"  # the flag
    GAVE_WAY = "gave_way"
    GENERATOR_CODE = "generator_code"  # the file, the line, the field, and the code
    MANY_AT_ONCE = "many_at_once"
    MAYBE_RENAMED = "maybe_renamed"  # the old post's slug
    NO_TRANSLATION = "no_translation"  # the account's language
    NOT_AN_OCCASION = "not_an_occasion"  # the word missing in the account's `on`
    NOT_IN_CATEGORIES = "not_in_categories"  # the account's categories
    OLD_WHEN_FOUND = "old_when_found"
    OTHER_LANGUAGE = "other_language"  # the slug of the translation that is announced
    OTHER_SLOTS = "other_slots"
    POSTED_BY_HAND = "posted_by_hand"
    POST_CAME_BACK = "post_came_back"
    POST_GONE = "post_gone"
    REDATED = "redated"
    TRANSLATION_ANNOUNCED = "translation_announced"  # its slug
    TURNED_OFF = "turned_off"
    TURNED_UP = "turned_up"
    UNCLEAR_WISH = "unclear_wish"  # the file, the line, and what cannot be understood
    UNFLAGGED = "unflagged"  # the flag
    # What makes a message wait that is due.
    ACCOUNT_BLOCKED = "account_blocked"  # the network's words
    ACCOUNT_RESTING = "account_resting"  # until when; since when and why
    BEHIND_PART = "behind_part"  # the number of the part
    BEHIND_TWIN = "behind_twin"  # the number of the other delivery
    GAP = "gap"
    LEASE_WAIT = "lease_wait"  # which process works on what; until when
    MISSED = "missed"  # the time
    MISSED_MOVED = "missed_moved"  # the time
    COSTS_TOO_MUCH = "costs_too_much"  # its cost; the limit
    MONEY_LIMIT = "money_limit"  # US dollars
    OVER_BUDGET = "over_budget"  # the limit; until when
    PAGE_NOT_LIVE = "page_not_live"  # what is wrong with it
    PAGE_TOO_LATE = "page_too_late"  # what is wrong with it
    PER_DAY = "per_day"  # the number
    QUIET_HOURS = "quiet_hours"  # from when to when
    STATE_CONTRADICTION = "state_contradiction"
    # What went wrong, and surely published nothing.
    BACK_OFF = "back_off"  # the error's words
    COMPOSED_ANEW = "composed_anew"  # which limit it did not keep
    GAVE_UP = "gave_up"  # after how long; the error's words
    NOT_COMPOSED = "not_composed"  # the error's words
    REFUSED = "refused"  # the network's words
    OTHER_THREAD = "other_thread"  # the number of the part that is out
    STILL_FAILING = "still_failing"  # the error's words
    # What may have been published.
    ANOTHERS_COPY = "anothers_copy"  # the copy
    COSTS_MONEY = "costs_money"  # how many looks
    COULD_NOT_LOOK = "could_not_look"  # the error's words
    DAMAGED = "damaged"
    INTERRUPTED = "interrupted"
    LOOKING = "looking"  # the error's words
    LOOK_YOURSELF = "look_yourself"  # the error's words
    NOBODY_TO_ASK = "nobody_to_ask"
    NOT_THERE = "not_there"  # how many looks
    NOT_THERE_YET = "not_there_yet"  # how many looks; of how many
    # What is there.
    EDITED = "edited"  # the copy
    NOT_FOLLOWED = "not_followed"  # what went wrong; which change it was
    FOUND = "found"  # the copy
    FOUND_ON_NETWORK = "found_on_the_network"
    NAMED_BY_NETWORK = "named_by_the_network"  # the copy
    REMOVED = "removed"
    SENT = "sent"  # the copy
    OWN_WORDS = "own_words"  # words that an older version kept: a network's, or an error's


@dataclass(frozen=True, slots=True)
class Why:
    """A reason with its data. Two pieces of data are separated by a line break."""

    reason: Reason
    detail: str = ""


class OccasionKind(StrEnum):
    """What a message goes out for."""

    NEW = "new"  # its post is new
    FLAG = "flag"  # its post got a flag in its front matter: "featured", or any other
    EVERGREEN = "evergreen"  # its post has been silent long enough
    MANUAL = "manual"  # a person asked for it


@dataclass(frozen=True, slots=True)
class Occasion:
    """What one message of a post goes out for. The name is unique among the occasions of a post on an account."""

    kind: OccasionKind
    name: str
    """ "new"; the flag; "evergreen-2026-11"; "manual", "manual-2" …, "manual:KEY"."""

    def __str__(self) -> str:
        return self.name

    @property
    def word(self) -> str:
        """The word in an account's `on` that asks for it, "" where none can."""
        if self.kind is OccasionKind.FLAG:
            return self.name
        return "" if self.kind is OccasionKind.MANUAL else self.kind.value

    @classmethod
    def of_flag(cls, flag: str) -> Occasion:
        return cls(OccasionKind.FLAG, flag)

    @classmethod
    def of_month(cls, month: str) -> Occasion:
        """A recycled post's; it comes once in a month at most."""
        return cls(OccasionKind.EVERGREEN, f"evergreen-{month}")

    @classmethod
    def by_hand(cls, number: int = 1) -> Occasion:
        """The first, second … time that a person asks for the same post on the same account."""
        return cls(OccasionKind.MANUAL, "manual" if number == 1 else f"manual-{number}")

    @classmethod
    def of_request(cls, key: str) -> Occasion:
        """A request by hand with a key of its own: sent twice, it is one occasion."""
        return cls(OccasionKind.MANUAL, f"manual:{key}")


NEW = Occasion(OccasionKind.NEW, "new")
FEATURED = Occasion.of_flag("featured")


# --- where a delivery is, and what a person may do to it there ---


class State(StrEnum):
    """Where a delivery is. TRANSITIONS below is the whole truth about where it may go."""

    PLANNED = "planned"  # waits for its slot
    DUE = "due"  # its time has come, or it waits for another try
    SENDING = "sending"  # a worker holds the lease; the intent is on disk
    SENT = "sent"  # a receipt is stored
    FAILED = "failed"  # surely not published, and never will be without a person
    UNCERTAIN = "uncertain"  # may be published: settled by looking, or by a person
    HELD = "held"  # waits for a person: approval, or a hold
    SKIPPED = "skipped"  # decided not to send (baseline, override); can be released
    MISSED = "missed"  # its slot passed while nobody was there; released by policy or by a person
    CANCELLED = "cancelled"  # a person said no


COMING = (State.PLANNED, State.DUE)
"""Go out by themselves."""
WAITING = (*COMING, State.HELD)
"""Hold a slot."""
UNSENT = (*WAITING, State.MISSED)
OUT = (State.SENDING, State.UNCERTAIN, State.SENT)
"""Are out, or may be."""
ASIDE = (State.SKIPPED, State.CANCELLED)
"""Somebody or a rule decided against them."""
ENDED = (State.SENT, *ASIDE)

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.DUE, State.HELD, State.SKIPPED, State.MISSED, State.CANCELLED}),
    State.DUE: frozenset(
        {State.PLANNED, State.SENDING, State.HELD, State.SKIPPED, State.MISSED, State.FAILED, State.CANCELLED}
    ),
    State.SENDING: frozenset({State.SENT, State.DUE, State.FAILED, State.UNCERTAIN}),
    State.UNCERTAIN: frozenset({State.SENT, State.DUE, State.FAILED}),
    State.HELD: frozenset({State.PLANNED, State.DUE, State.SKIPPED, State.CANCELLED}),
    State.SKIPPED: frozenset({State.PLANNED, State.DUE, State.HELD, State.SENT}),
    State.MISSED: frozenset({State.PLANNED, State.DUE, State.SKIPPED, State.CANCELLED}),
    State.FAILED: frozenset({State.DUE, State.SENT, State.CANCELLED}),
    State.CANCELLED: frozenset({State.PLANNED, State.DUE, State.HELD}),
    State.SENT: frozenset(),
}


def can_move(before: State, after: State) -> bool:
    """Whether a delivery may go from one state to the other."""
    return after in TRANSITIONS[before]


class Action(StrEnum):
    """What a person does to a delivery. ACTIONS below is the whole truth about when."""

    HOLD = "hold"
    RELEASE = "release"
    SKIP = "skip"
    CANCEL = "cancel"
    RETRY = "retry"
    MOVE = "move"
    EDIT = "edit"
    SETTLE_SENT = "settle_sent"
    SETTLE_NOT_SENT = "settle_not_sent"
    POST = "post"  # asked for by hand: makes a delivery, or gives one that waits its time


_WAITING_ACTIONS = (Action.RETRY, Action.HOLD, Action.CANCEL, Action.MOVE, Action.EDIT)

ACTIONS: Mapping[State, tuple[Action, ...]] = {
    State.PLANNED: _WAITING_ACTIONS,
    State.DUE: _WAITING_ACTIONS,
    State.SENDING: (),
    State.SENT: (),
    State.FAILED: (Action.RETRY, Action.CANCEL, Action.EDIT, Action.SETTLE_SENT),
    State.UNCERTAIN: (Action.SETTLE_SENT, Action.SETTLE_NOT_SENT),
    State.HELD: (Action.RELEASE, Action.SKIP, Action.CANCEL, Action.MOVE, Action.EDIT),
    State.SKIPPED: (Action.RELEASE, Action.EDIT, Action.SETTLE_SENT),
    State.MISSED: (Action.RELEASE, Action.SKIP, Action.CANCEL, Action.MOVE, Action.EDIT),
    State.CANCELLED: (Action.RELEASE, Action.EDIT),
}
"""What a person may do from each state, the likeliest first: the buttons of the dashboard, the commands, the store."""

_THERE_ALREADY = {
    (Action.HOLD, State.HELD),
    (Action.SKIP, State.SKIPPED),
    (Action.CANCEL, State.CANCELLED),
    (Action.RETRY, State.MISSED),
}
"""Needs no button, and is no mistake: what was asked for twice, or in other words."""

_INSTEAD = {Action.SKIP: Action.CANCEL, Action.RETRY: Action.RELEASE}
"""What a person meant, where it goes from that state."""


def refuse(action: Action, state: State) -> str:
    """Why a person may not do this to a delivery in this state, "" where they may."""
    if action in ACTIONS[state] or (action, state) in _THERE_ALREADY:
        return ""
    if state is State.SENDING:
        return "is being sent this moment"
    if state is State.UNCERTAIN:
        return "may be published already: look, then settle it"
    instead = _INSTEAD.get(action)
    meant = f"; {instead} it" if instead in ACTIONS[state] else ""
    return f"is {state}: there is nothing to {action.value.partition('_')[0]}{meant}"
