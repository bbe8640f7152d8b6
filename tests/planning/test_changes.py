"""What content wants of rows that are in the outbox already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from syndicate.model import (
    Action,
    Category,
    Delivery,
    KnownDelivery,
    KnownDraft,
    LeftOut,
    Post,
    Reason,
    ScheduleRules,
    SocialOverride,
    State,
)
from syndicate.planning.deliveries import find_other_date, say_reason
from syndicate.planning.schedule.gates import decide_missed, policy_of
from tests.planning.blog import AT_ONCE, NOW, Blog, make_account, make_body, make_post, write_body

FEATURED = frozenset({"featured"})
SKIP = {"mastodon": SocialOverride(skip=True)}


def waiting(post: Post, **fields: Any) -> Blog:
    """A blog with this post in the outbox of one account."""
    blog = Blog((make_account("mastodon", **fields),))
    blog.publish()
    blog.write(post)
    blog.publish()
    return blog


def only(blog: Blog) -> KnownDelivery:
    """The one row."""
    (row,) = blog.rows()
    return row


@pytest.mark.parametrize("leave", ["delete", "draft"])
def test_a_post_that_goes_away_takes_its_unsent_message_along(leave: str) -> None:
    """Deleted or a draft again: cancelled, and planned again when the post returns."""
    blog = waiting(make_post("a"))
    post = blog.files.pop("a.md")
    if leave == "draft":
        blog.write(replace(post, is_draft=True))
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.CANCELLED, Reason.POST_GONE)
    assert blog.publish().changes == ()
    blog.live(3)
    blog.write(post)
    blog.publish()
    assert (only(blog).state, only(blog).reason, only(blog).due_at) == (State.PLANNED, Reason.NONE, blog.now)


def test_what_a_person_cancelled_stays_cancelled() -> None:
    """Planning takes back only its own decisions."""
    blog = waiting(make_post("a"))
    by_hand = replace(only(blog), state=State.CANCELLED, reason=Reason.NONE, chosen=Action.CANCEL)
    blog.ledger = replace(blog.ledger, deliveries=(by_hand,))
    blog.edit("a.md", digest="edited")
    assert blog.publish().changes == ()


def choose(blog: Blog, **choice: Any) -> None:
    """What a person did to the only message."""
    blog.ledger = replace(blog.ledger, deliveries=(replace(only(blog), **choice),))


def test_what_a_person_held_is_not_sent_because_its_post_came_back() -> None:
    """The hold outlives the cancellation: the message waits for the person, as it did before."""
    blog = waiting(make_post("a"))
    choose(blog, state=State.HELD, chosen=Action.HOLD)
    post = blog.files.pop("a.md")
    blog.publish()
    blog.write(post)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.POST_CAME_BACK)
    assert blog.publish().changes == ()


@pytest.mark.parametrize("state", [State.HELD, State.MISSED])
@pytest.mark.parametrize(
    ("reason", "detail"),
    [(Reason.NOT_COMPOSED, "the template is broken"), (Reason.MANY_AT_ONCE, ""), (Reason.MISSED, "12:00 UTC")],
)
@pytest.mark.parametrize("stop", ["delete", "skip", "unflag"])
def test_what_waited_for_a_person_waits_again_when_its_post_comes_back(
    stop: str, state: State, reason: Reason, detail: str
) -> None:
    """For the same reason, with its data, whatever stopped it meanwhile."""
    blog = Blog((make_account("mastodon", on=("featured",)),))
    blog.publish()
    blog.write(post := make_post("a", flags=FEATURED))
    blog.publish()
    row = next(row for row in blog.rows() if row.occasion.name == "featured")
    asked = replace(row, state=state, reason=reason, detail=detail)
    blog.ledger = replace(blog.ledger, deliveries=(asked,))
    if stop == "delete":
        blog.files.clear()
    else:
        blog.edit("a.md", **({"social": SKIP} if stop == "skip" else {"flags": frozenset()}))
    blog.publish()
    stopped = blog.rows(occasion="featured")[0]
    assert stopped.state in {State.CANCELLED, State.SKIPPED}
    assert detail == "" or detail not in say_reason(stopped.reason, stopped.detail)
    blog.write(post)
    blog.publish()
    back = blog.rows(occasion="featured")[0]
    assert (back.state, back.reason, back.detail) == (State.HELD, reason, detail)


@pytest.mark.parametrize("reason", [Reason.NONE, Reason.QUIET_HOURS, Reason.GAP])
def test_the_time_a_person_gave_stays(reason: Reason) -> None:
    """Whatever it waited for since: neither an embargo nor another date of its post moves it, nor a return."""
    at = NOW + timedelta(days=7)
    blog = waiting(make_post("a", published_at=NOW + timedelta(days=5)))
    choose(blog, due_at=at, chosen=Action.MOVE, chosen_due_at=at, reason=reason)
    blog.edit("a.md", published_at=NOW + timedelta(days=6))
    blog.publish()
    blog.edit("a.md", social={"mastodon": SocialOverride(options={"embargo": "2026-12-24 09:00"})})
    assert blog.publish().changes == ()
    post = blog.files.pop("a.md")
    blog.publish()
    blog.write(post)
    blog.publish()
    assert (only(blog).state, only(blog).due_at) == (State.PLANNED, at)


def test_no_message_goes_out_before_its_post() -> None:
    """A time that a person gave moves where the post is put off beyond it."""
    at = NOW + timedelta(days=7)
    blog = waiting(make_post("a", published_at=NOW + timedelta(days=5)))
    choose(blog, due_at=at, chosen=Action.MOVE, chosen_due_at=at)
    blog.edit("a.md", published_at=NOW + timedelta(days=9))
    blog.publish()
    assert only(blog).due_at == NOW + timedelta(days=9)


def test_what_a_person_released_is_not_stopped_again_for_the_same_reason() -> None:
    """Out of the account's categories, released all the same; a wish of the post itself is another reason."""
    blog = waiting(make_post("a"))
    blog.accounts = (make_account("mastodon", only=("Go",)),)
    choose(blog, chosen=Action.RELEASE, overruled=Reason.NOT_IN_CATEGORIES)
    assert blog.publish().changes == ()
    blog.edit("a.md", social=SKIP)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.SKIPPED, Reason.ASKED_TO_SKIP)


