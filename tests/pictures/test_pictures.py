"""Posts' pictures: read, fetched, kept, asked for again, and done without."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from syndicate.cards.photo import read_facts
from syndicate.errors import HostAway
from syndicate.http import Client, name_server
from syndicate.http.servers import Servers
from syndicate.model import Picture
from syndicate.pictures import find_pictures, forget_pictures, read_picture
from syndicate.store.cache import FileCache, open_cache
from tests.cards import corpus
from tests.networks.fake import Fake, Reply

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PHOTO = corpus.to_jpeg(corpus.small_photo())
OTHER = corpus.to_jpeg(corpus.draw_landscape(640, 427, seed=8))


@dataclass
class Site:
    """A web server on loopback that answers what a test tells it and remembers what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = PHOTO
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append({name.lower(): value for name, value in handler.headers.items()})
        is_known = handler.headers.get("If-None-Match") in {self.headers.get("ETag"), None}
        is_same = is_known and handler.headers.get("If-Modified-Since") in {self.headers.get("Last-Modified"), None}
        asks = "If-None-Match" in handler.headers or "If-Modified-Since" in handler.headers
        status = 304 if self.status == 200 and asks and is_same else self.status
        body = b"" if status == 304 else self.body
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.answer(self)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}/photo"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path) -> Iterator[FileCache]:
    with open_cache(str(tmp_path / "cache.db")) as opened:
        yield opened


@pytest.fixture
def http() -> Iterator[Client]:
    with Client(allow_private=True) as client:
        yield client


@pytest.fixture
def find(site, cache, http):
    def find_one(at=NOW, url=None):
        picture = Picture(url or site.url)
        return find_pictures([picture], http=http, cache=cache, now=at, describe=read_facts)[picture.url]

    return find_one


def test_a_remote_picture_is_fetched_once(find, site, cache):
    """The first look brings bytes and facts; a second one soon after asks nobody."""
    first, second = find(), find(NOW + timedelta(hours=23))
    assert read_picture(first, cache) == PHOTO
    assert (first.facts.media_type, first.facts.width, first.facts.height) == ("image/jpeg", 640, 427)
    assert first == second
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"ETag": '"one"'}, {"if-none-match": '"one"'}),
        ({"Last-Modified": "Mon, 05 Jan 2026 08:00:00 GMT"}, {"if-modified-since": "Mon, 05 Jan 2026 08:00:00 GMT"}),
        ({}, {}),
    ],
    ids=["etag", "date", "neither"],
)
def test_a_day_later_it_is_asked_whether_it_changed(find, site, cache, headers, asked):
    """By ETag, else by date, else plainly; an unchanged picture keeps its digest and bytes."""
    site.headers = headers
    first, second = find(), find(NOW + DAY)
    assert asked.items() <= site.asked[1].items()
    assert first.digest == second.digest
    assert read_picture(second, cache) == PHOTO
    find(NOW + DAY + timedelta(hours=1))
    assert len(site.asked) == 2


def test_a_changed_picture_replaces_the_old_one(find, site, cache):
    """New bytes are a new digest, and so a new card."""
    first = find()
    site.body, site.headers = OTHER, {"ETag": '"two"'}
    second = find(NOW + DAY)
    assert second.digest != first.digest
    assert read_picture(second, cache) == OTHER


@pytest.mark.parametrize(
    ("control", "days"),
    [("max-age=604800", 7), ("max-age=0", 1), ("public, max-age=31536000", 30), ("s-maxage=9999999", 1)],
)
def test_the_server_says_how_long_it_is_fresh_within_bounds(find, site, control, days):
    """Its max-age counts, from a day to a month; a shared cache's age does not."""
    site.headers = {"Cache-Control": control}
    find()
    find(NOW + days * DAY - timedelta(minutes=1))
    assert len(site.asked) == 1
    find(NOW + days * DAY)
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"gone", "answered 404"),
        (500, b"", "answered 500"),
        (200, b"<!doctype html>", "web page"),
        (200, b"", "empty"),
        (200, PHOTO[:60], "damaged"),
        (200, corpus.png_claiming(60_000, 60_000), "more than 50 million"),
    ],
)
def test_what_is_no_picture_is_a_reason_and_a_time_to_try_again(find, site, cache, status, body, reason):
    """The card does without; after an hour the picture is looked for again, and found."""
    site.status, site.body = status, body
    missed = find()
    assert reason in missed.reason
    assert missed.retry_at == NOW + timedelta(hours=1)
    assert read_picture(missed, cache) is None
    assert find(NOW + timedelta(minutes=59)) == missed
    site.status, site.body = 200, PHOTO
    assert read_picture(find(NOW + timedelta(hours=1)), cache) == PHOTO


