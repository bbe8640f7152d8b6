"""Who may call the API, and how often."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import Request

from syndicate.app.app import App
from syndicate.app.tokens import find_token
from syndicate.store.passes import Scope
from syndicate.web.dashboard.security import Door, find_refusal
from syndicate.web.dashboard.sessions import Sessions

FORM_TOKEN = "x-syndicate-token"  # noqa: S105 - the name of a header
"""Carries the token of the dashboard's forms where a session changes something."""
_ASK = {"WWW-Authenticate": 'Bearer realm="syndicate"'}


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
    headers = {name: f"{value}, {further}" if further else value for name, value in _ASK.items()}
    raise HTTPException(401, words, headers)
