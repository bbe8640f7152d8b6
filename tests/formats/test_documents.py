"""One edit renders one entry, nothing changed renders nothing, and what cannot be rendered is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from syndicate.content.records import Memory
from syndicate.formats import list_documents
from syndicate.formats.assembly import collect
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Category, Entry
from tests.content.test_folder import TROUBLES
from tests.formats.samples import ENTRY, FEED, DictCache, entry, feed

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


@pytest.mark.slow
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


# --- An entry that cannot be rendered is left out, told, and asked for again; the feed goes on ---

THREE = [replace(ENTRY, id=f"urn:{name}", digest=name) for name in "abc"]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: type(one).__name__)
def test_one_entry_of_three_is_left_out_and_told(trouble: BaseException) -> None:
    """Also where entries are rendered together, and the others are kept in the cache."""
    asked: list[str] = []
    told: list[str] = []

    def render(some: Sequence[Entry]) -> list[bytes]:
        asked.extend(one.id for one in some)
        if any(one.id == "urn:b" for one in some):
            raise trouble
        return [one.id.encode() for one in some]

    cache = Memory()
    for _ in range(2):
        bodies = collect("x-1", THREE, cache, render, lambda entry, _: told.append(entry.id))
        assert bodies == [b"urn:a", b"urn:c"]
    assert told == ["urn:b", "urn:b"]
    assert asked.count("urn:a") == 2  # together with the others, then alone, then from the cache


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_a_feed_names_the_post_that_it_leaves_out(form: str) -> None:
    """The document is there with the other entries, and carries the problem with the post's file."""

    class Odd(str):
        """A category type that cannot even be looked at."""

        __slots__ = ()

        def isprintable(self) -> bool:
            raise RecursionError

    broken = replace(THREE[1], categories=(Category("c", Odd("t")),), source="b.md")
    feed = replace(FEED, entries=(THREE[0], broken, THREE[2]))
    document = next(one for one in list_documents([feed]) if one.path == FEED.paths[form])
    artefact = document.make(None)
    assert [found for found in (b"urn:a", b"urn:b", b"urn:c") if found in artefact.data] == [b"urn:a", b"urn:c"]
    assert [(one.source, "left out" in one.message) for one in artefact.problems] == [("b.md", True)]
