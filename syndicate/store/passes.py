"""Who may use the dashboard and the API: one-time addresses, sessions, browsers and addresses known, named tokens.

And what a person was told already, which need not be told again until then.

Only digests are kept, so that whoever reads the database, or a copy of it, gets in with none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ColumnElement, RowMapping, delete, insert, or_, select

from syndicate.errors import UsageError
from syndicate.store.database import Part
from syndicate.store.schema import api_tokens, passes


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What is known of a token; the token itself is known to its owner alone."""

    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    ends_at: datetime | None = None
    """None for one that lasts until it is revoked."""


NOTICE = "notice"
"""The kind of what was told. It does not let anybody in, and travels with the state."""


class Passes(Part):
    """Keys with an end."""

    def keep_pass(self, kind: str, key: str, ends_at: datetime, now: datetime) -> None:
        """Let a key pass until then; those that ended are forgotten."""
        row = {"site": self._site, "kind": kind, "digest": _digest(key), "ends_at": ends_at}
        with self._database.writing() as connection:
            connection.execute(delete(passes).where(passes.c.ends_at <= now))
            connection.execute(delete(passes).where(*self._is_pass(kind, key)))
            connection.execute(insert(passes).values(row))

    def has_pass(self, kind: str, key: str, now: datetime) -> bool:
        query = select(passes.c.kind).where(*self._is_pass(kind, key), passes.c.ends_at > now)
        return bool(self._fetch(query))

    def take_pass(self, kind: str, key: str, now: datetime) -> bool:
        """Whether a key passed until now: from here on it does not. Of two who ask at once one is told so."""
        if not self.has_pass(kind, key, now):  # strangers who guess need not write
            return False
        return self._change(delete(passes).where(*self._is_pass(kind, key))) == 1

    def keep_token(self, token: ApiToken, key: str) -> None:
        """Let a key pass under a new name. Raises UsageError where that name is taken."""
        row = {
            "site": self._site,
            "name": token.name,
            "digest": _digest(key),
            "scopes": " ".join(token.scopes),
            "created_at": token.created_at,
            "ends_at": token.ends_at,
        }
        mine = select(api_tokens.c.name).where(*self._is_token(token.name))
        with self._database.writing() as connection:
            if connection.execute(mine).first() is not None:
                hint = f'revoke that one first, or take another name: syndicate token revoke "{token.name}"'
                raise UsageError(f'there is a token "{token.name}" already', hint=hint)
            connection.execute(insert(api_tokens).values(row))

    def list_tokens(self) -> tuple[ApiToken, ...]:
        """All of them by name, also those that have ended."""
        query = select(api_tokens).where(api_tokens.c.site == self._site).order_by(api_tokens.c.name)
        return tuple(map(_parse_token, self._fetch(query)))

    def find_token(self, key: str, now: datetime) -> ApiToken | None:
        """The token that a key is, None where it is none or has ended."""
        lasts = or_(api_tokens.c.ends_at.is_(None), api_tokens.c.ends_at > now)
        query = select(api_tokens).where(api_tokens.c.site == self._site, api_tokens.c.digest == _digest(key), lasts)
        return next(map(_parse_token, self._fetch(query)), None)

    def revoke_token(self, name: str) -> bool:
        """Let it pass no more; returns whether there was one."""
        return self._change(delete(api_tokens).where(*self._is_token(name))) == 1

    def forget_passes(self) -> None:
        """Let nobody in any more: a backup may hold what was revoked since."""
        with self._database.writing() as connection:
            ways_in = passes.c.site == self._site, passes.c.kind != NOTICE
            connection.execute(delete(passes).where(*ways_in))
            connection.execute(delete(api_tokens).where(api_tokens.c.site == self._site))

    def _is_token(self, name: str) -> tuple[ColumnElement[bool], ...]:
        return api_tokens.c.site == self._site, api_tokens.c.name == name

    def _is_pass(self, kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
        """Found by its digest: how long a comparison takes tells nothing of a key."""
        return passes.c.site == self._site, passes.c.kind == kind, passes.c.digest == _digest(key)


def _parse_token(row: RowMapping) -> ApiToken:
    return ApiToken(
        name=row["name"],
        scopes=tuple(scope for scope in Scope if scope in row["scopes"].split()),
        created_at=row["created_at"],
        ends_at=row["ends_at"],
    )


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
