"""What the server writes down is what `stats` reads."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from syndicate.stats.hits import parse_line
from syndicate.web import format_line, make_app
from tests.formats.samples import settings
from tests.web.serving import everything, serving

AT = datetime(2025, 3, 1, 9, 30, 5, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_requests_are_logged_with_their_validators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A poll over real HTTP becomes a line from which `stats` learns agent, status and validators."""
    FolderOutput(tmp_path).write([Artefact("rss.xml", "application/rss+xml", b"<rss/>", AT)])
    with (
        serving(make_app(str(tmp_path), settings(), is_published=everything)) as address,
        caplog.at_level(logging.INFO, "syndicate.access"),
    ):
        first = httpx.get(f"{address}/feeds/rss.xml", headers={"User-Agent": "Reader/1"})
        httpx.get(f"{address}/feeds/rss.xml?x=1", headers={"If-None-Match": first.headers["etag"]})
    lines = [record.getMessage() for record in caplog.records if record.name == "syndicate.access"]
    one, two = [hit for hit in map(parse_line, lines) if hit]
    assert (one.path, one.status, one.size, one.agent) == ("/feeds/rss.xml", 200, 6, "Reader/1")
    assert (two.path, two.status, two.size) == ("/feeds/rss.xml", 304, 0)
    assert two.etag_asked == one.etag_sent == first.headers["etag"]


@given(TEXT, TEXT)
def test_no_header_breaks_a_line(agent: str, tag: str) -> None:
    """Quotes, line ends and escape sequences in headers stay inside their field."""
    asked = {"user-agent": agent, "if-none-match": tag}
    line = format_line(
        address="192.0.2.1", at=AT, request="GET /feeds/rss.xml HTTP/1.1", status=200, size=7, asked=asked, given={}
    )
    hit = parse_line(line)
    assert line.isprintable()
    assert hit is not None
    assert (hit.at, hit.path, hit.status, hit.size, hit.etag_sent) == (AT, "/feeds/rss.xml", 200, 7, "")


def test_strangers_write_no_lines_of_their_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An address that a proxy made up is none, and a long header is cut."""
    FolderOutput(tmp_path).write([Artefact("rss.xml", "application/rss+xml", b"<rss/>", AT)])
    app = make_app(str(tmp_path), settings(), is_published=everything)
    with serving(app) as address, caplog.at_level(logging.INFO, "syndicate.access"):
        headers = {"User-Agent": "x" * 9_000, "X-Forwarded-For": '1.2.3.4 - - "GET /x", b'}
        httpx.get(f"{address}/feeds/rss.xml", headers=headers)
    (line,) = [record.message for record in caplog.records if record.name == "syndicate.access"]
    assert line.startswith("- - - [")
    assert len(line) < 2_000
