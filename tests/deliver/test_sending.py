"""From due to sent: the order of the steps, and everything that can stop it before the call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier, Event

import pytest

from syndicate.errors import (
    ConfigError,
    ContentError,
    FetchError,
    NotReady,
    PaymentRequired,
    RateLimited,
    Rejected,
    Spoiled,
    StateError,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.model import Account, Delivery, Limits, Message, Reason, Receipt, ScheduleRules, State
from syndicate.store.glance import Moment
from syndicate.store.identity import Contradiction
from syndicate.vault import digest_secrets
from tests.deliver.bench import NOW, Bench, Finding, Preparing, Scripted, raising

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def test_a_message_goes_out_once_with_its_key_and_its_image(bench: Bench) -> None:
    """The call carries the row's key, the bytes of the image and the moment of intent; the receipt is stored."""
    row = bench.add()
    report = bench.run()
    ((message, key),) = bench.networks["a"].calls
    assert key == row.key
    assert message.image is not None
    assert (message.image.data, message.created_at) == (b"jpeg", NOW)
    assert report.sent == (bench.get(row),)
    assert bench.get(row).receipt == Receipt("r1", "https://social.example/1")
    assert bench.trail(row) == [("send", "intent"), ("send", "sent")]
    bench.run_after(HOUR)
    assert len(bench.networks["a"].calls) == 1


def test_each_step_is_on_disk_before_the_next(bench: Bench) -> None:
    """An upload that is done is not done again when the container needs time."""
    network = bench.networks["a"] = Preparing(trouble=[NotReady("processing")])
    row = bench.add()
    bench.run()
    waiting = bench.get(row)
    assert waiting.message is not None
    assert (waiting.state, dict(waiting.message.prepared)) == (State.DUE, {"upload": "upload-1"})
    assert waiting.due_at == NOW + 5 * SECOND
    bench.run_after(5 * SECOND)
    assert network.steps == ["upload", "container", "container"]
    assert dict(network.calls[0][0].prepared) == {"upload": "upload-1", "container": "container-1"}


def test_what_the_network_cannot_use_is_prepared_anew(bench: Bench) -> None:
    """A refused container is forgotten on disk; the next attempt begins where the network says, and makes another."""
    network = bench.networks["a"] = Preparing()
    network.script = [Spoiled("the preview failed", prepared={"upload": "upload-1"})]
    row = bench.add()
    bench.run()
    waiting = bench.get(row)
    assert waiting.message is not None
    assert (waiting.state, dict(waiting.message.prepared)) == (State.DUE, {"upload": "upload-1"})
    assert bench.trail(row) == [("send", "intent"), ("send", "spoiled")]
    bench.run_after(HOUR)
    assert network.steps == ["upload", "container", "container"]
    assert bench.get(row).state is State.SENT


@pytest.mark.slow
def test_a_network_that_never_says_done_does_not_hold_the_worker(bench: Bench) -> None:
    """Steps without end are cut off, and the call is made."""

    class Endless(Scripted):
        def prepare(self, message: Message, *, key: str) -> Message:
            return replace(message, prepared={"step": str(int(message.prepared.get("step", "0")) + 1)})

    bench.networks["a"] = Endless()
    row = bench.add()
    bench.run()
    assert bench.get(row).state is State.SENT


def test_a_frozen_message_is_not_composed_again(bench: Bench) -> None:
    """What was prepared is what is sent, whatever the post says an hour later."""
    bench.networks["a"].script = [Unavailable("down")]
    row = bench.add()
    bench.run()
    bench.changes["compose"] = raising(ContentError("the post is gone"))
    bench.run_after(MINUTE)
    assert bench.get(row).state is State.SENT
    first, second = bench.networks["a"].calls
    assert first == second


