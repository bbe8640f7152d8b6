"""What the dashboard remembers while it runs: who is logged in, who guessed, what to say after a redirect."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SESSION_LASTS = timedelta(hours=12)
_TRIES_LAST = timedelta(minutes=5)
_TRIES_OF_ONE, _TRIES_OF_ALL = 5, 50
_MOST_NOTES = 50


@dataclass(frozen=True, slots=True)
class Sessions:
    """Open logins by their random key."""

    clock: Callable[[], datetime]
    _ends: dict[str, datetime] = field(default_factory=dict)

    def open(self) -> str:
        now = self.clock()
        for key in [key for key, ends_at in self._ends.items() if ends_at <= now]:
            self.close(key)
        key = secrets.token_urlsafe(32)
        self._ends[key] = now + SESSION_LASTS
        return key

    def is_open(self, key: str) -> bool:
        ends_at = self._ends.get(key)
        return ends_at is not None and self.clock() < ends_at

    def close(self, key: str) -> None:
        self._ends.pop(key, None)


@dataclass(slots=True)
class Tries:
    """Wrong passwords of the last minutes. Who has many of them is not even compared any more."""

    clock: Callable[[], datetime]
    _wrong: list[tuple[datetime, str]] = field(default_factory=list)

    def may_try(self, address: str) -> bool:
        """Five from one address, fifty from all of them: many addresses are cheap."""
        since = self.clock() - _TRIES_LAST
        self._wrong = [one for one in self._wrong if one[0] > since]
        own = sum(1 for _, who in self._wrong if who == address)
        return own < _TRIES_OF_ONE and len(self._wrong) < _TRIES_OF_ALL

    def note(self, address: str) -> None:
        self._wrong.append((self.clock(), address))


@dataclass(frozen=True, slots=True)
class Note:
    """The outcome of an action, in a sentence."""

    text: str
    is_error: bool = False


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
