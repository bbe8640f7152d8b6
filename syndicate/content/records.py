"""Outcomes as rows for the cache and back. A row that does not fit means: read the file again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from syndicate.model import (
    Author,
    Awaited,
    Category,
    Credit,
    LeftOut,
    MediaFile,
    Picture,
    Post,
    Problem,
    Repair,
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
