"""One file of a post, read and parsed: everything that happens to it before anybody compares or remembers."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from heapq import heappop, heappush
from itertools import islice
from typing import NamedTuple

from syndicate.content import Found, SiteData, find_data, join_stats, scan
from syndicate.content.post_dates import History
from syndicate.content.post_links import Addresses, PostLinks, SiteLinks, tell_address
from syndicate.content.records import Outcome, PostCache, Stat
from syndicate.errors import CommitAwaited, ContentError, contain
from syndicate.model import Awaited, Cache, Post, Problem, Settings, make_problem
from syndicate.processes import Process, count_others
from syndicate.text import drop_broken

# --- the bytes of one file and their text ---

MAX_BYTES = 5_000_000
_HEADS = (2_000, 16_000)
"""Bytes in which front matter mostly, and nearly always, ends."""
_CLOSED = (b"---", b"+++")
"""How front matter begins that is refused where its end is missing."""
_DAY = re.compile(rb"^date:[ \t]*[\"']?(\d{4}-\d\d-\d\d)(?!\d)", re.MULTILINE)
_HUGO_DAY = re.compile(rb"publish[-_ ]?date")
"""It counts before `date`."""
_ZONES = timedelta(days=2)
"""A day lasts longer than this nowhere on Earth, whatever its zone."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Content:
    """A file read whole, with the stat of the very bytes."""

    found: Found
    data: bytes
    values: bytes = b""
    """Front matter that lies in a file of its own, between its two lines."""


def read_content(found: Found) -> Content:
    """The file as it is now.

    Raises FileNotFoundError where it is gone, ContentError where it is unreadable, too large or changing.
    """
    for _ in range(2):
        try:
            content = _read_once(found)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ContentError(f"the file cannot be read: {error.strerror}", where=found.source) from error
        if content is not None:
            return content
    raise ContentError("the file is being written right now", where=found.source, hint="it is read again when it rests")


def _read_once(found: Found) -> Content | None:
    """None where the file changed while it was read."""
    with open(found.path, "rb", buffering=0) as file:  # noqa: PTH123 - plain strings: ten thousand files
        before = os.fstat(file.fileno())
        if before.st_size > MAX_BYTES:
            raise ContentError(
                f"the file is larger than {MAX_BYTES:,} bytes", where=found.source, hint="is it really a post?"
            )
        data = file.read(before.st_size + 1)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return None
    return Content(Found(found.source, found.path, after.st_mtime_ns, after.st_size, after.st_ino), data)


def decode(content: Content) -> str:
    """The text with `\\n` line ends, without broken characters. Raises ContentError with the line of a bad byte."""
    data, encoding = content.data, "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(error, len(content.data) - len(data), content.found.source) from error
    if not text.strip():
        raise ContentError("the file is empty", where=content.found.source, hint="perhaps it is still being written")
    return drop_broken(text.removeprefix("ï»¿"))


def _undecodable(error: UnicodeDecodeError, mark: int, source: str) -> ContentError:
    good = error.object[: error.start].decode(error.encoding, "replace")
    return ContentError(
        f"byte {error.start + mark} is not {error.encoding.upper()}",
        where=source,
        line=good.count("\n") + 1,
        hint="save the file as UTF-8",
    )


NEVER_READ: Stat = (0, 0, 0, "")


class Served(NamedTuple):
    """Where the built site has a post whose address by the rule is `rule`."""

    rule: str
    address: str
    page: str = ""
    """The file of the page, where bodies are taken from pages."""
    built_ns: int = 0


Wanted = tuple[Found, Stat | None, Served | None]
"""A file, what was known of it, and where the built site has it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a file gave."""

    source: str
    stat: Stat | None
    """None where the file could not be read now: it is looked at again next time, and is not a missing post."""
    outcome: Outcome | None
    """None where the bytes are those that are known."""
    body: bytes = b""


