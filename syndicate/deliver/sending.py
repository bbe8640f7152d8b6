"""One delivery: every reversible step, the intent, the one call; or a step towards knowing how a call ended."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

from syndicate.deliver.account_worker import AccountRound, log_surprise
from syndicate.errors import (
    ConfigError,
    ContentError,
    Contradicted,
    Misfit,
    NetworkError,
    Spoiled,
    Unavailable,
    Uncertain,
    UsageError,
    contain,
    tell_for_log,
)
from syndicate.model import Decision, Delivery, Message, Reason, Receipt, Usage
from syndicate.networks.base import Finds, Network, Prepares, ReadsLimits, Resends
from syndicate.networks.toolkit import refuse_misfits
from syndicate.planning.deliveries.retry import (
    decide_look,
    decide_next,
    decide_recomposed,
    decide_resent,
    decide_uncomposed,
    decide_unjoined,
    decide_unprepared,
    decide_unseen,
    decide_unsettled,
    describe,
    may_be_out,
)
from syndicate.planning.messages.template import goes_on
from syndicate.planning.schedule.gates import decide_behind, decide_missed, decide_room, decide_unready

logger = logging.getLogger(__name__)

MOST_STEPS = 50
"""More uploads and containers than any message needs: a network that never says "done" is no reason to spin."""


class Stop(BaseException):
    """The delivery goes no further now. It is decided, and no trouble: no border stops it."""

    def __init__(self, action: str, decision: Decision) -> None:
        super().__init__(action)
        self.action = action
        self.decision = decision


def advance(current: AccountRound, delivery: Delivery) -> Delivery:
    """Take one delivery as far as it goes now. Raises LostLease where it is in other hands meanwhile."""
    try:
        with contain(lambda error: _stop(current, delivery, "prepare", error)):
            ready, network, loaded = _make_ready(current, delivery)
    except Stop as stop:
        return current.record(delivery, stop.action, stop.decision)
    return send_once(current, ready, network, loaded)


def _make_ready(current: AccountRound, delivery: Delivery) -> tuple[Delivery, Network, Message]:
    """Everything before the intent. Raises Stop where it goes no further now."""
    standing = current.tools.store.read_standing(delivery)
    delivery = current.leave_out_gap(delivery, standing.rests_until)
    _wait_for_turn(current, delivery, standing.twin)
    network = _open(current, delivery)
    learn_limits(current, network)
    message = _take_message(current, delivery)
    if message is not delivery.message:  # else its page was live when it was frozen
        _wait_for_page(current, delivery, message)
    ready = replace(delivery, message=message)  # the intent freezes it, or the first step before
    if isinstance(network, Prepares):
        ready = _prepare(current, ready, network)
    loaded = _load(current, ready)
    _refuse_misfits(current, ready, network, loaded)
    current.go_on()
    return ready, network, loaded


def _wait_for_turn(current: AccountRound, delivery: Delivery, twin: Delivery | None) -> None:
    now, next_slot = current.tools.clock(), partial(current.tools.next_slot, current.account)
    missed = decide_missed(delivery, current.policy, next_slot, now=now)
    if missed is not None:
        raise Stop("wait", missed)
    if twin is not None:
        raise Stop("wait", decide_behind(twin, now=now))
    usage = current.tools.store.read_usage(current.account.name, now) if current.policy.counts else Usage()
    waiting = decide_room(delivery, usage, current.policy, next_slot, now=now)
    if waiting is not None:
        raise Stop("wait", waiting)


def _open(current: AccountRound, delivery: Delivery) -> Network:
    with contain(lambda error: _blame(current, delivery, "open", error)):
        return current.network


def learn_limits(current: AccountRound, network: Network) -> None:
    """Ask the server what it takes where nobody has; one that cannot say it now will be asked again."""
    store, name = current.tools.store, current.account.name
    if isinstance(network, ReadsLimits) and store.find_limits(name) is None:
        with contain(lambda error: logger.info("%s: its limits are not known yet: %s", name, tell_for_log(error))):
            store.save_limits(name, network.read_limits(), current.tools.clock())


def _take_message(current: AccountRound, delivery: Delivery) -> Message:
    """As it was frozen. While no call can have published it, it follows its post: where that says something else by
    now, this is composed, and prepared anew."""
    frozen = delivery.message
    if frozen is not None and delivery.attempts and may_be_out(current.tools.store.list_attempts(delivery.id)):
        return frozen
    fresh = _compose(current, delivery)
    return fresh if frozen is None or _tell_apart(fresh, frozen) else frozen


def _tell_apart(one: Message, other: Message) -> bool:
    """Whether they say or show something else; a corrected language or visibility counts, too."""
    return replace(one, created_at=other.created_at, prepared=other.prepared, origin=other.origin) != other


def _compose(current: AccountRound, delivery: Delivery) -> Message:
    """The message with what only now is fixed: the moment of intent, and the part of the thread it answers."""
    with contain(lambda error: _stop(current, delivery, "compose", error)):
        try:
            message = current.tools.compose(delivery)
            before = current.tools.store.find_part_before(delivery) if delivery.part > 1 else None
            if before and not _follows(current, delivery, before):
                raise Stop("compose", decide_unjoined(before))
        except (ConfigError, ContentError, UsageError) as error:  # a person must mend that
            raise Stop("compose", decide_uncomposed(error)) from error
    reply_to = before.receipt if before is not None else message.reply_to
    return replace(message, created_at=current.tools.clock(), reply_to=reply_to)


def _follows(current: AccountRound, delivery: Delivery, before: Delivery) -> bool:
    """Whether it goes on where the part before ended: its post may have been changed since."""
    if before.message is None or delivery.text or delivery.overruled is Reason.OTHER_THREAD:
        return True
    return goes_on(before.message.text, current.tools.compose(before).text, before.part)


def _wait_for_page(current: AccountRound, delivery: Delivery, message: Message) -> None:
    if not message.link:
        return
    why: list[str] = []
    with contain(lambda error: why.append(describe(error))):
        why.append(current.tools.check_ready(current.account, message))
    unready = decide_unready(delivery, why[0], current.policy, now=current.tools.clock()) if why[0] else None
    if unready is not None:
        raise Stop("check page", unready)


def _prepare(current: AccountRound, delivery: Delivery, network: Prepares) -> Delivery:
    """Uploads and containers, one step after the other, the message with each remote id on disk before the next."""
    message = delivery.message
    for _ in range(MOST_STEPS):
        assert message is not None
        delivery = current.tools.store.keep_message(delivery, message, current.tools.clock(), current.tools.lease)
        current.go_on()
        before, message = message, _prepare_once(current, delivery, network)
        if message.prepared == before.prepared:
            break
    return delivery


def _prepare_once(current: AccountRound, delivery: Delivery, network: Prepares) -> Message:
    message = _load(current, delivery)
    with contain(lambda error: _blame(current, delivery, "prepare", error)):
        try:
            return network.prepare(message, key=delivery.key)
        except Misfit as misfit:
            raise _compose_anew(current, delivery, network, misfit) from misfit


def _refuse_misfits(current: AccountRound, delivery: Delivery, network: Network, message: Message) -> None:
    """The last look before the intent, for networks that look only when they send."""
    try:
        refuse_misfits(message, network.limits, account=current.account.name)
    except Misfit as misfit:
        raise _compose_anew(current, delivery, network, misfit) from misfit


def _compose_anew(current: AccountRound, delivery: Delivery, network: Network, misfit: Misfit) -> Stop:
    """The message again, within the limits as they are now; what then is the same, or may be out, a person must see."""
    before = delivery.message
    assert before is not None
    if isinstance(network, ReadsLimits):
        current.tools.store.save_limits(current.account.name, network.limits, current.tools.clock())
    fresh = _compose(current, delivery)
    if delivery.attempts or not _tell_apart(fresh, before):
        return Stop("compose", decide_uncomposed(misfit))
    current.tools.store.keep_message(delivery, fresh, current.tools.clock(), current.tools.lease)
    return Stop("compose", decide_recomposed(misfit, now=current.tools.clock()))


def _load(current: AccountRound, delivery: Delivery) -> Message:
    assert delivery.message is not None
    with contain(lambda error: _stop(current, delivery, "load image", error)):
        try:
            return current.load_images(delivery.message)
        except ContentError as error:
            raise Stop("load image", decide_uncomposed(error)) from error


def _blame(current: AccountRound, delivery: Delivery, action: str, error: Exception) -> NoReturn:
    """The same where the trouble may be the server's."""
    current.note_trouble(action, error)
    _stop(current, delivery, action, error)


