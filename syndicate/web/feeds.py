"""The published files with their validators.

The ETag of a file is the digest of its bytes, so it is the same on every machine and after every restart. It is
computed once per build of the file, never per request: a build is told by inode, size and change time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from stat import S_ISREG
from threading import Lock
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from syndicate.errors import UsageError
from syndicate.model import find_feed_format
from syndicate.output import ENDINGS, check_path, choose_cache_control

# --- Which bytes and which media type a request gets. Pure ---

# Our own table: the system's mime.types differs from machine to machine.
_OTHER_TYPES: Mapping[str, str] = {
    "css": "text/css",
    "gif": "image/gif",
    "html": "text/html",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webp": "image/webp",
    "xml": "application/xml",
}
_CODINGS = ("br", "zstd", "gzip")


def choose_type(path: str, *, is_navigation: bool) -> str:
    """The media type of a published path, with its charset for text.

    A person who opens a feed in a browser gets the same bytes under a type that browsers show instead of saving.
    """
    kind = find_feed_type(path)
    if kind and is_navigation:
        kind = "application/json" if kind.endswith("json") else "application/xml"
    kind = kind or _OTHER_TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith("xml") else kind


def find_feed_type(path: str) -> str:
    """The media type of a feed document or OPML file, "" for any other file."""
    if path.rpartition("/")[2] == "opml.xml":
        return "text/x-opml"
    found = find_feed_format(path)
    return found.media_type if found else ""


def choose_coding(accepted: str, there: Mapping[str, object]) -> str:
    """The content coding to send out of those that are there, "" for the plain bytes (RFC 9110 section 12.5.3).

    The client's own preference comes first; among equals the smallest usual result.
    """
    weights = parse_weights(accepted)
    offers = [(weights.get(coding, weights.get("*", 0.0)), coding) for coding in _CODINGS if coding in there]
    best = max(offers, key=lambda offer: offer[0], default=(0.0, ""))
    return best[1] if best[0] > 0 and best[0] >= weights.get("identity", 0.0) else ""


def parse_weights(header: str) -> dict[str, float]:
    """ "gzip;q=0.8, br" → {"gzip": 0.8, "br": 1.0}; a broken weight counts as 0."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, rest = part.partition(";")
        if name.strip():
            weights[name.strip()] = _parse_weight(rest)
    return weights


def _parse_weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


# --- conditional requests (RFC 9110, section 13) ---

_TAG = re.compile(r'(?:W/)?"([^"]*)"(?:-(?:gzip|br|zstd))?')
_CODINGS_BEHIND = re.compile(r"(?:-(?:gzip|br|zstd|df))*")


def decide_status(headers: Mapping[str, str], tag: str, modified_at: datetime) -> int:
    """200, 304 or 412 for a GET or HEAD. `headers` has lower-case names, `tag` is the opaque part without quotes.

    The order is that of section 13.2.2: a list of tags wins over a date of the same kind.
    """
    if "if-match" in headers:
        if not _is_listed(headers["if-match"], tag, weakly=False):
            return 412
    elif _is_after(modified_at, headers.get("if-unmodified-since")):
        return 412
    if "if-none-match" in headers:
        return 304 if _is_listed(headers["if-none-match"], tag, weakly=True) else 200
    since = _parse_date(headers.get("if-modified-since"))
    return 304 if since is not None and modified_at <= since else 200


