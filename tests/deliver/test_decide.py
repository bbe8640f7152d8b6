"""Every error class and every event against the decision that follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import (
    ConfigError,
    ContentError,
    Duplicate,
    FetchError,
    NotReady,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.model import (
    NEW,
    Account,
    Decision,
    Delivery,
    Occasion,
    Reason,
    Receipt,
    ScheduleRules,
    State,
    Usage,
    can_move,
)
from syndicate.planning.deliveries.retry import (
    LOOKS_AFTER,
    decide_look,
    decide_next,
    decide_resent,
    decide_uncomposed,
    decide_unprepared,
    decide_unseen,
    decide_unsettled,
)
from syndicate.planning.schedule.gates import (
    Policy,
    decide_behind,
    decide_missed,
    decide_room,
    decide_unready,
    policy_of,
)

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
RECEIPT = Receipt("r", "https://social.example/r")
SECRET = "token-in-a-url"

SENDING, DUE, SENT, FAILED, UNCERTAIN = State.SENDING, State.DUE, State.SENT, State.FAILED, State.UNCERTAIN


def at_nine(midnight: datetime) -> datetime:
    return midnight + 9 * HOUR


def row(state: State = DUE, **changes: object) -> Delivery:
    values: dict[str, object] = {
        "id": 7,
        "post_id": "p",
        "slug": "s",
        "account": "a",
        "network": "n",
        "occasion": NEW,
        "state": state,
        "due_at": NOW,
        "key": "k",
        "started_at": NOW,
        "intent_at": NOW,
    }
    return Delivery(**values | changes)  # type: ignore[arg-type]


def after_send(outcome: Receipt | Exception, *, can_look: bool = True, **changes: Any) -> Decision:
    return decide_next(row(SENDING, **changes), outcome, Policy(), can_look=can_look, now=NOW, jitter=0.5)


@pytest.mark.parametrize(
    ("outcome", "state", "word"),
    [
        (RECEIPT, SENT, "sent"),
        (Unavailable("down"), DUE, "unavailable"),
        (RateLimited("slow"), DUE, "rate limited"),
        (RateLimited("slow", retry_at=NOW + HOUR), DUE, "rate limited"),
        (NotReady("processing"), DUE, "not ready"),
        (Rejected("too long"), FAILED, "failed"),
        (Unauthorised("dead"), DUE, "blocked"),
        (PaymentRequired("no credit"), DUE, "blocked"),
        (ConfigError("no token"), DUE, "blocked"),
        (Uncertain("timeout"), UNCERTAIN, "unknown"),
        (KeyError(SECRET), UNCERTAIN, "unknown"),
        (ContentError("odd"), UNCERTAIN, "unknown"),
        (FetchError("odd"), UNCERTAIN, "unknown"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_follows_from_a_call(outcome: Receipt | Exception, state: State, word: str) -> None:
    """Only errors that promise "surely not published" lead to another try; anything unknown is looked for."""
    decision = after_send(outcome)
    assert (decision.state, decision.outcome) == (state, word)
    assert can_move(SENDING, decision.state)
    assert SECRET not in repr(decision)
    assert decision.reason


@pytest.mark.parametrize("error", [Uncertain("timeout"), KeyError("id"), TypeError()])
def test_an_unknown_outcome_without_read_back_is_held_for_a_person(error: Exception) -> None:
    """Where the network shows nothing, nobody looks and nobody sends again: the person is told."""
    decision = after_send(error, can_look=False)
    assert (decision.state, decision.look_at, decision.due_at) == (UNCERTAIN, None, None)
    assert "syndicate settle" in decision.notice
    assert after_send(error).look_at == NOW + LOOKS_AFTER[0]


@pytest.mark.parametrize("error", [Unauthorised("the token is dead"), PaymentRequired("no credit")])
def test_a_broken_account_waits_for_a_person(error: Exception) -> None:
    """The whole account is paused, the person told, and the delivery loses nothing."""
    decision = after_send(error)
    assert decision.pause == decision.notice == str(error)
    assert decision.pause_until is None
    assert decision.due_at == NOW


def test_a_missing_setting_is_tried_again_by_itself() -> None:
    """A token given through the environment arrives with no word to us."""
    assert after_send(ConfigError("no token")).pause_until == NOW + 15 * MINUTE


@pytest.mark.parametrize(
    ("retry_at", "due_at"),
    [
        (NOW + HOUR, NOW + HOUR),
        (NOW - HOUR, NOW + 30 * SECOND),
        (NOW + 9000 * HOUR, NOW + 24 * HOUR),
    ],
    ids=["asked", "past", "absurd"],
)
def test_retry_after_is_honoured_within_reason(retry_at: datetime, due_at: datetime) -> None:
    """Not before the network's time, not at once (its clock may be behind ours), and not in a year."""
    assert after_send(RateLimited("slow", retry_at=retry_at)).due_at == due_at


