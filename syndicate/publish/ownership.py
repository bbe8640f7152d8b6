"""Our files told from everybody else's: what a generator or the author put into the published folder stays theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from syndicate.cards import path_by_digest
from syndicate.model import Artefact, Cache, Problem
from syndicate.output import Output
from syndicate.output.base import Facts

_KIND, _SIZE = "written", 16
CARD = re.compile(r"cards/(?P<name>[^/]+?)(?:\.(?P<digest>[0-9a-f]{10}))?\.(?P<ending>jpg|png)")

# Each feed told as one program tells it, and all of them from one address: a reader's list names many.
_OPML = (
    rb'\A<\?xml .*\n<opml version="2\.0">\n<head>\n<title>.*\n(?:<dateModified>.*\n)?</head>\n<body>\n'
    rb'<outline type="rss" text=(.*) title=\1 xmlUrl="(.*)/(?:rss\.xml|atom\.xml|feed\.json)".*\n'
    rb'(?:<outline type="rss" text=(.*) title=\3 xmlUrl="\2/.*\n)*</body>\n</opml>\n\Z'
)
# How each of our files shows who wrote it, for the day on which the memory of having written it is lost. A post may
# quote our marks: only what stands before the first entry counts.
_MARKS = {
    r".*\.(xml|rss|atom)": rb"\A(?s:(?!<(?:item|entry)\b).)*?<generator>syndicate</generator>",
    r".*\.json": rb'\A\{"version":"https://jsonfeed\.org/version/1\.1",.*"items":\[\n(?s:.*)\n\]\}\n\Z',
    r"syndication\.json": rb'\A\{(\}|\n  ".*": \{\n    "card": )',
    r"opml\.xml": _OPML,
    r"meta/[^/]+\.html": rb'\A<link rel="(canonical|alternate)" [^>\n]*>\n(<(link|meta) [^>\n]*>\n)*\Z',
    r"[^/]+\.html": rb'<meta name="generator" content="syndicate">',
}
_TAKE_AWAY = "name another folder in [storage] publish_to, or take this file away, and publish again"


class OwnFiles:
    """An output that writes over, and removes, no file of somebody else; made for one publication.

    Ours is what is not there yet, what still is as we wrote it, and what shows that we did; never a link or a folder in
    place of a file. `place` is the folder in a person's words.
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
        return tuple(problem for _, problem in sorted(self._refused.items()))

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        """What is written is remembered first, beside what is there: after a kill in between either is ours."""
        paths = [one.path for one in artefacts]
        known, blocked = self._cache.get_many(_KIND, paths), self._output.find_blocked(paths)
        found = self._output.read_many([path for path in paths if path not in blocked and self._may_be(path)])
        mine, notes = [], {}
        for one in artefacts:
            before = known.get(one.path, b"")
            if one.path in blocked:
                self._refuse(one.path, "cannot be written: a folder or a link is in its place, or a file on the way")
            elif self._is_strange(one, there := found.get(one.path), before):
                self._refuse(one.path, "was not written by syndicate, so it stays as it is")
            else:
                mine.append(one)
                notes[one.path] = before if _is_noted(one, there, before) else _note(one, there)
        self._cache.put_many(_KIND, {path: note for path, note in notes.items() if note != known.get(path)})
        return self._output.write(mine)

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        known = self._cache.get_many(_KIND, paths)
        removed = self._output.remove([path for path in paths if self._is_own(path, known.get(path, b""))])
        self._cache.drop(_KIND, removed)
        return removed

    def is_published(self, path: str, data: bytes) -> bool:
        """Whether these bytes under this path are ours."""
        return self._is_ours(path, data, self._cache.get_many(_KIND, [path]).get(path, b""))

    def read(self, path: str) -> bytes | None:
        return self._output.read(path)

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._output.read_many(paths)

    def list_paths(self) -> frozenset[str]:
        return self._output.list_paths()

    def list_facts(self) -> Mapping[str, Facts]:
        facts = self._output.list_facts()
        self._before = facts.keys()
        return facts

    def find_facts(self, paths: Iterable[str]) -> Mapping[str, Facts]:
        """Nothing of files that were refused: whoever asks must not take them for written."""
        return self._output.find_facts([path for path in paths if path not in self._refused])

    def may_hold(self, path: str, listed: Collection[str]) -> bool:
        return self._output.may_hold(path, listed)

    def find_blocked(self, paths: Iterable[str]) -> Collection[str]:
        return self._output.find_blocked(paths)

    def stamp(self, places: Iterable[str]) -> str:
        return self._output.stamp(places)

    def clear_rests(self, before: datetime) -> None:
        self._output.clear_rests(before)

    def _may_be(self, path: str) -> bool:
        return self._before is None or self._output.may_hold(path, self._before)

    def _is_strange(self, artefact: Artefact, there: bytes | None, known: bytes) -> bool:
        return there not in (None, artefact.data) and not self._is_ours(artefact.path, there or b"", known)

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
        named = path_by_digest(found["name"], data, found["ending"])
        return named == path or (not found["digest"] and bool(self._output.find_facts([named])))

    def _refuse(self, path: str, why: str) -> None:
        self._refused[path] = Problem(f"{self._place}/{path}", why, hint=_TAKE_AWAY)


def _shows_us(path: str, data: bytes) -> bool:
    return any(re.fullmatch(name, path) and re.search(mark, data) for name, mark in _MARKS.items())


def _note(artefact: Artefact, there: bytes | None) -> bytes:
    return _digest(artefact.data) + (b"" if there is None else _digest(there))


def _is_noted(artefact: Artefact, there: bytes | None, before: bytes) -> bool:
    return there == artefact.data and before[:_SIZE] == _digest(artefact.data)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()
