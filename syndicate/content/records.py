"""Outcomes as rows for the cache and back. A row that does not fit means: read the file again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from syndicate import __version__
from syndicate.content.site_data import fingerprint_data
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

VERSION = 20
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


def _to_row(outcome: Outcome) -> list[Any]:
    """The outcome as values that JSON can hold."""
    problems = [_problem_to_row(problem) for problem in outcome.problems]
    return [_post_to_row(outcome.post) if outcome.post else None, problems]


def _from_row(row: list[Any]) -> Outcome:
    """The outcome. Raises ValueError, TypeError, IndexError or AttributeError where `_to_row` did not write it."""
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

    def load(self, sources: Collection[str] | None = None) -> tuple[dict[str, Stat], dict[str, Outcome]]:
        """Stats and outcomes by source, of all or of these; nothing of what other settings or another version wrote."""
        start, stats, outcomes = len(self._context), dict[str, Stat](), dict[str, Outcome]()
        rows = self._cache.get_all(self._posts) if sources is None else self._cache.get_many(self._posts, sources)
        for source, row in rows.items():
            with suppress(ValueError, TypeError, IndexError, AttributeError):
                if row.startswith(self._context):
                    (mtime_ns, size, inode, digest), outcome = orjson.loads(row[start:])
                    outcomes[source], stats[source] = _from_row(outcome), (mtime_ns, size, inode, digest)
        return stats, outcomes

    def save(self, stats: Mapping[str, Stat], outcomes: Mapping[str, Outcome], changed: Collection[str]) -> bool:
        """Keep what is known of changed sources, and nothing of those whose files are gone; whether the cache did so.

        Where it did not, these sources belong to the next call, too.
        """
        known = [source for source in changed if source in stats and source in outcomes]
        rows = {source: self._context + orjson.dumps([stats[source], _to_row(outcomes[source])]) for source in known}
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

    def put_bodies(self, bodies: Mapping[str, bytes]) -> None:
        self._cache.put_many(self._bodies, bodies)

    def get_bodies(self, sources: Iterable[str]) -> Mapping[str, bytes]:
        return self._cache.get_many(self._bodies, sources)

    def drop_bodies(self, sources: Collection[str]) -> None:
        if sources:
            self._cache.drop(self._bodies, sources)


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
