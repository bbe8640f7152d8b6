"""The state's SQLite file without SQLAlchemy: whether it is whole, a glance at it, and what edits alone ask of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from syndicate.errors import StateError
from syndicate.model import Action, Cache, KnownPost, OccasionKind, PublishedFile, Reason, State

_DAMAGES = {"NOTADB": "this file is not a state database", "CORRUPT": "the state database is cut off"}
"""By SQLite's result code."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What tells an older copy of a state: its identity, and how many irreversible calls it knows.

    Every account counts from `start`, which goes ahead for all of them at once.
    """

    identity: str
    start: int
    calls: Mapping[str, int] = field(default_factory=dict)
    """By account, none where it is at the start."""

    @property
    def highest(self) -> int:
        """0 where no call was ever made."""
        return max((self.start, *self.calls.values()))

    def list_ahead(self, other: Moment) -> Mapping[str, int]:
        """The counters of accounts of which this one knows calls that the other one does not."""
        return {name: count for name, count in self.calls.items() if count > other.calls.get(name, other.start)}

    def is_ahead_of(self, other: Moment) -> bool:
        """Whether it knows a call that the other one does not."""
        return self.start > other.start or bool(self.list_ahead(other))


@dataclass(frozen=True, slots=True)
class Glance:
    """What a publication without news needs to know of the state."""

    moment: Moment
    is_contradicted: bool
    rows: int
    """Grows with every post and message: a smaller one is an older state."""


def find_damage(path: Path) -> str:
    """Why this file is not a whole SQLite database, "" where it looks like one. An empty file is a new one.

    SQLite itself looks at it: a process that opens and closes the file by other means loses its locks on it, and other
    processes then throw the journal away while it is written to (sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        is_new = not path.stat().st_size
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if path.is_dir():
        return "is a directory"
    if is_new:
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
    except sqlite3.Error as error:  # any other trouble is told when it is opened
        return _DAMAGES.get(error.sqlite_errorname.removeprefix("SQLITE_"), "")
    # Pages may stand in the journal for now; without one the file itself must hold them all.
    is_alone = not _size_of(path.with_name(f"{path.name}-wal"))
    return _DAMAGES["CORRUPT"] if is_alone and _size_of(path) < page * pages else ""


def refuse_damage(path: Path) -> None:
    """Raises StateError where the file is there and is not a state database, or not a whole one."""
    if path.exists() and (damage := find_damage(path)):
        hint = "put a backup in its place (`syndicate restore FILE`), or check [storage] database"
        raise StateError(damage, where=str(path), hint=hint)


_CALLS_MADE = """
SELECT account, coalesce(states.counter + calls.counter, 0) FROM states JOIN calls USING (site) WHERE site = ?
"""


def glance(path: Path, site: str) -> Glance | None:
    """The site's state as this file has it; None where only opening it properly can tell what is the matter."""
    if not path.exists() or find_damage(path):
        return None
    rows = "(SELECT coalesce(max(id), 0) FROM deliveries) + (SELECT count(*) FROM posts WHERE site = states.site)"
    query = f"SELECT identity, coalesce(counter + 0, 0), contradiction, {rows} FROM states WHERE site = ?"  # noqa: S608
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            row = connection.execute(query, (site,)).fetchone()
            made = connection.execute(_CALLS_MADE, (site,)).fetchall()
    except sqlite3.Error:
        return None
    if row is None:
        return None
    return Glance(Moment(row[0], row[1], dict(made)), bool(row[2]), row[3])


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


# --- The state as the cache saw it last ---
# Its identity and its counters, so that an older database is recognised. Nothing here needs SQLAlchemy: a
# publication without news looks only so far.

_KIND, _SEEN, _ROWS, _SOUND, _CHECKED = "state", "seen", "rows", "sound", "checked"
_CALLS = "calls"
"""A kind of its own: a line for each account, written by the one process that has it in hands."""


def read_seen(cache: Cache) -> Moment | None:
    seen = _parse_count(cache.get(_KIND, _SEEN) or b"")
    if seen is None:
        return None
    found = {account: _parse_count(line) for account, line in cache.get_all(_CALLS).items()}
    mine = {account: one[1] for account, one in found.items() if one and one[0] == seen[0]}
    return Moment(*seen, mine)


def keep_seen(cache: Cache, moment: Moment) -> None:
    """Keep the highest counters: processes may come here in another order than they raised them."""
    seen = read_seen(cache)
    if seen is None or seen.identity != moment.identity:
        seen = Moment(moment.identity, -1)
    if seen.start < moment.start:
        cache.put_many(_KIND, {_SEEN: _render_count(moment.identity, moment.start)})
    ahead = moment.list_ahead(seen)
    cache.put_many(_CALLS, {account: _render_count(moment.identity, count) for account, count in ahead.items()})


def _render_count(identity: str, count: int) -> bytes:
    return f"{identity} {count}".encode()


def _parse_count(line: bytes) -> tuple[str, int] | None:
    identity, _, count = line.decode("ascii", "replace").partition(" ")
    return (identity, int(count)) if count.isdecimal() else None


def keep_checked(cache: Cache, moment: Moment, copies: str) -> None:
    """Remember that the state knew every copy of the published file with this fingerprint."""
    cache.put_many(_KIND, {_CHECKED: _tell_checked(moment, copies)})


def is_checked(cache: Cache, moment: Moment, copies: str) -> bool:
    return cache.get(_KIND, _CHECKED) == _tell_checked(moment, copies)


def _tell_checked(moment: Moment, copies: str) -> bytes:
    """Other bytes whenever the file or a counter has changed."""
    return f"{moment.identity} {moment.start} {sorted(moment.calls.items())} {copies}".encode()


def keep_rows(cache: Cache, file: str, site: str) -> None:
    """Remember how much the state held after a publication."""
    found = glance(Path(file), site) if file else None
    if found is not None:
        cache.put_many(_KIND, {_ROWS: str(found.rows).encode()})


def keep_sound(cache: Cache, file: str) -> None:
    """Remember that every row of this very file could be read; asked once it is closed."""
    if file:
        cache.put_many(_KIND, {_SOUND: _sign(file)})


def is_sound(cache: Cache, file: str) -> bool:
    """Whether the file is the one of which every row could be read."""
    return cache.get(_KIND, _SOUND) == _sign(file)


def _sign(file: str) -> bytes:
    """Other bytes whenever the file, or its journal, may hold something else."""
    path = Path(file)
    stats = [one.stat() for one in (path, path.with_name(f"{path.name}-wal")) if _size_of(one)]
    return repr([(one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in stats]).encode()


def read_publication(file: str, site: str) -> tuple[str, str] | None:
    """How the last publication ended (`store.read_publication`); None where only the opened state can tell."""
    if not file:
        return None
    query = "SELECT coalesce(turn, ''), coalesce(record, '') FROM publications WHERE site = ?"
    if not Path(file).exists():
        return "", ""
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            return connection.execute(query, (site,)).fetchone() or ("", "")
    except sqlite3.Error:  # what is the matter is told where the state is opened
        return "", ""


def is_in_order(cache: Cache, file: str, site: str) -> bool:
    """Whether a glance at the state is enough: whole, not contradicted, and what the cache has seen.

    PostgreSQL is asked only when there is work. Raises StateError for a file that is not a whole state database.
    """
    if not file:
        return True
    path = Path(file)
    refuse_damage(path)
    seen, found = read_seen(cache), glance(path, site)
    if found is None or seen is None or found.is_contradicted:
        return False
    if found.rows < int(cache.get(_KIND, _ROWS) or 0):  # nothing was sent since, but posts must be planned anew
        return False
    return seen.identity == found.moment.identity and not seen.is_ahead_of(found.moment)


# --- a state that is an SQLite file without SQLAlchemy, and what a publication of edits alone asks of it ---

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_POST = tuple(one.name for one in fields(KnownPost))
_FILE = PublishedFile._fields
_AT_ONCE = 500
_PATIENCE = 10.0
_KEEP_RECORD = (
    "INSERT INTO publications (site, turn, record) VALUES (?, '', ?)"
    " ON CONFLICT (site) DO UPDATE SET record = excluded.record"
)


class PlainState:
    """The rows of one site. Raises sqlite3.Error, and ValueError or TypeError for a row that nobody can read: then the
    whole store says what is the matter."""

    def __init__(self, path: Path, site: str) -> None:
        self._site = site
        self._connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)

    def close(self) -> None:
        self._connection.close()

    def read_schema(self) -> str:
        """The last step that the tables have seen."""
        return str(self._connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])

    def find_posts(self, ids: Collection[str]) -> dict[str, KnownPost]:
        """By id."""
        rows = self._select(_POST, "posts", "id", ids)
        return {row[0]: KnownPost(**dict(zip(_POST, read_values(_POST, row), strict=True))) for row in rows}

    def find_cards(self, post_id: str) -> dict[str, PublishedFile]:
        return self.list_cards((post_id,))

    def list_cards(self, ids: Collection[str]) -> dict[str, PublishedFile]:
        """The cards of these posts, by path."""
        return self._list_files("post_id", [one for one in ids if one])

    def find_published(self, paths: Sequence[str]) -> dict[str, PublishedFile]:
        """Those of the paths that are known."""
        return self._list_files("path", paths)

    def _list_files(self, column: str, wanted: Collection[str]) -> dict[str, PublishedFile]:
        return _parse_files(self._select(_FILE, "published_files", column, wanted))

    def _select(self, names: Sequence[str], table: str, column: str, wanted: Collection[str]) -> Iterator[Any]:
        rest = iter(wanted)
        while some := tuple(islice(rest, _AT_ONCE)):
            where = f"site = ? AND {column} IN ({', '.join('?' * len(some))})"
            query = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"  # noqa: S608 - our own names
            yield from self._connection.execute(query, (self._site, *some)).fetchall()


