"""One edit renders one entry; nothing changed renders nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicate.formats.atom import render as render_atom
from syndicate.formats.documents import list_documents
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.rss import render as render_rss
from tests.formats.samples import DictCache, entry, feed

RENDERERS = pytest.mark.parametrize("render", [render_rss, render_atom, render_json])
MANY = [entry(id=f"urn:x:{number}", title=f"Number {number}", digest=f"d{number}") for number in range(7)]


@RENDERERS
def test_cached_entries_make_the_same_document(render: type) -> None:
    """Without a cache, with an empty one and with a full one the bytes are the same."""
    cache = DictCache()
    plain = render(feed(*MANY))
    assert render(feed(*MANY), cache) == plain
    assert render(feed(*MANY), cache) == plain


@RENDERERS
def test_one_edit_renders_one_entry(render: type) -> None:
    """After one post changed, one entry is stored anew, and the document is the one made from scratch."""
    cache = DictCache()
    render(feed(*MANY), cache)
    edited = [*MANY[:3], replace(MANY[3], title="Edited", digest="new"), *MANY[4:]]
    before = cache.stored
    assert render(feed(*edited), cache) == render(feed(*edited))
    assert cache.stored == before + 1


@RENDERERS
def test_a_damaged_cache_costs_time_only(render: type) -> None:
    """Entries that cannot be unpacked, or were made from something else, are rendered again."""
    cache = DictCache()
    plain = render(feed(*MANY), cache)
    for key, value in list(cache.items.items()):
        cache.items[key] = value[:-5]
    assert render(feed(*MANY), cache) == plain


@RENDERERS
def test_entries_without_a_digest_are_not_kept(render: type) -> None:
    """Who cannot say when an entry changes gets it rendered each time."""
    cache = DictCache()
    render(feed(entry(digest="")), cache)
    assert cache.stored == 0


def test_many_entries_stay_in_order() -> None:
    """Rendering in batches keeps every entry, in order, also when only some are cached."""
    many = [entry(id=f"urn:x:{number}", digest=str(number)) for number in range(230)]
    cache = DictCache()
    render_rss(feed(*many[50:180]), cache)
    assert render_rss(feed(*many), cache) == render_rss(feed(*many))


def test_a_document_knows_its_place_and_date() -> None:
    """Path, media type and newest visible change travel with the bytes."""
    made = [document.make(None) for document in list_documents([feed()])]
    assert [(a.path, a.media_type) for a in made] == [
        ("rss.xml", "application/rss+xml"),
        ("atom.xml", "application/atom+xml"),
        ("feed.json", "application/feed+json"),
    ]
    assert {artefact.modified_at for artefact in made} == {feed().updated_at}