def test_patience_doubles_up_to_a_day(find, site):
    """One hour, two, four … and then once a day."""
    site.status, at, waits = 404, NOW, []
    for _ in range(7):
        retry_at = find(at).retry_at
        waits.append((retry_at - at) / timedelta(hours=1))
        at = retry_at
    assert waits == [1, 2, 4, 8, 16, 24, 24]


def test_a_failing_server_does_not_take_away_what_was_there(find, site, cache):
    """The older copy stays in use while the server is down, and the next try has its time."""
    first = find()
    site.status = 503
    second = find(NOW + DAY)
    assert (second.digest, second.reason) == (first.digest, "")
    assert second.retry_at == NOW + DAY + timedelta(hours=1)
    assert read_picture(second, cache) == PHOTO


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a.jpg", "ftp://example.org/a.jpg", "nonsense", "http://[::broken/"]
)
def test_an_address_nobody_answers_at_is_a_reason(find, url):
    """Refused connections, other schemes and non-addresses are reasons, never errors."""
    assert find(url=url).reason


def test_private_addresses_are_refused(site, cache):
    """A post cannot make us fetch from inside the network we run in."""
    with Client() as guarded:
        found = find_pictures([Picture(site.url)], http=guarded, cache=cache, now=NOW, describe=read_facts)[site.url]
    assert "private" in found.reason
    assert site.asked == []


def test_a_picture_too_large_is_left_on_the_way(find, site):
    """Beyond twenty megabytes the answer is not read to its end."""
    site.body = b"\xff\xd8\xff" + bytes(20_000_001)
    assert "larger" in find().reason


@pytest.mark.slow
def test_a_server_that_hangs_is_waited_for_once(site, cache):
    """A hundred pictures on a server that never answers cost one wait, not a hundred; another server's is fetched."""
    with Fake() as hanging, Client(allow_private=True, timeout=httpx.Timeout(0.5)) as hasty:
        hanging.fail(hanging.delay(30), times=1000)
        pictures = [Picture(f"{hanging.url}/{number}") for number in range(100)]
        found = find_pictures([*pictures, Picture(site.url)], http=hasty, cache=cache, now=NOW, describe=read_facts)
        assert len(hanging.requests) == 1
    assert found[site.url].digest
    assert all(found[one.url].reason and found[one.url].retry_at for one in pictures)


@pytest.fixture
def look(cache, http):
    """Looks at pictures 0 to 19 of the site; how many there are."""

    def look_at(site, at, count=20):
        pictures = [Picture(f"{site.url}?{number}") for number in range(count)]
        found = find_pictures(pictures, http=http, cache=cache, now=at, describe=read_facts)
        return sum(bool(one.digest) for one in found.values()), min(one.retry_at or at for one in found.values())

    return look_at


def test_a_server_that_is_away_costs_one_attempt_in_a_while(site, look):
    """One in the first look, none in the next edit's, one after a while that doubles; back again, it brings all."""
    site.status, asked, at = 503, [], NOW
    for minutes in (0, 1, 9, 10, 29, 30, 31):
        at = NOW + timedelta(minutes=minutes)
        assert look(site, at)[0] == 0
        asked.append(len(site.asked))
    assert asked == [1, 1, 1, 2, 2, 3, 3]
    assert look(site, at)[1] == NOW + timedelta(minutes=60)
    site.status = 200
    assert look(site, NOW + timedelta(minutes=70))[0] == 19  # the third that failed waits for an hour
    assert look(site, NOW + DAY)[0] == 20


