"""What nobody foresaw at one hub, page or way of a notice is a word about that one, and the others are told."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from syndicate.app.doctor import examine
from syndicate.app.hubs import Ping, fetch_visible, submit_indexnow, tell_hub
from syndicate.app.post import write_back
from syndicate.http import Client
from syndicate.model import Notices, SyndicationLink
from syndicate.notices import Notice, NoticeKind, send_notice
from syndicate.pages import check_page
from syndicate.starters.found import read_data
from syndicate.stats import count_readers
from syndicate.stats.hits import parse_line
from tests.containment.troubles import TROUBLES, name_of
from tests.publish.house import House

every_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)
FEED = "https://blog.example/feeds/rss.xml"


class Broken:
    """A client that fails over everything."""

    def __init__(self, trouble: BaseException) -> None:
        self.trouble = trouble

    def call(self, *_: Any, **__: Any) -> Any:
        raise self.trouble

    def fetch(self, *_: Any, **__: Any) -> Any:
        raise self.trouble


def make_client(trouble: BaseException) -> Client:
    return cast("Client", Broken(trouble))


@every_trouble
def test_a_hub_that_fails_is_told_again_later(trouble: BaseException) -> None:
    """Each of its feeds has the reason; IndexNow likewise."""
    pings = (Ping("https://hub.example/", FEED, "a"), Ping("https://hub.example/", f"{FEED}2", "b"))
    told = tell_hub(make_client(trouble), pings)
    assert told.keys() == set(pings)
    assert all(told.values())
    assert submit_indexnow(make_client(trouble), "blog.example", "key", [FEED])


@every_trouble
def test_a_page_or_feed_that_fails_is_not_there_yet(trouble: BaseException) -> None:
    """It is looked at again later."""
    assert fetch_visible(make_client(trouble), FEED) is None
    assert check_page(make_client(trouble), FEED, "Title")


@every_trouble
def test_one_way_of_a_notice_that_fails_stops_no_other(trouble: BaseException, tmp_path: Path) -> None:
    """The command hears it, and the trouble of the webhook is one sentence without its words."""
    heard = tmp_path / "heard"
    script = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    ways = Notices(command=shlex.join([sys.executable, "-c", script, str(heard)]), webhook="https://hook.example/x")
    notice = Notice(
        kind=NoticeKind.ACCOUNT, account="a", subject="a is paused", text="x", at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    (said,) = send_notice(notice, ways, make_client(trouble), {})
    assert said
    assert "a is paused" in heard.read_text()


class OddLine(str):
    """A line of a log that cannot even be looked at."""

    __slots__ = ("trouble",)
    trouble: BaseException

    def strip(self, *_: Any) -> OddLine:
        return self

    def startswith(self, *_: Any) -> bool:
        raise self.trouble


def make_copies(trouble: BaseException) -> Sequence[SyndicationLink]:
    """Copies that cannot be listed."""

    class Odd(tuple[Any, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Any]:
            raise trouble

    return Odd()


@every_trouble
def test_a_line_of_a_log_that_cannot_be_read_is_counted_as_such(trouble: BaseException) -> None:
    """The lines around it count their readers."""
    odd = OddLine("a")
    odd.trouble = trouble
    line = '1.2.3.4 - - [24/Nov/2026:09:00:00 +0000] "GET /feeds/rss.xml HTTP/1.1" 200 1 "-" "Reader/1"'
    assert parse_line(odd) is None
    assert count_readers([line, odd, line]) == count_readers([line, "unreadable", line])


@every_trouble
def test_a_file_of_a_generator_that_cannot_be_read_says_nothing(trouble: BaseException, tmp_path: Path) -> None:
    """`init` guesses from the others."""

    class OddPath(type(tmp_path)):  # type: ignore[misc]
        @property
        def suffix(self) -> str:
            raise trouble

    (tmp_path / "hugo.toml").write_text("title = 'a'")
    assert read_data(OddPath(tmp_path / "hugo.toml")) == {}
    assert read_data(tmp_path / "hugo.toml") == {"title": "a"}


@every_trouble
def test_links_that_cannot_be_listed_are_missing_in_one_post(trouble: BaseException, tmp_path: Path) -> None:
    """`write_back` writes those of the other two."""
    link = SyndicationLink("toot", "mastodon", "https://toot.example/@me/1")
    copies = {"good": [link], "odd": make_copies(trouble), "fine": [link]}
    for name in copies:
        (tmp_path / f"{name}.md").write_text("---\ntitle: T\n---\nBody\n")
    known = {name: SimpleNamespace(source=f"{name}.md") for name in copies}
    site = SimpleNamespace(
        store=SimpleNamespace(find_posts=lambda ids: {one: known[one] for one in ids}),
        list_copies=lambda: copies,
        settings=SimpleNamespace(root=str(tmp_path), site=SimpleNamespace(content=".")),
    )
    sent = tuple(SimpleNamespace(post_id=name) for name in copies)
    written = write_back(cast("Any", site), cast("Any", sent))
    assert {path.name for path in written} == {"good.md", "fine.md"}
    assert link.url in (tmp_path / "fine.md").read_text()


def test_one_look_of_the_doctor_that_fails_is_a_finding(tmp_path: Path) -> None:
    """What all the other looks find is told, too."""
    house = House(tmp_path)
    house.write("one")
    with house.open() as app, house.wired() as site:
        plan = app.make_plan()
        for trouble in TROUBLES[:2]:
            found = examine(site, replace(plan, elsewhere=make_copies(trouble)), online=False)
            said = [one.text for one in found if one.level == "problem"]
            assert len(said) == 1
            assert said[0].startswith("doctor cannot go on here")
            assert any(one.text.startswith("publishes to") for one in found)
