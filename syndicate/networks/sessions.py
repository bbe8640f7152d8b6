"""Tokens that turn over, kept apart from what a person gave.

What a person gave (in the environment or at login) always wins and is never overwritten, so a renewed token cannot
take its place. It is kept beside it as one secret, `session`, with a digest of what it began with: another given
token starts another session.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from syndicate.networks.base import Vault
from syndicate.networks.shapes import pick_instant, pick_text

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
