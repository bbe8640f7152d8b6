"""Who is logged in, who guessed, and what to say after a redirect."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicate.app.site import OpenSite
from syndicate.errors import UsageError
from syndicate.store.passes import ApiToken, Scope

if TYPE_CHECKING:
    from syndicate.app.app import App


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
_MOST_NOTES = 50


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


@dataclass(frozen=True, slots=True)
class Note:
    """The outcome of an action, in a sentence."""

    text: str
    is_error: bool = False
    number: int = 0
    """The delivery whose text was refused, 0 for none."""
    typed: str = ""
    """That text, as it was typed."""
    media: str = ""
    alt: str = ""
    """What was chosen to go with it, and its alt text."""
    focus: int = 0
    """The delivery that comes next, 0 for none: the page goes on there."""
    again: tuple[tuple[str, str], ...] = ()
    """Fields of a form that asks for the same all the same."""


@dataclass(frozen=True, slots=True)
class Notes:
    """Kept here under a random key, so that no address can put words into the page."""

    _kept: dict[str, Note] = field(default_factory=dict)

    def keep(self, note: Note) -> str:
        while len(self._kept) >= _MOST_NOTES:
            self._kept.pop(next(iter(self._kept)), None)
        key = secrets.token_urlsafe(9)
        self._kept[key] = note
        return key

    def take(self, key: str) -> Note | None:
        return self._kept.pop(key, None)


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
