"""What nobody foresaw costs the one delivery that it happens to, and around the call it is never taken for a no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from syndicate.errors import Rejected, StateError, Uncertain
from syndicate.model import Account, Attachment, Delivery, Message, Receipt, State
from syndicate.notices import Notice
from tests.containment.troubles import TROUBLES, name_of
from tests.deliver.bench import NOW, Bench, Finding, Keeping, Preparing, Scripted, compose

every_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)


class Picky(Preparing, Finding):
    """Raises at one step, where the message is the odd post's."""

    def __init__(self, at: str, trouble: BaseException) -> None:
        super().__init__()
        self.at, self.odd = at, trouble

    def _look_out(self, step: str, message: Message) -> None:
        if step == self.at and "odd" in message.text:
            raise self.odd

    def prepare(self, message: Message, *, key: str) -> Message:
        self._look_out("prepare", message)
        return message

    def send(self, message: Message, *, key: str) -> Receipt:
        self._look_out("send", message)
        return super().send(message, key=key)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        self._look_out("find", message)
        return super().find(message, key=key, since=since)


def add_three(bench: Bench) -> tuple[Delivery, Delivery, Delivery]:
    return bench.add(post="good"), bench.add(post="odd"), bench.add(post="fine")


def compose_but(trouble: BaseException) -> Callable[[Delivery], Message]:
    def run(delivery: Delivery) -> Message:
        if delivery.post_id == "odd":
            raise trouble
        return compose(delivery)

    return run


def check_but(trouble: BaseException) -> Callable[[Account, Message], str]:
    def run(account: Account, message: Message) -> str:
        if "odd" in message.text:
            raise trouble
        return ""

    return run


def load_but(trouble: BaseException) -> Callable[[Attachment], bytes]:
    def run(attachment: Attachment) -> bytes:
        if attachment.alt == "odd":
            raise trouble
        return b"jpeg"

    return run


def mark_picture(delivery: Delivery) -> Message:
    message = compose(delivery)
    assert message.image
    return replace(message, image=replace(message.image, alt=delivery.post_id))


STEPS: dict[str, Callable[[BaseException], dict[str, Any]]] = {
    "compose": lambda trouble: {"compose": compose_but(trouble)},
    "check page": lambda trouble: {"check_ready": check_but(trouble)},
    "load image": lambda trouble: {"load_attachment": load_but(trouble), "compose": mark_picture},
    "prepare": lambda _: {},
}


@every_trouble
@pytest.mark.parametrize("step", STEPS)
def test_a_step_before_the_call_costs_its_own_delivery(bench: Bench, step: str, trouble: BaseException) -> None:
    """It waits and says why, and the other two go out in the same round."""
    bench.networks["a"] = Picky(step, trouble)
    bench.changes = STEPS[step](trouble)
    good, odd, fine = add_three(bench)
    bench.run()
    assert [bench.get(one).state for one in (good, odd, fine)] == [State.SENT, State.DUE, State.SENT]
    assert bench.get(odd).detail
    assert bench.get(odd).due_at > NOW
    assert bench.trail(odd)[-1][0] == step


@every_trouble
def test_what_the_call_raises_is_an_unknown_outcome(bench: Bench, trouble: BaseException) -> None:
    """Never due, never failed: the network may have published. The other two are sent."""
    bench.networks["a"] = Picky("send", trouble)
    good, odd, fine = add_three(bench)
    bench.run()
    assert [bench.get(one).state for one in (good, odd, fine)] == [State.SENT, State.UNCERTAIN, State.SENT]
    assert bench.trail(odd) == [("send", "intent"), ("send", "unknown")]


