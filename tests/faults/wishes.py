"""What readers of a blog may ask, whatever its author did to the files: every fact is seen on the networks' pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from syndicate.model import Delivery, Reason, State
from tests.faults.author import Author


def judge_copies(author: Author) -> list[str]:
    """At every moment: nothing twice, nothing that is no news, and no message of a post that is there taken away."""
    town, faults = author.town, []
    for account in town.accounts:
        for mark in author.marks:
            copies = town.count(account, mark)
            if copies > 1:
                faults.append(f"duplicate: {mark} is {copies} times on {account}")
            if copies and mark in author.unwanted:
                faults.append(f"flood: {mark} is on {account}")
    shown = [str(copy) for copy in town.toot.published]
    removed = {
        mark for mark in author.marks if town.count("toot", mark) and not any(f"{mark}." in text for text in shown)
    }
    return faults + [f"wrong removal: {mark}" for mark in sorted(removed & author.public)]


def judge_waiting(author: Author, rows: Sequence[Delivery], accounts: Iterable[str], word: str = "lost") -> list[str]:
    """What readers should hear of is out on these accounts, or held for a reason that a person is told."""
    faults = []
    for mark in sorted(author.wanted & author.posts.keys()):
        slug = author.posts[mark].slug
        for account in accounts:
            own = [row for row in rows if row.slug == slug and row.account == account]
            is_held = any(row.state is State.HELD and _may_be_held(author, mark, row) for row in own)
            is_looked_at_later = word != "lost" and any(_waits_for_page(author, row) for row in own)
            if not author.town.count(account, mark) and not (is_held or is_looked_at_later):
                states = [f"{row.state}: {row.reason}" for row in own]
                faults.append(f"{word}: {mark} ({slug}) is not on {account}, which says {states}")
    return faults


def _waits_for_page(author: Author, row: Delivery) -> bool:
    """Its page was not deployed for long, so it is looked at less and less often."""
    return row.reason is Reason.PAGE_NOT_LIVE and row.due_at > author.now


def _may_be_held(author: Author, mark: str, row: Delivery) -> bool:
    """A person is asked; after a backup was put back also of what was written before the accounts were adopted."""
    is_asked = row.reason is Reason.STATE_CONTRADICTION and author.events["put the backup back"] > 0
    return mark in author.may_wait or row.reason is Reason.PAGE_TOO_LATE or is_asked
