"""Posts' pictures: read from disk or fetched once, kept in the cache, and looked at again only when it is time.

    find_pictures(pictures, http=…, cache=…, now=…, describe=…) → what is known of each, by URL: facts, or a reason
    read_picture(found, cache) → the bytes, None where they are gone
    forget_pictures(used, cache) → drops what no post uses any more

A remote picture is asked for again when its own Cache-Control says so, between a day and a month later, by ETag or
date; an answer of 304 costs no bytes. One that fails keeps its older copy, or has none and a time to try again. A
server that is away costs one attempt in a look, and none until it is time to try it again: ten thousand posts may have
their pictures there.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from syndicate.errors import FetchError, HostAway, HostRefused, TooLarge, contain
from syndicate.folders import open_file
from syndicate.model import Cache, Picture, PictureFacts
from syndicate.processes import give_memory_back

if TYPE_CHECKING:
    from syndicate.http import Client, Response

# ruff: noqa: PLC0415 - httpx takes a tenth of a second to load, and few looks fetch anything

MAX_BYTES = 20_000_000
"""A 100-megapixel JPEG has about this; anything larger is not a lead image."""

FRESH_AT_LEAST, FRESH_AT_MOST = timedelta(days=1), timedelta(days=30)
RETRY_AT_FIRST, RETRY_AT_LAST = timedelta(hours=1), timedelta(days=1)
AT_ONCE = 8
"""Pictures fetched at the same time."""
LARGE = 4_000_000
"""Bytes from which on a picture is fetched while no other large one is, so that few of them are in memory."""
_AT_ONCE_KEPT, _HELD_BYTES = 500, 8_000_000
"""Pictures remembered together, and how many bytes of fetched ones are held in memory until then."""
_OVERLOADED = frozenset({429, 502, 503, 504, *range(520, 531)})
"""Answers that a whole server gives, or what stands before it."""

EXTRA = "syndicate-feeds[pictures]"
"""Stands in the reason for which a file is not read: the extra may have come since."""

RECORDS, CONTENTS = "picture", "picture-data"
"""Kinds in the cache: what is known by URL or path, and bytes by digest."""


Describe = Callable[[bytes], tuple[PictureFacts | None, str]]
"""From a file's bytes to its facts, or None and why it is not a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPicture:
    """What is known of a picture. Without a `digest` there is none, and `reason` says why."""

    url: str
    path: str = ""
    digest: str = ""
    """SHA-256 of the bytes: what a card's key needs, without reading them."""
    facts: PictureFacts = field(default_factory=PictureFacts)
    reason: str = ""
    retry_at: datetime | None = None
    """When to look again after a failure; a card drawn without its picture is drawn anew then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What the cache keeps of a picture between two runs. `stamp` is a local file's size and time."""

    digest: str = ""
    facts: PictureFacts = field(default_factory=PictureFacts)
    stamp: str = ""
    etag: str = ""
    modified: str = ""
    next_at: datetime | None = None
    failures: int = 0
    reason: str = ""
    data: bytes = field(default=b"", repr=False, compare=False)
    """Fresh bytes on their way into the cache."""


def find_pictures(
    pictures: Iterable[Picture], *, http: Client | None, cache: Cache, now: datetime, describe: Describe
) -> Mapping[str, FoundPicture]:
    """What is known of each picture, by its URL; local files are read and remote ones fetched where it is time.

    `http` is None where fetching is turned off: then only what the cache has is known. Never raises for a picture.
    """
    asked = tuple(pictures)
    wanted = {_key(picture): picture for picture in asked}  # two addresses may lead to one file
    known = {key: _parse_record(data) for key, data in cache.get_many(RECORDS, wanted).items()}
    local = {key: picture for key, picture in wanted.items() if picture.path}
    looked = {key: known.get(key, _NOT_FETCHED) for key in wanted if key not in local}
    for keys in _batches(local, _AT_ONCE_KEPT):
        fresh = {key: _look_at_file(Path(local[key].path), known.get(key), describe) for key in keys}
        looked |= fresh
        _keep(fresh, known, cache)
    if http is not None:
        due = {key: known.get(key, _Record()) for key in looked if key not in local and _is_due(known.get(key), now)}
        looked |= _Asker(http, cache, now, describe).fetch_all(due)
    return {picture.url: _found(picture, looked[_key(picture)]) for picture in asked}


def _keep(fresh: Mapping[str, _Record], known: Mapping[str, _Record], cache: Cache) -> None:
    """Remember what is new, and drop the bytes that it replaces."""
    news = {key: record for key, record in fresh.items() if record != known.get(key) or record.data}
    cache.drop(
        CONTENTS, {known[key].digest for key in news if key in known} - {one.digest for one in news.values()} - {""}
    )
    cache.put_many(CONTENTS, {record.digest: record.data for record in news.values() if record.data})
    cache.put_many(RECORDS, {key: _dump_record(record) for key, record in news.items()})


