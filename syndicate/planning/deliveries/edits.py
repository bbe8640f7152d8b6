"""What happens to published messages when their post is edited or taken away. Off unless an account asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.errors import SyndicateError
from syndicate.model import Account, Delivery, KnownPost, Message, State

GONE_FOR = timedelta(hours=1)
"""A post must be gone for so long before its messages are removed: a checkout or a moved folder is no deletion."""
MOST_REMOVALS = 5
"""More removals than this at once are a person's decision: more likely the folder is wrong than the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A change to one published message: with a `message` it is edited, without one it is removed."""

    delivery: Delivery
    message: Message | None = None

    @property
    def is_removal(self) -> bool:
        return self.message is None


def plan_amendments(
    sent: Iterable[Delivery],
    known: Mapping[str, KnownPost],
    accounts: Mapping[str, Account],
    compose: Callable[[Delivery], Message],
    now: datetime,
) -> tuple[Amendment, ...]:
    """Edits and removals that the accounts' policies ask for now.

    `known` is by post id. `compose` gives a delivery's message as it would be now; one that cannot be composed is
    left as it is. A text that a person wrote by hand is never edited.
    """
    planned = []
    for delivery in sent:
        account, post = accounts.get(delivery.account), known.get(delivery.post_id)
        if delivery.state is not State.SENT or delivery.receipt is None or account is None or post is None:
            continue
        if post.gone_at is not None:
            planned += _plan_removal(delivery, account, post.gone_at, now)
        elif account.on_edit == "edit" and not delivery.text and post.updated_at > (delivery.sent_at or now):
            planned += _plan_edit(delivery, compose)
    return tuple(planned)


def _plan_removal(delivery: Delivery, account: Account, gone_at: datetime, now: datetime) -> list[Amendment]:
    is_due = account.on_delete == "delete" and now - gone_at >= GONE_FOR
    return [Amendment(delivery=delivery)] if is_due else []


def _plan_edit(delivery: Delivery, compose: Callable[[Delivery], Message]) -> list[Amendment]:
    before = delivery.message
    try:
        after = compose(delivery)
    except SyndicateError:
        return []
    if before is None or (after.text, after.markdown) == (before.text, before.markdown):
        return []
    return [Amendment(delivery=delivery, message=after)]


def choose_automatic(amendments: tuple[Amendment, ...]) -> tuple[Amendment, ...]:
    """What the daemon does by itself: all edits, and removals while they are few."""
    removals = [one for one in amendments if one.is_removal]
    return tuple(one for one in amendments if not one.is_removal or len(removals) <= MOST_REMOVALS)
