"""Which files a plan wants besides cards, and how they get there: rendered, written, remembered, a few at a time."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from syndicate import __version__
from syndicate.errors import contain
from syndicate.formats import HTML, Document, list_documents, list_meta, render_syndication
from syndicate.formats.page import (
    fingerprint_page,
    parse_timeline,
    render_alternates,
    render_opml,
    render_page,
    render_timeline,
)
from syndicate.model import (
    FEED_FILES,
    TIMELINE,
    TIMELINE_PAGE,
    Artefact,
    Cache,
    CardRef,
    Feed,
    Identified,
    Plan,
    Problem,
    SyndicationLink,
    fingerprint,
    make_problem,
)
from syndicate.planning.feeds import Members, list_members, list_public, plan_feeds
from syndicate.processes import give_memory_back
from syndicate.publish import Site
from syndicate.templates import is_own

if TYPE_CHECKING:
    from syndicate.publish.drawing import DrawnCards
    from syndicate.publish.manifest import Manifest

_MOST_BYTES, _MOST_FILES = 2_000_000, 500
"""What is rendered before it is written, and so in memory."""
_TRIMMED = 8
"""Batches between two looks for free memory."""

INDEX = "pages/index.html"
"""The template of the page for people, which may be the site's own."""

Copies = Mapping[str, Sequence[SyndicationLink]]


