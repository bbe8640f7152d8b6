"""Tokens that turn over, kept apart from what a person gave.

What a person gave (in the environment or at login) always wins and is never overwritten, so a renewed token cannot
take its place. It is kept beside it as one secret, `session`, with a digest of what it began with: another given
token starts another session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import orjson

from syndicate.errors import Unauthorised
from syndicate.networks.base import Vault
from syndicate.networks.shapes import pick_instant, pick_text

T = TypeVar("T")


class Forbidden(Unauthorised):
    """The token is alive and lacks a right: a new one would not help."""


NAME = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """The token to use now, and what renews it. Its repr shows neither."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    renewed_at: datetime | None = None


def read_session(vault: Vault, given: str) -> Session | None:
    """The kept session that began with the given secret, None where there is none."""
    try:
        kept = orjson.loads(vault.get(NAME) or "null")
    except orjson.JSONDecodeError:
        return None
    if not pick_text(kept, "access") or pick_text(kept, "origin") != _digest(given):
        return None
    return Session(
        pick_text(kept, "access"),
        pick_text(kept, "refresh"),
        pick_instant(kept, "expires_at"),
        pick_instant(kept, "renewed_at"),
    )


def session_secrets(session: Session, given: str) -> dict[str, str]:
    """The session as the vault keeps it."""
    kept = {
        "origin": _digest(given),
        "access": session.access,
        "refresh": session.refresh,
        "expires_at": session.expires_at,
        "renewed_at": session.renewed_at,
    }
    return {NAME: orjson.dumps(kept).decode()}


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()


def call_again(call: Callable[[str], T], token: str, renew: Callable[[str], str]) -> T:
    """A call with a token, and where that is refused, which proves that nothing was done, once with a new one.

    `renew` is given the refused token, so that the token which another process has fetched meanwhile is used.
    """
    try:
        return call(token)
    except Forbidden:
        raise
    except Unauthorised:
        fresh = renew(token)
    return call(fresh)
