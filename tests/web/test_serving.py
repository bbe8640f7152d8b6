"""Published files over real HTTP: a table of requests and answers."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import brotli
import httpx
import pytest
from starlette.responses import PlainTextResponse

from syndicate.app.rounds import Pulse
from syndicate.formats.assembly import unpack
from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from syndicate.web import Current, Health, make_app, make_health_app
from tests.formats.samples import settings
from tests.web.serving import everything, serving

AT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
MODIFIED = "Sat, 01 Mar 2025 09:30:00 GMT"
RSS = b"<rss>" + b"words, " * 300 + b"</rss>"
FILES = (
    Artefact("rss.xml", "application/rss+xml", RSS, AT),
    Artefact("atom.xml", "application/atom+xml", RSS, AT),
    Artefact("feed.json", "application/feed+json", b"{}", AT),
    Artefact("opml.xml", "text/x-opml", b"<opml/>", AT),
    Artefact("index.html", "text/html; charset=utf-8", b"<!doctype html>", AT),
    Artefact("archive/1.atom", "application/atom+xml", b"<feed/>", AT),
    Artefact("archive/1.json", "application/feed+json", b"{}", AT),
    Artefact("cards/a.3fa9c1.jpg", "image/jpeg", b"\xff\xd8", AT),
    Artefact("category/ämne/rss.xml", "application/rss+xml", RSS, AT),
    Artefact("new/rss.xml", "application/rss+xml", RSS, AT),
)
SITE = settings(retired=("old-news",), renamed={"boats": "new"}, hubs=("https://hub.example/",))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds")
    FolderOutput(folder).write(FILES)
    (folder / ".secret").write_text("x")
    (folder.parent / "outside.txt").write_text("x")
    (folder / "link.txt").symlink_to(folder.parent / "outside.txt")
    return folder


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[httpx.Client]:
    app = make_app(str(root), SITE, dashboard=PlainTextResponse("the dashboard"), is_published=everything)
    with serving(app) as address, httpx.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as client:
        yield client


@pytest.fixture(scope="module")
def etag(client: httpx.Client) -> str:
    return client.get("/feeds/rss.xml").headers["etag"]


def fill(headers: Mapping[str, str], etag: str) -> dict[str, str]:
    return {name: value.replace("TAG", etag.strip('"')) for name, value in headers.items()}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If-None-Match": '"TAG"'}, 304),
        ({"If-None-Match": 'W/"TAG"'}, 304),
        ({"If-None-Match": '"TAG-gzip"'}, 304),
        ({"If-None-Match": 'W/"TAG-br"'}, 304),
        ({"If-None-Match": '"TAG"-gzip'}, 304),
        ({"If-None-Match": '"a", W/"b" ,"TAG"'}, 304),
        ({"If-None-Match": '"a,b", "TAG"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": "TAG"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"TAGx"'}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-Modified-Since": MODIFIED}, 304),
        ({"If-Modified-Since": "Saturday, 01-Mar-25 09:30:00 GMT"}, 304),
        ({"If-Modified-Since": "Sat Mar  1 09:30:00 2025"}, 304),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Sat, 01 Mar 2025 09:29:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Sat, 99 Mar 2025 09:30:00 GMT"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": MODIFIED}, 200),
        ({"If-None-Match": '"TAG"', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
        ({"If-Match": '"TAG"'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": 'W/"TAG"'}, 412),
        ({"If-Match": '"other"'}, 412),
        ({"If-Unmodified-Since": MODIFIED}, 200),
        ({"If-Unmodified-Since": "Fri, 28 Feb 2025 00:00:00 GMT"}, 412),
        ({"If-Match": '"TAG"', "If-Unmodified-Since": "Fri, 28 Feb 2025 00:00:00 GMT"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_are_those_of_rfc_9110(
    client: httpx.Client, etag: str, method: str, headers: dict[str, str], status: int
) -> None:
    """Lists, star, weak comparison, coding suffixes, all three date forms, and which condition wins."""
    answer = client.request(method, "/feeds/rss.xml", headers=fill(headers, etag))
    assert answer.status_code == status
    assert answer.content == (
        RSS
        if (status, method) == (200, "GET")
        else b"The file has changed.\n"
        if (status, method) == (412, "GET")
        else b""
    )


def test_a_304_carries_what_caches_need(client: httpx.Client, etag: str) -> None:
    """ETag, Cache-Control, Vary and CORS are those of the 200; no body, no type."""
    full = client.get("/feeds/rss.xml")
    short = client.get("/feeds/rss.xml", headers={"If-None-Match": etag})
    for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
        assert short.headers[name] == full.headers[name]
    assert "content-type" not in short.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0, *", "zstd"),
        ("*;q=0.1", "br"),
        ("identity, gzip;q=0.5", ""),
        ("gzip;q=0", ""),
        ("gzip;q=nonsense", ""),
        ("", ""),
        ("compress", ""),
    ],
)
def test_the_client_chooses_the_coding(client: httpx.Client, accepted: str, coding: str) -> None:
    """Precompressed bytes go out as asked for, unpack to the file, and have an ETag of their own."""
    with client.stream("GET", "/feeds/rss.xml", headers={"Accept-Encoding": accepted}) as answer:
        data = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding", "") == coding
    decode = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress, "zstd": unpack}[coding]
    assert decode(data) == RSS
    assert answer.headers["etag"].strip('"').endswith(coding)
    assert int(answer.headers["content-length"]) == len(data)


def test_every_coding_is_revalidated_by_every_other(client: httpx.Client) -> None:
    """A client that changes what it accepts keeps its copy; the 304 names the tag it would get now."""
    packed = client.get("/feeds/rss.xml", headers={"Accept-Encoding": "gzip"}).headers["etag"]
    answer = client.get("/feeds/rss.xml", headers={"If-None-Match": packed, "Accept-Encoding": "br"})
    assert answer.status_code == 304
    assert answer.headers["etag"].endswith('-br"')


@pytest.mark.parametrize(
    ("path", "kind", "shown"),
    [
        ("rss.xml", "application/rss+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("atom.xml", "application/atom+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("feed.json", "application/feed+json", "application/json"),
        ("archive/1.atom", "application/atom+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("archive/1.json", "application/feed+json", "application/json"),
        ("opml.xml", "text/x-opml; charset=utf-8", "application/xml; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("cards/a.3fa9c1.jpg", "image/jpeg", "image/jpeg"),
    ],
)
def test_readers_and_browsers_get_the_type_they_understand(
    client: httpx.Client, path: str, kind: str, shown: str
) -> None:
    """Readers get the feed's type; a person who opens it gets the same bytes as XML; Vary tells caches."""
    read, opened = client.get(f"/feeds/{path}"), client.get(f"/feeds/{path}", headers={"Sec-Fetch-Mode": "navigate"})
    assert (read.headers["content-type"], opened.headers["content-type"]) == (kind, shown)
    assert read.content == opened.content
    assert (kind == shown) or "Sec-Fetch-Mode" in read.headers["vary"]
    assert "Accept-Encoding" in read.headers["vary"]


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/", 308, "/feeds/"),
        ("/feeds", 308, "/feeds/"),
        ("/feeds/", 200, ""),
        ("/feeds/category/%C3%A4mne/rss.xml", 200, ""),
        ("/feeds/boats/rss.xml", 301, "/feeds/new/rss.xml"),
        ("/feeds/boats", 301, "/feeds/new"),
        ("/feeds/boatshow/rss.xml", 404, ""),
        ("/feeds/old-news/atom.xml", 410, ""),
        ("/feeds/none.xml", 404, ""),
        ("/feeds/category", 404, ""),
        ("/feeds/.secret", 404, ""),
        ("/feeds/link.txt", 404, ""),
        ("/feeds/..%2foutside.txt", 404, ""),
        ("/feeds/%2e%2e/outside.txt", 404, ""),
        ("/feeds/a%00b", 404, ""),
        ("/feeds/%ff", 404, ""),
        ("/elsewhere", 404, ""),
        ("/dashboard/", 200, ""),
    ],
)
def test_addresses(client: httpx.Client, path: str, status: int, location: str) -> None:
    """Moved feeds lead on, ended ones say so, and nothing outside or hidden is shown."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers.get("location", "") == location
    if path != "/dashboard/":
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("archive/1.atom", "immutable"),
        ("cards/a.3fa9c1.jpg", "immutable"),
        ("rss.xml", "max-age=300"),
        ("x", "max-age=60"),
    ],
)
def test_how_long_an_answer_may_be_kept(client: httpx.Client, path: str, wanted: str) -> None:
    """Closed archives and cards for ever, feeds for minutes, errors for a minute."""
    assert wanted in client.get(f"/feeds/{path}").headers["cache-control"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(client: httpx.Client, method: str) -> None:
    """Other methods are refused, naming those that work, readable across origins."""
    answer = client.request(method, "/feeds/rss.xml")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/feeds/rss.xml", "/feeds"])
def test_a_browser_may_ask_conditionally_from_elsewhere(client: httpx.Client, path: str) -> None:
    """The preflight of a reader on another site is allowed, with any header."""
    headers = {"Origin": "https://reader.example", "Access-Control-Request-Headers": "if-none-match"}
    answer = client.options(path, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "*"


def test_head_says_what_get_would(client: httpx.Client) -> None:
    """HEAD has the same headers and length, and no body."""
    full, head = client.get("/feeds/rss.xml"), client.head("/feeds/rss.xml")
    same = ("etag", "last-modified", "content-type", "content-length", "cache-control", "vary")
    assert [head.headers[name] for name in same] == [full.headers[name] for name in same]
    assert full.headers["last-modified"] == MODIFIED


def test_a_new_publication_is_seen_at_once(tmp_path: Path) -> None:
    """New bytes of the same length and date have another ETag; a restart has the same one."""
    output = FolderOutput(tmp_path)
    output.write([FILES[0]])
    with serving(make_app(str(tmp_path), SITE, is_published=everything)) as address:
        first = httpx.get(f"{address}/feeds/rss.xml").headers
        output.write([Artefact("rss.xml", "application/rss+xml", RSS.replace(b"words", b"terms"), AT)])
        second = httpx.get(f"{address}/feeds/rss.xml", headers={"If-None-Match": first["etag"]})
        assert second.status_code == 200
        assert b"terms" in second.content
        assert second.headers["last-modified"] > first["last-modified"]
    with serving(make_app(str(tmp_path), SITE, is_published=everything)) as address:
        assert httpx.get(f"{address}/feeds/rss.xml").headers["etag"] == second.headers["etag"]


def test_without_a_path_in_the_address_feeds_stand_at_the_root(tmp_path: Path) -> None:
    """feeds_url = https://feeds.example serves /rss.xml."""
    FolderOutput(tmp_path).write([FILES[0]])
    with serving(
        make_app(str(tmp_path), settings(site={"feeds_url": "https://feeds.example"}), is_published=everything)
    ) as address:
        assert httpx.get(f"{address}/rss.xml").status_code == 200


