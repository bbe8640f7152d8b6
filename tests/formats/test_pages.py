"""Files beside the feeds: the page for people, OPML, meta tags, syndication.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import ConfigError
from syndicate.formats import list_meta, render_syndication
from syndicate.formats.page import fingerprint_page, render_alternates, render_opml, render_own, render_page, to_locale
from syndicate.model import Account, Author, Category, Feed, SyndicationLink
from syndicate.planning.feeds import plan_feeds
from syndicate.templates import read_template
from tests.formats.samples import CARD, HOME, NOW, entry, feed, post, posts, render_meta, settings

TEMPLATE = read_template(str(Path(__file__).parent), "pages/index.html")
SITE = settings(site={"description": "About boats"}).site


class Tags(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def plan(count: int = 12) -> tuple[Feed, ...]:
    some = posts(range(count), categories=(Category("Boats & <ropes>"),), flags=frozenset({"featured"}))
    return plan_feeds(some, settings(items=5, archive_items=3), {some[-1].id: CARD}, NOW)


def test_the_page_offers_every_feed_to_copy() -> None:
    """Each feed has its links in all formats, relative and so true at any address, and an address to copy."""
    feeds = plan()
    tags = Tags(render_page(TEMPLATE, feeds, SITE))
    links = {a.get("href") for a in tags.all("a")}
    copies = {button.get("data-copy") for button in tags.all("button")}
    listed = [one for one in feeds if not one.is_archive]
    assert len(listed) == 3
    assert {"rss.xml", "featured/atom.xml", "opml.xml"} <= links
    assert {one.urls["rss"] for one in listed} <= copies
    assert all(button["aria-label"].startswith("Copy the ") for button in tags.all("button"))
    assert not any("archive/" in (link or "") for link in links)


def test_an_edited_text_is_no_reason_to_render_the_page_again() -> None:
    """What its fingerprint leaves out of feeds and entries is nowhere on our page; every other field is in it."""
    first, *others = plan()
    before = fingerprint_page(TEMPLATE, [first, *others], SITE)
    left_out = {"html": "<p>New</p>", "markdown": "New", "updated_at": NOW + timedelta(days=1), "digest": "new"}
    entries = [replace(one, **left_out) for one in first.entries]
    edited = replace(first, entries=entries, updated_at=NOW + timedelta(days=1), digest="new", previous={"rss": "x"})
    assert fingerprint_page(TEMPLATE, [edited, *others], SITE) == before
    assert render_page(TEMPLATE, [edited, *others], SITE) == render_page(TEMPLATE, [first, *others], SITE)
    for field in {one.name for one in fields(first.entries[0])} - left_out.keys():
        changed = [replace(one, **{field: "other"}) for one in first.entries]
        assert fingerprint_page(TEMPLATE, [replace(first, entries=changed), *others], SITE) != before, field


def test_the_page_shows_the_latest_posts_with_their_cards() -> None:
    """Newest posts with title, date and card; the picture repeats the title, so it is silent for screen readers."""
    page = render_page(TEMPLATE, plan(), SITE)
    tags = Tags(page)
    (image,) = tags.all("img")
    assert (image["src"], image["alt"], image["width"], image["height"]) == (CARD.path, "", "1200", "630")
    assert "Post 11" in page.decode()
    assert tags.all("time")[0]["datetime"] == "2025-03-01T20:30:00+00:00"


def test_the_page_stands_alone() -> None:
    """No stylesheet, script, font or picture from elsewhere; light and dark; a language and a way to skip."""
    tags = Tags(render_page(TEMPLATE, plan(), SITE))
    loaded = [attributes.get("src", "") for tag, attributes in tags.found if tag in {"script", "img"}]
    loaded += [link["href"] for link in tags.all("link") if link["rel"] == "stylesheet"]
    assert not [address for address in loaded if "//" in address]
    assert {"name": "color-scheme", "content": "light dark"} in tags.all("meta")
    assert tags.all("html")[0]["lang"] == "en"
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert tags.all("a")[0]["href"].removeprefix("#") in ids


def test_the_page_is_made_for_no_posts_too() -> None:
    """A new site has a page with its feed."""
    assert b"rss.xml" in render_page(TEMPLATE, plan_feeds([], settings(), {}, NOW), SITE)


def test_the_page_describes_the_site_without_markup() -> None:
    """As the feeds do."""
    site = settings(site={"description": "A <b>blog</b> &amp; more"}).site
    assert b">A blog &amp; more</p>" in render_page(TEMPLATE, [feed()], site)


@given(st.text(st.characters(codec=None)))
def test_no_text_becomes_a_tag(text: str) -> None:
    """Titles, summaries and names are escaped on the page, in meta tags and in OPML."""
    hostile = text + "<script>\"'>"
    plain, odd = feed(), feed(entry(title=hostile, summary=hostile), title=hostile)
    site = settings(site={"title": hostile, "description": f"A {hostile}"}).site
    assert shape(render_page(TEMPLATE, [odd], site)) == shape(render_page(TEMPLATE, [plain], SITE))
    one = post(1, title=hostile, summary=hostile, authors=(Author(hostile),), keywords=(hostile,))
    assert {tag for tag, _ in Tags(render_meta(one, None, [odd], site)).found} == {"link", "meta"}
    assert len(list(fromstring(render_opml([odd], site)).iter("outline"))) == 1


def shape(page: bytes) -> list[str]:
    return [tag for tag, _ in Tags(page).found]


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("one\n{% if %}", "own.html:2"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ site.__class__.__mro__ }}", "unsafe"),
        ("{{ (1).__class__ }}", "unsafe"),
    ],
)
def test_a_broken_template_says_where(template: str, complaint: str) -> None:
    """Unknown names, broken syntax, slips and attempts to reach into Python are errors for the person."""
    with pytest.raises(ConfigError, match=complaint):
        render_page(template, [feed()], SITE, where="own.html")


def test_opml_lists_every_feed_but_archives() -> None:
    """One outline per feed, in order, with the address readers subscribe to."""
    found = fromstring(render_opml(plan(), SITE))
    outlines = list(found.iter("outline"))
    assert [outline.get("text") for outline in outlines] == ["A blog", "A blog: Featured", "A blog: Boats & <ropes>"]
    assert all(outline.get("type") == "rss" for outline in outlines)
    assert outlines[0].get("xmlUrl") == f"{HOME}/feeds/rss.xml"
    assert found.findtext("head/dateModified") == "Sat, 01 Mar 2025 20:30:00 +0000"


def test_opml_takes_the_format_there_is() -> None:
    """A site that publishes only JSON lists that."""
    feeds = plan_feeds(posts(range(2)), settings(formats=("json",)), {}, NOW)
    assert next(fromstring(render_opml(feeds, SITE)).iter("outline")).get("xmlUrl") == f"{HOME}/feeds/feed.json"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("description", "About 1."),
        ("author", "Ann Lind"),
        ("og:type", "article"),
        ("og:site_name", "A blog"),
        ("og:title", 'Post "1" & more'),
        ("og:url", f"{HOME}/blog/post-1/"),
        ("og:locale", "pt_BR"),
        ("og:image", CARD.url),
        ("og:image:width", "1200"),
        ("og:image:height", "630"),
        ("og:image:type", "image/jpeg"),
        ("og:image:alt", CARD.alt),
        ("article:published_time", "2025-03-01T10:30:00+00:00"),
        ("article:section", "Boats"),
        ("twitter:card", "summary_large_image"),
        ("twitter:image", CARD.url),
    ],
)
def test_meta_tags(name: str, content: str) -> None:
    """What previews read, with quotes escaped."""
    one = post(1, title='Post "1" & more', language="pt-BR", categories=(Category("Boats"), Category("Sea")))
    tags = Tags(render_meta(one, CARD, [feed()], SITE)).all("meta")
    assert [tag["content"] for tag in tags if name in (tag.get("name"), tag.get("property"))][:1] == [content]


def test_a_square_card_comes_second() -> None:
    """Whoever takes one picture takes the wide one; messengers find a square one with its size."""
    square = replace(CARD, url=f"{CARD.url}?square", width=1200, height=1200)
    tags = Tags(render_meta(post(1), replace(CARD, square=square), [], SITE)).all("meta")
    found = [(tag["property"], tag["content"]) for tag in tags if tag.get("property", "").startswith("og:image")]
    assert [value for name, value in found if name == "og:image"] == [CARD.url, square.url]
    assert [value for name, value in found if name == "og:image:height"] == ["630", "1200"]


def test_meta_names_the_sites_own_feeds_only() -> None:
    """A page offers three addresses, not forty; the whole list is a file of its own."""
    feeds = plan()
    in_page = Tags(render_meta(post(1), None, feeds, SITE)).all("link")
    assert [link["href"] for link in in_page if link["rel"] == "alternate"] == list(feeds[0].urls.values())
    everything = Tags(render_alternates(feeds)).all("link")
    assert len(everything) == 9
    assert {link["type"] for link in everything} == {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
    }


def test_meta_without_a_card_is_a_small_preview() -> None:
    """No image, no large card."""
    tags = {tag.get("name"): tag["content"] for tag in Tags(render_meta(post(1), None, [], SITE)).all("meta")}
    assert tags["twitter:card"] == "summary"


@pytest.mark.parametrize(
    ("language", "locale"),
    [("en", "en_US"), ("pt-br", "pt_BR"), ("zh-Hant-TW", "zh_TW"), ("fr", "fr_FR"), ("ja", "ja_JP"), ("gsw", "")],
)
def test_locales(language: str, locale: str) -> None:
    """Open Graph wants a territory: the tag's own, else the usual one, else nothing."""
    assert to_locale(language) == locale


