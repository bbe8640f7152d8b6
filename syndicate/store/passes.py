"""Who may use the dashboard: one-time addresses, open sessions, browsers and addresses that logged in before.

And what a person was told already, which need not be told again until then.

Only digests are kept, so that whoever reads the database, or a copy of it, gets in with none of them.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, insert, select

from syndicate.store.database import Part
from syndicate.store.schema import passes

NOTICE = "notice"
"""The kind of what was told. It is no way in, and travels with the state."""


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
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def take_pass(self, kind: str, key: str, now: datetime) -> bool:
        """Whether a key passed until now: from here on it does not. Of two who ask at once one is told so."""
        if not self.has_pass(kind, key, now):  # strangers who guess need not write
            return False
        with self._database.writing() as connection:
            return connection.execute(delete(passes).where(*self._is_pass(kind, key))).rowcount == 1

    def _is_pass(self, kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
        """Found by its digest: how long a comparison takes tells nothing of a key."""
        return passes.c.site == self._site, passes.c.kind == kind, passes.c.digest == _digest(key)


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
