"""Whether anything changed since the last publication, for the price of looking at file times."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson

from syndicate import __version__
from syndicate.model import Cache, Problem
from syndicate.output import Output

_KIND, _KEY, _TURN = "stamp", "publish", "turn"

LOOK_AGAIN = timedelta(days=1)
"""How long a publication counts as current at most: ages of posts, replaced cards and other people's pictures change
with time alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A publication that is finished."""

    stamp: str
    """The digest that `Stamp.make` gave before anything was read."""
    at: datetime
    ends: Iterable[datetime | None]
    """When it is out of date by itself: a post comes of age, a picture is worth another try."""
    problems: tuple[Problem, ...]
    files: Mapping[str, int | None]
    """Further files and folders it depends on, as `look_at` saw them before they were used."""
    paths: frozenset[str]
    """What was published."""


class Stamp:
    """One digest over everything a publication is made of. `sources` gives its parts."""

    def __init__(self, cache: Cache, output: Output, *, sources: Callable[[], Iterable[str]]) -> None:
        self._cache = cache
        self._output = output
        self._sources = sources

    def make(self) -> str:
        """The digest now."""
        turn = self._cache.get(_KIND, _TURN) or b""
        return hashlib.sha256("\n".join((__version__, turn.hex(), *self._sources())).encode()).hexdigest()

    def forget(self) -> None:
        """Something that is published changed otherwise: the next publication looks at everything, also where one
        that runs now ends after this call."""
        self._cache.put_many(_KIND, {_TURN: uuid4().bytes})

    def is_current(self, stamp: str, now: datetime) -> bool:
        """Whether the last publication was made of the same and is still there."""
        known = self._read()
        try:
            return (
                known["stamp"] == stamp
                and datetime.fromisoformat(known["at"]) <= now < datetime.fromisoformat(known["until"])
                and known["files"] == look_at(known["files"])
                and known["published"] == self._output.stamp(known["places"])
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return False

    def remember(self, made: Made) -> None:
        """Keep the digest until the publication is out of date."""
        places = sorted({path.rpartition("/")[0] or path for path in made.paths})
        value = {
            "stamp": made.stamp,
            "at": made.at.isoformat(),
            "until": min([at for at in made.ends if at] + [made.at + LOOK_AGAIN]).isoformat(),
            "problems": [asdict(problem) for problem in made.problems],
            "files": dict(made.files),
            "places": places,
            "published": self._output.stamp(places),
        }
        self._cache.put_many(_KIND, {_KEY: orjson.dumps(value)})

    def read_problems(self) -> tuple[Problem, ...]:
        """The problems of the last publication: they are still there, since nothing changed."""
        try:
            return tuple(Problem(**problem) for problem in self._read().get("problems", ()))
        except TypeError:
            return ()

    def _read(self) -> Mapping[str, Any]:
        try:
            known = orjson.loads(self._cache.get(_KIND, _KEY) or b"{}")
        except ValueError:
            return {}
        return known if isinstance(known, dict) else {}


def look_at(paths: Iterable[str]) -> dict[str, int | None]:
    """When each file, or the list of names in each folder, changed last; None where there is nothing."""
    return {path: _find_change(path) for path in paths}


def _find_change(path: str) -> int | None:
    try:
        return os.stat(path).st_ctime_ns  # noqa: PTH116 - plain strings: there may be ten thousand
    except (OSError, ValueError):
        return None
