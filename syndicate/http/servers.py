"""Which servers did not answer: each costs one attempt in a look, and is asked again after a wait that doubles.

Kept in the cache, since the next look may come with the next edit, seconds later.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from syndicate.errors import HostAway, HostRefused
from syndicate.model import Cache

RETRY_AT_FIRST, RETRY_AT_LAST = timedelta(minutes=10), timedelta(days=1)
PATIENCE = timedelta(minutes=4)
"""Waiting in vain, in one look and by all its threads together: then what is left waits for the next look."""
_KIND = "server"


@dataclass(frozen=True, slots=True)
class Silent:
    """A server that is not asked now. Without `next_at` it is asked in the next look."""

    reason: str
    failures: int = 0
    next_at: datetime | None = None


class Servers:
    """What is known of servers in one look. Threads share it."""

    def __init__(self, cache: Cache, now: datetime) -> None:
        self._cache = cache
        self._now = now
        self._lock = threading.Lock()
        self._known = {server: _parse(data) for server, data in cache.get_all(_KIND).items()}
        self._silent = {server: known for server, known in self._known.items() if _is_ahead(known.next_at, now)}
        self._lost = 0.0

    def find_silent(self, server: str) -> Silent | None:
        """Why not to ask a server now."""
        with self._lock:
            if self._lost > PATIENCE.total_seconds() and server not in self._silent:
                return Silent("other servers let us wait too long", 1, self._now + RETRY_AT_FIRST)
            return self._silent.get(server)

    def list_silent(self) -> frozenset[str]:
        """Those where no redirect may lead now."""
        with self._lock:
            return frozenset(self._silent)

    def note_silence(self, error: HostAway, seconds: float) -> None:
        """It did not answer, which took so long."""
        with self._lock:
            if error.server in self._silent:
                return
            self._lost += seconds
            if isinstance(error, HostRefused):
                self._silent[error.server] = Silent(f"{error.message}; {error.hint}")
                return
            failures = 1 + (self._known[error.server].failures if error.server in self._known else 0)
            wait = min(RETRY_AT_FIRST * 2 ** min(failures - 1, 10), RETRY_AT_LAST)
            self._silent[error.server] = Silent(error.message, failures, self._now + wait)
            self._cache.put_many(_KIND, {error.server: _dump(self._silent[error.server])})

    def note_answer(self, server: str) -> None:
        """It is there."""
        with self._lock:
            if self._known.pop(server, None):
                self._cache.drop(_KIND, [server])


def _is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether a wait is not over; one beyond the longest comes from a clock that was ahead."""
    return moment is not None and now < moment <= now + RETRY_AT_LAST


def _dump(known: Silent) -> bytes:
    return orjson.dumps([known.reason, known.failures, known.next_at])


def _parse(data: bytes) -> Silent:
    """What cannot be read is as good as an answer."""
    try:
        reason, failures, next_at = orjson.loads(data)
        return Silent(str(reason), int(failures), datetime.fromisoformat(next_at))
    except (ValueError, TypeError):
        return Silent("")
