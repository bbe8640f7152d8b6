"""What happens to published messages when their post is edited or taken away. Off unless an account asks for it.

An edit needs two things: the author changed the post since it was sent, and the message would now be another one. So
a new program, template or limit edits nothing. A removal needs more: the post is gone for an hour, others are still
there, and whoever carries it out finds that its page is gone, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syndicate.errors import contain
from syndicate.model import Account, Attachment, Attempt, Delivery, KnownPost, Message, Reason, State
from syndicate.planning.deliveries.retry import FIRST_WAIT, LONGEST_WAIT
from syndicate.planning.resemblance import find_copy

GONE_FOR = timedelta(hours=1)
"""A post must be gone for so long before its messages are removed: a checkout or a moved folder is not a deletion."""
ONE_READ = timedelta(hours=1)
"""Posts that went within this time of each other went together: a checkout may be read in several pieces."""
MOST_EDITS = 5
"""Posts edited at once; more are a person's decision: more likely a tool went over them than the author."""
MOST_REMOVALS = 5
"""Posts gone at once; more are a person's decision: more likely the folder is wrong than the author."""
LARGE_PART = 5
"""One of so many posts, gone in one read, is too much for a deletion nobody is asked about."""
BUNDLES = frozenset({"index", "_index", "readme"})
"""File names of posts that have a folder of their own."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A change that was tried in vain."""

    words: str
    since: datetime
    again_at: datetime | None
    """When it is tried again by itself, None for never."""
    is_resting: bool
    is_settled: bool = False
    """Whether it was told, and there is nothing more to do or to ask."""


GONE, ELSEWHERE, UNABLE, REFUSED, IN_VAIN = "gone", "elsewhere", "cannot", "refused", "in vain"
"""How a change ended that was not made, in the trail."""
_SETTLED = frozenset({GONE, ELSEWHERE, UNABLE})
_MADE = frozenset({"edited", "removed"})
GIVE_UP_AFTER = timedelta(hours=48)