@pytest.mark.parametrize("refusal", [RateLimited("slower"), Unauthorised("the token is dead"), NotReady("processing")])
def test_a_message_that_was_surely_not_posted_follows_its_post(bench: Bench, refusal: Exception) -> None:
    """The network said that it did nothing: what its author corrected meanwhile is what goes out."""
    bench.networks["a"].script = [refusal]
    row = bench.add()
    bench.run()
    bench.changes["compose"] = lambda delivery: Message(text="Corrected", title="p", created_at=NOW)
    bench.store.resume_account("a")
    bench.run_after(HOUR)
    assert [message.text for message, _ in bench.networks["a"].calls][1:] == ["Corrected"]
    assert bench.get(row).state is State.SENT


def test_a_message_that_may_have_been_posted_stays_as_it_was(bench: Bench) -> None:
    """Also where a later call was surely refused, and where a person gave it another time in between."""
    network = bench.networks["a"] = Finding([Uncertain("cut off"), RateLimited("slower")])
    row = bench.add()
    while len(network.calls) < 2:
        bench.run_after(HOUR)
    bench.changes["compose"] = lambda delivery: Message(text="Corrected", title="p", created_at=NOW)
    bench.store.move(row.id, bench.now, bench.now)
    bench.run_after(HOUR)
    assert {message.text for message, _ in network.calls} == {network.calls[0][0].text}
    assert (len(network.calls), bench.get(row).state) == (3, State.SENT)


def test_a_message_that_was_only_prepared_follows_its_post(bench: Bench) -> None:
    """An upload that failed for an hour is no call: what its author corrected meanwhile is prepared anew, and sent."""
    network = bench.networks["a"] = Preparing(trouble=[NotReady("processing")])
    row = bench.add()
    bench.run()
    corrected = Message(text="Corrected", title="p", created_at=NOW)
    bench.changes["compose"] = lambda delivery: corrected
    bench.run_after(HOUR)
    assert network.steps == ["upload", "container", "upload", "container"]
    assert [message.text for message, _ in network.calls] == ["Corrected"]
    assert bench.get(row).state is State.SENT


def test_own_words_are_what_is_sent(bench: Bench) -> None:
    """A person's edit before sending is kept."""
    row = bench.add()
    bench.store.set_text(row.id, "My own words", NOW)
    bench.run()
    assert bench.networks["a"].calls[0][0].text == "My own words"


def test_a_thread_answers_part_by_part(bench: Bench) -> None:
    """Part 2 goes after part 1 in the same round and answers to its receipt."""
    bench.add(part=2)
    bench.add(part=1)
    bench.run()
    first, second = (message for message, _ in bench.networks["a"].calls)
    assert (first.text, second.text) == ("Part 1 of p", "Part 2 of p")
    assert first.reply_to is None
    assert second.reply_to == Receipt("r1", "https://social.example/1")


@pytest.mark.slow
def test_a_thread_whose_post_was_changed_in_between_waits_for_a_person(bench: Bench) -> None:
    """What is out ended elsewhere: the next part would say words twice. Released it goes on with the new ones."""
    said = {1: "One two 1/2", 2: "three four 2/2"}
    bench.changes["compose"] = lambda row: Message(text=said[row.part], title="p", created_at=NOW)
    network = bench.networks["a"]
    network.script = [None, RateLimited("slower")]
    first, second = bench.add(part=1), bench.add(part=2)
    bench.run()
    assert bench.get(first).state is State.SENT
    said.update({1: "One 1/2", 2: "two three four 2/2"})
    bench.run_after(HOUR)
    assert (bench.get(second).state, bench.get(second).reason) == (State.HELD, Reason.OTHER_THREAD)
    bench.store.release(second.id, bench.now)
    bench.run_after(HOUR)
    assert network.calls[-1][0].text == "two three four 2/2"


def test_an_approval_waits_for_its_release(bench: Bench) -> None:
    """A held delivery is not touched; released, it goes."""
    row = bench.add(state=State.HELD)
    assert bench.run().results == ()
    bench.store.release(row.id, NOW)
    assert len(bench.run().sent) == 1


