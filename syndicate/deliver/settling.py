"""A delivery whose outcome is unknown: look for it, or call again under the key that the network keeps."""

from __future__ import annotations

from datetime import datetime, timedelta

from syndicate.containment import contain
from syndicate.deliver.account_worker import Desk, log_surprise
from syndicate.deliver.sending import call
from syndicate.errors import Uncertain
from syndicate.model import Decision, Delivery
from syndicate.networks.base import Finds, Network, Resends
from syndicate.planning.deliveries.retry import decide_look, decide_resent, decide_unseen, decide_unsettled

SKEW = timedelta(days=1)
"""How wrong our clock may have been at the intent: a copy that the network dates earlier is still found."""


def settle(desk: Desk, delivery: Delivery) -> Delivery:
    """Take one step towards knowing."""
    troubles: list[Exception] = []
    with contain(troubles.append):
        network = desk.network
    if troubles:
        return desk.record(delivery, "find", _blame(desk, delivery, troubles[0]))
    if isinstance(network, Finds):
        return desk.record(delivery, "find", _look(desk, delivery, network))
    if isinstance(network, Resends) and _is_key_kept(desk, delivery, network):
        return _resend(desk, delivery, network)
    return desk.record(delivery, "settle", decide_unsettled(delivery))


def _look(desk: Desk, delivery: Delivery, network: Finds) -> Decision:
    assert delivery.message is not None
    assert delivery.intent_at is not None
    troubles: list[Exception] = []
    try:
        with contain(troubles.append):
            found = network.find(delivery.message, key=delivery.key, since=_oldest(desk, delivery, delivery.intent_at))
    finally:
        desk.note_spending(network)
    if troubles:
        return _blame(desk, delivery, troubles[0])
    desk.note_answer()
    if found is not None and desk.is_others(delivery, found):
        # Ours may lie behind it: "not there" would be a guess, so looking ends with a person.
        return _unseen(desk, delivery, Uncertain("the network shows another message with the same words"))
    return decide_look(delivery, found, now=desk.tools.clock())


def _oldest(desk: Desk, delivery: Delivery, intent_at: datetime) -> datetime:
    """The oldest date of a copy of ours. An intent in the future was dated by a clock that was ahead."""
    if intent_at <= desk.tools.clock():
        return intent_at - SKEW
    return min(desk.tools.clock(), delivery.created_at or intent_at) - SKEW


def _is_key_kept(desk: Desk, delivery: Delivery, network: Resends) -> bool:
    """A clock that stands before the intent was set back: then nobody knows how old the key is."""
    now, intent_at = desk.tools.clock(), delivery.intent_at
    return intent_at is not None and intent_at <= now < network.resend_until(intent_at)


def _resend(desk: Desk, delivery: Delivery, network: Network) -> Delivery:
    assert delivery.message is not None
    troubles: list[Exception] = []
    with contain(troubles.append):
        message = desk.load_images(delivery.message)
    if troubles:
        return desk.record(delivery, "load image", _unseen(desk, delivery, troubles[0]))
    desk.go_on()
    with desk.tools.durable.in_turn(can_look=True):
        intended = desk.tools.store.intend(delivery, desk.tools.clock(), desk.tools.lease)
        outcome = call(desk, "send again", intended, network, message)
        decision = decide_resent(intended, outcome, now=desk.tools.clock(), jitter=desk.tools.jitter())
        return desk.record(intended, "send again", desk.check_copy(intended, decision))


def _blame(desk: Desk, delivery: Delivery, error: Exception) -> Decision:
    """The same where the trouble may be the server's."""
    desk.note_trouble("find", error)
    return _unseen(desk, delivery, error)


def _unseen(desk: Desk, delivery: Delivery, error: Exception) -> Decision:
    log_surprise(error, delivery)
    return decide_unseen(delivery, error, now=desk.tools.clock(), jitter=desk.tools.jitter())