@pytest.mark.parametrize("overruled", [Reason.BASELINE, Reason.OLD_WHEN_FOUND, Reason.APPROVAL])
def test_a_release_wins_over_every_rule_of_the_account(overruled: Reason) -> None:
    """Also over one that nobody saw, because another reason stood before it."""
    blog = waiting(make_post("a"))
    blog.accounts = (make_account("mastodon", on=("featured",), only=("Go",)),)
    choose(blog, chosen=Action.RELEASE, overruled=overruled)
    assert blog.publish().changes == ()


def test_what_was_sent_stays() -> None:
    """Deleting a post changes nothing about a message that is out, or may be."""
    blog = waiting(make_post("a"))
    for state in (State.SENT, State.SENDING, State.UNCERTAIN, State.FAILED, State.SKIPPED):
        blog.ledger = replace(blog.ledger, deliveries=(replace(only(blog), state=state),))
        blog.files.clear()
        assert blog.plan().changes == ()


def test_a_held_message_comes_back_only_by_hand() -> None:
    """Where a person approves, a returning post is marked, not planned."""
    blog = waiting(make_post("a"), approve=True)
    assert only(blog).state is State.HELD
    post = blog.files.pop("a.md")
    blog.publish()
    assert only(blog).state is State.CANCELLED
    blog.write(post)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.APPROVAL)
    assert blog.publish().changes == ()


def test_what_a_person_approved_needs_no_second_word_when_its_post_comes_back() -> None:
    """Released, gone for a while, back again: it is on its way as before."""
    blog = waiting(make_post("a"), approve=True)
    choose(blog, state=State.PLANNED, reason=Reason.NONE, chosen=Action.RELEASE, overruled=Reason.APPROVAL)
    post = blog.files.pop("a.md")
    blog.publish()
    blog.write(post)
    blog.publish()
    assert only(blog).state is State.PLANNED


def test_a_wish_taken_back_still_needs_approval() -> None:
    """A post that asked to be skipped from the start was never approved."""
    blog = waiting(make_post("a", social=SKIP), approve=True)
    blog.edit("a.md", social={})
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.APPROVAL)


