"""Why a post does not go out on an account: the sentences stored with the rows, and the rules behind them."""

from __future__ import annotations

from syndicate.model import Account, Identified, SocialOverride

BASELINE = "baseline: the post was already there when the account was turned on"
GONE = "its post is gone: deleted, or a draft again"
CAME_BACK = "its post came back; release it to send"
ASKED = "the post asks to be skipped here"
UNFEATURED = "the post is no longer featured"
FROM_THE_START = "featured from the start: announced as new"
FEWER_PARTS = "the message has fewer parts now"
TURNED_OFF = "the account is turned off"
BY_HAND = "asked for by hand"

AT_THAT_TIME = frozenset({BY_HAND, "moved by you"})
"""A person gave it this time, so quiet hours do not move it."""

TAKEN_BACK = frozenset({GONE, ASKED, UNFEATURED})
"""What planning itself decided and takes back when the post no longer gives the reason."""


def find_own_reason(item: Identified, override: SocialOverride, occasion: str) -> str:
    """The reason that lies in the post itself, "" for none."""
    if override.skip:
        return ASKED
    if occasion == "featured" and "featured" not in item.post.flags:
        return UNFEATURED
    return ""


def find_rule_reason(item: Identified, account: Account, occasion: str) -> str:
    """The reason that lies in the account's rules, "" for none."""
    if not account.enabled:
        return TURNED_OFF
    kind = occasion.partition("-")[0]
    if kind in {"new", "featured", "evergreen"} and kind not in account.on:
        return f'"{kind}" is not among what this account posts'
    names = {category.name.casefold() for category in item.post.categories}
    if account.only and not names & {name.casefold() for name in account.only}:
        return f"not in the account's categories ({', '.join(account.only)})"
    if excluded := [name for name in account.exclude if name.casefold() in names]:
        return f'its category "{excluded[0]}" is excluded on this account'
    return ""
