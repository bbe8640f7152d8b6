"""The dashboard: what needs a person, what comes next, what was said; each action a form, each answer a redirect."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syndicate.errors import SyndicateError, UsageError
from syndicate.model import Delivery, Site
from syndicate.text.sandbox import compile_html_template
from syndicate.web.desk import Desk
from syndicate.web.gate import COOKIE, Gate, read_form
from syndicate.web.guard import Door, is_loopback, list_names
from syndicate.web.memory import SESSION_LASTS, Note, Notes, Sessions, Tries
from syndicate.web.rows import ACTIONS, Row, choose_urgent, make_rows, tell, to_link, to_moment, to_segment, to_span

log = logging.getLogger("syndicate")

TEMPLATE = "pages/dashboard.html"
_MOST_SENT, _MOST_NEXT = 12, 60
_MOST_URL = 2048
_VERBS = frozenset(action for actions in ACTIONS.values() for action in actions)


def open_dashboard(desk: Desk, *, listening: str, password: str) -> ASGIApp | None:
    """The dashboard for a server on the host `listening`; None where others could reach it and there is no password."""
    if not password and not is_loopback(listening):
        log.warning("the dashboard is off: others reach %s, so it needs SYNDICATE_DASHBOARD_PASSWORD", listening)
        return None
    log.info("the dashboard is at /dashboard/%s", " and asks for the password" if password else "")
    names = list_names(desk.settings.site, listening)
    return make_dashboard(desk, Door(names, password, secrets.token_bytes(32)))


def make_dashboard(desk: Desk, door: Door) -> ASGIApp:
    """The ASGI application for `make_app(dashboard=…)`."""
    sessions = Sessions(desk.now)
    pages = Dashboard(desk, door, sessions)
    routes = [
        Route("/", pages.show),
        Route("/post/{slug:path}", pages.tell_story),
        Route("/act", pages.act, methods=["POST"]),
        Route("/resume", pages.resume, methods=["POST"]),
        Route("/login", pages.ask, methods=["GET"]),
        Route("/login", pages.log_in, methods=["POST"]),
        Route("/logout", pages.log_out, methods=["POST"]),
    ]
    pages_app = Starlette(
        routes=routes, exception_handlers={HTTPException: _say, SyndicateError: _say, Exception: _say}
    )
    return Gate(pages_app, door, sessions)


class Dashboard:
    """The pages and the forms on them."""

    def __init__(self, desk: Desk, door: Door, sessions: Sessions) -> None:
        self._desk = desk
        self._door = door
        self._sessions = sessions
        self._tries = Tries(desk.now)
        self._notes = Notes()
        self._compiled: tuple[str, Callable[[Mapping[str, object]], str]] = ("", lambda _values: "")

    # --- pages ------------------------------------------------------------------------------------------------

    def show(self, request: Request) -> Response:
        """Everything at one look."""
        waiting, sent = self._desk.list_waiting(), self._desk.list_sent(_MOST_SENT)
        urgent = choose_urgent(waiting)
        numbers = {one.id for one in urgent}
        coming = [one for one in waiting if one.id not in numbers]
        rows = self._make_rows((*urgent, *coming[:_MOST_NEXT], *sent))
        accounts = self._desk.list_accounts()
        return self._render(
            request,
            "desk",
            urgent=rows[: len(urgent)],
            coming=rows[len(urgent) : len(rows) - len(sent)],
            more=max(0, len(coming) - _MOST_NEXT),
            sent=rows[len(rows) - len(sent) :],
            problems=self._desk.list_problems(),
            accounts=accounts,
            stopped=[one for one in accounts if one.state not in {"ready", "off"}],
            is_running=self._desk.is_daemon_running(),
        )

    def tell_story(self, request: Request) -> Response:
        """One post: its messages, and how each came to where it is."""
        slug = request.path_params["slug"]
        try:
            lines = self._desk.explain(slug)
        except UsageError as error:
            raise HTTPException(404, _to_sentence(error)) from error
        rows = sorted(self._make_rows(self._desk.list_of_post(slug)), key=lambda row: row.is_off)
        return self._render(request, "story", slug=slug, lines=lines, rows=rows)

    def ask(self, request: Request) -> Response:
        """The login."""
        if not self._door.password or request.state.session:
            return _go(request)
        return self._render(request, "login", is_wrong="wrong" in request.query_params)

    def _make_rows(self, deliveries: Sequence[Delivery]) -> list[Row]:
        return make_rows(deliveries, self._desk.preview(deliveries), zone=self._zone, now=self._desk.now())

    def _render(self, request: Request, page: str, **values: object) -> HTMLResponse:
        values |= {
            "page": page,
            "site": self._desk.settings.site,
            "base": _base(request),
            "pictures": find_prefix(self._desk.settings.site),
            "token": request.state.token,
            "nonce": request.state.nonce,
            "now": self._desk.now(),
            "note": self._notes.take(request.query_params.get("note", "")),
            "has_login": bool(request.state.session),
        }
        return HTMLResponse(self._compile()(values).encode("utf-8", "replace"))

    def _compile(self) -> Callable[[Mapping[str, object]], str]:
        """The template, compiled anew only where its text has changed."""
        text = self._desk.read_template(TEMPLATE)
        if text != self._compiled[0]:
            filters: dict[str, Callable[..., object]] = {
                "moment": self._to_moment,
                "local": lambda at: f"{at.astimezone(self._zone):%Y-%m-%dT%H:%M}",
                "span": lambda at: to_span(at, self._desk.now()),
                "link": to_link,
                "segment": to_segment,
                "address": quote,
            }
            self._compiled = (text, compile_html_template(text, where=TEMPLATE, filters=filters))
        return self._compiled[1]

    def _to_moment(self, at: datetime) -> str:
        return to_moment(at, self._zone, self._desk.now())

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._desk.settings.site.timezone)

    # --- forms ------------------------------------------------------------------------------------------------

    async def act(self, request: Request) -> Response:
        """One action on one delivery."""
        fields = await read_form(request)
        note = await run_in_threadpool(self._act, fields)
        return _go(request, fields.get("back", ""), self._notes.keep(note))

    def _act(self, fields: dict[str, str]) -> Note:
        action, number, value = (fields.get(name, "").strip() for name in ("action", "number", "value"))
        try:
            _check(action, number, value)
            after = self._desk.change(action, int(number), value)
        except SyndicateError as error:
            return Note(_to_sentence(error), is_error=True)
        return Note(tell(action, after, self._to_moment(after.due_at), is_running=self._desk.is_daemon_running()))

    async def resume(self, request: Request) -> Response:
        """Let the deliveries of a paused account go on."""
        account = (await read_form(request)).get("account", "")
        try:
            await run_in_threadpool(self._desk.resume, account)
            note = Note(f"{account} goes on.")
        except SyndicateError as error:
            note = Note(_to_sentence(error), is_error=True)
        return _go(request, key=self._notes.keep(note))

    async def log_in(self, request: Request) -> Response:
        """Open a session for the right password; who guesses has to wait."""
        fields = await read_form(request)
        address = request.client.host if request.client else ""
        if not self._tries.may_try(address):
            raise HTTPException(429, "Too many wrong passwords. Wait five minutes.", {"Retry-After": "300"})
        if not self._door.fits(fields.get("password", "")):
            self._tries.note(address)
            log.warning("a wrong password for the dashboard from %s", address)
            return RedirectResponse(f"{_base(request)}/login?wrong", 303)
        answer = _go(request)
        answer.set_cookie(
            COOKIE,
            self._sessions.open(),
            max_age=int(SESSION_LASTS.total_seconds()),
            path=_base(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        await read_form(request)
        self._sessions.close(request.state.session)
        return _go(request)


def find_prefix(site: Site) -> str:
    """The path under which this server shows published files, without a slash at its end."""
    return urlsplit(site.feeds_url or f"{site.url}/feeds").path.rstrip("/")


def _check(action: str, number: str, value: str) -> None:
    """Raises UsageError for what no form of ours sends."""
    if action not in _VERBS or not (number.isascii() and number.isdigit() and len(number) < 16):
        raise UsageError("there is no such action")
    if action == "settle_sent" and not _is_address(value):
        raise UsageError("say where it was sent", hint="the address of the message, beginning with https://")


def _is_address(text: str) -> bool:
    try:
        return bool(to_link(text) and urlsplit(text).hostname) and len(text) <= _MOST_URL and " " not in text
    except ValueError:
        return False


def _to_sentence(error: SyndicateError) -> str:
    """Without `where`, which names an option of the command line."""
    text = error.message + (f": {error.hint}" if error.hint else "")
    return f"{text[:1].upper()}{text[1:]}."


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _go(request: Request, back: str = "", key: str = "") -> RedirectResponse:
    """To the desk, or to the story of the post that `back` names."""
    place = f"/post/{to_segment(back)}" if back else "/"
    return RedirectResponse(f"{_base(request)}{place}" + (f"?note={key}#note" if key else ""), 303)


def _say(_request: Request, error: Exception) -> Response:
    """Errors in plain words."""
    if isinstance(error, HTTPException):
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
    words = _to_sentence(error) if isinstance(error, SyndicateError) else "Something broke."
    return PlainTextResponse(f"{words}\n", 500)