class EditedState(PlainState):
    """What a publication of edits reads and writes, each question and each change by itself."""

    def __init__(self, path: Path, site: str) -> None:
        super().__init__(path, site)
        self._connection.execute("PRAGMA synchronous=FULL")

    def list_messages(self, ids: Collection[str]) -> list[tuple[State, Reason]]:
        """How all messages of these posts stand, and why."""
        rows = self._select(("state", "reason"), "deliveries", "post_id", ids)
        return [(State(state), Reason(reason)) for state, reason in rows]

    def list_published(self) -> Iterable[PublishedFile]:
        """Every line of the manifest."""
        query = f"SELECT {', '.join(_FILE)} FROM published_files WHERE site = ?"  # noqa: S608 - our own names
        return _parse_files(self._connection.execute(query, (self._site,))).values()

    def keep_published(self, files: Iterable[PublishedFile]) -> None:
        """Store or replace."""
        rows = [(self._site, *one[:-1], to_number(one.unneeded_since)) for one in files]
        marks = ", ".join("?" * (len(_FILE) + 1))
        changes = ", ".join(f"{name} = excluded.{name}" for name in _FILE)
        query = (
            f"INSERT INTO published_files (site, {', '.join(_FILE)}) VALUES ({marks})"  # noqa: S608 - our own names
            f" ON CONFLICT (site, path) DO UPDATE SET {changes}"
        )
        if rows:
            with self._writing():
                self._connection.executemany(query, rows)

    def forget_published(self, paths: Collection[str]) -> None:
        with self._writing():
            own = [(self._site, path) for path in paths]
            self._connection.executemany("DELETE FROM published_files WHERE site = ? AND path = ?", own)

    def keep_edits(self, edited: Iterable[KnownPost], record: str) -> None:
        """The posts as they are now, and how the publication ended, together."""
        changes = ", ".join(f"{name} = ?" for name in _POST)
        query = f"UPDATE posts SET {changes} WHERE site = ? AND id = ?"  # noqa: S608 - our own names
        rows = [[to_number(getattr(one, name)) for name in _POST] + [self._site, one.id] for one in edited]
        with self._writing():
            self._connection.executemany(query, rows)
            self._connection.execute(_KEEP_RECORD, (self._site, record))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _parse_files(rows: Iterable[Sequence[Any]]) -> dict[str, PublishedFile]:
    return {row[0]: PublishedFile(*read_values(_FILE, row)) for row in rows}


_WORDS: Mapping[str, Callable[[str], Any]] = {
    "state": State,
    "reason": Reason,
    "overruled": Reason,
    "chosen": Action,
    "occasion_kind": OccasionKind,
}


def read_values(names: Sequence[str], row: Sequence[Any]) -> Iterator[Any]:
    """The values of these columns as nouns have them."""
    for name, value in zip(names, row, strict=True):
        if value is None:
            yield None
        elif name in _WORDS:
            yield _WORDS[name](value)
        else:
            is_moment = name == "at" or name.endswith(("_at", "_since", "_until"))
            yield _EPOCH + timedelta(microseconds=value) if is_moment else value


def to_number(value: Any) -> Any:
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value
