"""The words and rules of the dashboard's rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syndicate.model import State, can_move
from syndicate.web.dashboard.rows import ACTIONS, choose_urgent, tell, to_day, to_link, to_moment, to_segment, to_span
from tests.web.desk import NOW, delivery

BERLIN = ZoneInfo("Europe/Berlin")
GOES_TO = {
    "retry": State.DUE,
    "hold": State.HELD,
    "release": State.DUE,
    "cancel": State.CANCELLED,
    "settle_sent": State.SENT,
    "settle_not_sent": State.DUE,
}


@pytest.mark.parametrize("state", State)
def test_no_button_is_in_vain(state: State) -> None:
    """What a row offers is a move that the state table allows."""
    for action in ACTIONS[state]:
        after = GOES_TO.get(action, state)
        assert after is state or can_move(state, after)


def test_what_nobody_knows_comes_first() -> None:
    """Uncertain, failed, held, missed, each by time; what goes on by itself is left out."""
    states = (State.MISSED, State.HELD, State.PLANNED, State.FAILED, State.UNCERTAIN, State.DUE, State.HELD)
    waiting = [delivery(number, state) for number, state in enumerate(states)]
    waiting.append(delivery(9, State.UNCERTAIN, look_at=NOW))
    assert [one.id for one in choose_urgent(waiting)] == [4, 3, 1, 6, 0]


@pytest.mark.parametrize(
    ("at", "moment", "day"),
    [
        (NOW, "Tue 24 Nov 20:42", "Today"),
        (NOW - timedelta(days=3), "Sat 21 Nov 20:42", "Today"),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), "Wed 25 Nov 00:00", "Tomorrow"),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), "Tue 1 Dec 09:00", "Tue 1 Dec"),
        (datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "Mon 4 Jan 2027 09:00", "Mon 4 Jan 2027"),
    ],
)
def test_times_are_those_of_the_site(at: datetime, moment: str, day: str) -> None:
    """In the site's zone, with the year where it is another one; overdue is today's work."""
    assert to_moment(at, BERLIN, NOW) == moment
    assert to_day(at, BERLIN, NOW) == day


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (59, "now"),
        (60, "in 1 minute"),
        (5400, "in 90 minutes"),
        (7200, "in 2 hours"),
        (-172_800, "2 days ago"),
        (86_400 * 70, "in 2 months"),
        (86_400 * 800, "in 2 years"),
    ],
)
def test_spans_are_said_in_one_unit(seconds: int, words: str) -> None:
    """Forward and back, from now to years."""
    assert to_span(NOW + timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("http://a.example/1", "http://a.example/1"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//a.example", ""),
        (" https://a.example", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(url: str, link: str) -> None:
    """Anything else a browser might run stays text."""
    assert to_link(url) == link


def test_a_slug_is_one_segment() -> None:
    """No slug leads out of its path."""
    assert to_segment("../a/b?c#d") == "..%2Fa%2Fb%3Fc%23d"


def test_every_action_has_words() -> None:
    """Each outcome names post and account, and says when nothing is running that would send."""
    for action in {action for actions in ACTIONS.values() for action in actions}:
        words = tell(action, delivery(1, State.DUE, text="x"), "Tue 9:00", is_running=False)
        assert "hello on timeline" in words
        assert ("daemon is not running" in words) == (action in {"release", "retry", "settle_not_sent"})
