"""Who may see and change the dashboard. A hostile page may be open in the next tab, a hostile site behind the name.

Four walls, each enough against most: only known names in Host (a rebound DNS name is none of them), forms only from
our own pages (Origin and Sec-Fetch-Site), a token of the session in every form, and a login as soon as anybody else
than this machine can ask. Pure decisions, and the gate before every page that asks them.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicate.errors import SyndicateError
from syndicate.model import Settings, Site
from syndicate.text import drop_controls

_HOST = re.compile(r"(?:\[(?P<number>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_PROXY_MARKS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Door:
    """How the dashboard is reached. Without a password it answers this machine alone."""

    names: frozenset[str]
    """Host names it answers to, beside those of this machine."""
    password: str = field(repr=False)
    key: bytes = field(repr=False)
    """Random, new at each start: what the tokens of those are made with who are not logged in."""
    cookie: str = "syndicate"
    """Name of the session's cookie. Browsers keep one for all ports of a machine, which may serve several sites."""

    def make_token(self, session: str) -> str:
        """What a form of this session must carry: the same after a restart, so that no open page loses its words."""
        return hmac.new(session.encode() or self.key, b"form", sha256).hexdigest()

    def fits(self, password: str) -> bool:
        """Whether this is the password, in the same time however wrong it is."""
        given, own = (sha256(word.encode()).digest() for word in (password, self.password))
        return bool(self.password) and hmac.compare_digest(given, own)


def name_cookie(settings: Settings) -> str:
    return f"syndicate-{sha256(f'{settings.root} {settings.site.name}'.encode()).hexdigest()[:8]}"


def list_names(site: Site, listening: str) -> frozenset[str]:
    """The site's own host names, and the one it listens on."""
    urls = (urlsplit(site.url), urlsplit(site.feeds_url))
    return frozenset(name for name in (*(url.hostname for url in urls), listening.lower()) if name)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    address = _parse_address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def is_local(host: str) -> bool:
    """Whether a Host header names this machine by one of its own addresses."""
    return is_loopback(_parse_host(host))


def find_refusal(method: str, headers: Mapping[str, str], door: Door) -> str:
    """Why a request may not come in, "" when it may. `headers` has lower-case names."""
    host = headers.get("host", "")
    if not _is_known(host, door):
        return "This name does not belong to the dashboard."
    if not door.password and any(mark in headers for mark in _PROXY_MARKS):
        return "Behind a proxy the dashboard needs a password: set SYNDICATE_DASHBOARD_PASSWORD."
    if method in {"GET", "HEAD"}:
        return "" if _is_visit(headers) else "Another site may not read this."
    return "" if _is_own_form(headers, host) else "This form did not come from the dashboard."


def _is_known(host: str, door: Door) -> bool:
    """A name that belongs to us. A number is not a name that could be rebound, so with a password any will do."""
    name = _parse_host(host)
    if is_loopback(name):
        return True
    return bool(door.password) and (name in door.names or _parse_address(name) is not None)


def _is_visit(headers: Mapping[str, str]) -> bool:
    """Not loaded by another site into its own page (W3C Fetch Metadata); a link from elsewhere may lead here."""
    if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return True
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _is_own_form(headers: Mapping[str, str], host: str) -> bool:
    """Every browser says where a form comes from; who says nothing is refused."""
    is_told = "origin" in headers or "sec-fetch-site" in headers
    scheme, _, origin = headers.get("origin", f"http://{host}").lower().partition("://")
    is_same = scheme in {"http", "https"} and origin == host.lower()
    return is_told and is_same and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _parse_host(host: str) -> str:
    """The name in a Host header without its port, "" where it is not one name with at most a port (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(host)
    return (found["number"] or found["name"]).lower() if found else ""


def _parse_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def make_headers(nonce: str) -> dict[str, str]:
    """Headers of every page: nothing but its own pictures, our style sheet and our script, in nobody's frame or cache.

    The referrer is told to ourselves alone; "no-referrer" would turn the Origin of our own forms into "null"
    (WHATWG Fetch, appending a request Origin header).
    """
    policy = (
        "default-src 'none'; img-src 'self'; style-src 'nonce-{0}'; script-src 'nonce-{0}'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types desk"
    )
    return {
        "Content-Security-Policy": policy.format(nonce),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


# --- answers that every part of the dashboard gives: redirects, and errors in plain words ---

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

    def __init__(self, app: ASGIApp, door: Door, is_open: Callable[[str], bool], keep_words: Answer) -> None:
        self._app = app
        self._door = door
        self._is_open = is_open
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
        return key if await run_in_threadpool(self._is_open, key) else ""

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