def read_picture(found: FoundPicture, cache: Cache) -> bytes | None:
    """A found picture's bytes: from its file, else from the cache. None where they are gone or never came.

    Bytes that the cache lost are fetched again by the next look.
    """
    if not found.digest:
        return None
    if found.path:
        return _read_file(Path(found.path))
    data = cache.get(CONTENTS, found.digest)
    if data is None:
        cache.drop(RECORDS, [found.url])
    return data


def forget_pictures(used: Iterable[Picture], *, cache: Cache) -> int:
    """Drop what the cache keeps of pictures that no post uses any more; returns how many those were."""
    kept = {key: _parse_record(data) for key, data in cache.get_all(RECORDS).items()}
    wanted = {_key(picture) for picture in used}
    unused = [key for key in kept if key not in wanted]
    cache.drop(RECORDS, unused)
    cache.drop(CONTENTS, {kept[key].digest for key in unused} - {kept[key].digest for key in kept if key in wanted})
    return len(unused)


_NOT_FETCHED = _Record(reason="pictures are not fetched (cards.fetch is off)")


def _is_due(record: _Record | None, now: datetime) -> bool:
    return record is None or record.next_at is None or record.next_at <= now


def _key(picture: Picture) -> str:
    return f"file:{picture.path}" if picture.path else picture.url


def _look_at_file(path: Path, known: _Record | None, describe: Describe) -> _Record:
    """A local file by its size and time; read only where these changed."""
    try:
        status = path.stat()
    except OSError:
        return _Record(reason=f"there is no file {path.name}")
    stamp = f"{status.st_size}-{status.st_mtime_ns}"
    if known is not None and known.stamp == stamp and EXTRA not in known.reason:
        return known
    data = _read_file(path) if status.st_size <= MAX_BYTES else None
    if data is None:
        words = "cannot be read, is in another place now, or is larger than"
        return _Record(stamp=stamp, reason=f"{path.name} {words} {MAX_BYTES:,} bytes")
    return replace(_describe(data, describe), stamp=stamp)


def _read_file(path: Path) -> bytes | None:
    """None also where a link has taken its place since the post was read: it may lead to anything of the author's."""
    try:
        if path.resolve() != path:
            return None
        with open_file(path) as file:
            return file.read()
    except OSError:
        return None


class _Asker:
    """One look at many pictures of many servers. Its threads share it."""

    def __init__(self, http: Client, cache: Cache, now: datetime, describe: Describe) -> None:
        self._http = http
        self._cache = cache
        self._now = now
        self._describe = describe
        from syndicate.http.servers import Servers

        self._servers = Servers(cache, now)
        self._keeping, self._one_large = threading.Lock(), threading.Lock()
        self._held: dict[str, _Record] = {}

    def fetch_all(self, due: Mapping[str, _Record]) -> dict[str, _Record]:
        """Each due picture as its server has it. The first one of a server shows whether it is there for the rest."""
        firsts: dict[str, str] = {}
        for url in sorted(due, key=lambda url: due[url].failures):  # another one than that which failed before
            firsts.setdefault(_name_server(url), url)
        rest = [url for url in due if firsts[_name_server(url)] != url]
        looked: dict[str, _Record] = {}
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="picture") as pool:
            for urls in (list(firsts.values()), rest):
                looked |= zip(urls, pool.map(lambda url: self._look_and_keep(url, due), urls), strict=True)
        self._keep_held(due)
        return looked

    def _look_and_keep(self, url: str, due: Mapping[str, _Record]) -> _Record:
        """What is known now, without bytes: few of them wait in memory for the cache."""
        record, is_news = self._look(url, due[url])
        with self._keeping:
            if is_news:
                self._held[url] = record
            held = sum(len(one.data) for one in self._held.values())
            if held > _HELD_BYTES or len(self._held) >= _AT_ONCE_KEPT:
                self._keep_held(due)
        return replace(record, data=b"")

    def _keep_held(self, due: Mapping[str, _Record]) -> None:
        _keep(self._held, due, self._cache)
        self._held = {}

    def _keep_large(self, url: str, record: _Record, known: _Record) -> _Record:
        """Into the cache before the next large one is fetched."""
        _keep({url: record}, {url: known}, self._cache)
        give_memory_back()
        return replace(record, data=b"")

    def _look(self, url: str, known: _Record) -> tuple[_Record, bool]:
        """What is known now, and whether that is news to remember: not where the server was not asked."""
        if silent := self._servers.find_silent(_name_server(url)):
            return replace(known, reason=silent.reason, failures=silent.failures, next_at=silent.next_at), False
        found: list[tuple[_Record, bool]] = []
        with contain(lambda error: found.append(self._fail(error, known))):
            found.append((self._fetch(url, known), True))
        return found[0]

    def _fail(self, error: Exception, known: _Record) -> tuple[_Record, bool]:
        if isinstance(error, HostRefused):  # until a setting says otherwise, which may be any moment
            return replace(known, reason=f"{error.message}; {error.hint}", next_at=None), False
        reason = error.message if isinstance(error, FetchError) else f"it cannot be fetched ({type(error).__name__})"
        return _failed(known, reason, self._now), True

    def _fetch(self, url: str, known: _Record) -> _Record:
        """The picture as the server has it now. Raises FetchError where it has none."""
        asks = {"If-None-Match": known.etag} if known.etag else {"If-Modified-Since": known.modified}
        headers = {"Accept": "image/avif,image/webp,image/*;q=0.8"}
        if known.digest:
            headers |= {name: value for name, value in asks.items() if value}
        try:
            answer = self._ask(url, headers, LARGE)
        except TooLarge:
            with self._one_large:
                return self._keep_large(url, self._learn(self._ask(url, headers, MAX_BYTES), known), known)
        return self._learn(answer, known)

    def _ask(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Response:
        """The answer of a server that is there. Raises FetchError."""
        begun = time.monotonic()
        try:
            answer = self._http.fetch(url, headers=headers, max_bytes=max_bytes, away=self._servers.list_silent())
            _require_server(answer)
        except HostAway as error:
            self._servers.note_silence(error, time.monotonic() - begun)
            raise
        except FetchError:
            self._servers.note_failure(_name_server(url), time.monotonic() - begun)
            raise
        self._servers.note_answer(_name_server(url), time.monotonic() - begun)
        return answer

    def _learn(self, answer: Response, known: _Record) -> _Record:
        if answer.status == 304 and known.digest:
            return replace(known, next_at=self._now + _fresh_for(answer), failures=0, reason="")
        if answer.status != 200:
            return _failed(known, f"the server answered {answer.status}", self._now)
        return _received(answer, known, self._now, self._describe)


def _name_server(url: str) -> str:
    from syndicate.http import name_server

    return name_server(url)


def _require_server(answer: Response) -> None:
    if answer.status in _OVERLOADED:
        raise HostAway(f"the server answered {answer.status}", server=_name_server(answer.url))


def _batches(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, most)):
        yield some


