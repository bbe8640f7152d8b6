"""Hubs over real HTTP: who hears of which feed, when, how often, and whom that keeps waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.app.hubs import QUIET
from syndicate.app.rounds import Rounds
from syndicate.app.site import OpenSite
from tests.app.conftest import MakeSite
from tests.app.late import LateApp, wait_for_accounts, write
from tests.app.web import MINUTE, NOW, FakeWeb
from tests.networks.fake import Handler, Reply, Request

RSS = "/feeds/rss.xml"
DAY = timedelta(days=1)


def test_a_hub_hears_of_a_feed_once(make_site: MakeSite, web: FakeWeb) -> None:
    """Rounds go on for an hour; the hub hears of the first bytes, then of the next ones, each once."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 60)
    assert web.told == [("a", RSS)]
    site.publish("two")
    site.ping_through(NOW + DAY, 60)
    assert web.told == [("a", RSS)] * 2


def test_a_burst_of_saves_is_one_ping(make_site: MakeSite, web: FakeWeb) -> None:
    """A feed that changes every half minute is announced when it has been quiet for `QUIET`."""
    site = make_site("a")
    for number in range(6):
        site.publish(f"save {number}")
        site.ping(NOW + number * MINUTE / 2)
        assert web.told == []
    quiet_at = NOW + 5 * MINUTE / 2 + QUIET
    site.ping(quiet_at - timedelta(seconds=1))
    assert web.told == []
    site.ping(quiet_at)
    assert web.told == [("a", RSS)]