def test_one_bad_picture_does_not_keep_its_server_away(site, cache, http):
    """Another picture is tried next, and where that is there, so are the others."""

    class OneBad(Client):
        def fetch(self, url, **parts):
            if url.endswith("?0"):
                raise HostAway("the answer takes too long", server=name_server(url))
            return http.fetch(url, **parts)

    pictures = [Picture(f"{site.url}?{number}") for number in range(5)]
    with OneBad(allow_private=True) as client:
        for minutes, there in ((0, 0), (10, 4)):
            at = NOW + timedelta(minutes=minutes)
            found = find_pictures(pictures, http=client, cache=cache, now=at, describe=read_facts)
            assert sum(bool(one.digest) for one in found.values()) == there


def test_a_redirect_to_a_dead_server_costs_its_own_picture(site, cache, http):
    """The server that redirects is there for all others, and the dead one is tried once."""
    with Fake() as host:
        host.route("GET", "/to/{n}", lambda request: Reply(302, b"", {"Location": "http://127.0.0.1:9/a.jpg"}))
        host.route("GET", "/photo", lambda request: Reply(200, PHOTO))
        pictures = [Picture(f"{host.url}/to/{number}") for number in range(3)] + [Picture(f"{host.url}/photo")]
        found = find_pictures(pictures, http=http, cache=cache, now=NOW, describe=read_facts)
    assert [bool(found[one.url].digest) for one in pictures] == [False, False, False, True]


def test_few_bytes_wait_in_memory_for_the_cache(site, cache, http):
    """Thirty pictures of 3 MB go into the cache a few at a time."""

    weights = []

    class Weighing:
        def __getattr__(self, name):
            return getattr(cache, name)

        def put_many(self, kind, entries):
            weights.append(sum(map(len, entries.values())))
            cache.put_many(kind, entries)

    site.body = PHOTO + bytes(3_000_000)
    pictures = [Picture(f"{site.url}?{number}") for number in range(30)]
    found = find_pictures(pictures, http=http, cache=Weighing(), now=NOW, describe=read_facts)
    assert all(one.digest for one in found.values())
    assert max(weights) < 12_000_000


def test_a_slow_server_costs_a_minute_and_rests(cache):
    """Beyond a minute of waiting it is not asked, in the next look neither, until its rest is over; others are."""
    servers = Servers(cache, NOW)
    for _ in range(20):
        servers.note_answer("quick.example", 2)
        servers.note_answer("slow.example", 6)
    assert servers.find_silent("slow.example") is None
    servers.note_failure("slow.example", 6)
    servers.note_answer("slow.example", 6)
    assert servers.find_silent("quick.example") is None
    for at, rests in ((NOW, True), (NOW + timedelta(minutes=9), True), (NOW + timedelta(minutes=11), False)):
        assert bool(Servers(cache, at).find_silent("slow.example")) is rests


def test_many_slow_servers_cost_four_minutes_together(cache):
    """Each is asked once, and then the rest waits for the next look."""
    servers = Servers(cache, NOW)
    asked = 0
    while servers.find_silent(f"{asked}.example") is None:
        servers.note_answer(f"{asked}.example", 28)
        asked += 1
    assert asked == 10
    assert Servers(cache, NOW).find_silent("1.example") is None


@pytest.mark.parametrize("error", [ValueError, AssertionError, RecursionError, MemoryError, UnicodeError, OSError])
def test_whatever_one_picture_brings_about_costs_that_one(site, cache, http, error):
    """In its fetching or its description; the two others are there."""

    def describe(data):
        if data == OTHER:
            raise error
        return read_facts(data)

    def resolve(host, _port):
        if host == "odd.example":
            raise error
        return ["127.0.0.1"]

    with Fake() as host, Client(allow_private=True, resolve=resolve) as client:
        host.route("GET", "/photo", lambda request: Reply(200, PHOTO))
        host.route("GET", "/other", lambda request: Reply(200, OTHER))
        urls = [f"{host.url}/other", "http://odd.example/a.jpg", f"{host.url}/photo", site.url]
        pictures = map(Picture, urls)
        found = find_pictures(pictures, http=client, cache=cache, now=NOW, describe=describe)
    assert [bool(found[url].digest) for url in urls] == [False, False, True, True]
    assert found[urls[0]].reason
    assert found[urls[1]].reason


