"""Which messages are due: baseline, new, featured, held, skipped, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.model import (
    NEW,
    Action,
    Category,
    KnownDelivery,
    Ledger,
    Occasion,
    OccasionKind,
    Plan,
    Reason,
    ScheduleRules,
    SocialOverride,
    State,
)
from syndicate.planning.deliveries import say_why
from syndicate.planning.feeds import list_public
from tests.planning.blog import AT_ONCE, FACTS, NOW, Blog, make_account, make_post

FEATURED = frozenset({"featured"})


def rows(plan: Plan) -> list[tuple[str, str, str, State]]:
    """What a plan adds: post, account, occasion, state."""
    return sorted((row.slug, row.account, row.occasion.name, row.state) for row in plan.deliveries)


def settled(*accounts: str, **fields: Any) -> Blog:
    """A blog whose accounts have their baseline."""
    blog = Blog(tuple(make_account(name, **fields) for name in accounts))
    blog.publish()
    return blog


def test_the_first_run_announces_nothing() -> None:
    """What is there already becomes a baseline, occasion by occasion, and can be released by hand."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a"), make_post("b", flags=FEATURED))
    plan = blog.publish()
    assert rows(plan) == [
        ("a", "mastodon", "new", State.SKIPPED),
        ("b", "mastodon", "featured", State.SKIPPED),
        ("b", "mastodon", "new", State.SKIPPED),
    ]
    assert {row.reason for row in plan.deliveries} == {Reason.BASELINE}
    assert plan.baselined == {"mastodon"}
    assert rows(blog.publish()) == []


def test_an_account_that_is_turned_on_later_gets_a_baseline_of_its_own() -> None:
    """The others go on as before."""
    blog = settled("mastodon")
    blog.write(make_post("a"))
    blog.publish()
    blog.accounts += (make_account("bluesky"),)
    blog.write(make_post("b"))
    plan = blog.publish()
    assert rows(plan) == [
        ("a", "bluesky", "new", State.SKIPPED),
        ("b", "bluesky", "new", State.SKIPPED),
        ("b", "mastodon", "new", State.PLANNED),
    ]
    assert plan.baselined == {"bluesky"}


def test_a_new_post_is_planned_once_on_every_account() -> None:
    """With its text, its length and no second time."""
    blog = settled("mastodon", "bluesky")
    blog.write(make_post("a"))
    plan = blog.publish()
    assert rows(plan) == [("a", "bluesky", "new", State.PLANNED), ("a", "mastodon", "new", State.PLANNED)]
    assert all(row.message and row.count and row.limit and row.due_at == NOW for row in plan.deliveries)
    blog.edit("a.md", digest="edited", title="Edited", social_share="Other words")
    assert rows(blog.publish()) == []


def test_a_post_is_announced_when_it_becomes_featured() -> None:
    """On the change from not featured to featured, once, however often the flag comes and goes."""
    blog = settled("mastodon")
    blog.write(make_post("a"))
    blog.publish()
    for flags in (FEATURED, frozenset[str](), FEATURED):
        blog.edit("a.md", flags=flags)
        blog.publish()
    assert [row.occasion.name for row in blog.rows()] == ["new", "featured"]


