"""Edits and removals of published messages: planned purely, carried out one call each, told in the trail."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from syndicate.app.last_seen import keep_seen
from syndicate.app.login import keep_spending, require_money
from syndicate.app.sending import Composer, load_images
from syndicate.app.site import Wiring
from syndicate.containment import contain
from syndicate.errors import Unavailable, tell_for_log
from syndicate.model import Message, Reason, State
from syndicate.networks import describe
from syndicate.networks.base import Deletes, Edits, Spends
from syndicate.pages import find_sign_of_life
from syndicate.planning.deliveries.edits import Amendment, Composers, plan_amendments

EDITED, REMOVED = _DONE = ("edited", "removed")


@dataclass(frozen=True, slots=True)
class Amended:
    """What became of one amendment, in a line for people; done, where its message is another now."""

    line: str
    is_done: bool


def list_amendments(wiring: Wiring, now: datetime) -> tuple[Amendment, ...]:
    """What the accounts' policies ask for now; nothing is asked of a network."""
    return tuple(one for one in _plan(wiring, now) if not one.is_silent)


def take_amendments(wiring: Wiring, now: datetime) -> tuple[Amendment, ...]:
    """The same; changes of posts that no reader of their messages sees are remembered: they edit nothing later."""
    planned = _plan(wiring, now)
    for one in planned:
        if one.is_silent and one.message is not None and one.delivery.message is not None:
            seen = replace(one.delivery.message, origin=one.message.origin)
            wiring.store.keep_sent_message(one.delivery, seen)
    return tuple(one for one in planned if not one.is_silent)


def _plan(wiring: Wiring, now: datetime) -> tuple[Amendment, ...]:
    accounts = wiring.accounts.enabled
    if all(account.on_edit == "keep" and account.on_delete == "keep" for account in accounts.values()):
        return ()
    known = {post.id: post for post in wiring.store.read_ledger().posts}
    sent = wiring.store.list_deliveries(states=(State.SENT,))
    composer = Composer(wiring)
    held = wiring.store.list_deliveries(states=(State.HELD,))
    asked = frozenset(row.detail for row in held if row.reason is Reason.MAYBE_RENAMED)
    return plan_amendments(sent, known, accounts, Composers(composer.compose, composer.trace), now, asked=asked)


def tell_waiting(amendments: Iterable[Amendment]) -> tuple[str, ...]:
    """A line for each reason why a person must decide."""
    counts = Counter((one.is_removal, one.waits) for one in amendments if one.waits)
    return tuple(
        f"{number} {'removal' if is_removal else 'edit'}{'' if number == 1 else 's'} of published messages wait"
        f"{'s' if number == 1 else ''} for you: {why} (`syndicate amend --dry-run` shows them)"
        for (is_removal, why), number in counts.items()
    )


def amend(wiring: Wiring, amendments: Iterable[Amendment], now: datetime) -> tuple[Amended, ...]:
    """Carry them out, accounts side by side; returns when the last one is done."""
    by_account = group_by_account(amendments)
    if not by_account:
        return ()
    with ThreadPoolExecutor(len(by_account), thread_name_prefix="amend") as pool:
        done = pool.map(lambda some: amend_account(wiring, some, now), by_account.values())
        return tuple(chain.from_iterable(done))


def group_by_account(amendments: Iterable[Amendment]) -> Mapping[str, Sequence[Amendment]]:
    found: dict[str, list[Amendment]] = {}
    for one in amendments:
        found.setdefault(one.delivery.account, []).append(one)
    return found


def amend_account(
    wiring: Wiring, amendments: Iterable[Amendment], now: datetime, is_stopping: Callable[[], bool] = lambda: False
) -> tuple[Amended, ...]:
    """One account's, one after another; trouble is a line and stops nothing else. What failed is planned again."""
    return tuple(_amend_one(wiring, one, now) for one in amendments if not is_stopping())


def _amend_one(wiring: Wiring, one: Amendment, now: datetime) -> Amended:
    said: list[str] = []
    with contain(lambda error: said.append(tell_for_log(error))):
        said.append(_remove(wiring, one, now) if one.message is None else _edit(wiring, one, one.message, now))
    return Amended(f"{one.delivery.slug} on {one.delivery.account}: {said[-1]}", said[-1].startswith(_DONE))


def _edit(wiring: Wiring, one: Amendment, message: Message, now: datetime) -> str:
    network = wiring.accounts.open(wiring.accounts.get(one.delivery.account))
    receipt = one.delivery.receipt
    assert receipt is not None
    if not isinstance(network, Edits):
        return f"{describe(one.delivery.network).title} cannot edit; it stays as it is"
    if one.is_alt_alone and not wiring.accounts.facts[one.delivery.account].edits_alt:
        wiring.store.keep_sent_message(one.delivery, message)
        title = describe(one.delivery.network).title
        return f"{title} cannot change the alt text of a published picture; it stays as it is"
    key = _make_key(one, message, edits=_count_edits(wiring, one))
    _begin_call(wiring)
    changed = network.edit(receipt, load_images(wiring, message), key=key)
    wiring.store.record_edit(one.delivery, message, changed, now)
    return f"{EDITED}, but {changed.remark}" if changed.remark else EDITED


def _begin_call(wiring: Wiring) -> None:
    """The state counts the call before it is made. Raises Contradicted."""
    state = wiring.store.raise_counter()
    wiring.state_place.durable.make_durable()
    if why := wiring.state_place.durable.confirm():
        raise Unavailable(why)
    keep_seen(wiring.cache, state.identity, state.counter)


def _count_edits(wiring: Wiring, one: Amendment) -> int:
    return sum(attempt.action == "edit" for attempt in wiring.store.list_attempts(one.delivery.id))


def _make_key(one: Amendment, message: Message, *, edits: int) -> str:
    """The same when one edit is tried again, another for every other: networks carry out a key only once."""
    alts = [picture.alt for picture in (message.image, message.card) if picture]
    name = "\x00".join((one.delivery.key, str(edits), message.text, message.markdown, *alts))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _remove(wiring: Wiring, one: Amendment, now: datetime) -> str:
    """Only where the page is gone, too: a file may be away for other reasons than its author's wish."""
    sign = find_sign_of_life(wiring.http, one.permalink)
    if sign:
        return f"not removed: {sign}"
    account = wiring.accounts.get(one.delivery.account)
    network = wiring.accounts.open(account)
    assert one.delivery.receipt is not None
    if not isinstance(network, Deletes):
        return f"{describe(one.delivery.network).title} cannot remove it; it stays as it is"
    require_money(wiring, account, network.cost_of_delete if isinstance(network, Spends) else 0.0, now)
    _begin_call(wiring)
    try:
        network.delete(one.delivery.receipt)
    finally:
        keep_spending(wiring, account, network)
    wiring.store.record_removal(one.delivery, now)
    return REMOVED
