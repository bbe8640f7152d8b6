"""Which feeds a site has, and what stands in each.

public posts, newest first ─┬ the site's own feed ─ archives behind it
                            ├ one per flag that is set anywhere
                            └ one per category, author, language with enough posts
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from urllib.parse import quote, urljoin

from syndicate.model import (
    FEED_FORMATS,
    Author,
    CardRef,
    Entry,
    Feed,
    FeedRules,
    Identified,
    KnownPost,
    PictureFacts,
    Post,
    Settings,
    Site,
)
from syndicate.planning.declared import link_translations
from syndicate.planning.feeds.entries import ArchivedEntries, Entries, EntryMaker, Fill, Tell, shorten_entry, weigh
from syndicate.text import normalize

FRAME = 6_000
"""Bytes kept free for a document's head: names, links, hubs, description."""


def choose_fitting(entries: Sequence[Entry], max_bytes: int) -> tuple[Entry, ...]:
    """The longest run of newest entries whose documents stay within `max_bytes` in every format.

    There is always one entry: where the newest alone is too heavy by its many names, they go out all the same.
    """
    chosen: list[Entry] = []
    left = max_bytes - FRAME
    for entry in entries:
        left -= weigh(entry)
        if left < 0:
            return tuple(chosen) or (shorten_entry(entry),)
        chosen.append(entry)
    return tuple(chosen)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Group = tuple[str, str, list[Identified]]
"""Folder, label, posts."""


def plan_feeds(
    identified: Sequence[Identified],
    settings: Settings,
    cards: Mapping[str, CardRef],
    now: datetime,
    *,
    gone: Sequence[KnownPost] = (),
    pictures: Mapping[str, PictureFacts] | None = None,
    published: Collection[str] = (),
    fill: Fill = tuple,
    tell: Tell = lambda _one, _error: None,
) -> tuple[Feed, ...]:
    """Every feed of the site, its own first, archives last, oldest archive first.

    `cards` is by post id, `pictures` by picture URL. `gone` are vanished posts whose seats in the archives stay
    empty. `published` names feed folders that are already out: such a feed stays, even below `by_min_posts`. `fill`
    brings the bodies of posts that were read without; it is asked for those that are rendered, and not before. `tell`
    hears of posts that cannot become entries.
    """
    public = list_public(identified, now)
    maker = EntryMaker(settings.feeds, cards, pictures or {}, settings.site.authors, fill, tell)
    groups = group_posts(public, settings, published)
    feeds = [make_feed(settings, name, label, posts, maker) for name, label, posts in groups]
    seated = [known for known in gone if known.published_at <= now] + [one.known for one in public if one.copy_of]
    shown = frozenset(entry.id for entry in feeds[0].entries)
    blocks = (
        plan_blocks(leave_out_copies(public), seated, shown, settings.feeds.archive_items)
        if settings.feeds.archives
        else ()
    )
    return put_together(settings, feeds, blocks, maker.for_archives())


def put_together(
    settings: Settings, feeds: Sequence[Feed], blocks: Sequence[Block], maker: EntryMaker
) -> tuple[Feed, ...]:
    """The feeds, and behind the first of them its archives."""
    archives = _make_archives(settings, feeds[0], blocks, maker)
    first = _sign(replace(feeds[0], previous=archives[-1].urls)) if archives else feeds[0]
    return (first, *feeds[1:], *archives)


def list_public(identified: Sequence[Identified], now: datetime) -> list[Identified]:
    """The posts readers may see now, newest first, in an order that depends on nothing but them."""
    public = [one for one in identified if one.known.published_at <= now and not one.post.is_draft]
    public.sort(key=lambda one: (one.known.published_at, one.id), reverse=True)
    return link_translations(public)


def leave_out_copies(public: Iterable[Identified]) -> list[Identified]:
    """Readers have nothing of a post twice; its page, card and tags are there all the same."""
    return [one for one in public if not one.copy_of]


def feeds_url(site: Site) -> str:
    """The public address of the publish root, without a trailing slash."""
    return (site.feeds_url or f"{site.url}/feeds").rstrip("/")


def group_posts(public: list[Identified], settings: Settings, published: Collection[str]) -> list[Group]:
    """What each feed but the archives is made of, the site's own first."""
    public = leave_out_copies(public)
    return [("", "", public), *_group_flags(public, settings.feeds), *_group_names(public, settings, published)]


def _group_flags(public: Sequence[Identified], rules: FeedRules) -> Iterator[Group]:
    for flag in dict.fromkeys(rules.flags):
        posts = [one for one in public if flag in one.post.flags]
        if posts:
            yield to_folder(flag), flag[:1].upper() + flag[1:], posts


def _group_names(public: Sequence[Identified], settings: Settings, published: Collection[str]) -> Iterator[Group]:
    for kind in dict.fromkeys(settings.feeds.by):
        folders: dict[str, str] = {}
        groups: dict[str, tuple[str, list[Identified]]] = {}
        for one in public:
            for label in _labels(kind, one.post):
                folder = folders.get(label) or folders.setdefault(label, to_folder(label))
                posts = groups.setdefault(folder, (label, []))[1]
                if not posts or posts[-1] is not one:  # once, whatever the number of its labels
                    posts.append(one)
        for folder in sorted(groups):
            label, posts = groups[folder]
            name = f"{kind}/{folder}"
            if folder and (len(posts) >= settings.feeds.by_min_posts or name in published):
                yield name, label, posts


