"""RFC 5005 archives: complete, and closed for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Feed, Identified
from syndicate.planning.feeds import plan_feeds
from tests.formats.samples import NOW, post, posts, settings

SITE = settings(items=4, archive_items=3, by=(), flags=())


def walk(feeds: tuple[Feed, ...]) -> list[str]:
    """The ids a reader collects who follows prev-archive from the current feed to the end."""
    by_url = {feed.urls["atom"]: feed for feed in feeds}
    at, found = feeds[0], []
    while True:
        found += [entry.id for entry in at.entries]
        if not at.previous:
            return found
        at = by_url[at.previous["atom"]]


def test_a_reader_can_walk_back_to_the_first_post() -> None:
    """prev-archive leads from the current feed through all archives; next-archive leads back; current is the feed."""
    feeds = plan_feeds(posts(range(10)), SITE, {}, NOW)
    assert [feed.name for feed in feeds] == ["", "archive/1", "archive/2", "archive/3"]
    assert set(walk(feeds)) == {post(number).id for number in range(10)}
    assert [feed.next.get("rss", "")[-5:] for feed in feeds] == ["", "2.rss", "3.rss", ""]
    assert all(feed.current == feeds[0].urls and feed.is_archive and not feed.hubs for feed in feeds[1:])
    assert feeds[1].paths == {"rss": "archive/1.rss", "atom": "archive/1.atom", "json": "archive/1.json"}


def test_no_archive_while_everything_fits() -> None:
    """A feed that holds all posts needs no archive."""
    assert len(plan_feeds(posts(range(4)), SITE, {}, NOW)) == 1


def test_archives_can_be_turned_off() -> None:
    """A site may want none."""
    assert len(plan_feeds(posts(range(40)), settings(items=4, archives=False), {}, NOW)) == 1


def test_heavy_posts_are_bridged() -> None:
    """When few posts fit the current feed, an open archive holds those between it and the last closed one."""
    heavy = [post(number, html="x" * 15_000) for number in range(7)]
    site = settings(items=4, archive_items=4, max_bytes=40_000)
    feeds = plan_feeds(heavy, site, {}, NOW)
    assert [feed.name for feed in feeds] == ["", "archive/1", "archive/recent"]
    assert set(walk(feeds)) == {one.id for one in heavy}


def test_an_edit_reaches_the_archive_of_its_post_only() -> None:
    """A corrected post is corrected in its archive; no other document moves."""
    before = plan_feeds(posts(range(10)), SITE, {}, NOW)
    edited = [post(number, **({"title": "Mended", "digest": "new"} if number == 4 else {})) for number in range(10)]
    after = plan_feeds(edited, SITE, {}, NOW)
    changed = [new.name for old, new in zip(before, after, strict=True) if old.digest != new.digest]
    assert changed == ["archive/2"]


class Blog(RuleBasedStateMachine):
    """Any life of a blog: posts appear now or back-dated, are planned ahead, vanish and return."""

    numbers = Bundle("numbers")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.posts: dict[int, Identified] = {}
        self.gone: dict[int, Identified] = {}
        self.closed: dict[str, set[str]] = {}
        """What may ever stand in a closed archive: what stood in it first, or was gone then and comes back."""

    @rule(target=numbers, days=st.integers(-900, 3))
    def add(self, days: int) -> int:
        number = len(self.posts) + len(self.gone)
        self.now += timedelta(hours=1)
        self.posts[number] = post(number, at=self.now + timedelta(days=days), seen=self.now)
        return number

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        if number in self.posts:
            self.gone[number] = self.posts.pop(number)

    @rule(number=numbers)
    def bring_back(self, number: int) -> None:
        if number in self.gone:
            self.posts[number] = self.gone.pop(number)

    @rule(hours=st.integers(1, 100))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_is_missing_and_nothing_closed_grows(self) -> None:
        gone = [replace(one.known, gone_at=self.now) for one in self.gone.values()]
        feeds = plan_feeds(list(self.posts.values()), SITE, {}, self.now, gone=gone)
        assert set(walk(feeds)) == {one.id for one in self.posts.values() if one.known.published_at <= self.now}
        for feed in feeds[1:]:
            there = {entry.id for entry in feed.entries}
            if feed.name != "archive/recent":
                assert there <= self.closed.setdefault(feed.name, there | {known.id for known in gone})


TestBlog = Blog.TestCase
TestBlog.settings = hypothesis_settings(stateful_step_count=30)


def test_an_archive_is_the_same_bytes_while_the_blog_grows() -> None:
    """Forty more posts change no byte of a closed archive that already knew its successor."""
    few, many = posts(range(12)), posts(range(52))
    for render in (render_rss, render_atom, render_json):
        before = {feed.name: render(feed) for feed in plan_feeds(few, SITE, {}, NOW)[1:-1]}
        after = {feed.name: render(feed) for feed in plan_feeds(many, SITE, {}, NOW)[1:]}
        assert len(before) == 3
        assert before.items() <= after.items()
