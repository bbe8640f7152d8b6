"""The API as an ASGI application: each request is known, allowed, read, answered; every error is a problem document."""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.app.app import App
from syndicate.errors import (
    ConfigError,
    ContentError,
    Contradicted,
    StateError,
    SyndicateError,
    Unavailable,
    UsageError,
)
from syndicate.store.passes import Scope
from syndicate.web.api.answers import Missing
from syndicate.web.api.endpoints import ENDPOINTS, Asked, Endpoint, make_document
from syndicate.web.api.models import FaultShown, ProblemDetails
from syndicate.web.dashboard.security import Door, find_refusal, is_kind, read_body
from syndicate.web.dashboard.sessions import Sessions, find_token

# --- Who may call the API, and how often ---

FORM_TOKEN = "x-syndicate-token"  # noqa: S105 - the name of a header
"""Carries the token of the dashboard's forms where a session changes something."""
_BEARER = 'Bearer realm="syndicate"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a token by its digest, or a browser that is logged in."""

    key: str
    scopes: tuple[Scope, ...]


@dataclass(slots=True)
class Bucket:
    left: float
    at: float


@dataclass(slots=True)
class Rate:
    """So many requests at once, and so many a second after that, for each caller."""

    most: float = 120.0
    a_second: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, who: str) -> float:
        """0 where one more is allowed, else the seconds until it is."""
        now = self.clock()
        if len(self._buckets) > 1000:  # those that are full again say nothing
            self._buckets = {key: one for key, one in self._buckets.items() if self._fill(one, now) < self.most}
        bucket = self._buckets.setdefault(who, Bucket(self.most, now))
        bucket.left, bucket.at = self._fill(bucket, now), now
        if bucket.left < 1:
            return (1 - bucket.left) / self.a_second
        bucket.left -= 1
        return 0.0

    def _fill(self, bucket: Bucket, now: float) -> float:
        return min(self.most, bucket.left + (now - bucket.at) * self.a_second)


class Callers:
    """Knows tokens, and the sessions of the dashboard where there is one."""

    def __init__(self, app: App, door: Door | None) -> None:
        self._app = app
        self._door = door
        self._sessions = Sessions(app, door.password) if door else None

    def find(self, request: Request) -> Caller:
        """Raises HTTPException 401 where nobody is known, 403 where a browser was led here by another site."""
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind:
            return self._find_token(key.strip()) if kind.lower() == "bearer" else _refuse("Only a bearer token passes.")
        return self._find_session(request)

    def _find_token(self, key: str) -> Caller:
        with self._app.borrow() as site:
            token = find_token(site, key, self._app.now())
        if token is None:
            return _refuse("This token does not pass.", 'error="invalid_token"')
        return Caller(sha256(key.encode()).hexdigest(), token.scopes)

    def _find_session(self, request: Request) -> Caller:
        door, sessions = self._door, self._sessions
        key = request.cookies.get(door.cookie, "") if door else ""
        if door is None or sessions is None or not sessions.is_open(key):
            return _refuse("A token is needed: `syndicate token make NAME`.")
        if reason := find_refusal(request.method, request.headers, door):
            raise HTTPException(403, reason)
        given, own = request.headers.get(FORM_TOKEN, ""), door.make_token(key)
        if request.method not in {"GET", "HEAD"} and not hmac.compare_digest(given.encode(), own.encode()):
            raise HTTPException(403, f"A page of the dashboard sends its form's token as {FORM_TOKEN}.")
        return Caller(sha256(key.encode()).hexdigest(), tuple(Scope))


def _refuse(words: str, further: str = "") -> Caller:
    raise HTTPException(401, words, {"WWW-Authenticate": f"{_BEARER}, {further}" if further else _BEARER})


_MOST_BYTES = 65_536
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Invalid(HTTPException):
    """The request is not as the document says."""

    def __init__(self, errors: Sequence[FaultShown]) -> None:
        super().__init__(422, "The request cannot be read.")
        self.errors = tuple(errors)


