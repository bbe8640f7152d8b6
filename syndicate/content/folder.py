"""The content folder, remembered between reads.

scan ─→ changed by stat ─→ changed by digest ─→ parse ─→ outcomes ─→ settle clashes ─→ Snapshot
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from itertools import islice

from syndicate.content.bytes import Content, decode, read_content
from syndicate.content.clashes import settle_clashes
from syndicate.content.history import History
from syndicate.content.records import Outcome
from syndicate.content.scanning import Found, Scan, scan
from syndicate.content.shelf import Memory, Shelf, Stat
from syndicate.errors import ContentError
from syndicate.model import Cache, Post, Problem, Settings, Snapshot

_BATCH = 200
"""Bodies held in memory before they go to the cache."""
_NOTHING = (None, None)
_NEVER_READ: Stat = (0, 0, 0, "")


class ContentFolder:
    """Reads whole posts, or posts without bodies and then the bodies of those that need one.

    Keep the object to read again cheaply: only what changed is opened and built then. Not for several threads
    at once.
    """

    def __init__(self, settings: Settings, cache: Cache | None = None) -> None:
        self._settings = settings
        self._shelf = Shelf(settings, Memory() if cache is None else cache)
        self._stats: dict[str, Stat] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._bodies: dict[str, bytes] = {}
        self._filled: dict[str, tuple[Post, Post]] = {}
        self._is_loaded = False
        self._history = self._open_history()

    def read(self) -> Snapshot:
        """Every post with empty `markdown` and `html`. Raises ContentError where the folder is not there."""
        if not self._is_loaded:
            self._stats, self._outcomes = self._shelf.load()
            self._is_loaded = True
        found = scan(self._settings)
        self._history = self._open_history()  # commits come between two reads
        gone = self._forget(found)
        changed = {file.source for file in found.files if self._refresh(file, found)}
        self._flush()
        if changed or gone:
            self._shelf.save(self._stats, self._outcomes, changed | gone)
        return self._snapshot(found)

    def read_whole(self) -> Snapshot:
        """Every post with its body; one that did not change since the last call is the same object."""
        outline = self.read()
        new = [post for post in outline.posts if self._filled.get(post.source, _NOTHING)[0] is not post]
        filled = {whole.source: whole for whole in self.fill(new)}
        lost = tuple(post.source for post in new if post.source not in filled)
        known = {**self._filled, **{post.source: (post, filled[post.source]) for post in new if post.source in filled}}
        self._filled = {post.source: known[post.source] for post in outline.posts if post.source not in lost}
        return Snapshot(
            tuple(whole for _, whole in self._filled.values()),
            outline.problems + tuple(Problem(source, "the file cannot be read now") for source in lost),
            outline.unreadable + lost,
        )

    def fill(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        """The posts with `markdown` and `html`, from the cache or from their files.

        A post whose body the cache lost and whose file cannot be read now is left out.
        """
        wanted = iter(posts)
        filled: list[Post] = []
        while batch := list(islice(wanted, _BATCH)):
            bodies = self._shelf.get_bodies(post.source for post in batch)
            for post in batch:
                body = bodies.get(post.source) or self._read_body(post.source)
                if body is not None:
                    html, _, markdown = body.decode().partition("\0")
                    filled.append(replace(post, html=html, markdown=markdown))
        return tuple(filled)

    def _read_body(self, source: str) -> bytes | None:
        """The body as the file has it now, None where it has none that can be read."""
        path = f"{self._settings.root}/{self._settings.site.content}/{source}"
        try:
            return _pack_body(self._parse(read_content(Found(source, path, 0, 0, 0))))
        except (FileNotFoundError, ContentError):
            return None

    def _refresh(self, file: Found, found: Scan) -> bool:
        """Whether what we know of the file had to change."""
        known = self._stats.get(file.source)
        if known and known[:3] == file[2:]:
            return False
        try:
            content = read_content(file)
        except FileNotFoundError:
            return False
        except ContentError as error:
            self._refuse(error, file.source, found)
            return True
        return self._remember(content, known)

    def _refuse(self, error: ContentError, source: str, found: Scan) -> None:
        """A file that could not be read now is looked at again next time, and is no missing post."""
        self._stats.pop(source, None)
        self._outcomes[source] = Outcome(None, (_problem(error, source),))
        found.unreadable.append(source)

    def _remember(self, content: Content, known: Stat | None) -> bool:
        file = content.found
        digest = blake2b(content.data, digest_size=16).hexdigest()
        self._stats[file.source] = (file.mtime_ns, file.size, file.inode, digest)
        if known and known[3] == digest:
            return True
        outcome = self._outcome(content)
        if outcome.may_pass:
            self._stats[file.source] = _NEVER_READ
        is_new = self._outcomes.get(file.source) != outcome
        self._outcomes[file.source] = outcome
        return is_new

    def _outcome(self, content: Content) -> Outcome:
        try:
            post = self._parse(content)
        except ContentError as error:
            return Outcome(None, (_problem(error, content.found.source),))
        self._keep_body(post)
        return Outcome(replace(post, html="", markdown=""))

    def _parse(self, content: Content) -> Post:
        from syndicate.content.parsing import parse_post  # noqa: PLC0415 - 150 ms that an unchanged folder never pays

        return parse_post(decode(content), content.found.source, content.found.path, self._settings, self._history)

    def _open_history(self) -> History:
        return History(f"{self._settings.root}/{self._settings.site.content}")

    def _keep_body(self, post: Post) -> None:
        self._bodies[post.source] = _pack_body(post)
        if len(self._bodies) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._bodies:
            self._shelf.put_bodies(self._bodies)
            self._bodies = {}

    def _forget(self, found: Scan) -> set[str]:
        """Sources whose files are gone, unless their folder could not be read."""
        here = {file.source for file in found.files}
        closed = tuple(source for source in found.unreadable if source.endswith("/"))
        gone = {s for s in self._outcomes if s not in here and not (closed and s.startswith(closed))}
        for source in gone:
            self._stats.pop(source, None)
            del self._outcomes[source]
        self._shelf.drop_bodies(gone)
        return gone

    def _snapshot(self, found: Scan) -> Snapshot:
        outcomes = self._outcomes.values()
        posts, clashes = settle_clashes(outcome.post for outcome in outcomes if outcome.post)
        stopped = [problem for outcome in outcomes for problem in outcome.problems]
        problems = sorted([*found.problems, *stopped, *clashes], key=lambda problem: (problem.source, problem.line))
        without = {source for source, outcome in self._outcomes.items() if not outcome.post}
        unreadable = {*found.unreadable, *without, *(clash.source for clash in clashes)}
        return Snapshot(tuple(posts), tuple(problems), tuple(sorted(unreadable)))


def _pack_body(post: Post) -> bytes:
    """Both texts; neither holds a NUL."""
    return f"{post.html}\0{post.markdown}".encode()


def _problem(error: ContentError, source: str) -> Problem:
    return Problem(source, error.message, error.line, error.key, error.hint)