class Reader:
    """Reads files of one site. Make a new one for each round: commits come in between."""

    def __init__(self, settings: Settings, history: History | None = None, addresses: Addresses | None = None) -> None:
        """`addresses` are those of all posts, where they are known; else those that links ask for are found out."""
        self._settings = settings
        self._addresses = addresses
        self._known: dict[str, str | None] = {}
        self._folder = f"{settings.root}/{settings.site.content}"
        self._history = history or History(self._folder)
        self._data = SiteData(settings)

    def read_many(self, wanted: Iterable[Wanted]) -> list[Reading]:
        """What became of each; nothing of files that are gone."""
        readings = (self._read(file, known, served) for file, known, served in wanted)
        return [reading for reading in readings if reading]

    def list_newest(self, files: Iterable[Found], count: int, now: datetime) -> frozenset[Found]:
        """The files of the newest posts that are out now; all of the moment of the last one. Files that cannot be
        understood are left out: whoever reads them whole says why.

        Where a head names an earlier day at first sight, no more of it is read.
        """
        days = sorted(((self._guess_day(file), file) for file in files), reverse=True)
        newest: list[datetime] = []
        dated: list[tuple[datetime, Found]] = []
        for day, file in days:
            if len(newest) == count and day < newest[0].date() - _ZONES:
                break
            at = self._read_moment(file, now)
            if at and at <= now:
                dated.append((at, file))
                heappush(newest, at)
                if len(newest) > count:
                    heappop(newest)
        return frozenset(file for at, file in dated if at >= newest[0])

    def _guess_day(self, file: Found) -> date:
        """The day in the only line `date:` of front matter; the last day there is where it may be another one."""
        with contain(lambda _: None), open(file.path, "rb", buffering=0) as opened:  # noqa: PTH123 - as above
            front, end, _ = opened.read(_HEADS[0]).lower().partition(b"\n---\n")
            is_plain = front.startswith(b"---\n") and end and not _HUGO_DAY.search(front)
            days = _DAY.findall(front) if is_plain and "date" not in self._settings.content.fields else []
            if len(days) == 1:
                return date.fromisoformat(days[0].decode())
        return date.max

    def _read_moment(self, file: Found, now: datetime) -> datetime | None:
        """When a post was published, from the head of its file; None for a draft."""
        from syndicate.content.parsing import read_moment  # noqa: PLC0415 - as in _parse

        for most in _HEADS:
            with contain(lambda _: None), open(file.path, "rb", buffering=0) as opened:  # noqa: PTH123 - as above
                data = opened.read(most)
                is_whole = len(data) < most
                if is_whole or most > _HEADS[0] or data.startswith(_CLOSED):
                    text = decode(Content(file, data if is_whole else data[: data.rfind(b"\n")]))
                    return read_moment(text, file.source, self._settings, self._history, self._data, now)
        return None

    def read_body(self, source: str, served: Served | None = None) -> bytes | None:
        """The body as the file has it now, None where it has none that can be read."""
        with contain(lambda _: None):  # whoever reads the folder next is told why
            content = self._read_content(Found(source, f"{self._folder}/{source}", 0, 0, 0))
            return pack_body(self._parse(content, served, self._begin_links(source)))
        return None

    def _read(self, file: Found, known: Stat | None, served: Served | None) -> Reading | None:
        """What is wrong with a file is its own trouble, and where nobody foresaw it, it is read anew each time."""
        problems: list[Problem] = []
        with contain(lambda error: problems.append(make_problem(file.source, error))):
            try:
                content = self._read_content(file)
            except FileNotFoundError:
                return None
            except ContentError as error:
                return Reading(file.source, None, _refused(error, file.source))
            return self._compare(content, known, served)
        return Reading(file.source, None, Outcome(None, tuple(problems)))

    def _read_content(self, file: Found) -> Content:
        """The file with the values beside it, where the generator looks for some."""
        content = read_content(file)
        path = find_data(file.path) if self._settings.site.habits.has_values_beside else ""
        if not path:
            return content
        source = f"{file.source.rpartition('/')[0]}/{path.rpartition('/')[2]}".lstrip("/")
        data = read_content(Found(source, path, 0, 0, 0))
        fence = b"---json\n" if path.endswith(".json") else b"---\n"
        values = fence + data.data.removeprefix(b"---\n") + b"\n---\n"
        return Content(join_stats(content.found, os.stat(path)), content.data, values)  # noqa: PTH116 - plain strings

    def _compare(self, content: Content, known: Stat | None, served: Served | None) -> Reading:
        file, digest = content.found, blake2b(content.data + content.values, digest_size=16).hexdigest()
        stat = (file.mtime_ns, file.size, file.inode, digest)
        if known and known[3] == digest:
            return Reading(file.source, stat, None)
        links = self._begin_links(file.source)
        try:
            post = self._parse(content, served, links)
        except ContentError as error:
            outcome, body = _refused(error, file.source), b""
        else:
            self._known[file.source] = tell_address(post)
            outcome, body = Outcome(replace(post, html="", markdown=""), links=links.found), pack_body(post)
        return Reading(file.source, NEVER_READ if outcome.may_pass else stat, outcome, body)

    def _begin_links(self, source: str) -> PostLinks:
        return PostLinks(source, lambda: self._site_links)

    @cached_property
    def _site_links(self) -> SiteLinks:
        if self._addresses is not None:
            return SiteLinks(self._settings, self._addresses, self._addresses.__getitem__)
        files = {file.source: file for file in scan(self._settings).files}
        return SiteLinks(self._settings, files, lambda source: self._tell_address(files[source]))

    def _tell_address(self, file: Found) -> str | None:
        if file.source not in self._known:
            self._known[file.source] = None
            with contain(lambda _: None):  # whoever reads that post itself is told why
                self._known[file.source] = tell_address(self._parse(self._read_content(file), None, None))
        return self._known[file.source]

    def _parse(self, content: Content, served: Served | None, links: PostLinks | None) -> Post:
        """Without its body where there are no links to be found."""
        from syndicate.content.parsing import parse_post  # noqa: PLC0415 - 150 ms that an unchanged folder never pays

        text, file, own = decode(content), content.found, find_own(served, content.found.mtime_ns)
        values = decode(Content(file, content.values)) if content.values else ""
        return parse_post(
            text,
            file.source,
            file.path,
            self._settings,
            self._history,
            self._data,
            served=own,
            values=values,
            find_page=links.find if links else None,
        )


