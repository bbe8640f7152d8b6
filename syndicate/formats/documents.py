"""Every document of a plan's feeds, each with a stamp that tells whether it must be rendered at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from syndicate.formats import atom, jsonfeed, rss
from syndicate.formats.links import MEDIA_TYPES
from syndicate.model import Artefact, Cache, Feed

_RENDER: dict[str, tuple[str, Callable[[Feed, Cache | None], bytes]]] = {
    "rss": (rss.VERSION, rss.render_rss),
    "atom": (atom.VERSION, atom.render_atom),
    "json": (jsonfeed.VERSION, jsonfeed.render_json),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One feed in one format. `path` is below the publish root; an equal `stamp` means equal bytes."""

    path: str
    form: str
    stamp: str
    feed: Feed


def list_documents(feeds: Sequence[Feed]) -> tuple[Document, ...]:
    """All documents of all feeds, none rendered yet."""
    return tuple(
        Document(path, form, f"{_RENDER[form][0]} {feed.digest}" if feed.digest else "", feed)
        for feed in feeds
        for form, path in feed.paths.items()
    )


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
    _, render = _RENDER[document.form]
    data = render(document.feed, cache)
    return Artefact(document.path, MEDIA_TYPES[document.form], data, document.feed.updated_at)
