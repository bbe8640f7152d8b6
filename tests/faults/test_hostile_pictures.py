"""Pictures from strangers, over real HTTP: whatever comes, the post is published, and nobody inside is asked."""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.cards.photo import read_facts
from syndicate.http import Client
from syndicate.http.servers import resolve_host
from syndicate.model import Picture
from syndicate.pictures import find_pictures
from syndicate.store.cache import FileCache, open_cache
from tests.cards import corpus
from tests.networks.fake import Fake, Reply, Request

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
CONFIG = """
[site]
title = "Notes"
url = "https://notes.example"
author = "Ada"
allow_private = {allow_private}
[accounts.timeline]
network = "local"
old_after = "3650d"
"""
PNG = corpus.png_claiming(640, 480)
LAUGHS = """<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg"><text>&c;&x;</text></svg>"""


def _chunked(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _with_profile_bomb() -> bytes:
    """A hundred megabytes of zeros as the colour profile of a small PNG."""
    bomb = _chunked(b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000), 1))
    return PNG[:33] + bomb + PNG[33:]


ANSWERS: dict[str, Callable[[], Reply]] = {
    "claims gigapixels": lambda: Reply(200, corpus.png_claiming(60_000, 60_000), {"Content-Type": "image/png"}),
    "unpacks to 100 MB": lambda: Reply(200, gzip.compress(bytes(100_000_000), 1), {"Content-Encoding": "gzip"}),
    "profile of 100 MB": lambda: Reply(200, _with_profile_bomb(), {"Content-Type": "image/png"}),
    "svg with entities": lambda: Reply(200, LAUGHS, {"Content-Type": "image/svg+xml"}),
    "page as jpeg": lambda: Reply(200, "<script>alert(1)</script>", {"Content-Type": "image/jpeg"}),
    "nothing": lambda: Reply(200, b"", {"Content-Type": "image/jpeg"}),
    "cut jpeg": lambda: Reply(200, corpus.to_jpeg(corpus.small_photo())[:900], {"Content-Type": "image/jpeg"}),
    "many scans": lambda: Reply(200, corpus.jpeg_of_many_scans(), {"Content-Type": "image/jpeg"}),
    "redirects for ever": lambda: Reply(302, b"", {"Location": "/redirects-for-ever"}),
    "to a file": lambda: Reply(302, b"", {"Location": "file:///etc/passwd"}),
}


class Stranger(Fake):
    """A server that answers every name above with its trick, and `/photo` with a good picture."""

    def __init__(self) -> None:
        super().__init__()
        photo = corpus.to_jpeg(corpus.small_photo())
        self.route("GET", "/photo", lambda request: Reply(200, photo, {"Content-Type": "text/html"}))
        for name, answer in ANSWERS.items():
            self.route("GET", f"/{_slug(name)}", _always(answer))


def _always(answer: Callable[[], Reply]) -> Callable[[Request], Reply]:
    return lambda _request: answer()


def _slug(name: str) -> str:
    return name.replace(" ", "-").lower()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as stranger:
        yield stranger


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[FileCache]:
    with open_cache(str(tmp_path / "cache.db")) as cache:
        yield cache


def _publish(root: Path, pictures: dict[str, str], *, allow_private: bool) -> tuple[list[str], dict[str, object]]:
    """A site with a post for each picture: the warnings of its publication, and its entries by title."""
    posts = root / "content" / "posts"
    posts.mkdir(parents=True)
    (root / "syndicate.toml").write_text(CONFIG.format(allow_private=str(allow_private).lower()), encoding="utf-8")
    for name, url in pictures.items():
        front = f'title: "{name}"\ndate: "2026-01-05T09:00:00Z"\nimage: "{url}"\nimageAlt: "Hills"'
        (posts / f"{_slug(name)}.md").write_text(f"---\n{front}\n---\n\nText.\n", encoding="utf-8")
    with App(root / "syndicate.toml") as app:
        published = app.publish()
    assert published.problems == ()
    feed = json.loads((root / "feeds" / "feed.json").read_bytes())
    return list(published.warnings), {item["title"]: item for item in feed["items"]}