def test_meta_stamps_move_with_what_they_are_made_of() -> None:
    """A post, a card or the site's feeds changed: rendered anew. Nothing changed, or only another feed came: not."""
    one, feeds = post(1), plan()

    def made_of(post_: object = one, card: object = None, feeds_: Sequence[Feed] = feeds) -> str:
        cards = {one.id: card} if card else {}
        return list_meta([post_], cards, feeds_, SITE)[0].fingerprint  # type: ignore[list-item, arg-type]

    assert made_of() == made_of(feeds_=plan(3)[:1])
    assert len({made_of(), made_of(post(1, digest="x")), made_of(card=CARD), made_of(feeds_=[feed(urls={})])}) == 4
    made = list_meta([one], {}, feeds, SITE)[0]
    assert (made.path, made.make(None).data) == (
        "meta/post-1.html",
        render_own(one, None, SITE) + render_alternates(feeds[:1]),
    )


def test_no_post_takes_the_name_of_our_own_file_in_meta() -> None:
    """A post may be called "_alternates"; the file of that name stays the site's."""
    slugs = ("_alternates", "__Alternates", "alternates")
    posts = [replace(one := post(n), post=replace(one.post, slug=slug)) for n, slug in enumerate(slugs)]
    paths = [one.path for one in list_meta(posts, {}, plan(), SITE)]
    assert paths == ["meta/__alternates.html", "meta/___Alternates.html", "meta/alternates.html"]


