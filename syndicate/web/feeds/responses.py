"""From a published file and a request to an answer: validators, coding, media type, headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from syndicate.output.caching import choose_cache_control
from syndicate.web.feeds.files import Shelf, Shelved, read_build
from syndicate.web.feeds.negotiation import choose_coding, choose_type, decide_status, find_feed_type

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer, errors too: readers that run in browsers must be able to see them."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
_TRIES = 3


def serve_file(request: Request, shelf: Shelf, path: str) -> Response:
    """A published file, 304, 412, or 404; once more where a publication came between looking and reading."""
    for _ in range(_TRIES):
        found = shelf.find(path)
        if found is None:
            return refuse(404, "There is no such file.")
        answer = _answer(request, found)
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


def _answer(request: Request, found: Shelved) -> Response | None:
    coding = choose_coding(request.headers.get("accept-encoding", ""), found.siblings)
    status = decide_status(request.headers, found.tag, found.modified_at)
    if status == 412:
        return refuse(412, "The file has changed.")
    if status == 304:
        return Response(status_code=304, headers=_describe(found, coding))
    data = read_build(found, coding)
    if data is None:
        return None
    is_navigation = request.headers.get("sec-fetch-mode") == "navigate"
    about = {
        "Content-Type": choose_type(found.path, is_navigation=is_navigation),
        "Last-Modified": format_datetime(min(found.modified_at, datetime.now(UTC)), usegmt=True),
    }
    return Response(data, headers=_describe(found, coding) | about | ({"Content-Encoding": coding} if coding else {}))


def _describe(found: Shelved, coding: str) -> dict[str, str]:
    """The headers that 200 and 304 share (RFC 9110 section 15.4.5)."""
    return OPEN | {
        "ETag": f'"{found.tag}-{coding}"' if coding else f'"{found.tag}"',
        "Cache-Control": choose_cache_control(found.path),
        "Vary": "Accept-Encoding, Sec-Fetch-Mode" if find_feed_type(found.path) else "Accept-Encoding",
    }