@pytest.mark.parametrize(
    ("what", "error", "state", "word"),
    [
        ("compose", ContentError("the post is gone"), State.HELD, "not composed"),
        ("compose", ConfigError("the template is broken"), State.HELD, "not composed"),
        ("compose", ZeroDivisionError(), State.DUE, "trouble"),
        ("load_attachment", FetchError("no card yet"), State.DUE, "unavailable"),
        ("load_attachment", ContentError("the card is gone"), State.HELD, "not composed"),
        ("load_attachment", OSError("no disk"), State.DUE, "trouble"),
        ("open_network", ConfigError("no token"), State.DUE, "blocked"),
        ("open_network", Unauthorised("no token"), State.DUE, "blocked"),
        ("open_network", KeyError("option"), State.DUE, "trouble"),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__) if not isinstance(value, str) else value,
)
def test_trouble_before_the_call_leaves_the_delivery(
    bench: Bench, what: str, error: Exception, state: State, word: str
) -> None:
    """Nothing is sent, nothing is lost, and the row says why."""
    row = bench.add()
    bench.changes[what] = raising(error)
    bench.run()
    left = bench.get(row)
    assert (left.state, bench.trail(row)[-1][1]) == (state, word)
    assert bench.networks["a"].calls == []
    assert left.reason
    assert left.lease_owner == ""


def test_a_message_waits_until_its_page_is_live(bench: Bench) -> None:
    """While the page answers 404 it waits; a check that fails is as good as a 404; then it goes."""
    row = bench.add()
    for check in (lambda account, message: "it answers 404", raising(FetchError("no answer"))):
        bench.changes["check_ready"] = check
        bench.run_after(MINUTE)
        assert bench.get(row).state is State.DUE
    assert bench.get(row).reason is Reason.PAGE_NOT_LIVE
    bench.changes.clear()
    bench.run_after(HOUR)
    assert bench.get(row).state is State.SENT


def test_waiting_for_a_page_does_not_fill_the_trail(bench: Bench) -> None:
    """The same words are said once, however often the page is asked for."""
    row = bench.add()
    bench.changes["check_ready"] = lambda account, message: "it answers 404"
    for _ in range(5):
        bench.run_after(10 * MINUTE)
    assert bench.trail(row) == [("check page", "not ready")]


def test_a_page_that_never_comes_is_held_with_a_notice(bench: Bench) -> None:
    """After the deadline the policy decides, and the person hears of it."""
    bench.accounts["a"] = Account(name="a", network="n", schedule=ScheduleRules(ready_within=HOUR))
    row = bench.add()
    bench.changes["check_ready"] = lambda account, message: "it answers 404"
    for _ in range(14):
        bench.run_after(5 * MINUTE)
    assert bench.get(row).state is State.HELD
    assert [notice.delivery_id for notice in bench.notices] == [row.id]


@pytest.mark.parametrize(
    ("policy", "state", "due_at"),
    [("hold", State.MISSED, NOW), ("skip", State.SKIPPED, NOW), ("next", State.PLANNED, NOW + 16 * HOUR)],
)
def test_a_slot_missed_while_the_machine_was_off(bench: Bench, policy: str, state: State, due_at: object) -> None:
    """It is not fired late: it is visible, skipped, or moved to the next slot, as the rules say."""
    bench.accounts["a"] = Account(name="a", network="n", schedule=ScheduleRules(missed=policy, slots=("09:00",)))
    row = bench.add()
    bench.run_after(7 * HOUR)
    left = bench.get(row)
    assert (left.state, left.due_at) == (state, due_at)
    assert bench.networks["a"].calls == []
    assert left.reason is (Reason.MISSED_MOVED if policy == "next" else Reason.MISSED)


