"""Feeds, pages, meta tags and syndication.json of a plan: which files there must be, each rendered when asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256

from syndicate import __version__
from syndicate.formats import (
    list_documents,
    render_alternates,
    render_opml,
    render_page,
    render_syndication,
)
from syndicate.formats.documents import HTML, Document, list_meta
from syndicate.model import (
    FEED_FILES,
    Artefact,
    Cache,
    CardRef,
    Feed,
    Identified,
    Plan,
    Post,
    Problem,
    Settings,
    SyndicationLink,
    make_problem,
)
from syndicate.planning.feeds.feeds import list_public, plan_feeds
from syndicate.publish.drawing import DrawnCards

_JSON, _OPML = "application/json", "text/x-opml"

Copies = Mapping[str, Sequence[SyndicationLink]]


class Renderer:
    """Turns a plan into documents.

    `read_template` gives the text of a page, `list_copies` the sent copies by post id, `fill` posts their bodies.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        read_template: Callable[[str], str],
        list_copies: Callable[[], Copies],
        fill: Callable[[Sequence[Post]], Sequence[Post]],
    ) -> None:
        self._settings = settings
        self._read_template = read_template
        self._list_copies = list_copies
        self._fill = fill

    def list_documents(
        self, plan: Plan, drawn: DrawnCards, present: Collection[str], now: datetime
    ) -> tuple[Document, ...]:
        """Every file of the plan but the cards. `present` are the published paths."""
        problems: list[Problem] = []
        feeds = plan_feeds(
            plan.identified,
            self._settings,
            drawn.refs,
            now,
            gone=plan.gone,
            pictures=drawn.pictures,
            published=_published_folders(present),
            fill=self._fill,
            tell=partial(_leave_out, problems, "feeds"),
        )
        public = list_public(plan.identified, now)
        documents = (
            *list_documents(feeds),
            *list_meta(public, drawn.refs, feeds, self._settings.site),
            self._syndication(public, drawn.refs),
            *self._pages(feeds, problems),
        )
        return tuple({one.path: one for one in documents}.values())  # two flags may have one folder

    def _pages(self, feeds: tuple[Feed, ...], problems: list[Problem]) -> list[Document]:
        """Small and made of many things: rendered each time, written where their bytes differ.

        They come last, so that the first of them can say what was left out of everything before.
        """
        site = self._settings.site
        return [
            _page(
                "index.html",
                HTML,
                lambda: render_page(self._read_template("pages/index.html"), feeds, site),
                problems=problems,
            ),
            _page("opml.xml", _OPML, lambda: render_opml(feeds, site)),
            _page("meta/_alternates.html", HTML, lambda: render_alternates(feeds)),
        ]

    def _syndication(self, public: Sequence[Identified], cards: Mapping[str, CardRef]) -> Document:
        copies = self._list_copies()
        seal = sha256("\n".join((__version__, *(_seal(one, cards, copies) for one in public))).encode()).hexdigest()

        def make(_cache: Cache | None) -> Artefact:
            problems: list[Problem] = []
            tell = partial(_leave_out, problems, "syndication.json")
            data = render_syndication(public, cards, copies, tell)
            return Artefact("syndication.json", _JSON, data, problems=tuple(problems))

        return Document("syndication.json", seal, make)


def _leave_out(problems: list[Problem], where: str, one: Identified, error: Exception) -> None:
    found = make_problem(one.post.source, error)
    problems.append(replace(found, message=f"the post is left out of {where}: {found.message}"))


def _page(path: str, media_type: str, render: Callable[[], bytes], problems: Iterable[Problem] = ()) -> Document:
    def make(_cache: Cache | None) -> Artefact:
        return Artefact(path, media_type, render(), problems=tuple(dict.fromkeys(problems)))

    return Document(path, "", make)


def _seal(one: Identified, cards: Mapping[str, CardRef], copies: Copies) -> str:
    """What syndication.json says of a post."""
    post, card = one.post, cards.get(one.id)
    return f"{one.id}\0{post.slug}\0{post.permalink}\0{post.title}\0{post.syndication}\0{card}\0{copies.get(one.id)}"


def _published_folders(present: Collection[str]) -> frozenset[str]:
    """Feed folders that readers may know: "category/garden" for "category/garden/rss.xml"."""
    places = (path.rpartition("/") for path in present)
    return frozenset(folder for folder, _, name in places if name in FEED_FILES)
