"""The dashboard: what needs a person, what comes next, what was said; each action a form, each answer a redirect."""

from __future__ import annotations

import logging
import secrets

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from syndicate.errors import SyndicateError
from syndicate.web.dashboard.desk import Desk
from syndicate.web.dashboard.forms import Forms, Logins
from syndicate.web.dashboard.middleware import Gate
from syndicate.web.dashboard.pages import Pages
from syndicate.web.dashboard.replies import say_error
from syndicate.web.dashboard.security import Door, is_loopback, list_names, name_cookie
from syndicate.web.dashboard.sessions import Notes, Sessions

log = logging.getLogger("syndicate")


def open_dashboard(desk: Desk, *, listening: str, password: str) -> ASGIApp | None:
    """The dashboard for a server on the host `listening`; None where others could reach it and there is no password."""
    if not password and not is_loopback(listening):
        log.warning("the dashboard is off: others reach %s, so it needs SYNDICATE_DASHBOARD_PASSWORD", listening)
        return None
    log.info("the dashboard is at /dashboard/%s", " and asks for the password" if password else "")
    names = list_names(desk.settings.site, listening)
    return make_dashboard(desk, Door(names, password, secrets.token_bytes(32), name_cookie(desk.settings)))


def make_dashboard(desk: Desk, door: Door) -> ASGIApp:
    """The ASGI application for `make_app(dashboard=…)`."""
    sessions, notes = Sessions(desk, door.password), Notes()
    pages, forms = Pages(desk, notes, has_password=bool(door.password)), Forms(desk, notes)
    logins = Logins(desk, door, sessions)
    routes = [
        Route("/", pages.show),
        Route("/post/{slug:path}", pages.tell_story),
        Route("/act", forms.act, methods=["POST"]),
        Route("/many", forms.answer_many, methods=["POST"]),
        Route("/resume", forms.resume, methods=["POST"]),
        Route("/login", pages.ask, methods=["GET"]),
        Route("/login", logins.log_in, methods=["POST"]),
        Route("/enter", logins.enter, methods=["GET"]),
        Route("/logout", logins.log_out, methods=["POST"]),
    ]
    handlers = dict.fromkeys((HTTPException, SyndicateError, Exception), say_error)
    return Gate(Starlette(routes=routes, exception_handlers=handlers), door, sessions)