@pytest.mark.parametrize("feeds_url", ["https://feeds.example", "https://blog.example/feeds"])
def test_the_dashboard_is_found_without_its_last_slash(feeds_url: str, tmp_path: Path) -> None:
    """/dashboard leads to /dashboard/, wherever the feeds are."""
    site = settings(site={"feeds_url": feeds_url})
    with serving(
        make_app(str(tmp_path), site, dashboard=PlainTextResponse("the dashboard"), is_published=everything)
    ) as address:
        answer = httpx.get(f"{address}/dashboard", follow_redirects=True)
    assert (answer.status_code, answer.text, answer.url.path) == (200, "the dashboard", "/dashboard/")


def test_changed_settings_are_followed(tmp_path: Path) -> None:
    """Where publish_to and the address of the feeds change while the server runs, the next request sees it."""
    for name in ("old", "new"):
        FolderOutput(tmp_path / name).write([Artefact("rss.xml", "application/rss+xml", name.encode(), AT)])
    now = [(SITE, "old")]
    app = Current(lambda: now[0][0], lambda given: make_app(str(tmp_path / now[0][1]), given, is_published=everything))
    with serving(app) as address:
        assert httpx.get(f"{address}/feeds/rss.xml").text == "old"
        now[0] = (settings(site={"feeds_url": "https://feeds.example"}), "new")
        assert httpx.get(f"{address}/rss.xml").text == "new"
        assert httpx.get(f"{address}/feeds/rss.xml").status_code == 404


