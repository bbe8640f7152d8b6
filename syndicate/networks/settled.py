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


def name_of(receipt: Receipt) -> str:
    """A post's own name, also out of its address, where it is the last part of the path."""
    return receipt.remote_id.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


def with_numbered_reply(message: Message, *, account: str) -> Message:
    """The message with the number of the part it answers. Raises Rejected as `number_of` does."""
    if message.reply_to is None:
        return message
    return with_reply(message, message.reply_to, number_of(message.reply_to, account=account))


def with_named_reply(message: Message) -> Message:
    """The message with the name of the part it answers."""
    return with_reply(message, message.reply_to, name_of(message.reply_to)) if message.reply_to else message


def with_reply(message: Message, answered: Receipt, remote_id: str) -> Message:
    """The message as an answer to what the network knows by this id."""
    return replace(message, reply_to=replace(answered, remote_id=remote_id))
