"""The whole plan: a journey through the life of a blog, and what the plan says besides deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.model import Limits, Plan, Problem, ScheduleRules, Snapshot, State
from syndicate.planning.feeds import list_public
from syndicate.planning.make_plan import make_plan
from tests.planning.blog import FACTS, NOW, TEMPLATE, Blog, make_account, make_post, make_settings

FEATURED = frozenset({"featured"})


def new_rows(plan: Plan) -> list[tuple[str, str, str]]:
    """What a plan would say that is not skipped."""
    return sorted(
        (row.slug, row.account, row.occasion.name) for row in plan.deliveries if row.state is not State.SKIPPED
    )


def test_a_journey_announces_each_thing_once() -> None:
    """init → publish → edit, rename, move, feature, delete, add → publish: only what is new is said, ids stay."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.write(*(make_post(name) for name in ("edited", "renamed", "moved", "featured", "deleted", "quiet")))
    first = blog.publish()
    assert new_rows(first) == []
    ids = {item.post.title: item.id for item in first.identified}

    blog.live(1)
    blog.edit("edited.md", digest="edited", social_share="New words")
    blog.edit("renamed.md", slug="better-name", permalink="https://blog.example.com/blog/better-name/", digest="r2")
    blog.write(replace(blog.files.pop("moved.md"), source="2026/moved.md"))
    blog.edit("featured.md", flags=FEATURED)
    del blog.files["deleted.md"]
    blog.write(make_post("added"))
    second = blog.publish()
    assert new_rows(second) == [
        ("added", "bluesky", "new"),
        ("added", "mastodon", "new"),
        ("featured", "bluesky", "featured"),
        ("featured", "mastodon", "featured"),
    ]
    assert {item.post.title: item.id for item in second.identified if not item.is_new}.items() <= ids.items()
    assert [row.slug for row in second.gone] == ["deleted"]
    assert {item.post.slug for item in second.identified if item.is_changed} == {
        "edited",
        "better-name",
        "moved",
        "added",
    }
    assert len(blog.deliver()) == 4

    for _ in range(3):
        blog.live(1)
        again = blog.publish()
        assert (again.deliveries, again.changes) == ((), ())
        assert not any(item.is_new or item.is_changed for item in again.identified)


def test_the_same_input_gives_the_same_plan() -> None:
    """Whatever the order of files."""
    blog = Blog((make_account("mastodon"),))
    blog.write(*(make_post(name) for name in "abcd"))
    other = Blog((make_account("mastodon"),), files=dict(reversed(blog.files.items())))
    assert blog.plan() == other.plan()


def test_problems_of_content_and_posts_are_in_the_plan() -> None:
    """A post that could not be read and one that could, with a warning; the rest goes on."""
    broken, odd = Problem("bad.md", "not YAML", line=3), Problem("odd.md", "no picture")
    posts = (make_post("odd", problems=(odd,)), make_post("fine"))
    settings = make_settings(make_account("mastodon"))
    empty = Blog().ledger
    plan = make_plan(
        Snapshot(posts, (broken,)), empty, settings, facts=FACTS, templates={"mastodon": TEMPLATE}, cards={}, now=NOW
    )
    assert plan.problems == (broken, odd)
    assert len(plan.identified) == 2


def test_only_public_posts_get_a_card() -> None:
    """The card of a future post would tell its title early."""
    blog = Blog()
    blog.write(make_post("a"), make_post("soon", published_at=NOW + timedelta(hours=1)), make_post("d", is_draft=True))
    plan = blog.plan()
    assert [one.post.slug for one in list_public(plan.identified, plan.now)] == ["a"]
    assert plan.next_change_at == NOW + timedelta(hours=1)


def test_limits_a_server_stated_win() -> None:
    """What the ledger remembers of a server is newer than the network's default."""
    blog = Blog((make_account("mastodon"),))
    blog.publish()
    blog.ledger = replace(blog.ledger, limits=(("mastodon", Limits(5000)),))
    blog.write(make_post("a"))
    assert [row.limit for row in blog.plan().deliveries] == [5000]


def test_an_account_of_an_unknown_network_is_told_and_left_alone() -> None:
    """No row, no baseline; the others go on."""
    settings = make_settings(make_account("myspace"), make_account("mastodon"))
    snapshot = Snapshot((make_post("a"),))
    plan = make_plan(
        snapshot, Blog().ledger, settings, facts=FACTS, templates={"mastodon": TEMPLATE}, cards={}, now=NOW
    )
    assert plan.baselined == {"mastodon"}
    assert "myspace: nothing is known of the network myspace" in plan.warnings[0]


@pytest.mark.parametrize(
    "rules",
    [
        ScheduleRules(slots=("someday",)),
        ScheduleRules(quiet="late"),
        ScheduleRules(timezone="Mars/Olympus"),
        ScheduleRules(slots=("every day 09:00",), quiet="08:00-10:00"),
    ],
)
def test_a_schedule_that_cannot_be_worked_out_costs_its_own_account(rules: ScheduleRules) -> None:
    """A problem names the account; the others go on, and what came meanwhile is planned once it is mended."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.publish()
    broken = Blog((make_account("mastodon", schedule=rules), make_account("bluesky")), ledger=blog.ledger)
    broken.write(make_post("a"))
    plan = broken.publish()
    assert new_rows(plan) == [("a", "bluesky", "new")]
    assert [problem.key for problem in plan.problems] == ["accounts.mastodon"]
    blog.ledger = broken.ledger
    blog.write(make_post("a"))
    assert new_rows(blog.publish()) == [("a", "mastodon", "new")]


def test_an_account_whose_schedule_is_broken_has_no_baseline() -> None:
    """It begins when it is mended: what is there by then is old."""
    broken = make_account("mastodon", schedule=ScheduleRules(timezone="Mars/Olympus"))
    assert Blog((broken, make_account("bluesky"))).plan().baselined == {"bluesky"}


def test_a_clock_that_is_behind_moves_no_date_and_no_message() -> None:
    """Begun in 1970: undated posts and kept dates stay as they are, no post leaves the feeds, and what waits does."""
    blog = Blog((make_account("mastodon", schedule=ScheduleRules(slots=("every day 09:00",))),), changed_at=NOW)
    blog.publish()
    blog.write(make_post("undated", published_at=None), *(make_post(f"old{n}", published_at=NOW) for n in range(8)))
    blog.publish()
    for name in range(8):
        blog.edit(f"old{name}.md", published_at=NOW - timedelta(hours=1))
    blog.live(3)
    blog.publish()
    before, waiting = blog.plan(), blog.rows()
    public = list_public(before.identified, before.now)
    blog.now = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    plan = blog.publish()
    assert {item.known for item in plan.identified} == {item.known for item in before.identified}
    assert (list_public(plan.identified, plan.now), plan.changes, plan.gone) == (public, (), ())
    assert plan.warnings[0].startswith("the clock is behind: it says 1970-01-01")
    assert "ahead when old1.md was saved" in plan.warnings[0]
    assert blog.rows() == waiting
    blog.changed_at = None
    assert blog.plan().now == blog.now


def test_planning_composes_only_what_is_new() -> None:
    """Rows that are there, or only recorded as baseline, cost no rendering: a template that would fail is not asked."""
    blog = Blog((make_account("mastodon"),))
    blog.templates["mastodon"] = "{{ nonsense }}"
    blog.write(*(make_post(name) for name in "abc"))
    assert all(row.message is None and not row.warnings for row in blog.publish().deliveries)
    assert blog.publish().deliveries == ()
    blog.write(make_post("d"))
    assert "nonsense" in blog.publish().deliveries[0].warnings[0]
