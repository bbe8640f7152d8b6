"""What an edit touches: the feeds and the archive in which the edited post stands, and no other.

That holds while every post stays where it is: none comes, goes, moves, or changes what decides on its place. Who stands
where is remembered for that (`Members`), so that after an edit only the posts of touched feeds are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syndicate.model import CardRef, Feed, Identified, PictureFacts, Settings
from syndicate.planning.feeds import Block, frame_feed, group_posts, make_feed, put_together
from syndicate.planning.feeds.entries import Entries, EntryMaker, Fill, Tell

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
