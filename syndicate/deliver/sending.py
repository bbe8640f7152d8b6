"""A delivery that is due: every reversible step first, then the intent, then the one call."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NoReturn

from syndicate.containment import contain
from syndicate.deliver.account_worker import Desk, log_surprise
from syndicate.errors import (
    ConfigError,
    ContentError,
    Contradicted,
    Misfit,
    NetworkError,
    Spoiled,
    Unavailable,
    UsageError,
    tell_for_log,
)
from syndicate.model import Decision, Delivery, Message, Receipt
from syndicate.networks.base import Finds, Network, Prepares, ReadsLimits, Resends
from syndicate.networks.toolkit.checks import refuse_misfits
from syndicate.planning.deliveries.retry import (
    decide_next,
    decide_recomposed,
    decide_uncomposed,
    decide_unprepared,
    describe,
)
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


def advance(desk: Desk, delivery: Delivery) -> Delivery:
    """Take one delivery as far as it goes now. Raises LostLease where it is in other hands meanwhile."""
    try:
        with contain(lambda error: _stop(desk, delivery, "prepare", error)):
            ready, network, loaded = _make_ready(desk, desk.leave_out_gap(delivery))
    except Stop as stop:
        return desk.record(delivery, stop.action, stop.decision)
    return send_once(desk, ready, network, loaded)


def _make_ready(desk: Desk, delivery: Delivery) -> tuple[Delivery, Network, Message]:
    """Everything before the intent. Raises Stop where it goes no further now."""
    _wait_for_turn(desk, delivery)
    network = _open(desk, delivery)
    learn_limits(desk, network)
    message = delivery.message or _compose(desk, delivery)
    _wait_for_page(desk, delivery, message)
    ready = desk.tools.store.keep_message(delivery, message, desk.tools.clock(), desk.tools.lease)
    ready = _prepare(desk, ready, network)
    loaded = _load(desk, ready)
    _refuse_misfits(desk, ready, network, loaded)
    desk.go_on()
    return ready, network, loaded


def _wait_for_turn(desk: Desk, delivery: Delivery) -> None:
    now = desk.tools.clock()
    missed = decide_missed(delivery, desk.policy, lambda at: desk.tools.next_slot(desk.account, at), now=now)
    if missed is not None:
        raise Stop("wait", missed)
    twin = desk.tools.store.find_unsettled_twin(delivery)
    if twin is not None:
        raise Stop("wait", decide_behind(twin, now=now))
    usage = desk.tools.store.read_usage(desk.account.name, now)
    waiting = decide_room(delivery, usage, desk.policy, now=now)
    if waiting is not None:
        raise Stop("wait", waiting)


def _open(desk: Desk, delivery: Delivery) -> Network:
    with contain(lambda error: _blame(desk, delivery, "open", error)):
        return desk.network


def learn_limits(desk: Desk, network: Network) -> None:
    """Ask the server what it takes where nobody has; one that cannot say it now will be asked again."""
    store, name = desk.tools.store, desk.account.name
    if isinstance(network, ReadsLimits) and store.find_limits(name) is None:
        with contain(lambda error: logger.info("%s: its limits are not known yet: %s", name, tell_for_log(error))):
            store.save_limits(name, network.read_limits(), desk.tools.clock())


def _compose(desk: Desk, delivery: Delivery) -> Message:
    """The message with what only now is fixed: the moment of intent, and the part of the thread it answers."""
    with contain(lambda error: _stop(desk, delivery, "compose", error)):
        try:
            message = desk.tools.compose(delivery)
        except (ConfigError, ContentError, UsageError) as error:  # a person must mend that
            raise Stop("compose", decide_uncomposed(error)) from error
    before = desk.tools.store.find_part_before(delivery) if delivery.part > 1 else None
    reply_to = before.receipt if before is not None else message.reply_to
    return replace(message, created_at=desk.tools.clock(), reply_to=reply_to)


def _wait_for_page(desk: Desk, delivery: Delivery, message: Message) -> None:
    if not message.link or delivery.message is not None:
        return  # nothing to wait for, or it was live when the message was frozen
    why: list[str] = []
    with contain(lambda error: why.append(describe(error))):
        why.append(desk.tools.check_ready(desk.account, message))
    unready = decide_unready(delivery, why[0], desk.policy, now=desk.tools.clock()) if why[0] else None
    if unready is not None:
        raise Stop("check page", unready)


def _prepare(desk: Desk, delivery: Delivery, network: Network) -> Delivery:
    """Uploads and containers, one step after the other, each remote id on disk before the next."""
    for _ in range(MOST_STEPS):
        desk.go_on()
        message = _prepare_once(desk, delivery, network)
        if delivery.message is not None and message.prepared == delivery.message.prepared:
            return delivery
        delivery = desk.tools.store.keep_message(delivery, message, desk.tools.clock(), desk.tools.lease)
    return delivery


def _prepare_once(desk: Desk, delivery: Delivery, network: Network) -> Message:
    message = _load(desk, delivery)
    if not isinstance(network, Prepares):
        return message
    with contain(lambda error: _blame(desk, delivery, "prepare", error)):
        try:
            return network.prepare(message, key=delivery.key)
        except Misfit as misfit:
            raise _compose_anew(desk, delivery, network, misfit) from misfit


def _refuse_misfits(desk: Desk, delivery: Delivery, network: Network, message: Message) -> None:
    """The last look before the intent, for networks that look only when they send."""
    try:
        refuse_misfits(message, network.limits, account=desk.account.name)
    except Misfit as misfit:
        raise _compose_anew(desk, delivery, network, misfit) from misfit


def _compose_anew(desk: Desk, delivery: Delivery, network: Network, misfit: Misfit) -> Stop:
    """The message again, within the limits as they are now; what then is the same, or may be out, a person must see."""
    before = delivery.message
    assert before is not None
    if isinstance(network, ReadsLimits):
        desk.tools.store.save_limits(desk.account.name, network.limits, desk.tools.clock())
    fresh = _compose(desk, delivery)
    if delivery.attempts or (fresh.text, fresh.image, fresh.card) == (before.text, before.image, before.card):
        return Stop("compose", decide_uncomposed(misfit))
    desk.tools.store.keep_message(delivery, fresh, desk.tools.clock(), desk.tools.lease)
    return Stop("compose", decide_recomposed(misfit, now=desk.tools.clock()))


def _load(desk: Desk, delivery: Delivery) -> Message:
    assert delivery.message is not None
    with contain(lambda error: _stop(desk, delivery, "load image", error)):
        try:
            return desk.load_images(delivery.message)
        except ContentError as error:
            raise Stop("load image", decide_uncomposed(error)) from error


def _blame(desk: Desk, delivery: Delivery, action: str, error: Exception) -> NoReturn:
    """The same where the trouble may be the server's."""
    desk.note_trouble(action, error)
    _stop(desk, delivery, action, error)


