"""Posts' pictures: read from disk or fetched once, kept in the cache, and looked at again only when it is time.

    find_pictures(pictures, http=…, cache=…, now=…) → what is known of each, by URL: digest, facts, or a reason
    read_picture(found, cache) → the bytes, None where they are gone
    forget_pictures(used, cache) → drops what no post uses any more

A remote picture is asked for again when its own Cache-Control says so, between a day and a month later, by ETag or
date; an answer of 304 costs no bytes. One that fails keeps its older copy, or has none and a time to try again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from syndicate.errors import FetchError, HostAway
from syndicate.http import Client, Response
from syndicate.model import Cache, Picture, PictureFacts

MAX_BYTES = 20_000_000
"""A 100-megapixel JPEG has about this; more is no lead image."""

FRESH_AT_LEAST, FRESH_AT_MOST = timedelta(days=1), timedelta(days=30)
RETRY_AT_FIRST, RETRY_AT_LAST = timedelta(hours=1), timedelta(days=1)
AT_ONCE = 8
"""Pictures fetched at the same time."""

RECORDS, CONTENTS = "picture", "picture-data"
"""Kinds in the cache: what is known by URL or path, and bytes by digest."""


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
    pictures: Iterable[Picture], *, http: Client | None, cache: Cache, now: datetime
) -> Mapping[str, FoundPicture]:
    """What is known of each picture, by its URL; local files are read and remote ones fetched where it is time.

    `http` is None where fetching is turned off: then only what the cache has is known. Never raises for a picture.
    """
    wanted = {_key(picture): picture for picture in pictures}
    known = {key: _parse_record(data) for key, data in cache.get_many(RECORDS, wanted).items()}
    looked = _look(wanted, known, http, now)
    fresh = {key: record for key, record in looked.items() if record != known.get(key) or record.data}
    cache.drop(CONTENTS, _outdated(known, looked))
    cache.put_many(CONTENTS, {record.digest: record.data for record in fresh.values() if record.data})
    cache.put_many(RECORDS, {key: _dump_record(record) for key, record in fresh.items()})
    return {picture.url: _found(picture, looked[key]) for key, picture in wanted.items()}


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


def _outdated(known: Mapping[str, _Record], looked: Mapping[str, _Record]) -> set[str]:
    """Digests of bytes that changed since the last look."""
    return {known[key].digest for key in known} - {record.digest for record in looked.values()} - {""}


def _look(
    wanted: Mapping[str, Picture], known: Mapping[str, _Record], http: Client | None, now: datetime
) -> dict[str, _Record]:
    looked = {key: _look_at_file(Path(picture.path), known.get(key)) for key, picture in wanted.items() if picture.path}
    looked |= {key: known.get(key, _NOT_FETCHED) for key in wanted if key not in looked}
    if http is not None:
        due = [key for key in wanted if not wanted[key].path and _is_due(known.get(key), now)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asker = _Asker(http, now)
            fetched = pool.map(lambda key: asker.fetch(wanted[key].url, known.get(key, _Record())), due)
            looked |= dict(zip(due, fetched, strict=True))
    return looked


_NOT_FETCHED = _Record(reason="pictures are not fetched (cards.fetch is off)")


def _is_due(record: _Record | None, now: datetime) -> bool:
    return record is None or record.next_at is None or record.next_at <= now


def _key(picture: Picture) -> str:
    return f"file:{picture.path}" if picture.path else picture.url


def _look_at_file(path: Path, known: _Record | None) -> _Record:
    """A local file by its size and time; read only where these changed."""
    try:
        status = path.stat()
    except OSError:
        return _Record(reason=f"there is no file {path.name}")
    stamp = f"{status.st_size}-{status.st_mtime_ns}"
    if known is not None and known.stamp == stamp:
        return known
    data = _read_file(path) if status.st_size <= MAX_BYTES else None
    if data is None:
        return _Record(stamp=stamp, reason=f"{path.name} cannot be read, or is larger than {MAX_BYTES:,} bytes")
    return replace(_describe(data), stamp=stamp)


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class _Asker:
    """One look at many pictures. A server that lets us wait once is asked nothing more: a thousand posts may have
    their pictures there, and each would wait as long. Threads share it.
    """

    def __init__(self, http: Client, now: datetime) -> None:
        self._http = http
        self._now = now
        self._slow: set[str] = set()

    def fetch(self, url: str, known: _Record) -> _Record:
        server = url.partition("://")[2].partition("/")[0]
        if server in self._slow:
            return _failed(known, "its server let us wait for another picture", self._now)
        try:
            return _fetch(url, known, self._http, self._now)
        except HostAway as error:
            self._slow.add(server)
            return _failed(known, error.message, self._now)


def _fetch(url: str, known: _Record, http: Client, now: datetime) -> _Record:
    """The picture as the server has it now; after a failure what was known, with a time to try again.

    Raises HostAway where the server let us wait.
    """
    asks = {"If-None-Match": known.etag} if known.etag else {"If-Modified-Since": known.modified}
    headers = {"Accept": "image/avif,image/webp,image/*;q=0.8"}
    if known.digest:
        headers |= {name: value for name, value in asks.items() if value}
    try:
        answer = http.fetch(url, headers=headers, max_bytes=MAX_BYTES)
    except HostAway:
        raise
    except FetchError as error:
        return _failed(known, error.message, now)
    if answer.status == 304 and known.digest:
        return replace(known, next_at=now + _fresh_for(answer), failures=0, reason="")
    if answer.status != 200:
        return _failed(known, f"the server answered {answer.status}", now)
    return _received(answer, known, now)


def _received(answer: Response, known: _Record, now: datetime) -> _Record:
    record = _describe(answer.body)
    if not record.digest:
        return _failed(known, record.reason, now)
    return replace(
        record,
        data=answer.body,
        etag=answer.headers.get("etag", ""),
        modified=answer.headers.get("last-modified", ""),
        next_at=now + _fresh_for(answer),
    )


def _describe(data: bytes) -> _Record:
    from syndicate.cards.photo import read_facts  # noqa: PLC0415 - Pillow is slow to load, and few runs meet a new picture

    facts, reason = read_facts(data)
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
