"""Why a post does not go out on an account: the rules behind it, and the sentences, made only when they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from syndicate.errors import UsageError
from syndicate.model import (
    UNSENT,
    WAITING,
    Account,
    Action,
    Attempt,
    Delivery,
    Identified,
    KnownDelivery,
    KnownPost,
    Occasion,
    OccasionKind,
    Plan,
    PlannedChange,
    PlannedDelivery,
    Post,
    Problem,
    Reason,
    SocialOverride,
    State,
    Why,
)

TAKES_BACK = frozenset({Reason.POST_GONE, Reason.ASKED_TO_SKIP, Reason.UNFLAGGED})
"""What planning itself decided and takes back when the post no longer gives the reason.

Below its own data, `detail` keeps the reason and the data that the row was held for, for its return.
"""

BRINGS_BACK = TAKES_BACK | {Reason.POST_CAME_BACK}
"""An earlier syndicate left rows cancelled whose post came back to a person's hold."""

JUDGED_AGAIN = frozenset({
    Reason.OLD_WHEN_FOUND, Reason.NOT_IN_CATEGORIES, Reason.EXCLUDED_CATEGORY, Reason.NOT_AN_OCCASION,
    Reason.NO_TRANSLATION, Reason.OTHER_LANGUAGE,
})  # fmt: skip
"""Rules that a typing error in a post or in syndicate.toml may have brought in; `detail` keeps a question as above."""

UNCLEAR = frozenset({Reason.GENERATOR_CODE, Reason.UNCLEAR_WISH})
"""What only the author of a post can mend: then its message goes by itself."""


def may_follow_edit(state: State, reason: Reason) -> bool:
    """Whether a message may change with its post: while it waits, and where what the post says stopped it."""
    return state in UNSENT or reason in BRINGS_BACK | JUDGED_AGAIN | {Reason.MISSED}


_KEEPS_MORE = TAKES_BACK | JUDGED_AGAIN | {Reason.NOT_FOLLOWED}
"""Below the data of their sentences, `detail` keeps what is for rules alone."""

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
    Reason.EMBARGO: "its post is under embargo until {}",
    Reason.EXCLUDED_CATEGORY: 'its category "{}" is excluded on this account',
    Reason.FEWER_PARTS: "the message has fewer parts now",
    Reason.FLAGGED_FROM_THE_START: "{} from the start: announced as new",
    Reason.GAVE_WAY: "gave its slot to a fresh post",
    Reason.GENERATOR_CODE: "code of the generator was left out ({}): write it out, or release it as it is",
    Reason.MANY_AT_ONCE: "many posts appeared at once, more than `most_at_once`: release what is news, skip the rest",
    Reason.MAYBE_RENAMED: "may be the earlier post {}: tell whether it is the same",
    Reason.NO_TRANSLATION: 'there is no translation into the account\'s language, "{}"',
    Reason.NOT_AN_OCCASION: 'this account does not post on the occasion "{}"',
    Reason.NOT_IN_CATEGORIES: "not in the account's categories ({})",
    Reason.OLD_WHEN_FOUND: "the post was old when it was found: release it to send it",
    Reason.OTHER_LANGUAGE: "this account announces its translation, {}",
    Reason.OTHER_SLOTS: "the account's slots were changed",
    Reason.POSTED_BY_HAND: "it was announced by hand before it was published",
    Reason.POST_CAME_BACK: "its post came back: release it to send it",
    Reason.POST_GONE: "its post is gone: deleted, or a draft again",
    Reason.REDATED: "its post was given another date",
    Reason.TRANSLATION_ANNOUNCED: "its translation {} was announced already",
    Reason.TURNED_OFF: "the account is turned off",
    Reason.TURNED_UP: "may have been there before: release it if it is news, else skip it",
    Reason.UNCLEAR_WISH: "what the post says for its messages cannot be understood ({}): correct it, "
    "or release it as it is",
    Reason.UNFLAGGED: "the post is no longer {}",
    Reason.ACCOUNT_BLOCKED: "{}",
    Reason.ACCOUNT_RESTING: "the account rests until {}; it has been failing since {}",
    Reason.BEHIND_PART: "waits for part {} of its thread",
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
    Reason.OTHER_THREAD: "the post or the limits changed after part {} of its thread went out, which ended with "
    "other words: release it to go on with the new ones, give it words of your own, or cancel it",
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
    Reason.NOT_FOLLOWED: "{}",
    Reason.FOUND: "was published; found by looking: {}",
    Reason.FOUND_ON_NETWORK: "found on the network",
    Reason.NAMED_BY_NETWORK: "was published; the network names the copy: {}",
    Reason.REMOVED: "removed from the network after its post was deleted",
    Reason.SENT: "sent: {}",
    Reason.OWN_WORDS: "{}",
}

_PART_GONE = (
    "If the part before it was deleted there, cancel this, then `syndicate post {0.slug} --to {0.account} --again` "
    "sends the whole thread anew"
)
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


