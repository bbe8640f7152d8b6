"""What was published before and is needed no more. Only what we wrote ourselves is ever removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from syndicate.model import Cache
from syndicate.publish.manifest import Register
from syndicate.publish.ownership import CARD, OwnFiles

_KIND = "unneeded"
REST_AGE = timedelta(hours=1)


class Sweeper:
    """Removes files of vanished posts and feeds at once, and replaced cards after `keep`: networks cache by address."""

    def __init__(self, output: OwnFiles, cache: Cache, keep: timedelta) -> None:
        self._output = output
        self._cache = cache
        self._keep = keep

    def sweep(self, register: Register, needed: frozenset[str], now: datetime) -> tuple[str, ...]:
        """The paths removed; `needed` is what must stay."""
        unneeded = (register.own | set(filter(_is_named_card, register.paths))) - needed
        cards = {path for path in unneeded if path.startswith("cards/")}
        since = self._remember(cards, now)
        expired = {path for path in cards if now - since[path] >= self._keep}
        doomed = expired | (unneeded - cards)
        removed = self._output.remove(sorted(doomed))
        register.forget(doomed)  # also what somebody else wrote in its place, and so is left alone
        self._cache.drop(_KIND, expired)
        self._output.clear_rests(now - REST_AGE)
        return removed

    def _remember(self, cards: set[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each card is not needed; one that is needed again is forgotten here."""
        stored = self._cache.get_all(_KIND)
        known = {path: since for path, data in stored.items() if (since := _parse(data)) and since <= now}
        self._cache.drop(_KIND, stored.keys() - cards)
        fresh = {path: now for path in cards if path not in known}
        self._cache.put_many(_KIND, {path: at.isoformat().encode() for path, at in fresh.items()})
        return known | fresh


def _is_named_card(path: str) -> bool:
    """Ours by its name, even where the memory of having written it was lost: a card names its own bytes."""
    found = CARD.fullmatch(path)
    return found is not None and bool(found["digest"])


def _parse(data: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(data.decode()).astimezone(UTC)
    except ValueError:
        return None
