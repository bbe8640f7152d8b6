"""Warnings before subscribers are flooded or left in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats.documents import list_documents
from syndicate.formats.parse_feed import parse_feed
from syndicate.model import Category, Feed, Identified, SeenFeed, Settings
from syndicate.planning.feeds import plan_feeds
from syndicate.planning.feeds.entries import find_floods
from tests.formats.samples import NOW, post, posts, settings

SITE = settings(items=20)
POSTS = posts(range(12), categories=(Category("Boats"),))


def publish(some: Sequence[Identified], site: Settings = SITE) -> tuple[SeenFeed, ...]:
    """What a publication of these posts looks like to readers."""
    made = [document.make(None) for document in list_documents(plan_feeds(some, site, {}, NOW))]
    found = [parse_feed(artefact.path, artefact.data) for artefact in made]
    assert all(found)
    return tuple(document for document in found if document)


def floods(some: Sequence[Identified], site: Settings = SITE) -> tuple[str, ...]:
    feeds: tuple[Feed, ...] = plan_feeds(some, site, {}, NOW)
    return find_floods(publish(POSTS), feeds, site.feeds, site.site)


def test_every_format_reads_back_alike() -> None:
    """RSS, Atom and JSON of one feed tell the same ids and addresses."""
    seen = {document.path: [(e.id, e.url) for e in document.entries] for document in publish(POSTS)}
    assert seen["rss.xml"] == seen["atom.xml"] == seen["feed.json"]
    assert seen["rss.xml"][0] == (POSTS[-1].id, POSTS[-1].post.permalink)


@given(
    st.binary()
    | st.sampled_from(
        [b"", b"{}", b'{"items":[1]}', b"<a/>", b"<rss", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><rss/>']
    )
)
def test_other_bytes_are_no_feed(data: bytes) -> None:
    """Whatever lies at the place of a feed is read or refused, never an error."""
    found = parse_feed("rss.xml", data)
    assert found is None or found.entries == ()


@pytest.mark.parametrize(
    "some",
    [
        POSTS,
        [*POSTS, post(99)],
        POSTS[:-2],
        [*POSTS[:-1], post(11, title="Edited", categories=(Category("Boats"),), updated=NOW)],
    ],
    ids=["nothing", "a new post", "posts taken away", "an edit"],
)
def test_everyday_changes_flood_nobody(some: list[Identified]) -> None:
    """New, edited and deleted posts are what readers expect."""
    assert floods(some) == ()


def test_changed_ids_are_a_flood() -> None:
    """The same pages under other ids (a lost database) would all be new again."""
    lost = [replace(one, known=replace(one.known, id=f"urn:other:{one.id}")) for one in POSTS]
    (warning,) = floods(lost)
    assert warning.startswith("12 posts would appear as new")
    assert "state database" in warning


def test_everything_updated_at_once_is_told() -> None:
    """Touching every post marks every post as updated."""
    touched = [replace(one, known=replace(one.known, updated_at=NOW)) for one in POSTS]
    (warning,) = floods(touched)
    assert warning.startswith("12 posts would be marked as updated")


def test_a_feed_that_ends_is_told_unless_it_is_settled() -> None:
    """A category that vanishes, or a format that is turned off, is named, unless it is retired or renamed."""
    bare = posts(range(12))
    assert all("category/boats" in warning for warning in floods(bare))
    assert len(floods(bare)) == 3
    assert floods(bare, settings(items=20, retired=("category/boats",))) == ()
    assert floods(bare, settings(items=20, renamed={"category/boats": "category/ships"})) == ()
    (warning, *_) = floods(POSTS, settings(items=20, formats=("rss", "atom")))
    assert "feed.json" in warning


def test_a_secure_site_announces_secure_feeds() -> None:
    """feeds_url without https is pointed out."""
    site = settings(site={"feeds_url": "http://blog.example/feeds"}, items=20)
    assert "without https" in floods(POSTS, site)[0]