Decided = Delivery | KnownDelivery | PlannedDelivery | PlannedChange
"""A row, a change to one, or a plan for one: whatever has a reason."""


def say_reason(reason: Reason, detail: str = "") -> str:
    """The reason as a sentence for a person, with its data in it."""
    sentence = _SENTENCES[reason]
    detail = detail.partition("\n")[0] if reason in _KEEPS_MORE else detail
    for piece in detail.split("\n", max(sentence.count("{}") - 1, 0)):
        sentence = sentence.replace("{}", piece, 1)
    return sentence.removesuffix(": ")  # a copy that has no address


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
    if isinstance(row, Delivery) and row.part > 1 and (row.state, row.reason) == (State.FAILED, Reason.REFUSED):
        return f"{why.rstrip('.')}. {_PART_GONE.format(row)}"
    if why and chosen and row.state in WAITING:
        return f"{why} ({chosen})"
    return why or chosen


def tell_gone(rows: Iterable[Delivery], accounts: Iterable[Account]) -> tuple[Delivery, ...]:
    """The rows, where those that wait for a person, or are looked for, say that their account is none of these."""
    known = {account.name for account in accounts}

    def tell(row: Delivery) -> Delivery:
        if row.account in known:
            return row
        if row.state in {State.HELD, State.MISSED} and row.reason not in ASKED_TOGETHER:
            return replace(row, reason=Reason.ACCOUNT_GONE, detail="")
        if row.state is State.UNCERTAIN:
            detail = "its account is not in syndicate.toml"
            return replace(row, reason=Reason.LOOK_YOURSELF, detail=detail, look_at=None)
        return row

    return tuple(map(tell, rows))


def change_row(
    row: KnownDelivery | Delivery, state: State, why: Why | None = None, *, due_at: datetime | None = None
) -> PlannedChange:
    """The row in this state for this reason, at another time or its own."""
    reason, detail = (why.reason, why.detail) if why else (Reason.NONE, "")
    return PlannedChange(delivery_id=row.id, state=state, due_at=due_at or row.due_at, reason=reason, detail=detail)


def find_own_reason(post: Post, override: SocialOverride, occasion: Occasion) -> Why | None:
    """The reason that lies in the post itself."""
    if override.skip:
        return Why(Reason.ASKED_TO_SKIP)
    if occasion.kind is OccasionKind.FLAG and occasion.name not in post.flags:
        return Why(Reason.UNFLAGGED, occasion.name)
    return None


def find_unclear(post: Post, override: SocialOverride, own_text: str = "") -> Why | None:
    """What of a message only its author can tell, with a person's `own_text` or without: a wish that cannot be
    understood, or code of the generator that was left out of what is said."""
    is_own = bool(own_text.strip())
    is_shared = not (is_own or override.text or override.code)
    parts = {"title", "summary", *(["socialShare"] if is_shared else [])}
    wishes = [override.unclear]
    wishes += [one.place for one in post.left_out if one.part == "wish" and is_shared]
    if wish := next(filter(None, wishes), ""):
        return Why(Reason.UNCLEAR_WISH, wish)
    places = ["" if is_own else override.code, *(one.place for one in post.left_out if one.part in parts)]
    place = next(filter(None, places), "")
    return Why(Reason.GENERATOR_CODE, place) if place else None


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


# --- syndicate why SLUG ---
# Everything that is known and planned about one post, in sentences.


def explain(
    slug: str,
    plan: Plan,
    known: KnownPost | None,
    deliveries: Sequence[Delivery],
    attempts: Mapping[int, Sequence[Attempt]],
    *,
    zone: ZoneInfo,
    earlier: Sequence[KnownPost] = (),
    posts: Sequence[Post] = (),
) -> tuple[str, ...]:
    """Lines for a person: the post, its identity, each delivery with its trail, what would be added now.

    `known` is the row the state database has for the slug, `earlier` are other posts that had this name once, `posts`
    all that were read; times are shown in the zone. Raises UsageError for a slug that nobody knows.
    """
    lines = [*_explain_post(slug, plan, known, zone, posts)]
    others = {row.id for row in earlier}
    own = [one for one in deliveries if one.post_id not in others]
    lines += _explain_deliveries(own, attempts, zone)
    lines += (line for item in plan.identified if item.post.slug == slug for line in _tell_old_links(own, item))
    for row in earlier:
        now = f'is "{row.slug}" now' if row.gone_at is None else f"gone since {_local(row.gone_at, zone)}"
        lines.append(f'another post had this name: "{row.title}", id {row.id}, {now}')
        lines += _explain_deliveries([one for one in deliveries if one.post_id == row.id], attempts, zone)
    lines += [_explain_planned(row, zone) for row in plan.deliveries if row.slug == slug]
    changed = {change.delivery_id: change for change in plan.changes}
    for delivery in deliveries:
        if change := changed.get(delivery.id):
            why = say_why(change)
            lines.append(
                f"would change: delivery {delivery.id} becomes {change.state} at {_local(change.due_at, zone)}"
                + (f": {why}" if why else "")
            )
    lines += [f"problem: {problem}" for problem in _problems(slug, plan, known)]
    return tuple(lines)