def test_a_feed_that_changes_back_is_no_news(make_site: MakeSite, web: FakeWeb) -> None:
    """The hub knows these bytes."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 2)
    site.publish("two")
    site.ping(NOW + 3 * MINUTE)
    site.publish("one")
    site.ping_through(NOW + 4 * MINUTE, 5)
    assert web.told == [("a", RSS)]


def test_only_what_the_world_sees_is_announced(make_site: MakeSite, web: FakeWeb) -> None:
    """While visitors get nothing, then the bytes of before, the hub hears nothing; then each once."""
    site = make_site("a")
    site.publish("one", is_deployed=False)
    site.ping_through(NOW, 3)
    assert web.told == []
    site.deploy()
    site.ping_through(NOW + 4 * MINUTE, 6)
    site.publish("two", is_deployed=False)
    site.ping_through(NOW + DAY, 3)
    assert web.told == [("a", RSS)]
    site.deploy()
    site.ping_through(NOW + DAY + 4 * MINUTE, 6)
    assert web.told == [("a", RSS)] * 2


def test_a_site_that_is_deployed_late_is_looked_at_less_and_less(make_site: MakeSite, web: FakeWeb) -> None:
    """A day unseen costs some dozen looks, not one a minute; the person hears once that hubs are not told."""
    site = make_site("a")
    site.publish("one", is_deployed=False)
    lines = [line for number in range(0, 1440, 5) for line in site.ping(NOW + number * MINUTE)]
    assert len(web.sent(f"GET {RSS}")) < 24
    assert lines == [f"{web.url}{RSS} does not show what was published, so hubs are not told yet"]
    site.deploy()
    site.ping(NOW + DAY + timedelta(hours=3))
    assert web.told == [("a", RSS)]


def test_a_hub_that_refuses_is_asked_less_and_less(make_site: MakeSite, web: FakeWeb) -> None:
    """After a minute, five, thirty, and then every three hours; with its first yes it is done."""
    site = make_site("a")
    web.deaf["a"] = 503
    site.publish("one")
    asked: list[int] = []
    for number in range(600):
        before = len(web.sent("POST /hubs/a"))
        if site.ping(NOW + number * MINUTE) or len(web.sent("POST /hubs/a")) > before:
            asked.append(number)
    assert asked == [1, 2, 7, 37, 217, 397, 577]
    web.deaf.clear()
    site.ping_through(NOW + 757 * MINUTE, 5)
    assert web.told == [("a", RSS)]


def test_a_dead_hub_keeps_no_other_waiting(make_site: MakeSite, web: FakeWeb) -> None:
    """The living one hears of every feed; the trouble of the dead one is a line, not an error, and one line."""
    with FakeWeb() as dead:
        hub = dead.hub("dead")
    site = make_site(hub, "a")
    site.publish("one")
    site.publish("two", "featured/rss.xml")
    site.ping(NOW)
    lines = site.ping(NOW + MINUTE)
    assert web.told == [("a", "/feeds/featured/rss.xml"), ("a", RSS)]
    assert lines == (
        f"{hub} was not told about 2 feeds: cannot be reached: it refuses connections",
        f"{web.hub('a')} was told about 2 feeds",
    )


def test_a_slow_hub_keeps_no_other_waiting(make_site: MakeSite, web: FakeWeb) -> None:
    """The first hub answers only after the second one was told: it is, beside it."""
    told = threading.Event()

    def wait(request: Request, handle: Handler) -> Reply:
        assert told.wait(5)
        return handle(request)

    def tell(request: Request, handle: Handler) -> Reply:
        told.set()
        return handle(request)

    web.fail(wait, on="POST /hubs/slow")
    web.fail(tell, on="POST /hubs/a")
    site = make_site("slow", "a")
    site.publish("one")
    site.ping_through(NOW, 1)
    assert web.told == [("a", RSS), ("slow", RSS)]


def test_a_restart_forgets_nothing(make_site: MakeSite, web: FakeWeb) -> None:
    """Another process neither tells again what was told, nor asks a hub sooner that has refused."""
    site = make_site("a", "b")
    web.deaf["b"] = 503
    site.publish("one")
    site.ping_through(NOW, 2)
    site.restart()
    site.ping_through(NOW + 3 * MINUTE, 2)
    assert web.told == [("a", RSS)]
    assert len(web.sent("POST /hubs/b")) == 2


def test_a_restart_does_not_begin_the_quiet_anew(make_site: MakeSite, web: FakeWeb) -> None:
    """A change that a process saw before it ended is told by the next one at its time."""
    site = make_site("a")
    site.publish("one")
    site.ping(NOW)
    site.restart()
    site.ping(NOW + MINUTE)
    assert web.told == [("a", RSS)]


def test_a_new_hub_hears_of_what_is_there(make_site: MakeSite, web: FakeWeb) -> None:
    """And the old one hears nothing new."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 2)
    site.hubs = [*site.hubs, web.hub("b")]
    site.restart()
    site.ping(NOW + 3 * MINUTE)
    assert web.told == [("a", RSS), ("b", RSS)]


@pytest.mark.parametrize("jump", [-DAY, DAY, -30 * MINUTE])
def test_a_clock_that_jumps_neither_silences_nor_repeats(make_site: MakeSite, web: FakeWeb, jump: timedelta) -> None:
    """What was told stays told; what is new after the jump is told within two minutes, also to a hub that failed."""
    site = make_site("a", "b")
    web.deaf["b"] = 503
    site.publish("one")
    site.ping_through(NOW, 2)
    web.deaf.clear()
    site.publish("two")
    site.ping(NOW + 3 * MINUTE)
    site.ping_through(NOW + jump, 8)
    assert sorted(web.told) == [("a", RSS), ("a", RSS), ("b", RSS)]


def test_a_feed_with_a_name_in_another_script(make_site: MakeSite, web: FakeWeb) -> None:
    """Its address is told as the feed itself spells it."""
    site = make_site("a")
    site.publish("one", "category/日本 語/rss.xml")
    path = "/feeds/category/%E6%97%A5%E6%9C%AC%20%E8%AA%9E/rss.xml"
    web.pages[path] = b"one"
    site.ping_through(NOW, 1)
    assert web.told == [("a", path)]


