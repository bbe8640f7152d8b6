"""Every file made of posts, each with a stamp that tells whether it must be rendered at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from syndicate.formats import atom, jsonfeed, meta, rss
from syndicate.formats.assembly import Tell
from syndicate.formats.links import MEDIA_TYPES
from syndicate.model import Artefact, Cache, CardRef, Entry, Feed, Identified, Problem, Site, make_problem

HTML = "text/html; charset=utf-8"
_RENDER: dict[str, tuple[str, Callable[[Feed, Cache | None, Tell], bytes]]] = {
    "rss": (rss.VERSION, rss.render_rss),
    "atom": (atom.VERSION, atom.render_atom),
    "json": (jsonfeed.VERSION, jsonfeed.render_json),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be made. `path` is below the publish root; an equal `stamp` means equal bytes, "" unknown."""

    path: str
    stamp: str
    make: Callable[[Cache | None], Artefact] = field(compare=False, repr=False)


def list_documents(feeds: Sequence[Feed]) -> tuple[Document, ...]:
    """Each feed in each of its formats, none rendered yet."""
    return tuple(
        Document(path, f"{_RENDER[form][0]} {feed.digest}" if feed.digest else "", partial(_make_feed, feed, form))
        for feed in feeds
        for form, path in feed.paths.items()
    )


def list_meta(
    public: Sequence[Identified], cards: Mapping[str, CardRef], feeds: Sequence[Feed], site: Site
) -> tuple[Document, ...]:
    """meta/<slug>.html of each post, none rendered yet. `cards` is by post id."""
    own = tuple(feed for feed in feeds if not feed.name)
    common = sha256(f"{meta.VERSION}{site}{meta.render_alternates(own)!r}".encode("utf-8", "replace")).hexdigest()[:16]
    documents = []
    for one in public:
        card = cards.get(one.id)
        stamp = f"{common} {one.post.digest} {one.known.updated_at} {one.post.permalink} {card.url if card else ''}"
        path = f"meta/{one.post.slug}.html"
        documents.append(Document(path, stamp, partial(_make_meta, path, one, card, own, site)))
    return tuple(documents)


def choose_stale(
    documents: Sequence[Document], stamps: Mapping[str, bytes], present: Collection[str]
) -> tuple[Document, ...]:
    """The documents to render: not published yet, or published with another stamp. `stamps` is by path."""
    return tuple(
        document
        for document in documents
        if not document.stamp or document.path not in present or stamps.get(document.path) != document.stamp.encode()
    )


def render_document(document: Document, cache: Cache | None = None) -> Artefact:
    """The document's bytes, ready to write."""
    return document.make(cache)


def _make_feed(feed: Feed, form: str, cache: Cache | None) -> Artefact:
    problems: list[Problem] = []
    data = _RENDER[form][1](feed, cache, lambda entry, error: problems.append(_leave_out(entry, form, error)))
    return Artefact(feed.paths[form], MEDIA_TYPES[form], data, feed.updated_at, tuple(problems))


def _leave_out(entry: Entry, form: str, error: Exception) -> Problem:
    found = make_problem(entry.source or entry.url, error)
    return replace(found, message=f"the post is left out of feeds ({form}): {found.message}")


def _make_meta(
    path: str, one: Identified, card: CardRef | None, feeds: Sequence[Feed], site: Site, *_: object
) -> Artefact:
    return Artefact(path, HTML, meta.render_meta(one, card, feeds, site), one.known.updated_at)
