"""Edits and removals of published messages: planned purely, carried out one call each, told in the trail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from syndicate.app.sending import Composer, load_images
from syndicate.app.site import Wiring
from syndicate.errors import SyndicateError
from syndicate.model import Message, State
from syndicate.networks.base import Deletes, Edits
from syndicate.planning.deliveries.edits import Amendment, plan_amendments


def list_amendments(wiring: Wiring, now: datetime) -> tuple[Amendment, ...]:
    """What the accounts' policies ask for now; nothing is asked of a network."""
    accounts = wiring.accounts.enabled
    if all(account.on_edit == "keep" and account.on_delete == "keep" for account in accounts.values()):
        return ()
    known = {post.id: post for post in wiring.store.read_ledger().posts}
    sent = wiring.store.list_deliveries(states=(State.SENT,))
    return plan_amendments(sent, known, accounts, Composer(wiring).compose, now)


def amend(wiring: Wiring, amendments: tuple[Amendment, ...], now: datetime) -> Iterator[str]:
    """Carry them out; one network's trouble is a line and stops nothing else. What failed is planned again."""
    for one in amendments:
        name = f"{one.delivery.slug} on {one.delivery.account}"
        try:
            done = _remove(wiring, one, now) if one.message is None else _edit(wiring, one, one.message, now)
            yield f"{name}: {done}"
        except SyndicateError as error:
            yield f"{name}: {error}"


def _edit(wiring: Wiring, one: Amendment, message: Message, now: datetime) -> str:
    network = wiring.accounts.open(wiring.accounts.get(one.delivery.account))
    assert one.delivery.receipt is not None
    if not isinstance(network, Edits):
        return f"{one.delivery.network} cannot edit; it stays as it is"
    key = _make_key(one, message, edits=_count_edits(wiring, one))
    receipt = network.edit(one.delivery.receipt, load_images(wiring, message), key=key)
    wiring.store.record_edit(one.delivery, message, receipt, now)
    return "edited"


def _count_edits(wiring: Wiring, one: Amendment) -> int:
    return sum(attempt.action == "edit" for attempt in wiring.store.list_attempts(one.delivery.id))


def _make_key(one: Amendment, message: Message, *, edits: int) -> str:
    """The same when one edit is tried again, another for every other: networks carry out a key only once."""
    name = "\x00".join((one.delivery.key, str(edits), message.text, message.markdown))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _remove(wiring: Wiring, one: Amendment, now: datetime) -> str:
    network = wiring.accounts.open(wiring.accounts.get(one.delivery.account))
    assert one.delivery.receipt is not None
    if not isinstance(network, Deletes):
        return f"{one.delivery.network} cannot remove it; it stays as it is"
    network.delete(one.delivery.receipt)
    wiring.store.record_removal(one.delivery, now)
    return "removed"