@pytest.mark.parametrize(
    ("waited", "jitter", "wait"),
    [
        (timedelta(0), 0.5, 30 * SECOND),
        (timedelta(0), 0.0, 22.5 * SECOND),
        (timedelta(0), 1.0, 37.5 * SECOND),
        (4 * MINUTE, 0.5, 4 * MINUTE),
        (30 * HOUR, 0.5, HOUR),
        (-5 * HOUR, 0.5, 30 * SECOND),
    ],
)
def test_back_off_doubles_to_an_hour(waited: timedelta, jitter: float, wait: timedelta) -> None:
    """Each wait is as long as all before it, at least half a minute, at most an hour, spread by a quarter."""
    delivery = row(SENDING, started_at=NOW - waited)
    decision = decide_next(delivery, Unavailable("down"), Policy(), can_look=True, now=NOW, jitter=jitter)
    assert decision.due_at == NOW + wait


@given(st.timedeltas(timedelta(0), timedelta(hours=47)), st.floats(0, 1))
def test_another_try_is_always_later(waited: timedelta, jitter: float) -> None:
    """No wait is so short that a worker would spin."""
    delivery = row(SENDING, started_at=NOW - waited)
    decision = decide_next(delivery, Unavailable("down"), Policy(), can_look=True, now=NOW, jitter=jitter)
    assert decision.due_at is not None
    assert NOW + 20 * SECOND < decision.due_at <= NOW + 1.25 * HOUR


@pytest.mark.parametrize("changes", [{"started_at": NOW - 48 * HOUR}, {"attempts": 30}], ids=["long", "often"])
def test_it_gives_up_at_last(changes: dict[str, Any]) -> None:
    """After two days or thirty calls the delivery has failed, and the person hears of it."""
    decision = after_send(Unavailable("down"), **changes)
    assert decision.state is FAILED
    assert decision.notice.startswith("gave up")


def test_what_keeps_failing_is_told_while_trying_goes_on() -> None:
    """After three hours the person hears of it."""
    early = after_send(Unavailable("down"), started_at=NOW - 2 * HOUR)
    late = after_send(Unavailable("down"), started_at=NOW - 3 * HOUR)
    assert [decision.state for decision in (early, late)] == [DUE] * 2
    assert (early.notice, late.notice) == ("", "still failing after hours of trying: down")
    assert late.reason is Reason.STILL_FAILING


