"""Our files told from everybody else's: what a generator or the author put into the published folder stays theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from syndicate.cards import card_paths
from syndicate.model import Artefact, Cache, Problem
from syndicate.output import Output
from syndicate.output.base import Facts

_KIND, _SIZE = "written", 16
CARD = re.compile(r"cards/(?P<slug>[^/]+?)(?:\.(?P<digest>[0-9a-f]{10}))?\.(?P<ending>jpg|png)")
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png"}

# How each of our files shows who wrote it, for the day on which the memory of having written it is lost.
_MARKS = {
    r".*\.(xml|rss|atom)": rb"<generator>syndicate</generator>",
    r".*\.json": rb'^\{"version":"https://jsonfeed\.org/version/1\.1",.*"items":\[\n(?s:.*)\n\]\}\n\Z',
    r"syndication\.json": rb'^\{(\}|\n  ".*": \{\n    "card": )',
    r"opml\.xml": rb'^<\?xml .*\n<opml version="2\.0">\n<head>\n<title>.*\n(<dateModified>.*\n)?</head>\n<body>\n',
    r"meta/[^/]+\.html": rb'^<link rel="(canonical|alternate)" (?!(?s:.*)<body)',
    r"[^/]+\.html": rb'<meta name="generator" content="syndicate">',
}


class OwnFiles:
    """An output that writes over, and removes, no file of somebody else; made for one publication.

    Ours is what is not there yet, what still is as we wrote it, and what shows that we did. `place` is the folder in a
    person's words.
    """

    def __init__(self, output: Output, cache: Cache, place: str) -> None:
        self._output = output
        self._cache = cache
        self._place = place
        self._before: Collection[str] | None = None
        self._refused: dict[str, Problem] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each file that was left as it is."""
        return tuple(self._refused.values())

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        """What is written is remembered first, beside what was there: after a kill in between either is ours."""
        known = self._cache.get_many(_KIND, [one.path for one in artefacts])
        mine = [one for one in artefacts if not self._is_strange(one, known.get(one.path, b""))]
        fresh = {one.path: _digest(one.data) + known.get(one.path, b"")[:_SIZE] for one in mine}
        self._cache.put_many(_KIND, {path: new for path, new in fresh.items() if new[:_SIZE] != new[_SIZE:]})
        strange = {one.path for one in artefacts} - fresh.keys()
        self._refused |= {path: self._refuse(path) for path in sorted(strange)}
        return self._output.write(mine)

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        known = self._cache.get_many(_KIND, paths)
        removed = self._output.remove([path for path in paths if self._is_own(path, known.get(path, b""))])
        self._cache.drop(_KIND, removed)
        return removed

    def read(self, path: str) -> bytes | None:
        return self._output.read(path)

    def list_paths(self) -> frozenset[str]:
        return self._output.list_paths()

    def list_facts(self) -> Mapping[str, Facts]:
        facts = self._output.list_facts()
        self._before = facts.keys()
        return facts

    def find_facts(self, paths: Iterable[str]) -> Mapping[str, Facts]:
        """Nothing of files that were refused: whoever asks must not take them for written."""
        return self._output.find_facts([path for path in paths if path not in self._refused])

    def stamp(self, places: Iterable[str]) -> str:
        return self._output.stamp(places)

    def clear_rests(self, before: datetime) -> None:
        self._output.clear_rests(before)

    def _is_strange(self, artefact: Artefact, known: bytes) -> bool:
        if self._before is not None and artefact.path not in self._before:
            return False
        data = self._output.read(artefact.path)
        return data not in (None, artefact.data) and not self._is_ours(artefact.path, data or b"", known)

    def _is_own(self, path: str, known: bytes) -> bool:
        data = self._output.read(path)
        return data is not None and self._is_ours(path, data, known)

    def _is_ours(self, path: str, data: bytes, known: bytes) -> bool:
        return _digest(data) in (known[:_SIZE], known[_SIZE:]) or _shows_us(path, data) or self._is_card(path, data)

    def _is_card(self, path: str, data: bytes) -> bool:
        """A card names its own bytes; under its other name it is a copy of one that does."""
        found = CARD.fullmatch(path)
        if found is None:
            return False
        named, _ = card_paths(found["slug"], data, _MEDIA_TYPES[found["ending"]])
        return named == path or (not found["digest"] and bool(self._output.find_facts([named])))

    def _refuse(self, path: str) -> Problem:
        return Problem(
            f"{self._place}/{path}",
            "was not written by syndicate, so it stays as it is",
            hint="name another folder in [storage] publish_to, or take this file away, and publish again",
        )


def _shows_us(path: str, data: bytes) -> bool:
    return any(re.fullmatch(name, path) and re.search(mark, data) for name, mark in _MARKS.items())


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()