def test_a_row_that_an_earlier_version_left_cancelled_waits_for_its_person() -> None:
    """Its post came back to a hold, and nobody was told."""
    blog = waiting(make_post("a"))
    choose(blog, state=State.CANCELLED, reason=Reason.POST_CAME_BACK)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.POST_CAME_BACK)


def test_a_wish_to_be_skipped_comes_in_time_and_can_be_taken_back() -> None:
    """`skip: true` added before the slot skips; removed again it plans."""
    blog = waiting(make_post("a"))
    blog.edit("a.md", social=SKIP)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.SKIPPED, Reason.ASKED_TO_SKIP)
    blog.edit("a.md", social={})
    blog.publish()
    assert only(blog).state is State.PLANNED


def test_a_skip_from_the_start_can_be_taken_back() -> None:
    """A post first seen with `skip: true` goes out when its author removes that."""
    blog = waiting(make_post("a", social=SKIP))
    assert only(blog).state is State.SKIPPED
    blog.edit("a.md", social={})
    blog.publish()
    assert only(blog).state is State.PLANNED


def test_a_post_no_longer_featured_is_not_announced_as_featured() -> None:
    """Its waiting message is skipped, and planned again with the flag."""
    blog = waiting(make_post("a"), schedule=ScheduleRules(slots=("fri 09:00",), timezone="UTC"))
    for flags, state, reason in (
        (FEATURED, State.PLANNED, Reason.NONE),
        (frozenset[str](), State.SKIPPED, Reason.UNFLAGGED),
        (FEATURED, State.PLANNED, Reason.NONE),
    ):
        blog.edit("a.md", flags=flags)
        blog.publish()
        (row,) = blog.rows(occasion="featured")
        assert (row.state, row.reason) == (state, reason)


@pytest.mark.parametrize(("days", "state"), [(0.01, State.PLANNED), (2, State.SKIPPED)])
def test_a_rule_that_was_wrong_for_a_minute_loses_nothing(days: float, state: State) -> None:
    """Categories skip the waiting message; allowed again soon it is planned, later it stays skipped."""
    blog = waiting(make_post("a"))
    blog.accounts = (make_account("mastodon", only=("Go",)),)
    blog.publish()
    assert only(blog).state is State.SKIPPED
    blog.accounts = (make_account("mastodon"),)
    blog.live(days)
    blog.publish()
    assert only(blog).state is state


@pytest.mark.parametrize(("days", "state"), [(0.01, State.PLANNED), (2, State.SKIPPED)])
def test_a_category_forgotten_may_be_added_soon(days: float, state: State) -> None:
    """A day long, as if it had been there at first sight."""
    blog = waiting(make_post("a"), only=("Go",))
    assert only(blog).state is State.SKIPPED
    blog.live(days)
    blog.edit("a.md", categories=(Category("Go", "Topic"),))
    blog.publish()
    assert only(blog).state is state


@pytest.mark.parametrize(("days", "state"), [(0.01, State.PLANNED), (2, State.SKIPPED)])
def test_a_date_mistyped_may_be_mended_soon(days: float, state: State) -> None:
    """The year before; mended, the entry has the right date, and soon after first sight the post is news."""
    blog = waiting(make_post("a", published_at=NOW - timedelta(days=365)))
    assert only(blog).state is State.SKIPPED
    blog.live(days)
    blog.edit("a.md", published_at=NOW)
    plan = blog.publish()
    assert only(blog).state is state
    assert plan.identified[0].known.published_at == NOW


def test_a_wrong_date_can_be_mended_at_any_time() -> None:
    """The entry moves, its id stays; many dates that change at once are no corrections, and are told."""
    blog = Blog((make_account("mastodon"),))
    blog.write(*(make_post(f"p{number}") for number in range(9)))
    before = {item.post.source: item.id for item in blog.publish().identified}
    blog.live(30)
    right = NOW - timedelta(days=400)
    blog.edit("p0.md", published_at=right)
    plan = blog.publish()
    assert [item.post.source for item in plan.identified if item.known.published_at == right] == ["p0.md"]
    assert {item.post.source: item.id for item in plan.identified} == before
    assert plan.identified[-1].post.source == "p0.md"
    for number in range(1, 9):
        blog.edit(f"p{number}.md", published_at=NOW - timedelta(days=2, hours=1))
    plan = blog.publish()
    assert len([item for item in plan.identified if find_other_date(item)]) == 8
    blog.edit("p1.md", published_at=right)
    assert sum(find_other_date(item) is None for item in blog.publish().identified) == 2