def test_with_fetching_off_only_what_is_kept_is_known(find, site, cache):
    """No connection is made; a picture fetched earlier is still used."""
    off = find_pictures([Picture(site.url)], http=None, cache=cache, now=NOW, describe=read_facts)[site.url]
    assert "cards.fetch" in off.reason
    assert site.asked == []
    fetched = find()
    assert (
        find_pictures([Picture(site.url)], http=None, cache=cache, now=NOW + 90 * DAY, describe=read_facts)[site.url]
        == fetched
    )


def test_many_pictures_are_fetched_together(site, cache, http):
    """Twenty pictures, one of them gone: nineteen found, each by its own address, each once."""
    pictures = [Picture(f"{site.url}?{n}") for n in range(20)] + [Picture("http://127.0.0.1:1/gone")]
    found = find_pictures([*pictures, *pictures], http=http, cache=cache, now=NOW, describe=read_facts)
    assert [bool(found[picture.url].digest) for picture in pictures] == [True] * 20 + [False]
    assert len(site.asked) == 20


@pytest.mark.parametrize("kind", ["picture", "picture-data"])
def test_a_cache_that_was_lost_costs_only_time(find, site, cache, kind):
    """Records or bytes gone: the picture is fetched anew by the next look."""
    first = find()
    cache.drop(kind, [first.digest, site.url])
    read_picture(first, cache)
    assert read_picture(find(), cache) == PHOTO
    assert len(site.asked) == 2


def test_a_record_that_cannot_be_read_is_as_good_as_none(find, site, cache):
    """A foreign or older record is passed over."""
    cache.put_many("picture", {site.url: b"not json"})
    assert read_picture(find(), cache) == PHOTO


def test_bytes_that_changed_are_not_kept(find, site, cache):
    """Only the newest copy takes room in the cache."""
    first = find()
    site.body, site.headers = OTHER, {"ETag": '"two"'}
    second = find(NOW + DAY)
    assert set(cache.get_all("picture-data")) == {second.digest} != {first.digest}


def test_pictures_nobody_uses_are_forgotten(find, site, cache):
    """What a deleted post leaves behind goes; what is used, even by another address, stays."""
    find()
    find(url=f"{site.url}?same")
    assert forget_pictures([Picture(site.url)], cache=cache) == 1
    assert set(cache.get_all("picture")) == {site.url}
    assert len(cache.get_all("picture-data")) == 1
    assert forget_pictures([], cache=cache) == 1
    assert cache.get_all("picture-data") == {}


@pytest.fixture
def local(tmp_path, cache):
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    picture = Picture("https://example.org/photo.jpg", path=str(path))

    def look():
        return find_pictures([picture], http=None, cache=cache, now=NOW, describe=read_facts)[picture.url]

    return path, look


def test_a_local_picture_is_read_from_its_file(local, cache):
    """Its digest and facts are kept, its bytes stay where they are."""
    path, look = local
    found = look()
    assert (found.facts.width, found.facts.length) == (640, len(PHOTO))
    assert read_picture(found, cache) == PHOTO
    assert cache.get_all("picture-data") == {}
    path.unlink()
    assert read_picture(found, cache) is None


def test_a_link_in_place_of_a_local_picture_is_not_followed(local, cache, tmp_path_factory):
    """Where its post is not read anew: a contributor's link may lead to any picture of the author's."""
    path, look = local
    known = look()
    private = tmp_path_factory.mktemp("private") / "photo.jpg"
    private.write_bytes(OTHER)
    path.unlink()
    path.symlink_to(private)
    assert "another place" in look().reason
    assert read_picture(known, cache) is None


def test_a_local_picture_is_read_again_only_when_its_file_changed(local):
    """Size and time tell; the same stamp is the same picture, another is looked at."""
    path, look = local
    first = look()
    stamp = path.stat()
    path.write_bytes(PHOTO[:-1] + b"\xd8")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert look() == first
    path.write_bytes(OTHER)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert look().digest != first.digest


def test_a_local_picture_that_is_missing_or_broken_is_a_reason(local):
    """No file, or a file that is no picture, is said by name."""
    path, look = local
    path.write_bytes(b"<html>")
    assert "web page" in look().reason
    path.unlink()
    assert "photo.jpg" in look().reason
