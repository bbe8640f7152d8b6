"""The forms of the dashboard: each action checked, carried out, told, and answered with a redirect."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndicate.errors import SyndicateError, UsageError
from syndicate.model import ACTIONS, Action
from syndicate.web.dashboard.desk import Desk
from syndicate.web.dashboard.middleware import COOKIE, read_form
from syndicate.web.dashboard.replies import base_of, go, to_sentence
from syndicate.web.dashboard.rows import tell, to_link, to_moment
from syndicate.web.dashboard.security import Door
from syndicate.web.dashboard.sessions import SESSION_LASTS, Note, Notes, Sessions, Tries

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
            after = self._desk.change(action, int(number), value)
        except SyndicateError as error:
            return Note(to_sentence(error), is_error=True)
        zone = ZoneInfo(self._desk.settings.site.timezone)
        moment = to_moment(after.due_at, zone, self._desk.now())
        return Note(tell(Action(action), after, moment, is_running=self._desk.is_daemon_running()))

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
        if not self._tries.may_try(address):
            raise HTTPException(429, "Too many wrong passwords. Wait five minutes.", {"Retry-After": "300"})
        if not self._door.fits(fields.get("password", "")):
            self._tries.note(address)
            log.warning("a wrong password for the dashboard from %s", address)
            return RedirectResponse(f"{base_of(request)}/login?wrong", 303)
        answer = go(request)
        answer.set_cookie(
            COOKIE,
            self._sessions.open(),
            max_age=int(SESSION_LASTS.total_seconds()),
            path=base_of(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        await read_form(request)
        self._sessions.close(request.state.session)
        return go(request)


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