def test_gap_and_cap_hold_at_the_moment_of_sending(bench: Bench) -> None:
    """Three that come due together go out one an hour, and no more than two a day."""
    rules = ScheduleRules(gap=HOUR, per_day=2, grace=timedelta(days=3))
    bench.accounts["a"] = Account(name="a", network="n", schedule=rules)
    rows = [bench.add(post=f"p{n}") for n in range(3)]
    bench.run()
    assert [bench.get(row).state for row in rows] == [State.SENT, State.DUE, State.DUE]
    bench.run_after(HOUR)
    assert [bench.get(row).state for row in rows] == [State.SENT, State.SENT, State.DUE]
    bench.run_after(HOUR)
    assert bench.get(rows[2]).due_at == NOW + 15 * HOUR
    bench.run_after(13 * HOUR)
    assert bench.get(rows[2]).state is State.SENT


def test_the_money_limit_stops_what_costs(bench: Bench) -> None:
    """Past the limit, messages that cost are held, released ones wait for money, and free ones go on."""
    bench.accounts["a"] = Account(name="a", network="n", options={"max_cost": "0.30"})
    rows = [bench.add(post="p1", cost=0.2), bench.add(post="p2", cost=0.2), bench.add(post="p3")]
    bench.run()
    assert [bench.get(row).state for row in rows] == [State.SENT, State.HELD, State.SENT]
    assert bench.get(rows[1]).reason is Reason.OVER_BUDGET
    assert len(bench.notices) == 1
    bench.store.release(rows[1].id, bench.now)
    bench.run()
    waiting = bench.get(rows[1])
    assert (waiting.state, waiting.reason, waiting.due_at) == (State.DUE, Reason.MONEY_LIMIT, NOW + timedelta(days=30))
    bench.run_after(timedelta(days=30))
    assert bench.get(rows[1]).state is State.SENT


@pytest.mark.parametrize("error", [Unauthorised("the token is dead"), PaymentRequired("no credit")])
def test_a_broken_account_is_paused_told_once_and_goes_on_after_mending(bench: Bench, error: Exception) -> None:
    """One notice for the account, not one for each delivery; nothing fails; resuming sends all."""
    bench.networks["a"].script = [error]
    rows = [bench.add(post="p1"), bench.add(post="p2")]
    bench.run()
    bench.run_after(MINUTE)
    assert [(notice.kind, notice.account) for notice in bench.notices] == [("account", "a")]
    assert [bench.get(row).state for row in rows] == [State.DUE, State.PLANNED]
    bench.store.resume_account("a")
    assert len(bench.run().sent) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Unauthorised("dead", where="a"),
            "a: dead (run: syndicate login a); A_TOKEN in the environment of what sent it wins over a login",
        ),
        (PaymentRequired("no credit", where="a"), "a: no credit"),
    ],
)
def test_who_is_to_log_in_hears_of_the_environment_that_wins(bench: Bench, error: Exception, told: str) -> None:
    """A person's own shell does not know what the daemon has from its unit, and would log in for ever."""
    bench.changes["list_given"] = lambda account: ("A_TOKEN",)
    bench.networks["a"].script = [error]
    bench.add()
    bench.run()
    (account,) = bench.store.list_accounts()
    assert (account.pause_reason, bench.notices[0].text) == (told, told)


def test_a_missing_token_heals_by_itself(bench: Bench) -> None:
    """The account tries again after a quarter of an hour, tells once, and is running again after the first success."""
    row = bench.add()
    bench.changes["open_network"] = raising(ConfigError("no token"))
    bench.run()
    bench.run_after(15 * MINUTE)
    assert len(bench.notices) == 1
    bench.changes.clear()
    bench.run_after(15 * MINUTE)
    assert bench.get(row).state is State.SENT
    assert bench.store.list_accounts()[0].paused_at is None


def test_a_refused_message_fails_and_is_told(bench: Bench) -> None:
    """The server's words reach the person; nobody tries again."""
    bench.networks["a"].script = [Rejected("the text is too long")]
    row = bench.add()
    report = bench.run()
    bench.run_after(HOUR)
    assert (bench.get(row).state, bench.get(row).detail) == (State.FAILED, "the text is too long")
    assert [(notice.kind, notice.text) for notice in bench.notices] == [("delivery", "the text is too long")]
    assert report.needs_person == (bench.get(row),)
    assert len(bench.networks["a"].calls) == 1


