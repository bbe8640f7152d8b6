"""An entry that cannot be rendered is left out, told, and asked for again; the feed goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from syndicate.content.records import Memory
from syndicate.formats.assembly import collect
from syndicate.formats.documents import list_documents
from syndicate.model import Category, Entry
from tests.content.test_folder import TROUBLES
from tests.formats.samples import ENTRY, FEED

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