def find_own(served: Served | None, written_ns: int) -> Served | None:
    """The same without a page that is older than its source: what stands there is no longer what the author wrote."""
    return served._replace(page="") if served and served.built_ns < written_ns else served


def pack_body(post: Post) -> bytes:
    """Both texts behind the digest of the post that they belong to; none holds a NUL."""
    return f"{post.digest}\0{post.html}\0{post.markdown}".encode()


def fill_body(post: Post, body: bytes) -> Post:
    """The post with its texts."""
    _, html, markdown = body.decode().split("\0", 2)
    return replace(post, html=html, markdown=markdown)


def is_body_of(post: Post, body: bytes) -> bool:
    """Whether the texts are the post's own: where the cache could not store the last ones, it has those of before."""
    return body.startswith(f"{post.digest}\0".encode())


def _refused(error: ContentError, source: str) -> Outcome:
    awaits = Awaited.COMMIT if isinstance(error, CommitAwaited) else Awaited.NOTHING
    return Outcome(None, (Problem(source, error.message, error.line, error.key, error.hint, awaits),))


# --- many files read on all cores, in order ---

MANY = 1_000
"""Files from which on a second process is worth its start of half a second."""
_AT_ONCE = 100


def read_files(
    wanted: Sequence[Wanted], settings: Settings, addresses: Addresses | None = None
) -> Iterator[list[Reading]]:
    """What became of all files, a portion at a time. What another process does not answer is read here."""
    reader, rest = Reader(settings, addresses=addresses), iter(wanted)
    with ExitStack() as closing:
        count = count_others() if len(wanted) >= MANY and addresses is None else 0
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


# --- single files, for whoever knows which ones changed ---


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