def test_a_notice_that_fails_stops_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A broken mail server is logged; the other deliveries go out."""
    bench.networks["a"].script = [Rejected("no")]
    bench.changes["notify"] = raising(RuntimeError("smtp password leaked"))
    bench.add(post="p1")
    second = bench.add(post="p2")
    bench.run()
    assert bench.get(second).state is State.SENT
    assert "could not be sent" in caplog.text
    assert "password" not in caplog.text


def test_a_mistake_in_our_code_is_logged_without_its_words(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """The frames tell where; the text, which may carry an address with a token, is told nowhere."""
    bench.networks["a"].script = [KeyError("https://api.example/bot123:SECRET")]
    row = bench.add()
    with caplog.at_level(logging.DEBUG):
        bench.run()
    assert "unexpected KeyError" in caplog.text
    assert "bench.py" in caplog.text
    seen = caplog.text + repr(bench.get(row)) + repr(bench.store.list_attempts(row.id)) + repr(bench.notices)
    assert "SECRET" not in seen


def test_accounts_do_not_wait_for_each_other(bench: Bench) -> None:
    """Two accounts are served at the same moment: each call ends only when the other has begun."""
    meeting = Barrier(2, timeout=10)

    class Meeting(Scripted):
        def send(self, message: Message, *, key: str) -> Receipt:
            meeting.wait()
            return super().send(message, key=key)

    bench.networks = {"a": Meeting(), "b": Meeting()}
    bench.add("a")
    bench.add("b")
    assert len(bench.run(threads=2).sent) == 2


def test_one_account_is_served_in_order(bench: Bench) -> None:
    """Messages of one account never overlap, whatever the number of threads."""
    busy = Event()

    class Alone(Scripted):
        def send(self, message: Message, *, key: str) -> Receipt:
            assert not busy.is_set()
            busy.set()
            receipt = super().send(message, key=key)
            busy.clear()
            return receipt

    bench.networks = {"a": Alone(), "b": Scripted()}
    for number in range(4):
        bench.add("a", post=f"p{number}", due_at=NOW - number * SECOND)
    bench.add("b")
    bench.run(threads=4)
    assert [message.text for message, _ in bench.networks["a"].calls] == [f"Part 1 of p{n}" for n in (3, 2, 1, 0)]


def test_one_accounts_trouble_stays_with_it(bench: Bench) -> None:
    """An account whose code fails in every way leaves the others' messages on time."""
    bench.networks = {"a": Scripted([RuntimeError()] * 9), "b": Scripted()}
    bench.add("a")
    other = bench.add("b")
    bench.run(threads=2)
    assert bench.get(other).state is State.SENT


def test_accounts_that_are_not_configured_wait(bench: Bench) -> None:
    """A delivery of an account that was taken out of the file is left where it is."""
    row = bench.add("removed")
    assert bench.run().results == ()
    assert bench.get(row).state is State.PLANNED


def test_only_what_is_wanted_goes(bench: Bench) -> None:
    """`syndicate post` delivers its own rows, not the whole queue."""
    bench.add(post="p1")
    wanted = bench.add(post="p2")
    assert [one.id for one in bench.run(only=[wanted.id]).sent] == [wanted.id]


def test_a_receipt_survives_a_busy_database(bench: Bench) -> None:
    """An outcome that cannot be written at once is offered again before anything is given up."""
    real, tries = bench.store.record, []

    class Busy:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def record(self, *values: object) -> object:
            tries.append(values)
            if len(tries) < 3:
                raise StateError("another program holds the state database")
            return real(*values)  # type: ignore[arg-type]

    row = bench.add()
    bench.changes["store"] = Busy()
    bench.run()
    assert bench.get(row).state is State.SENT
    assert len(tries) == 3


