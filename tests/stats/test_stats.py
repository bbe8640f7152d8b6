"""Access logs: who subscribes, and who behaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.stats import Stats, count_readers, is_robot, parse_name, parse_subscribers, render_stats
from syndicate.stats.hits import parse_line

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; like FeedFetcher-Google)"
NEWSBOAT = "Newsboat/2.36 (Linux x86_64)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def line(
    agent: str,
    minutes: float = 0,
    *,
    path: str = "/feeds/rss.xml",
    status: int = 200,
    size: int = 5000,
    address: str = "192.0.2.1",
    validators: Iterable[str] = (),
) -> str:
    at = START + timedelta(minutes=minutes)
    rest = "".join(' "{}"'.format(value.replace('"', '\\"')) for value in validators)
    return f'{address} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"{rest}'


def clients(stats: Stats) -> dict[str, tuple[float | None, float | None, int, int | None]]:
    return {c.name: (c.conditional, c.minutes_between, c.invented, c.score) for c in stats.clients}


def test_services_count_as_they_announce_last() -> None:
    """A service's newest number per feed counts, not the sum of its visits."""
    log = [
        line(FEEDLY.format(40)),
        line(FEEDLY.format(42), 60),
        line(FEEDLY.format(3), 60, path="/feeds/featured/atom.xml"),
    ]
    found = {feed.path: feed for feed in count_readers(log).feeds}
    assert found["/feeds/rss.xml"].announced == (("Feedly", 42),)
    assert found["/feeds/featured/atom.xml"].subscribers == 3


def test_copies_of_a_feed_at_one_service_add_up() -> None:
    """Services that keep a feed twice number the copies; both have subscribers."""
    log = [line(f"Newsgator/2.0 (feed-id={number}; {count} subscribers)") for number, count in ((1, 5), (2, 7), (1, 6))]
    assert count_readers(log).feeds[0].subscribers == 13


def test_programs_of_one_person_count_once_each() -> None:
    """A reader counts per address; a browser when it comes back; a robot and a passer-by never."""
    log = [
        line(NEWSBOAT),
        line(NEWSBOAT, 60),
        line(NEWSBOAT, address="192.0.2.2"),
        line(BROWSER, address="192.0.2.3"),
        line(BROWSER, address="192.0.2.4"),
        line(BROWSER, 60, address="192.0.2.4"),
        line("Googlebot/2.1", 1),
        line("Googlebot/2.1", 2),
    ]
    (feed,) = count_readers(log).feeds
    assert (feed.readers, feed.subscribers, feed.requests) == (3, 3, 8)


def test_only_answered_requests_for_feeds_count() -> None:
    """Pages, archives, errors and redirects tell nothing about subscribers; lines that are no log are counted apart."""
    log = [
        line(NEWSBOAT, path="/feeds/index.html"),
        line(NEWSBOAT, path="/feeds/archive/1.rss"),
        line(NEWSBOAT, status=404),
        line(NEWSBOAT, status=301),
        "what is this",
        "",
        line(NEWSBOAT, path="/feeds/rss.xml?utm=x"),
    ]
    found = count_readers(log)
    assert [(feed.path, feed.requests) for feed in found.feeds] == [("/feeds/rss.xml", 1)]
    assert (found.lines, found.unreadable) == (6, 1)


@pytest.mark.parametrize(
    ("answers", "conditional"),
    [
        ([(200, 5000), (304, 0), (304, 0)], 1.0),
        ([(200, 5000), (200, 5000), (200, 5000)], 0.0),
        ([(200, 5000), (304, 0), (200, 5000)], 0.5),
        ([(200, 5000), (200, 6000)], None),
        ([(200, 5000)], None),
    ],
)
def test_a_plain_log_shows_who_asks_conditionally(answers: list[tuple[int, int]], conditional: float | None) -> None:
    """304 was conditional, the same bytes again were not, other bytes tell nothing."""
    log = [line(NEWSBOAT, 60 * at, status=status, size=size) for at, (status, size) in enumerate(answers)]
    assert clients(count_readers(log))["Newsboat"][0] == conditional


