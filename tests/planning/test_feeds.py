"""Which feeds a site has, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats import list_documents, parse_feed
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import (
    Author,
    CardRef,
    Category,
    Credit,
    Feed,
    Identified,
    Picture,
    PictureFacts,
    Post,
    SeenFeed,
    Settings,
)
from syndicate.output import check_path
from syndicate.planning.feeds import plan_feeds, to_folder
from syndicate.planning.feeds.entries import find_floods
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


@pytest.mark.slow
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


HEAVY = st.lists(
    st.sampled_from(["<p>&amp;</p>", '"', "\\", "\n", "&", "é", "漢字", "\U0001f600", "plain words "]), max_size=200
)


@pytest.mark.slow
@given(
    st.lists(st.tuples(HEAVY.map("".join), HEAVY.map("".join), HEAVY.map("".join)), min_size=1, max_size=8),
    st.integers(20_000, 60_000),
)
def test_documents_stay_within_their_bytes(texts: list[tuple[str, str, str]], limit: int) -> None:
    """Whatever the posts are made of, RSS, Atom and JSON are at most as large as allowed."""
    some = [
        post(
            number,
            html=html * 20,
            summary=summary,
            title=title or "x",
            markdown=html,
            authors=(Author(title),),
            categories=(Category(title, summary), Category(summary, title)),
            keywords=(summary,),
            picture=Picture("https://images.example/a", title, Credit(summary)),
            generated_by=title,
            external_url="https://else.example/" + "a" * 500,
        )
        for number, (html, summary, title) in enumerate(texts)
    ]
    rules = settings(max_bytes=limit, source_markdown=True, archives=False, by=())
    (feed,) = plan_feeds(some, rules, {one.id: CARD for one in some}, NOW)
    assert feed.entries
    if len(feed.entries) > 1 or feed.entries[0].html:
        assert all(len(render(feed)) <= limit for render in (render_rss, render_atom, render_json))


@pytest.mark.parametrize(("size", "shown"), [(1_000, 10), (40_000, 4), (90_000, 2)])
def test_as_many_as_fit(size: int, shown: int) -> None:
    """The room is used: no entry more than needed is left out."""
    some = [post(number, html="x" * size) for number in range(10)]
    (feed,) = plan_feeds(some, settings(max_bytes=200_000, archives=False), {}, NOW)
    assert len(feed.entries) == shown


@pytest.mark.parametrize("heavy", range(4))
def test_a_post_too_long_for_a_feed_stands_there_with_its_summary(heavy: int) -> None:
    """Wherever it stands, the others stay whole; the digest tells the short form from the long one."""
    some = [post(n, html="x" * (110_000 if n == heavy else 9_000), summary=f"{n} in short.") for n in range(4)]
    (feed,) = plan_feeds(some, settings(max_bytes=200_000, archives=False), {}, NOW)
    assert {entry.summary[0]: bool(entry.html) for entry in feed.entries} == {str(n): n != heavy for n in range(4)}
    (whole,) = plan_feeds(some, settings(max_bytes=512_000, archives=False), {}, NOW)
    digests = zip(feed.entries, whole.entries, strict=True)
    assert all(short.digest != long.digest and long.html for short, long in digests)
    assert [entry.is_short for entry in feed.entries] == [not entry.html for entry in feed.entries]


def test_archives_are_bounded_too() -> None:
    """No entry of an archive is longer than half of a feed."""
    some = [post(n, html="x" * 300_000) for n in range(12)]
    feeds = plan_feeds(some, settings(max_bytes=200_000, items=1, archive_items=5), {}, NOW)
    archived = [entry for feed in feeds if feed.is_archive for entry in feed.entries]
    assert len(archived) >= 10
    assert not any(entry.html for entry in archived)


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


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Generative", "generative"),
        ("Artificial Intelligence", "artificial-intelligence"),
        ("  machine_learning ", "machine-learning"),
        ("Ämne", "ämne"),
        ("機械学習", "機械学習"),
        ("ﬁne", "fine"),
        ("ar", "ar"),
    ],
)
def test_plain_names_read_as_they_are(name: str, folder: str) -> None:
    """Letters and digits of any script in lower case, words joined by hyphens."""
    assert to_folder(name) == folder


def test_names_that_lose_signs_stay_apart() -> None:
    """C, C++ and C# are three folders, and no other category decides what each is called."""
    made = [to_folder(name) for name in ("C", "C++", "C#", "++", "..", "a/b")]
    assert len(set(made)) == 6
    assert made[0] == "c"


@given(st.text(min_size=1))
def test_any_name_is_a_safe_folder(name: str) -> None:
    """No name escapes the publish folder, hides a file or is refused by the output; case does not matter."""
    folder = to_folder(name)
    if folder:
        assert check_path(f"category/{folder}/rss.xml")
        assert "/" not in folder
    assert to_folder(name.upper().lower()) == to_folder(name.lower()) or name.upper().lower() != name.lower()
