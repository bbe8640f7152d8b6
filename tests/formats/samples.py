"""Posts, entries and feeds for tests: complete by default, each test changes what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from syndicate.formats import list_meta
from syndicate.model import (
    Account,
    Author,
    CardRef,
    Category,
    Credit,
    Enclosure,
    Entry,
    Feed,
    FeedRules,
    Identified,
    KnownPost,
    Picture,
    Post,
    Settings,
    Site,
    Storage,
)

HOME = "https://blog.example"
START = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)

CARD = CardRef(
    path="cards/hello.3fa9c1.jpg",
    url=f"{HOME}/feeds/cards/hello.3fa9c1.jpg",
    stable_url=f"{HOME}/feeds/cards/hello.jpg",
    media_type="image/jpeg",
    width=1200,
    height=630,
    size=91_234,
    alt="Hello, on a photo of a harbour",
)
PICTURE = Picture(
    url="https://images.example/harbour?w=1200&fm=webp",
    alt="A harbour at dawn",
    credit=Credit("Photo by Mia Berg on Fotosite", "https://fotosite.example/@mia"),
)
ENTRY = Entry(
    id="urn:uuid:6d1f2f0e-0000-4000-8000-000000000001",
    url=f"{HOME}/blog/hello/",
    title="Hello & goodbye",
    summary="What the post is about.",
    html='<p>Some <em>words</em> &amp; <a href="https://blog.example/other/">a link</a>.</p>',
    published_at=START,
    updated_at=START + timedelta(days=2),
    authors=(Author("Ann Lind", f"{HOME}/ann", "ann@blog.example"),),
    language="en",
    categories=(Category("Boats", "exact"), Category("Leisure", "general"), Category("Diary")),
    tags=("Boats", "Leisure", "Diary", "harbour"),
    picture=PICTURE,
    picture_type="image/webp",
    picture_length=54_321,
    picture_width=1200,
    picture_height=800,
    card=CARD,
    enclosures=(Enclosure(PICTURE.url, "image/webp", 54_321, PICTURE.alt),),
    digest="one",
)
FEED = Feed(
    name="",
    title="A blog",
    description="Words about boats",
    home_url=f"{HOME}/",
    paths={"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"},
    urls={
        name: f"{HOME}/feeds/{file}" for name, file in (("rss", "rss.xml"), ("atom", "atom.xml"), ("json", "feed.json"))
    },
    id=f"{HOME}/feeds/",
    updated_at=ENTRY.updated_at,
    entries=(ENTRY,),
    language="en",
    authors=(Author("Ann Lind", f"{HOME}/ann"),),
    hubs=("https://hub.example/",),
)


def entry(**changes: Any) -> Entry:
    """The sample entry with other values."""
    return replace(ENTRY, **changes)


def feed(*entries: Entry, **changes: Any) -> Feed:
    """The sample feed, around other entries where some are given."""
    return replace(FEED, entries=entries or FEED.entries, **changes)


def settings(site: Mapping[str, Any] | None = None, **rules: Any) -> Settings:
    """A site with the feed rules given."""
    about = {"title": "A blog", "url": HOME, "authors": (Author("Ann Lind", f"{HOME}/ann"),)} | dict(site or {})
    return Settings(
        root="/blog",
        site=Site(**about),
        storage=Storage(database="", publish_to="", cache=""),
        feeds=FeedRules(**rules),
    )


def post(number: int, **changes: Any) -> Identified:
    """Post number N, published N hours after START and first seen then; `seen` and `updated` move those instants."""
    at = changes.pop("at", START + timedelta(hours=number))
    seen, updated = changes.pop("seen", at), changes.pop("updated", at)
    made = Post(
        source=f"{number}.md",
        slug=f"post-{number}",
        title=changes.pop("title", f"Post {number}"),
        permalink=changes.pop("permalink", f"{HOME}/blog/post-{number}/"),
        published_at=at,
        summary=changes.pop("summary", f"About {number}."),
        html=changes.pop("html", f"<p>Text of {number}.</p>"),
        digest=changes.pop("digest", sha256(f"{number}{updated}{sorted(changes.items())}".encode()).hexdigest()),
        **changes,
    )
    known = KnownPost(
        id=f"urn:uuid:{number:032x}",
        source=made.source,
        slug=made.slug,
        permalink=made.permalink,
        title=made.title,
        digest=made.digest,
        published_at=at,
        updated_at=updated,
        first_seen_at=seen,
    )
    return Identified(post=made, known=known, is_new=False, is_changed=False)


def posts(numbers: Iterable[int], **changes: Any) -> list[Identified]:
    """Several posts alike."""
    return [post(number, **changes) for number in numbers]


class DictCache:
    """A cache in memory that counts what was stored."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], bytes] = {}
        self.stored = 0

    def get(self, kind: str, key: str) -> bytes | None:
        return self.items.get((kind, key))

    def get_many(self, kind: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        return {key: self.items[kind, key] for key in keys if (kind, key) in self.items}

    def get_all(self, kind: str) -> Mapping[str, bytes]:
        return {key: value for (of, key), value in self.items.items() if of == kind}

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        self.stored += len(items)
        self.items |= {(kind, key): value for key, value in items.items()}

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.items.pop((kind, key), None)


def render_meta(
    one: Identified, card: CardRef | None, feeds: Sequence[Feed], site: Site, accounts: Sequence[Account] = ()
) -> bytes:
    """The page of tags of one post."""
    (made,) = list_meta([one], {one.id: card} if card else {}, feeds, site, accounts)
    return made.make(None).data
