"""One table of requests and answers that every server of the feeds has to agree with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syndicate.model import Artefact

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
    Artefact("archive/2.rss", "application/rss+xml", RSS, AT),
    Artefact("archive/1.json", "application/feed+json", b"{}", AT),
    Artefact("cards/a.3fa9c1.jpg", "image/jpeg", b"\xff\xd8", AT),
    Artefact("category/ämne/rss.xml", "application/rss+xml", RSS, AT),
    Artefact("ships/rss.xml", "application/rss+xml", RSS, AT),
)
FRESH = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
KEPT = "public, max-age=31536000, immutable"
SHORT = "public, max-age=60"
NAVIGATION = {"Sec-Fetch-Mode": "navigate"}


@dataclass(frozen=True)
class Case:
    """A request, and what must come back. TAG in a header stands for the ETag that the plain request got."""

    path: str
    status: int
    asked: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    """Headers that must have exactly this value."""
    method: str = "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.asked)}".replace(" {}", "")


RSS_TYPE, ATOM_TYPE = "application/rss+xml; charset=utf-8", "application/atom+xml; charset=utf-8"
XML_TYPE = "application/xml; charset=utf-8"
CASES = (
    Case("/feeds/rss.xml", 200, {}, {"Content-Type": RSS_TYPE, "Cache-Control": FRESH, "Last-Modified": MODIFIED}),
    Case("/feeds/rss.xml", 200, {"Accept-Encoding": "gzip"}, {"Content-Encoding": "gzip", "Content-Type": RSS_TYPE}),
    Case("/feeds/rss.xml", 200, {"Accept-Encoding": "gzip, br"}, {"Content-Encoding": "br", "Content-Type": RSS_TYPE}),
    Case("/feeds/rss.xml", 200, {"Accept-Encoding": "zstd"}, {"Content-Encoding": "zstd", "Content-Type": RSS_TYPE}),
    Case(
        "/feeds/rss.xml",
        200,
        {"Accept-Encoding": "zstd", **NAVIGATION},
        {"Content-Encoding": "zstd", "Content-Type": XML_TYPE},
    ),
    Case("/feeds/rss.xml", 200, {"Accept-Encoding": "gzip, zstd;q=0"}, {"Content-Encoding": "gzip"}),
    Case(
        "/feeds/archive/2.rss",
        200,
        {"Accept-Encoding": "zstd, gzip"},
        {"Content-Encoding": "gzip", "Cache-Control": KEPT},
    ),
    Case("/feeds/feed.json", 200, {"Accept-Encoding": "zstd"}, {"Content-Encoding": "", "Cache-Control": FRESH}),
    Case("/feeds/none.xml", 404, {"Accept-Encoding": "zstd"}, {"Content-Encoding": "", "Cache-Control": SHORT}),
    Case("/feeds/rss.xml", 200, NAVIGATION, {"Content-Type": XML_TYPE}),
    Case("/feeds/rss.xml", 200, {"Sec-Fetch-Mode": "cors"}, {"Content-Type": RSS_TYPE}),
    Case("/feeds/atom.xml", 200, {}, {"Content-Type": ATOM_TYPE}),
    Case("/feeds/atom.xml", 200, NAVIGATION, {"Content-Type": XML_TYPE, "Cache-Control": FRESH}),
    Case("/feeds/feed.json", 200, {}, {"Content-Type": "application/feed+json"}),
    Case("/feeds/feed.json", 200, NAVIGATION, {"Content-Type": "application/json"}),
    Case("/feeds/opml.xml", 200, {}, {"Content-Type": "text/x-opml; charset=utf-8"}),
    Case("/feeds/opml.xml", 200, NAVIGATION, {"Content-Type": XML_TYPE}),
    Case("/feeds/", 200, {}, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": FRESH}),
    Case("/feeds/archive/1.atom", 200, {}, {"Content-Type": ATOM_TYPE, "Cache-Control": KEPT}),
    Case("/feeds/archive/1.atom", 200, NAVIGATION, {"Content-Type": XML_TYPE, "Cache-Control": KEPT}),
    Case("/feeds/archive/1.json", 200, {}, {"Content-Type": "application/feed+json", "Cache-Control": KEPT}),
    Case("/feeds/cards/a.3fa9c1.jpg", 200, {}, {"Content-Type": "image/jpeg", "Cache-Control": KEPT}),
    Case("/feeds/category/%C3%A4mne/rss.xml", 200, {}, {"Content-Type": RSS_TYPE}),
    Case("/feeds/rss.xml", 304, {"If-None-Match": "TAG"}, {"Cache-Control": FRESH}),
    Case("/feeds/rss.xml", 304, {"If-None-Match": "W/TAG"}),
    Case("/feeds/rss.xml", 304, {"If-None-Match": '"other", TAG'}),
    Case("/feeds/rss.xml", 304, {"If-None-Match": "*"}),
    Case("/feeds/rss.xml", 200, {"If-None-Match": '"other"'}),
    Case("/feeds/rss.xml", 304, {"If-Modified-Since": MODIFIED}),
    Case("/feeds/rss.xml", 304, {"If-Modified-Since": "Sun, 02 Mar 2025 00:00:00 GMT"}),
    Case("/feeds/rss.xml", 200, {"If-Modified-Since": "Fri, 28 Feb 2025 00:00:00 GMT"}),
    Case("/feeds/rss.xml", 200, {"If-Modified-Since": "yesterday"}),
    Case("/feeds/rss.xml", 200, {"If-None-Match": '"other"', "If-Modified-Since": MODIFIED}),
    Case("/feeds/rss.xml", 304, {"If-None-Match": "TAG", "If-Modified-Since": MODIFIED}),
    Case("/feeds/rss.xml", 412, {"If-Match": '"other"'}),
    Case("/feeds/rss.xml", 200, {"If-Match": "TAG"}),
    Case("/feeds/rss.xml", 412, {"If-Unmodified-Since": "Fri, 28 Feb 2025 00:00:00 GMT"}),
    Case("/feeds/rss.xml", 200, method="HEAD", told={"Content-Type": RSS_TYPE, "Content-Length": str(len(RSS))}),
    Case("/feeds/rss.xml", 204, {"Origin": "https://r.example"}, {"Access-Control-Allow-Headers": "*"}, "OPTIONS"),
    Case("/feeds/rss.xml", 405, method="POST"),
    Case("/", 308, {}, {"Location": "/feeds/"}),
    Case("/feeds", 308, {}, {"Location": "/feeds/"}),
    Case("/feeds/boats/rss.xml", 301, {}, {"Location": "/feeds/ships/rss.xml"}),
    Case("/feeds/boatshow/rss.xml", 404),
    Case("/feeds/old-news/rss.xml", 410, {}, {"Cache-Control": SHORT}),
    Case("/feeds/none.xml", 404, {}, {"Cache-Control": SHORT}),
    Case("/feeds/none/rss.xml", 404, {}, {"Cache-Control": SHORT}),
    Case("/feeds/.secret", 404),
    Case("/elsewhere", 404),
)