def _is_listed(value: str, tag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags names this file in any coding: servers append "-gzip" for compressed bytes."""
    value = value.strip()
    if value == "*":
        return True
    found = [match for match in _TAG.finditer(value) if weakly or not match[0].startswith("W/")]
    names = [match[1] for match in found] or ([] if '"' in value else [value])
    return any(name.startswith(tag) and _CODINGS_BEHIND.fullmatch(name, len(tag)) for name in names)


def _is_after(moment: datetime, header: str | None) -> bool:
    limit = _parse_date(header)
    return limit is not None and moment > limit


def _parse_date(value: str | None) -> datetime | None:
    """An HTTP date in any of its three forms; None where it is none (then the header is ignored)."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class Build(NamedTuple):
    """Tells one writing of a file from every other."""

    inode: int
    size: int
    changed_ns: int


_MOST_BYTES = 100_000_000
"""No file of ours is larger; a strange one need not be read to tell."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """One build of a published file. `siblings` maps a content coding to the place of those bytes."""

    path: str
    place: Path
    build: Build
    tag: str
    modified_at: datetime
    siblings: Mapping[str, Path]


class _Seen(NamedTuple):
    """A file that was found: where it is, where its compressed forms would be, and the tag of one build."""

    place: Path
    siblings: Mapping[str, Path]
    build: Build
    tag: str


@dataclass(frozen=True, slots=True)
class ServedFolder:
    """The published files below a folder. Whatever else lies there is nobody's business."""

    root: Path
    is_published: Callable[[str, bytes], bool]
    """Whether these bytes under this path are part of what was published."""
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def find(self, path: str) -> ServedFile | None:
        """The file published under a path, None where there is none or it may not be shown."""
        try:
            place = self.root / check_path(path)
            facts = place.stat()
            is_inside = place.resolve().is_relative_to(self.root.resolve())
            if not is_inside or not S_ISREG(facts.st_mode):
                return None
            seen = self._find_seen(path, place, facts)
        except (UsageError, OSError, ValueError):
            return None
        return _make_served(path, seen, facts) if seen else None

    def find_known(self, path: str) -> ServedFile | None:
        """The same of a file that was found before and is as it was: no look at its bytes, no question to anybody."""
        seen = self._seen.get(path)
        if seen is None:
            return None
        try:
            facts = seen.place.stat()
        except OSError:
            return None
        return _make_served(path, seen, facts) if seen.build == _build(facts) else None

    def _find_seen(self, path: str, place: Path, facts: os.stat_result) -> _Seen | None:
        """None for what is not published: asked each time, as it may be taken over later."""
        seen = self._seen.get(path)
        if seen is not None and seen.build == _build(facts):
            return seen
        with self._one_at_a_time:  # many visitors who ask for a large file of somebody else cost the memory of one
            data = place.read_bytes() if facts.st_size <= _MOST_BYTES else b""
            if not self.is_published(path, data):
                return None
        siblings = {coding: place.with_name(place.name + ending) for coding, ending in ENDINGS.items()}
        self._seen[path] = seen = _Seen(place, siblings, _build(facts), sha256(data).hexdigest()[:32])
        return seen


def _make_served(path: str, seen: _Seen, facts: os.stat_result) -> ServedFile:
    modified_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
    return ServedFile(path, seen.place, seen.build, seen.tag, modified_at, _list_fresh(seen.siblings, facts))


def read_build(found: ServedFile, coding: str) -> bytes | None:
    """The bytes in a coding, "" for plain; None where a publication replaced them meanwhile."""
    try:
        data = (found.siblings[coding] if coding else found.place).read_bytes()
        return data if _build(found.place.stat()) == found.build else None
    except OSError:
        return None


def _build(facts: os.stat_result) -> Build:
    return Build(facts.st_ino, facts.st_size, facts.st_ctime_ns)


def _list_fresh(siblings: Mapping[str, Path], facts: os.stat_result) -> dict[str, Path]:
    """Compressed forms of this very build: they carry its time."""
    return {coding: sibling for coding, sibling in siblings.items() if _find_time(sibling) == facts.st_mtime_ns}


def _find_time(place: Path) -> int | None:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return None


# --- from a published file and a request to an answer ---

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "none",  # a document is small, and half of one is none
}
"""Headers of every answer, errors too: readers that run in browsers must be able to see them."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
_TRIES = 3


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their lower-case names, the first of each; Starlette goes through all of them for each question."""
    found: dict[str, str] = {}
    for name, value in raw:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


def serve_file(asked: Mapping[str, str], folder: ServedFolder, path: str) -> Response:
    """A published file, 304, 412, or 404; once more where a publication came between looking and reading."""
    for _ in range(_TRIES):
        found = folder.find(path)
        if found is None:
            return refuse(404, "There is no such file.")
        answer = answer_with(asked, found)
        if answer is not None:
            return answer
    return refuse(503, "The file is being published, ask again.")


def allow_everyone() -> Response:
    """The answer to a preflight (WHATWG Fetch, CORS protocol): conditional headers are welcome from anywhere."""
    return Response(status_code=204, headers=OPEN | _PREFLIGHT | {"Allow": "GET, HEAD, OPTIONS"})


def refuse(status: int, words: str) -> Response:
    """An error in plain words."""
    age = "public, max-age=60" if status < 500 else "no-store"
    return Response(f"{words}\n", status, headers=OPEN | {"Cache-Control": age}, media_type="text/plain")


def say_error(_request: Request, error: Exception) -> Response:
    """Errors of the framework, with our headers."""
    if not isinstance(error, HTTPException):
        return refuse(500, "Something broke.")
    answer = refuse(error.status_code, f"{HTTPStatus(error.status_code).phrase}.")
    answer.headers.update(error.headers or {})
    return answer


def answer_with(asked: Mapping[str, str], found: ServedFile) -> Response | None:
    """The answer with this build of a file, None where a publication replaced it meanwhile."""
    coding = choose_coding(asked.get("accept-encoding", ""), found.siblings)
    status = decide_status(asked, found.tag, found.modified_at)
    if status == 412:
        return refuse(412, "The file has changed.")
    if status == 304:
        return Response(status_code=304, headers=_describe(found, coding))
    data = read_build(found, coding)
    if data is None:
        return None
    is_navigation = asked.get("sec-fetch-mode") == "navigate"
    about = {
        "Content-Type": choose_type(found.path, is_navigation=is_navigation),
        "Last-Modified": format_datetime(min(found.modified_at, datetime.now(UTC)), usegmt=True),
    }
    return Response(data, headers=_describe(found, coding) | about | ({"Content-Encoding": coding} if coding else {}))


def _describe(found: ServedFile, coding: str) -> dict[str, str]:
    """The headers that 200 and 304 share (RFC 9110 section 15.4.5)."""
    return OPEN | {
        "ETag": f'"{found.tag}-{coding}"' if coding else f'"{found.tag}"',
        "Cache-Control": choose_cache_control(found.path),
        "Vary": "Accept-Encoding, Sec-Fetch-Mode" if find_feed_type(found.path) else "Accept-Encoding",
    }
