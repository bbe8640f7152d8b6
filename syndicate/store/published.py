"""What was published: a row for each file, and one that tells how the last publication ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, bindparam, delete, select

from syndicate.model import PublishedFile
from syndicate.store.database import Part, insert_of
from syndicate.store.prepared import Prepared
from syndicate.store.schema import publications, published_files

_FILE = [published_files.c[name] for name in PublishedFile._fields]
_CARDS = Prepared(
    select(*_FILE).where(
        published_files.c.site == bindparam("site"),
        published_files.c.post_id != "",
        published_files.c.post_id == bindparam("of_post"),
    )
)


@cache
def _replacing(insert: Callable[..., Any]) -> Any:
    """Made once: what it is made of hangs together in circles, and no collector runs while many files are written."""
    query = insert(published_files)
    changes = {column.name: query.excluded[column.name] for column in _FILE}
    return query.on_conflict_do_update(index_elements=["site", "path"], set_=changes)


_AT_ONCE = 500
"""Names in one question: databases limit them."""


class PublishedFiles(Part):
    """The rows of the manifest (`publish/manifest.py`), by path."""

    def list_published(self) -> Iterator[PublishedFile]:
        """One by one: there may be fifty thousand."""
        with self._database.reading() as connection:
            yield from map(PublishedFile._make, connection.execute(select(*_FILE).where(self._own)))

    def find_published(self, paths: Sequence[str]) -> dict[str, PublishedFile]:
        """Those of the paths that are known."""
        return self._read_published(*([self._own, published_files.c.path.in_(some)] for some in _cut(paths)))

    def find_cards(self, post_id: str) -> dict[str, PublishedFile]:
        """The cards of one post."""
        with self._database.reading() as connection:
            rows = _CARDS.fetch(connection, {"site": self._site, "of_post": post_id})
        return {row["path"]: PublishedFile(**row) for row in rows}

    def keep_published(self, files: Iterable[PublishedFile]) -> None:
        """Store or replace."""
        rows = [{"site": self._site} | one._asdict() for one in files]
        if rows:
            with self._database.writing() as connection:
                connection.execute(_replacing(insert_of(connection)), rows)

    def forget_published(self, paths: Collection[str]) -> None:
        if paths:
            with self._database.writing() as connection:
                for some in _cut(sorted(paths)):
                    connection.execute(delete(published_files).where(self._own, published_files.c.path.in_(some)))

    def read_publication(self) -> tuple[str, str]:
        """What tells this turn from the next, and the record of the last publication; "" for what there is not."""
        query = select(publications.c.turn, publications.c.record).where(publications.c.site == self._site)
        return next(((one["turn"], one["record"]) for one in self._fetch(query)), ("", ""))

    def keep_publication(self, record: str) -> None:
        """The last publication ended so; the turn stays."""
        self._write_publication(record=record)

    def begin_turn(self) -> None:
        """Tell the next publication from every one that began before this moment."""
        self._write_publication(turn=uuid4().hex)

    def _write_publication(self, **changes: str) -> None:
        with self._database.writing() as connection:
            query = insert_of(connection)(publications).values({"site": self._site, "turn": "", "record": ""} | changes)
            connection.execute(query.on_conflict_do_update(index_elements=["site"], set_=changes))

    @property
    def _own(self) -> ColumnElement[bool]:
        return published_files.c.site == self._site

    def _read_published(self, *conditions: Sequence[ColumnElement[bool]]) -> dict[str, PublishedFile]:
        found: dict[str, PublishedFile] = {}
        with self._database.reading() as connection:
            for where in conditions:
                rows = map(PublishedFile._make, connection.execute(select(*_FILE).where(*where)))
                found |= {one.path: one for one in rows}
        return found


def _cut(paths: Sequence[str]) -> Iterable[Sequence[str]]:
    return (paths[at : at + _AT_ONCE] for at in range(0, len(paths), _AT_ONCE))