def test_a_date_of_what_is_out_stays() -> None:
    """Readers have seen it."""
    blog = waiting(make_post("a"))
    blog.deliver()
    blog.edit("a.md", published_at=NOW + timedelta(days=3))
    assert blog.publish().identified[0].known.published_at == NOW - timedelta(days=2)


def test_many_old_posts_that_are_given_a_new_date_are_one_question() -> None:
    """A script that touched an import."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("first"))
    blog.publish()
    blog.write(*(make_post(f"old{number}", published_at=NOW - timedelta(days=900)) for number in range(9)))
    blog.publish()
    blog.live(0.5)
    for number in range(9):
        blog.edit(f"old{number}.md", published_at=blog.now)
    blog.publish()
    assert {row.reason for row in blog.rows() if row.state is not State.SKIPPED} == {Reason.MANY_AT_ONCE}


def test_a_post_put_off_takes_its_message_along() -> None:
    """Seen days ago and still waiting for its slot, without a page that could hold it back."""
    blog = waiting(make_post("a"), schedule=ScheduleRules(timezone="UTC", slots=("sun 09:00",)))
    blog.live(2)
    blog.edit("a.md", published_at=NOW + timedelta(days=9))
    blog.publish()
    assert only(blog).due_at >= NOW + timedelta(days=9)


def test_an_account_that_is_gone_asks_what_to_do_with_its_messages() -> None:
    """Renamed or removed in syndicate.toml; back under its name, it sends them."""
    blog = waiting(make_post("a"))
    blog.accounts = (make_account("fedi", network="mastodon"),)
    blog.publish()
    assert {(row.account, row.state, row.reason) for row in blog.rows("mastodon")} == {
        ("mastodon", State.HELD, Reason.ACCOUNT_GONE)
    }
    assert blog.publish().changes == ()
    blog.accounts = (make_account("mastodon"),)
    blog.publish()
    blog.publish()
    assert [row.state for row in blog.rows("mastodon")] == [State.PLANNED]


def test_a_post_that_comes_back_after_weeks_is_asked_about() -> None:
    """Restored from a backup: its message missed its time."""
    blog = waiting(make_post("a"))
    post = blog.files.pop("a.md")
    blog.publish()
    blog.live(35)
    blog.write(post)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.MISSED)


def test_a_first_run_with_a_clock_behind_floods_nobody() -> None:
    """Twelve posts seem to be still to come; when the clock is set right a person is asked."""
    blog = Blog((make_account("mastodon"),))
    blog.write(*(make_post(f"p{number}", published_at=NOW + timedelta(days=30 * number + 1)) for number in range(12)))
    blog.publish()
    blog.live(2000)
    blog.publish()
    assert {row.reason for row in blog.rows()} == {Reason.MANY_AT_ONCE}


def test_a_draft_with_an_old_date_is_asked_about() -> None:
    """Begun long before the first run, published now: news, or an old one that was hidden for a while."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a", is_draft=True, published_at=NOW - timedelta(days=30)))
    blog.publish()
    blog.live(3)
    blog.edit("a.md", is_draft=False)
    blog.publish()
    assert (only(blog).state, only(blog).reason) == (State.HELD, Reason.TURNED_UP)


@pytest.mark.parametrize("days", [9, 1])
def test_a_future_post_with_another_date_takes_its_message_along(days: int) -> None:
    """Later or earlier, as long as it is not public."""
    blog = waiting(make_post("a", published_at=NOW + timedelta(days=5)))
    assert only(blog).due_at == NOW + timedelta(days=5)
    blog.edit("a.md", published_at=NOW + timedelta(days=days))
    blog.publish()
    assert (only(blog).state, only(blog).due_at) == (State.PLANNED, NOW + timedelta(days=days))
    assert blog.publish().changes == ()


