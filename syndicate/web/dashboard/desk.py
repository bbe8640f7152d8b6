"""What the dashboard asks for. The hall answers it; this room knows no store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from syndicate.model import Delivery, PlannedDelivery, Problem, Settings


class AccountLine(Protocol):
    """One account in words. States: "ready", "off", "paused", "resting", "no credentials", "refused"."""

    @property
    def name(self) -> str: ...

    @property
    def network(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def expires(self) -> str: ...

    @property
    def note(self) -> str: ...


class Desk(Protocol):
    """One site's outbox in a person's hands. Methods raise SyndicateError with a sentence for the person."""

    @property
    def settings(self) -> Settings: ...

    def now(self) -> datetime: ...

    def read_template(self, name: str) -> str:
        """The site's own template of this name, else ours."""

    def is_daemon_running(self) -> bool: ...

    def find_contradiction(self) -> str:
        """Why nothing is sent and what to do about it, "" where the state is in order."""

    def list_waiting(self) -> tuple[Delivery, ...]:
        """Everything that is not at its end, by time."""

    def list_sent(self, most: int) -> tuple[Delivery, ...]:
        """What was sent last, newest first."""

    def list_of_post(self, slug: str) -> tuple[Delivery, ...]:
        """Every delivery of one post, by time."""

    def preview(self, deliveries: Sequence[Delivery]) -> tuple[PlannedDelivery, ...]:
        """The same in the same order, each with its text as it was or would be sent, count and limit."""

    def list_problems(self) -> tuple[Problem, ...]: ...

    def list_accounts(self) -> Sequence[AccountLine]: ...

    def explain(self, slug: str) -> tuple[str, ...]:
        """The story of a post in lines. Raises UsageError where nothing is known of it."""

    def change(self, action: str, number: int, value: str) -> Delivery:
        """One of `model.Action`."""

    def answer_many(self, action: str, account: str) -> int:
        """Release or skip whatever the account holds because many posts came at once; returns how many those were."""

    def check_text(self, number: int, text: str) -> None:
        """Raises UsageError where the network would refuse this text for this delivery."""

    def keep_pass(self, kind: str, key: str, lasts: timedelta) -> None: ...

    def has_pass(self, kind: str, key: str) -> bool: ...

    def take_pass(self, kind: str, key: str) -> bool: ...

    def resume(self, account: str) -> None: ...
