"""What the next publication would do to people who subscribed: old posts as new, endless updates, feeds gone silent.

A reader knows an entry by its id and a feed by its address. So a plan is compared with what is published now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from syndicate.model import Feed, FeedRules, SeenFeed, Site

_MANY = 5
"""Fewer entries than this are an edit, not a flood."""


def find_floods(seen: Sequence[SeenFeed], feeds: Sequence[Feed], rules: FeedRules, site: Site) -> tuple[str, ...]:
    """Warnings for a person, one sentence each; empty where subscribers will notice nothing but news.

    `seen` are the documents published now, `feeds` those planned.
    """
    planned = {path: feed for feed in feeds for path in feed.paths.values()}
    return (
        *_find_reborn(seen, planned),
        *_find_updated(seen, planned),
        *_find_lost(seen, planned, rules),
        *_find_moved(feeds, site),
    )


def _find_reborn(seen: Sequence[SeenFeed], planned: dict[str, Feed]) -> Iterator[str]:
    """The same page under another id is a new post to every reader."""
    reborn = set()
    for document in seen:
        ids = {entry.url: entry.id for entry in document.entries}
        entries = planned[document.path].entries if document.path in planned else ()
        reborn |= {entry.url for entry in entries if entry.url in ids and ids[entry.url] != entry.id}
    if reborn:
        yield (
            f"{_count(reborn)} would appear as new to every subscriber, because the id changed: {min(reborn)}. "
            "Was the state database lost or replaced? Restore it, or write the old ids into the posts (id: …)."
        )


def _find_updated(seen: Sequence[SeenFeed], planned: dict[str, Feed]) -> Iterator[str]:
    """Many posts with a new `updated` at once: a template or domain changed, not the posts."""
    before = {entry.id: entry.updated for document in seen for entry in document.entries if entry.updated}
    known = {
        entry.id: entry for document in seen if document.path in planned for entry in planned[document.path].entries
    }
    moved = {
        e.url for i, e in known.items() if i in before and before[i] != e.updated_at.replace(microsecond=0).isoformat()
    }
    if len(moved) >= _MANY and len(moved) * 2 > len(before):
        yield (
            f"{_count(moved)} would be marked as updated at once. "
            "Readers that show updates again will show all of them."
        )


def _find_lost(seen: Sequence[SeenFeed], planned: dict[str, Feed], rules: FeedRules) -> Iterator[str]:
    """An address that people subscribed to and that nobody answers any more."""
    settled = [*rules.retired, *rules.renamed]
    for document in seen:
        is_settled = any(document.path.startswith(f"{folder.strip('/')}/") for folder in settled)
        if document.path not in planned and not document.path.startswith("archive/") and not is_settled:
            folder = document.path.rpartition("/")[0] or document.path
            yield (
                f"{document.path} would end without a word: its subscribers hear nothing any more. "
                f'Name where it went (feeds.renamed) or that it is over (feeds.retired): "{folder}".'
            )


def _find_moved(feeds: Sequence[Feed], site: Site) -> Iterator[str]:
    """Addresses and pages on different hosts are fine, an insecure feed of a secure site is not."""
    for url in feeds[0].urls.values() if feeds else ():
        if urlsplit(url).scheme == "http" and urlsplit(site.url).scheme == "https":
            yield f"{unquote(url)} is announced without https though the site has it."


def _count(urls: set[str]) -> str:
    return "1 post" if len(urls) == 1 else f"{len(urls)} posts"