def test_a_baseline_post_may_become_featured() -> None:
    """The baseline covers what was, not what happens."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a"))
    blog.publish()
    blog.edit("a.md", flags=FEATURED)
    assert rows(blog.publish()) == [("a", "mastodon", "featured", State.PLANNED)]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (("new", "featured"), {"new": State.PLANNED, "featured": State.SKIPPED}),
        (("featured",), {"new": State.SKIPPED, "featured": State.PLANNED}),
        (("new",), {"new": State.PLANNED, "featured": State.SKIPPED}),
        ((), {"new": State.SKIPPED, "featured": State.SKIPPED}),
    ],
)
def test_a_post_featured_from_the_start_goes_out_once(on: tuple[str, ...], expected: dict[str, State]) -> None:
    """As new where the account posts new ones, else as featured."""
    blog = settled("mastodon", on=on)
    blog.write(make_post("a", flags=FEATURED))
    plan = blog.publish()
    assert {row.occasion.name: row.state for row in plan.deliveries} == expected
    reasons = {row.occasion.name: row.reason for row in plan.deliveries}
    assert on != ("new", "featured") or reasons["featured"] is Reason.FLAGGED_FROM_THE_START


def test_an_occasion_turned_on_later_announces_no_old_post() -> None:
    """Every post has its rows from first sight, so that a new word in `on` is no flood."""
    blog = settled("mastodon", on=("new",))
    blog.write(*(make_post(name, flags=FEATURED) for name in "abc"))
    blog.publish()
    blog.accounts = (make_account("mastodon", on=("new", "featured")),)
    assert rows(blog.publish()) == []


TRENDING = frozenset({"trending"})


def test_a_post_is_announced_when_it_gets_any_flag_that_is_asked_for() -> None:
    """As with "featured": on the change, once; another flag is nothing to this account."""
    blog = settled("mastodon", on=("new", "trending"))
    blog.write(make_post("a"), make_post("b"))
    blog.publish()
    blog.edit("b.md", flags=frozenset({"pinned"}))
    for flags in (TRENDING, frozenset[str](), TRENDING):
        blog.edit("a.md", flags=flags)
        blog.publish()
    assert [(row.post_id, row.occasion.name) for row in blog.rows() if row.occasion.name != "new"] == [
        (blog.rows()[0].post_id, "trending")
    ]


def test_a_flag_turned_on_later_announces_no_old_post() -> None:
    """Posts that have it already are recorded; those that get it afterwards go out, also where none had it before."""
    blog = settled("mastodon", on=("new",))
    blog.write(*(make_post(name, flags=TRENDING) for name in "abc"), make_post("d"))
    blog.publish()
    blog.accounts = (make_account("mastodon", on=("new", "trending", "hot")),)
    assert {(row[2], row[3]) for row in rows(blog.publish())} == {("trending", State.SKIPPED)}
    blog.edit("d.md", flags=TRENDING | {"hot"})
    assert {row[2:] for row in rows(blog.publish())} == {("trending", State.PLANNED), ("hot", State.PLANNED)}
    assert rows(blog.publish()) == []


def test_a_flag_turned_off_and_on_begins_anew() -> None:
    """What got the flag while nobody waited for it is no news."""
    blog = settled("mastodon", on=("new", "trending"))
    blog.write(make_post("a"))
    blog.publish()
    blog.accounts = (make_account("mastodon", on=("new",)),)
    blog.edit("a.md", flags=TRENDING)
    assert rows(blog.publish()) == []
    blog.accounts = (make_account("mastodon", on=("new", "trending")),)
    assert [row[2:] for row in rows(blog.publish())] == [("trending", State.SKIPPED)]


def test_a_post_with_several_flags_from_the_start_goes_out_once() -> None:
    """For the first of them that the account asks for, in the order of `on`."""
    blog = settled("mastodon", on=("hot", "trending"))
    blog.write(make_post("a", flags=TRENDING | {"hot"}))
    assert {row[2]: row[3] for row in rows(blog.publish())} == {
        "new": State.SKIPPED,
        "hot": State.PLANNED,
        "trending": State.SKIPPED,
    }


def test_an_account_turned_off_and_on_announces_nothing_of_the_meantime() -> None:
    """Posts of the meantime are skipped with that reason."""
    blog = settled("mastodon")
    blog.accounts = (make_account("mastodon", enabled=False),)
    blog.write(make_post("a"))
    assert [(row.state, row.reason) for row in blog.publish().deliveries] == [(State.SKIPPED, Reason.TURNED_OFF)]
    blog.accounts = (make_account("mastodon"),)
    assert rows(blog.publish()) == []


@pytest.mark.parametrize("looks", [True, False], ids=["published meanwhile", "not published meanwhile"])
def test_an_account_removed_and_added_again_later_starts_anew(*, looks: bool) -> None:
    """Its baseline is forgotten after a day, so that its return is no flood; what waited for it goes on."""
    blog = settled("mastodon")
    blog.write(make_post("waiting"))
    blog.publish()
    blog.accounts = ()
    blog.write(make_post("a"))
    blog.publish()
    blog.now += timedelta(days=3)
    if looks:
        assert blog.publish().forgotten == {"mastodon"}
    blog.accounts = (make_account("mastodon"),)
    plan = blog.publish()
    assert rows(plan) == [("a", "mastodon", "new", State.SKIPPED)]
    assert [(change.state, change.reason) for change in plan.changes] == [(State.PLANNED, Reason.NONE)]


def test_an_account_that_is_away_for_a_moment_goes_on() -> None:
    """A file that was half written named no account: nothing is forgotten, what waits keeps its slot."""
    account = make_account("mastodon", schedule=replace(AT_ONCE, slots=("09:00", "17:00")))
    blog = Blog((account,))
    blog.write(make_post("old"))
    blog.publish()
    blog.write(make_post("one"), make_post("two"))
    before = {row.slug: row.due_at for row in blog.publish().deliveries}
    blog.accounts = ()
    blog.write(make_post("meanwhile"))
    assert {change.reason for change in blog.publish().changes} == {Reason.ACCOUNT_GONE}
    blog.accounts = (account,)
    plan = blog.publish()
    assert rows(plan) == [("meanwhile", "mastodon", "new", State.PLANNED)]
    assert sorted(change.due_at for change in plan.changes) == sorted(before.values())
    assert (blog.ledger.away, blog.publish().away) == ({}, {})


def test_what_was_announced_by_hand_before_it_was_known_is_not_announced_again() -> None:
    """Somebody was quicker than the publication."""
    blog = settled("mastodon")
    post = make_post("a")
    blog.write(post)
    (item,) = (one for one in blog.plan().identified if one.post.slug == "a")
    by_hand = KnownDelivery(
        id=99,
        post_id=item.id,
        account="mastodon",
        occasion=Occasion(OccasionKind.MANUAL, "1"),
        part=1,
        state=State.SENT,
        due_at=blog.now,
        sent_at=blog.now,
    )
    blog.ledger = replace(blog.ledger, deliveries=(*blog.ledger.deliveries, by_hand))
    assert [(row.state, row.reason) for row in blog.publish().deliveries] == [(State.SKIPPED, Reason.POSTED_BY_HAND)]


def test_an_account_never_turned_on_is_left_alone() -> None:
    """No rows, no baseline: that comes when it is turned on."""
    blog = Blog((make_account("mastodon", enabled=False),))
    blog.write(make_post("a"))
    plan = blog.publish()
    assert (plan.deliveries, plan.baselined) == ((), frozenset())


GO = (Category("Go"), Category("Tools"))


@pytest.mark.parametrize(
    ("account", "post", "reason"),
    [
        ({"only": ("go",)}, {"categories": GO}, ""),
        ({"only": ("Rust", "Tools")}, {"categories": GO}, ""),
        ({"only": ("Rust",)}, {"categories": GO}, "not in the account's categories (Rust)"),
        ({"only": ("Rust",)}, {}, "not in the account's categories (Rust)"),
        ({"exclude": ("TOOLS",)}, {"categories": GO}, 'its category "TOOLS" is excluded on this account'),
        ({"exclude": ("Rust",)}, {"categories": GO}, ""),
        ({"on": ("featured",)}, {}, 'this account does not post on the occasion "new"'),
        ({}, {"social": {"mastodon": SocialOverride(skip=True)}}, "the post asks to be skipped here"),
        ({}, {"social": {"bluesky": SocialOverride(skip=True)}}, ""),
    ],
)
def test_why_a_post_does_not_go_out(account: dict[str, Any], post: dict[str, Any], reason: str) -> None:
    """Categories, occasions and the post's own wish, each with its sentence."""
    blog = settled("mastodon", **account)
    blog.write(make_post("a", **post))
    (row,) = blog.publish().deliveries
    assert (row.state, say_why(row)) == (State.SKIPPED if reason else State.PLANNED, reason)


