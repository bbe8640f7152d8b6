"""What stands before every page of the dashboard: refusals, the login, and the headers of each answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicate.errors import SyndicateError
from syndicate.text.cleaning import drop_controls
from syndicate.web.dashboard.security import Door, find_refusal, make_headers
from syndicate.web.dashboard.sessions import Sessions

# --- Answers that every part of the dashboard gives ---
# Redirects, and errors in plain words.

_PLACE = re.compile(r"/(?!/)[A-Za-z0-9/%._~-]{0,2000}(?:\?[A-Za-z0-9%._~+&=:,!$'()*;@/?-]{0,4000})?")
"""A page of the dashboard as its own forms name it: a path that begins with one slash, and a query."""


def base_of(request: Request) -> str:
    """The path of the dashboard, without a slash at its end."""
    return str(request.scope.get("root_path", ""))


def go(request: Request, back: str = "", key: str = "") -> RedirectResponse:
    """To the page that `back` names, below the dashboard; `key` is that of a note to show there."""
    path, _, query = back.partition("?") if is_place(back) else ("/", "", "")
    kept = [part for part in query.split("&") if part and not part.startswith("note=")]
    asked = "&".join([*kept, *([f"note={key}"] if key else [])])
    return RedirectResponse(f"{base_of(request)}{path}" + (f"?{asked}" if asked else ""), 303)


def is_place(back: str) -> bool:
    steps = unquote(back.partition("?")[0]).split("/")
    return bool(_PLACE.fullmatch(back)) and not {".", ".."} & set(steps)


def say_error(_request: Request, error: Exception) -> Response:
    """What went wrong; of the unforeseen only that it did."""
    if isinstance(error, HTTPException):
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
    words = to_sentence(error) if isinstance(error, SyndicateError) else "Something broke."
    return PlainTextResponse(f"{words}\n", 500)


def to_sentence(error: SyndicateError) -> str:
    """Without `where`, which names an option of the command line."""
    text = error.message + (f": {error.hint}" if error.hint else "")
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(("?", ".", "!")) else ".")


_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES, _MOST_BYTES_OF_STRANGERS, _MOST_FIELDS = 1_000_000, 65_536, 1000
_OPEN = frozenset({"/login", "/enter", "/desk.css", "/desk.js", "/back"})


Form = ImmutableMultiDict[str, str]
"""The fields of a form; of a name that comes several times `get` gives the last, `getlist` all."""
Answer = Callable[[Request], Awaitable[Response]]


class Gate:
    """Middleware around the pages. Behind it `request.state` has `session` ("" for nobody), `token` and `nonce`."""

    def __init__(self, app: ASGIApp, door: Door, sessions: Sessions, keep_words: Answer) -> None:
        self._app = app
        self._door = door
        self._sessions = sessions
        self._keep_words = keep_words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, nonce = Request(scope), secrets.token_urlsafe(16)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in make_headers(nonce).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            request.state.session = await self._find_session(request)
        except SyndicateError as error:
            await say_error(request, error)(scope, receive, send_guarded)
            return
        request.state.token = self._door.make_token(request.state.session)
        request.state.nonce = nonce
        answer = await self._stop(Request(scope, receive))
        await (answer or self._app)(scope, receive, send_guarded)

    async def _find_session(self, request: Request) -> str:
        key = request.cookies.get(self._door.cookie, "")
        is_open = await run_in_threadpool(self._sessions.is_open, key)
        return key if is_open else ""

    async def _stop(self, request: Request) -> Response | None:
        reason = find_refusal(request.method, request.headers, self._door)
        if reason:
            return PlainTextResponse(f"{reason}\n", 403)
        base = request.scope.get("root_path", "")
        if request.state.session or request.url.path.removeprefix(base) in _OPEN:
            return None
        if request.method == "POST":  # the session ended while somebody wrote
            return await self._keep_words(request)
        return RedirectResponse(f"{base}/login", 303)


class StaleForm(HTTPException):
    """A form of an earlier login, with what somebody wrote into it."""

    def __init__(self, fields: Form) -> None:
        super().__init__(403, "This form is out of date: go back, reload the page, and try again.")
        self.fields = fields


def is_kind(request: Request, media_type: str) -> bool:
    """Whether the body says that it is of this media type."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == media_type


async def read_body(request: Request, most: int, too_large: str) -> bytes:
    """The body, of so many bytes at most. Raises HTTPException for one that is larger, or does not come whole."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise HTTPException(413, too_large)
    except ClientDisconnect as error:  # nobody reads the answer
        raise HTTPException(400, "The request did not come whole.") from error
    return bytes(body)


async def read_form(request: Request) -> Form:
    """The fields of one of our own forms. Raises HTTPException for anything else, StaleForm for an earlier login's."""
    fields = await read_fields(request)
    if not secrets.compare_digest(fields.get("token", "").encode(), request.state.token.encode()):
        raise StaleForm(fields)
    return fields


async def read_fields(request: Request) -> Form:
    """The fields of a form, whoever sends it, line ends as "\\n", without the control characters of pasted words.

    Raises HTTPException for anything else.
    """
    if not is_kind(request, _FORM):
        raise HTTPException(415, "A form was expected.")
    most = _MOST_BYTES if request.state.session else _MOST_BYTES_OF_STRANGERS
    body = await read_body(request, most, "That is more than a form may hold.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return Form([(name, drop_controls(value.replace("\r\n", "\n"))) for name, value in pairs])