@dataclass(frozen=True, slots=True)
class Written:
    """The paths written, and what stopped others: a broken template stops its own page and nothing else."""

    paths: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def write_documents(
    documents: Iterable[Document],
    manifest: Manifest,
    cache: Cache,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> Written:
    """Render what is not there as it should be, write it, remember it: a kill loses one batch at most.

    A document goes when it is rendered, with what it is made of, where the caller keeps none of them.
    """
    paths: list[str] = []
    problems: list[Problem] = []
    stale = deque(one for one in documents if not manifest.is_current(one.path, one.fingerprint))
    done, most = 0, len(stale)
    rendered = (artefact for one in _take_all(stale) if (artefact := _render(one, cache, problems)))
    for number, batch in enumerate(_batches(rendered)):
        if number % _TRIMMED == 0:
            return_freed_memory()
        paths += manifest.write(batch)
        done += len(batch)
        tell(done, most)
    return Written(tuple(paths), tuple(problems))


def _take_all(stale: deque[Document]) -> Iterator[Document]:
    while stale:
        yield stale.popleft()


def return_freed_memory() -> None:
    """Ask glibc to give back what is free, also between what is not: a tenth of the peak.

    From here on it gives back at once what is free at the end: it learns from the first large document to keep a good
    part for the next, which makes a fifth of the peak.
    """
    library, trim_threshold, mmap_threshold = ctypes.CDLL(None), -1, -3  # as malloc.h of glibc numbers them
    if hasattr(library, "mallopt"):
        library.mallopt(trim_threshold, 64 * 1024)
        library.mallopt(mmap_threshold, 128 * 1024)
    give_memory_back()


def _render(document: Document, cache: Cache, problems: list[Problem]) -> Artefact | None:
    """None for a document that cannot be made: a broken template, a post that nobody foresaw."""
    with contain(lambda error: problems.append(make_problem(document.path, error))):
        one = document.make(cache)
        problems += one.problems
        return replace(one, fingerprint="" if one.problems else document.fingerprint)
    return None


def _batches(rendered: Iterable[Artefact]) -> Iterator[list[Artefact]]:
    some: list[Artefact] = []
    weight = 0
    for one in rendered:
        some.append(one)
        weight += len(one.data)
        if weight >= _MOST_BYTES or len(some) >= _MOST_FILES:
            yield some
            some, weight = [], 0
    if some:
        yield some


@dataclass(frozen=True, slots=True)
class Files:
    """Every file of a plan but the cards, and what an edit is compared with."""

    documents: tuple[Document, ...]
    public: Sequence[Identified]
    members: tuple[Members, ...]


def list_files(site: Site, plan: Plan, drawn: DrawnCards, present: Collection[str], now: datetime) -> Files:
    """Every file of the plan but the cards. `present` are the published paths."""
    problems: list[Problem] = []
    places = (path.rpartition("/") for path in present)
    # Feed folders that readers may know: "category/garden" for "category/garden/rss.xml".
    published = frozenset(folder for folder, _, name in places if name in FEED_FILES)
    feeds = plan_feeds(
        plan.identified,
        site.settings,
        drawn.refs,
        now,
        gone=plan.gone,
        pictures=drawn.pictures,
        published=published,
        fill=site.fill,
        tell=partial(leave_out, problems, "feeds"),
    )
    problems += _list_shortened(feeds)
    public = list_public(plan.identified, now)
    documents = (
        *list_documents(feeds),
        *list_meta(public, drawn.refs, feeds, site.settings.site, site.settings.accounts),
        _syndication(site, public, drawn.refs),
        *_pages(site, feeds, problems),
        *list_timeline(site),
    )
    unique = {one.path: one for one in documents}  # two flags may have one folder
    return Files(tuple(unique.values()), public, list_members(public, site.settings, published, feeds))


def list_edited_files(
    site: Site,
    feeds: tuple[Feed, ...],
    touched: Collection[str],
    *,
    edited: Sequence[Identified],
    cards: Mapping[str, CardRef],
    problems: list[Problem],
) -> tuple[Document, ...]:
    """Every file that edits touch, but the cards and syndication.json. `touched` are the names of feeds."""
    some = [feed for feed in feeds if feed.name in touched]
    problems += _list_shortened(some)
    return (
        *list_documents(some),
        *list_meta(edited, cards, feeds, site.settings.site, site.settings.accounts),
        *_pages(site, feeds, problems),
    )


def _list_shortened(feeds: Sequence[Feed]) -> Iterator[Problem]:
    """A problem for each post of a current feed that stands there without its text."""
    current = (entry for feed in feeds if not feed.is_archive for entry in feed.entries)
    for source in sorted({entry.source for entry in current if entry.is_short}):
        words = "the post is too long for feeds, so they show its summary alone"
        yield Problem(source, words, hint="divide it, or raise [feeds] max_bytes")


def list_timeline(site: Site) -> tuple[Document, ...]:
    """The page of the local network, where some account lives there, drawn anew from its timeline.json."""
    if all(account.network != "local" for account in site.settings.accounts):
        return ()

    def render() -> bytes:
        entries = parse_timeline(site.output.read(TIMELINE) or b"")
        return render_timeline(entries, site.settings.site, site.read_template(f"pages/{TIMELINE_PAGE}"))

    return (_page(TIMELINE_PAGE, HTML, render),)


def _pages(site: Site, feeds: tuple[Feed, ...], problems: list[Problem]) -> list[Document]:
    """Small and made of many things: nearly all are rendered each time, and written where their bytes differ.

    They come last, so that the list of feeds can say what was left out of everything before.
    """
    about = site.settings.site

    def render(_cache: Cache | None) -> Artefact:
        return Artefact("index.html", HTML, render_page(site.read_template(INDEX), feeds, about))

    is_ours = not is_own(site.settings.root, INDEX)
    return [
        Document("index.html", fingerprint_page(site.read_template(INDEX), feeds, about) if is_ours else "", render),
        _page("opml.xml", "text/x-opml", lambda: render_opml(feeds, about), problems),
        _page("meta/_alternates.html", HTML, lambda: render_alternates(feeds)),
    ]


def _page(path: str, media_type: str, render: Callable[[], bytes], problems: Iterable[Problem] = ()) -> Document:
    def make(_cache: Cache | None) -> Artefact:
        return Artefact(path, media_type, render(), problems=tuple(dict.fromkeys(problems)))

    return Document(path, "", make)


def _syndication(site: Site, public: Sequence[Identified], cards: Mapping[str, CardRef]) -> Document:
    copies = site.list_copies()
    path = "syndication.json"

    def make(_cache: Cache | None) -> Artefact:
        problems: list[Problem] = []
        data = render_syndication(public, cards, copies, partial(leave_out, problems, path))
        return Artefact(path, "application/json", data, problems=tuple(problems))

    made_of = fingerprint(__version__, *(fingerprint(_tell(one, cards, copies)) for one in public))
    return Document(path, made_of, make)


def _tell(one: Identified, cards: Mapping[str, CardRef], copies: Copies) -> str:
    """What syndication.json says of a post."""
    post, card = one.post, cards.get(one.id)
    return f"{one.id}\0{post.slug}\0{post.permalink}\0{post.title}\0{post.syndication}\0{card}\0{copies.get(one.id)}"


def leave_out(problems: list[Problem], where: str, one: Identified, error: Exception) -> None:
    """Say that a post stands not where it should, and why."""
    found = make_problem(one.post.source, error)
    problems.append(replace(found, message=f"the post is left out of {where}: {found.message}"))