def test_an_embargo_moves_what_waits() -> None:
    """Put on a post after it was planned."""
    blog = waiting(make_post("a"))
    blog.edit("a.md", social={"mastodon": SocialOverride(options={"embargo": "2026-12-24 09:00"})})
    blog.publish()
    assert f"{only(blog).due_at:%m-%d %H:%M}" == "12-24 08:00"
    assert blog.publish().changes == ()


@pytest.mark.parametrize("when", ["before it is planned", "after it was planned"])
@pytest.mark.parametrize(("embargo", "due"), [("2026-12-20 10:00", "12-21 08:00"), ("", "11-25 08:00")])
def test_a_shorter_embargo_makes_it_sooner(when: str, embargo: str, due: str) -> None:
    """At the first free slot after it, or without it; what waits says until when it is under embargo."""
    long, short = (
        {"mastodon": SocialOverride(options={"embargo": one} if one else {})} for one in ("2026-12-24 09:00", embargo)
    )
    rules = ScheduleRules(slots=("every day 09:00",), timezone="Europe/Berlin")
    blog = waiting(make_post("a", social=long if when.startswith("before") else {}), schedule=rules)
    blog.edit("a.md", social=long)
    blog.publish()
    assert (f"{only(blog).due_at:%m-%d %H:%M}", only(blog).detail) == ("12-24 08:00", "2026-12-24 09:00")
    blog.edit("a.md", social=short)
    blog.publish()
    assert (f"{only(blog).due_at:%m-%d %H:%M}", only(blog).detail) == (due, embargo)
    assert blog.publish().changes == ()


def test_the_parts_of_a_thread_move_together() -> None:
    """One slot for all of them."""
    post = make_post("a", social_share="A sentence of the thread. " * 60, published_at=NOW + timedelta(days=5))
    blog = waiting(post, thread=True, schedule=ScheduleRules(slots=("every day 09:00",), timezone="UTC"))
    assert len(blog.rows()) > 2
    blog.edit("a.md", published_at=NOW + timedelta(days=8))
    blog.publish()
    assert {f"{row.due_at:%d %H:%M}" for row in blog.rows()} == {"03 09:00"}


def parts(blog: Blog) -> list[tuple[int, State]]:
    """Parts of the message and their states."""
    return sorted((row.part, row.state) for row in blog.rows())


@pytest.mark.parametrize(("approve", "state"), [(False, State.PLANNED), (True, State.HELD)])
def test_a_thread_that_waits_follows_its_text(approve: bool, state: State) -> None:
    """Longer: the missing parts are added; shorter: the last are parked; longer again: they come back."""
    schedule = ScheduleRules(slots=("fri 09:00",), timezone="UTC")
    blog = waiting(
        make_post("a", social_share="A sentence here. " * 40), thread=True, schedule=schedule, approve=approve
    )
    assert parts(blog) == [(1, state), (2, state)]
    blog.edit("a.md", social_share="A sentence here. " * 65)
    blog.publish()
    assert parts(blog) == [(1, state), (2, state), (3, state)]
    blog.edit("a.md", social_share="A sentence here. ")
    blog.publish()
    assert parts(blog) == [(1, state), (2, State.CANCELLED), (3, State.CANCELLED)]
    assert blog.publish().changes == ()
    blog.edit("a.md", social_share="A sentence here. " * 40)
    blog.publish()
    assert parts(blog) == [(1, state), (2, state), (3, State.CANCELLED)]
    plan = blog.publish()
    assert (plan.deliveries, plan.changes) == ((), ())
    assert len({row.due_at for row in blog.rows()}) == 1


def test_a_thread_that_has_begun_keeps_its_parts() -> None:
    """Once a part is out the numbers in it are read; nothing is added or taken away."""
    blog = waiting(make_post("a", social_share="A sentence here. " * 40), thread=True)
    first, second = blog.rows()
    blog.ledger = replace(blog.ledger, deliveries=(replace(first, state=State.SENT, sent_at=NOW), second))
    blog.edit("a.md", social_share="A sentence here. " * 90)
    plan = blog.publish()
    assert (plan.deliveries, plan.changes) == ((), ())