def _stop(desk: Desk, delivery: Delivery, action: str, error: Exception) -> NoReturn:
    """Whatever happened before the call: nothing is published by then, so it may be tried again."""
    log_surprise(error, delivery)
    now, jitter = desk.tools.clock(), desk.tools.jitter()
    decision = decide_unprepared(delivery, error, desk.policy, now=now, jitter=jitter)
    raise Stop(action, decision) from error


def send_once(desk: Desk, delivery: Delivery, network: Network, message: Message) -> Delivery:
    """Intent, call, outcome. Between the intent on disk and the outcome on disk a crash leaves it unknown."""
    can_look = isinstance(network, Finds | Resends)
    with desk.tools.durable.in_turn(can_look=can_look):
        intended = desk.tools.store.intend(delivery, desk.tools.clock(), desk.tools.lease)
        outcome = call(desk, "send", intended, network, message)
        if isinstance(outcome, Spoiled):
            fresh = replace(delivery.message or message, prepared=outcome.prepared)
            intended = desk.tools.store.keep_message(intended, fresh, desk.tools.clock(), desk.tools.lease)
        now, jitter = desk.tools.clock(), desk.tools.jitter()
        decision = decide_next(intended, outcome, desk.policy, can_look=can_look, now=now, jitter=jitter)
        return desk.record(intended, "send", desk.check_copy(intended, decision))


def call(desk: Desk, action: str, intended: Delivery, network: Network, message: Message) -> Receipt | Exception:
    """The one irreversible call, made only while the row is ours and the lease runs: machines sleep at any line."""
    desk.tools.durable.make_durable()
    try:
        state = desk.tools.store.confirm(intended, desk.tools.clock())
    except Contradicted as error:
        return Unavailable(error.message, hint=error.hint)
    if state is None:
        return Unavailable("the machine was away too long before the call")
    if why := desk.tools.durable.confirm():
        return Unavailable(why)
    desk.tools.keep_seen(state)
    outcome: list[Receipt | Exception] = []
    with contain(outcome.append):  # whatever it was, the network may have published: it is decided, not lost
        try:
            outcome.append(network.send(message, key=intended.key))
        except NetworkError as error:  # it says itself what became of it, whatever stands behind
            outcome.append(error)
    if isinstance(outcome[0], Exception):
        log_surprise(outcome[0], intended)
        desk.note_trouble(action, outcome[0])
    return outcome[0]
