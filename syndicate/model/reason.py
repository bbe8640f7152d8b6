"""What a message is about, and why it is where it is: enumerated, so that rules compare values and never sentences.

`planning.deliveries` makes the sentences, when they are shown.
"""

from __future__ import annotations

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
