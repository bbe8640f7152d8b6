"""What hubs and search engines were told, one entry for each address, in the cache: a restart forgets nothing.

Whoever throws the cache away has hubs told once more, and search engines begin anew with what is there then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import orjson

from syndicate.hubs import PingState
from syndicate.model import Cache

_MARK = "-"
"""No address."""


def recall(cache: Cache, kind: str) -> dict[str, PingState]:
    """What the cache keeps of one kind, by key; without what cannot be read."""
    states = {key: _parse(data) for key, data in cache.get_all(kind).items()}
    return {key: state for key, state in states.items() if state}


def remember(cache: Cache, kind: str, states: Mapping[str, PingState]) -> None:
    if states:
        cache.put_many(kind, {key: orjson.dumps(asdict(state)) for key, state in states.items()})


def is_kept(cache: Cache, kind: str, now: datetime) -> bool:
    """Whether the cache stores anything now: where the disk is full, everybody would be told again every minute."""
    mark = {_MARK: PingState("kept", now)}
    remember(cache, kind, mark)
    return recall(cache, kind).get(_MARK) == mark[_MARK]


def _parse(data: bytes) -> PingState | None:
    try:
        raw = orjson.loads(data)
        tried = raw["tried_at"]
        return PingState(raw["digest"], datetime.fromisoformat(tried) if tried else None, raw["failures"])
    except (ValueError, TypeError, KeyError):
        return None