def test_a_failing_database_ends_the_round_and_loses_nothing(bench: Bench) -> None:
    """The receipt that nobody could write is found by looking: the row stays in `sending` and becomes uncertain."""

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def record(self, *values: object) -> object:
            raise StateError("the disk is full")

    row = bench.add()
    bench.changes["store"] = Full()
    with pytest.raises(StateError, match="full"):
        bench.run()
    assert bench.get(row).state is State.SENDING
    bench.changes.clear()
    bench.run_after(6 * MINUTE)
    assert bench.get(row).state is State.UNCERTAIN
    assert len(bench.networks["a"].calls) == 1


def test_a_machine_that_slept_before_the_call_does_not_make_it(bench: Bench) -> None:
    """Between intent and call the lease ran out: the call is left to whoever comes next."""

    class Sleepy:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def confirm(self, *values: object) -> None:
            bench.now += HOUR

    row = bench.add()
    bench.changes["store"] = Sleepy()
    bench.run()
    assert bench.networks["a"].calls == []
    assert bench.get(row).state is State.DUE


@dataclass
class Stating(Scripted):
    """A server that states its limits, and refuses what is beyond them before the call."""

    stated: Limits = field(default_factory=lambda: Limits(characters=10))

    def read_limits(self) -> Limits:
        self.limits = self.stated
        return self.stated


def fitting(bench: Bench) -> Callable[[Delivery], Message]:
    """Composes within the limits that the state database knows."""

    def compose(delivery: Delivery) -> Message:
        limits = bench.store.find_limits("a") or Limits(characters=500)
        return Message(text=delivery.text or "x" * limits.characters)

    return compose


def test_the_first_message_of_an_account_is_made_for_its_servers_limits(bench: Bench) -> None:
    """Nobody has asked the server before: it is asked before the message is composed."""
    network = bench.networks["a"] = Stating()
    bench.changes["compose"] = fitting(bench)
    row = bench.add()
    bench.run()
    assert bench.get(row).state is State.SENT
    assert network.calls[0][0].text == "x" * 10


def test_a_misfit_found_before_sending_is_composed_anew(bench: Bench) -> None:
    """The server takes less than it did when the message was frozen: it is made anew and sent, never failed."""
    network = bench.networks["a"] = Stating()
    bench.changes["compose"] = fitting(bench)
    bench.store.save_limits("a", Limits(characters=400), NOW)
    network.limits = network.stated
    row = bench.add()
    bench.run()
    assert bench.get(row).state is State.SENT
    assert network.calls[0][0].text == "x" * 10
    assert bench.trail(row) == [("compose", "composed anew"), ("send", "intent"), ("send", "sent")]


def test_a_persons_text_that_does_not_fit_waits_for_the_person(bench: Bench) -> None:
    """Composing anew changes nothing of it, so it is held with the excess, and no call is made."""
    network = bench.networks["a"] = Stating()
    bench.changes["compose"] = fitting(bench)
    row = bench.add(text="y" * 11)
    bench.run()
    held = bench.get(row)
    assert (held.state, network.calls) == (State.HELD, [])
    assert "11 of 10 characters" in held.detail


def test_nothing_is_sent_by_a_contradicted_state(bench: Bench) -> None:
    """Whether the switch closes before the claim or just before the call: the row waits, and goes out afterwards."""
    row = bench.add()
    bench.store.contradict(Contradiction.OLDER, NOW)
    assert bench.run().results == ()
    assert bench.get(row) == row
    bench.store.solve_contradiction((), 0, ())

    class Closing(Preparing):
        def prepare(self, message: Message, *, key: str) -> Message:
            bench.store.contradict(Contradiction.OLDER, NOW)
            return message

    network = bench.networks["a"] = Closing()
    assert [one.state for one in bench.run().results] == [State.DUE]
    assert network.calls == []
    bench.store.solve_contradiction((), 0, ())
    bench.networks["a"] = Scripted()
    bench.run_after(HOUR)
    assert bench.get(row).state is State.SENT