def _labels(kind: str, post: Post) -> Iterable[str]:
    if kind == "category":
        return [category.name for category in post.categories]
    if kind == "author":
        return [author.name for author in post.authors]
    return (post.language,) if kind == "language" else ()


def make_feed(settings: Settings, name: str, label: str, posts: Sequence[Identified], maker: EntryMaker) -> Feed:
    """One feed of its posts, newest first; of them as many as there is room for."""
    newest = posts[: settings.feeds.items]
    fitting = choose_fitting(Entries(newest, maker), settings.feeds.max_bytes)
    made = [one for one in newest if one.id in maker.made]
    # Made again when they are rendered, not kept; but a single one may have been shortened just now.
    shown = Entries(made[: len(fitting)], maker) if len(fitting) > 1 else fitting
    changed_at = max((entry.updated_at for entry in shown), default=_NEVER)
    return _sign(replace(frame_feed(settings, name, label), updated_at=changed_at, entries=shown))


def frame_feed(settings: Settings, name: str, label: str) -> Feed:
    """What a feed says whatever stands in it."""
    site, folder = settings.site, f"{name}/" if name else ""
    paths = {form: f"{folder}{FEED_FORMATS[form].file}" for form in settings.feeds.formats}
    return Feed(
        name=name,
        title=f"{site.title}: {label}" if label else site.title,
        description=site.description,
        home_url=f"{site.url}/",
        paths=paths,
        urls=_urls(site, paths),
        id=f"{feeds_url(site)}/{quote(folder)}",
        updated_at=_NEVER,
        entries=(),
        language=label if name.startswith("language/") else site.language,
        authors=site.authors or (Author(site.title, site.url),),
        icon_url=urljoin(f"{site.url}/", site.icon) if site.icon else "",
        hubs=settings.feeds.hubs,
        copyright=site.copyright,
        extra=settings.feeds.extra,
    )


def _make_archives(settings: Settings, current: Feed, blocks: Sequence[Block], maker: EntryMaker) -> list[Feed]:
    bare = replace(current, hubs=(), extra={}, previous={}, entries=())
    frame = replace(bare, current=current.urls, is_archive=True, updated_at=_NEVER)
    common = f"{_head(frame)}\n{maker.rules}"
    feeds = [_make_archive(settings.site, frame, block, maker) for block in blocks]
    for at, feed in enumerate(feeds):
        older = feeds[at - 1].urls if at else {}
        newer = feeds[at + 1].urls if at + 1 < len(feeds) and not blocks[at + 1].is_open else {}
        digest = _digest(common, feed.name, older, newer, *map(maker.fingerprint_of, blocks[at].posts))
        feeds[at] = replace(feed, previous=older, next=newer, digest=digest)
    return feeds


def _make_archive(site: Site, frame: Feed, block: Block, maker: EntryMaker) -> Feed:
    paths = {form: f"archive/{block.name}.{form}" for form in frame.urls}
    newest = max((max(one.known.updated_at, one.known.published_at) for one in block.posts), default=_NEVER)
    return replace(
        frame,
        name=f"archive/{block.name}",
        paths=paths,
        urls=_urls(site, paths),
        updated_at=newest,
        entries=ArchivedEntries(block.posts, maker),
    )


def _urls(site: Site, paths: Mapping[str, str]) -> dict[str, str]:
    return {form: f"{feeds_url(site)}/{quote(path)}" for form, path in paths.items()}


def _sign(feed: Feed) -> Feed:
    return replace(feed, digest=_digest(_head(feed), *(entry.digest for entry in feed.entries)))


def _head(feed: Feed) -> str:
    """Everything a document says besides its entries."""
    return repr(replace(feed, entries=(), digest=""))