def _stop(current: AccountRound, delivery: Delivery, action: str, error: Exception) -> NoReturn:
    """Whatever happened before the call: nothing is published by then, so it may be tried again."""
    log_surprise(error, delivery)
    now, jitter = current.tools.clock(), current.tools.jitter()
    decision = decide_unprepared(delivery, error, current.policy, now=now, jitter=jitter)
    raise Stop(action, decision) from error


def send_once(current: AccountRound, delivery: Delivery, network: Network, message: Message) -> Delivery:
    """Intent, call, outcome. Between the intent on disk and the outcome on disk a crash leaves it unknown."""
    can_look = isinstance(network, Finds | Resends)
    with current.tools.durable.in_turn(can_look=can_look):
        intended = current.tools.store.intend(delivery, current.tools.clock(), current.tools.lease)
        outcome = call(current, "send", intended, network, message)
        if isinstance(outcome, Spoiled):
            fresh = replace(delivery.message or message, prepared=outcome.prepared)
            intended = current.tools.store.keep_message(intended, fresh, current.tools.clock(), current.tools.lease)
        now, jitter = current.tools.clock(), current.tools.jitter()
        decision = decide_next(intended, outcome, current.policy, can_look=can_look, now=now, jitter=jitter)
        return current.record(intended, "send", current.check_copy(intended, decision))


