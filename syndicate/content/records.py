"""Outcomes as rows for the cache and back. A row that does not fit means: read the file again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import orjson

from syndicate import __version__
from syndicate.content import fingerprint_data, tell_stat
from syndicate.model import (
    Author,
    Awaited,
    Cache,
    Category,
    Credit,
    LeftOut,
    MediaFile,
    Picture,
    Post,
    Problem,
    Repair,
    Settings,
    SocialOverride,
)

VERSION = 30
"""Raise it when a row, or what is derived from a file, changes its meaning."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading one file gave: a post without its body, or the problems that stop it."""

    post: Post | None
    problems: tuple[Problem, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """What its links to other posts name, each with the address that it led to."""

    @property
    def may_pass(self) -> bool:
        """Whether it may be another one though the file is the same."""
        notes = (*self.problems, *(self.post.problems if self.post else ()))
        return any(one.awaits is not Awaited.NOTHING for one in notes)


_FIELDS = tuple(one.name for one in fields(Post) if one.name not in {"html", "markdown"})
_take_apart = attrgetter(*_FIELDS)


def _to_row(outcome: Outcome) -> list[Any]:
    """The outcome as values that `orjson` can write; what is inside a post becomes a table by name."""
    return [_take_apart(outcome.post) if outcome.post else None, outcome.problems, outcome.links]


def _from_row(row: list[Any]) -> Outcome:
    """The outcome. Raises ValueError, TypeError, LookupError or AttributeError where `_to_row` did not write it."""
    found, problems, links = row
    if found is None:
        return Outcome(None, _problems(problems))
    values = dict(zip(_FIELDS, found, strict=True))
    for name, read in _READ.items():
        values[name] = read(values[name])
    return Outcome(Post(**values), _problems(problems), links)


def _each(kind: Callable[..., Any]) -> Callable[[list[dict[str, Any]]], tuple[Any, ...]]:
    return lambda rows: tuple(kind(**row) for row in rows) if rows else ()


def _problems(rows: list[dict[str, Any]]) -> tuple[Problem, ...]:
    return tuple(Problem(**{**row, "awaits": Awaited(row["awaits"])}) for row in rows)


def _picture(row: dict[str, Any] | None) -> Picture | None:
    if row is None:
        return None
    credit, focus = row["credit"], row["focus"]
    return Picture(**{**row, "credit": credit and Credit(**credit), "focus": focus and tuple(focus)})


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_READ: Mapping[str, Callable[[Any], Any]] = {
    "published_at": _instant, "updated_at": _instant, "picture": _picture, "problems": _problems, "flags": frozenset,
    "authors": _each(Author), "categories": _each(Category), "media": _each(MediaFile), "repairs": _each(Repair),
    "left_out": _each(LeftOut), "keywords": tuple, "syndication": tuple, "title_code": tuple,
    "social": lambda rows: {name: SocialOverride(**row) for name, row in rows.items()},
}  # fmt: skip
"""How the fields of a post are read that JSON cannot hold as they are."""


# --- What is kept between two reads, in the disposable cache ---

# Of each file a row with its stat and the post without its body, and the body on its own, so that nothing large is read
# or written for one edited post.

Stat = tuple[int, int, int, str]
"""Modification time in ns, size, inode, and a digest of the bytes of a file when it was last read."""


class PostCache:
    """Reads and writes the room's part of a cache. One site's entries do not meet another's."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._cache = cache
        name = settings.site.name
        self._posts, self._bodies, self._places = f"post {name}", f"body {name}", f"served {name}"
        self._rules = (VERSION, __version__, settings.root, settings.site, settings.content, settings.feeds.flags)
        self._settings = settings
        self._context = b""

    def renew(self) -> bool:
        """Look at the data of the site; whether all that was read before was read with other data."""
        rules = (*self._rules, fingerprint_data(self._settings))
        before, self._context = self._context, blake2b(repr(rules).encode("utf-8", "replace"), digest_size=16).digest()
        return before != self._context

    def forget(self) -> None:
        """The next `renew` says that nothing was read yet."""
        self._context = b""

    def load(self, sources: Collection[str] | None = None) -> tuple[dict[str, Stat], dict[str, Outcome]]:
        """Stats and outcomes by source, of all or of these; nothing of what other settings or another version wrote."""
        start, stats, outcomes = len(self._context), dict[str, Stat](), dict[str, Outcome]()
        rows = self._cache.get_all(self._posts) if sources is None else self._cache.get_many(self._posts, sources)
        for source, row in rows.items():
            with suppress(ValueError, TypeError, LookupError, AttributeError):
                if row.startswith(self._context):
                    (mtime_ns, size, inode, digest), outcome = orjson.loads(row[start:])
                    outcomes[source], stats[source] = _from_row(outcome), (mtime_ns, size, inode, digest)
        return stats, outcomes

    def save(self, stats: Mapping[str, Stat], outcomes: Mapping[str, Outcome], changed: Collection[str]) -> bool:
        """Keep what is known of changed sources, and nothing of those whose files are gone; whether the cache did so.

        Where it did not, these sources belong to the next call, too.
        """
        known = [source for source in changed if source in stats and source in outcomes]
        rows = {
            source: self._context + orjson.dumps([stats[source], _to_row(outcomes[source])], default=sorted)
            for source in known
        }
        self._cache.put_many(self._posts, rows)
        self._cache.drop(self._posts, set(changed) - rows.keys())
        return not known or self._cache.get(self._posts, known[-1]) == rows[known[-1]]

    def load_served(self) -> dict[str, list[Any]]:
        """Where the built site has posts; kept whatever settings and version, for its pages may be gone by now."""
        with suppress(ValueError, TypeError, AttributeError):
            return dict(orjson.loads(self._cache.get(self._places, "all") or b"{}"))
        return {}

    def save_served(self, served: Mapping[str, tuple[Any, ...]]) -> None:
        rows = {source: list(one) for source, one in served.items()}
        self._cache.put_many(self._places, {"all": orjson.dumps(rows)})

    def get_mark(self) -> bytes | None:
        """What stands for all links between posts as they were found to lead to the right pages."""
        return self._cache.get(self._places, "links")

    def put_mark(self, mark: bytes) -> None:
        self._cache.put_many(self._places, {"links": mark})

    def put_bodies(self, bodies: Mapping[str, bytes]) -> None:
        self._cache.put_many(self._bodies, bodies)

    def get_bodies(self, sources: Iterable[str]) -> Mapping[str, bytes]:
        return self._cache.get_many(self._bodies, sources)

    def drop_bodies(self, sources: Collection[str]) -> None:
        if sources:
            self._cache.drop(self._bodies, sources)


def recall_posts(settings: Settings, cache: Cache, marks: Mapping[str, str]) -> dict[str, Post] | None:
    """The posts of these files without bodies, as the cache knows them; None where it does not know one as it is now.

    `marks` are those of `look_at_posts`.
    """
    kept = PostCache(settings, cache)
    kept.renew()
    stats, outcomes = kept.load(marks)
    posts = {s: one.post for s, one in outcomes.items() if one.post and tell_stat(*stats[s][:3]) == marks[s]}
    return posts if len(posts) == len(marks) else None


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