@pytest.mark.parametrize(
    ("error", "state", "word"),
    [
        (Unavailable("down"), DUE, "unavailable"),
        (FetchError("no image"), DUE, "unavailable"),
        (NotReady("processing"), DUE, "not ready"),
        (Uncertain("cut"), DUE, "trouble"),
        (KeyError("id"), DUE, "trouble"),
        (Rejected("bad image"), FAILED, "failed"),
        (Unauthorised("dead"), DUE, "blocked"),
        (ConfigError("no token"), DUE, "blocked"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_follows_from_a_step_before_the_call(error: Exception, state: State, word: str) -> None:
    """Nothing was published: even an unknown ending is simply tried again."""
    decision = decide_unprepared(row(), error, Policy(), now=NOW, jitter=0.5)
    assert (decision.state, decision.outcome) == (state, word)
    assert state is FAILED or decision.due_at is not None


def test_a_container_is_asked_for_soon() -> None:
    """Media that are processed take seconds, not half a minute."""
    decision = decide_unprepared(row(), NotReady("processing"), Policy(), now=NOW, jitter=0.5)
    assert decision.due_at == NOW + 5 * SECOND


def test_looking_ends_after_three_looks() -> None:
    """Not there, not there, not there: then, and only then, it is sent again."""
    delivery = row(UNCERTAIN)
    for look, wait in enumerate(LOOKS_AFTER[1:], start=1):
        decision = decide_look(delivery, None, now=NOW)
        assert (decision.state, decision.looks, decision.look_at) == (UNCERTAIN, look, NOW + wait)
        delivery = row(UNCERTAIN, looks=look)
    decision = decide_look(delivery, None, now=NOW)
    assert (decision.state, decision.due_at, decision.looks) == (DUE, NOW, 3)


def test_what_costs_money_is_not_bought_again_unasked() -> None:
    """After the last look at a post on X a person decides; what is found is still adopted."""
    delivery = row(UNCERTAIN, looks=len(LOOKS_AFTER) - 1, cost=0.2)
    decision = decide_look(delivery, None, now=NOW)
    assert (decision.state, decision.look_at, bool(decision.notice)) == (UNCERTAIN, None, True)
    assert decision.reason is Reason.COSTS_MONEY
    assert decide_look(delivery, RECEIPT, now=NOW).state is SENT
    assert decide_look(row(UNCERTAIN, cost=0.2), None, now=NOW).look_at == NOW + LOOKS_AFTER[1]


def next_after(error: Exception, **changes: object) -> Decision:
    return decide_next(row(SENDING, **changes), error, Policy(), can_look=True, now=NOW, jitter=0)


def test_a_duplicate_is_a_refusal_unless_an_outcome_was_unknown() -> None:
    """On a first attempt the equal post is not ours; after an unknown outcome it is, whether it is named or not."""
    named = Duplicate("twice", remote_id="77", url="https://n.example/77")
    assert next_after(named).state is FAILED
    settled = next_after(named, looks=3)
    assert (settled.state, settled.receipt) == (SENT, Receipt("77", "https://n.example/77"))
    assert next_after(Duplicate("twice"), looks=3).state is UNCERTAIN


def test_a_duplicate_on_sending_again_names_our_copy() -> None:
    """Where a second call under the same key is refused as a duplicate, the first one published."""
    again = row(SENDING)
    named = decide_resent(again, Duplicate("twice", remote_id="77", url=""), now=NOW, jitter=0)
    assert (named.state, named.receipt) == (SENT, Receipt("77", ""))
    unnamed = decide_resent(again, Duplicate("twice"), now=NOW, jitter=0)
    assert (unnamed.state, unnamed.look_at) == (UNCERTAIN, None)


def test_the_looks_take_six_minutes() -> None:
    """Reads may lag behind writes and calls may linger: the last look comes long after both."""
    assert sum(LOOKS_AFTER, timedelta(0)) == timedelta(seconds=10 + 60 + 300)


def test_what_is_found_is_sent() -> None:
    """The live copy is adopted as if its answer had arrived."""
    decision = decide_look(row(UNCERTAIN, looks=2), RECEIPT, now=NOW)
    assert (decision.state, decision.outcome, decision.receipt) == (SENT, "found", RECEIPT)


@pytest.mark.parametrize(
    ("error", "looks", "look_at"),
    [
        (Unavailable("down"), 0, NOW + 30 * SECOND),
        (RateLimited("slow", retry_at=NOW + HOUR), 0, NOW + HOUR),
        (KeyError("data"), 0, NOW + 30 * SECOND),
        (Unauthorised("dead"), 0, NOW),
        (ConfigError("no token"), 0, NOW),
        (Uncertain("cannot say"), 1, NOW + LOOKS_AFTER[1]),
        (Rejected("no such page"), 1, NOW + LOOKS_AFTER[1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failed_look_settles_nothing(error: Exception, looks: int, look_at: datetime) -> None:
    """It is looked for again; an account that broke meanwhile is paused, and its unknown outcomes stay unknown."""
    decision = decide_unseen(row(UNCERTAIN), error, now=NOW, jitter=0.5)
    assert (decision.state, decision.looks, decision.look_at) == (UNCERTAIN, looks, look_at)
    assert bool(decision.pause) == isinstance(error, Unauthorised | ConfigError)


def test_a_network_that_cannot_say_leaves_it_to_the_person() -> None:
    """After three looks that were answered with a shrug nobody sends again."""
    decision = decide_unseen(row(UNCERTAIN, looks=2), Uncertain("another copy hides it"), now=NOW, jitter=0.5)
    assert (decision.state, decision.look_at) == (UNCERTAIN, None)
    assert decision.notice
    assert decide_unsettled(row(UNCERTAIN)).look_at is None


@pytest.mark.parametrize(
    "outcome",
    [
        Unavailable("down"),
        RateLimited("slow", retry_at=NOW + HOUR),
        Unauthorised("dead"),
        Uncertain("timeout"),
        KeyError("id"),
        Rejected("seen before"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_calling_again_settles_nothing_but_by_a_receipt(outcome: Exception) -> None:
    """Whatever the second call says of itself, the first may have published."""
    decision = decide_resent(row(SENDING), outcome, now=NOW, jitter=0.5)
    assert decision.state is UNCERTAIN
    assert (decision.look_at is None) == isinstance(outcome, Rejected)
    assert decide_resent(row(SENDING), RECEIPT, now=NOW, jitter=0.5).receipt == RECEIPT


@pytest.mark.parametrize(
    ("policy", "state", "due_at"),
    [("hold", State.MISSED, None), ("skip", State.SKIPPED, None), ("next", State.PLANNED, NOW + 9 * HOUR)],
)
def test_a_missed_slot_follows_its_policy(policy: str, state: State, due_at: datetime | None) -> None:
    """Later than its grace: held and visible, skipped, or moved to the next slot."""
    late = row(due_at=NOW - 6 * HOUR - SECOND)
    rules = Policy(missed=policy)
    decision = decide_missed(late, rules, lambda at: at + 9 * HOUR, now=NOW)
    assert decision is not None
    assert (decision.state, decision.due_at) == (state, due_at)
    assert can_move(DUE, state)
    assert decide_missed(row(due_at=NOW - 6 * HOUR), rules, lambda at: at, now=NOW) is None
    assert decide_missed(row(due_at=NOW - 9 * HOUR, part=2), rules, lambda at: at, now=NOW) is None


@pytest.mark.parametrize("policy", ["hold", "skip", "next"])
def test_a_recycled_post_takes_the_next_slot(policy: str) -> None:
    """One that waited for a person would keep all others from coming again."""
    late = row(due_at=NOW - 7 * HOUR, occasion=Occasion.of_month("2026-11"))
    decision = decide_missed(late, Policy(missed=policy), lambda at: at + 9 * HOUR, now=NOW)
    assert decision is not None
    assert (decision.state, decision.due_at) == (State.PLANNED, NOW + 9 * HOUR)


def test_without_slots_nothing_is_missed_but_what_a_person_asked_for() -> None:
    """A message that may go at any time is only late after a day off; one asked for at nine has missed nine."""
    rules, late = Policy(has_slots=False), NOW - 9 * HOUR
    assert decide_missed(row(due_at=late), rules, lambda at: at, now=NOW) is None
    asked = decide_missed(row(due_at=late, chosen_due_at=late), rules, lambda at: at, now=NOW)
    assert asked is not None
    assert asked.state is State.MISSED


def test_gaps_between_messages_are_kept() -> None:
    """A retry that comes due right after another message waits for the rest of the gap."""
    usage = Usage(sent_at=(NOW - HOUR,), last_sent_at=NOW - HOUR)
    waiting = decide_room(row(), usage, Policy(gap=2 * HOUR), at_nine, now=NOW)
    assert waiting is not None
    assert (waiting.state, waiting.due_at) == (DUE, NOW + HOUR)
    assert decide_room(row(), usage, Policy(gap=HOUR), at_nine, now=NOW) is None
    assert decide_room(row(part=2), usage, Policy(gap=2 * HOUR), at_nine, now=NOW) is None
    assert decide_room(row(), Usage(), Policy(gap=2 * HOUR), at_nine, now=NOW) is None


def test_the_daily_cap_ends_with_the_local_day() -> None:
    """Two an evening and two the next morning are no more than two a day; the third waits for midnight there."""
    berlin = Policy(has_slots=False, per_day=2, timezone="Europe/Berlin")
    evening = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    usage = Usage(sent_at=(evening, evening + 20 * MINUTE))
    waiting = decide_room(row(), usage, berlin, at_nine, now=evening + 25 * MINUTE)
    assert waiting is not None
    assert waiting.due_at == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert decide_room(row(), usage, berlin, at_nine, now=evening + 30 * MINUTE) is None
    long_day = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    sent = Usage(sent_at=(long_day - 24 * HOUR, long_day - HOUR))
    waiting = decide_room(row(), sent, berlin, at_nine, now=long_day)
    assert waiting is not None
    assert waiting.due_at == long_day + 30 * MINUTE


def test_what_a_full_day_puts_off_goes_at_a_slot() -> None:
    """Nobody who speaks at nine speaks at midnight; the time that a person gave is theirs, and no slot."""
    rules, usage = Policy(per_day=1), Usage(sent_at=(NOW,))
    midnight = (NOW + 24 * HOUR).replace(hour=0, minute=0, second=0, microsecond=0)
    due_at = [
        decision.due_at
        for delivery in (row(), row(chosen_due_at=NOW))
        if (decision := decide_room(delivery, usage, rules, at_nine, now=NOW))
    ]
    assert due_at == [midnight + 9 * HOUR, midnight]


@pytest.mark.parametrize(
    ("now", "changes", "due_at"),
    [
        (datetime(2026, 3, 28, 21, 30, tzinfo=UTC), {}, datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 20, 59, tzinfo=UTC), {}, None),
        (datetime(2026, 3, 29, 5, 0, tzinfo=UTC), {}, None),
        (datetime(2026, 3, 28, 21, 30, tzinfo=UTC), {"reason": Reason.GAP, "chosen_due_at": NOW}, None),
        (datetime(2026, 3, 28, 21, 30, tzinfo=UTC), {"part": 2}, None),
    ],
    ids=["quiet", "before", "after", "a person's time", "thread"],
)
def test_a_late_message_keeps_the_quiet_hours(now: datetime, changes: dict[str, Any], due_at: datetime | None) -> None:
    """A retry or a page that was late does not ring at night, even when the clocks change.

    A person may, and no wait in between takes that away.
    """
    rules = Policy(quiet="22:00-07:00", timezone="Europe/Berlin")
    waiting = decide_room(row(**changes), Usage(), rules, at_nine, now=now)
    assert (waiting and waiting.due_at) == due_at


@pytest.mark.parametrize(
    ("cost", "max_cost", "due_at"),
    [
        (0.2, 0.5, NOW + timedelta(days=10)),
        (0.2, 0.4, NOW + timedelta(days=10)),
        (0.2, 0.3, NOW + timedelta(days=29)),
        (0.2, 0.6, None),
        (0.0, 0.1, None),
        (0.2, 0.0, None),
    ],
)
def test_the_money_limit_frees_itself(cost: float, max_cost: float, due_at: datetime | None) -> None:
    """A message that would cost too much waits until enough old costs are 30 days old; free ones go."""
    usage = Usage(costs=((NOW - timedelta(days=20), 0.2), (NOW - timedelta(days=1), 0.2)))
    approved = row(cost=cost, overruled=Reason.OVER_BUDGET)
    waiting = decide_room(approved, usage, Policy(max_cost=max_cost), at_nine, now=NOW)
    assert (waiting and waiting.due_at) == due_at


@pytest.mark.parametrize(
    ("since", "spent_at", "state"),
    [
        (NOW, NOW - timedelta(days=29, hours=1), DUE),
        (NOW, NOW - timedelta(days=28, hours=23), State.HELD),
        (NOW - timedelta(hours=5), NOW - timedelta(days=29, hours=1), State.HELD),
    ],
    ids=["a day", "longer", "longer in all"],
)
def test_what_the_money_limit_makes_late_gets_a_persons_word(since: datetime, spent_at: datetime, state: State) -> None:
    """Within a day it goes by itself; later it is held, with a notice that says until when there is no money."""
    usage = Usage(costs=((spent_at, 0.4),))
    decision = decide_room(row(cost=0.2, started_at=since), usage, Policy(max_cost=0.5), at_nine, now=NOW)
    assert decision is not None
    assert (decision.state, bool(decision.notice)) == (state, state is State.HELD)
    if state is State.HELD:
        assert f"{spent_at + timedelta(days=30):%Y-%m-%d %H:%M}" in decision.notice


@pytest.mark.parametrize("overruled", [Reason.NONE, Reason.OVER_BUDGET, Reason.COSTS_TOO_MUCH])
def test_what_costs_more_than_the_whole_limit_is_held(overruled: Reason) -> None:
    """No waiting makes it possible, and a release no more than before: the limit is a limit."""
    decision = decide_room(row(cost=0.2, overruled=overruled), Usage(), Policy(max_cost=0.1), at_nine, now=NOW)
    assert decision is not None
    assert (decision.state, decision.reason) == (State.HELD, Reason.COSTS_TOO_MUCH)


@pytest.mark.parametrize(("policy", "state"), [("hold", State.HELD), ("skip", State.SKIPPED), ("send", None)])
def test_a_page_that_never_comes_follows_its_policy(policy: str, state: State | None) -> None:
    """It waits with growing pauses until the deadline, then holds, skips or goes all the same."""
    rules = Policy(not_ready=policy)
    waiting = decide_unready(row(started_at=NOW - HOUR), "404", rules, now=NOW)
    assert waiting is not None
    assert (waiting.state, waiting.due_at) == (DUE, NOW + 15 * MINUTE)
    first = decide_unready(row(), "404", rules, now=NOW)
    assert first is not None
    assert first.due_at == NOW + 30 * SECOND
    late = decide_unready(row(started_at=NOW - 24 * HOUR), "404", rules, now=NOW)
    assert (late and late.state) == state
    assert late is None or can_move(DUE, late.state)


def test_a_message_that_cannot_be_composed_waits_for_a_person() -> None:
    """A broken template or a vanished post holds the delivery, with the error's own words."""
    decision = decide_uncomposed(ContentError("the post is gone", where="a.md"))
    assert (decision.state, decision.notice) == (State.HELD, "a.md: the post is gone")


def test_a_message_waits_for_its_unsettled_twin() -> None:
    """The reason names the delivery that must be settled first."""
    decision = decide_behind(row(UNCERTAIN), now=NOW)
    assert decision.state is DUE
    assert (decision.reason, decision.detail) == (Reason.BEHIND_TWIN, "7")
    assert decision.due_at is not None
    assert decision.due_at > NOW


def test_the_policy_comes_from_the_account() -> None:
    """Schedule rules and the money limit of the account's options."""
    rules = ScheduleRules(grace=HOUR, missed="next", gap=MINUTE, per_day=3, ready_within=2 * HOUR, not_ready="send")
    account = Account(name="x", network="x", schedule=rules, options={"max_cost": "2.50"})
    assert policy_of(account) == Policy(
        has_slots=False,
        grace=HOUR,
        missed="next",
        gap=MINUTE,
        per_day=3,
        ready_within=2 * HOUR,
        not_ready="send",
        max_cost=2.5,
    )
    assert policy_of(Account(name="x", network="x")).max_cost == 0


def test_a_copy_that_is_neither_named_nor_shown_goes_to_the_person() -> None:
    """Said before, says the network, three times over, and shows it to nobody: calling on would never end."""
    assert after_send(Duplicate("said before"), looks=3, attempts=2).look_at == NOW + LOOKS_AFTER[0]
    assert after_send(Duplicate("said before"), looks=3, attempts=3).look_at is None
