"""The way of a publication, from end to end: read, plan, draw, render, write, remember, fill the outbox, sweep."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import orjson

from syndicate.formats import list_documents
from syndicate.model import FEED_FILES, TIMELINE_PAGE, Ledger, NetworkFacts, Plan, Problem, unique_problems
from syndicate.output import Output
from syndicate.pictures import forget_pictures
from syndicate.planning.feeds import plan_feeds
from syndicate.planning.make_plan import make_plan
from syndicate.publish import (
    Asked,
    Progress,
    Published,
    Site,
    keep_remembered,
    keep_silent,
    list_watched,
    look_at,
    parse_records,
    remember,
)
from syndicate.publish.drawing import Drawer, DrawnCards
from syndicate.publish.manifest import Manifest, open_manifest
from syndicate.publish.write import list_files, return_freed_memory, write_documents
from syndicate.store.schema import HEAD
from syndicate.store.store import Store

LOOK_AGAIN = timedelta(days=1)
"""How long a publication counts as current at most: ages of posts, replaced cards and other people's pictures change
with time alone."""


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


@dataclass(frozen=True, slots=True)
class _Publication:
    """What is published of which site, and what was done and seen before everything was read."""

    site: Site
    manifest: Manifest
    asked: Asked
    progress: Progress
    written: tuple[str, ...]


@uncollected()
def publish(
    site: Site, accounts: Mapping[str, NetworkFacts], asked: Asked, progress: Progress = keep_silent
) -> Published:
    """Cards, feeds, pages, outbox; or only "cards", or "feeds" and all else while cards stay as they are."""
    now, manifest = asked.now, open_manifest(site)
    drawer = Drawer(site, manifest, (facts.limits for facts in accounts.values()))
    written = _publish_newest(site, manifest, now) if asked.only != "cards" else ()
    this = _Publication(site, manifest, asked, progress, written)
    return_freed_memory()
    plan = make_plan(
        site.read_snapshot(partial(progress, "reading posts")),
        site.store.read_ledger(),
        site.settings,
        facts=accounts,
        templates=site.read_messages(),
        cards=drawer.list_drawn(),
        now=now,
    )
    watched = look_at(list_watched(plan, site.settings))  # before they are used
    if asked.only == "feeds":
        return _finish(this, plan, drawer.list_known(plan), watched)
    drawn = drawer.draw(plan, partial(progress, "drawing cards"))
    return _tell_cards(this, plan, drawn) if asked.only else _finish(this, plan, drawn, watched)


def _tell_cards(this: _Publication, plan: Plan, drawn: DrawnCards) -> Published:
    """What a publication of cards came to."""
    problems = unique_problems((*plan.problems, *drawn.problems, *this.manifest.problems))
    where = this.site.settings.storage.publish_to
    return Published(where=where, written=drawn.written, drawn=drawn.count, problems=problems, warnings=drawn.warnings)


def _publish_newest(site: Site, manifest: Manifest, now: datetime) -> tuple[str, ...]:
    """The site's own feeds before everything else, where nothing was published yet: who subscribes waits for these.

    They say the same again, with cards and archives, when everything was read; until then no post is known, so that
    nothing is announced.
    """
    settings, rules = site.settings, replace(site.settings.feeds, by=(), flags=(), archives=False)
    if manifest.paths & FEED_FILES.keys() or site.store.read_ledger().posts:
        return ()
    snapshot = site.read_newest(rules.items, now)
    if snapshot is None:
        return ()
    plan = make_plan(snapshot, Ledger(), settings, facts={}, templates={}, cards={}, now=now)
    feeds = plan_feeds(plan.identified, replace(settings, feeds=rules), {}, now, fill=site.fill)
    return write_documents(list_documents(feeds), manifest, site.cache).paths


def _finish(this: _Publication, plan: Plan, drawn: DrawnCards, watched: Mapping[str, int | None]) -> Published:
    """Artefacts first, then the state, then what nobody needs any more; and how it ended."""
    site, manifest = this.site, this.manifest
    files = list_files(site, plan, drawn, manifest.paths, plan.now)
    needed = drawn.paths | {document.path for document in files.documents} | {TIMELINE_PAGE}
    documents, public, members = iter(files.documents), files.public, files.members
    del files  # and so each document once it is written
    written = write_documents(documents, manifest, site.cache, partial(this.progress, "writing files"))
    applied = site.store.apply(plan, plan.now)
    removed = manifest.sweep(needed, site.settings.cards.keep, plan.now)
    if removed and not plan.problems:  # a post that cannot be read now may still want its picture
        forget_pictures((one.post.picture for one in plan.identified if one.post.picture), cache=site.cache)
    problems = unique_problems((*plan.problems, *drawn.problems, *written.problems, *manifest.problems))
    finished = Finished(
        made_of=this.asked.made_of,
        only=this.asked.only,
        at=plan.now,
        ends=(plan.next_change_at, drawn.retry_at, plan.now if manifest.has_lost(needed) else None),
        files=watched,
        posts=len(plan.identified),
        problems=problems,
        elsewhere=(*plan.elsewhere, *(one for one in problems if one not in plan.problems)),
        paths=needed,
    )
    keep_publication(finished, site.output, site.store)
    known = remember(this.asked.made_of, HEAD, this.asked.seen, public, members)
    keep_remembered(site.cache, site.settings.site.name, known)
    return Published(
        where=site.settings.storage.publish_to,
        written=tuple(dict.fromkeys((*this.written, *drawn.written, *written.paths))),
        removed=removed,
        drawn=drawn.count,
        problems=problems,
        warnings=(*plan.warnings, *drawn.warnings),
        remarks=plan.remarks,
        **asdict(applied),
    )


# --- how it ended, and until when it is the last word ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A publication that is finished, and until when it is the last word."""

    made_of: str
    """The fingerprint that `LastPublication.take_fingerprint` gave before anything was read."""
    only: str = ""
    """The part that was published, "" for everything."""
    at: datetime
    ends: Iterable[datetime | None]
    """When it is out of date by itself: a post comes of age, a picture is worth another try."""
    files: Mapping[str, int | None]
    """Further files and folders it depends on, as `look_at` saw them before they were used."""
    posts: int
    """How many there are, drafts apart."""
    problems: tuple[Problem, ...]
    elsewhere: tuple[Problem, ...]
    """Those of them that no file of a post explains: of cards, files, templates, accounts."""
    paths: Collection[str]
    """What is published now."""


def keep_publication(finished: Finished, output: Output, store: Store) -> None:
    """Remember it until it is out of date; that of a part beside the last one of everything."""
    before = parse_records(store.read_publication()[1]) if finished.only else {}
    places = sorted({path.rpartition("/")[0] or path for path in finished.paths})
    value = {
        "made_of": finished.made_of,
        "at": finished.at.isoformat(),
        "until": min([at for at in finished.ends if at] + [finished.at + LOOK_AGAIN]).isoformat(),
        "posts": finished.posts,
        "problems": [asdict(problem) for problem in finished.problems],
        "elsewhere": [asdict(problem) for problem in finished.elsewhere],
        "files": dict(finished.files),
        "places": places,
        "published": output.fingerprint(places),
    }
    store.keep_publication(orjson.dumps(before | {finished.only: value}).decode())
