"""The dashboard: calendars and lists of messages; each action a form, each answer a redirect."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from time import monotonic
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from syndicate.app.app import App
from syndicate.errors import SyndicateError
from syndicate.web.dashboard.forms import Forms, NewMessages
from syndicate.web.dashboard.pages import Pages
from syndicate.web.dashboard.render import Notes, Renderer
from syndicate.web.dashboard.security import Door, Gate, StaleForm, is_loopback, list_names, name_cookie, say_error
from syndicate.web.dashboard.sessions import Logins, Sessions
from syndicate.web.dashboard.site_pages import AccountLogins, SitePages

# --- Server-sent events ---
# Open pages hear that something changed, and read themselves anew.

PAUSE = 1.0
"""Seconds between two looks at the state, however many pages are open."""
_TURNS = 50
"""Looks of one answer; then the browser asks again, so that no answer lasts for ever."""


class Events:
    """What GET /events answers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._looked_at = -PAUSE
        self._version = ""

    async def listen(self, request: Request) -> Response:
        """An event for every change since the one that the browser heard last."""
        heard = request.headers.get("last-event-id", "")
        return StreamingResponse(self._tell(heard), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _tell(self, heard: str) -> AsyncIterator[str]:
        last = heard or await self._look()
        yield f"retry: 2000\nid: {last}\n\n"
        for _ in range(_TURNS):
            version = await self._look()
            if version != last:
                last = version
                yield f"event: change\nid: {version}\ndata: {version}\n\n"
            await asyncio.sleep(PAUSE)

    async def _look(self) -> str:
        """Changes whenever the state does; pages that are open at the same time share a look."""
        if monotonic() - self._looked_at >= PAUSE:
            self._looked_at = monotonic()
            self._version = await run_in_threadpool(self._read_version)
        return self._version

    def _read_version(self) -> str:
        with self._app.borrow() as site:
            is_running = site.store.is_daemon_running()
            return sha256(f"{site.store.read_version()} {is_running}".encode()).hexdigest()[:16]


log = logging.getLogger("syndicate")


def open_door(app: App, *, listening: str, password: str) -> Door | None:
    """How the dashboard is reached; None where others could reach it and there is no password."""
    if not password and not is_loopback(listening):
        log.warning("the dashboard is off: others reach %s, so it needs SYNDICATE_DASHBOARD_PASSWORD", listening)
        return None
    log.info("the dashboard is at /dashboard/%s", " and asks for the password" if password else "")
    names = list_names(app.settings.site, listening)
    app.open_for_threads()
    return Door(names, password, secrets.token_bytes(32), name_cookie(app.settings))


def make_dashboard(app: App, door: Door) -> ASGIApp:
    """The ASGI application for `make_app(dashboard=…)`."""
    sessions, notes = Sessions(app, door.password), Notes()
    renderer = Renderer(app, notes)
    pages, forms = Pages(app, renderer, has_password=bool(door.password)), Forms(app, notes)
    site_pages, new_messages = SitePages(app, renderer), NewMessages(app, renderer, notes)
    account_logins = AccountLogins(app, renderer, notes)
    events = Events(app)
    logins = Logins(app, renderer, door, sessions)
    routes = [
        Route("/", pages.show_week),
        Route("/week", pages.show_week),
        Route("/month", pages.show_month),
        Route("/list", pages.show_list),
        Route("/needs", pages.show_needing),
        Route("/sent", pages.show_sent),
        Route("/post/{slug:path}", pages.show_post),
        Route("/message/{number:int}", pages.show_message, methods=["GET"]),
        Route("/message/{number:int}", pages.look_at_message, methods=["POST"]),
        Route("/posts", site_pages.show_posts),
        Route("/accounts", site_pages.show_accounts),
        Route("/accounts/{name}/login", account_logins.ask, methods=["GET"]),
        Route("/accounts/{name}/login", account_logins.answer, methods=["POST"]),
        Route("/back", account_logins.come_back, methods=["GET"]),
        Route("/feeds", site_pages.show_feeds),
        Route("/counted", pages.show_counted),
        Route("/history", site_pages.show_history),
        Route("/new", new_messages.ask, methods=["GET"]),
        Route("/new", new_messages.answer, methods=["POST"]),
        Route("/events", events.listen, methods=["GET"]),
        Route("/act", forms.act, methods=["POST"]),
        Route("/many", forms.answer_many, methods=["POST"]),
        Route("/resume", forms.resume, methods=["POST"]),
        Route("/login", pages.ask_for_password, methods=["GET"]),
        Route("/login", logins.log_in, methods=["POST"]),
        Route("/enter", logins.enter, methods=["GET"]),
        Route("/logout", logins.log_out, methods=["POST"]),
        Route("/desk.css", renderer.serve_style),
        Route("/desk.js", renderer.serve_script),
    ]
    handlers: dict[type[Exception] | int, Any] = dict.fromkeys((HTTPException, SyndicateError, Exception), say_error)
    handlers |= {StaleForm: logins.say_stale, 404: logins.say_missing}
    return Gate(Starlette(routes=routes, exception_handlers=handlers), door, sessions.is_open, logins.keep_words)
