"""`syndicate post`: by hand, and never twice by accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syndicate.errors import UsageError
from syndicate.model import FEATURED, NEW, KnownDelivery, Occasion, SocialOverride, State
from syndicate.planning.deliveries.manual import ManualPlan, choose_accounts, plan_manual
from tests.planning.blog import FACTS, NOW, TEMPLATE, Blog, make_account, make_post, make_settings

LINK = "https://blog.example.com/blog/a/"


def blog_with(*states: State, **fields: Any) -> Blog:
    """A post on one account, with a row of each state; the first is "new", the others were posted by hand."""
    blog = Blog((make_account("mastodon", **fields),))
    blog.write(make_post("a"))
    blog.publish()
    (row,) = blog.rows()
    names = (NEW, Occasion.by_hand(), Occasion.by_hand(2), Occasion.by_hand(3))
    rows = tuple(
        replace(row, id=number + 1, state=state, occasion=names[number], sent_at=NOW, url=f"https://net/{number}")
        for number, state in enumerate(states)
    )
    blog.ledger = replace(blog.ledger, deliveries=rows)
    return blog


def by_hand(blog: Blog, **asked: Any) -> ManualPlan:
    """The post on every account of the blog."""
    (item,) = blog.plan().identified
    templates = {account.name: TEMPLATE for account in blog.accounts}
    facts = {account.name: FACTS[account.network] for account in blog.accounts}
    settings = make_settings(*blog.accounts)
    return plan_manual(
        item, blog.accounts, blog.ledger, settings, facts=facts, templates=templates, cards={}, now=blog.now, **asked
    )


def test_a_post_goes_out_now_or_at_the_asked_time() -> None:
    """Past slots, approval and quiet hours: a person asked for it."""
    blog = blog_with(State.SKIPPED, approve=True)
    (row,) = by_hand(blog).deliveries
    assert (row.occasion.name, row.state, row.due_at, row.message is not None) == ("manual", State.PLANNED, NOW, True)
    (row,) = by_hand(blog, at=NOW + timedelta(hours=3)).deliveries
    assert row.due_at == NOW + timedelta(hours=3)


def test_an_embargo_is_kept_unless_a_time_is_named() -> None:
    """What the post says about an account counts by hand, too; a time that is asked for wins."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a", social={"mastodon": SocialOverride(options={"embargo": "2026-12-24 10:00"})}))
    (row,) = by_hand(blog).deliveries
    assert f"{row.due_at:%m-%d}" == "12-24"
    (row,) = by_hand(blog, at=NOW).deliveries
    assert row.due_at == NOW


def test_a_post_of_a_later_date_waits_for_that_unless_a_time_is_named() -> None:
    """On every account alike: on those whose messages wait for the page, and on those that need none."""
    blog = Blog((make_account("mastodon"), make_account("local")))
    blog.write(make_post("a", published_at=NOW + timedelta(days=2)))
    assert {row.due_at for row in by_hand(blog).deliveries} == {NOW + timedelta(days=2)}
    assert {row.due_at for row in by_hand(blog, at=NOW).deliveries} == {NOW}


