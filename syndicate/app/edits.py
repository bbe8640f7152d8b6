"""Edits and removals of published messages: planned purely, carried out one call each, told in the trail."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from syndicate.app.deliver import Composer, load_images
from syndicate.app.site import OpenSite
from syndicate.errors import Gone, Rejected, Unavailable, contain, tell_for_log
from syndicate.model import Account, Message, Reason, State
from syndicate.networks import describe, find_other_place, find_place, note_place
from syndicate.networks.base import Deletes, Edits, Spends
from syndicate.planning.deliveries.edits import (
    ELSEWHERE,
    GONE,
    IN_VAIN,
    REFUSED,
    UNABLE,
    Amendment,
    Composers,
    Trouble,
    plan_amendments,
)
from syndicate.planning.deliveries.retry import TELL_AFTER
from syndicate.store.glance import keep_seen

# `status` asks what is to be changed, and must not pay for what changes it.
# ruff: noqa: PLC0415

EDITED, REMOVED = _DONE = ("edited", "removed")


@dataclass(frozen=True, slots=True)
class Amended:
    """What became of one amendment, in a line for people; done, where its message is another now."""

    line: str
    is_done: bool


def list_amendments(site: OpenSite, now: datetime) -> tuple[Amendment, ...]:
    """What the accounts' policies ask for now; nothing is asked of a network."""
    return site.ask(_list, now) if _follows_posts(site) else ()


def take_amendments(site: OpenSite, now: datetime) -> tuple[Amendment, ...]:
    """The same; changes of posts that no reader of their messages sees are remembered: they edit nothing later."""
    return site.ask(_take, now) if _follows_posts(site) else ()


def _follows_posts(site: OpenSite) -> bool:
    counts = site.store.count_by_account()
    return any(one.follows_posts and State.SENT in counts.get(name, {}) for name, one in site.accounts.enabled.items())


def _list(site: OpenSite, now: datetime) -> tuple[Amendment, ...]:
    return tuple(one for one in _plan(site, now) if not one.is_silent)


def _take(site: OpenSite, now: datetime) -> tuple[Amendment, ...]:
    planned = _plan(site, now)
    for one in planned:
        if one.is_silent and one.message is not None and one.delivery.message is not None:
            seen = replace(one.delivery.message, origin=one.message.origin)
            site.store.keep_sent_message(one.delivery, seen)
    return tuple(one for one in planned if not one.is_silent)


def _plan(site: OpenSite, now: datetime) -> tuple[Amendment, ...]:
    accounts = site.accounts.enabled
    known = {post.id: post for post in site.store.list_posts()}
    sent = site.store.list_deliveries(states=(State.SENT,))
    composer = Composer(site)
    held = site.store.list_deliveries(states=(State.HELD,))
    asked = frozenset(row.detail for row in held if row.reason is Reason.MAYBE_RENAMED)
    composers = Composers(
        composer.compose_edit,
        composer.trace,
        list_attempts=lambda row: site.store.list_attempts(row.id),
        find_other_place=lambda row: find_other_place(row.receipt, accounts[row.account]) if row.receipt else "",
        keeps_picture=lambda name: site.accounts.find_facts(name).keeps_picture,
    )
    return plan_amendments(sent, known, accounts, composers, now, asked=asked)


def tell_waiting(amendments: Iterable[Amendment]) -> tuple[str, ...]:
    """A line for each reason why a person must decide, and for each change that fails and fails."""
    amendments = tuple(amendments)
    counts = Counter((one.is_removal, one.waits) for one in amendments if one.waits)
    return tuple(
        f"{number} {'removal' if is_removal else 'edit'}{'' if number == 1 else 's'} of published messages wait"
        f"{'s' if number == 1 else ''} for you: {why} (`syndicate amend --dry-run` shows them)"
        for (is_removal, why), number in counts.items()
    ) + tuple(_tell_trouble(one, one.trouble) for one in amendments if one.trouble and _is_lasting(one.trouble))


def _is_lasting(trouble: Trouble) -> bool:
    return trouble.again_at is None or trouble.again_at - trouble.since >= TELL_AFTER


def _tell_trouble(one: Amendment, trouble: Trouble) -> str:
    what = "removal" if one.is_removal else "edit"
    how = "was given up" if trouble.again_at is None else "still fails"
    name = f"the {what} of {one.delivery.slug} on {one.delivery.account}"
    return f"{name} {how}: {trouble.words} (`syndicate amend` tries once more)"


def amend(site: OpenSite, amendments: Iterable[Amendment], now: datetime) -> tuple[Amended, ...]:
    """Carry them out, accounts side by side; returns when the last one is done."""
    by_account = group_by_account(amendments)
    if not by_account:
        return ()
    with ThreadPoolExecutor(len(by_account), thread_name_prefix="amend") as pool:
        done = pool.map(lambda some: amend_account(site, some, now), by_account.values())
        return tuple(chain.from_iterable(done))


def group_by_account(amendments: Iterable[Amendment]) -> Mapping[str, Sequence[Amendment]]:
    found: dict[str, list[Amendment]] = {}
    for one in amendments:
        found.setdefault(one.delivery.account, []).append(one)
    return found


