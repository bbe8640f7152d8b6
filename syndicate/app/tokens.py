"""Tokens of the API: made for one program each, shown once, revoked by their names."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime

from syndicate.app.site import OpenSite
from syndicate.errors import UsageError
from syndicate.store.passes import ApiToken, Scope

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
