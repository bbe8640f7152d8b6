"""The forms of the dashboard: each action checked, carried out, told, and answered with a redirect."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndicate.errors import SyndicateError, UsageError
from syndicate.model import ACTIONS, Action
from syndicate.web.dashboard.desk import Desk
from syndicate.web.dashboard.middleware import read_form
from syndicate.web.dashboard.replies import base_of, go, to_sentence
from syndicate.web.dashboard.rows import tell, to_link, to_moment
from syndicate.web.dashboard.security import Door, is_local
from syndicate.web.dashboard.sessions import KNOWN_LASTS, LOGIN_LASTS, SESSION_LASTS, Note, Notes, Sessions, Tries

log = logging.getLogger("syndicate")

_MOST_URL = 2048
_VERBS = frozenset(action for actions in ACTIONS.values() for action in actions)


class Forms:
    """What POST answers."""

    def __init__(self, desk: Desk, notes: Notes) -> None:
        self._desk = desk
        self._notes = notes

    async def act(self, request: Request) -> Response:
        """One action on one delivery."""
        fields = await read_form(request)
        note = await run_in_threadpool(self._act, fields)
        return go(request, fields.get("back", ""), self._notes.keep(note))

    def _act(self, fields: dict[str, str]) -> Note:
        action, number, value = (fields.get(name, "").strip() for name in ("action", "number", "value"))
        try:
            _check(action, number, value)
            if action == "edit":
                self._desk.check_text(int(number), value)
            after = self._desk.change(action, int(number), value)
        except SyndicateError as error:
            if action == "edit" and number.isdigit():
                return Note(to_sentence(error), is_error=True, number=int(number), typed=value)
            return Note(to_sentence(error), is_error=True)
        zone = ZoneInfo(self._desk.settings.site.timezone)
        moment = to_moment(after.due_at, zone, self._desk.now())
        return Note(tell(Action(action), after, moment, is_running=self._desk.is_daemon_running()))

    async def answer_many(self, request: Request) -> Response:
        """One answer for all that an account holds because many posts came at once."""
        fields = await read_form(request)
        note = await run_in_threadpool(self._answer_many, fields.get("action", ""), fields.get("account", ""))
        return go(request, key=self._notes.keep(note))

    def _answer_many(self, action: str, account: str) -> Note:
        done = {Action.RELEASE: "Released", Action.SKIP: "Skipped"}
        try:
            if action not in done:
                raise UsageError("there is no such action")
            number = self._desk.answer_many(action, account)
        except SyndicateError as error:
            return Note(to_sentence(error), is_error=True)
        return Note(f"{done[Action(action)]} {number} message{'' if number == 1 else 's'} on {account}.")

    async def resume(self, request: Request) -> Response:
        """Let the deliveries of a paused account go on."""
        account = (await read_form(request)).get("account", "")
        try:
            await run_in_threadpool(self._desk.resume, account)
            note = Note(f"{account} goes on.")
        except SyndicateError as error:
            note = Note(to_sentence(error), is_error=True)
        return go(request, key=self._notes.keep(note))


class Logins:
    """The way in and out."""

    def __init__(self, desk: Desk, door: Door, sessions: Sessions) -> None:
        self._door = door
        self._sessions = sessions
        self._tries = Tries(desk.now)

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


def _check(action: str, number: str, value: str) -> None:
    """Raises UsageError for what no form of ours sends."""
    if action not in _VERBS or not (number.isascii() and number.isdigit() and len(number) < 16):
        raise UsageError("there is no such action")
    if action == Action.SETTLE_SENT and not _is_address(value):
        raise UsageError("say where it was sent", hint="the address of the message, beginning with https://")


def _is_address(text: str) -> bool:
    try:
        return bool(to_link(text) and urlsplit(text).hostname) and len(text) <= _MOST_URL and " " not in text
    except ValueError:
        return False
