"""Which feeds a site has, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats.xml_feeds import render_atom
from syndicate.model import Author, CardRef, Category, Feed, Identified, Picture, PictureFacts, Post
from syndicate.planning.feeds import plan_feeds
from tests.formats.samples import CARD, HOME, NOW, PICTURE, post, posts, settings


def plan(some: Sequence[Identified], **rules: object) -> dict[str, Feed]:
    return {feed.name: feed for feed in plan_feeds(some, settings(**rules), {}, NOW)}


def ids(feed: Feed) -> list[str]:
    return [entry.id for entry in feed.entries]


def test_newest_first_and_no_more_than_allowed() -> None:
    """A feed holds the newest posts, newest first."""
    found = plan(posts(range(9)), items=4)
    assert ids(found[""]) == [post(number).id for number in (8, 7, 6, 5)]


def test_future_posts_and_drafts_are_left_out() -> None:
    """What readers may not see yet is in no feed."""
    later = post(1, at=NOW + timedelta(minutes=1), flags=frozenset({"featured"}))
    draft = post(2, is_draft=True)
    found = plan([later, draft, post(3)])
    assert list(found) == [""]
    assert ids(found[""]) == [post(3).id]


def test_a_site_without_posts_has_an_empty_feed() -> None:
    """The site's own feed is always there, with a date that no clock decides."""
    (only,) = plan_feeds([], settings(), {}, NOW)
    assert list(only.entries) == []
    assert only.updated_at.year == 1970


def test_flags_make_feeds() -> None:
    """Every flag of the rules that is set anywhere has a feed of its own."""
    some = [post(1, flags=frozenset({"featured", "pinned"})), post(2), post(3, flags=frozenset({"pinned"}))]
    found = plan(some, flags=("featured", "pinned", "trending"))
    assert list(found) == ["", "featured", "pinned"]
    assert ids(found["pinned"]) == [post(3).id, post(1).id]
    assert found["featured"].title == "A blog: Featured"


def test_a_picture_without_an_address_gives_way_to_the_card() -> None:
    """What only a generator can serve is shown by the card drawn from it, with its type and size, or not at all."""
    hidden = replace(PICTURE, is_public=False)
    one, two = post(1, picture=hidden), post(2, picture=hidden)
    facts = {PICTURE.url: PictureFacts("image/webp", 999, 1200, 800)}
    (feed,) = plan_feeds([one, two], settings(), {one.id: CARD}, NOW, pictures=facts)
    shown, none = sorted(feed.entries, key=lambda entry: entry.id != one.entry_id)
    assert shown.picture == replace(hidden, url=CARD.url, alt=PICTURE.alt or CARD.alt)
    assert (shown.picture_type, shown.picture_length, shown.picture_width) == (CARD.media_type, CARD.size, CARD.width)
    assert [one.url for one in shown.enclosures] == [CARD.url]
    assert (none.picture, none.enclosures) == (None, ())


@pytest.mark.parametrize(
    ("kind", "field", "values", "names"),
    [
        (
            "category",
            "categories",
            [(Category("Go"),), (Category("go", "exact"),), (Category("C++"),)],
            ["category/go"],
        ),
        ("author", "authors", [(Author("Bo Ek"),), (Author("Bo Ek"), Author("Al")), ()], ["author/bo-ek"]),
        ("language", "language", ["ar", "ar", "en"], ["language/ar"]),
    ],
)
def test_groups_with_enough_posts_have_feeds(kind: str, field: str, values: list[object], names: list[str]) -> None:
    """Categories (whatever their case and type), authors and languages with enough posts have feeds."""
    some = [post(number, **{field: value}) for number, value in enumerate(values)]
    assert list(plan(some, by=(kind,), by_min_posts=2)) == ["", *names]


def test_a_published_feed_stays_when_posts_leave() -> None:
    """A category that shrinks below the limit keeps its feed: people subscribed to it."""
    some = [post(1, categories=(Category("Go"),))]
    found = plan_feeds(some, settings(), {}, NOW, published=["category/go"])
    assert [feed.name for feed in found] == ["", "category/go"]


def test_one_post_counts_once_in_a_category() -> None:
    """A label given twice ("Go", "go") neither doubles an entry nor reaches the limit."""
    twice = post(1, categories=(Category("Go"), Category("go")))
    found = plan([twice], by_min_posts=1)
    assert ids(found["category/go"]) == [twice.id]


def test_addresses_are_public_and_paths_are_local() -> None:
    """URLs start at the feeds' public address and are percent-encoded, paths are plain."""
    some = posts(range(3), categories=(Category("Ämne åäö"),))
    site = settings(site={"feeds_url": "https://cdn.example/f"})
    feed = {feed.name: feed for feed in plan_feeds(some, site, {}, NOW)}["category/ämne-åäö"]
    assert feed.paths["rss"] == "category/ämne-åäö/rss.xml"
    assert feed.urls["rss"] == "https://cdn.example/f/category/%C3%A4mne-%C3%A5%C3%A4%C3%B6/rss.xml"


