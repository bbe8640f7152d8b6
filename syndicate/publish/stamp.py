"""Whether anything changed since the last publication, for the price of looking at file times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from syndicate import __version__
from syndicate.model import Cache, Plan, Problem

_KIND, _KEY = "stamp", "publish"


class Stamp:
    """One digest over everything a publication is made of, and when it is out of date by itself."""

    def __init__(
        self, cache: Cache, *, sources: Callable[[], tuple[str, ...]], is_complete: Callable[[], bool]
    ) -> None:
        self._cache = cache
        self._sources = sources
        self._is_complete = is_complete

    def make(self) -> str:
        """The digest now."""
        return hashlib.sha256("\n".join((__version__, *self._sources())).encode()).hexdigest()

    def is_current(self, stamp: str, now: datetime) -> bool:
        """Whether the last publication was made of the same and is still there."""
        known = self._read()
        if known.get("stamp") != stamp:
            return False
        until = known.get("until")
        return (until is None or now < datetime.fromisoformat(until)) and self._is_complete()

    def remember(self, stamp: str, plan: Plan, retry_at: datetime | None) -> None:
        """Keep the digest until a post comes of age or a picture is worth another try."""
        ends = [at for at in (plan.next_change_at, retry_at) if at]
        value = {
            "stamp": stamp,
            "until": min(ends).isoformat() if ends else None,
            "problems": [asdict(problem) for problem in plan.problems],
        }
        self._cache.put_many(_KIND, {_KEY: orjson.dumps(value)})

    def forget(self) -> None:
        """Something that is published changed otherwise: the next publication looks at everything."""
        self._cache.drop(_KIND, (_KEY,))

    def read_problems(self) -> tuple[Problem, ...]:
        """The problems of the last publication: they are still there, since nothing changed."""
        return tuple(Problem(**problem) for problem in self._read().get("problems", ()))

    def _read(self) -> dict[str, Any]:
        data = self._cache.get(_KIND, _KEY)
        known: dict[str, Any] = orjson.loads(data) if data else {}
        return known