def _received(answer: Response, known: _Record, now: datetime, describe: Describe) -> _Record:
    record = _describe(answer.body, describe)
    if not record.digest:
        return _failed(known, record.reason, now)
    return replace(
        record,
        data=answer.body,
        etag=answer.headers.get("etag", ""),
        modified=answer.headers.get("last-modified", ""),
        next_at=now + _fresh_for(answer),
    )


def _describe(data: bytes, describe: Describe) -> _Record:
    facts, reason = describe(data)
    if facts is None:
        return _Record(reason=reason)
    return _Record(digest=hashlib.sha256(data).hexdigest(), facts=facts)


def _failed(known: _Record, reason: str, now: datetime) -> _Record:
    wait = min(RETRY_AT_FIRST * 2 ** min(known.failures, 10), RETRY_AT_LAST)
    return replace(known, reason=reason, failures=known.failures + 1, next_at=now + wait, data=b"")


def _fresh_for(answer: Response) -> timedelta:
    """How long an answer needs no second look: its max-age (RFC 9111, section 5.2.2.1) within our bounds."""
    stated = re.search(r"(?<![\w-])max-age=(\d{1,9})", answer.headers.get("cache-control", ""))
    age = timedelta(seconds=int(stated[1])) if stated else FRESH_AT_LEAST
    return min(max(age, FRESH_AT_LEAST), FRESH_AT_MOST)


def _found(picture: Picture, record: _Record) -> FoundPicture:
    return FoundPicture(
        url=picture.url,
        path=picture.path,
        digest=record.digest,
        facts=record.facts,
        reason="" if record.digest else record.reason,
        retry_at=record.next_at if record.failures else None,
    )


def _dump_record(record: _Record) -> bytes:
    facts = record.facts
    return orjson.dumps(
        {
            "digest": record.digest,
            "facts": [facts.media_type, facts.length, facts.width, facts.height],
            "stamp": record.stamp,
            "etag": record.etag,
            "modified": record.modified,
            "next_at": record.next_at,
            "failures": record.failures,
            "reason": record.reason,
        }
    )


def _parse_record(data: bytes) -> _Record:
    """A record as the cache has it; what cannot be read is as good as never looked at."""
    try:
        kept = orjson.loads(data)
        media_type, length, width, height = kept["facts"]
        return _Record(
            digest=str(kept["digest"]),
            facts=PictureFacts(str(media_type), int(length), int(width), int(height)),
            stamp=str(kept["stamp"]),
            etag=str(kept["etag"]),
            modified=str(kept["modified"]),
            next_at=datetime.fromisoformat(kept["next_at"]) if kept["next_at"] else None,
            failures=int(kept["failures"]),
            reason=str(kept["reason"]),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return _Record()
