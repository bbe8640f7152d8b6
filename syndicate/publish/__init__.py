"""Content → plan → artefacts and outbox. Sends nothing.

content ─read_snapshot→ Snapshot ┐
store  ─read_ledger──→  Ledger   ├─ make_plan ─→ Plan ─ draw ─→ cards ─ render ─→ write ─→ manifest
config → Settings, now           ┘                 └──────────────────────→ store (identities, outbox)

Artefacts first, then one transaction for ledger and outbox: a crash in between leaves files that the next run finds
unchanged, and a plan that it makes again, word for word. `publish.publish` is the whole way. Here stands only whether
anything changed since the last publication, for the price of looking at file times, and what it was made of: nothing
heavier is loaded for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson

from syndicate import __version__
from syndicate.content import SeenPosts, digest_marks
from syndicate.folders import walk
from syndicate.model import (
    Awaited,
    Cache,
    Identified,
    Picture,
    Plan,
    Post,
    Problem,
    Remark,
    Settings,
    Snapshot,
    SyndicationLink,
    fingerprint,
)
from syndicate.output import Output

if TYPE_CHECKING:
    from syndicate.http import Client
    from syndicate.planning.feeds import Members
    from syndicate.store.store import Store

MOST_FOLDERS = 2_000
"""Folders that are watched for a missing picture; one with more is not a folder of pictures."""
Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""
_PASSED_OVER = ("node_modules", "__pycache__")


class Site(Protocol):
    """The open site, as far as publishing needs it: `app.site.OpenSite`, which says more of each."""

    settings: Settings

    @property
    def store(self) -> Store: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def output(self) -> Output: ...
    def open_http(self) -> Client | None: ...
    def read_template(self, name: str) -> str: ...
    def read_messages(self) -> Mapping[str, str]: ...
    def read_snapshot(self, tell: Callable[[int, int], None]) -> Snapshot: ...
    def read_newest(self, count: int, now: datetime) -> Snapshot | None: ...
    def fill(self, posts: Sequence[Post]) -> Sequence[Post]: ...
    def list_pictures(self, post: Post) -> Mapping[str, Picture]: ...
    def list_copies(self) -> Mapping[str, Sequence[SyndicationLink]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication came to. Paths are below the publish root `where`."""

    where: str
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    drawn: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What a person is asked about the new messages, and what is said of them at once."""
    new_posts: int = 0
    changed_posts: int = 0
    gone_posts: int = 0
    new_deliveries: int = 0
    changed_deliveries: int = 0
    contradiction: str = ""
    """Why nothing is sent and what to do, where the state does not know everything."""


def keep_silent(_what: str, _done: int, _all: int) -> None:
    """Where nobody hears it."""


class LastPublication:
    """The last publication as the state keeps it now: its turn, and its record.

    `sources` are fingerprints of everything a publication is made of.
    """

    def __init__(self, output: Output, turn: str, record: str, sources: Callable[[], Iterable[str]]) -> None:
        self._output = output
        self._turn = turn
        self._record = record
        self._sources = sources

    def take_fingerprint(self) -> str:
        """Of everything there is now. A new turn changes it: what is sent while files are being written is shown by
        the next publication, also where this one ends later."""
        return fingerprint(__version__, self._turn, *self._sources())

    def is_current(self, made_of: str, now: datetime, only: str = "") -> bool:
        """Whether the last publication, of everything or of one part, was made of the same and is still there."""
        known = self.parts.get(only, {})
        try:
            return (
                known["made_of"] == made_of
                and datetime.fromisoformat(known["at"]) <= now < datetime.fromisoformat(known["until"])
                and known["files"] == look_at(known["files"])
                and known["published"] == self._output.fingerprint(known["places"])
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return False

    def count_posts(self, only: str = "") -> int | None:
        """How many it was made of, None where that is not known."""
        found = self.parts.get(only, {}).get("posts")
        return found if isinstance(found, int) else None

    def read_problems(self, only: str = "") -> tuple[Problem, ...]:
        """The problems of the last publication: they are still there, since nothing changed."""
        return self._read("problems", only)

    def read_elsewhere(self, only: str = "") -> tuple[Problem, ...]:
        """Those that only a publication can find: true until the next one."""
        return self._read("elsewhere", only)

    def list_problems(self, only: str = "") -> tuple[Problem, ...]:
        """All of these, each once."""
        return tuple(dict.fromkeys((*self.read_problems(only), *self.read_elsewhere())))

    def _read(self, name: str, only: str) -> tuple[Problem, ...]:
        try:
            return tuple(Problem(**problem) for problem in self.parts.get(only, {}).get(name, ()))
        except TypeError:
            return ()

    @cached_property
    def parts(self) -> Mapping[str, Mapping[str, Any]]:
        """What is kept of it, by part: "" for everything."""
        return parse_records(self._record)


@dataclass(frozen=True, slots=True)
class Asked:
    """A publication that somebody asks for, and what there is to be published, as it was seen at that moment."""

    only: str
    """The part: "feeds", "cards", "" for everything."""
    now: datetime
    seen: SeenPosts
    last: LastPublication
    made_of: str


def parse_records(text: str) -> dict[str, Mapping[str, Any]]:
    """The last publication of everything, and of one part since then, by part."""
    try:
        known = orjson.loads(text or "{}")
    except ValueError:
        return {}
    return {only: one for only, one in known.items() if isinstance(one, dict)} if isinstance(known, dict) else {}


def look_at(paths: Iterable[str]) -> dict[str, int | None]:
    """When each file, or the list of names in each folder, changed last; None where there is nothing."""
    return {path: _find_change(path) for path in paths}


def _find_change(path: str) -> int | None:
    try:
        return os.stat(path).st_ctime_ns  # noqa: PTH116 - plain strings: there may be ten thousand
    except (OSError, ValueError):
        return None


# --- files besides the posts that a publication depends on: pictures, where missing ones may appear, git's own -----


def list_watched(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """Absolute paths. While a picture or a date from git is missing, so is what tells that it may be there now."""
    posts = [one.post for one in plan.identified]
    pictures = {post.picture.path for post in posts if post.picture and post.picture.path}
    misses = any(problem.awaits is Awaited.FILE for problem in _warnings(posts))
    folders = islice(_walk_folders(_list_roots(settings)), MOST_FOLDERS) if misses else ()
    asks_git = any(problem.awaits is Awaited.COMMIT for problem in (*plan.problems, *_warnings(posts)))
    in_git = _list_git_files(Path(settings.root, settings.site.content)) if asks_git else ()
    return tuple(sorted({*pictures, *folders, *in_git}))


def _warnings(posts: Iterable[Post]) -> Iterator[Problem]:
    return (problem for post in posts for problem in post.problems)


def _list_git_files(content: Path) -> Iterator[str]:
    """What a commit, a checkout and a fetch change, wherever the repository begins.

    In a submodule and in a second worktree `.git` is a file that says where they are.
    """
    for folder in (content, *content.parents):
        place = folder / ".git"
        with suppress(OSError, UnicodeError):
            place = folder / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        yield from (f"{place}/{name}" for name in ("HEAD", "index", "logs/HEAD", "shallow"))


def _list_roots(settings: Settings) -> list[str]:
    return [f"{settings.root}/{folder}" for folder in (*settings.site.static, settings.site.content)]


def _walk_folders(roots: Iterable[str]) -> Iterator[str]:
    """The folders and all folders below them; those that are not there yet, too."""
    for root in roots:
        yield root
        yield from (entry.path for entry in walk(root, _is_watched) if _is_watched(entry.name) and entry.is_dir())


def _is_watched(name: str) -> bool:
    return not name.startswith(".") and name not in _PASSED_OVER


# --- what the last publication was made of, post by post: kept in the disposable cache, for who comes after it ---

_KIND, _KEY, _BRIEF, _VERSION = "publication", "posts", "brief", 1
Names = tuple[str, str, str, Any]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the last publication was made of, post by post."""

    made_of: str
    """That publication's own fingerprint."""
    schema: str
    """Of the state that it wrote to."""
    seen: SeenPosts
    ids: Mapping[str, str]
    """Of public posts, by source."""
    places: Mapping[str, str]
    """What `tell_place` said, by source."""
    names: Mapping[str, Names]
    """Slug, the slug as written, id and translations of posts that all posts together gave one of these, by id."""
    members: tuple[Members, ...]