def test_the_counter_is_raised_before_the_call_and_seen_outside(bench: Bench) -> None:
    """What is kept outside is never ahead of the state."""
    bench.changes["keep_seen"] = lambda state: seen.append((state.moment, bench.store.read_state().moment))
    seen: list[tuple[Moment, Moment]] = []
    for post in ("p", "q"):
        bench.add(post=post)
    bench.run()
    assert [(one.calls, two.calls) for one, two in seen] == [({"a": 1}, {"a": 1}), ({"a": 2}, {"a": 2})]


DAY = 24 * HOUR


@pytest.mark.slow
def test_a_closed_laptop_is_no_trying(bench: Bench) -> None:
    """Asleep for three days after an hour of trying: the first failure at the wake is not the last, nor a long rest."""
    bench.networks = {"a": (network := Scripted([Unavailable("no route")] * 999))}
    row = bench.add()
    for _ in range(60):
        bench.run_after(MINUTE)
    tried = len(network.calls)
    bench.run_after(3 * DAY)
    assert bench.get(row).state is State.DUE
    assert bench.store.find_rest("a") == (bench.now, bench.now + MINUTE / 2)
    bench.run_after(HOUR)
    assert len(network.calls) == tried + 2
    hours = 0
    while bench.get(row).state is State.DUE:
        bench.run_after(HOUR / 2)
        hours += 0.5
    assert bench.get(row).reason is Reason.GAVE_UP
    assert len(network.calls) == 30 or 40 < hours < 48


@pytest.mark.slow
def test_a_page_that_was_asked_for_before_the_sleep_is_asked_for_again_after_it(bench: Bench) -> None:
    """The deadline of a page counts the time in which somebody looked; a daily cron job comes to its end, too."""
    bench.changes["check_ready"] = lambda account, message: "it answers 404"
    row = bench.add()
    bench.run()
    bench.run_after(3 * DAY)
    assert (bench.get(row).state, bench.get(row).reason) == (State.DUE, Reason.PAGE_NOT_LIVE)
    for _ in range(8):
        bench.run_after(0.9 * DAY)
    assert bench.get(row).reason is Reason.PAGE_TOO_LATE


@pytest.mark.slow
def test_other_secrets_wake_a_paused_account(bench: Bench) -> None:
    """A pause for a missing secret ends with the secret, each is tried once, and none of it stands in the state."""
    secrets = {"a": ""}
    bench.changes["digest_secrets"] = lambda account: digest_secrets(account.name, [secrets[account.name]])
    bench.networks = {"a": (network := Scripted([Unauthorised("set SYNDICATE_A_TOKEN")] * 2))}
    row = bench.add()
    bench.run()
    bench.run_after(DAY)
    assert len(network.calls) == 1
    secrets["a"] = "wrong"
    bench.run()
    assert len(network.calls) == 2
    secrets["a"] = ""  # as another machine of the same site still has it
    bench.run_after(HOUR)
    assert len(network.calls) == 2
    secrets["a"] = "right"
    bench.run_after(HOUR)
    assert bench.get(row).state is State.SENT
    (account,) = bench.store.list_accounts()
    assert (account.paused_at, account.paused_with) == (None, "")


def test_secrets_that_can_be_read_again_wake_their_account(bench: Bench) -> None:
    """A vault that was shut, without its passphrase, has no digest to compare with; once it opens, they are others."""
    digest = [""]
    bench.changes["digest_secrets"] = lambda account: digest[0]
    bench.networks = {"a": (network := Scripted([Unauthorised("the secrets cannot be read")]))}
    row = bench.add()
    bench.run()
    bench.run_after(DAY)
    assert len(network.calls) == 1
    digest[0] = "0badcafe"
    bench.run()
    assert bench.get(row).state is State.SENT


def test_a_yes_without_an_id_is_an_unknown_outcome(bench: Bench) -> None:
    """Nothing could be looked for, edited or removed by it, and nobody knows whether it is one."""
    bench.networks["a"].script = [Receipt("\x1b\x00", "https://social.example/1")]
    row = bench.add()
    bench.run()
    assert bench.get(row).state is not State.SENT
    bench.run_after(HOUR)
    assert len(bench.networks["a"].calls) == 1
