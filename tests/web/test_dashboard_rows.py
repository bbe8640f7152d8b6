"""The words and rules of the dashboard's rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syndicate.model import Attachment, CardRef, Message, State, can_move
from syndicate.networks.base import Look
from syndicate.web.dashboard.forms import find_next, tell, tell_many
from syndicate.web.dashboard.preview import make_preview
from syndicate.web.dashboard.render import to_day, to_link, to_moment, to_segment, to_span
from syndicate.web.dashboard.rows import ACTIONS, choose_month, choose_page, choose_urgent, make_days, read_query
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


def test_a_page_holds_whole_posts() -> None:
    """Some eighty lines a page; a post is never torn, every message is on one page, and after the last comes none."""
    rows = [delivery(number, State.PLANNED, post_id=f"p{number // 8}") for number in range(400)]
    pages = [choose_page(rows, number) for number in (1, 2, 3, 4, 5, 6)]
    assert [len(found) for found, _, _ in pages] == [80] * 6
    assert [(number, more) for _, number, more in pages] == [
        (1, True),
        (2, True),
        (3, True),
        (4, True),
        *[(5, False)] * 2,
    ]
    assert [one for found, _, _ in pages[:5] for one in found] == rows


def test_a_calendar_shows_a_post_once_a_moment() -> None:
    """On its day in the zone, with all its accounts; what is overdue stands at now, what was sent at its time."""
    late = delivery(1, State.DUE, due_at=NOW - timedelta(days=3))
    same = [delivery(number, State.HELD, due_at=datetime(2026, 11, 25, 23, 30, tzinfo=UTC)) for number in (2, 3)]
    days = [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)]
    made = make_days(days, [late, *same], {"p": "Title"}, (), zone=BERLIN, now=NOW, most=1)
    assert [[chip.numbers for chip in day.chips] for day in made] == [["1"], [], ["2 3"]]
    assert [day.is_today for day in made] == [True, False, False]
    assert made[2].chips[0].title == "Title"


def test_what_is_sent_is_not_shown_as_held() -> None:
    """Messages of a post at the same moment: those that are out stand on their own."""
    same = [delivery(1, State.HELD, account="a", due_at=NOW), delivery(2, State.SENT, account="b", sent_at=NOW)]
    made = make_days((NOW.astimezone(BERLIN).date(),), same, {}, (), zone=BERLIN, now=NOW, most=9)
    assert [(chip.state, [one.account for one in chip.whom]) for chip in made[0].chips] == [
        (State.HELD, ["a"]),
        (State.SENT, ["b"]),
    ]


def test_a_month_is_whole_weeks() -> None:
    """From the Monday before its first day to the Sunday after its last; what is no day is this month."""
    first, weeks = choose_month(read_query({"from": "2027-02-10"}), NOW.date())
    assert (first, weeks.first, weeks.end) == (date(2027, 2, 1), date(2027, 2, 1), date(2027, 3, 1))
    for odd in ("x", "9999-12-31", "0001-01-01", "2026-02-30"):
        assert choose_month(read_query({"from": odd}), NOW.date())[0] == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("order", "done", "after"),
    [([1, 2, 3], [2], 3), ([1, 2, 3], [1, 3], 2), ([1, 2, 3], [3], 2), ([1], [1], 1), ([], [7], 0), ([1, 2], [9], 0)],
)
def test_the_page_goes_on_with_the_next(order: list[int], done: list[int], after: int) -> None:
    """The message below the last that was acted on, else the one above."""
    assert find_next(order, done) == after


def test_many_outcomes_are_one_sentence() -> None:
    """How many, and why others were not."""
    assert tell_many("release", 3, 0, []) == "Released 3 messages."
    assert tell_many("move", 1, 2, ["A.", "B."]) == "Moved 1 message. 2 were refused: A. B."
    assert tell_many("hold", 0, 9, ["A.", "B.", "C.", "D."]).endswith("9 were refused: A. B. (and 2 more reasons)")


def test_a_preview_shows_what_the_network_shows() -> None:
    """Links as they are cut there, tags where they are links, folding, and the card of ours or of the page."""
    text = "Read #this by @me@social.example: https://www.example.com/a/very/long/address/that/goes/on/and/on"
    message = Message(text=text, link="https://example.com/a/", title="T", summary="S")
    drawn = CardRef("c.jpg", "https://x.example/c.jpg", "", "image/jpeg", 1200, 630, 9, "alt")
    cut = make_preview(message, Look(link=30), drawn)
    assert [(one.kind, one.text) for one in cut.pieces if one.kind] == [
        ("tag", "#this"),
        ("mention", "@me@social.example"),
        ("link", "example.com/a/very/long/addres…"),
    ]
    short = make_preview(message, Look(path=15), None)
    assert "www.example.com/a/very/long/..." in [one.text for one in short.pieces]
    assert (cut.card.host, cut.card.picture.path, cut.is_guess) == ("example.com", "c.jpg", True)
    folded = make_preview(message, Look(fold=20, more="…more", tags=False), None)
    assert "".join(one.text for one in folded.pieces) == "Read #this by @me@so"
    assert "".join(one.text for one in (*folded.pieces, *folded.folded)) == text
    assert (folded.more, folded.card.picture, folded.is_guess) == ("…more", None, False)
    picture = Attachment(path="p.png", media_type="image/png", alt="", width=1, height=1)
    assert make_preview(replace(message, image=picture), Look(), drawn).card is None