def find_trouble(trail: Iterable[Attempt], mark: str, now: datetime, *, is_elsewhere: bool = False) -> Trouble | None:
    """What the trail says of a change that was tried in vain, since the last one that was made.

    Tried again after as long as it has failed already, from half a minute to an hour, for two days; what a network
    refuses is not tried again.
    """
    tries: list[Attempt] = []
    for one in trail:
        if one.outcome in _MADE:
            tries.clear()
        elif one.reason is Reason.NOT_FOLLOWED and one.detail.partition("\n")[2] == mark:
            tries += [one] if is_elsewhere or one.outcome != ELSEWHERE else []
    if not tries:
        return None
    since, last = tries[0].at, tries[-1]
    words, waited = last.detail.partition("\n")[0], last.at - since
    again_at: datetime | None = last.at + min(max(FIRST_WAIT, waited), LONGEST_WAIT)
    if last.outcome != IN_VAIN or waited >= GIVE_UP_AFTER:
        again_at = None
    is_resting = again_at is None or last.at <= now < again_at  # a later last try: the clock was set back
    return Trouble(words, since, again_at, is_resting, is_settled=last.outcome in _SETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A change to one published message: with a `message` it is edited, without one it is removed."""

    delivery: Delivery
    message: Message | None = None
    permalink: str = ""
    """Of a removal: the page that must be gone."""
    waits: str = ""
    """Why a person must decide, "" where nobody need be asked."""
    elsewhere: str = ""
    """Where the message is, if its account cannot reach it any more; "" where it can."""
    trouble: Trouble | None = None
    """Why it was in vain before."""

    @property
    def is_removal(self) -> bool:
        return self.message is None

    @property
    def is_silent(self) -> bool:
        """Whether the post was changed and its message is still the same: that need only be remembered."""
        before, after = self.delivery.message, self.message
        return before is not None and after is not None and _said(before) == _said(after)

    @property
    def mark(self) -> str:
        """Tells this change of the message from every other."""
        return (
            ""
            if self.message is None
            else hashlib.blake2b("\0".join(_said(self.message)).encode("utf-8", "replace"), digest_size=8).hexdigest()
        )

    @property
    def is_alt_alone(self) -> bool:
        """Whether nothing but the alt text of the picture changes."""
        before, after = self.delivery.message, self.message
        return before is not None and after is not None and _said(before)[:-1] == _said(after)[:-1]


@dataclass(frozen=True, slots=True)
class Composers:
    """What the rules ask: `compose` a delivery's message as it would be now, `trace` its `Message.origin` …"""

    compose: Callable[[Delivery], Message]
    trace: Callable[[Delivery], str]
    list_attempts: Callable[[Delivery], Iterable[Attempt]] = field(default=lambda _delivery: ())
    find_other_place: Callable[[Delivery], str] = field(default=lambda _delivery: "")
    """Where a message is that its account cannot reach any more, "" where it can."""
    keeps_picture: Callable[[str], bool] = field(default=lambda _account: False)
    """Whether an edit leaves the picture as it was sent."""


def plan_amendments(
    sent: Iterable[Delivery],
    known: Mapping[str, KnownPost],
    accounts: Mapping[str, Account],
    composers: Composers,
    now: datetime,
    *,
    asked: Collection[str] = (),
) -> tuple[Amendment, ...]:
    """Edits and removals that the accounts' policies ask for now, silent ones included.

    `known` is by post id, `asked` are the slugs of posts that others may be, renamed. A message that cannot be
    composed is left as it is. What a person wrote or chose by hand is never edited.
    """
    planned: list[Amendment] = []
    for delivery in sent:
        account, post = accounts.get(delivery.account), known.get(delivery.post_id)
        if delivery.state is not State.SENT or delivery.receipt is None or account is None or post is None:
            continue
        if post.gone_at is not None:
            planned += _plan_removal(delivery, account, post, known, now, asked=asked)
        elif account.on_edit == "edit" and not delivery.is_own:
            planned += _plan_edit(delivery, post, composers)
    judged = [one if one.is_silent else _judge(one, composers, now) for one in planned]
    return tuple(_ask_about_many([one for one in judged if not (one.trouble and one.trouble.is_settled)]))


def _judge(one: Amendment, composers: Composers, now: datetime) -> Amendment:
    """With what speaks against making it now: the message is out of reach, or it was in vain before."""
    elsewhere = composers.find_other_place(one.delivery)
    trail = composers.list_attempts(one.delivery)
    trouble = find_trouble(trail, one.mark, now, is_elsewhere=bool(elsewhere))
    return replace(one, elsewhere=elsewhere, trouble=trouble)


def _plan_removal(
    delivery: Delivery,
    account: Account,
    post: KnownPost,
    known: Mapping[str, KnownPost],
    now: datetime,
    *,
    asked: Collection[str],
) -> list[Amendment]:
    is_due = account.on_delete == "delete" and post.gone_at is not None and now - post.gone_at >= GONE_FOR
    if not is_due or all(other.gone_at is not None for other in known.values()):
        return []
    waits = why_no_deletion(post, tuple(known.values())) or _find_heir(post, known.values(), asked)
    return [Amendment(delivery=delivery, permalink=post.permalink, waits=waits)]


def why_no_deletion(post: KnownPost, known: Iterable[KnownPost]) -> str:
    """Why a vanished post may not have been deleted by its author, "" where nothing speaks against it."""
    assert post.gone_at is not None
    before = [other for other in known if other.gone_at is None or other.gone_at >= post.gone_at - ONE_READ]
    together = {other.id for other in before if other.gone_at and abs(other.gone_at - post.gone_at) <= ONE_READ}
    if len(together) * LARGE_PART >= len(before):
        return f"{len(together)} of {len(before)} posts went at once"
    for folder in _list_folders(post.source):
        inside = {other.id for other in before if folder in _list_folders(other.source)}
        if inside <= together:
            return f"all posts of {folder}/ went at once"
    return ""


def _find_heir(post: KnownPost, known: Iterable[KnownPost], asked: Collection[str]) -> str:
    """Why the post may be there under another name, "" where it is not: a copy outlives its original."""
    if post.slug in asked:
        return f"{post.slug} may have been renamed: tell whether it is the same post"
    copy = find_copy(post, (other for other in known if other.gone_at is None))
    return f"{post.slug} may go on as {copy.slug}" if copy else ""


def _list_folders(source: str) -> tuple[str, ...]:
    """The folders a post shares with others: not the content folder itself, nor one of its own."""
    *folders, name = source.split("/")
    shared = folders[:-1] if name.rpartition(".")[0].lower() in BUNDLES else folders
    return tuple("/".join(shared[:depth]) for depth in range(1, len(shared) + 1))


def _plan_edit(delivery: Delivery, post: KnownPost, composers: Composers) -> list[Amendment]:
    before = delivery.message
    with contain(lambda _: None):  # whoever publishes is told why
        if before is not None and _is_changed(before, delivery, post, composers):
            after = composers.compose(delivery)
            if composers.keeps_picture(delivery.account):
                after = _with_sent_pictures(before, after)
            return [Amendment(delivery=delivery, message=after)]
    return []


def _is_changed(before: Message, delivery: Delivery, post: KnownPost, composers: Composers) -> bool:
    """Whether the author changed the post since it was sent; what was sent long ago kept no trace of that."""
    if before.origin:
        return before.origin != composers.trace(delivery)
    return delivery.sent_at is not None and post.updated_at > delivery.sent_at


def _with_sent_pictures(before: Message, after: Message) -> Message:
    """The message with the pictures that were sent: the words about another one would be wrong for them."""

    def keep(sent: Attachment | None, now: Attachment | None) -> Attachment | None:
        return now if sent and now and sent.path == now.path else sent

    return replace(after, image=keep(before.image, after.image), card=keep(before.card, after.card))


def _said(message: Message) -> tuple[str, ...]:
    """What readers of the network see or hear of a message; alt texts come last."""
    pictures = [picture for picture in (message.image, message.card) if picture]
    paths, alts = "\0".join(one.path for one in pictures), "\0".join(one.alt for one in pictures)
    return message.text, message.markdown, message.title, message.summary, message.warning, paths, alts


def _ask_about_many(planned: list[Amendment]) -> Iterator[Amendment]:
    edited = {one.delivery.post_id for one in planned if not one.is_removal and not one.is_silent}
    removed = {one.delivery.post_id for one in planned if one.is_removal}
    for one in planned:
        posts, most = (removed, MOST_REMOVALS) if one.is_removal else (edited, MOST_EDITS)
        what = "posts went" if one.is_removal else "posts were edited"
        is_many = len(posts) > most and not one.is_silent
        yield replace(one, waits=one.waits or f"{len(posts)} {what} at once") if is_many else one


def choose_automatic(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """What the daemon does by itself now."""
    return tuple(one for one in amendments if not one.waits and not (one.trouble and one.trouble.is_resting))