def test_syndication_tells_generators_about_cards_and_copies() -> None:
    """By slug: permalink, card, and copies, ours first, each address once."""
    one = post(1, syndication=("https://m.example/@a/1", "https://lobste.example/s/x"))
    copies = {one.id: [SyndicationLink("toots", "mastodon", "https://m.example/@a/1")]}
    found = json.loads(render_syndication([post(2), one], {one.id: CARD}, copies, lambda _one, _error: None))
    assert list(found) == ["post-1", "post-2"]
    assert found["post-1"]["permalink"] == f"{HOME}/blog/post-1/"
    assert found["post-1"]["card"]["bytes"] == 91_234
    assert found["post-1"]["card"]["alt"] == CARD.alt
    assert found["post-1"]["copies"] == [
        {"account": "toots", "network": "mastodon", "url": "https://m.example/@a/1"},
        {"account": "", "network": "", "url": "https://lobste.example/s/x"},
    ]
    assert found["post-2"]["card"] is None


def test_meta_names_the_profiles_of_accounts() -> None:
    """rel="me" for each, and `fediverse:creator` for the account on a server that shows it."""
    accounts = [
        Account(
            name="m", network="mastodon", profile="https://social.example/@ann",
            options={"instance": "https://social.example"},
        ),
        Account(name="c", network="local", profile="https://code.example/ann"),
        Account(name="off", network="local", profile="https://off.example/ann", enabled=False),
    ]  # fmt: skip
    lines = render_meta(post(1), None, (), settings().site, accounts).decode().splitlines()
    assert [line for line in lines if "creator" in line or 'rel="me"' in line] == [
        '<meta name="fediverse:creator" content="@ann@social.example">',
        '<link rel="me" href="https://social.example/@ann">',
        '<link rel="me" href="https://code.example/ann">',
    ]