def test_a_log_with_validators_shows_inventors() -> None:
    """Our log format tells what was asked and given: a tag that no answer carried was made up."""
    given_out = ['"abc"', "Sat, 01 Mar 2025 09:00:00 GMT"]
    log = [
        line(NEWSBOAT, 0, validators=["-", "-", *given_out]),
        line(NEWSBOAT, 60, status=304, validators=['W/"abc-gzip"', "-", *given_out]),
        line("Cheat/1 feed", 0, validators=['"made-up"', "-", *given_out]),
        line("Cheat/1 feed", 60, validators=["-", "Sat, 01 Mar 2025 10:00:00 GMT", *given_out]),
    ]
    found = clients(count_readers(log))
    assert found["Newsboat"] == (1.0, 60, 0, 100)
    assert found["Cheat"][2] == 2


def test_the_score_rewards_manners() -> None:
    """Conditional and hourly is full marks; everything anew every minute is next to nothing."""
    polite = [line(NEWSBOAT, 60 * at, status=304 if at else 200) for at in range(5)]
    rude = [line("Rude/1 feed", at) for at in range(9)]
    found = clients(count_readers([*polite, *rude]))
    assert found["Newsboat"][3] == 100
    assert found["Rude"][3] == 21
    remarks = {client.name: client.remark for client in count_readers(rude).clients}
    assert remarks["Rude"] == "fetches everything each time, asks too often"


def test_caddys_json_is_read_too() -> None:
    """The same facts from a structured log."""
    entry = {
        "ts": START.timestamp(),
        "request": {
            "client_ip": "192.0.2.9",
            "uri": "/feeds/rss.xml?x",
            "headers": {"User-Agent": [NEWSBOAT], "If-None-Match": ['"abc"']},
        },
        "status": 304,
        "size": 0,
        "resp_headers": {"Etag": ['"abc"']},
    }
    hit = parse_line(json.dumps(entry))
    assert hit is not None
    assert (hit.address, hit.path, hit.at, hit.agent) == ("192.0.2.9", "/feeds/rss.xml", START, NEWSBOAT)
    assert (hit.etag_asked, hit.etag_sent, hit.date_asked) == ('"abc"', '"abc"', "")


@pytest.mark.parametrize(
    ("agent", "name", "subscribers"),
    [
        (FEEDLY.format(7), "Feedly", 7),
        ("FreshRSS/1.24.1 (Linux; https://freshrss.org)", "FreshRSS", None),
        ("Mozilla/5.0 (compatible; Miniflux/2.2.0; +https://miniflux.app)", "Miniflux", None),
        ("Tiny Tiny RSS/23.0 (https://tt-rss.org/)", "Tiny Tiny RSS", None),
        ("Feedbin feed-id:1234 - 12 subscribers", "Feedbin", 12),
        (
            "NewsBlur Feed Fetcher - 1 subscriber - https://www.newsblur.com",
            "NewsBlur Feed Fetcher",
            1,
        ),
        (BROWSER, "a browser", None),
        ("", "(no name)", None),
        ("-", "(no name)", None),
    ],
)
def test_names_and_numbers_of_agents(agent: str, name: str, subscribers: int | None) -> None:
    """A program's name without version and address, and the number it announces."""
    assert (parse_name(agent), parse_subscribers(agent)) == (name, subscribers)


def test_robots_are_told_from_readers() -> None:
    """A crawler is no reader, a reader with "bot" in its name is none either way."""
    assert is_robot("Googlebot/2.1")
    assert is_robot("curl/8.5")
    assert not is_robot("Feedbot reader/1")
    assert not is_robot(NEWSBOAT)


