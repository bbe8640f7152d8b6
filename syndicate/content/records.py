"""Outcomes as rows for the cache and back. A row that does not fit means: read the file again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from zlib import crc32

import orjson

from syndicate import __version__
from syndicate.content.site_data import stamp_data
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

VERSION = 17
"""Raise it when a row, or what is derived from a file, changes its meaning."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading one file gave: a post without its body, or the problems that stop it."""

    post: Post | None
    problems: tuple[Problem, ...] = ()

    @property
    def may_pass(self) -> bool:
        """Whether it may be another one though the file is the same."""
        notes = (*self.problems, *(self.post.problems if self.post else ()))
        return any(one.awaits is not Awaited.NOTHING for one in notes)


def pack(outcomes: Mapping[str, Outcome]) -> bytes:
    """Outcomes by source as JSON."""
    return orjson.dumps({source: _to_row(outcome) for source, outcome in outcomes.items()})


def unpack(data: bytes) -> dict[str, Outcome]:
    """The outcomes; none at all where the bytes are not what `pack` writes."""
    try:
        return {source: _from_row(row) for source, row in orjson.loads(data).items()}
    except (ValueError, TypeError, IndexError, AttributeError):
        return {}


def _to_row(outcome: Outcome) -> list[Any]:
    problems = [_problem_to_row(problem) for problem in outcome.problems]
    return [_post_to_row(outcome.post) if outcome.post else None, problems]


def _from_row(row: list[Any]) -> Outcome:
    return Outcome(_post_from_row(row[0]) if row[0] else None, tuple(map(_problem_from_row, row[1])))


def _problem_to_row(problem: Problem) -> list[Any]:
    return [problem.source, problem.message, problem.line, problem.key, problem.hint, problem.awaits.value]


def _problem_from_row(row: list[Any]) -> Problem:
    source, message, line, key, hint, awaits = row
    return Problem(source, message, line, key, hint, Awaited(awaits))


def _post_to_row(post: Post) -> list[Any]:
    picture, credit = post.picture, post.picture.credit if post.picture else None
    return [
        post.source,
        post.slug,
        post.title,
        post.permalink,
        _instant(post.published_at),
        _instant(post.updated_at),
        post.summary,
        [[author.name, author.url, author.email, author.avatar] for author in post.authors],
        post.language,
        [[category.name, category.type] for category in post.categories],
        post.keywords,
        picture
        and [
            picture.url,
            picture.alt,
            credit and [credit.text, credit.url],
            picture.focus,
            picture.path,
            picture.kind,
            picture.is_public,
        ],
        sorted(post.flags),
        post.is_draft,
        post.status,
        post.social_share,
        {
            name: [override.text, override.skip, dict(override.options), override.code]
            for name, override in post.social.items()
        },
        post.declared_id,
        post.external_url,
        post.reading_minutes,
        post.generated_by,
        post.syndication,
        post.digest,
        post.length,
        [[repair.kind, repair.field, repair.before, repair.after, repair.line] for repair in post.repairs],
        [_problem_to_row(problem) for problem in post.problems],
        post.source_digest,
        post.fields_digest,
        post.sketch,
        post.title_code,
        [[one.part, one.place] for one in post.left_out],
        post.by_rule,
        post.group,
        [[one.url, one.media_type, one.length, one.title] for one in post.media],
    ]


def _post_from_row(row: list[Any]) -> Post:
    return Post(
        source=row[0],
        slug=row[1],
        title=row[2],
        permalink=row[3],
        published_at=datetime.fromisoformat(row[4]) if row[4] else None,
        updated_at=datetime.fromisoformat(row[5]) if row[5] else None,
        summary=row[6],
        authors=tuple(Author(*author) for author in row[7]),
        language=row[8],
        categories=tuple(Category(*category) for category in row[9]),
        keywords=tuple(row[10]),
        picture=_picture(row[11]) if row[11] else None,
        flags=frozenset(row[12]),
        is_draft=row[13],
        status=row[14],
        social_share=row[15],
        social={name: SocialOverride(*override) for name, override in row[16].items()},
        declared_id=row[17],
        external_url=row[18],
        reading_minutes=row[19],
        generated_by=row[20],
        syndication=tuple(row[21]),
        digest=row[22],
        length=row[23],
        repairs=tuple(Repair(*repair) for repair in row[24]),
        problems=tuple(map(_problem_from_row, row[25])),
        source_digest=row[26],
        fields_digest=row[27],
        sketch=row[28],
        title_code=tuple(row[29]),
        left_out=tuple(LeftOut(*one) for one in row[30]),
        by_rule=row[31],
        group=row[32],
        media=tuple(MediaFile(*one) for one in row[33]),
    )


def _picture(row: list[Any]) -> Picture:
    url, alt, credit, focus, path, kind, is_public = row
    at = (focus[0], focus[1]) if focus else None
    return Picture(url, alt, Credit(*credit) if credit else None, at, path, kind, is_public)


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# --- What is kept between two reads, in the disposable cache ---
# One index of stats, posts without bodies in shards, and each body on its own, so that nothing large is read or
# written for one edited post.

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
