"""The state as the cache saw it last: its identity and its counter, so that an older database is recognised.

Nothing here needs SQLAlchemy: a publication without news looks only so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syndicate.model import Cache
from syndicate.store.glance import glance, refuse_damage

KIND, _SEEN, _ROWS = "state", "seen", "rows"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the cache has seen."""

    identity: str
    counter: int


def read_seen(cache: Cache) -> Seen | None:
    identity, _, counter = (cache.get(KIND, _SEEN) or b"").decode("ascii", "replace").partition(" ")
    return Seen(identity, int(counter)) if counter.isdecimal() else None


def keep_seen(cache: Cache, identity: str, counter: int) -> None:
    """Keep the highest counter: processes may come here in another order than they raised it."""
    seen = read_seen(cache)
    if seen is None or seen.identity != identity or seen.counter < counter:
        replace_seen(cache, identity, counter)


def replace_seen(cache: Cache, identity: str, counter: int) -> None:
    cache.put_many(KIND, {_SEEN: f"{identity} {counter}".encode()})


def keep_rows(cache: Cache, database: str, site: str) -> None:
    """Remember how much the state held after a publication."""
    found = glance(Path(database.removeprefix(_SQLITE)), site) if database.startswith(_SQLITE) else None
    if found is not None:
        cache.put_many(KIND, {_ROWS: str(found.rows).encode()})


def read_publication(database: str, site: str) -> tuple[str, str] | None:
    """How the last publication ended (`store.read_publication`); None where only the opened state can tell."""
    if not database.startswith(_SQLITE):
        return None
    found = glance(Path(database.removeprefix(_SQLITE)), site)
    return found.publication if found else ("", "")


def is_in_order(cache: Cache, database: str, site: str) -> bool:
    """Whether a glance at the state is enough: whole, not contradicted, and what the cache has seen.

    PostgreSQL is asked only when there is work. Raises StateError for a file that is not a whole state database.
    """
    if not database.startswith(_SQLITE):
        return True
    path = Path(database.removeprefix(_SQLITE))
    refuse_damage(path)
    seen, found = read_seen(cache), glance(path, site)
    if found is None or seen is None or found.is_contradicted:
        return False
    if found.rows < int(cache.get(KIND, _ROWS) or 0):  # nothing was sent since, but posts must be planned anew
        return False
    return seen.identity == found.identity and seen.counter <= found.counter