def test_a_question_stays_when_its_post_is_redated() -> None:
    """Held for a person, it is held for the same reason at its new time."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("first"))
    blog.publish()
    blog.write(*(make_post(f"p{number}") for number in range(9)))
    blog.publish()
    blog.edit("p3.md", published_at=NOW + timedelta(days=3))
    blog.publish()
    assert {row.reason for row in blog.rows() if row.state is State.HELD} == {Reason.MANY_AT_ONCE}


def test_code_of_the_generator_holds_until_it_is_written_out() -> None:
    """In what the message says; it goes by itself once the post is mended, and stays let go by a person."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.publish()
    code = (LeftOut("socialShare", "a.md:3, socialShare: {{ x }}"),)
    own = {"bluesky": SocialOverride(text="Words of its own")}
    blog.write(make_post("a", left_out=code, social=own))
    blog.publish()
    assert [(row.account, row.state, row.reason, row.detail) for row in blog.rows()] == [
        ("mastodon", State.HELD, Reason.GENERATOR_CODE, code[0].place),
        ("bluesky", State.PLANNED, Reason.NONE, ""),
    ]
    blog.edit("a.md", left_out=())
    blog.publish()
    assert {row.state for row in blog.rows()} == {State.PLANNED}
    blog.edit("a.md", left_out=(LeftOut("title", "a.md:2, title: {% y %}"),))
    blog.publish()
    assert {(row.state, row.detail) for row in blog.rows()} == {(State.HELD, "a.md:2, title: {% y %}")}
    blog.release(*blog.rows())
    assert blog.publish().changes == ()


def test_a_wish_that_cannot_be_understood_holds_until_it_is_corrected() -> None:
    """On the account it is for, also when it comes while the message waits; `socialShare` counts where it is said."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.publish()
    blog.write(make_post("a", social={"mastodon": SocialOverride("Own words", unclear="a.md:3, social: txt")}))
    blog.publish()
    held = (State.HELD, Reason.UNCLEAR_WISH)
    assert [(row.state, row.reason) for row in blog.rows()] == [held, (State.PLANNED, Reason.NONE)]
    own, share = (
        {"mastodon": SocialOverride("Own words")},
        (LeftOut("wish", "a.md:4, socialShare: no text"),),
    )
    blog.edit("a.md", social=own, left_out=share)
    blog.publish()
    assert [(row.state, row.reason) for row in blog.rows()] == [(State.PLANNED, Reason.NONE), held]
    blog.edit("a.md", social={"all": SocialOverride(skip=True)}, left_out=share)
    blog.publish()
    blog.edit("a.md", social={}, left_out=())
    blog.publish()
    assert {row.state for row in blog.rows()} == {State.PLANNED}


def test_a_post_that_was_left_out_until_it_was_old_is_asked_about() -> None:
    """Files that could not be read, or had another post's address, are hardly news months later."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("first"))
    blog.publish()
    blog.live(1)
    left_out = [
        KnownDraft(source=f"{name}.md", slug="", source_digest="", first_seen_at=blog.now) for name in ("old", "new")
    ]
    blog.ledger = replace(blog.ledger, drafts=tuple(left_out))
    blog.live(30)
    blog.write(make_post("old", published_at=NOW + timedelta(days=1)), make_post("new", published_at=blog.now))
    blog.publish()
    assert {row.post_id.rpartition(":")[2]: row.reason for row in blog.rows()} == {
        "first": Reason.BASELINE,
        "old": Reason.TURNED_UP,
        "new": Reason.NONE,
    }


SLOTTED = replace(AT_ONCE, slots=("mon 09:00",))


def test_a_small_correction_of_a_date_keeps_the_slot() -> None:
    """A row's own slot is free for it: a minute more or less moves nothing, nor four posts redated at once."""
    blog = waiting(make_post("old"), schedule=SLOTTED)
    dates = {f"p{week}": NOW + timedelta(weeks=week) for week in range(1, 5)}
    blog.write(*(make_post(slug, published_at=date) for slug, date in dates.items()))
    blog.publish()
    before = {row.id: row.due_at for row in blog.rows()}
    for slug, date in dates.items():
        blog.edit(f"{slug}.md", published_at=date + timedelta(hours=1))
    blog.publish()
    assert {row.id: row.due_at for row in blog.rows()} == before
    assert len(set(before.values())) == len(before)