def test_what_is_no_current_feed_is_nobodys_news(make_site: MakeSite, web: FakeWeb) -> None:
    """Archives, cards and pages change without a ping."""
    site = make_site("a")
    for path in ("archive/1.rss", "cards/a.jpg", "index.html", "opml.xml"):
        site.publish("one", path)
    site.ping_through(NOW, 2)
    assert web.requests == []


def test_a_feed_is_read_again_only_when_its_listing_changed(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round without a change reads no document: on an object store each would cost a request."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 2)

    def refuse(path: str) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(site.site.output, "read", refuse)
    assert site.ping(NOW + 3 * MINUTE) == ()


def test_on_a_full_disk_no_hub_is_told_again_and_again(make_site: MakeSite, web: FakeWeb) -> None:
    """What cannot be remembered is not said; after a restart with room it is."""
    site = make_site("a")
    site.publish("one")
    site.ping(NOW)
    site.fill_disk()
    site.ping_through(NOW + MINUTE, 5)
    assert web.told == []
    site.restart()
    site.ping_through(NOW + 7 * MINUTE, 5)
    assert web.told == [("a", RSS)]


def test_a_lost_cache_tells_hubs_once_more(make_site: MakeSite, web: FakeWeb) -> None:
    """A hub answers that with one look; nothing breaks."""
    site = make_site("a")
    site.publish("one")
    site.ping_through(NOW, 2)
    _lose_cache(site.site)
    site.restart()
    site.ping_through(NOW + 3 * MINUTE, 2)
    assert web.told == [("a", RSS)] * 2


def _lose_cache(site: OpenSite) -> None:
    for kind in ("feed", "seen", "ping"):
        site.cache.put_many(kind, dict.fromkeys(site.cache.get_all(kind), b"[]"))


pytestmark = pytest.mark.slow
PATIENCE = 60
"""Seconds after which something counts as never happening."""


@pytest.fixture
def app(tmp_path: Path, web: FakeWeb) -> Iterator[LateApp]:
    """One site with one hub and the local timeline; its first post is published."""
    (tmp_path / "content" / "posts").mkdir(parents=True)
    config = tmp_path / "syndicate.toml"
    config.write_text(
        f'[site]\ntitle = "Notes"\nurl = "{web.url}"\nallow_private = true\n'
        f'[feeds]\nformats = ["rss"]\nhubs = ["{web.hub("a")}"]\n[cards]\nfetch = false\n'
        '[accounts.timeline]\nnetwork = "local"\non = ["new"]\n'
    )
    with LateApp(config) as app:
        write(app, "old")
        yield app


def test_publishing_and_sending_do_not_wait_for_a_hub(app: LateApp, web: FakeWeb) -> None:
    """While a hub keeps its ping round waiting, a post is published and sent, and syndicate.toml taken up."""
    asked, done = threading.Event(), threading.Event()

    def wait(request: Request, handle: Handler) -> Reply:
        asked.set()
        assert done.wait(PATIENCE)
        return handle(request)

    web.fail(wait, on="POST /hubs/a")
    rounds = Rounds(app)
    rounds.publish_round()
    web.pages["/feeds/rss.xml"] = (app.config.parent / "feeds" / "rss.xml").read_bytes()
    rounds.ping_round()
    app.late -= MINUTE
    pinging = threading.Thread(target=rounds.ping_round)
    pinging.start()
    assert asked.wait(PATIENCE)
    write(app, "fresh")
    app.config.write_text(app.config.read_text().replace("Notes", "Better notes"))
    sent: list[str] = []
    published, told = rounds.publish_round(), list(web.told)
    rounds.deliver_round(sent.append)
    wait_for_accounts()
    done.set()
    pinging.join()
    assert "took up the changed syndicate.toml" in published
    assert "1 new post" in published
    assert "fresh → timeline: sent" in sent[0]
    assert told == []
    assert web.told == [("a", "/feeds/rss.xml")]
    assert rounds.ping_round() == ""
