"""Feeds, pages, meta tags and syndication.json of a plan; documents whose stamp is known are not rendered again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.formats import (
    list_documents,
    render_alternates,
    render_document,
    render_meta,
    render_opml,
    render_page,
    render_syndication,
)
from syndicate.model import Artefact, Cache, Feed, Plan, Settings, SyndicationLink
from syndicate.planning.feeds import list_public, plan_feeds
from syndicate.publish.drawing import DrawnCards

_KIND = "document"
HTML, JSON, OPML = "text/html; charset=utf-8", "application/json", "text/x-opml"


@dataclass(frozen=True, slots=True)
class Files:
    """What to write, every path that must exist, and the stamps to remember once it is written."""

    artefacts: tuple[Artefact, ...]
    paths: frozenset[str]
    feeds: tuple[Feed, ...]
    stamps: Mapping[str, bytes] = field(default_factory=dict)


class Renderer:
    """Turns a plan into files. `read_template` gives the text of a page; `list_copies` the sent copies by post id."""

    def __init__(
        self,
        settings: Settings,
        cache: Cache,
        *,
        read_template: Callable[[str], str],
        list_copies: Callable[[], Mapping[str, Sequence[SyndicationLink]]],
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._read_template = read_template
        self._list_copies = list_copies

    def render(self, plan: Plan, drawn: DrawnCards, present: frozenset[str], now: datetime) -> Files:
        """Every file of the plan that is new or changed. `present` are the published paths."""
        feeds = plan_feeds(
            plan.identified,
            self._settings,
            drawn.refs,
            now,
            gone=plan.gone,
            pictures=drawn.pictures,
            published=_published_folders(present),
        )
        known = self._cache.get_all(_KIND)
        documents = list_documents(feeds)
        stale = [one for one in documents if not one.stamp or known.get(one.path) != one.stamp.encode()]
        missing = [one for one in documents if one.path not in present and one not in stale]
        artefacts = [render_document(one, self._cache) for one in [*stale, *missing]]
        pages = [*self._render_pages(feeds), *self._render_posts(plan, drawn, feeds, now)]
        return Files(
            artefacts=(*artefacts, *pages),
            paths=frozenset([*(one.path for one in documents), *(page.path for page in pages)]),
            feeds=feeds,
            stamps={one.path: one.stamp.encode() for one in documents},
        )

    def remember(self, files: Files) -> None:
        """Called when the files are on disk."""
        self._cache.put_many(_KIND, files.stamps)

    def _render_pages(self, feeds: tuple[Feed, ...]) -> list[Artefact]:
        site = self._settings.site
        index = render_page(self._read_template("pages/index.html"), feeds, site)
        return [
            Artefact("index.html", HTML, index),
            Artefact("opml.xml", OPML, render_opml(feeds, site)),
            Artefact("meta/_alternates.html", HTML, render_alternates(feeds)),
        ]

    def _render_posts(self, plan: Plan, drawn: DrawnCards, feeds: tuple[Feed, ...], now: datetime) -> list[Artefact]:
        public, cards, site = list_public(plan.identified, now), drawn.refs, self._settings.site
        copies = self._list_copies()
        syndication = render_syndication(public, cards, copies)
        tags = [
            Artefact(f"meta/{one.post.slug}.html", HTML, render_meta(one, cards.get(one.id), feeds, site))
            for one in public
        ]
        return [Artefact("syndication.json", JSON, syndication), *tags]


def _published_folders(present: frozenset[str]) -> frozenset[str]:
    """Feed folders that readers may know: "category/garden" for "category/garden/rss.xml"."""
    names = ("rss.xml", "atom.xml", "feed.json")
    return frozenset(path.rpartition("/")[0] for path in present if path.rpartition("/")[2] in names)