def test_a_post_goes_to_no_account_it_wants_to_be_skipped_on() -> None:
    """Unless the account is named, in which case nobody chooses."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.write(make_post("a", social={"bluesky": SocialOverride(skip=True)}))
    (item,) = blog.plan().identified
    assert [account.name for account in choose_accounts(item, blog.accounts)] == ["mastodon"]
    with pytest.raises(UsageError, match="asks to be skipped on every account"):
        choose_accounts(item, blog.accounts[1:])


@pytest.mark.parametrize(
    ("states", "occasion"),
    [
        ([], "manual"),
        ([State.SKIPPED], "manual"),
        ([State.CANCELLED], "manual"),
        ([State.FAILED], "manual"),
        ([State.SKIPPED, State.FAILED], "manual-2"),
        ([State.SKIPPED, State.CANCELLED, State.FAILED], "manual-3"),
    ],
)
def test_nothing_stands_in_the_way_of_a_first_time(states: list[State], occasion: str) -> None:
    """What never went out needs no `again`."""
    (row,) = by_hand(blog_with(*states)).deliveries
    assert row.occasion.name == occasion


@pytest.mark.parametrize("state", [State.PLANNED, State.DUE, State.HELD, State.MISSED])
def test_a_message_that_waits_is_moved_instead(state: State) -> None:
    """So that the post does not go out by hand and by plan; asking for it approves it."""
    planned = by_hand(blog_with(state), at=NOW + timedelta(hours=1), text="Mine")
    assert planned.deliveries == ()
    (change,) = planned.changes
    assert change.state is (State.DUE if state is State.DUE else State.PLANNED)
    assert (change.delivery_id, change.due_at, change.text) == (1, NOW + timedelta(hours=1), f"Mine\n\n{LINK}")


def test_a_second_time_needs_again() -> None:
    """The error says where the post already is."""
    blog = blog_with(State.SENT)
    with pytest.raises(UsageError, match=r"is on mastodon already, since 2026-11-24 13:00: https://net/0") as caught:
        by_hand(blog)
    assert "--again" in caught.value.hint
    (row,) = by_hand(blog, again=True).deliveries
    assert row.occasion.name == "manual"
    (row,) = by_hand(blog_with(State.SENT, State.SENT), again=True).deliveries
    assert row.occasion.name == "manual-2"


@pytest.mark.parametrize("state", [State.SENDING, State.UNCERTAIN])
def test_what_may_be_out_is_settled_first(state: State) -> None:
    """The error names the delivery and the command."""
    with pytest.raises(UsageError, match=f"delivery 1 is {state}") as caught:
        by_hand(blog_with(state))
    assert "syndicate settle 1" in caught.value.hint


@pytest.mark.parametrize(
    ("account", "text", "expected"),
    [
        ({}, "Look!", f"Look!\n\n{LINK}"),
        ({}, f"Look: {LINK}", f"Look: {LINK}"),
        ({"link": "none"}, "Look!", "Look!"),
        ({"utm": {"source": "m"}}, "Look!", f"Look!\n\n{LINK}?utm_source=m"),
    ],
)
def test_a_persons_words_get_the_link(account: dict[str, Any], text: str, expected: str) -> None:
    """Where links stand in texts and these have none; the row carries the text to be stored."""
    (row,) = by_hand(blog_with(State.SKIPPED, **account), text=text).deliveries
    assert row.message
    assert row.text == row.message.text == expected


def test_words_that_are_too_long_are_refused() -> None:
    """Count and limit, and for which account: a person's text is never cut, and stored nowhere."""
    for state in (State.SKIPPED, State.PLANNED):  # as a new message, and instead of one that waits
        with pytest.raises(UsageError, match=r"too long for mastodon: 525 of 500 characters"):
            by_hand(blog_with(state), text="x" * 500)


def test_one_account_after_another() -> None:
    """All of them or, where one refuses, none."""
    blog = blog_with(State.SKIPPED)
    blog.accounts += (make_account("bluesky"),)
    assert [row.account for row in by_hand(blog).deliveries] == ["mastodon", "bluesky"]
    elsewhere = replace(blog.rows()[0], id=9, account="bluesky", state=State.SENT)
    blog.ledger = replace(blog.ledger, deliveries=(*blog.rows(), elsewhere))
    with pytest.raises(UsageError, match="bluesky"):
        by_hand(blog)


def test_own_words_are_the_whole_message() -> None:
    """What a waiting thread would have said after them is cancelled, and no thread that has begun takes them."""
    blog = blog_with(State.PLANNED, thread=True)
    first = blog.rows()[0]
    blog.ledger = replace(blog.ledger, deliveries=(first, replace(first, id=2, part=2), replace(first, id=3, part=3)))
    changes = by_hand(blog, text="Mine").changes
    assert [(one.delivery_id, one.state, one.text) for one in changes] == [
        (1, State.PLANNED, f"Mine\n\n{LINK}"),
        (2, State.CANCELLED, ""),
        (3, State.CANCELLED, ""),
    ]
    begun = (replace(first, state=State.FAILED), replace(first, id=2, part=2))
    blog.ledger = replace(blog.ledger, deliveries=begun)
    planned = by_hand(blog, text="Mine")
    assert (planned.changes, [row.text for row in planned.deliveries]) == ((), [f"Mine\n\n{LINK}"])


def test_only_one_waiting_message_is_moved() -> None:
    """The earliest; its thread comes along, a later occasion keeps its slot."""
    blog = blog_with(State.PLANNED)
    first = blog.rows()[0]
    others: list[KnownDelivery] = [
        replace(first, id=2, part=2),
        replace(first, id=3, occasion=FEATURED, due_at=first.due_at + timedelta(days=1)),
    ]
    blog.ledger = replace(blog.ledger, deliveries=(first, *others))
    assert [change.delivery_id for change in by_hand(blog).changes] == [1, 2]