def test_approval_holds() -> None:
    """The slot is kept for the message while it waits."""
    blog = settled("mastodon", approve=True, schedule=ScheduleRules(slots=("every day 09:00",), timezone="UTC"))
    blog.write(make_post("a"))
    (row,) = blog.publish().deliveries
    assert (row.state, row.reason, row.due_at > NOW) == (State.HELD, Reason.APPROVAL, True)


def test_older_posts_get_earlier_slots() -> None:
    """One message a slot, in the order of publication, after what is planned already."""
    rules = ScheduleRules(slots=("every day 09:00",), timezone="UTC")
    blog = settled("mastodon", schedule=rules)
    blog.write(make_post("first", published_at=NOW - timedelta(days=1)))
    blog.publish()
    blog.write(
        *(make_post(name, published_at=NOW - timedelta(days=days)) for name, days in (("x", 2), ("y", 6), ("z", 5)))
    )
    planned = {row.slug: row.due_at for row in blog.publish().deliveries}
    assert [f"{planned[slug]:%d %H:%M}" for slug in ("y", "z", "x")] == ["26 09:00", "27 09:00", "28 09:00"]


@pytest.mark.parametrize(
    ("fields", "rules", "hours"),
    [
        ({"published_at": NOW + timedelta(hours=30)}, {}, 30),
        ({"published_at": NOW + timedelta(hours=30)}, {"delay": timedelta(hours=2)}, 32),
        ({"published_at": NOW - timedelta(hours=1)}, {"delay": timedelta(hours=2)}, 1),
        ({"published_at": NOW - timedelta(hours=9)}, {"delay": timedelta(hours=2)}, 0),
        ({"social": {"mastodon": SocialOverride(options={"embargo": "2026-11-24 18:00"})}}, {}, 5),
        ({"social": {"mastodon": SocialOverride(options={"embargo": "2026-11-24T18:00Z"})}}, {}, 6),
        ({"social": {"all": SocialOverride(options={"embargo": "2026-11-24T18:00Z"})}}, {}, 6),
        ({"social": {"mastodon": SocialOverride(options={"embargo": "2020-01-01"})}}, {}, 0),
    ],
)
def test_not_before(fields: dict[str, Any], rules: dict[str, Any], hours: int) -> None:
    """Publication, delay and embargo (in the zone of the site) come before any slot."""
    blog = settled("mastodon", schedule=ScheduleRules(timezone="Europe/Berlin", **rules))
    blog.write(make_post("a", **fields))
    (row,) = blog.publish().deliveries
    assert row.due_at == NOW + timedelta(hours=hours)


