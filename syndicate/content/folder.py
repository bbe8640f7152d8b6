"""The content folder, remembered between reads.

scan ─→ changed by stat ─→ changed by digest ─→ parse ─→ outcomes ─→ settle places ─→ Snapshot
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice

from syndicate.content.built import BuiltSite, Page, fingerprint_built
from syndicate.content.matching import match_pages, settle_places
from syndicate.content.reading import NEVER_READ, Reader, Reading, Served, Wanted, fill_body, is_body_of
from syndicate.content.records import Memory, Outcome, PostCache, Stat
from syndicate.content.scanning import Found, Scan, scan, tell_stat
from syndicate.model import Cache, KnownPost, Post, Settings, Snapshot
from syndicate.processes import Process, count_others

# --- many files read on all cores, in order ---

MANY = 1_000
"""Files from which on a second process is worth its start of half a second."""
_AT_ONCE = 100


def read_files(wanted: Sequence[Wanted], settings: Settings) -> Iterator[list[Reading]]:
    """What became of all files, a portion at a time. What another process does not answer is read here."""
    reader, rest = Reader(settings), iter(wanted)
    with ExitStack() as closing:
        count = count_others() if len(wanted) >= MANY else 0
        processes = [closing.enter_context(Process(begin_reading, settings)) for _ in range(count)]
        while own := list(islice(rest, _AT_ONCE)):
            given = [(process, some) for process in processes if (some := list(islice(rest, _AT_ONCE)))]
            for process, some in given:
                process.give(some)
            yield reader.read_many(own)
            for process, some in given:
                yield process.take() or reader.read_many(some)


def begin_reading(settings: Settings) -> Callable[[Sequence[Wanted]], list[Reading]]:
    """What another process does for us: it ends before garbage in circles could matter."""
    gc.disable()
    return Reader(settings).read_many


def read_edited(settings: Settings, cache: Cache, sources: Collection[str]) -> dict[str, Post] | None:
    """The posts of these files without bodies, all of which the cache knows afterwards; None where one gives no post,
    or may give another one without being touched."""
    kept = PostCache(settings, cache)
    kept.renew()
    folder = f"{settings.root}/{settings.site.content}"
    wanted: list[Wanted] = [(Found(source, f"{folder}/{source}", 0, 0, 0), None, None) for source in sources]
    found = {reading.source: reading for reading in Reader(settings).read_many(wanted)}
    stats = {source: one.stat for source, one in found.items() if one.stat and one.stat != NEVER_READ}
    outcomes = {source: one.outcome for source, one in found.items() if one.outcome}
    posts = {source: one.post for source, one in outcomes.items() if one.post and source in stats}
    if len(posts) < len(sources):
        return None
    kept.put_bodies({source: one.body for source, one in found.items()})
    kept.save(stats, outcomes, sources)
    return posts


def recall_posts(settings: Settings, cache: Cache, marks: Mapping[str, str]) -> dict[str, Post] | None:
    """The posts of these files without bodies, as the cache knows them; None where it does not know one as it is now.

    `marks` are those of `look_at_posts`.
    """
    kept = PostCache(settings, cache)
    kept.renew()
    stats, outcomes = kept.load(marks)
    posts = {s: one.post for s, one in outcomes.items() if one.post and tell_stat(*stats[s][:3]) == marks[s]}
    return posts if len(posts) == len(marks) else None


Tell = Callable[[int, int], None]
KEPT = 45.0
"""Seconds that posts stay in memory after they were read."""
_BATCH = 200
"""Posts held in memory before they go to the cache: no more is read again after a kill."""
_LATEST = 253_402_300_799
"""The last second that a datetime can name; a file may claim any."""


class ContentFolder:
    """Reads posts without bodies, most of the bytes, and then the bodies of those that need one.

    Keep the object to read again cheaply: only what changed is opened and built then. Not for several threads
    at once.
    """

    def __init__(
        self, settings: Settings, cache: Cache | None = None, list_known: Callable[[], Iterable[KnownPost]] = tuple
    ) -> None:
        """`list_known` tells which posts are known already; it is asked only where two posts want one place, or a
        file gave no post and its place is kept."""
        self._settings = settings
        self._list_known = list_known
        cache = Memory() if cache is None else cache
        self._cache = PostCache(settings, cache)
        self._built = BuiltSite(settings, cache) if settings.site.built else None
        self._built_stamp = ""
        self._pages: tuple[Page, ...] = ()
        self._served: dict[str, Served] = {}
        self._stats: dict[str, Stat] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._bodies: dict[str, bytes] = {}
        self._unsaved: set[str] = set()
        self._read_at = 0.0

    def read(self, tell: Tell = lambda _done, _all: None) -> Snapshot:
        """Every post with empty `markdown` and `html`. Raises ContentError where the folder is not there.

        `tell` hears how many of the changed files are read.
        """
        self._renew()
        self._read_at = time.monotonic()
        found = scan(self._settings)
        gone = self._forget(found)
        self._unsaved |= gone
        changed = self._read(self._list_stale(found), found, tell)
        self._learn(found, is_news=bool(changed | gone))
        self._flush()
        return self._snapshot(found)

    def read_newest(self, count: int, now: datetime) -> Snapshot | None:
        """The newest posts alone, where so many were never read that their first feed can be out long before the rest.

        Of the others only the heads of their files are read, for their dates. None where there is no such hurry, or
        where only the pages of a built site tell addresses.
        """
        self._renew()
        found = scan(self._settings)
        stale = self._list_stale(found)
        if self._built or len(stale) < MANY:
            return None
        heads = Reader(self._settings).list_newest([file for file, _, _ in stale], count, now)
        self._read([one for one in stale if one[0] in heads], found)
        return self._snapshot(found)

    def _renew(self) -> None:
        if self._cache.renew():
            self._stats, self._outcomes = self._cache.load()
            self._served = {s: Served(*row) for s, row in self._cache.load_served().items()} if self._built else {}

    def let_go(self, after: float = KEPT) -> bool:
        """Forget what nobody read lately, and whether there was anything: the next read has it from the cache again."""
        is_over = bool(self._outcomes) and not self._unsaved and time.monotonic() - self._read_at > after
        if is_over:
            self._cache.forget()
            self._stats, self._outcomes = {}, {}
        return is_over

    def fill(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        """The posts with `markdown` and `html`, from the cache or from their files.

        A post whose body the cache lost and whose file cannot be read now is left out.
        """
        reader, wanted = Reader(self._settings), iter(posts)
        filled: list[Post] = []
        while batch := list(islice(wanted, _BATCH)):
            bodies = self._cache.get_bodies(post.source for post in batch)
            for post in batch:
                body = bodies.get(post.source)
                if body is None or not is_body_of(post, body):
                    body = reader.read_body(post.source, self._served.get(post.source))
                if body is not None:
                    filled.append(fill_body(post, body))
        return tuple(filled)

    def _list_stale(self, found: Scan) -> list[Wanted]:
        """The files whose stats changed."""
        wanted = [(file, self._stats.get(file.source), self._served.get(file.source)) for file in found.files]
        return [one for one in wanted if not one[1] or one[1][:3] != one[0][2:]]

    def _read(self, wanted: Sequence[Wanted], found: Scan, tell: Tell = lambda _done, _all: None) -> set[str]:
        """Read these files; the sources of which we know something else now."""
        changed: set[str] = set()
        done = 0
        for some in read_files(wanted, self._settings):
            done += len(some)
            tell(done, len(wanted))
            news = {reading.source for reading in some if self._remember(reading, found)}
            changed |= news
            self._unsaved |= news
            if len(self._bodies) >= _BATCH:
                self._flush()
        return changed

    def _learn(self, found: Scan, *, is_news: bool) -> None:
        """Read the built site and, again, the posts that it serves elsewhere than was thought.

        What was learned of a post stays true while its page is missing: a folder may be emptied before a build.
        """
        stamp = fingerprint_built(self._settings)
        if self._built is None or (stamp == self._built_stamp and not is_news):
            return
        if stamp != self._built_stamp:
            self._pages, self._built_stamp = self._built.read(), stamp
        served = self._match()
        changed = [file for file in found.files if served.get(file.source) != self._served.get(file.source)]
        if served != self._served:
            self._cache.save_served(served)
        self._served = served
        self._read([(file, None, served.get(file.source)) for file in changed], found)

    def _match(self) -> dict[str, Served]:
        posts = [outcome.post for outcome in self._outcomes.values() if outcome.post]
        matches = match_pages(posts, self._pages, self._settings.site.url)
        served = {}
        for post in posts:
            rule, match, known = post.by_rule or post.permalink, matches.get(post.source), self._served.get(post.source)
            if match:
                has_body = self._settings.content.body and match.page.file
                page = f"{self._settings.root}/{self._settings.site.built}/{match.page.file}" if has_body else ""
                served[post.source] = Served(rule, match.address, page, match.page.mtime_ns if page else 0)
            elif known and known.rule == rule:
                served[post.source] = known._replace(page="", built_ns=0)
        return served

    def list_served(self) -> list[tuple[Post, str]]:
        """Each post whose page the built site has, with the address that it serves it at, as they were read last."""
        posts = [outcome.post for outcome in self._outcomes.values() if outcome.post]
        matches = match_pages(posts, self._pages, self._settings.site.url)
        return [(post, matches[post.source].address) for post in posts if post.source in matches]

    def _remember(self, reading: Reading, found: Scan) -> bool:
        """Whether what we know had to change."""
        source, outcome = reading.source, reading.outcome
        if reading.stat is None:
            self._stats.pop(source, None)
            found.unreadable.append(source)
        else:
            self._stats[source] = reading.stat
        if reading.body:
            self._bodies[source] = reading.body
        if outcome is None:
            return True
        is_new = self._outcomes.get(source) != outcome or reading.stat is None
        self._outcomes[source] = outcome
        return is_new

    def _flush(self) -> None:
        """Bodies first: one without its row is of no use, a row without its body costs a look into the file."""
        if self._bodies:
            self._cache.put_bodies(self._bodies)
            self._bodies = {}
        if self._unsaved and self._cache.save(self._stats, self._outcomes, self._unsaved):
            self._unsaved = set()

    def _forget(self, found: Scan) -> set[str]:
        """Sources whose files are gone, unless their folder could not be read."""
        here = {file.source for file in found.files}
        closed = tuple(source for source in found.unreadable if source.endswith("/"))
        gone = {s for s in self._outcomes if s not in here and not (closed and s.startswith(closed))}
        for source in gone:
            self._stats.pop(source, None)
            del self._outcomes[source]
        self._cache.drop_bodies(gone)
        return gone

    def _snapshot(self, found: Scan) -> Snapshot:
        outcomes = self._outcomes.values()
        without = {source for source, outcome in self._outcomes.items() if not outcome.post} | {*found.unreadable}
        readable = (outcome.post for outcome in outcomes if outcome.post)
        posts, clashes = settle_places(readable, self._list_known, without)
        stopped = [problem for outcome in outcomes for problem in outcome.problems]
        problems = sorted([*found.problems, *stopped, *clashes], key=lambda problem: (problem.source, problem.line))
        unreadable = without | {clash.source for clash in clashes}
        newest, source = max(((file.mtime_ns, file.source) for file in found.files), default=(0, ""))
        changed_at = datetime.fromtimestamp(min(newest // 10**9, _LATEST), UTC) if newest > 0 else None
        return Snapshot(tuple(posts), tuple(problems), tuple(sorted(unreadable)), changed_at, source)