@every_trouble
def test_a_look_that_fails_leaves_the_outcome_unknown(bench: Bench, trouble: BaseException) -> None:
    """Looked for again later, while the others are found and sent."""
    network = bench.networks["a"] = Picky("send", Uncertain("cut"))
    good, odd, fine = add_three(bench)
    bench.run()
    network.at, network.odd = "find", trouble
    late = bench.add(post="late")
    bench.run_after(timedelta(seconds=15))
    assert [bench.get(one).state for one in (good, odd, fine, late)] == [
        State.SENT, State.UNCERTAIN, State.SENT, State.SENT,
    ]  # fmt: skip
    assert bench.get(odd).look_at
    assert len(network.calls) == 3


@every_trouble
def test_a_call_under_the_same_key_that_fails_stays_unknown(bench: Bench, trouble: BaseException) -> None:
    """Only a receipt settles the call before it."""

    class Odd(Keeping):
        def send(self, message: Message, *, key: str) -> Receipt:
            super().send(message, key=key)
            raise trouble

    bench.networks["a"] = Odd()
    row = bench.add()
    bench.run()
    bench.run_after(timedelta(seconds=15))
    assert bench.get(row).state is State.UNCERTAIN
    assert len(bench.networks["a"].calls) == 2


@every_trouble
def test_an_account_that_cannot_be_opened_keeps_nobody_waiting(bench: Bench, trouble: BaseException) -> None:
    """Its own message waits; the other accounts' go out."""

    def open_network(account: Account) -> Scripted:
        if account.name == "odd":
            raise trouble
        network: Scripted = bench.networks[account.name]
        return network

    bench.networks = {"a": Scripted(), "odd": Scripted(), "z": Scripted()}
    bench.changes["open_network"] = open_network
    rows = [bench.add(account) for account in bench.networks]
    bench.run()
    assert [bench.get(one).state for one in rows] == [State.SENT, State.DUE, State.SENT]


@every_trouble
def test_a_notice_that_cannot_be_told_stops_no_delivery(
    bench: Bench, trouble: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """The decision stands, and the log has the subject."""

    def notify(notice: Notice) -> None:
        raise trouble

    bench.networks["a"].script = [Rejected("no")]
    bench.changes["notify"] = notify
    rows = [bench.add(post="odd"), bench.add(post="good")]
    bench.run()
    assert [bench.get(one).state for one in rows] == [State.FAILED, State.SENT]
    assert "could not be sent" in caplog.text


@every_trouble
def test_what_fails_between_the_steps_costs_its_own_delivery(
    bench: Bench, trouble: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """After the call, too: the row keeps its intent, and what became of it is looked for once its lease ends."""

    numbers = iter((None, trouble))

    def jitter() -> float:
        odd = next(numbers, None)
        if odd:
            raise odd
        return 0.5

    bench.changes["jitter"] = jitter
    good, odd, fine = add_three(bench)
    bench.run()
    assert [bench.get(one).state for one in (good, odd, fine)] == [State.SENT, State.SENDING, State.PLANNED]
    assert f"delivery {odd.id} waits" in caplog.text
    bench.run_after(timedelta(minutes=10))
    assert [bench.get(one).state for one in (odd, fine)] == [State.UNCERTAIN, State.SENT]


@pytest.mark.parametrize(
    "end", [KeyboardInterrupt(), SystemExit(1), StateError("gone"), OSError(28, "full")], ids=name_of
)
def test_a_round_that_ends_during_a_call_keeps_the_intent(bench: Bench, end: BaseException) -> None:
    """The next start settles it by looking; nothing is sent a second time."""
    network = bench.networks["a"] = Picky("send", end)
    good, odd, fine = add_three(bench)
    with pytest.raises(type(end)):
        bench.run()
    assert [bench.get(one).state for one in (good, odd, fine)] == [State.SENT, State.SENDING, State.PLANNED]
    network.at = ""
    network.sights = [Receipt("r", "https://social.example/odd")]
    bench.run_after(timedelta(minutes=10))
    assert [bench.get(one).state for one in (good, fine)] == [State.SENT, State.SENT]
    assert "Part 1 of odd" not in [message.text for message, _ in network.calls]
