"""Pages over HTTP: the published files as readers fetch them, and beside them dashboard, API, health and metrics."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from syndicate.model import FEED_FORMATS, FeedRules, Settings
from syndicate.web.dashboard.security import is_local, is_loopback
from syndicate.web.feeds import (
    OPEN,
    ServedFolder,
    allow_everyone,
    answer_with,
    read_headers,
    refuse,
    say_error,
    serve_file,
)

# --- `/healthz` and `/metrics` for whoever watches over the program ---

TOKEN = "SYNDICATE_METRICS_TOKEN"  # noqa: S105 - the name of a variable
_OWN = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Health:
    """What the two pages ask."""

    list_troubles: Callable[[], tuple[str, ...]]
    """A sentence for each thing that stands still; empty where all is well."""
    render_metrics: Callable[[], tuple[bytes, str]]
    """The figures, and their media type."""
    token: str = ""
    """What opens the metrics from elsewhere; without one only this machine may read them."""


def list_routes(health: Health) -> list[BaseRoute]:
    """The two pages as routes of an application."""

    async def healthz(_request: Request) -> Response:
        troubles = await run_in_threadpool(health.list_troubles)
        text = "\n".join(troubles) or "ok"
        return PlainTextResponse(f"{text}\n", 503 if troubles else 200, headers=_OWN)

    async def metrics(request: Request) -> Response:
        if not _may_read(request, health.token):
            return PlainTextResponse("The metrics are for this machine, or for a token.\n", 403, headers=_OWN)
        figures, media_type = await run_in_threadpool(health.render_metrics)
        return Response(figures, media_type=media_type, headers=_OWN)

    return [Route("/healthz", healthz), Route("/metrics", metrics)]


def make_health_app(health: Health) -> Starlette:
    """The two pages alone, for a process that serves nothing else."""
    return Starlette(routes=list_routes(health))


def _may_read(request: Request, token: str) -> bool:
    """By the token; without one from this machine by its own name, and not through a proxy on it.

    A page of a stranger whose name was rebound to this machine asks by that name.
    """
    given = request.headers.get("authorization", "")
    if token:
        return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
    is_passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    is_here = is_loopback(request.client.host if request.client else "") and is_local(request.headers.get("host", ""))
    return is_here and not is_passed_on


# --- an access log that `syndicate stats` reads ---

log = logging.getLogger("syndicate.access")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MOST_SIGNS = 1000
"""Of one value: what a stranger sends must not fill the log."""


def note(scope: Scope, asked: Mapping[str, str], answer: Response) -> None:
    """Log one request at level INFO."""
    if not log.isEnabledFor(logging.INFO):
        return
    given = read_headers(answer.raw_headers)
    query = scope["query_string"].decode("latin-1")
    target = scope["path"] + (f"?{query}" if query else "")
    client = scope.get("client")
    line = format_line(
        address=_to_address(client[0] if client else ""),
        at=datetime.now(UTC),
        request=f"{scope['method']} {target} HTTP/{scope.get('http_version', '1.1')}",
        status=answer.status_code,
        size=0 if scope["method"] == "HEAD" else int(given.get("content-length", 0)),
        asked=asked,
        given=given,
    )
    log.handle(log.makeRecord(log.name, logging.INFO, "", 0, line, (), None))  # `log.info` looks for who called


def format_line(
    *,
    address: str,
    at: datetime,
    request: str,
    status: int,
    size: int,
    asked: Mapping[str, str],
    given: Mapping[str, str],
) -> str:
    """One line, without its end. Header names are lower case; quotes and controls in values are escaped."""
    day = f"{at.day:02}/{_MONTHS[at.month - 1]}/{at.year}:{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    told = [asked.get("referer"), asked.get("user-agent"), asked.get("if-none-match"), asked.get("if-modified-since")]
    told += [given.get("etag"), given.get("last-modified")]
    quoted = " ".join(_quote(value or "-") for value in told)
    return f"{address} - - [{day}] {_quote(request)} {status} {size} {quoted}"


@lru_cache(maxsize=512)
def _to_address(host: str) -> str:
    """The visitor's address, "-" for anything else: a proxy passes on what it was told."""
    try:
        return str(ip_address(host))
    except ValueError:
        return "-"


def _quote(value: str) -> str:
    escaped = value[:_MOST_SIGNS].replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isprintable():
        escaped = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in escaped)
    return f'"{escaped}"'


API_PLACES = ("/api/v1", "/dashboard/api/v1")
"""The second is for the dashboard's own scripts: a browser sends the session's cookie there."""
_METHODS = ["GET", "HEAD", "OPTIONS"]


