"""A delivery whose outcome is unknown: look for it, or call again under the key that the network keeps."""

from __future__ import annotations

from datetime import datetime, timedelta

from syndicate.containment import contain
from syndicate.deliver.account_worker import AccountRound, log_surprise
from syndicate.deliver.sending import call
from syndicate.errors import Uncertain
from syndicate.model import Decision, Delivery
from syndicate.networks.base import Finds, Network, Resends
from syndicate.planning.deliveries.retry import decide_look, decide_resent, decide_unseen, decide_unsettled

SKEW = timedelta(days=1)
"""How wrong our clock may have been at the intent: a copy that the network dates earlier is still found."""


def settle(current: AccountRound, delivery: Delivery) -> Delivery:
    """Take one step towards knowing."""
    troubles: list[Exception] = []
    with contain(troubles.append):
        network = current.network
    if troubles:
        return current.record(delivery, "find", _blame(current, delivery, troubles[0]))
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
        return _blame(current, delivery, troubles[0])
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


def _blame(current: AccountRound, delivery: Delivery, error: Exception) -> Decision:
    """The same where the trouble may be the server's."""
    current.note_trouble("find", error)
    return _unseen(current, delivery, error)


def _unseen(current: AccountRound, delivery: Delivery, error: Exception) -> Decision:
    log_surprise(error, delivery)
    return decide_unseen(delivery, error, now=current.tools.clock(), jitter=current.tools.jitter())
