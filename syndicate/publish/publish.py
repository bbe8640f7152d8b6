"""The way of a publication, from end to end: read, plan, draw, render, write, remember, fill the outbox, sweep."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial

from syndicate.content import SeenPosts
from syndicate.formats import list_documents
from syndicate.model import FEED_FILES, TIMELINE_PAGE, Cache, Ledger, NetworkFacts, Plan, Snapshot, unique_problems
from syndicate.output import Output
from syndicate.pictures import forget_pictures
from syndicate.planning.feeds import plan_feeds
from syndicate.planning.make_plan import make_plan
from syndicate.publish import (
    Finished,
    Progress,
    Published,
    keep_publication,
    keep_remembered,
    list_watched,
    look_at,
    remember,
)
from syndicate.publish.drawing import Drawer, DrawnCards
from syndicate.publish.manifest import Manifest
from syndicate.publish.write import Sources, list_files, return_freed_memory, write_documents
from syndicate.store.schema import HEAD
from syndicate.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What one publication needs."""

    sources: Sources
    store: Store
    output: Output
    manifest: Manifest
    cache: Cache
    drawer: Drawer
    read_snapshot: Callable[[Callable[[int, int], None]], Snapshot]
    """Posts without bodies."""
    read_newest: Callable[[int, datetime], Snapshot | None]
    """So many of the newest, None where reading all takes no time."""
    facts: Mapping[str, NetworkFacts]
    """By account."""
    messages: Mapping[str, str]
    """Message templates by account."""
    progress: Progress


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look through a million objects again and again, for a quarter of the
    time, and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_plan(needs: Dependencies, now: datetime) -> Plan:
    """What would happen now; changes nothing."""
    return_freed_memory()
    return make_plan(
        needs.read_snapshot(partial(needs.progress, "reading posts")),
        needs.store.read_ledger(),
        needs.sources.settings,
        facts=needs.facts,
        templates=needs.messages,
        cards=needs.drawer.list_drawn(),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Began:
    """What was done and seen before a publication read everything."""

    only: str
    made_of: str
    watched: Mapping[str, int | None]
    """How the files besides posts looked before they were used."""
    written: tuple[str, ...]
    seen: SeenPosts | None


@uncollected()
def publish(
    needs: Dependencies, now: datetime, *, made_of: str, only: str = "", seen: SeenPosts | None = None
) -> Published:
    """Cards, feeds, pages, outbox; or `only` "cards", or "feeds" and all else while cards stay as they are.

    `made_of` is the fingerprint taken before this call; the next edit is told from how posts were `seen` then.
    """
    written = _publish_newest(needs, now) if only != "cards" else ()
    plan = read_plan(needs, now)
    began = Began(only, made_of, look_at(list_watched(plan, needs.sources.settings)), written, seen)
    if only == "feeds":
        return _finish(needs, plan, needs.drawer.list_known(plan), began)
    drawn = needs.drawer.draw(plan, partial(needs.progress, "drawing cards"))
    return _tell_cards(needs, plan, drawn) if only else _finish(needs, plan, drawn, began)


def _tell_cards(needs: Dependencies, plan: Plan, drawn: DrawnCards) -> Published:
    """What a publication of cards came to."""
    problems = unique_problems((*plan.problems, *drawn.problems, *needs.manifest.problems))
    where = needs.sources.settings.storage.publish_to
    return Published(where=where, written=drawn.written, drawn=drawn.count, problems=problems, warnings=drawn.warnings)


def _publish_newest(needs: Dependencies, now: datetime) -> tuple[str, ...]:
    """The site's own feeds before everything else, where nothing was published yet: who subscribes waits for these.

    They say the same again, with cards and archives, when everything was read; until then no post is known, so that
    nothing is announced.
    """
    settings, rules = needs.sources.settings, replace(needs.sources.settings.feeds, by=(), flags=(), archives=False)
    if needs.manifest.paths & FEED_FILES.keys() or needs.store.read_ledger().posts:
        return ()
    snapshot = needs.read_newest(rules.items, now)
    if snapshot is None:
        return ()
    plan = make_plan(snapshot, Ledger(), settings, facts={}, templates={}, cards={}, now=now)
    feeds = plan_feeds(plan.identified, replace(settings, feeds=rules), {}, now, fill=needs.sources.fill)
    return write_documents(list_documents(feeds), needs.manifest, needs.cache).paths


def _finish(needs: Dependencies, plan: Plan, drawn: DrawnCards, began: Began) -> Published:
    """Artefacts first, then the state, then what nobody needs any more; and how it ended."""
    files = list_files(needs.sources, plan, drawn, needs.manifest.paths, plan.now)
    needed = drawn.paths | {document.path for document in files.documents} | {TIMELINE_PAGE}
    documents, public, members = iter(files.documents), files.public, files.members
    del files  # and so each document once it is written
    written = write_documents(documents, needs.manifest, needs.cache, partial(needs.progress, "writing files"))
    applied = needs.store.apply(plan, plan.now)
    removed = needs.manifest.sweep(needed, needs.sources.settings.cards.keep, plan.now)
    if removed and not plan.problems:  # a post that cannot be read now may still want its picture
        forget_pictures((one.post.picture for one in plan.identified if one.post.picture), cache=needs.cache)
    problems = unique_problems((*plan.problems, *drawn.problems, *written.problems, *needs.manifest.problems))
    finished = Finished(
        made_of=began.made_of,
        only=began.only,
        at=plan.now,
        ends=(plan.next_change_at, drawn.retry_at, plan.now if needs.manifest.has_lost(needed) else None),
        files=began.watched,
        posts=len(plan.identified),
        problems=problems,
        elsewhere=(*plan.elsewhere, *(one for one in problems if one not in plan.problems)),
        paths=needed,
    )
    keep_publication(finished, needs.output, needs.store)
    if began.seen:
        known = remember(began.made_of, HEAD, began.seen, public, members)
        keep_remembered(needs.cache, needs.sources.settings.site.name, known)
    return Published(
        where=needs.sources.settings.storage.publish_to,
        written=tuple(dict.fromkeys((*began.written, *drawn.written, *written.paths))),
        removed=removed,
        drawn=drawn.count,
        problems=problems,
        warnings=(*plan.warnings, *drawn.warnings),
        remarks=plan.remarks,
        **asdict(applied),
    )