def amend_account(
    site: OpenSite, amendments: Iterable[Amendment], now: datetime, is_stopping: Callable[[], bool] = lambda: False
) -> tuple[Amended, ...]:
    """One account's, one after another; trouble is a line and stops nothing else. What failed is planned again."""
    return tuple(_amend_one(site, one, now) for one in amendments if not is_stopping() and _is_to_do(site, one))


def _is_to_do(site: OpenSite, one: Amendment) -> bool:
    """Not where a round that ended after this one was planned has made the same change."""
    row = site.store.get_delivery(one.delivery.id)
    return (row.state, row.message) == (one.delivery.state, one.delivery.message)


def _amend_one(site: OpenSite, one: Amendment, now: datetime) -> Amended:
    said: list[str] = []

    def note(error: Exception) -> None:
        outcome = GONE if isinstance(error, Gone) else REFUSED if isinstance(error, Rejected) else IN_VAIN
        words = "it is not there any more" if outcome == GONE else tell_for_log(error).partition("\n")[0]
        said.append(_note(site, one, outcome, words, now))

    with contain(note):
        said.append(_remove(site, one, now) if one.message is None else _edit(site, one, one.message, now))
    return Amended(f"{one.delivery.slug} on {one.delivery.account}: {said[-1]}", said[-1].startswith(_DONE))


def _note(site: OpenSite, one: Amendment, outcome: str, words: str, now: datetime) -> str:
    """Keep in the trail why the change was not made; returns the words."""
    from syndicate.store.transitions import Step

    action = "delete" if one.is_removal else "edit"
    detail = f"{words}\n{one.mark}"
    site.store.record_unfollowed(one.delivery, Step(action, outcome, now, reason=Reason.NOT_FOLLOWED, detail=detail))
    return words


def _note_elsewhere(site: OpenSite, one: Amendment, now: datetime) -> str:
    """Another server may have another message under the same number: nothing is asked of it."""
    place = find_place(site.accounts.get(one.delivery.account))
    words = f"it is on {one.elsewhere}, and the account on {place} now: change it there by hand"
    return _note(site, one, ELSEWHERE, words, now)


def _edit(site: OpenSite, one: Amendment, message: Message, now: datetime) -> str:
    account = site.accounts.get(one.delivery.account)
    if one.elsewhere:
        return _note_elsewhere(site, one, now)
    network = site.accounts.open(account)
    receipt, facts = one.delivery.receipt, site.accounts.find_facts(account.name)
    assert receipt is not None
    if not isinstance(network, Edits):
        words = f"{describe(one.delivery.network).title} cannot edit; it stays as it is"
        return _note(site, one, UNABLE, words, now)
    if one.is_alt_alone and not facts.edits_alt:
        site.store.keep_sent_message(one.delivery, message)
        title = describe(one.delivery.network).title
        return f"{title} cannot change the alt text of a published picture; it stays as it is"
    edits = sum(attempt.outcome == EDITED for attempt in site.store.list_attempts(one.delivery.id))
    key = _make_key(one, message, edits=edits)
    _begin_call(site, account)
    loaded = message if facts.keeps_picture else load_images(site, message)
    changed = network.edit(receipt, loaded, key=key)
    site.store.record_edit(one.delivery, message, note_place(changed, account), now)
    return f"{EDITED}, but {changed.remark}" if changed.remark else EDITED


def _begin_call(site: OpenSite, account: Account) -> None:
    """The state counts the call before it is made. Raises Contradicted."""
    state = site.store.raise_counter(account.name)
    site.state_place.durable.make_durable()
    if why := site.state_place.durable.confirm():
        raise Unavailable(why)
    keep_seen(site.cache, state.moment)


def _make_key(one: Amendment, message: Message, *, edits: int) -> str:
    """The same when one edit is tried again, another for every other: networks carry out a key only once."""
    alts = [picture.alt for picture in (message.image, message.card) if picture]
    name = "\x00".join((one.delivery.key, str(edits), message.text, message.markdown, *alts))
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _remove(site: OpenSite, one: Amendment, now: datetime) -> str:
    """Only where the page is gone, too: a file may be away for other reasons than its author's wish."""
    from syndicate.app.login import keep_spending, require_money
    from syndicate.pages import find_sign_of_life

    sign = find_sign_of_life(site.http, one.permalink)
    if sign:
        return f"not removed: {sign}"
    account = site.accounts.get(one.delivery.account)
    if one.elsewhere:
        return _note_elsewhere(site, one, now)
    network = site.accounts.open(account)
    assert one.delivery.receipt is not None
    if not isinstance(network, Deletes):
        words = f"{describe(one.delivery.network).title} cannot remove it; it stays as it is"
        return _note(site, one, UNABLE, words, now)
    require_money(site, account, network.cost_of_delete if isinstance(network, Spends) else 0.0, now)
    _begin_call(site, account)
    try:
        network.delete(one.delivery.receipt)
    finally:
        keep_spending(site, account, network)
    site.store.record_removal(one.delivery, now)
    return REMOVED