def test_future_posts_are_planned_even_at_the_first_run() -> None:
    """They are no part of the baseline: nobody has seen them."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("soon", published_at=NOW + timedelta(days=2)), make_post("draft", is_draft=True))
    plan = blog.publish()
    assert rows(plan) == [("soon", "mastodon", "new", State.PLANNED)]
    assert plan.next_change_at == NOW + timedelta(days=2)
    assert not list_public(plan.identified, plan.now)


def test_threads_are_several_rows_at_one_slot() -> None:
    """Part by part, only the first with the warnings of the whole."""
    blog = settled("bluesky", thread=True, schedule=ScheduleRules(slots=("every day 09:00",), timezone="UTC"))
    blog.write(make_post("a", social_share="A sentence of the thread. " * 40))
    parts = blog.publish().deliveries
    assert [row.part for row in parts] == list(range(1, len(parts) + 1))
    assert len(parts) > 3
    assert len({row.due_at for row in parts}) == 1


def test_costs_and_dying_tokens_are_told() -> None:
    """A post with a link costs more on X; a token that dies before the slot is a warning."""
    facts = {"x": replace(FACTS["x"], expires_at=NOW + timedelta(days=1))}
    blog = settled("x", schedule=ScheduleRules(slots=("fri 09:00",), timezone="UTC"))
    blog.facts = facts
    blog.write(make_post("a"), make_post("b", social={"x": SocialOverride(options={"link": "none"})}))
    plan = blog.publish()
    assert {row.slug: row.cost for row in plan.deliveries} == {"a": 0.2, "b": 0.015}
    assert all("token dies on 2026-11-25 12:00" in row.warnings[0] for row in plan.deliveries)


def test_a_broken_template_stops_neither_its_account_nor_the_others() -> None:
    """Its messages are planned without a text, the template is a problem with its name."""
    blog = settled("mastodon", "bluesky")
    blog.templates["mastodon"] = "{{ nonsense"
    blog.write(make_post("a"))
    plan = blog.publish()
    found = {row.account: row for row in plan.deliveries}
    assert found["mastodon"].message is None
    assert "template is broken" in found["mastodon"].warnings[0]
    assert found["bluesky"].message is not None
    assert [(problem.source, problem.key) for problem in plan.problems] == [
        ("templates/messages/mastodon.txt or default.txt", "accounts.mastodon.template")
    ]


ACTIONS = st.sampled_from(
    ["add", "edit", "feature", "unfeature", "delete", "restore", "rename", "move", "publish", "wait"]
)


@given(st.lists(st.tuples(ACTIONS, st.sampled_from("abc")), max_size=25))
def test_no_life_of_a_blog_announces_anything_twice(life: list[tuple[str, str]]) -> None:
    """Whatever happens to files: one message a post, account and occasion, and never one for the baseline."""
    blog = Blog((make_account("mastodon"), make_account("bluesky")))
    blog.write(make_post("old", flags=FEATURED))
    blog.publish()
    sent: list[tuple[str, str, str, int]] = []
    attic: dict[str, Any] = {}
    for number, (action, name) in enumerate([*life, ("publish", "a")]):
        act(blog, attic, action, name, number)
        blog.publish()
        sent += [(row.post_id, row.account, row.occasion.name, row.part) for row in blog.deliver()]
    assert len(sent) == len(set(sent))
    assert not any("old" in post_id and occasion == "new" for post_id, _, occasion, _ in sent)
    assert len({post_id for post_id, *_ in sent}) <= 4


def act(blog: Blog, attic: dict[str, Any], action: str, name: str, number: int) -> None:
    """One thing an author does to the post of this name."""
    source = next((post.source for post in blog.files.values() if post.title == f"About {name}"), "")
    if action == "add" and not source and name not in attic:
        blog.write(make_post(name))
    elif action == "restore" and name in attic:
        blog.write(attic.pop(name))
    elif action == "wait":
        blog.live(1)
    elif source and action == "delete":
        attic[name] = blog.files.pop(source)
    elif source and action in {"feature", "unfeature"}:
        blog.edit(source, flags=FEATURED if action == "feature" else frozenset())
    elif source and action == "edit":
        blog.edit(source, digest=f"edited {number}")
    elif source and action == "rename":
        blog.edit(source, slug=f"{name}-{number}", permalink=f"https://blog.example.com/{number}/")
    elif source and action == "move":
        post = blog.files.pop(source)
        blog.write(replace(post, source=f"{number}/{name}.md"))


def test_an_empty_ledger_with_accounts_known_is_no_first_run() -> None:
    """The baseline is a fact of the account, not of an empty table."""
    blog = Blog((make_account("mastodon"),), ledger=Ledger(baselined=frozenset({"mastodon"})))
    blog.write(make_post("a"))
    assert rows(blog.publish()) == [("a", "mastodon", "new", State.PLANNED)]


@pytest.mark.parametrize(("number", "state"), [(1, State.PLANNED), (2, State.HELD), (6, State.HELD)])
def test_an_archive_that_comes_into_sight_is_no_news(number: int, state: State) -> None:
    """A first run without the content folder is no licence to announce all of it when it is found: a person decides."""
    blog = settled("mastodon")
    blog.write(*(make_post(f"post-{count}") for count in range(number)))
    assert {row.state for row in blog.publish().deliveries} == {state}


def test_a_first_run_with_a_clock_that_is_behind_announces_nothing_later() -> None:
    """What was public when a file was changed was there before; what is to come even then is planned."""
    blog = Blog((make_account("mastodon"),), now=NOW - timedelta(days=4), changed_at=NOW)
    coming = make_post("coming", published_at=NOW + timedelta(days=1))
    blog.write(
        *(make_post(f"p{number}", published_at=NOW - number * timedelta(hours=20)) for number in range(5)), coming
    )
    plan = blog.publish()
    assert [row.slug for row in plan.deliveries if row.state is State.PLANNED] == ["coming"]
    assert plan.warnings == ("the clock may be behind: it says 2026-11-20, and a post was changed on 2026-11-24",)
    blog.now = NOW
    assert blog.publish().deliveries == ()
    assert blog.deliver() == []


def test_a_draft_that_is_renamed_and_edited_as_it_is_published_is_asked_about() -> None:
    """Nothing but its vanishing tells that the old post is news; more posts than drafts that vanished are old ones."""
    old = {"published_at": NOW - timedelta(days=30)}
    blog = settled("mastodon")
    blog.write(make_post("draft", is_draft=True, **old))
    blog.publish()
    del blog.files["draft.md"]
    imported = replace(blog.ledger), dict(blog.files)
    blog.write(make_post("final", **old))
    (row,) = blog.publish().deliveries
    assert (row.state, row.reason) == (State.HELD, Reason.TURNED_UP)
    blog.ledger, blog.files = imported
    blog.write(*(make_post(f"copied{number}", **old) for number in range(2)))
    assert {row.reason for row in blog.publish().deliveries} == {Reason.OLD_WHEN_FOUND}


def test_a_fresh_date_answers_whether_an_old_post_is_news() -> None:
    """It was asked about because a draft had vanished; the author only mends the year."""
    blog = settled("mastodon")
    blog.write(make_post("draft", is_draft=True))
    blog.publish()
    del blog.files["draft.md"]
    blog.write(make_post("mistyped", published_at=NOW - timedelta(days=365)))
    (row,) = blog.publish().deliveries
    assert (row.state, row.reason) == (State.HELD, Reason.TURNED_UP)
    blog.edit("mistyped.md", published_at=NOW)
    (change,) = blog.publish().changes
    assert change.state is State.PLANNED


def test_a_message_waits_for_its_template_and_goes_on_once_that_is_mended() -> None:
    """At its time where that is to come, else at once; what a person holds, and what cannot be composed yet, stays."""
    blog = settled("mastodon")
    blog.write(*(make_post(name) for name in "abc"))
    blog.publish()
    stopped = [replace(row, state=State.HELD, reason=Reason.NOT_COMPOSED) for row in blog.rows()]
    stopped[1] = replace(stopped[1], due_at=NOW + timedelta(days=9))
    stopped[2] = replace(stopped[2], chosen=Action.HOLD)
    blog.ledger = replace(blog.ledger, deliveries=tuple(stopped))
    blog.live(1 / 24)
    for broken in ("", "{{ nonsense }}", "{{ title[:0] }}"):
        blog.templates["mastodon"] = broken
        assert blog.plan().changes == ()
    blog.templates.clear()
    blog.publish()
    assert [(row.state, row.due_at) for row in blog.rows()] == [
        (State.PLANNED, blog.now),
        (State.PLANNED, NOW + timedelta(days=9)),
        (State.HELD, stopped[2].due_at),
    ]


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
