"""One account at work: its network, opened once, and the way every decision is recorded and told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from syndicate.errors import LostLease, StateError, SyndicateError, contain, tell_for_log
from syndicate.model import Account, Action, Attachment, Decision, Delivery, Message, Reason, Receipt, State
from syndicate.networks import note_place
from syndicate.networks.base import Network, Spends
from syndicate.notices import Notice, NoticeKind
from syndicate.planning.deliveries.retry import (
    ask_person,
    begin_trouble,
    decide_rest,
    describe,
    is_long_trouble,
    leave_out_gap,
)
from syndicate.planning.schedule import say_time
from syndicate.planning.schedule.gates import Policy, policy_of
from syndicate.store.identity import StateRecord
from syndicate.store.store import Store

logger = logging.getLogger(__name__)

RECORD_TRIES = 3
"""How often an outcome is offered to a busy database before the receipt would be known to nobody."""


class Stopping(BaseException):
    """The process was asked to end before the call was made: the delivery is given back as it is. No trouble, so no
    border stops it."""


class AccountRound:
    """What the steps of one account's deliveries share."""

    def __init__(self, tools: Tools, account: Account) -> None:
        self.tools = tools
        self.account = account
        self.policy: Policy = policy_of(account)

    @cached_property
    def network(self) -> Network:
        return self.tools.open_network(self.account)

    def go_on(self) -> None:
        """Asked before each step that begins something. Raises Stopping."""
        if self.tools.is_stopping():
            raise Stopping

    def record(self, delivery: Delivery, action: str, decision: Decision) -> Delivery:
        """Put the decision on disk, then let the account wait and the person know, where it says so."""
        if decision.receipt is not None:
            decision = replace(decision, receipt=note_place(decision.receipt, self.account))
        is_news = not self._has_told(delivery, decision)
        recorded = self._insist(delivery, action, decision)
        self._pause(decision)
        if recorded.state is State.SENT and self.tools.store.is_troubled(self.account.name):
            self.tools.store.resume_account(self.account.name)
            self.note_answer()
        if decision.notice and not decision.pause and is_news:
            subject = f"{delivery.slug} on {self.account.name}: {recorded.state}"
            self._tell(NoticeKind.DELIVERY, subject, decision.notice, delivery)
        return recorded

    def _has_told(self, delivery: Delivery, decision: Decision) -> bool:
        """Whether the trail tells the same already since it was taken up, whatever it waited for in between, or
        the notice about its account, where nobody asked for this message since."""
        if decision.reason is not Reason.STILL_FAILING:
            return False
        if delivery.chosen is not Action.RETRY and self.tools.store.find_rest(self.account.name)[0]:
            return True
        trail = self.tools.store.list_attempts(delivery.id)
        since = delivery.started_at
        return any(one.reason is decision.reason and (since is None or one.at >= since) for one in trail)

    def leave_out_gap(self, delivery: Delivery, rests_until: datetime | None) -> Delivery:
        """The delivery, as if the time in which nobody ran had not been."""
        free_since = max(delivery.due_at, rests_until or delivery.due_at)
        started_at = leave_out_gap(delivery, free_since, self.policy, now=self.tools.clock())
        return delivery if started_at is None else self.tools.store.leave_out_gap(delivery, started_at)

    def note_trouble(self, action: str, error: Exception) -> None:
        """Leave the account alone for a while where its server does not answer as it should; else it does answer."""
        store, name, now = self.tools.store, self.account.name, self.tools.clock()
        known, before = store.find_rest(name)
        since = begin_trouble(known, before, now=now)
        until = decide_rest(error, since, now=now, jitter=self.tools.jitter())
        if until is None:
            self.note_answer()
            return
        why = describe(error).removeprefix(f"{name}: ")
        store.rest_account(name, action, why, now, until, since=since)
        began, ends = (say_time(at, self.policy.timezone) for at in (since, until))
        words = f"{name} has been failing since {began}, and rests until {ends}: {why}"
        if is_long_trouble(since, before if known == since else None, until):
            self._tell(NoticeKind.ACCOUNT, f"{name} keeps failing", words)
        else:
            logger.warning("%s", words)

    def note_spending(self, network: object) -> None:
        """Looking costs money on some networks, which counts in `max_cost`."""
        spent = network.take_spent() if isinstance(network, Spends) else 0.0
        if spent:
            self.tools.store.record_spending(self.account.name, spent, self.tools.clock())

    def note_answer(self) -> None:
        since, _ = self.tools.store.find_rest(self.account.name)
        if since is not None:
            self.tools.store.end_rest(self.account.name)
            logger.info(
                "%s answers again; it had been failing since %s",
                self.account.name,
                say_time(since, self.policy.timezone),
            )

    def _insist(self, delivery: Delivery, action: str, decision: Decision) -> Delivery:
        for _ in range(RECORD_TRIES - 1):
            try:
                return self.tools.store.record(delivery, action, decision, self.tools.clock())
            except LostLease:
                raise
            except StateError:
                logger.warning("delivery %s: the outcome could not be written, trying again", delivery.id)
        return self.tools.store.record(delivery, action, decision, self.tools.clock())

    def _pause(self, decision: Decision) -> None:
        if not decision.pause:
            return
        store, now = self.tools.store, self.tools.clock()
        secrets, why = self.tools.digest_secrets(self.account) or "unreadable", decision.pause
        given = ", ".join(self.tools.list_given(self.account))
        if given and "syndicate login" in why:
            why = f"{why}; {given} in the environment of what sent it wins over a login"
        if store.pause_account(self.account.name, why, now, decision.pause_until, secrets=secrets):
            self._tell(NoticeKind.ACCOUNT, f"{self.account.name} is paused", why)

    def _tell(self, kind: NoticeKind, subject: str, text: str, delivery: Delivery | None = None) -> None:
        notice = Notice(kind=kind, account=self.account.name, subject=subject, text=text, at=self.tools.clock())
        if delivery is not None:
            notice = replace(notice, delivery_id=delivery.id, slug=delivery.slug)
        with contain(lambda error: logger.error("“%s” could not be sent: %s", subject, tell_for_log(error))):
            self.tools.notify(notice)

    def is_others(self, delivery: Delivery, copy: Receipt) -> bool:
        """Whether a published copy is another delivery's: two occasions may say the same words."""
        holder = self.tools.store.find_by_receipt(delivery.account, copy.remote_id)
        return holder is not None and holder.id != delivery.id

    def check_copy(self, delivery: Delivery, decision: Decision) -> Decision:
        """The decision, unless it takes a copy for ours that belongs to another delivery: then a person must look."""
        copy = decision.receipt
        if decision.outcome == "found" and copy is not None and self.is_others(delivery, copy):
            return ask_person(Reason.ANOTHERS_COPY, copy.url or copy.remote_id)
        return decision

    def load_images(self, message: Message) -> Message:
        """The message with the bytes of its images, which are never stored."""
        return replace(message, image=self._load(message.image), card=self._load(message.card))

    def _load(self, attachment: Attachment | None) -> Attachment | None:
        if attachment is None:
            return None
        return replace(attachment, data=self.tools.load_attachment(attachment))


