"""The content folder, remembered between reads.

scan ─→ changed by stat ─→ changed by digest ─→ parse ─→ outcomes ─→ settle places ─→ Snapshot
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count, islice
from pathlib import Path

from syndicate.content import Scan, fingerprint_built, scan
from syndicate.content.built import BuiltSite, Match, Page, match_pages
from syndicate.content.permalinks import name_by_address
from syndicate.content.post_links import Addresses, list_addresses, list_moved
from syndicate.content.reading import MANY, Reader, Reading, Served, Wanted, fill_body, is_body_of, read_files
from syndicate.content.records import Memory, Outcome, PostCache, Stat
from syndicate.errors import ContentError
from syndicate.model import Cache, KnownPost, Post, Problem, Settings, Snapshot

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
        self._addresses: Addresses | None = None
        self._read_at = 0.0

    def read(self, tell: Tell = lambda _done, _all: None) -> Snapshot:
        """Every post with empty `markdown` and `html`; `tell` hears how many of the changed files are read.

        Raises ContentError where the folder or its disk is not there.
        """
        self._renew()
        self._read_at, self._addresses = time.monotonic(), None
        home, found = Path(self._settings.root, self._settings.site.content), scan(self._settings)
        if len(self._outcomes) > 1 and not (found.files or any(home.iterdir())):
            raise ContentError("the content folder is empty", where=str(home), hint="mount its disk, or put a file in")
        gone = self._forget(found)
        self._unsaved |= gone
        self._learn(found, is_news=bool(self._read(self._list_stale(found), found, tell) | gone))
        self._follow(found)
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
            self._stats, self._outcomes, self._addresses = {}, {}, None
        return is_over

    def fill(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        """The posts with `markdown` and `html`, from the cache or from their files.

        A post whose body the cache lost and whose file cannot be read now is left out.
        """
        reader, wanted = Reader(self._settings, addresses=self._addresses), iter(posts)
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
        for some in read_files(wanted, self._settings, self._addresses):
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

    def _follow(self, found: Scan) -> None:
        """Read the posts again whose links to others lead elsewhere than was thought."""
        self._addresses = list_addresses(self._outcomes)
        moved = list_moved(self._outcomes, self._addresses, self._settings, self._cache) if self._addresses else ()
        if moved:
            self._read([(one, None, self._served.get(one.source)) for one in found.files if one.source in moved], found)

    def _match(self) -> dict[str, Served]:
        (posts, matches), served = self._find_pages(), dict[str, Served]()
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
        posts, matches = self._find_pages()
        return [(post, matches[post.source].address) for post in posts if post.source in matches]

    def _find_pages(self) -> tuple[list[Post], Mapping[str, Match]]:
        posts = [outcome.post for outcome in self._outcomes.values() if outcome.post]
        return posts, match_pages(posts, self._pages, self._settings.site.url)

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
        stopped = (problem for outcome in outcomes for problem in outcome.problems)
        problems = sorted([*found.problems, *stopped, *clashes], key=lambda problem: (problem.source, problem.line))
        unreadable = without | {clash.source for clash in clashes}
        newest, source = max(((file.mtime_ns, file.source) for file in found.files), default=(0, ""))
        changed_at = datetime.fromtimestamp(min(newest // 10**9, _LATEST), UTC) if newest > 0 else None
        return Snapshot(tuple(posts), tuple(problems), tuple(sorted(unreadable)), changed_at, source)


# --- Each post its own place ---
# One post at an address, and a name for each that no other post has. The address is the key. Posts that share a
# slug and not an address are all published: the one that was known first keeps the slug as its name, others are
# named by the path of their address. What the ledger gave to a post stays with it while its file is there, also
# while that file cannot be read.

_NEVER = datetime.max.replace(tzinfo=UTC)


def settle_places(
    posts: Iterable[Post], list_known: Callable[[], Iterable[KnownPost]], unreadable: Collection[str] = ()
) -> tuple[list[Post], list[Problem]]:
    """The posts that may stay, by source, each with a name of its own, and a Problem for each that may not.

    `unreadable` names files, and folders ending in "/", that are there and gave no post.
    """
    posts = sorted(posts, key=lambda post: post.source)
    is_apart = _are_apart(posts)
    if is_apart and not unreadable:
        return posts, []
    rows = _Rows(list_known(), {post.source for post in posts}, unreadable)
    if is_apart and not _is_held(posts, rows.unreadable):
        return posts, []
    kept, problems = _settle_addresses(posts, rows)
    return sorted(_name_apart(kept, rows), key=lambda post: post.source), problems


def _are_apart(posts: Collection[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    addresses, slugs = {post.permalink for post in posts}, {post.slug.casefold() for post in posts}
    return len(addresses) == len(slugs) == len(posts)


def _is_held(posts: Iterable[Post], rows: Iterable[KnownPost]) -> bool:
    """Whether a post asks for what belongs to one of these."""
    wanted = {place for post in posts for place in (post.permalink, post.slug.casefold())}
    return any(row.permalink in wanted or row.slug.casefold() in wanted for row in rows)


class _Rows:
    """What is known of posts: the rows of files that are here, that cannot be read now, and that are lost."""

    def __init__(self, known: Iterable[KnownPost], here: Collection[str], unreadable: Collection[str]) -> None:
        known = sorted(known, key=lambda row: row.gone_at is None)
        closed = tuple(name for name in unreadable if name.endswith("/"))
        self._by_source = {row.source: row for row in known}
        self._by_permalink: dict[str, list[KnownPost]] = defaultdict(list)
        self._lost: dict[str, list[KnownPost]] = defaultdict(list)
        self._moved: dict[str, KnownPost] = {}
        self.unreadable: list[KnownPost] = []
        for row in known:
            if row.gone_at is not None:
                continue
            self._by_permalink[row.permalink].append(row)
            if row.source in here:
                continue
            if row.source in unreadable or row.source.startswith(closed):
                self.unreadable.append(row)
            else:
                self._lost[row.permalink].append(row)
                self._moved[row.source_digest] = row

    def find(self, post: Post) -> tuple[int, KnownPost | None]:
        """The row of a post, and how well it proves that the post was at its address before: 0 for surely."""
        at_place, lost = self._by_permalink.get(post.permalink, ()), self._lost.get(post.permalink, ())
        own = self._by_source.get(post.source)
        is_known = own is not None and own.gone_at is None
        moved = self._moved.get(post.source_digest) if post.sketch else None
        heir_of = () if is_known else lost  # its file was renamed and edited
        found = (
            next((row for row in at_place if row.source == post.source), None),
            next((row for row in lost if row is moved), None),
            next((row for row in heir_of if row.title == post.title), None),
            next(iter(heir_of), None),
            own if is_known else moved,
            own,
        )
        return next(((rank, row) for rank, row in enumerate(found) if row), (len(found), None))


# --- one address: whoever had it keeps it, else the one that was known first, else the older post ---

_AT_PLACE = 3
"""Up to this rank of `_Rows.find` a post was at its address before."""


def _settle_addresses(posts: Iterable[Post], rows: _Rows) -> tuple[list[Post], list[Problem]]:
    found = {post.source: rows.find(post) for post in posts}
    kept: list[Post] = []
    problems: list[Problem] = []
    taken: dict[str, Post | KnownPost] = {place: row for row in rows.unreadable for place in _list_places(row)}

    def order(post: Post) -> tuple[object, ...]:
        rank, row = found[post.source]
        return post.is_draft, rank, row.first_seen_at if row else _NEVER, post.published_at or _NEVER, post.source

    for post in sorted(posts, key=order):
        other = next((taken[place] for place in _list_places(post) if place in taken), None)
        is_own = found[post.source][0] == 0 and isinstance(other, KnownPost)
        if other and not is_own:
            message = f'the permalink "{post.permalink}" {_name_owner(other, found)}, so this post is left out'
            hint = "give one of them another permalink"
            problems.append(Problem(post.source, message, key="permalink", hint=hint))
            continue
        kept.append(post)
        taken |= dict.fromkeys(_list_places(post), post)
    return kept, problems


def _list_places(one: Post | KnownPost) -> tuple[str, str]:
    """An address as it is, and for servers and disks that do not tell case apart."""
    return one.permalink, f"{one.slug} {one.permalink}".casefold()


def _name_owner(other: Post | KnownPost, found: Mapping[str, tuple[int, KnownPost | None]]) -> str:
    if isinstance(other, KnownPost):
        return f"belongs to {other.source}, which cannot be read now"
    if found[other.source][0] <= _AT_PLACE:
        return f"already belongs to {other.source}, which was there before"
    return f"is also that of {other.source}"


# --- one name: whoever has it keeps it, else whoever was known first; the others are named by their addresses ---


def _name_apart(posts: Collection[Post], rows: _Rows) -> Iterator[Post]:
    found = {post.source: rows.find(post)[1] for post in posts}

    def order(post: Post) -> tuple[object, ...]:
        row = found[post.source]
        first_sight = (row.first_seen_at, row.slug != post.slug) if row else (_NEVER, True)
        return *first_sight, post.is_draft, post.published_at or _NEVER, post.source

    posts = sorted(posts, key=order)
    counts = Counter(post.slug.casefold() for post in posts)
    given: dict[str, str] = {}
    for post in posts:
        row = found[post.source]
        if row and row.slug in islice(_list_names(post), 3):
            given.setdefault(row.slug.casefold(), post.source)
    for row in rows.unreadable:
        given.setdefault(row.slug.casefold(), row.source)
    for post in posts:
        slug = post.slug
        name = next(name for name in _list_names(post) if _may_have(post, name.casefold(), given, counts))
        given[name.casefold()] = post.source
        if name == slug and counts[slug.casefold()] == 1:
            yield post
        else:
            yield replace(post, slug=name, shared_slug=slug)


def _may_have(post: Post, name: str, given: Mapping[str, str], counts: Collection[str]) -> bool:
    return given[name] == post.source if name in given else name == post.slug.casefold() or name not in counts


def _list_names(post: Post) -> Iterator[str]:
    """What a post may be called, the best first."""
    yield post.slug
    name = name_by_address(post.permalink)
    if name:
        yield name
    for number in count():
        digest = sha256(f"{post.permalink}{'#' * number}".encode()).hexdigest()[:8]
        yield f"{name or 'post'}-{digest}"