def _explain_deliveries(
    deliveries: Iterable[Delivery], attempts: Mapping[int, Sequence[Attempt]], zone: ZoneInfo
) -> Iterable[str]:
    for delivery in sorted(deliveries, key=lambda row: (row.account, row.id)):
        yield from _explain_delivery(delivery, attempts.get(delivery.id, ()), zone)


def _tell_old_links(deliveries: Iterable[Delivery], item: Identified) -> Iterable[str]:
    """Where messages that are out lead, if the post has moved since: only its author can redirect that."""
    now = item.post.permalink
    sent = (row.message.link for row in deliveries if row.state is State.SENT and row.message)
    for link in dict.fromkeys(sent):
        if link and link.removeprefix(now)[:1] not in {"", "?", "&", "#"}:  # what follows it is our UTM parameters
            yield f"its messages lead to {link}: redirect that to {now}"


def _explain_post(
    slug: str, plan: Plan, known: KnownPost | None, zone: ZoneInfo, posts: Sequence[Post]
) -> Iterable[str]:
    item = next((item for item in plan.identified if item.post.slug == slug), None)
    row = item.known if item else known
    if row is None:
        raise tell_missing(slug, plan, posts)
    yield f'{slug}: "{row.title}" in {row.source}'
    yield f"id {row.id}, first seen {_local(row.first_seen_at, zone)}"
    if item is None:
        is_there = any(problem.source == row.source for problem in plan.problems)
        yield f"not public: {'its file cannot be read' if is_there else 'its file is gone or it is a draft'}"
        return
    when = "is public since" if row.published_at <= plan.now else "becomes public at"
    yield f"{when} {_local(row.published_at, zone)}, last changed {_local(row.updated_at, zone)}"
    if date := find_other_date(item):
        yield f"its file says {_local(date, zone)}: the feeds keep the date of before"
    if item.post.flags:
        yield f"flags: {', '.join(sorted(item.post.flags))}"


def find_other_date(item: Identified) -> datetime | None:
    """The date that the file names, where the feeds show another one."""
    date = item.post.published_at
    return date if date is not None and date != item.known.published_at else None


def tell_missing(slug: str, plan: Plan, posts: Iterable[Post]) -> UsageError:
    """Why no post has this slug: it is a draft, its file cannot be read, or another one is meant."""
    drafts = {post.slug: post.source for post in posts if post.is_draft}
    unread = {problem.source.rpartition("/")[2].rpartition(".")[0]: problem for problem in plan.problems}
    known = [*(one.post.slug for one in plan.identified), *drafts]
    near = get_close_matches(slug, known, n=1)
    if slug in drafts:
        hint = f"{drafts[slug]} is a draft: it can be sent once it is published"
    elif slug in unread:
        hint = str(unread[slug])
    else:
        some = f"such as {', '.join(known[:3])}" if known else "no post is published yet"
        hint = f'did you mean "{near[0]}"?' if near else some
    return UsageError(f'no post has the slug "{slug}"', hint=hint)


def _explain_delivery(delivery: Delivery, trail: Sequence[Attempt], zone: ZoneInfo) -> Iterable[str]:
    name = f"{delivery.account} ({delivery.occasion}{f', part {delivery.part}' if delivery.part > 1 else ''})"
    line = f"{name}: delivery {delivery.id} is {delivery.state}"
    if delivery.state in UNSENT:
        line += f"{'' if delivery.state is State.DUE else ', due'} {_local(delivery.due_at, zone)}"
    place = delivery.receipt.url if delivery.receipt else ""
    if place:
        line += f", {place}"
    why = "" if place and place == delivery.detail else say_why(delivery)
    yield line + (f" - {why}" if why else "")
    for attempt in trail:
        is_told = place and attempt.detail == place
        detail = f" - {say_reason(attempt.reason, attempt.detail)}" if attempt.reason and not is_told else ""
        went = "" if attempt.outcome == attempt.state else f" → {attempt.state}"
        yield f"  {_local(attempt.at, zone)} {attempt.action}: {attempt.outcome}{went}{detail}"


def _explain_planned(row: PlannedDelivery, zone: ZoneInfo) -> str:
    name = f"{row.account} ({row.occasion}{f', part {row.part}' if row.part > 1 else ''})"
    line = f"{name}: would be {row.state}"
    if row.state is not State.SKIPPED:
        line += f" for {_local(row.due_at, zone)}, {row.count} of {row.limit}"
        line += f", {row.cost:.3f} USD" if row.cost else ""
    notes = [note for note in (say_why(row), *row.warnings) if note]
    return line + (f" - {'; '.join(notes)}" if notes else "")


def _problems(slug: str, plan: Plan, known: KnownPost | None) -> Iterable[Problem]:
    sources = {item.post.source for item in plan.identified if item.post.slug == slug}
    sources |= {known.source} if known else set()
    return [problem for problem in plan.problems if problem.source in sources]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