def make_api(app: App, door: Door | None, rate: Rate | None = None) -> Starlette:
    """Everything below /api/v1. `door` is that of the dashboard, None where there is none: then only tokens pass."""
    callers, limits = Callers(app, door), rate or Rate()
    paths: dict[str, dict[str, Endpoint]] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method] = one
    routes = [Route("/openapi.json", _show_document, methods=["GET"])]
    for path, methods in paths.items():
        place = Place(app, methods, callers, limits)
        routes.append(Route(path.replace("{slug}", "{slug:path}"), place.answer, methods=list(methods)))
    handlers = dict.fromkeys((HTTPException, SyndicateError, Exception), say_problem)
    return Starlette(routes=routes, exception_handlers=handlers)


def _show_document(_request: Request) -> Response:
    return _respond(200, orjson.dumps(make_document()))


class Place:
    """One path with its methods."""

    def __init__(self, app: App, methods: Mapping[str, Endpoint], callers: Callers, rate: Rate) -> None:
        self._app = app
        self._methods = methods
        self._callers = callers
        self._rate = rate

    async def answer(self, request: Request) -> Response:
        endpoint = self._methods["GET" if request.method == "HEAD" else request.method]
        try:
            caller = await run_in_threadpool(self._callers.find, request)
        except HTTPException:
            self._count(request.client.host if request.client else "")
            raise
        self._count(caller.key)
        if endpoint.scope not in caller.scopes:
            asked = f'{_BEARER}, error="insufficient_scope", scope="{endpoint.scope.value}"'
            detail = f"The token does not allow this: it lacks the scope {endpoint.scope.value}."
            raise HTTPException(403, detail, {"WWW-Authenticate": asked})
        asked_for = read_parameters(endpoint.asked, request)
        body = await _read_json(endpoint.body, request) if endpoint.body else None
        found = await run_in_threadpool(endpoint.work, self._app, asked_for, body)
        return _respond(endpoint.status, found.model_dump_json().encode())

    def _count(self, who: str) -> None:
        """Raises HTTPException where there were too many requests."""
        if wait := self._rate.take(who):
            raise HTTPException(429, "Too many requests.", {"Retry-After": str(math.ceil(wait))})


def read_parameters(model: type[Asked], request: Request) -> Asked:
    """Path and query as the model wants them. Raises Invalid."""
    pairs = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid([FaultShown(where=f"query {name}", message="is given twice") for name in twice])
    path = request.path_params
    if both := sorted(set(names) & path.keys()):
        raise Invalid([FaultShown(where=f"query {name}", message="is not a parameter of the query") for name in both])
    try:
        return model.model_validate({**dict(pairs), **path})
    except ValidationError as error:
        raise Invalid(_list_faults(error.errors(), path)) from error


async def _read_json(model: type[Asked], request: Request) -> Asked:
    if not is_kind(request, "application/json"):
        raise HTTPException(415, "The body must be application/json.")
    body = await read_body(request, _MOST_BYTES, f"The body may have {_MOST_BYTES} bytes.")
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise Invalid(_list_faults(error.errors(), None)) from error


def _list_faults(errors: Iterable[ErrorDetails], path: Mapping[str, Any] | None) -> list[FaultShown]:
    found = []
    for one in errors:
        steps = [str(step) for step in one["loc"]]
        part = "body" if path is None else "path" if steps and steps[0] in path else "query"
        found.append(FaultShown(where=" ".join([part, *steps]), message=one["msg"].removeprefix("Value error, ")))
    return found


def say_problem(_request: Request, error: Exception) -> Response:
    """What went wrong, as RFC 9457 says; of the unforeseen only that it did."""
    headers: Mapping[str, str] = {}
    errors: tuple[FaultShown, ...] = ()
    hint = ""
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, error.detail, error.headers or {}
        errors = error.errors if isinstance(error, Invalid) else ()
    elif isinstance(error, SyndicateError):
        status, detail, hint = _choose_status(error), f"{error.message[:1].upper()}{error.message[1:]}", error.hint
    else:
        status, detail = 500, "Something broke."
    problem = ProblemDetails(
        type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail, hint=hint, errors=errors
    )
    return _respond(status, problem.model_dump_json().encode(), "application/problem+json", headers)


def _choose_status(error: SyndicateError) -> int:
    if isinstance(error, Missing):
        return 404
    if isinstance(error, UsageError | ConfigError | ContentError | Contradicted | Unavailable):
        return 409
    return 503 if isinstance(error, StateError) else 500


def _respond(
    status: int, body: bytes, media_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Response:
    return Response(body, status, {**_HEADERS, **(headers or {})}, media_type)