def remember(
    made_of: str, schema: str, seen: SeenPosts, public: Iterable[Identified], members: Sequence[Members]
) -> Remembered:
    """What is to be remembered of a whole publication. Nothing of posts with copies: an edit may end that."""
    known = tuple(public)
    twins = {source for one in known if one.copy_of for source in (one.post.source, one.copy_of)}
    ours = {one.post.source: one for one in known if one.post.source not in twins}
    named = (one for one in ours.values() if one.translations or one.post.shared_slug or one.post.declared_id)
    return Remembered(
        made_of=made_of,
        schema=schema,
        seen=seen,
        ids={source: one.id for source, one in ours.items()},
        places={source: tell_place(one.post) for source, one in ours.items()},
        names={one.id: (one.post.slug, one.post.shared_slug, one.post.declared_id, one.translations) for one in named},
        members=tuple(members),
    )


def tell_place(post: Post) -> str:
    """Everything of a post that decides where it stands, and what is said of it elsewhere."""
    return fingerprint(
        post.slug,
        post.permalink,
        post.published_at,
        post.is_draft,
        sorted(post.flags),
        post.categories,
        post.authors,
        post.language,
        post.group,
        post.declared_id,
        post.picture,
        post.syndication,
        post.problems,
    )


def keep_remembered(cache: Cache, site: str, known: Remembered) -> None:
    """Feeds that share a folder are told apart by nobody, and a file that came while others were read is a change
    still to be heard of; then there is nothing to remember.
    """
    names = [one.name for one in known.members]
    at = {number: place for place, source in enumerate(known.seen.marks) if (number := known.ids.get(source))}
    if len(set(names)) < len(names) or not all(at.keys() >= set(one.ids) for one in known.members):
        return
    value = {
        "version": _VERSION,
        "made_of": known.made_of,
        "schema": known.schema,
        "rest": known.seen.rest,
        "posts": [[s, mark, known.ids.get(s, ""), known.places.get(s, "")] for s, mark in known.seen.marks.items()],
        "names": known.names,
        "members": [
            [one.name, one.label, [at[number] for number in one.ids], one.shown, one.updated_at.isoformat()]
            for one in known.members
        ],
    }
    brief = {name: value[name] for name in ("version", "made_of", "schema", "names")} | {"seen": known.seen.fingerprint}
    cache.put_many(_KIND, {f"{_KEY} {site}": orjson.dumps(value), f"{_BRIEF} {site}": orjson.dumps(brief)})