def test_headers_name_self_and_hub_and_no_ranges(client: httpx.Client) -> None:
    """Subscribers need not parse the document (WebSub, section 4); a part of a document is not to be had."""
    answer = client.get("/feeds/atom.xml", headers={"Range": "bytes=0-3"})
    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "none"
    own = f"<{SITE.site.url}/feeds/atom.xml>"
    assert answer.headers["link"] == f'{own}; rel="self", <https://hub.example/>; rel="hub"'
    assert "link" not in client.get("/feeds/opml.xml").headers


def ask(health: Health, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    with serving(make_health_app(health)) as address:
        try:
            with urllib.request.urlopen(urllib.request.Request(address + path, headers=dict(headers or {}))) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def health(*troubles: str, token: str = "") -> Health:
    return Health(lambda: troubles, lambda: (b"syndicate_deliveries 1\n", "text/plain"), token)


def test_a_loop_that_stands_still_turns_the_page_red() -> None:
    """By a clock that a test may put on: two loops, of which one is heard of."""
    now = [0.0]
    pulse = Pulse({"publish": 60, "deliver": 60}, clock=lambda: now[0])
    asked = Health(pulse.list_still, lambda: (b"", "text/plain"))
    now[0] = 59
    assert ask(asked, "/healthz") == (200, "ok\n")
    pulse.beat("deliver")
    now[0] = 61
    assert ask(asked, "/healthz") == (503, "publish has stood still for 61 s\n")


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, "", 200),
        ({"X-Forwarded-For": "203.0.113.7"}, "", 403),
        ({"Via": "1.1 caddy"}, "", 403),
        ({"Host": "rebound.example"}, "", 403),
        ({}, "s3cret", 403),
        ({"Authorization": "Bearer s3cret", "X-Forwarded-For": "203.0.113.7"}, "s3cret", 200),
        ({"Authorization": "Bearer other"}, "s3cret", 403),
    ],
)
def test_the_metrics_are_for_this_machine_or_for_a_token(headers: dict[str, str], token: str, status: int) -> None:
    """A proxy on this machine passes on what strangers ask."""
    assert ask(health(token=token), "/metrics", headers)[0] == status
