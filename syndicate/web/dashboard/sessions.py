"""Who is logged in and who guessed: sessions, the way in and out, and the tokens of programs."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndicate.app.app import App
from syndicate.app.site import OpenSite
from syndicate.errors import UsageError
from syndicate.store.passes import ApiToken, Scope
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.security import (
    Door,
    Form,
    StaleForm,
    base_of,
    go,
    is_local,
    is_place,
    read_fields,
    read_form,
    say_error,
)

SESSION_LASTS = timedelta(days=30)
"""Of a session that a one-time address opened."""
LOGIN_LASTS = timedelta(hours=12)
"""Of one that the password opened."""
TICKET_LASTS = timedelta(minutes=10)
"""Of a one-time address."""
KNOWN_LASTS = timedelta(days=365)
"""How long a browser or an address that logged in counts as known."""
_TRIES_LAST, _TRIES_OF_KNOWN_LAST = timedelta(minutes=5), timedelta(minutes=1)
_TRIES_OF_ONE, _TRIES_OF_NEW = 5, 50


def make_ticket(app: App) -> str:
    """A new key for `/enter?key=`, which opens one session."""
    return _keep(app, "ticket", TICKET_LASTS)


def _keep(app: App, kind: str, lasts: timedelta, bound_to: str = "") -> str:
    key = secrets.token_urlsafe(32)
    _keep_pass(app, kind, key + bound_to, lasts)
    return key


def _keep_pass(app: App, kind: str, key: str, lasts: timedelta) -> None:
    with app.borrow() as site:
        site.store.keep_pass(kind, key, app.now() + lasts, app.now())


def _has_pass(app: App, kind: str, key: str) -> bool:
    with app.borrow() as site:
        return site.store.has_pass(kind, key, app.now())


def _take_pass(app: App, kind: str, key: str) -> bool:
    """Whether the key passed until now; it is not accepted any more."""
    with app.borrow() as site:
        return site.store.take_pass(kind, key, app.now())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Open sessions and known browsers, kept as digests over every restart. They end with the password of then."""

    app: App
    password: str = field(default="", repr=False)

    def open(self, lasts: timedelta) -> str:
        """The key of a new session."""
        return _keep(self.app, "session", lasts, self.password)

    def is_open(self, key: str) -> bool:
        return bool(key) and _has_pass(self.app, "session", key + self.password)

    def close(self, key: str) -> None:
        _take_pass(self.app, "session", key + self.password)

    def redeem(self, ticket: str) -> bool:
        """Whether this is a one-time address' key; it is used up then."""
        return bool(ticket) and _take_pass(self.app, "ticket", ticket)

    def remember(self, address: str) -> str:
        """Know an address again, and the browser that shows the key returned here."""
        _keep_pass(self.app, "address", address + self.password, KNOWN_LASTS)
        return _keep(self.app, "browser", KNOWN_LASTS, self.password)

    def find_known(self, browser: str, address: str) -> str:
        """Which of both logged in before, "" where neither did."""
        if browser and _has_pass(self.app, "browser", browser + self.password):
            return browser
        return address if _has_pass(self.app, "address", address + self.password) else ""


@dataclass(frozen=True, slots=True)
class Try:
    """A wrong password, who gave it, and whether they logged in before."""

    at: datetime
    who: str
    is_known: bool


@dataclass(slots=True)
class Tries:
    """Wrong passwords of the last minutes. Who has many of them is not even compared any more.

    Five from one address, fifty from all new ones: many addresses are cheap. Who logged in before waits for nobody
    else's, and a minute at most for their own.
    """

    clock: Callable[[], datetime]
    _wrong: list[Try] = field(default_factory=list)

    def find_wait(self, who: str, *, is_known: bool) -> timedelta:
        """How long to wait before the next try, zero for not at all."""
        now = self.clock()
        self._wrong = [one for one in self._wrong if one.at > now - _TRIES_LAST]
        lasts = _TRIES_OF_KNOWN_LAST if is_known else _TRIES_LAST
        recent = [one for one in self._wrong if one.at > now - lasts]
        own = sum(one.who == who for one in recent)
        new = sum(not one.is_known for one in recent)
        return lasts if own >= _TRIES_OF_ONE or (not is_known and new >= _TRIES_OF_NEW) else timedelta(0)

    def note(self, who: str, *, is_known: bool) -> None:
        self._wrong.append(Try(self.clock(), who, is_known))


# --- tokens of the API: made for one program each, shown once, revoked by their names ---

_PREFIX = "syn_"
"""Lets scanners of repositories, and people, see what they have found."""
_SHAPE = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