def read_remembered(cache: Cache, site: str) -> Remembered | None:
    """None where nothing is remembered, or another version did."""
    from syndicate.planning.feeds import Members  # noqa: PLC0415 - plans feeds: who only looks needs no names

    raw = _read(cache, f"{_KEY} {site}")
    if raw is None:
        return None
    posts = raw["posts"]
    marks = {source: mark for source, mark, _, _ in posts}
    return Remembered(
        made_of=raw["made_of"],
        schema=raw["schema"],
        seen=SeenPosts(marks, digest_marks(marks), raw["rest"]),
        ids={source: number for source, _, number, _ in posts if number},
        places={source: place for source, _, number, place in posts if number},
        names=_parse_names(raw),
        members=tuple(
            Members(name, label, tuple(posts[at][2] for at in some), shown, datetime.fromisoformat(updated_at))
            for name, label, some, shown, updated_at in raw["members"]
        ),
    )


class Brief(NamedTuple):
    """What there is to say of all posts together, for who asks for a few of ten thousand."""

    made_of: str
    schema: str
    seen: str
    """`SeenPosts.fingerprint`."""
    names: Mapping[str, Names]


def read_brief(cache: Cache, site: str) -> Brief | None:
    """None as where `read_remembered` says so."""
    raw = _read(cache, f"{_BRIEF} {site}")
    return None if raw is None else Brief(raw["made_of"], raw["schema"], raw["seen"], _parse_names(raw))


def _read(cache: Cache, key: str) -> dict[str, Any] | None:
    raw: dict[str, Any] = orjson.loads(cache.get(_KIND, key) or b"{}")
    return raw if raw.get("version") == _VERSION else None


def _parse_names(raw: Mapping[str, Any]) -> Mapping[str, Names]:
    return {number: (*names, tuple(map(tuple, others))) for number, (*names, others) in raw["names"].items()}
