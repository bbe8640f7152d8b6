"""What a round of deliveries came to."""

from __future__ import annotations

from dataclasses import dataclass

from syndicate.model import Delivery, State

_NEEDS_PERSON = frozenset({State.FAILED, State.HELD, State.MISSED})


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Every delivery that was touched, as it stands now, in the order of events of each account."""

    results: tuple[Delivery, ...] = ()

    @property
    def sent(self) -> tuple[Delivery, ...]:
        return tuple(one for one in self.results if one.state is State.SENT)

    @property
    def needs_person(self) -> tuple[Delivery, ...]:
        """Those that will not go on by themselves."""
        return tuple(one for one in self.results if needs_person(one))


def needs_person(delivery: Delivery) -> bool:
    """Whether nothing happens to it before a person acts."""
    is_unsettled = delivery.state is State.UNCERTAIN and delivery.look_at is None
    return delivery.state in _NEEDS_PERSON or is_unsettled