def make_token(
    site: OpenSite, name: str, scopes: Collection[Scope], now: datetime, ends_at: datetime | None
) -> tuple[ApiToken, str]:
    """A new token and its key, which nobody can show again. Raises UsageError for a name that is taken or unfit."""
    if not _NAME.fullmatch(name):
        raise UsageError(f'"{name}" is not a name for a token', hint="letters, digits, spaces and . _ -, at most 60")
    if ends_at is not None and ends_at <= now:
        raise UsageError("the token would have ended already", where="--ends", hint='write "90d", or leave it out')
    token = ApiToken(name=name, scopes=tuple(sorted(set(scopes))), created_at=now, ends_at=ends_at)
    key = _PREFIX + secrets.token_urlsafe(32)
    site.store.keep_token(token, key)
    return token, key


def revoke_token(site: OpenSite, name: str) -> None:
    """Let it pass no more. Raises UsageError where there is none of that name."""
    if not site.store.revoke_token(name):
        known = ", ".join(token.name for token in site.store.list_tokens())
        raise UsageError(f'there is no token "{name}"', hint=f"known: {known}" if known else "")


def find_token(site: OpenSite, key: str, now: datetime) -> ApiToken | None:
    """The token that a key is, None where it is none or has ended."""
    return site.store.find_token(key, now) if _SHAPE.fullmatch(key) else None


# --- the way into the dashboard and out: a password, an address that works once, and who guesses has to wait ---

log = logging.getLogger("syndicate")


class Logins:
    """The way in and out."""

    def __init__(self, app: App, renderer: Renderer, door: Door, sessions: Sessions) -> None:
        self._renderer = renderer
        self._door = door
        self._sessions = sessions
        self._tries = Tries(app.now)

    async def log_in(self, request: Request) -> Response:
        """Open a session for the right password; who guesses has to wait."""
        fields = await read_form(request)
        address = request.client.host if request.client else ""
        browser = request.cookies.get(f"{self._door.cookie}-known", "")
        known = await run_in_threadpool(self._sessions.find_known, browser, address)
        who, is_known = known or address, bool(known)
        wait = int(self._tries.find_wait(who, is_known=is_known).total_seconds())
        if wait:
            words = "five minutes" if wait > 60 else "a minute"
            raise HTTPException(429, f"Too many wrong passwords. Wait {words}.", {"Retry-After": str(wait)})
        if not self._door.fits(fields.get("password", "")):
            self._tries.note(who, is_known=is_known)
            log.warning("a wrong password for the dashboard from %s", address)
            return RedirectResponse(f"{base_of(request)}/login?wrong", 303)
        answer = await self._let_in(request, LOGIN_LASTS)
        key = await run_in_threadpool(self._sessions.remember, address)
        self._set_cookie(request, answer, "-known", key, KNOWN_LASTS)
        return answer

    async def enter(self, request: Request) -> Response:
        """Open a session for an address that works once."""
        if request.state.session:
            return go(request)
        host = request.headers.get("host", "")
        ticket = request.query_params.get("key", "") if request.method == "GET" and is_local(host) else ""
        if not await run_in_threadpool(self._sessions.redeem, ticket):
            return RedirectResponse(f"{base_of(request)}/login?used", 303)
        return await self._let_in(request, SESSION_LASTS)

    async def log_out(self, request: Request) -> Response:
        await read_form(request)
        await run_in_threadpool(self._sessions.close, request.state.session)
        return go(request)

    async def keep_words(self, request: Request) -> Response:
        """A form of somebody whose session has ended: nothing is done, and nothing that was written is lost."""
        try:
            fields = await read_fields(request)
        except HTTPException:  # none of ours
            fields = Form()
        return await run_in_threadpool(self._show_words, request, fields)

    async def say_stale(self, request: Request, error: StaleForm) -> Response:
        """The same for a form of an earlier login; that of the login itself holds nothing to keep."""
        if not request.state.session:
            return say_error(request, error)
        return await run_in_threadpool(self._show_words, request, error.fields)

    async def say_missing(self, request: Request, error: HTTPException) -> Response:
        """What is not there, with the way on for a person who followed an old link."""
        if not request.state.session or request.headers.get("sec-fetch-mode") != "navigate":
            return say_error(request, error)
        words = "There is no such page." if error.detail == "Not Found" else error.detail
        answer = await run_in_threadpool(self._renderer.render, request, "stale", missing=words)
        answer.status_code = 404
        return answer

    def _show_words(self, request: Request, fields: Form) -> Response:
        back = fields.get("back", "")
        written = [fields.get(name, "") for name in ("value", "alt")]
        shown = {"back": back if is_place(back) else "/", "written": [words for words in written if words.strip()]}
        answer = self._renderer.render(request, "stale", missing="", **shown)
        answer.status_code = 403
        return answer

    async def _let_in(self, request: Request, lasts: timedelta) -> Response:
        answer = go(request)
        self._set_cookie(request, answer, "", await run_in_threadpool(self._sessions.open, lasts), lasts)
        return answer

    def _set_cookie(self, request: Request, answer: Response, ending: str, key: str, lasts: timedelta) -> None:
        answer.set_cookie(
            self._door.cookie + ending,
            key,
            max_age=int(lasts.total_seconds()),
            path=base_of(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
