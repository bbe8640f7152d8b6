"""The dashboard: calendars and lists of messages; each action a form, each answer a redirect."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from syndicate.app.app import App
from syndicate.app.dashboard import list_feeds, list_last_troubles, list_posts
from syndicate.app.publish import list_problems
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import gather_problems
from syndicate.networks import NETWORKS, describe
from syndicate.networks.base import AskAgain, LoginPage, LogsIn
from syndicate.planning.deliveries import say_reason
from syndicate.web.dashboard.forms import Forms, NewMessages
from syndicate.web.dashboard.pages import Pages
from syndicate.web.dashboard.render import Note, Notes, Renderer, to_link
from syndicate.web.dashboard.rows import read_query
from syndicate.web.dashboard.security import (
    Door,
    Form,
    Gate,
    StaleForm,
    base_of,
    go,
    is_loopback,
    list_names,
    name_cookie,
    read_form,
    say_error,
    to_sentence,
)
from syndicate.web.dashboard.sessions import Logins, Sessions

# --- Pages about the site itself: posts, accounts and their logins, feeds, the history of every attempt ---

_POSTS_ON_A_PAGE, _EVENTS_ON_A_PAGE, _MOST_FEEDS = 60, 200, 60


class SitePages:
    """What is not about one message that exists."""

    def __init__(self, app: App, renderer: Renderer) -> None:
        self._app = app
        self._renderer = renderer

    def show_posts(self, request: Request) -> Response:
        """Posts with their cards, messages and problems."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            found = list_posts(site, asked.wanted.words)
            asked = replace(asked, page=min(asked.page, max(1, -(-len(found) // _POSTS_ON_A_PAGE))))
            first = (asked.page - 1) * _POSTS_ON_A_PAGE
            return self._renderer.render_page(
                request,
                site,
                "posts",
                content=site.settings.site.content,
                asked=asked,
                number=len(found),
                posts=found[first : first + _POSTS_ON_A_PAGE],
                problems=gather_problems(list_problems(site)),
                later=asked.to_query(page=asked.page + 1) if len(found) > first + _POSTS_ON_A_PAGE else "",
                earlier=asked.to_query(page=asked.page - 1) if asked.page > 1 else "",
            )

    def show_accounts(self, request: Request) -> Response:
        """Accounts with their tokens, moods and last troubles."""
        with self._app.borrow() as site:
            troubles = {
                name: (event.attempt.at, say_reason(event.attempt.reason, event.attempt.detail), event.slug)
                for name, event in list_last_troubles(site).items()
            }
            known = [one for one in site.settings.accounts if one.network in NETWORKS]
            secret = {one.name for one in known if describe(one.network).secrets}
            return self._renderer.render_page(
                request,
                site,
                "accounts",
                rows=self._app.list_accounts(online=False),
                counts=site.store.count_by_account(),
                troubles=troubles,
                with_login=secret,
            )

    def show_feeds(self, request: Request) -> Response:
        """The published feeds: whether readers can use them, how large they are, when they changed."""
        with self._app.borrow() as site:
            feeds, number = list_feeds(site, _MOST_FEEDS)
            return self._renderer.render_page(request, site, "feeds", feeds=feeds, number=number)

    def show_history(self, request: Request) -> Response:
        """Every attempt, newest first, with the network's own words."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            account = asked.wanted.account
            events = site.store.list_events(account=account, before=asked.show, most=_EVENTS_ON_A_PAGE)
            lines = [(one, say_reason(one.attempt.reason, one.attempt.detail)) for one in events]
            more = asked.to_query(show=events[-1].number) if len(events) == _EVENTS_ON_A_PAGE else ""
            titles = site.store.list_titles(sorted({one.post_id for one in events}))
            shown = {"asked": asked, "lines": lines, "titles": titles, "later": more}
            return self._renderer.render_page(request, site, "history", **shown)


# --- logging an account in from the browser: its questions, the network's own page, and the code that comes back ---

_LASTS = timedelta(minutes=15)
_MOST = 20


@dataclass(frozen=True, slots=True)
class Begun:
    """A login whose person is at the network's page."""

    account: str
    answers: Mapping[str, str] = field(repr=False)
    page: LoginPage = field(repr=False)
    at: datetime
    returns: bool
    """Whether the network sends the browser back to us; else the person pastes the code."""


class AccountLogins:
    """The pages and forms of `/accounts/NAME/login`."""

    def __init__(self, app: App, renderer: Renderer, notes: Notes) -> None:
        self._app = app
        self._renderer = renderer
        self._notes = notes
        self._begun: dict[str, Begun] = {}

    def ask(self, request: Request) -> Response:
        """The questions of the account's network, or the last step of a login that has begun."""
        name, key = request.path_params["name"], request.query_params.get("key", "")
        begun = self._find(name, key)
        try:
            network = self._app.open_login(name)
        except SyndicateError as error:
            raise HTTPException(404, to_sentence(error)) from error
        with self._app.borrow() as site:
            return self._renderer.render_page(
                request,
                site,
                "account",
                account=name,
                fields=network.login_fields,
                begun=begun,
                key=key if begun else "",
                code=request.query_params.get("code", "")[:2000] if begun else "",
            )

    async def answer(self, request: Request) -> Response:
        """Begin a login, or finish the one that has begun."""
        fields = await read_form(request)
        name = request.path_params["name"]
        address = f"{request.url.scheme}://{request.url.netloc}{base_of(request)}/back"
        place, note = await run_in_threadpool(self._answer, name, fields, address)
        return go(request, place, self._notes.keep(note) if note else "")

    def _answer(self, name: str, fields: Form, address: str) -> tuple[str, Note | None]:
        """The page that comes next, and what to say there."""
        begun = self._find(name, fields.get("key", ""))
        place = f"/accounts/{name}/login"
        try:
            network = self._app.open_login(name)
            if begun:
                self._begun.pop(fields.get("key", ""))
                return self._finish(network, begun, _read_code(fields.get("code", "")))
            answers = {one.name: fields.get(f"answer-{one.name}", "").strip() for one in network.login_fields}
            return self._begin(network, name, answers, address)
        except SyndicateError as error:
            return place, Note(to_sentence(error), is_error=True)

    def _begin(self, network: LogsIn, name: str, answers: Mapping[str, str], address: str) -> tuple[str, Note | None]:
        page = network.begin_login(answers, redirect=address)
        if page is None:
            secrets_ = network.finish_login(answers, None, "")
            return "/accounts", Note(self._app.store_login(name, secrets_))
        if not to_link(page.url):
            raise UsageError("the network named no page to log in at")
        returns = dict(page.memory or {}).get("redirect_uri", address) == address
        key = secrets.token_urlsafe(16)
        while len(self._begun) >= _MOST:
            self._begun.pop(next(iter(self._begun)))
        self._begun[key] = Begun(name, answers, page, self._app.now(), returns)
        return f"/accounts/{name}/login?key={key}", None

    def _finish(self, network: LogsIn, begun: Begun, code: str) -> tuple[str, Note | None]:
        if not code:
            raise UsageError("there is no code", hint="allow it on the network's page, then paste the code")
        try:
            found = network.finish_login(begun.answers, begun.page, code)
        except AskAgain as again:
            address = dict(begun.page.memory or {}).get("redirect_uri", "")
            place, _ = self._begin(network, begun.account, {**begun.answers, **again.answers}, address)
            return place, Note(to_sentence(again), is_error=True)
        return "/accounts", Note(self._app.store_login(begun.account, found))

    def come_back(self, request: Request) -> Response:
        """Where the network sends the browser: anybody may come here, and only a known state leads on.

        A browser sends no strict cookie along with a visit from elsewhere, so the way on is a link of our own page.
        """
        asked = request.query_params
        state = asked.get("state", "")
        for key, begun in list(self._begun.items()):
            if begun.page.state and hmac.compare_digest(begun.page.state.encode(), state.encode()):
                said = asked.get("error_description", asked.get("error", ""))[:300]
                return self._renderer.render(
                    request, "back", account=begun.account, key=key, code=asked.get("code", "")[:2000], said=said
                )
        raise HTTPException(404, "No login waits for this answer: begin it again.")

    def _find(self, name: str, key: str) -> Begun | None:
        begun = self._begun.get(key)
        is_fresh = begun is not None and begun.account == name and self._app.now() - begun.at < _LASTS
        return begun if is_fresh else None


def _read_code(pasted: str) -> str:
    """The code, also out of the whole address that a person landed on."""
    try:
        asked = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        return pasted.strip()
    return asked["code"][0].removesuffix("#_") if "code" in asked else pasted.strip()


# --- Server-sent events: open pages hear that something changed, and read themselves anew ---

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
            now_is = (site.store.read_version(), site.store.is_daemon_running())
        told = (*now_is, self._app.troubles, self._app.list_failed())
        return sha256(repr(told).encode()).hexdigest()[:16]


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
