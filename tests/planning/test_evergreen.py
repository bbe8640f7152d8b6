"""Recycled posts: oldest first, never before their floor, never in the way of fresh ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syndicate.model import NEW, Category, OccasionKind, ScheduleRules, SocialOverride, State
from tests.planning.blog import NOW, Blog, make_account, make_post

SLOTS = ScheduleRules(slots=("every day 09:00",), timezone="UTC")


def archive(**fields: Any) -> Blog:
    """Three old posts and a young one behind a baseline, on an account that recycles."""
    account = make_account("mastodon", **{"on": ("new", "evergreen"), "schedule": SLOTS, **fields})
    blog = Blog((account,))
    ages = {"old": 400, "older": 500, "oldest": 900, "young": 20}
    blog.write(*(make_post(name, published_at=NOW - timedelta(days=age)) for name, age in ages.items()))
    blog.publish()
    return blog


def recycled(blog: Blog) -> list[str]:
    """Posts that wait as recycled ones."""
    slugs = {row.id: row.slug for row in blog.ledger.posts}
    return [slugs[row.post_id] for row in blog.rows() if row.occasion.kind is OccasionKind.EVERGREEN]


def test_the_post_that_was_silent_longest_comes_first_and_alone() -> None:
    """One at a time, into the next free slot, then the next oldest."""
    blog = archive()
    (row,) = blog.publish().deliveries
    assert (row.slug, row.occasion.name, f"{row.due_at:%d %H:%M}") == ("oldest", "evergreen-2026-11", "25 09:00")
    assert blog.publish().deliveries == ()
    blog.live(1)
    blog.deliver()
    assert [row.slug for row in blog.publish().deliveries] == ["older"]


def test_never_before_the_floor() -> None:
    """Nothing was said of it for `evergreen_after`, counted from the last message of any kind."""
    blog = archive(evergreen_after=timedelta(days=450))
    for _ in range(12):
        blog.publish()
        blog.live(1)
        blog.deliver()
    assert recycled(blog) == ["oldest", "older"]


def test_fresh_before_recycled() -> None:
    """While something fresh waits nothing is recycled, and a fresh post takes the slot of a recycled one."""
    blog = archive()
    blog.publish()
    blog.write(make_post("fresh"))
    blog.publish()
    due = {row.occasion.name: f"{row.due_at:%d %H:%M}" for row in blog.rows() if row.state is State.PLANNED}
    assert due == {"new": "25 09:00", "evergreen-2026-11": "26 09:00"}
    assert blog.publish().changes == ()
    assert len(recycled(blog)) == 1


@pytest.mark.parametrize(
    "fields",
    [{"on": ("new",)}, {"enabled": False}, {"schedule": ScheduleRules()}, {"only": ("Go",)}],
    ids=["not wanted", "turned off", "no slots", "category"],
)
def test_nothing_is_recycled(fields: dict[str, Any]) -> None:
    """Where the account does not want it, is off, says not how often, or takes other categories."""
    blog = archive()
    blog.accounts = (replace(blog.accounts[0], **fields),)
    assert [row for row in blog.publish().deliveries if row.occasion.kind is OccasionKind.EVERGREEN] == []


def test_an_account_that_cannot_recycle_says_why() -> None:
    """Without slots nothing says how often."""
    blog = archive(schedule=ScheduleRules())
    assert blog.publish().warnings == ("mastodon: evergreen needs slots, else nothing says how often posts come again",)


def test_posts_that_ask_to_be_skipped_are_passed_over() -> None:
    """The next oldest takes its place."""
    blog = archive()
    blog.edit("oldest.md", social={"mastodon": SocialOverride(skip=True)})
    assert [row.slug for row in blog.publish().deliveries] == ["older"]
    blog.edit("older.md", categories=(Category("Go"),))
    blog.accounts = (replace(blog.accounts[0], exclude=("Go",)),)
    blog.ledger = replace(blog.ledger, deliveries=tuple(r for r in blog.rows() if r.occasion == NEW))
    assert [row.slug for row in blog.publish().deliveries] == ["old"]
