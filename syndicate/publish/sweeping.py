"""What was published before and is needed no more. Only our own kinds of files are ever removed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from syndicate.model import Cache
from syndicate.output import Output

_KIND = "unneeded"
_CARD = re.compile(r"cards/[^/]+\.(jpg|png)")
_OTHER = re.compile(r"meta/[^/]+\.html|([^/]+/)*(rss\.xml|atom\.xml|feed\.json)|archive/\d+\.\w+")


class Sweeper:
    """Removes files of vanished posts and feeds at once, and replaced cards after `keep`: networks cache by address."""

    def __init__(self, output: Output, cache: Cache, keep: timedelta) -> None:
        self._output = output
        self._cache = cache
        self._keep = keep

    def sweep(self, present: frozenset[str], needed: frozenset[str], now: datetime) -> tuple[str, ...]:
        """The paths removed. `present` was there before, `needed` is what must stay."""
        unneeded = present - needed
        cards = {path for path in unneeded if _CARD.fullmatch(path)}
        since = self._remember(cards, now)
        expired = {path for path in cards if now - since[path] >= self._keep}
        others = {path for path in unneeded if _OTHER.fullmatch(path)}
        removed = self._output.remove(sorted(expired | others))
        self._cache.drop(_KIND, expired)
        return removed

    def _remember(self, cards: set[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each card is not needed; one that is needed again is forgotten here."""
        known = {path: datetime.fromisoformat(data.decode()) for path, data in self._cache.get_all(_KIND).items()}
        self._cache.drop(_KIND, known.keys() - cards)
        fresh = {path: now for path in cards if path not in known}
        self._cache.put_many(_KIND, {path: at.isoformat().encode() for path, at in fresh.items()})
        return known | fresh
