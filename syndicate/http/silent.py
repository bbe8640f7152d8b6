"""Which servers did not answer, or take their time: each costs little in a look, and is asked again after a while.

A silent one costs one attempt, a slow one a minute of waiting, all of them together a few minutes. Who was silent or
slow is kept in the cache, since the next look may come with the next edit, seconds later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from syndicate.errors import HostAway, HostRefused
from syndicate.model import Cache

RETRY_AT_FIRST, RETRY_AT_LAST = timedelta(minutes=10), timedelta(days=1)
QUICK = timedelta(seconds=3)
"""What an answer may take without being called slow."""
PATIENCE, PATIENCE_FOR_ONE = timedelta(minutes=4), timedelta(minutes=1)
"""Waiting beyond that, or in vain, in one look and by all its threads together: for all servers, and for one of them.
Then what is left waits for the next look."""
LOOK = timedelta(minutes=10)
"""The longest look at servers that are quick, but many or asked often."""
SLOW = "its server answers too slowly"
_KIND = "server"


@dataclass(frozen=True, slots=True)
class Silent:
    """A server that is not asked now. Without `next_at` it is asked in the next look."""

    reason: str
    failures: int = 0
    next_at: datetime | None = None


class Waits:
    """How long the servers of one look let us wait. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost: dict[str, float] = {}
        self._all = 0.0
        self._ends = time.monotonic() + LOOK.total_seconds()

    def note(self, server: str, seconds: float) -> None:
        """An answer, or none, took so long."""
        slow = max(0.0, seconds - QUICK.total_seconds())
        with self._lock:
            self._lost[server] = self._lost.get(server, 0.0) + slow
            self._all += slow

    def tell_why_over(self, server: str) -> str:
        """Why not to ask a server once more in this look, "" where it may be asked."""
        if self.is_slow(server):
            return SLOW
        with self._lock:
            is_over = self._all > PATIENCE.total_seconds() or time.monotonic() > self._ends
        return "other servers let us wait too long" if is_over else ""

    def is_slow(self, server: str) -> bool:
        with self._lock:
            return self._lost.get(server, 0.0) > PATIENCE_FOR_ONE.total_seconds()


class Servers:
    """What is known of servers in one look. Threads share it."""

    def __init__(self, cache: Cache, now: datetime) -> None:
        self._cache = cache
        self._now = now
        self._lock = threading.Lock()
        self._known = {server: _parse(data) for server, data in cache.get_all(_KIND).items()}
        self._silent = {server: known for server, known in self._known.items() if _is_ahead(known.next_at, now)}
        self._waits = Waits()

    def find_silent(self, server: str) -> Silent | None:
        """Why not to ask a server now."""
        with self._lock:
            if server in self._silent:
                return self._silent[server]
        why = self._waits.tell_why_over(server)
        return Silent(why, 1, self._now + RETRY_AT_FIRST) if why else None

    def list_silent(self) -> frozenset[str]:
        """Those where no redirect may lead now."""
        with self._lock:
            return frozenset(self._silent)

    def note_silence(self, error: HostAway, seconds: float) -> None:
        """It did not answer, which took so long."""
        with self._lock:
            if error.server in self._silent:
                return
            self._waits.note(error.server, seconds)
            if isinstance(error, HostRefused):
                self._silent[error.server] = Silent(f"{error.message}; {error.hint}")
                return
            self._silence(error.server, error.message)

    def _silence(self, server: str, why: str) -> None:
        failures = 1 + (self._known[server].failures if server in self._known else 0)
        wait = min(RETRY_AT_FIRST * 2 ** min(failures - 1, 10), RETRY_AT_LAST)
        self._silent[server] = Silent(why, failures, self._now + wait)
        self._cache.put_many(_KIND, {server: _dump(self._silent[server])})

    def note_failure(self, server: str, seconds: float) -> None:
        """It did answer, but not as it should, and took so long."""
        self._waits.note(server, seconds)

    def note_answer(self, server: str, seconds: float) -> None:
        """It is there, and took so long; one that takes too long in all rests like one that is silent."""
        self._waits.note(server, seconds)
        with self._lock:
            if self._waits.is_slow(server):
                self._silence(server, SLOW)
            elif self._known.pop(server, None):
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
