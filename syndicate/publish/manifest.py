"""What was published, file by file: what each was made of, and how the file looked when it was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from syndicate.model import Cache
from syndicate.output import Output
from syndicate.output.base import Facts
from syndicate.publish.ownership import CARD, OwnFiles

_KIND = "published"


class Register:
    """One look at the published files, kept up to date by whoever writes during a publication.

    A file is current while it was made of the same, and nobody replaced it since: a deploy script, an old branch, a
    backup. Only what stands here was written by us.
    """

    def __init__(self, output: Output, cache: Cache) -> None:
        self._output = output
        self._cache = cache
        self._known = dict(cache.get_all(_KIND))
        self._facts = dict(output.list_facts())

    @property
    def paths(self) -> Collection[str]:
        """Every file that is there."""
        return self._facts.keys()

    @property
    def own(self) -> frozenset[str]:
        """The files that are there and were written by us."""
        return frozenset(self._known.keys() & self._facts.keys())

    def is_current(self, path: str, seal: str) -> bool:
        """Whether the file is there as it was made of `seal`; never where the seal is empty."""
        facts = self._facts.get(path)
        return bool(seal) and facts is not None and self._known.get(path) == _entry(seal, facts)

    def has(self, path: str, size: int) -> bool:
        """Whether a file of ours of this size is there: enough for a name that changes with the bytes."""
        facts = self._facts.get(path)
        return facts is not None and facts.size == size and path in self._known

    def note(self, seals: Mapping[str, str]) -> None:
        """These files were just written, each made of its seal."""
        found = self._output.find_facts(seals)
        entries = {path: _entry(seals[path], facts) for path, facts in found.items()}
        fresh = {path: entry for path, entry in entries.items() if self._known.get(path) != entry}
        self._cache.put_many(_KIND, fresh)
        self._known |= fresh
        self._facts |= found

    def forget(self, paths: Collection[str]) -> None:
        """These files are gone."""
        self._cache.drop(_KIND, paths)
        for path in paths:
            self._known.pop(path, None)
            self._facts.pop(path, None)


def _entry(seal: str, facts: Facts) -> bytes:
    return f"{seal} {facts.size} {facts.mark}".encode() if seal else b""


# --- what was published before and is needed no more ---

_UNNEEDED = "unneeded"
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
        self._cache.drop(_UNNEEDED, expired)
        self._output.clear_rests(now - REST_AGE)
        return removed

    def _remember(self, cards: set[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each card is not needed; one that is needed again is forgotten here."""
        stored = self._cache.get_all(_UNNEEDED)
        known = {path: since for path, data in stored.items() if (since := _parse(data)) and since <= now}
        self._cache.drop(_UNNEEDED, stored.keys() - cards)
        fresh = {path: now for path in cards if path not in known}
        self._cache.put_many(_UNNEEDED, {path: at.isoformat().encode() for path, at in fresh.items()})
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
