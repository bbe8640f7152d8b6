"""What is kept between two reads, in the disposable cache: one index of stats, posts without bodies in
shards, and each body on its own, so that nothing large is read or written for one edited post."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any
from zlib import crc32

import orjson

from syndicate import __version__
from syndicate.content.records import VERSION, Outcome, pack, unpack
from syndicate.content.site_data import stamp_data
from syndicate.model import Cache, Settings

KIND = "post"
_SHARDS = 64

Stat = tuple[int, int, int, str]
"""Modification time in ns, size, inode, and a digest of the bytes of a file when it was last read."""


class Shelf:
    """Reads and writes the room's part of a cache. One site's entries do not meet another's."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._cache = cache
        self._prefix = f"{settings.site.name}/"
        self._index = f"{self._prefix}index"
        self._rules = (VERSION, __version__, settings.root, settings.site, settings.content, settings.feeds.flags)
        self._settings = settings
        self._context = ""

    def renew(self) -> bool:
        """Look at the data of the site; whether all that was read before was read with other data."""
        rules = (*self._rules, stamp_data(self._settings))
        before, self._context = (
            self._context,
            blake2b(repr(rules).encode("utf-8", "replace"), digest_size=16).hexdigest(),
        )
        return before != self._context

    def load(self) -> tuple[dict[str, Stat], dict[str, Outcome]]:
        """Stats and outcomes by source; nothing where other settings or another version wrote them."""
        stats = self._load_index()
        if not stats:
            return {}, {}
        shards = self._cache.get_many(KIND, [self._shard(number) for number in range(_SHARDS)])
        outcomes: dict[str, Outcome] = {}
        for data in shards.values():
            outcomes.update(unpack(data))
        return {source: stat for source, stat in stats.items() if source in outcomes}, outcomes

    def _load_index(self) -> dict[str, Stat]:
        data = self._cache.get(KIND, self._index)
        try:
            index = orjson.loads(data or b"{}")
            known = index.get("context") == self._context
            return {source: (m, s, i, d) for source, (m, s, i, d) in index["files"].items()} if known else {}
        except (ValueError, TypeError, AttributeError, KeyError):
            return {}

    def save(self, stats: Mapping[str, Stat], outcomes: Mapping[str, Outcome], changed: Collection[str]) -> bool:
        """Write the index, and the shards in which a changed source lives or lived; whether the cache kept them.

        Where it did not, these sources belong to the next call, too: an index must not be newer than a shard.
        """
        numbers = {_number(source) for source in changed}
        shards: dict[int, dict[str, Outcome]] = {number: {} for number in numbers}
        for source, outcome in outcomes.items():
            if source in stats and (number := _number(source)) in shards:
                shards[number][source] = outcome
        items = {self._shard(number): pack(shard) for number, shard in shards.items()}
        index = orjson.dumps({"context": self._context, "files": dict(stats)})
        self._cache.put_many(KIND, items | {self._index: index})
        return self._cache.get(KIND, self._index) == index

    def load_served(self) -> dict[str, list[Any]]:
        """Where the built site has posts; kept whatever settings and version, for its pages may be gone by now."""
        with suppress(ValueError, TypeError, AttributeError):
            return dict(orjson.loads(self._cache.get(KIND, f"{self._prefix}served") or b"{}"))
        return {}

    def save_served(self, served: Mapping[str, tuple[Any, ...]]) -> None:
        rows = {source: list(one) for source, one in served.items()}
        self._cache.put_many(KIND, {f"{self._prefix}served": orjson.dumps(rows)})

    def put_bodies(self, bodies: Mapping[str, bytes]) -> None:
        self._cache.put_many(KIND, {self._body(source): body for source, body in bodies.items()})

    def get_bodies(self, sources: Iterable[str]) -> dict[str, bytes]:
        names = {self._body(source): source for source in sources}
        return {names[name]: body for name, body in self._cache.get_many(KIND, names).items()}

    def drop_bodies(self, sources: Collection[str]) -> None:
        if sources:
            self._cache.drop(KIND, [self._body(source) for source in sources])

    def _shard(self, number: int) -> str:
        return f"{self._prefix}shard/{number}"

    def _body(self, source: str) -> str:
        return f"{self._prefix}body/{source}"


def _number(source: str) -> int:
    return crc32(source.encode()) % _SHARDS


class Memory:
    """A cache that lasts as long as the object, for those who were given none."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self._items.get((kind, key))

    def get_many(self, kind: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        return {key: self._items[kind, key] for key in keys if (kind, key) in self._items}

    def get_all(self, kind: str) -> Mapping[str, bytes]:
        return {key: data for (its_kind, key), data in self._items.items() if its_kind == kind}

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        self._items.update({(kind, key): data for key, data in items.items()})

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._items.pop((kind, key), None)