def log_surprise(error: Exception, delivery: Delivery) -> None:
    """Where a mistake in our own code happened."""
    if not isinstance(error, SyndicateError):
        logger.error("delivery %s: %s", delivery.id, tell_for_log(error))


# --- what delivering needs from other rooms, handed in by `app` ---

LEASE = timedelta(minutes=5)
"""Longer than any single call may take (see the time limits in `http/`)."""


class Durability(Protocol):
    """What makes an intent outlive this machine, where the state has no disk of its own."""

    def in_turn(self, *, can_look: bool) -> AbstractContextManager[None]:
        """Held from the intent to the outcome, so that a kill leaves few outcomes unknown."""

    def make_durable(self) -> None:
        """Have everything committed so far where the state lives. Raises StateError: then nothing may be sent."""

    def confirm(self) -> str:
        """The last look before a call: why nobody can say, "" where all is well. Raises StateMoved."""


class OwnDisk:
    """The state is a database: what is committed there is durable."""

    def in_turn(self, *, can_look: bool) -> AbstractContextManager[None]:  # noqa: ARG002 - both are one
        return nullcontext()

    def make_durable(self) -> None:
        """It is."""

    def confirm(self) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The collaborators of `deliver_due`. Threads share them."""

    store: Store
    accounts: Mapping[str, Account]
    """Enabled accounts by name; deliveries of others wait."""
    open_network: Callable[[Account], Network]
    """Raises ConfigError or Unauthorised where credentials are missing."""
    compose: Callable[[Delivery], Message]
    """The message of a delivery, fitted; raises ContentError or ConfigError where it cannot be made,
    Unavailable where its post cannot be read now."""
    load_attachment: Callable[[Attachment], bytes]
    """The image's bytes; raises FetchError where they cannot be had now, ContentError where never."""
    check_ready: Callable[[Account, Message], str]
    """"" where the page behind the message is live, else why not."""
    next_slot: Callable[[Account, datetime], datetime]
    """The account's first slot after an instant, for missed deliveries."""
    notify: Callable[[Notice], None]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    """A number from 0 to 1."""
    owner: str
    """Unique to this process and start, e.g. host, process number and chance."""
    lease: timedelta = field(default=LEASE)
    is_stopping: Callable[[], bool] = field(default=lambda: False)
    """Whether nothing new may begin: what is prepared is given back, only a call that is open goes on."""
    digest_secrets: Callable[[Account], str] = field(default=lambda _account: "")
    """Another word when the account's secrets are others; "" where they cannot be read."""
    list_given: Callable[[Account], tuple[str, ...]] = field(default=lambda _account: ())
    """The variables of our environment that hold secrets of the account, and win over a login."""
    durable: Durability = field(default_factory=OwnDisk)
    keep_seen: Callable[[StateRecord], None] = field(default=lambda _state: None)
    """Repeat the state's counter outside the database, so that an older copy of it is recognised."""
