"""IndexNow over real HTTP: search engines hear of each new or changed page once, when it is there to be read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.conftest import MakeSite
from tests.app.web import KEY, MINUTE, NOW, FakeWeb, Site
from tests.networks.fake import CUT

DAY = timedelta(days=1)


@pytest.fixture
def site(make_site: MakeSite, blank: Path) -> Site:
    """Two posts that were there before syndicate came, and one round for each of the first five minutes."""
    site = make_site(key=KEY)
    site.use_state(blank)
    site.know("old", "older")
    site.publish("two posts")
    site.ping_through(NOW, 5)
    return site


def test_the_first_run_tells_nothing(site: Site, web: FakeWeb) -> None:
    """What is there already is no news, however long one waits."""
    site.ping_through(NOW + DAY, 5)
    assert web.told == []


def test_a_new_page_is_told_once(site: Site, web: FakeWeb) -> None:
    """With host and key, after the feeds show that the site is out; a restart does not repeat it."""
    site.know("new")
    site.publish("three posts")
    site.ping_through(NOW + DAY, 5)
    site.restart()
    site.ping_through(NOW + DAY + 6 * MINUTE, 5)
    assert web.told == [("indexnow", "/new/")]
    assert web.sent("POST /indexnow")[0].json() == {
        "host": web.url.removeprefix("http://"),
        "key": KEY,
        "urlList": [f"{web.url}/new/"],
    }


def test_a_page_that_changed_is_told_again_once(site: Site, web: FakeWeb) -> None:
    """Only that one."""
    site.know("old", digest="d2")
    site.publish("two posts, one better")
    site.ping_through(NOW + DAY, 10)
    assert web.told == [("indexnow", "/old/")]


def test_a_page_that_moved_is_told_once(site: Site, web: FakeWeb) -> None:
    """Its new address, though its words are the same."""
    site.know("old", slug="moved")
    site.publish("two posts, one elsewhere")
    site.ping_through(NOW + DAY, 10)
    site.know("old", slug="old")
    site.publish("two posts")
    site.ping_through(NOW + 2 * DAY, 10)
    assert web.told == [("indexnow", "/moved/")]


def test_several_pages_are_one_call(site: Site, web: FakeWeb) -> None:
    """The newest first; a hundred are two rounds, since each page is looked at before."""
    names = [f"n{number:03}" for number in range(70)]
    site.know(*names)
    site.publish("many posts")
    site.ping_through(NOW + DAY, 1)
    assert len(web.sent("POST /indexnow")) == 1
    assert len(web.told) == 50
    site.ping(NOW + DAY + 2 * MINUTE)
    assert sorted(web.told) == [("indexnow", f"/{name}/") for name in names]


def test_a_page_that_is_not_there_yet_is_not_told(site: Site, web: FakeWeb) -> None:
    """It keeps no other one waiting, and is told when it answers."""
    site.know("late", is_live=False)
    site.know("new")
    site.publish("four posts")
    site.ping_through(NOW + DAY, 5)
    assert web.told == [("indexnow", "/new/")]
    site.know("late")
    site.ping_through(NOW + DAY + 6 * MINUTE, 10)
    assert web.told == [("indexnow", "/new/"), ("indexnow", "/late/")]


def test_nothing_is_told_before_the_feeds_are_out(site: Site, web: FakeWeb) -> None:
    """A changed page answers before the site is deployed, too, with its old words: only the feeds show the day."""
    site.know("old", digest="d2")
    site.publish("two posts, one better", is_deployed=False)
    site.ping_through(NOW + DAY, 5)
    assert web.told == []
    site.deploy()
    site.ping_through(NOW + DAY + 6 * MINUTE, 5)
    assert web.told == [("indexnow", "/old/")]


def test_a_feed_that_a_cache_writes_in_its_own_way_stops_no_page(site: Site, web: FakeWeb) -> None:
    """One of the feeds that changed is enough."""
    site.know("new")
    site.publish("three posts")
    site.publish("three posts", "feed.json")
    web.pages["/feeds/feed.json"] = b"three  posts"
    site.ping_through(NOW + DAY, 5)
    assert web.told == [("indexnow", "/new/")]


def test_an_unknown_key_is_said_and_tried_again(site: Site, web: FakeWeb) -> None:
    """IndexNow refuses with 403 while the key's file is missing: a line, and less and less calls."""
    web.deaf["indexnow"] = 403
    site.know("new")
    site.publish("three posts")
    site.ping(NOW + DAY)
    assert site.ping(NOW + DAY + MINUTE) == ("search engines were not told about 1 page: they answered 403",)
    site.ping_through(NOW + DAY + 2 * MINUTE, 10)
    assert len(web.sent("POST /indexnow")) == 3
    web.deaf.clear()
    site.ping(NOW + DAY + 50 * MINUTE)
    assert web.told == [("indexnow", "/new/")]


