"""The way into the dashboard and out: a password, an address that works once, and who guesses has to wait."""

from __future__ import annotations

import logging
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndicate.app.app import App
from syndicate.web.dashboard.middleware import Form, StaleForm, base_of, go, is_place, read_fields, read_form, say_error
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.security import Door, is_local
from syndicate.web.dashboard.sessions import KNOWN_LASTS, LOGIN_LASTS, SESSION_LASTS, Sessions, Tries

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

    def _show_words(self, request: Request, fields: Form) -> Response:
        back = fields.get("back", "")
        written = [fields.get(name, "") for name in ("value", "alt")]
        shown = {"back": back if is_place(back) else "/", "written": [words for words in written if words.strip()]}
        answer = self._renderer.render(request, "stale", **shown)
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
