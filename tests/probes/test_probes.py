"""The published feeds, seen from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicate.http import Client
from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from syndicate.pages import Remark, probe_feed
from syndicate.web import make_app
from tests.formats.samples import settings
from tests.web.serving import everything, serving

RSS = b"<rss>" + b"words, " * 300 + b"</rss>"
GOOD = {
    "Content-Type": "application/rss+xml",
    "ETag": '"x"',
    "Cache-Control": "max-age=300",
    "Access-Control-Allow-Origin": "*",
    "Content-Encoding": "identity",
}


def probe(url: str, published: bytes | None = RSS) -> list[Remark]:
    with Client(allow_private=True) as client:
        return list(probe_feed(client, url, "rss", published))


def test_our_own_server_leaves_nothing_to_say(tmp_path: Path) -> None:
    """What `syndicate serve` hands out passes every rule."""
    artefact = Artefact("rss.xml", "application/rss+xml", RSS, datetime(2025, 1, 1, tzinfo=UTC))
    FolderOutput(tmp_path).write([artefact])
    with serving(make_app(str(tmp_path), settings(), is_published=everything)) as address:
        assert probe(f"{address}/feeds/rss.xml") == []


def answering(headers: dict[str, str], body: bytes = RSS, status: int = 200) -> Starlette:
    async def answer(request: Request) -> Response:
        tag = headers.get("ETag")
        if tag and request.headers.get("if-none-match") == tag:
            return Response(status_code=304)
        return Response(body, status, headers)

    async def lead(request: Request) -> Response:
        return RedirectResponse("/rss.xml")

    pages: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [("/rss.xml", answer), ("/old.xml", lead)]
    return Starlette(routes=[Route(path, page) for path, page in pages])


@pytest.mark.parametrize(
    ("change", "words", "is_problem"),
    [
        ({"Content-Type": "text/html"}, "instead of application/rss+xml", True),
        ({"Content-Type": "text/plain"}, "instead of application/rss+xml", False),
        ({"Content-Type": None}, "does not say what it is", False),
        ({"ETag": None}, "neither ETag nor Last-Modified", False),
        ({"Access-Control-Allow-Origin": None}, "Access-Control-Allow-Origin", False),
        ({"Cache-Control": None}, "Cache-Control", False),
    ],
)
def test_each_lack_is_named(change: dict[str, str | None], words: str, is_problem: bool) -> None:
    """A wrong type, no validators, no CORS, no cache rules: one remark each, beside that on compression."""
    headers = {name: value for name, value in (GOOD | change).items() if value is not None}
    with serving(answering(headers)) as address:
        found = probe(f"{address}/rss.xml")
    assert [remark.is_problem for remark in found if words in remark.text] == [is_problem]
    assert any("uncompressed" in remark.text for remark in found)
    assert len(found) == 2


def test_old_bytes_and_redirects_are_seen() -> None:
    """A stale upload is a problem; an address that leads on is worth a word."""
    with serving(answering(GOOD)) as address:
        assert any(remark.is_problem and "other bytes" in remark.text for remark in probe(f"{address}/rss.xml", b"new"))
        assert any("leads on to" in remark.text for remark in probe(f"{address}/old.xml"))
        assert not any("other bytes" in remark.text for remark in probe(f"{address}/rss.xml", None))


def test_a_server_that_ignores_its_own_validators_is_seen() -> None:
    """An ETag that never leads to 304 helps nobody."""
    headers = GOOD | {"Last-Modified": "Sat, 01 Mar 2025 09:30:00 GMT", "ETag": ""}
    with serving(answering(headers)) as address:
        assert any("instead of 304" in remark.text for remark in probe(f"{address}/rss.xml"))


def test_no_answer_and_errors_are_problems() -> None:
    """A closed port, a missing file: the reader gets nothing."""
    with serving(answering(GOOD, status=500)) as address:
        (broken,) = probe(f"{address}/rss.xml")
        (missing,) = probe(f"{address}/none.xml")
    (gone,) = probe(f"{address}/rss.xml")
    assert [remark.is_problem for remark in (broken, missing, gone)] == [True] * 3
    assert "500" in broken.text
    assert "404" in missing.text