@pytest.mark.parametrize("locale_time", ["01/Mrz/2025:09:00:00 +0000", "99/Mar/2025:09:00:00 +0000", "x"])
def test_a_line_with_a_wrong_date_is_unreadable(locale_time: str) -> None:
    """Dates are read by the format's own month names; impossible ones make the line unreadable."""
    assert parse_line(f'1.2.3.4 - - [{locale_time}] "GET / HTTP/1.1" 200 1 "-" "-"') is None


@pytest.mark.parametrize(
    "line",
    [
        '{"ts": 7e16, "request": {"uri": "/rss.xml"}, "status": 200}',
        '{"ts": 1e999, "request": {"uri": "/rss.xml"}, "status": 200}',
        '{"ts": 1, "request": {"uri": "/rss.xml", "headers": [1]}, "status": 200}',
        f'a - - [24/Nov/2026:09:00:00 +0000] "GET /rss.xml HTTP/1.1" 200 {"9" * 5000} "-" "x"',
        'a - - [31/Dec/9999:23:59:59 -1400] "GET /rss.xml HTTP/1.1" 200 1 "-" "x"',
    ],
)
def test_a_line_beyond_all_bounds_is_unreadable(line: str) -> None:
    """Times and sizes that no computer reads cost their line, not the count."""
    assert parse_line(line) is None


@pytest.mark.slow
@pytest.mark.parametrize("piece", ['"', "9", "a ", '\\"', "a b c [1/Jan/", 'a b c [1/Jan/x] "\\', "é", '" "'])
def test_a_line_of_one_sign_is_read_in_one_go(piece: str) -> None:
    """No start looks at the rest of the line again: half a megabyte took an hour in quadratic time."""
    head = 'a - - [24/Nov/2026:09:00:00 +0000] "GET /rss.xml HTTP/1.1" 200 '
    for line in (piece * 500_000, head + piece * 500_000, f'{head}1 "-" "{piece * 500_000}'):
        assert parse_line(line) is None


def test_zones_are_read() -> None:
    """A log in local time is counted in UTC."""
    hit = parse_line('1.2.3.4 - ann [01/Mar/2025:02:00:00 -0700] "GET /a HTTP/1.1" 200 - "-" "x \\"y\\""')
    assert hit is not None
    assert (hit.at, hit.size, hit.agent) == (START, 0, 'x "y"')


def test_a_prefix_of_a_journal_is_passed_over() -> None:
    """Lines that a journal or container runtime dated again are read all the same."""
    assert parse_line(f"Mar 01 09:00:00 host syndicate[123]: {line(NEWSBOAT)}") == parse_line(line(NEWSBOAT))


@given(st.text() | st.text(st.sampled_from('{}[]" :/\\x0123456789GET-\x1b')))
def test_no_line_breaks_the_count(text: str) -> None:
    """Whatever a log holds, counting ends with numbers and a table."""
    render_stats(count_readers([text, line(NEWSBOAT), text]))


def test_the_table_shows_it_all() -> None:
    """Two tables and a chart: feeds with bars, clients with scores, requests a day."""
    log = [line(FEEDLY.format(20)), line(NEWSBOAT, 30), line(FEEDLY.format(20), 1500, path="/feeds/atom.xml")]
    text = render_stats(count_readers(log))
    assert "2025-03-01 to 2025-03-02: 3 requests for feeds in 3 lines" in text
    assert "21  ██████████████████████████████  /feeds/rss.xml   Feedly 20, readers of their own 1" in text
    assert "SCORE" in text
    assert text.endswith("\n█▄")


def test_a_log_of_one_day_names_it_once() -> None:
    """From a day to the same day is that day."""
    assert render_stats(count_readers([line(NEWSBOAT)])).startswith("2025-03-01: 1 request")


def test_an_empty_log_says_so() -> None:
    """Nothing to count is a sentence, not a table."""
    assert render_stats(count_readers([])) == "No request for a feed in 0 lines (0 of them unreadable)."
