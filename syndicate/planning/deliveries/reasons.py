"""Why a post does not go out on an account: the rules behind it, and the sentences, made only when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from syndicate.model import (
    Account,
    Action,
    Identified,
    Occasion,
    OccasionKind,
    Post,
    Reason,
    SocialOverride,
    State,
    Why,
)

TAKES_BACK = frozenset({Reason.POST_GONE, Reason.ASKED_TO_SKIP, Reason.UNFLAGGED})
"""What planning itself decided and takes back when the post no longer gives the reason.

Below its own data, `detail` keeps the reason and the data that the row was held for, for its return.
"""

JUDGED_AGAIN = frozenset(
    {Reason.OLD_WHEN_FOUND, Reason.NOT_IN_CATEGORIES, Reason.EXCLUDED_CATEGORY, Reason.NOT_AN_OCCASION}
)
"""Rules that a typing error in a post or in syndicate.toml may have brought in; `detail` keeps a question as above."""

ASKED_TOGETHER = frozenset({Reason.MANY_AT_ONCE, Reason.TURNED_UP})
"""What is one question on an account, however many posts it is about."""

_YOURSELF = "look yourself, then `syndicate settle`"

_SENTENCES: Mapping[Reason, str] = {
    Reason.NONE: "",
    Reason.ACCOUNT_GONE: "its account is not in syndicate.toml any more: give it back its name, "
    "or send the post from another one (`syndicate post SLUG --to ACCOUNT`) and cancel this",
    Reason.APPROVAL: "waits for approval",
    Reason.ASKED_TO_SKIP: "the post asks to be skipped here",
    Reason.BASELINE: "baseline: the post was already there when the account was turned on",
    Reason.EXCLUDED_CATEGORY: 'its category "{}" is excluded on this account',
    Reason.FEWER_PARTS: "the message has fewer parts now",
    Reason.FLAGGED_FROM_THE_START: "{} from the start: announced as new",
    Reason.GAVE_WAY: "gave its slot to a fresh post",
    Reason.GENERATOR_CODE: "code of the generator was left out ({}): write it out, or release it as it is",
    Reason.MANY_AT_ONCE: "many posts appeared at once: release what is news, skip the rest",
    Reason.MAYBE_RENAMED: "may be the earlier post {}: tell whether it is the same",
    Reason.NO_TRANSLATION: 'there is no translation into the account\'s language, "{}"',
    Reason.NOT_AN_OCCASION: 'this account does not post on the occasion "{}"',
    Reason.NOT_IN_CATEGORIES: "not in the account's categories ({})",
    Reason.OLD_WHEN_FOUND: "the post was old when it was found: release it to send it",
    Reason.OTHER_LANGUAGE: "this account announces its translation, {}",
    Reason.POST_CAME_BACK: "its post came back: release it to send it",
    Reason.POST_GONE: "its post is gone: deleted, or a draft again",
    Reason.REDATED: "its post was given another date",
    Reason.TRANSLATION_ANNOUNCED: "its translation {} was announced already",
    Reason.TURNED_OFF: "the account is turned off",
    Reason.TURNED_UP: "may have been there before: release it if it is news, else skip it",
    Reason.UNFLAGGED: "the post is no longer {}",
    Reason.ACCOUNT_BLOCKED: "{}",
    Reason.ACCOUNT_RESTING: "the account rests until {}; it has been failing since {}",
    Reason.BEHIND_TWIN: "waits until delivery {}, of the same post, is settled",
    Reason.GAP: "waits for the gap after the previous message",
    Reason.LEASE_WAIT: "process {}, until {} at the latest",
    Reason.MISSED: "missed its time, {}: release it to send it",
    Reason.MISSED_MOVED: "missed its time, {}: moved to the next slot",
    Reason.COSTS_TOO_MUCH: "costs {} US dollars, more than the {} of `max_cost`: raise that and release it, or cancel",
    Reason.MONEY_LIMIT: "the limit of {} US dollars in 30 days is reached",
    Reason.OVER_BUDGET: "no money for it (`max_cost` is {} US dollars) until {}: release it to send it then, or cancel",
    Reason.PAGE_NOT_LIVE: "waits for its page: {}",
    Reason.PAGE_TOO_LATE: "its page was not live in time: {}",
    Reason.PER_DAY: "the limit of {} messages a day is reached",
    Reason.QUIET_HOURS: "waits for the end of the quiet hours, {}",
    Reason.STATE_CONTRADICTION: "may have been sent, before the state was lost: look, then release or cancel it",
    Reason.BACK_OFF: "{}",
    Reason.COMPOSED_ANEW: "composed again to fit the network's limits: {}",
    Reason.GAVE_UP: "gave up after {}: {}",
    Reason.NOT_COMPOSED: "{}",
    Reason.REFUSED: "{}",
    Reason.STILL_FAILING: "still failing after hours of trying: {}",
    Reason.ANOTHERS_COPY: f"may be published (the network names another message's copy, {{}}): {_YOURSELF}",
    Reason.COSTS_MONEY: f"may be published (not found after {{}} looks, and another try costs money): {_YOURSELF}",
    Reason.COULD_NOT_LOOK: "may be published; could not look ({}): looking again",
    Reason.DAMAGED: "what was kept of it cannot be read, so it waits: look whether it is published, then cancel it",
    Reason.INTERRUPTED: "the program stopped during the call: looking whether it was published",
    Reason.LOOKING: "may be published ({}): looking",
    Reason.LOOK_YOURSELF: f"may be published ({{}}): {_YOURSELF}",
    Reason.NOBODY_TO_ASK: f"may be published, and the network cannot be asked: {_YOURSELF}",
    Reason.NOT_THERE: "not found after {} looks: sending it again",
    Reason.NOT_THERE_YET: "not found after {} of {} looks",
    Reason.EDITED: "edited to follow its post: {}",
    Reason.FOUND: "was published; found by looking: {}",
    Reason.FOUND_ON_NETWORK: "found on the network",
    Reason.NAMED_BY_NETWORK: "was published; the network names the copy: {}",
    Reason.REMOVED: "removed from the network after its post was deleted",
    Reason.SENT: "sent: {}",
    Reason.OWN_WORDS: "{}",
}

_BY_YOU: Mapping[Action, str] = {
    Action.HOLD: "held by you",
    Action.RELEASE: "released by you",
    Action.SKIP: "skipped by you",
    Action.CANCEL: "cancelled by you",
    Action.RETRY: "retried by you",
    Action.MOVE: "moved by you",
    Action.SETTLE_SENT: "settled by you: it was sent",
    Action.SETTLE_NOT_SENT: "settled by you: it was not sent",
    Action.POST: "asked for by hand",
}

_WAITING = frozenset({State.PLANNED, State.DUE, State.HELD})


class Decided(Protocol):
    """A row, a change to one, or a plan for one: whatever has a reason."""

    @property
    def state(self) -> State: ...

    @property
    def reason(self) -> Reason: ...

    @property
    def detail(self) -> str: ...

    @property
    def chosen(self) -> Action | None: ...


def say_reason(reason: Reason, detail: str = "") -> str:
    """The reason as a sentence for a person, with its data in it."""
    sentence = _SENTENCES[reason]
    detail = detail.partition("\n")[0] if reason in TAKES_BACK | JUDGED_AGAIN else detail
    for piece in detail.split("\n", max(sentence.count("{}") - 1, 0)):
        sentence = sentence.replace("{}", piece, 1)
    return sentence


def say_pause(account: str, reason: str, *, ends: bool) -> str:
    """Why an account is paused, and how it goes on; `ends`: by itself, after a while."""
    how = (
        "it is tried again by itself" if ends else f"other secrets wake it, or `syndicate accounts --resume {account}`"
    )
    return f"{reason}; {how}"


def say_why(row: Decided) -> str:
    """Why it is where it is: the reason, and what a person chose where it still waits; "" for nothing to say."""
    why = say_reason(row.reason, row.detail)
    chosen = _BY_YOU.get(row.chosen, "") if row.chosen else ""
    if why and chosen and row.state in _WAITING:
        return f"{why} ({chosen})"
    return why or chosen


def find_own_reason(post: Post, override: SocialOverride, occasion: Occasion) -> Why | None:
    """The reason that lies in the post itself."""
    if override.skip:
        return Why(Reason.ASKED_TO_SKIP)
    if occasion.kind is OccasionKind.FLAG and occasion.name not in post.flags:
        return Why(Reason.UNFLAGGED, occasion.name)
    return None


def find_code(post: Post, override: SocialOverride, own_text: str = "") -> Why | None:
    """Where code of the generator was left out of what a message says, with a person's `own_text` or without."""
    words = [] if own_text.strip() or not override.code else [override.code]
    is_shared = not (own_text.strip() or override.text or override.code)
    parts = {"title", "summary", *(["socialShare"] if is_shared else [])}
    places = [*words, *(one.place for one in post.left_out if one.part in parts)]
    return Why(Reason.GENERATOR_CODE, places[0]) if places else None


def find_rule_reason(item: Identified, account: Account, occasion: Occasion) -> Why | None:
    """The reason that lies in the account's rules."""
    if not account.enabled:
        return Why(Reason.TURNED_OFF)
    if occasion.word and occasion.word not in account.on:
        return Why(Reason.NOT_AN_OCCASION, occasion.word)
    names = {category.name.casefold() for category in item.post.categories}
    if account.only and not names & {name.casefold() for name in account.only}:
        return Why(Reason.NOT_IN_CATEGORIES, ", ".join(account.only))
    if excluded := [name for name in account.exclude if name.casefold() in names]:
        return Why(Reason.EXCLUDED_CATEGORY, excluded[0])
    return None