def call(
    current: AccountRound, action: str, intended: Delivery, network: Network, message: Message
) -> Receipt | Exception:
    """The one irreversible call, made only while the row is ours and the lease runs: machines sleep at any line."""
    current.tools.durable.make_durable()
    try:
        state = current.tools.store.confirm(intended, current.tools.clock())
    except Contradicted as error:
        return Unavailable(error.message, hint=error.hint)
    if state is None:
        return Unavailable("the machine was away too long before the call")
    if why := current.tools.durable.confirm():
        return Unavailable(why)
    current.tools.keep_seen(state)
    outcome: list[Receipt | Exception] = []
    with contain(outcome.append):  # whatever it was, the network may have published: it is decided, not lost
        try:
            receipt = network.send(message, key=intended.key)
            outcome.append(
                receipt if receipt.remote_id else Uncertain("the network accepted the message without an id")
            )
        except NetworkError as error:  # it says itself what became of it, whatever stands behind
            outcome.append(error)
    if isinstance(outcome[0], Exception):
        log_surprise(outcome[0], intended)
        current.note_trouble(action, outcome[0])
    return outcome[0]


# --- a delivery whose outcome is unknown: look for it, or call again under the key that the network keeps ---

SKEW = timedelta(days=1)
"""How wrong our clock may have been at the intent: a copy that the network dates earlier is still found."""


def settle(current: AccountRound, delivery: Delivery) -> Delivery:
    """Take one step towards knowing."""
    troubles: list[Exception] = []
    with contain(troubles.append):
        network = current.network
    if troubles:
        return current.record(delivery, "find", _blame_server(current, delivery, troubles[0]))
    if isinstance(network, Finds):
        return current.record(delivery, "find", _look(current, delivery, network))
    if isinstance(network, Resends) and _is_key_kept(current, delivery, network):
        return _resend(current, delivery, network)
    return current.record(delivery, "settle", decide_unsettled(delivery))


def _look(current: AccountRound, delivery: Delivery, network: Finds) -> Decision:
    assert delivery.message is not None
    assert delivery.intent_at is not None
    troubles: list[Exception] = []
    try:
        with contain(troubles.append):
            found = network.find(
                delivery.message, key=delivery.key, since=_oldest(current, delivery, delivery.intent_at)
            )
    finally:
        current.note_spending(network)
    if troubles:
        return _blame_server(current, delivery, troubles[0])
    current.note_answer()
    if found is not None and current.is_others(delivery, found):
        # Ours may lie behind it: "not there" would be a guess, so looking ends with a person.
        return _unseen(current, delivery, Uncertain("the network shows another message with the same words"))
    return decide_look(delivery, found, now=current.tools.clock())


def _oldest(current: AccountRound, delivery: Delivery, intent_at: datetime) -> datetime:
    """The oldest date of a copy of ours. An intent in the future was dated by a clock that was ahead."""
    if intent_at <= current.tools.clock():
        return intent_at - SKEW
    return min(current.tools.clock(), delivery.created_at or intent_at) - SKEW


def _is_key_kept(current: AccountRound, delivery: Delivery, network: Resends) -> bool:
    """A clock that stands before the intent was set back: then nobody knows how old the key is."""
    now, intent_at = current.tools.clock(), delivery.intent_at
    return intent_at is not None and intent_at <= now < network.resend_until(intent_at)


def _resend(current: AccountRound, delivery: Delivery, network: Network) -> Delivery:
    assert delivery.message is not None
    troubles: list[Exception] = []
    with contain(troubles.append):
        message = current.load_images(delivery.message)
    if troubles:
        return current.record(delivery, "load image", _unseen(current, delivery, troubles[0]))
    current.go_on()
    with current.tools.durable.in_turn(can_look=True):
        intended = current.tools.store.intend(delivery, current.tools.clock(), current.tools.lease)
        outcome = call(current, "send again", intended, network, message)
        decision = decide_resent(intended, outcome, now=current.tools.clock(), jitter=current.tools.jitter())
        return current.record(intended, "send again", current.check_copy(intended, decision))


def _blame_server(current: AccountRound, delivery: Delivery, error: Exception) -> Decision:
    """The same where the trouble may be the server's."""
    current.note_trouble("find", error)
    return _unseen(current, delivery, error)


def _unseen(current: AccountRound, delivery: Delivery, error: Exception) -> Decision:
    log_surprise(error, delivery)
    return decide_unseen(delivery, error, now=current.tools.clock(), jitter=current.tools.jitter())