def test_messages_follow_slots_that_are_changed() -> None:
    """Each to a slot of its own; a time that a person gave stays."""
    blog = waiting(make_post("old"), schedule=SLOTTED)
    blog.write(make_post("a"), make_post("b"))
    blog.publish()
    first, *others = blog.rows()
    chosen = replace(first, chosen=Action.MOVE, chosen_due_at=first.due_at)
    blog.ledger = replace(blog.ledger, deliveries=(chosen, *others))
    blog.accounts = (make_account("mastodon", schedule=replace(SLOTTED, slots=("tue 18:00",))),)
    blog.publish()
    moved = {row.id: row for row in blog.rows()}
    assert moved[first.id].due_at == first.due_at
    times = [moved[row.id].due_at for row in others]
    assert {(at.weekday(), at.hour) for at in times} == {(1, 17)}  # 18:00 in Berlin
    assert len(set(times)) == 2
    assert {moved[row.id].reason for row in others} == {Reason.OTHER_SLOTS}
    assert blog.publish().changes == ()


# --- a copy that becomes a post of its own ---


@pytest.mark.parametrize("days", [2, 20], ids=["copied from a post that is news", "copied from an old one"])
def test_a_copy_that_became_another_post_goes_out(days: int) -> None:
    """The last post was the template of the next: a question whose ground is gone is not asked any more.

    Ten minutes after, since the last save may be to come; composed then, it says what that one says.
    """
    blog = waiting(last := make_post("last", published_at=NOW - timedelta(days=1)))
    blog.deliver()
    blog.live(days)
    new = replace(last, source="new.md", slug="new", permalink="https://new/")
    for step in ({}, {"title": "Kettles and copper"}, {"published_at": blog.now}, {"social_share": "Read on."}):
        blog.write(new := replace(new, **step))
        blog.publish()
        assert blog.deliver() == []
    blog.write(write_body(new, make_body("other")))
    blog.publish()
    assert blog.deliver() == []
    blog.live(0.01)
    assert len(blog.deliver()) == 1


def test_a_copy_that_has_only_its_own_title_and_date_yet_says_nothing() -> None:
    """First seen like this; with words of its own, too, it is the next post of a series."""
    blog = waiting(last := make_post("last", published_at=NOW - timedelta(days=1)))
    blog.deliver()
    new = replace(last, source="new.md", slug="new", title="Kettles", published_at=NOW, permalink="https://new/")
    part = replace(last, source="part.md", slug="part", title="Stones", permalink="https://part/")
    blog.write(new, replace(part, published_at=NOW - timedelta(hours=9), social_share="Read on."))
    blog.publish()
    assert [row.reason for row in blog.rows() if row.state is State.HELD] == [Reason.MAYBE_RENAMED]
    assert len(blog.deliver()) == 1


@pytest.mark.parametrize("kept", ["social_share", "title", "published_at"])
def test_a_copy_that_shares_anything_with_its_post_is_asked_about(kept: str) -> None:
    """… and so is one whose post is not there: it may be that one, renamed and rewritten bit by bit."""
    blog = waiting(last := make_post("last", published_at=NOW - timedelta(days=1)))
    blog.deliver()
    steps = {"title": "Kettles and copper", "published_at": NOW, "social_share": "Read on."}
    new = replace(last, source="new.md", slug="new", permalink="https://new/")
    for name, value in {"source": "new.md", **steps}.items():
        new = new if name == kept else replace(new, **{name: value})
        blog.write(new)
        blog.publish()
    blog.write(write_body(new, make_body("other")))
    blog.publish()
    del blog.files["last.md"]
    blog.publish()
    blog.write(write_body(replace(new, **steps), make_body("other")))
    blog.publish()
    assert [row.reason for row in blog.rows() if row.state is State.HELD] == [Reason.MAYBE_RENAMED]


