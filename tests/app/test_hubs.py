"""WebSub and IndexNow: who is told what, when, and what is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.app.hubs import (
    LOOKS_AT_MOST,
    QUIET,
    RETRIES,
    Change,
    Ping,
    PingState,
    choose_pings,
    fetch_visible,
    is_look_due,
    ping,
    settle_ping,
    submit_indexnow,
    tell_hub,
)
from syndicate.http import Client
from syndicate.http import Response as Answer
from tests.networks.fake import Fake
from tests.web.serving import serving

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
HUB, FEED = "https://hub.example/", "https://blog.example/feeds/rss.xml"
NEW = Change(FEED, "new", NOW - timedelta(hours=1))
TOLD = PingState("new", NOW, 0)


@pytest.mark.parametrize(
    ("change", "visible", "state", "is_due"),
    [
        (NEW, {FEED}, PingState(), True),
        (NEW, {FEED}, PingState("old", NOW - timedelta(days=1)), True),
        (NEW, {FEED}, TOLD, False),
        (NEW, set(), PingState(), False),
        (Change(FEED, "new", NOW - QUIET / 2), {FEED}, PingState(), False),
        (Change(FEED, "new", NOW - QUIET), {FEED}, PingState(), True),
        (NEW, {FEED}, PingState("", NOW - RETRIES[0] / 2, 1), False),
        (NEW, {FEED}, PingState("", NOW - RETRIES[0], 1), True),
        (NEW, {FEED}, PingState("", NOW - RETRIES[0], 2), False),
        (NEW, {FEED}, PingState("", NOW - RETRIES[-1], 99), True),
    ],
    ids=[
        "first",
        "changed",
        "told",
        "invisible",
        "restless",
        "quiet",
        "refused",
        "again",
        "backs off",
        "never gives up",
    ],
)
def test_when_a_hub_is_told(change: Change, visible: set[str], state: PingState, is_due: bool) -> None:
    """A hub hears of bytes it does not know, once they are visible and quiet, and after a refusal with patience."""
    due = choose_pings([HUB], [change], visible, {(HUB, FEED): state}, NOW)
    assert due == ((Ping(HUB, FEED, "new"),) if is_due else ())


def test_each_hub_is_told_of_each_feed() -> None:
    """One deaf hub does not keep another from hearing."""
    other = Change("https://blog.example/feeds/atom.xml", "a", NEW.changed_at)
    hubs = [HUB, "https://second.example/"]
    due = choose_pings(hubs, [NEW, other], {FEED, other.feed_url}, {(HUB, FEED): TOLD}, NOW)
    assert [(one.hub, one.feed_url) for one in due] == [
        (HUB, other.feed_url),
        (hubs[1], FEED),
        (hubs[1], other.feed_url),
    ]


def test_what_is_remembered() -> None:
    """An accepted ping is done; a refused one keeps the old digest and counts."""
    due, before = Ping(HUB, FEED, "new"), PingState("old", None, 3)
    assert settle_ping(due, before, NOW, is_accepted=True) == TOLD
    assert settle_ping(due, before, NOW, is_accepted=False) == PingState("old", NOW, 4)


@contextmanager
def hub(status: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    heard: list[tuple[str, bytes]] = []

    async def listen(request: Request) -> Response:
        heard.append((request.headers.get("content-type", ""), await request.body()))
        return Response(b"<rss/>", status)

    with serving(Starlette(routes=[Route("/", listen, methods=["GET", "POST"])])) as address:
        yield f"{address}/", heard


@pytest.mark.parametrize(
    ("status", "trouble"), [(204, ""), (202, ""), (400, "it answered 400"), (503, "it answered 503")]
)
def test_a_ping_over_http(status: int, trouble: str) -> None:
    """hub.mode=publish as a form, with the topic under both names hubs ask for; any 2xx is a yes."""
    with hub(status) as (address, heard), Client() as client:
        assert ping(client, address, FEED) == trouble
    kind, body = heard[0]
    assert kind == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(body.decode())) == {"hub.mode": "publish", "hub.url": FEED, "hub.topic": FEED}


def test_a_hub_that_is_down_is_no_error() -> None:
    """A ping is a courtesy: of all feeds the trouble is said, after one try."""
    with hub(204) as (address, _):
        pass
    pings = [Ping(address, FEED, "new"), Ping(address, f"{FEED}2", "new")]
    with Client() as client:
        told = tell_hub(client, pings)
    assert list(told) == pings
    assert set(told.values()) == {"cannot be reached: it refuses connections"}


PINGS = [Ping("", f"{FEED}?{number}", "new") for number in range(3)]


def test_a_hub_that_does_not_answer_in_time_is_left_for_this_round() -> None:
    """One try, whatever the number of feeds: the trouble of the first is that of all."""
    with Fake() as fake, Client(timeout=httpx.Timeout(0.1)) as client:
        fake.fail(fake.delay(), times=99)
        told = tell_hub(client, [replace(one, hub=fake.url) for one in PINGS])
        assert list(told.values()) == ["no whole answer: it fell silent"] * 3
        assert len(fake.requests) == 1


def test_a_slow_hub_has_so_much_time_and_goes_on_in_the_next_round() -> None:
    """Without any patience it hears of one feed a round; the others have no answer and stay due."""
    with hub(204) as (address, _), Client() as client:
        pings = [replace(one, hub=address) for one in PINGS]
        assert tell_hub(client, pings, patience=timedelta(0)) == {pings[0]: ""}
        assert tell_hub(client, pings[1:], patience=timedelta(0)) == {pings[1]: ""}


@pytest.mark.parametrize("address", ["https://hub.example:99999/", "nonsense", "https://höb\udcff.example/"])
def test_a_hub_whose_address_cannot_be_called_is_no_error(address: str) -> None:
    """It is said of every feed, like any other trouble."""
    with Client() as client:
        told = tell_hub(client, [replace(one, hub=address) for one in PINGS])
    assert len(told) == 3
    assert all(told.values())


@pytest.mark.parametrize(
    ("waited", "looked", "is_due"),
    [
        (QUIET / 2, PingState(), False),
        (QUIET, PingState(), True),
        (QUIET, PingState("new", NOW, 0), False),
        (timedelta(minutes=14), PingState("old", NOW + timedelta(minutes=10), 3), False),
        (timedelta(minutes=15), PingState("old", NOW + timedelta(minutes=10), 3), True),
        (timedelta(days=9), PingState("old", NOW + timedelta(days=9) - LOOKS_AT_MOST, 99), True),
        (timedelta(minutes=5), PingState("old", NOW - timedelta(days=1), 9), True),
        (timedelta(minutes=5), PingState("old", NOW + timedelta(days=1), 9), True),
    ],
    ids=["restless", "first", "seen", "too soon", "half as long", "at most", "of other bytes", "by a clock ahead"],
)
def test_when_an_address_is_looked_at(waited: timedelta, looked: PingState, is_due: bool) -> None:
    """Once quiet, then after half the time that passed before, never later than `LOOKS_AT_MOST`."""
    assert is_look_due(Change(FEED, "new", NOW), looked, NOW + waited) is is_due


def test_search_engines_are_told_over_http() -> None:
    """IndexNow gets host, key and pages as JSON, and no more than it takes."""
    with hub(200) as (address, heard), Client() as client:
        pages = [f"https://blog.example/{number}/" for number in range(10_001)]
        assert submit_indexnow(client, "blog.example", "k" * 32, pages, endpoint=address) == ""
    told = json.loads(heard[0][1])
    assert (told["host"], told["key"], len(told["urlList"])) == ("blog.example", "k" * 32, 10_000)


def test_what_readers_see() -> None:
    """The bytes behind a public address, None where it does not answer with 200."""
    with hub(200) as (address, _), Client(allow_private=True) as client:
        assert fetch_visible(client, address) == b"<rss/>"
        assert fetch_visible(client, f"{address}none") is None
    with hub(200) as (address, _), Client() as client:
        assert fetch_visible(client, address) is None


@pytest.mark.parametrize("error", [ValueError, AssertionError, RecursionError, MemoryError, UnicodeError, OSError])
def test_whatever_one_hub_brings_about_costs_that_hub(error: type[Exception]) -> None:
    """Its pings are failures to try again; the two others are told."""

    class Odd(Client):
        def call(self, method: str, url: str, **_parts: Any) -> Answer:
            if "odd" in url:
                raise error
            return Answer(202, {}, b"", url, NOW)

    with Odd() as client:
        rows = [
            (Ping(f"https://{name}.example/", "https://blog.example/feed.json", "x"),) for name in ("a", "odd", "b")
        ]
        told = [list(tell_hub(client, row).values()) for row in rows]
        assert told == [[""], [f"unexpected {error.__name__}"], [""]]
        assert submit_indexnow(client, "blog.example", "k", [], endpoint="https://odd.example/")
