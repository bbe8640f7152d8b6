"""Receipts that a person wrote (`syndicate settle --sent URL`): an address instead of the network's number. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from syndicate.errors import Rejected
from syndicate.model import Message, Receipt

_NUMBER = re.compile(r"(?<=/)\d+(?=[/?#]|$)")


def number_of(receipt: Receipt, *, account: str) -> str:
    """The network's number of a post, also out of its address. Raises Rejected where the address holds none."""
    if "/" not in receipt.remote_id:
        return receipt.remote_id
    numbers = _NUMBER.findall(receipt.remote_id)
    if not numbers:
        hint = "the post was settled by hand with an address that does not say its number"
        raise Rejected("the earlier post cannot be referred to", where=account, hint=hint)
    return str(numbers[-1])


def with_numbered_reply(message: Message, *, account: str) -> Message:
    """The message with the number of the part it answers. Raises Rejected as `number_of` does."""
    if message.reply_to is None or "/" not in message.reply_to.remote_id:
        return message
    number = number_of(message.reply_to, account=account)
    return replace(message, reply_to=replace(message.reply_to, remote_id=number))