def test_only_the_wanted_formats() -> None:
    """A site that publishes two formats has no word about the third."""
    (only,) = plan_feeds([post(1)], settings(formats=("rss", "json")), {}, NOW)
    assert set(only.urls) == set(only.paths) == {"rss", "json"}


def test_cards_and_pictures_reach_entries() -> None:
    """The card is the post's own; a picture has an enclosure only where its length is known."""
    one, two = post(1, picture=PICTURE), post(2, picture=Picture("https://images.example/other.png"))
    facts = {PICTURE.url: PictureFacts("image/webp", 999, 10, 20)}
    (feed,) = plan_feeds([one, two], settings(), {one.id: CARD}, NOW, pictures=facts)
    unknown, known = feed.entries
    assert (known.card, known.picture_length, known.enclosures[0].length) == (CARD, 999, 999)
    assert (unknown.card, unknown.picture_type, unknown.enclosures) == (None, "image/png", ())


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "other"},
        {"permalink": f"{HOME}/moved/"},
        {"updated": NOW},
        {"at": NOW - timedelta(days=1)},
    ],
)
def test_every_visible_change_changes_the_digest(change: dict[str, object]) -> None:
    """Digests decide what is rendered: any change of a post moves entry and document, and nothing else does."""
    (before,) = plan_feeds([post(1, digest="x")], settings(), {}, NOW)
    (after,) = plan_feeds([post(1, **({"digest": "x"} | change))], settings(), {}, NOW)
    (again,) = plan_feeds([post(1, digest="x")], settings(), {}, NOW + timedelta(days=9))
    assert before.digest != after.digest
    assert before.entries[0].digest != after.entries[0].digest or change.keys() == {"at"}
    assert again == before


def test_rules_and_cards_change_digests_too() -> None:
    """Another card, another rule about content: the entry is rendered anew."""
    one = post(1)
    plain, carded, short = (
        plan_feeds([one], settings(**rules), cards, NOW)[0]
        for rules, cards in (({}, {}), ({}, {one.id: CARD}), ({"full_content": False}, {}))
    )
    assert len({feed.entries[0].digest for feed in (plain, carded, short)}) == 3
    assert len({feed.digest for feed in (plain, carded, short)}) == 3


def test_updated_is_never_before_published() -> None:
    """An author's own `updated` that lies before publication does not travel back in time."""
    (feed,) = plan_feeds([post(1, updated=post(1).known.published_at - timedelta(days=1))], settings(), {}, NOW)
    assert feed.entries[0].updated_at == feed.entries[0].published_at


@given(st.permutations(range(12)))
def test_the_order_of_reading_changes_nothing(order: list[int]) -> None:
    """Posts in any order, some at the same instant, give the same plan."""
    some = [post(n, at=post(n // 3).known.published_at, categories=(Category("abc"[n % 3]),)) for n in range(12)]
    rules = settings(items=5, archive_items=4)
    assert plan_feeds([some[n] for n in order], rules, {}, NOW) == plan_feeds(some, rules, {}, NOW)


def test_cards_are_looked_up_by_id() -> None:
    """A card of another post is never shown."""
    cards: dict[str, CardRef] = {"somebody-else": CARD}
    (feed,) = plan_feeds([post(1)], settings(), cards, NOW)
    assert feed.entries[0].card is None


def test_bodies_are_asked_for_when_they_are_needed() -> None:
    """Posts read without bodies get them when their feed is made, in an archive when that is rendered, and once."""
    asked: list[int] = []

    def fill(some: Sequence[Post]) -> list[Post]:
        asked.append(len(some))
        return [replace(one, html=f"<p>{one.slug}</p>") for one in some]

    rules = settings(items=4, archive_items=3, by=(), flags=())
    feeds = plan_feeds(posts(range(9), html=""), rules, {}, NOW, fill=fill)
    assert asked == [4]
    assert [[entry.html for entry in feeds[1].entries] for _ in range(3)] == [
        [f"<p>post-{n}</p>" for n in (2, 1, 0)]
    ] * 3
    assert asked == [4, 3]


def test_an_archive_is_bounded_as_a_whole() -> None:
    """Its heaviest entries show their summaries alone, as few as need be, and the same ones each time."""
    heavy = [post(n, html="<p>long</p>" * (500 + 10 * n)) for n in range(40)]
    rules = settings(items=2, archive_items=40, max_bytes=50_000, by=(), flags=())
    archive = plan_feeds(heavy, rules, {}, NOW)[-1]
    short = [entry.id for entry in archive.entries if entry.is_short]
    assert 0 < len(short) <= 30
    assert short == [entry.id for entry in plan_feeds(heavy[::-1], rules, {}, NOW)[-1].entries if entry.is_short]
    assert len(render_atom(archive)) < 4 * 50_000


@pytest.mark.parametrize(
    ("icon", "url"),
    [("", ""), ("/icon.png", f"{HOME}/icon.png"), ("https://cdn.example/i.png", "https://cdn.example/i.png")],
)
def test_the_icon_is_an_address(icon: str, url: str) -> None:
    """An icon named by its path on the site becomes absolute: feeds are read elsewhere."""
    (feed,) = plan_feeds([], settings(site={"icon": icon}), {}, NOW)
    assert feed.icon_url == url