def _digest(*parts: object) -> str:
    return sha256("\n".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


# --- which folder a named feed lives in ---

_SPACES = re.compile(r"[\s_-]+")
_LOST = re.compile(r"[^\w-]+")
_MAX = 80
_MAX_BYTES = 240
"""File systems allow 255."""


def to_folder(name: str) -> str:
    """A folder name for a category, author or language: lower case, letters and digits of any script.

    Where signs get lost ("C++", "C#") or the name is long, eight digits of its digest keep folders apart, so that
    no other category decides what this one is called.
    """
    plain = _SPACES.sub("-", normalize("NFKC", name).casefold().strip())
    kept = _LOST.sub("-", plain).strip("-")[:_MAX]
    while len(kept.encode("utf-8", "replace")) > _MAX_BYTES:
        kept = kept[:-1]
    if kept == plain:
        return kept
    return f"{kept}-{sha256(name.casefold().encode('utf-8', 'replace')).hexdigest()[:8]}".lstrip("-")


# --- RFC 5005 section 4: closed documents of N posts behind the current one ---


@dataclass(frozen=True, slots=True)
class Block:
    """One archive: its name in the path, and its posts, newest first."""

    name: str
    posts: tuple[Identified, ...]
    is_open: bool = False
    """Still growing: bridges the last closed archive and a current feed that is too small to reach it."""


def plan_blocks(
    public: Sequence[Identified],
    gone: Sequence[KnownPost],
    shown: frozenset[str],
    size: int,
) -> tuple[Block, ...]:
    """Cut the public posts into archives of `size` seats, oldest first; nothing while all posts are `shown`.

    `shown` holds the ids in the current feed. Together with it the blocks hold every public post.
    """
    if len(public) <= len(shown):
        return ()
    seats = _take_seats(public, gone)
    closed = len(seats) // size
    blocks = [_close(seats[at * size : (at + 1) * size], str(at + 1)) for at in range(closed)]
    rest = _close(seats[closed * size :], "recent", is_open=True)
    if any(one.id not in shown for one in rest.posts):
        blocks.append(rest)
    return tuple(blocks)


def _take_seats(public: Sequence[Identified], gone: Sequence[KnownPost]) -> list[Identified | None]:
    """All posts that were ever public in the order they became so; None for a seat whose post is gone."""
    rows = [(*_seat(one.known), one) for one in public]
    empty = [(*_seat(known), None) for known in gone]
    return [row[3] for row in sorted([*rows, *empty], key=itemgetter(0, 1, 2))]


def _seat(known: KnownPost) -> tuple[datetime, datetime, str]:
    return max(known.first_seen_at, known.published_at), known.published_at, known.id


def _close(seats: Sequence[Identified | None], name: str, *, is_open: bool = False) -> Block:
    present = [one for one in seats if one is not None]
    present.sort(key=lambda one: (one.known.published_at, one.id), reverse=True)
    return Block(name, tuple(present), is_open)


# --- what an edit touches: the feeds and the archive in which the edited post stands, and no other ---

_ARCHIVE = "archive/"
Find = Callable[[Sequence[str]], Sequence[Identified]]
"""Gives the posts with these ids, in order."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who stands in a feed."""

    name: str
    label: str
    ids: tuple[str, ...]
    """Newest first. Of an archive all posts; of another feed those for which there is room by their number."""
    shown: int
    """For so many of them there is room by their weight, too."""
    updated_at: datetime

    @property
    def is_archive(self) -> bool:
        return self.name.startswith(_ARCHIVE)


def list_members(
    public: list[Identified], settings: Settings, published: Collection[str], feeds: Sequence[Feed]
) -> tuple[Members, ...]:
    """Who stands in each of the feeds that `plan_feeds` made of the same."""
    most = settings.feeds.items
    current = [
        Members(feed.name, label, _list_ids(posts[:most]), len(feed.entries), feed.updated_at)
        for (_, label, posts), feed in zip(group_posts(public, settings, published), feeds, strict=False)
    ]
    archives = [
        Members(feed.name, "", _list_ids(feed.entries.posts), len(feed.entries), feed.updated_at)
        for feed in feeds
        if feed.is_archive and isinstance(feed.entries, Entries)
    ]
    return (*current, *archives)


def _list_ids(posts: Sequence[Identified]) -> tuple[str, ...]:
    return tuple(one.id for one in posts)


def find_touched(members: Sequence[Members], edited: Collection[str]) -> tuple[Members, ...]:
    """The feeds in which an edited post stands, and the site's own, whose newest posts stand on the page, too."""
    return tuple(one for one in members if not one.name or not set(edited).isdisjoint(one.ids))


def refresh_feeds(
    members: Sequence[Members],
    touched: Collection[str],
    find: Find,
    settings: Settings,
    *,
    cards: Mapping[str, CardRef],
    pictures: Mapping[str, PictureFacts],
    fill: Fill,
    tell: Tell,
) -> tuple[Feed, ...]:
    """All feeds: those whose names are touched as they are now, the others without their entries."""
    maker = EntryMaker(settings.feeds, cards, pictures, settings.site.authors, fill, tell)
    current = [
        make_feed(settings, one.name, one.label, find(one.ids), maker)
        if one.name in touched
        else replace(frame_feed(settings, one.name, one.label), updated_at=one.updated_at)
        for one in members
        if not one.is_archive
    ]
    blocks = [
        Block(name, tuple(find(one.ids)) if one.name in touched else (), is_open=name == "recent")
        for one in members
        if one.is_archive
        for name in [one.name.removeprefix(_ARCHIVE)]
    ]
    return put_together(settings, current, blocks, maker.for_archives())


def renew_members(members: Sequence[Members], feeds: Sequence[Feed], touched: Collection[str]) -> tuple[Members, ...]:
    """As they are now, where `feeds` are those of `refresh_feeds`."""
    by_name = {feed.name: feed for feed in feeds if feed.name in touched}
    return tuple(
        replace(one, shown=len(by_name[one.name].entries), updated_at=by_name[one.name].updated_at)
        if one.name in by_name
        else one
        for one in members
    )