def test_no_strangers_picture_stops_a_publication(tmp_path: Path, stranger: Stranger) -> None:
    """Bombs, lies, loops and scripts: each post has its entry and a card without the picture, and the reason is told;
    a good picture that its server calls a page is used."""
    pictures = {name: f"{stranger.url}/{_slug(name)}" for name in (*ANSWERS, "photo")}
    warnings, entries = _publish(tmp_path / "site", pictures, allow_private=True)
    assert set(entries) == set(pictures)
    for name in pictures:
        assert list((tmp_path / "site" / "feeds" / "cards").glob(f"{_slug(name)}.*")), name
    told = "\n".join(warnings)
    together = [int(found) for found in re.findall(r"^(\d+) cards are without", told, re.MULTILINE)]
    alone = [line for line in warnings if re.match(r"[\w-]+\.md", line)]
    assert sum(together) + len(alone) == len(ANSWERS), warnings
    assert "photo.md" not in told
    assert "root:" not in told
    assert "alert" not in told


def test_no_post_makes_us_ask_inside(tmp_path: Path, stranger: Stranger) -> None:
    """Without allow_private no spelling of a private address is connected to, and the posts are published."""
    port = stranger.url.rpartition(":")[2]
    hosts = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0")
    pictures = {f"inside {n}": f"http://{host}:{port}/photo" for n, host in enumerate(hosts)}
    warnings, entries = _publish(tmp_path / "site", pictures, allow_private=False)
    assert set(entries) == set(pictures)
    assert stranger.requests == []
    assert len(warnings) >= len(hosts)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "169.254.169.254", "[::1]", "10.0.0.1"])
def test_a_public_server_cannot_send_us_inside(
    monkeypatch: pytest.MonkeyPatch, stranger: Stranger, cache: FileCache, host: str
) -> None:
    """A picture at a public address redirects to a private one: the reason is told, and nobody is asked there."""

    def resolve(name: str, port: int) -> Sequence[str]:
        return ["93.184.215.14"] if name == "photos.example" else resolve_host(name, port)

    def send_inside(_request: Request) -> Reply:
        return Reply(302, b"", {"Location": f"http://{host}:{inside.url.rpartition(':')[2]}/photo"})

    # The public address is reached through a proxy on loopback, as some networks only let out who asks theirs.
    monkeypatch.setenv("HTTP_PROXY", stranger.url)
    monkeypatch.setenv("NO_PROXY", "")
    stranger.route("GET", "/trap", send_inside)
    picture = Picture("http://photos.example/trap")
    with Stranger() as inside, Client(resolve=resolve) as http:
        found = find_pictures([picture], http=http, cache=cache, now=NOW, describe=read_facts)[picture.url]
        assert "private network" in found.reason
        assert len(stranger.requests) == 1
        assert inside.requests == []


class _Exchange(BaseHTTPRequestHandler):
    """A picture that begins well and never ends: as fast as it can, or a byte now and then."""

    server: _Endless

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        self.wfile.write(b"\xff\xd8\xff")
        crumb = b"x" if self.path == "/slow" else bytes(1_000_000)
        while not self.server.has_ended.wait(0.01):
            self.wfile.write(crumb)

    def log_message(self, *args: object) -> None:
        """Silence."""


class _Endless(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.has_ended = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that leaves is what is wanted."""


@pytest.fixture
def endless() -> Iterator[str]:
    with _Endless() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.has_ended.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("pace", "reason"), [("fast", "larger than"), ("slow", "too long")])
def test_a_picture_that_never_ends_is_left(endless: str, cache: FileCache, pace: str, reason: str) -> None:
    """By its size where it comes fast, by the time of the whole answer where a byte comes now and then."""
    picture = Picture(f"{endless}/{pace}")
    with Client(allow_private=True, patience=timedelta(seconds=20 if pace == "fast" else 0.2)) as http:
        found = find_pictures([picture], http=http, cache=cache, now=NOW, describe=read_facts)[picture.url]
    assert reason in found.reason
    assert found.digest == ""