@pytest.mark.parametrize("is_one_read", [True, False])
def test_a_copy_whose_post_became_another_one_is_asked_about(*, is_one_read: bool) -> None:
    """It says what was said already: under the name of the other one."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("old"))
    blog.publish()
    last = make_post("last", published_at=NOW - timedelta(days=1))
    copy = replace(last, source="z.md", slug="z", permalink="https://z/")
    for some in ((last, copy),) if is_one_read else ((last,), (copy,)):
        blog.write(*some)
        blog.live(0.01)
        blog.publish()
    assert len(blog.deliver()) == 1
    new = last
    for name, value in {"title": "Kettles and copper", "published_at": blog.now, "social_share": "Read on."}.items():
        blog.write(new := replace(new, **{name: value}))
        blog.live(0.01)
        blog.publish()
    blog.write(write_body(new, make_body("other")))
    blog.publish()
    assert [row.reason for row in blog.rows() if row.state is State.HELD] == [Reason.MAYBE_RENAMED]


def test_a_copy_is_asked_about_though_another_post_has_the_name_of_its_own() -> None:
    """The question names a post by its slug, and slugs are exchanged."""
    blog = waiting(last := make_post("last", published_at=NOW - timedelta(days=1)))
    other = make_post("other", published_at=NOW - timedelta(days=2), social_share="Read this.")
    blog.write(other)
    blog.publish()
    blog.deliver()
    blog.write(copy := replace(last, source="z.md", slug="z", permalink="https://z/"))
    blog.live(0.01)
    blog.publish()
    blog.write(
        replace(other, source="last.md", slug="last", permalink=last.permalink),
        replace(last, source="other.md", slug="other", permalink=other.permalink),
        replace(copy, title="Kettles and copper", published_at=blog.now, social_share="Read on."),
    )
    blog.publish()
    assert blog.plan().changes == ()
    assert [row.reason for row in blog.rows() if row.state is State.HELD] == [Reason.MAYBE_RENAMED]


# --- slots that are taken away ---


def test_what_waits_for_slots_keeps_its_times_when_there_are_none() -> None:
    """A line that was deleted by mistake floods nobody."""
    blog = waiting(make_post("a"), schedule=replace(AT_ONCE, slots=("sun 09:00",)))
    blog.write(*(make_post(f"b{number}") for number in range(4)))
    blog.publish()
    blog.accounts = (make_account("mastodon"),)
    assert blog.publish().changes == ()


# --- a clock that was ahead ---


@pytest.mark.parametrize("slots", [(), ("daily 09:00",)])
@pytest.mark.parametrize("missed", ["hold", "next", "skip"])
def test_what_only_a_wrong_clock_missed_goes_at_its_time(missed: str, slots: tuple[str, ...]) -> None:
    """A year ahead at start-up, right a minute later: the message keeps its time, whatever the policy says."""
    account = make_account("mastodon", schedule=replace(AT_ONCE, slots=slots, missed=missed))
    blog = waiting(make_post("a", published_at=NOW + timedelta(days=3)), schedule=account.schedule)
    before = only(blog)
    ahead, policy = blog.now + timedelta(days=365), policy_of(account)
    decision = decide_missed(cast(Delivery, before), policy, lambda at: at + timedelta(hours=9), now=ahead)
    assert decision is not None
    choose(blog, state=decision.state, reason=decision.reason, detail=decision.detail)
    choose(blog, due_at=decision.due_at or before.due_at)
    assert only(blog).reason in {Reason.MISSED, Reason.MISSED_MOVED}
    blog.publish()
    assert (only(blog).state, only(blog).due_at) == (State.PLANNED, before.due_at)
    assert blog.publish().changes == ()


def test_a_longer_grace_sends_nothing_of_last_week() -> None:
    """What waits for a person waits on; only a clock takes back what it said."""
    blog = waiting(make_post("a"))
    choose(blog, state=State.MISSED, reason=Reason.MISSED)
    blog.accounts = (make_account("mastodon", schedule=replace(AT_ONCE, old_after=timedelta(days=30))),)
    blog.live(8)
    assert blog.publish().changes == ()


@pytest.mark.parametrize("chosen", [Action.HOLD, Action.SKIP])
def test_what_a_person_put_aside_stays_there_when_its_time_is_to_come(chosen: Action) -> None:
    """The clock takes back only what it said itself."""
    blog = waiting(make_post("a", published_at=NOW + timedelta(days=3)))
    choose(blog, state=State.SKIPPED, reason=Reason.MISSED, chosen=chosen)
    assert blog.publish().changes == ()
