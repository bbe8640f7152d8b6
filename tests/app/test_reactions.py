"""What others answered is counted by the round that looks after accounts, politely, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from syndicate.app.app import App
from syndicate.model import Reactions, State
from syndicate.web.api import make_api
from syndicate.web.dashboard import make_dashboard, open_door
from tests.networks.fake import Fake, status
from tests.networks.fake_mastodon import TOKEN, FakeMastodon
from tests.networks.fake_x import KEYS, FakeX
from tests.web.api import make_key, serve_api
from tests.web.browsing import enter
from tests.web.desk import Desk, Page, sent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CONFIG = """
[site]
title = "Blog"
url = "https://blog.example"
[cards]
fetch = false
[accounts.toot]
network = "mastodon"
instance = "{url}"
{more}
"""
STATUS = "GET /api/v1/statuses/1"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMastodon]:
    monkeypatch.setenv("SYNDICATE_TOOT_ACCESS_TOKEN", TOKEN)
    with FakeMastodon() as running:
        yield running


def make_desk(root: Path, fake: Fake, more: str = "") -> Desk:
    desk = Desk(root, CONFIG.format(url=fake.url, more=more))
    desk.put(sent(7, f"{fake.url}/1", account="toot", network="mastodon"))
    return desk


def show(fake: Fake, likes: int, boosts: int = 0) -> None:
    """Let the server say so from now on."""
    fake.heal()
    body = {"id": "1", "favourites_count": likes, "reblogs_count": boosts, "replies_count": 0}
    fake.fail(status(200, body), on=STATUS, times=1000)


def looks(fake: Fake) -> int:
    return sum(f"{one.method} {one.path}" == STATUS for one in fake.requests)


def counted(app: App) -> list[Reactions]:
    with app.borrow() as site:
        return [one.reactions for one in site.store.list_counts([7]).get(7, ())]


def test_numbers_are_kept_with_their_times_and_only_where_they_changed(tmp_path: Path, fake: FakeMastodon) -> None:
    """Looked at once an hour however often the round comes; nothing but numbers is stored."""
    desk = make_desk(tmp_path, fake)
    with desk.app as app:
        show(fake, 1)
        for minutes in (30, 30, 10, 50, 60):
            desk.at += timedelta(minutes=minutes)
            app.look_after()
        assert looks(fake) == 3
        show(fake, 4, 2)
        desk.at += HOUR
        app.look_after()
        assert counted(app) == [Reactions(1, 0, 0), Reactions(4, 2, 0)]
        desk.at += 40 * DAY
        app.look_after()
        assert looks(fake) == 4


def test_a_server_that_fails_or_refuses_is_not_pestered(tmp_path: Path, fake: FakeMastodon) -> None:
    """A refusal is asked for as seldom as an answer, a failure again next round; numbers of before stand; no pause."""
    desk = make_desk(tmp_path, fake)
    with desk.app as app:
        show(fake, 5)
        desk.at += HOUR
        app.look_after()
        for reply in (status(403, {"error": "This action is not allowed"}), status(404, {"error": "Record not found"})):
            fake.heal()
            fake.fail(reply, on=STATUS, times=1000)
            before = looks(fake)
            for _ in range(4):
                desk.at += HOUR / 2
                app.look_after()
            assert looks(fake) - before == 2
        fake.heal()
        fake.fail(status(503, {"error": "busy"}), on=STATUS, times=1000)
        desk.at += HOUR
        app.look_after()
        show(fake, 6)
        desk.at += HOUR / 2
        app.look_after()
        assert [one.likes for one in counted(app)] == [5, 6]
        assert [one.state.value for one in app.list_accounts(online=False)] == ["ready"]


def test_a_person_may_forbid_it(tmp_path: Path, fake: FakeMastodon) -> None:
    """`counts = false` asks nothing of the network."""
    desk = make_desk(tmp_path, fake, "counts = false")
    with desk.app as app:
        desk.at += HOUR
        app.look_after()
        assert looks(fake) == 0


@pytest.mark.parametrize(("more", "reads"), [("", 0), ("counts = true", 1), ('counts = true\nmax_cost = "0.001"', 0)])
def test_a_read_that_costs_money_needs_a_persons_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, reads: int
) -> None:
    """On X each read is paid for; what was paid counts towards `max_cost`, which it never passes."""
    for name, value in KEYS.items():
        monkeypatch.setenv(f"SYNDICATE_TOOT_{name.upper()}", value)
    with FakeX() as fake:
        table = CONFIG.replace('"mastodon"\ninstance', '"x"\napi')
        desk = Desk(tmp_path, table.format(url=fake.url, more=more))
        desk.put(sent(7, "https://x.com/i/status/1", account="toot", network="x"))
        call = "GET /2/tweets/1"
        fake.fail(status(200, {"data": {"id": "1", "public_metrics": {"like_count": 3}}}), on=call, times=9)
        with desk.app as app:
            desk.at += HOUR
            app.look_after()
            assert sum(f"{one.method} {one.path}" == call for one in fake.requests) == reads
            with app.borrow() as site:
                assert bool(site.store.read_usage("toot", desk.at).costs) == bool(reads)


def test_pages_and_api_show_what_was_counted(tmp_path: Path, fake: FakeMastodon) -> None:
    """A list that can be sorted with a chart that needs no script, the same on the post's page."""
    desk = make_desk(tmp_path, fake)
    own = {"url": "https://social.example/1", "account": "toot"}
    desk.put(*(sent(n, post_id=f"p{n}", slug=f"post-{n}", **own) for n in (1, 2, 3)))
    with desk.app.borrow() as site:
        for number, likes in ((1, 4), (2, 9)):
            site.store.record_count(number, Reactions(1, None, 0), desk.at + HOUR)
            site.store.record_count(number, Reactions(likes, None, 2), desk.at + 2 * HOUR)
        site.store.record_count(3, None, desk.at + HOUR)
    door = open_door(desk.app, listening="127.0.0.1", password="")
    assert door is not None
    with serve_api(desk, make_api(desk.app, door), make_dashboard(desk.app, door)) as address:
        with httpx.Client(base_url=f"{address.removesuffix('/api/v1')}/dashboard") as client:
            enter(client, desk)
            page = Page(client.get("/counted?by=likes").raise_for_status().text)
            assert page.find_all("th", "aria-sort") == ["descending"]
            rows_of = [place.rpartition("/")[2] for place in page.find_all("a", "href") if "/post/" in place]
            assert rows_of == ["post-2", "post-1"]
            lines = page.find_all("polyline", "points")
            assert len(lines) == 2
            assert lines[0].endswith("120.0,2.0")
            assert len(Page(client.get("/post/post-1").text).find_all("polyline", "points")) == 1
            assert Page(client.get("/post/post-3").text).find_all("polyline", "points") == []
        key = make_key(desk)
        found = httpx.get(f"{address}/counts?by=likes", headers={"Authorization": f"Bearer {key}"}).json()["messages"]
    assert [one["delivery"] for one in found] == [2, 1]
    assert found[0]["counts"][-1]["reactions"] == {"likes": 9, "boosts": None, "replies": 2, "quotes": None}
    assert desk.states() == {1: State.SENT.value, 2: State.SENT.value, 3: State.SENT.value}
