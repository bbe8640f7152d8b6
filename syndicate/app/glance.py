"""A glance at a site where nothing changed: what `publish`, `status`, `plan` and `why` say then, without what reads
posts, draws, publishes and opens databases.

Whatever a glance cannot tell for certain is None: then the whole program is asked. It changes nothing.

`plan` and `why` plan as everybody does, from what is unsettled: while the files are as they were at the last
publication, every other post has all its messages, and none of them can become another one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from syndicate.app.publish import Unchanged, ask, find_current, find_unchanged, open_last, publish_edits
from syndicate.app.site import OpenSite
from syndicate.config import recall_settings
from syndicate.content import look_at_posts
from syndicate.errors import StateError, SyndicateError, Unavailable
from syndicate.model import SYNDICATION, UNSENT, KnownDelivery, KnownPost, OccasionKind, Post, Reason, Snapshot, State
from syndicate.planning.deliveries import BRINGS_BACK, JUDGED_AGAIN
from syndicate.planning.resemblance import ASKED_FOR
from syndicate.publish import Published
from syndicate.store.glance import glance, is_checked, is_in_order, is_sound

if TYPE_CHECKING:
    from syndicate.app.queue import Outlook
    from syndicate.app.status import Status, Story
    from syndicate.publish import Names
    from syndicate.store.store import Store
    from syndicate.store.unsettled import UnsettledState

# What only some of these commands need is loaded where it is needed.
# ruff: noqa: PLC0415

MOST = 1_000
"""Unsettled posts; with more the whole program takes hardly longer."""


class SeenSite(OpenSite):
    """A site whose files are as they were, and whose state is in order: what is unsettled of it, and nothing else."""

    snapshot = Snapshot(posts=())

    @cached_property
    def unsettled(self) -> UnsettledState:
        from syndicate.store.unsettled import UnsettledState

        state = UnsettledState(self.database, self.settings.site.name)
        self._closing.callback(state.close)
        return state

    @property
    def database(self) -> Path:
        return Path(self.settings.storage.file)

    @cached_property
    def store(self) -> Store:
        return cast("Store", self.unsettled)  # has the names of it that are asked for here

    def check_state(self) -> str:
        return ""

    def show_dead(self) -> None:
        """Nothing is in hand."""

    def look_back(self) -> Standing | None:
        return None  # all that is read is little

    def read_snapshot(self, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Snapshot:  # noqa: ARG002
        return self.snapshot


def open_remembered(config: Path) -> SeenSite | None:
    """The site as its syndicate.toml was read last; None where that may say something else now."""
    settings = recall_settings(config)
    if settings is None or settings.storage.state or "://" in settings.storage.publish_to:
        return None
    return SeenSite(settings) if settings.storage.file else None


def publish_little(site: OpenSite, only: str) -> Published | None:
    """A publication without news, or of edits alone."""
    with site.take_turn():
        asked = ask(site, only, site.clock())
        return find_current(site, asked) or publish_edits(site, asked)


def _look(site: SeenSite, now: datetime) -> Unchanged | None:
    """What the last publication says, where it is the last word and the state is in order."""
    name = site.settings.site.name
    if not is_in_order(site.cache, site.settings.storage.file, name):
        return None
    state = glance(site.database, name)
    knows = state and is_checked(site.cache, state.moment, site.output.fingerprint([SYNDICATION]))
    if any(one.enabled for one in site.settings.accounts) and not knows:
        return None  # there may be a published copy that the state does not know
    found = find_unchanged(site, now)
    return None if found is None or site.unsettled.is_in_hand() else found


def read_calm(site: SeenSite) -> Status | None:
    """What `status` says where nothing changed, and every row of the state could be read."""
    from syndicate.app.status import read_status

    now = site.clock()
    found = _look(site, now) if is_sound(site.cache, site.settings.storage.file) else None
    if found is None:
        return None
    if any(one.follows_posts for one in site.settings.accounts) and not _recall(site, found, now):
        return None
    return read_status(site, now, (found.posts, len(found.problems)))


def foresee(site: SeenSite) -> Outlook | None:
    """What `plan` says."""
    now = site.clock()
    found = _look(site, now)
    if found is None or not _recall(site, found, now):
        return None
    from syndicate.app.queue import look_ahead

    return look_ahead(site, now)


def tell_story(site: SeenSite, slug: str) -> Story | None:
    """What `why` says of a post by the slug that it has now."""
    now = site.clock()
    found = _look(site, now)
    if found is None or not _recall(site, found, now, slug):
        return None
    from syndicate.app.status import tell_story

    return tell_story(site, slug, now)


# --- single posts, as the last publication left them ---------------------------------------------------------------


class Standing:
    """Posts as the last publication left them, while all files are as they were then. Each is what reading all posts
    and matching them with all rows makes of it."""

    def __init__(self, site: OpenSite, marks: Mapping[str, str], names: Mapping[str, Names]) -> None:
        self._site = site
        self._marks = marks
        self._names = names

    def find(self, post_id: str) -> tuple[Post, KnownPost] | None:
        """The post and its row as it is now; None where only a look at all posts tells."""
        from syndicate.content.records import recall_posts
        from syndicate.planning.identity import update_row

        site, now = self._site, self._site.clock()
        row = site.store.find_posts([post_id]).get(post_id)
        mark = self._marks.get(row.source) if row and row.gone_at is None else None
        posts = recall_posts(site.settings, site.cache, {row.source: mark}) if row and mark else None
        if row is None or not posts:
            return None
        (post,) = posts.values()
        named = None if post.declared_id and row.id not in self._names else _name(post, row, self._names, now)
        return (named, update_row(row, named, now)) if named else None


def look_back(site: OpenSite) -> Standing | None:
    """None where a file, or what decides what becomes of it, changed since; or somebody else published."""
    from syndicate.publish import read_brief

    seen = look_at_posts(site.settings)
    known = None if site.settings.site.built else read_brief(site.cache, site.settings.site.name)
    if known is None or known.seen != seen.fingerprint:
        return None
    ends = {part.get("made_of") for part in open_last(site, seen).parts.values()}
    return Standing(site, seen.marks, known.names) if known.made_of in ends else None


# --- posts as a look at all of them tells ---------------------------------------------------------------------------

FEW = 300
"""Posts that are read one by one; reading all of ten thousand then takes no longer."""


class FoundPosts(NamedTuple):
    """Posts with their rows, as a look at all of them tells."""

    seen: str
    """The fingerprint of all files before they were read."""
    posts: dict[str, tuple[Post, KnownPost]]
    """By id."""
    unreadable: frozenset[str]
    """Ids of posts whose files are there and give no post now: half written, broken, locked away."""


def find_posts(site: OpenSite, wanted: Iterable[str], before: FoundPosts | None) -> FoundPosts:
    """All posts; where there are many, those that are `wanted`, and of what is due up to `FEW`. Those from `before`,
    where the files are as they were. Raises Unavailable where they cannot be read now, whatever keeps us from it.
    """
    try:
        seen = look_at_posts(site.settings).fingerprint
        if before and before.seen == seen:
            return before
        return FoundPosts(seen, *site.ask(_read_posts, tuple(wanted) if site.leaves_posts() else None, site.clock()))
    except StateError:
        raise
    except SyndicateError as error:
        raise Unavailable(error.message, where=error.where, hint=error.hint) from error


def _read_posts(
    site: OpenSite, wanted: Collection[str] | None, now: datetime
) -> tuple[dict[str, tuple[Post, KnownPost]], frozenset[str]]:
    from syndicate.planning.identity import match_identities

    snapshot, rows = site.read_snapshot(), site.store.list_posts()
    identified, vanished = match_identities(
        snapshot.posts, rows, site=site.settings.site, now=now, unreadable=snapshot.is_unreadable
    )
    posts = {one.id: (one.post, one.known) for one in identified}
    unreadable = frozenset(row.id for row in vanished if snapshot.is_unreadable(row.source))
    if wanted is None:
        return posts, unreadable
    due = site.store.list_messages(now, states=(State.PLANNED, State.DUE), until=now)
    chosen = {*wanted, *islice(dict.fromkeys(row.post_id for row in due), FEW)}
    return {number: posts[number] for number in chosen & posts.keys()}, unreadable & chosen


def find_post(site: OpenSite, slug: str) -> Post | None:
    """The post of this slug now. Raises ContentError where no post can be read."""
    return site.ask(_find_post, slug)


def _find_post(site: OpenSite, slug: str) -> Post | None:
    return next((post for post in site.read_snapshot().posts if post.slug == slug), None)


# --- the unsettled posts, as the cache knows them ------------------------------------------------------------------


def _recall(site: SeenSite, found: Unchanged, now: datetime, slug: str = "") -> bool:
    """Put them, and those that are called so, into the site; False where only a look at everything tells."""
    from syndicate.content.records import recall_posts
    from syndicate.publish import read_brief

    known, state = read_brief(site.cache, site.settings.site.name), site.unsettled
    if known is None or found.elsewhere or not _is_plain(site, known.names.values()):
        return False
    if (known.made_of, known.schema) != (found.made_of, state.read_schema()):
        return False
    ids = _list_unsettled(site, now) | (state.find_named(slug) if slug else set())
    rows = state.find_posts(ids) if len(ids) <= MOST else {}
    here = {row.source: row for row in rows.values() if row.gone_at is None}
    is_called = not slug or sum(slug in {one.slug, one.permalink} for one in here.values()) == 1
    if len(rows) < len(ids) or not is_called or not here.keys() <= found.seen.marks.keys():
        return False
    marks = {source: found.seen.marks[source] for source in here}
    posts = recall_posts(site.settings, site.cache, marks)
    named = [_name(post, here[source], known.names, now) for source, post in (posts or {}).items()]
    if posts is None or None in named:
        return False
    removes = any(account.enabled and account.on_delete == "delete" for account in site.settings.accounts)
    state.posts, state.tells_all_posts = ids, removes and len(here) < len(rows)  # a removal is held against all posts
    changed = ((int(mark.partition(" ")[0]), one) for one, mark in found.seen.marks.items())
    newest, source = max(changed, default=(0, ""))
    site.snapshot = Snapshot(
        posts=tuple(post for post in named if post),
        problems=found.problems,
        changed_at=datetime.fromtimestamp(newest // 10**9, UTC) if newest > 0 else None,
        newest=source,
    )
    return not any(_is_doubtful(row, rows) for row in state.read_ledger().deliveries)


def _is_plain(site: SeenSite, names: Iterable[Names]) -> bool:
    """Whether no rule looks at all posts: none is recycled or translated, and no account is about to begin."""
    enabled = [account for account in site.settings.accounts if account.enabled]
    begun = {one.name for one in site.unsettled.list_accounts() if one.baselined_at}
    is_recycled = any(OccasionKind.EVERGREEN in account.on for account in enabled)
    return not is_recycled and begun >= {one.name for one in enabled} and not any(others for *_, others in names)


def _list_unsettled(site: SeenSite, now: datetime) -> set[str]:
    from syndicate.planning.deliveries.account import SECOND_LOOK

    accounts, state = site.settings.accounts, site.unsettled
    judged = dict.fromkeys(JUDGED_AGAIN, now - SECOND_LOOK) | {Reason.OLD_WHEN_FOUND: now - ASKED_FOR}
    gap = max((account.schedule.gap for account in accounts), default=timedelta(0))
    ids = state.find_unsettled(
        since=now - gap - 2 * SECOND_LOOK, may_change={*BRINGS_BACK, Reason.MISSED}, judged=judged
    )
    begun = {one.name for one in state.list_accounts() if one.baselined_at}
    unplanned = (state.find_unplanned(account.name) for account in accounts if account.name in begun)
    following = [account.name for account in accounts if account.enabled and account.follows_posts]
    return ids.union(*unplanned, state.find_sent(following))


def _name(post: Post, row: KnownPost, names: Mapping[str, Names], now: datetime) -> Post | None:
    """The post as all posts together left it; None where it is not as its row has it, or nobody has noted that."""
    usual = (post.slug, "", "", ())
    slug, shared, declared, _ = names.get(row.id, usual)
    is_noted = row.published_at <= now or not post.declared_id
    post = replace(post, slug=slug, shared_slug=shared, declared_id=declared)
    ours = (post.slug, post.permalink, post.source_digest, post.fields_digest)
    is_same = ours == (row.slug, row.permalink, row.source_digest, row.fields_digest) and not post.is_draft
    return post if is_noted and is_same else None


def _is_doubtful(row: KnownDelivery, rows: Mapping[str, KnownPost]) -> bool:
    """Whether only a look at all posts tells what becomes of it: it may be another one's, or its post is gone."""
    may_be_another = Reason.MAYBE_RENAMED in {row.reason, *row.detail.split("\n")}
    return may_be_another or (row.state in UNSENT and rows[row.post_id].gone_at is not None)
