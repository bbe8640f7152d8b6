"""What nobody foresaw at one hub, page or way of a notice is a word about that one, and the others are told."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from syndicate.http import Client
from syndicate.hubs import Ping, fetch_visible, submit_indexnow, tell_hub
from syndicate.model import Notices
from syndicate.notices import Notice, NoticeKind, send_notice
from syndicate.pages import check_page
from tests.containment.troubles import TROUBLES, name_of

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
