"""The server of `syndicate serve`: what `feeds/` holds, as readers, browsers and caches want it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from syndicate.model import FeedRules, Settings
from syndicate.output.caching import choose_cache_control
from syndicate.web.conditions import decide_status
from syndicate.web.negotiation import choose_coding, choose_type, find_feed_type
from syndicate.web.shelf import Shelf, Shelved

_METHODS = ["GET", "HEAD", "OPTIONS"]
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def make_app(output_root: str, settings: Settings, dashboard: ASGIApp | None = None) -> Starlette:
    """The ASGI application: published files under the path of the feeds' public address, `dashboard` beside them."""
    prefix = urlsplit(settings.site.feeds_url or f"{settings.site.url}/feeds").path.rstrip("/")
    feeds = FeedFiles(Shelf(Path(output_root)), settings.feeds, prefix)
    routes: list[BaseRoute] = [Mount("/dashboard", app=dashboard)] if dashboard is not None else []
    if prefix:
        routes += [Route(prefix, feeds.enter, methods=_METHODS), Route("/", feeds.enter, methods=_METHODS)]
    routes.append(Route(prefix + "/{path:path}", feeds.answer, methods=_METHODS))
    return Starlette(routes=routes)


class FeedFiles:
    """Answers for the published files."""

    def __init__(self, shelf: Shelf, rules: FeedRules, prefix: str) -> None:
        self._shelf = shelf
        self._rules = rules
        self._prefix = prefix

    def enter(self, _request: Request) -> Response:
        """The way in: the page for people."""
        return RedirectResponse(f"{self._prefix}/", 308, headers=_CORS)

    def answer(self, request: Request) -> Response:
        """One published file, or the reason why there is none."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS | _PREFLIGHT)
        path = request.path_params["path"] or "index.html"
        moved = find_new_path(path, self._rules.renamed)
        if moved:
            return RedirectResponse(f"{self._prefix}/{moved}", 301, headers=_CORS)
        if is_retired(path, self._rules.retired):
            return _refuse(410, "This feed has ended.")
        found = self._shelf.find(path)
        return _refuse(404, "There is no such file.") if found is None else _serve(request, found)


def find_new_path(path: str, renamed: Mapping[str, str]) -> str:
    """Where a renamed feed folder lives now, "" where the path was not renamed."""
    for old, new in renamed.items():
        folder = old.strip("/")
        if path == folder or path.startswith(f"{folder}/"):
            return new.strip("/") + path[len(folder) :]
    return ""


def is_retired(path: str, retired: tuple[str, ...]) -> bool:
    """Whether a path lies in a feed folder that ended for good."""
    return any(path == folder.strip("/") or path.startswith(f"{folder.strip('/')}/") for folder in retired)


def _serve(request: Request, found: Shelved) -> Response:
    status = decide_status(request.headers, found.tag, found.modified_at)
    coding = choose_coding(request.headers.get("accept-encoding", ""), found.siblings)
    headers = _describe(found, coding)
    if status == 412:
        return _refuse(412, "The file has changed.")
    if status == 304:
        return Response(status_code=304, headers=headers)
    is_navigation = request.headers.get("sec-fetch-mode") == "navigate"
    headers["Content-Type"] = choose_type(found.path, is_navigation=is_navigation)
    headers["Last-Modified"] = format_datetime(
        min(found.modified_at, datetime.now(UTC)).replace(microsecond=0), usegmt=True
    )
    if coding:
        headers["Content-Encoding"] = coding
    place = found.siblings[coding] if coding else found.place
    return Response(place.read_bytes(), headers=headers)


def _describe(found: Shelved, coding: str) -> dict[str, str]:
    """The headers that 200 and 304 share."""
    return _CORS | {
        "ETag": f'"{found.tag}-{coding}"' if coding else f'"{found.tag}"',
        "Cache-Control": choose_cache_control(found.path),
        "Vary": "Accept-Encoding, Sec-Fetch-Mode" if find_feed_type(found.path) else "Accept-Encoding",
    }


def _refuse(status: int, words: str) -> Response:
    return Response(
        f"{words}\n", status, headers=_CORS | {"Cache-Control": "public, max-age=60"}, media_type="text/plain"
    )