def make_app(
    output_root: str,
    settings: Settings,
    *,
    is_published: Callable[[str, bytes], bool],
    dashboard: ASGIApp | None = None,
    api: ASGIApp | None = None,
    health: Health | None = None,
) -> ASGIApp:
    """The ASGI application: published files under the path of the feeds' public address.

    Beside them are `dashboard` and `api`, and /healthz and /metrics where there is `health`.

    Of what lies in the folder only what `is_published` knows by path and bytes is served.
    """
    address = (settings.site.feeds_url or f"{settings.site.url}/feeds").rstrip("/")
    prefix = urlsplit(address).path
    files = FeedFiles(ServedFolder(Path(output_root), is_published), settings.feeds, prefix, address)
    routes: list[BaseRoute] = list_routes(health) if health else []
    routes += [_mount_whole(place, api) for place in API_PLACES] if api is not None else []
    routes += _mount(dashboard) if dashboard is not None else []
    if prefix:
        routes += [Route(place, files.enter, methods=_METHODS) for place in ("/", prefix)]
    routes.append(Route(prefix + "/{path:path}", files.answer, methods=_METHODS))
    return QuickAnswers(
        files, Starlette(routes=routes, exception_handlers={HTTPException: say_error, Exception: say_error})
    )


def _mount_whole(place: str, app: ASGIApp) -> Mount:
    """Every path below a place, those with the sign of a new line included: Starlette's pattern passes them over."""
    mount = Mount(place, app=app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _mount(dashboard: ASGIApp) -> list[BaseRoute]:
    """The dashboard, and the way to it for who leaves out the last slash."""
    return [
        Route("/dashboard", lambda _request: RedirectResponse("/dashboard/", 308), methods=["GET", "HEAD"]),
        Mount("/dashboard", app=dashboard),
    ]


_MOST_AT_ONCE = 1_000_000
"""Bytes that are read without a thread: what is larger may keep everybody else waiting."""
_FEED_NAMES = frozenset(form.file for form in FEED_FORMATS.values())


class FeedFiles:
    """Answers for the published files below `prefix`."""

    def __init__(self, folder: ServedFolder, rules: FeedRules, prefix: str, address: str) -> None:
        self._folder = folder
        self._rules = rules
        self._prefix = prefix
        self._address = address

    def enter(self, request: Request) -> Response:
        """The way in: the page for people."""
        if request.method == "OPTIONS":
            return allow_everyone()
        return RedirectResponse(f"{self._prefix}/", 308, headers=OPEN)

    def answer(self, request: Request) -> Response:
        """One published file, or the reason why there is none."""
        asked = read_headers(request.scope["headers"])
        answer = self._answer(request.method, asked, request.path_params["path"] or "index.html")
        note(request.scope, asked, answer)
        return answer

    def answer_at_once(self, scope: Scope) -> Response | None:
        """The same of a small file that was asked for before: neither a thread nor the framework's routes are needed.

        None where somebody has to look.
        """
        path, place = scope["path"], f"{self._prefix}/"
        if scope["method"] not in {"GET", "HEAD"} or not path.startswith(place):
            return None
        found = self._folder.find_known(path.removeprefix(place) or "index.html")
        if found is None or found.build.size > _MOST_AT_ONCE:
            return None
        asked = read_headers(scope["headers"])
        answer = answer_with(asked, found)
        if answer is not None:
            self._add_links(answer, found.path)
            note(scope, asked, answer)
        return answer

    def _answer(self, method: str, asked: Mapping[str, str], path: str) -> Response:
        if method == "OPTIONS":
            return allow_everyone()
        moved = find_new_path(path, self._rules.renamed)
        if moved:
            return RedirectResponse(f"{self._prefix}/{moved}", 301, headers=OPEN)
        if any(is_below(path, folder) for folder in self._rules.retired):
            return refuse(410, "This feed has ended.")
        answer = serve_file(asked, self._folder, path)
        self._add_links(answer, path)
        return answer

    def _add_links(self, answer: Response, path: str) -> None:
        if answer.status_code in {200, 304} and path.rpartition("/")[2] in _FEED_NAMES:
            answer.raw_headers.append((b"link", self._list_links(path)))

    def _list_links(self, path: str) -> bytes:
        """Self and hubs as headers (WebSub, section 4): readers need not parse the document for them."""
        links = [f'<{self._address}/{quote(path)}>; rel="self"']
        return ", ".join([*links, *(f'<{hub}>; rel="hub"' for hub in self._rules.hubs)]).encode("latin-1")


class QuickAnswers:
    """What readers ask for again and again is answered before the framework is asked."""

    def __init__(self, files: FeedFiles, app: ASGIApp) -> None:
        self._files = files
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._files.answer_at_once(scope) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)


def find_new_path(path: str, renamed: Mapping[str, str]) -> str:
    """Where a path in a renamed feed folder lives now, "" where it was not renamed."""
    for old, new in renamed.items():
        if is_below(path, old):
            return new.strip("/") + path[len(old.strip("/")) :]
    return ""


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or something in it."""
    folder = folder.strip("/")
    return path == folder or path.startswith(f"{folder}/")


class Current:
    """An ASGI application that is made anew whenever `read` gives other settings."""

    def __init__(self, read: Callable[[], Settings], make: Callable[[Settings], ASGIApp]) -> None:
        self._read = read
        self._make = make
        self._made_of = read()
        self._app = make(self._made_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._read()
        if settings is not self._made_of:
            self._app, self._made_of = self._make(settings), settings
        await self._app(scope, receive, send)