def test_a_dead_endpoint_is_said(site: Site, web: FakeWeb) -> None:
    """The trouble is a line; the page is told when somebody answers again."""
    site.know("new")
    site.publish("three posts")
    site.ping(NOW + DAY)
    web.fail(lambda request, handle: CUT, on="POST /indexnow")
    lines = site.ping(NOW + DAY + MINUTE)
    assert [line.partition(": ")[0] for line in lines] == ["search engines were not told about 1 page"]
    site.ping(NOW + DAY + 2 * MINUTE)
    assert web.told == [("indexnow", "/new/")]


def test_on_a_full_disk_no_page_is_told_again_and_again(site: Site, web: FakeWeb) -> None:
    """What cannot be remembered is not said."""
    site.know("new")
    site.publish("three posts")
    site.ping(NOW + DAY)
    web.deaf["indexnow"] = 503
    site.ping(NOW + DAY + MINUTE)
    web.deaf.clear()
    site.fill_disk()
    site.ping_through(NOW + DAY + 2 * MINUTE, 5)
    assert web.told == []


@pytest.mark.parametrize(
    "changes", [{"gone_at": NOW}, {"published_at": NOW + 30 * DAY}], ids=["gone", "not yet public"]
)
def test_what_is_not_public_is_not_told(site: Site, web: FakeWeb, changes: dict[str, object]) -> None:
    """Search engines hear only of what readers may see."""
    site.know("new", **changes)
    site.publish("three posts")
    site.ping_through(NOW + DAY, 5)
    assert web.told == []


def test_a_page_of_another_host_is_not_told(site: Site, web: FakeWeb) -> None:
    """The key speaks for one host."""
    site.know("new", permalink="https://elsewhere.example/new/")
    site.publish("three posts")
    site.ping_through(NOW + DAY, 5)
    assert web.told == []


def test_feeds_before_the_state_are_no_beginning(make_site: MakeSite, web: FakeWeb, blank: Path) -> None:
    """Feeds are written before the state: a round in between must not take every post for a new one."""
    site = make_site(key=KEY)
    site.use_state(blank)
    site.publish("two posts")
    site.ping_through(NOW, 5)
    site.know("old", "older")
    site.ping_through(NOW + 6 * MINUTE, 5)
    assert web.told == []


def test_a_clock_that_goes_back_tells_nothing_twice(site: Site, web: FakeWeb) -> None:
    """And what is new after it is told."""
    site.know("new")
    site.publish("three posts")
    site.ping_through(NOW + DAY, 2)
    site.ping_through(NOW, 5)
    assert web.told == [("indexnow", "/new/")]
    site.know("newer", published_at=NOW - DAY)
    site.publish("four posts")
    site.ping_through(NOW + 6 * MINUTE, 5)
    assert web.told == [("indexnow", "/new/"), ("indexnow", "/newer/")]


def test_without_a_key_nobody_asks(make_site: MakeSite, web: FakeWeb) -> None:
    """Neither pages nor the state are looked at."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 3)
    assert [path for _, path in web.told] == ["/feeds/rss.xml"]
    assert not (site.site.state_folder / "state.db").exists()
